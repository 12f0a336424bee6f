// dispatch: messages out of a real outbox through a real dispatcher to a real worker that writes
// them to its file, start and end of both included; beside a bare ZeroMQ ROUTER and DEALER over the
// same kind of socket, one message and one acknowledgement each, nothing kept.
#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/outbox.h"
#include "ledger/people.h"
#include "notify/service.h"
#include "notify/worker.h"
#include "tests/bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { MESSAGES = 1000, CSV_BYTES_MAX = 1 << 20, BODY = 224 };

static const char *folder; // of the site that is dispatched for

struct place {
    struct site *site;
    struct ledger *ledger;
    char *socket; // of the plain reference
    int round;
};

static bool never(void)
{
    return false;
}

static enum err_kind fixed_now(void *self, struct utc *out, struct err *err)
{
    (void)self;
    (void)err;
    out->s = 1725667200;
    return OK;
}

static void enrol(void)
{
    struct err err = {0};
    struct commune commune = {
        .code = "01840", .name = "Xã A", .zone = "", .area_km2 = 1, .shape = STR("x")};
    struct boundary_set set = {.name = "one", .count = 1, .commune = &commune};
    AUTO(buf_free) struct buf csv = buf_new(CSV_BYTES_MAX);
    AUTO(import_report_free) struct import_report report = {0};
    AUTO(map_close) struct map *map = NULL;
    AUTO(people_close) struct people *people = NULL;
    bool fresh;
    BENCH_OK(map_open(folder, LEDGER_WRITE, &map, &err), err);
    BENCH_OK(people_open(folder, LEDGER_WRITE, &people, &err), err);
    BENCH_OK(boundary_set_put(map, &set, &fresh, &err), err);
    buf_text(&csv, "contract,person,name,phone,account,language,commune,boundary_set,policy,"
                   "sum_insured_vnd,starts,ends\n");
    for (int i = 0; i < MESSAGES; i++)
        buf_print(&csv,
                  "C-%d,P-%d,Ma Thị Một (diễn tập),090000%04d,DRILL-%d,vi,01840,one,rain,1000000,"
                  "2024-01-01,2024-12-31\n",
                  i, i, i, i);
    BENCH_OK(people_import(people, folder, buf_slice(&csv), "bench.csv",
                           &(struct import_rules){.drill = true}, &report, &err),
             err);
    if (report.taken != MESSAGES)
        bench_fail("people_import",
                   report.refused_count ? report.refused[0].why : "rows were lost");
}

// What the engine leaves in the outbox; not measured here.
static void owe(void *self)
{
    struct place *place = self;
    struct err err = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    char body[] = "{\"commune\":\"01840\",\"drill\":true,\"kind\":\"alert\",\"period\":\"2024\","
                  "\"policy\":\"rain\",\"text\":{\"vi\":\"DIỄN TẬP: mưa rất to\"}}";
    int64_t seq;
    bool fresh;
    AUTO(doc_free) struct doc *cause = doc_object();
    BENCH_OK(ledger_begin(place->ledger, &txn, &err), err);
    BENCH_OK(ledger_append(txn, "decision", (struct utc){0}, cause, &seq, NULL, &err), err);
    place->round++;
    for (int i = 0; i < MESSAGES; i++) {
        struct outbox_item item = {
            .channel = "sms", .lane = 0, .expires = UTC_NEVER, .cause = seq, .body = body};
        (void)snprintf(item.key, sizeof(item.key), "alert/%d/%d", place->round, i);
        (void)snprintf(item.person, sizeof(item.person), "P-%d", i);
        BENCH_OK(outbox_put(txn, &item, &fresh, &err), err);
    }
    BENCH_OK(ledger_commit(&txn, &err), err);
}

static pid_t start_worker(void)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    struct site *site = NULL;
    struct err err = {0};
    struct work work = {.channel = "sms", .stopped = never};
    bool failed = site_open(folder, &site, &err) != OK;
    work.site = site;
    _exit(failed || worker_run(&work, &err));
}

static void bus_ours(void *self)
{
    struct place *place = self;
    struct err err = {0};
    struct dispatch_report report;
    int status = 0;
    pid_t worker = start_worker();
    struct service service = {.site = place->site,
                              .ledger = place->ledger,
                              .now = fixed_now,
                              .stopped = never,
                              .until_empty = true};
    BENCH_OK(service_run(&service, &report, &err), err);
    (void)kill(worker, SIGTERM);
    (void)waitpid(worker, &status, 0);
    if (report.done != MESSAGES)
        bench_fail("dispatch", "messages were lost");
}

// The plain worker: says where it is, then acknowledges what comes.
static void plain_worker(const char *socket)
{
    char body[BODY + 1];
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    (void)zmq_connect(dealer, socket);
    (void)zmq_send(dealer, "r", 1, 0);
    for (int i = 0; i < MESSAGES; i++) {
        (void)zmq_recv(dealer, body, sizeof(body), 0);
        (void)zmq_send(dealer, "a", 1, 0);
    }
    (void)zmq_close(dealer);
    (void)zmq_ctx_term(context);
    _exit(0);
}

static void bus_theirs(void *self)
{
    const struct place *place = self;
    char peer[64], body[BODY] = {0}, word[8];
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    int status = 0;
    if (zmq_bind(router, place->socket) != 0)
        bench_fail("plain ZeroMQ", zmq_strerror(zmq_errno()));
    pid_t child = fork();
    if (child == 0)
        plain_worker(place->socket);
    int len = zmq_recv(router, peer, sizeof(peer), 0);
    (void)zmq_recv(router, word, sizeof(word), 0);
    for (int i = 0; i < MESSAGES; i++) {
        (void)zmq_send(router, peer, (size_t)len, ZMQ_SNDMORE);
        (void)zmq_send(router, body, sizeof(body), 0);
    }
    for (int i = 0; i < MESSAGES; i++) {
        (void)zmq_recv(router, peer, sizeof(peer), 0);
        (void)zmq_recv(router, word, sizeof(word), 0);
    }
    (void)zmq_close(router);
    (void)zmq_ctx_term(context);
    (void)waitpid(child, &status, 0);
}

void bench_bus(void)
{
    struct place place = {0};
    struct err err = {0};
    AUTO(mem_drop) char *own = file_join(bench_folder(), "bus");
    folder = own;
    AUTO(buf_free) struct buf settings = buf_new(1 << 16), address = buf_new(256);
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    AUTO(mem_drop) char *run = file_join(folder, "run");
    AUTO(mem_drop) char *out = file_join(folder, "out");
    site_template(&settings, "drill", NULL, NULL);
    BENCH_OK(file_make_folder(folder, 0700, &err), err);
    BENCH_OK(file_write(path, buf_slice(&settings), 0600, &err), err);
    BENCH_OK(file_make_folder(run, 0700, &err), err);
    BENCH_OK(file_make_folder(out, 0700, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
    BENCH_OK(people_create(folder, &err), err);
    BENCH_OK(map_create(folder, &err), err);
    BENCH_OK(site_open(folder, &place.site, &err), err);
    enrol();
    buf_print(&address, "ipc://%s/plain", run);
    place.socket = address.at;
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &place.ledger, &err), err);
    bench_run(&(struct bench){.name = "dispatch",
                              .unit = "messages/s",
                              .reference = "plain ZeroMQ, nothing kept",
                              .per_round = MESSAGES,
                              .rounds = 5,
                              .ours = bus_ours,
                              .theirs = bus_theirs,
                              .before = owe,
                              .self = &place});
    ledger_close(&place.ledger);
    site_free(&place.site);
}
