// SMS through Debian's Kannel (bearerbox, smsbox, its fake carrier) on the loopback: our outbox,
// dispatcher and worker beside the bare loop of bare_sms.h with as many connections, in turn, on
// one gateway that stays. A message counts when Kannel took it and called back twice, taken and
// delivered; ours are then recorded so in the ledger. First on all processors, which Kannel alone
// keeps busy, so that what gong takes Kannel lacks; then Kannel on one processor and who loads it
// on another: is it ever left waiting? What Kannel and who loads it take for a message is printed
// too.
#include "core/clock.h"
#include "core/file.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/outbox.h"
#include "ledger/people.h"
#include "ledger/register.h"
#include "notify/dispatch.h"
#include "notify/worker.h"
#include "tests/bench/bare_sms.h"
#include "tests/bench/bench.h"
#include "tests/loopback.h"
#include "tests/notify/kannel_config.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGES = 4000, // a round, each to a person of its own
    ROUNDS = 3,
    CONNECTIONS = 64, // as kannel.c has at once
    READY_MS = 20000,
    STEP_MS = 20,
    SILENT_MS = 40000,
    KANNELS_CPU = 0, // where they are kept apart
    OUR_CPU = 1,
    REQUEST_BYTES_MAX = 4096,
};

static const char text[] = "[DIỄN TẬP] Mưa lớn ở xã Tuy Đức đêm 12/8, 100-150 mm. Tránh suối.";

struct bed {
    char *folder;
    bool apart; // Kannel on a processor of its own
    struct kannel_ports port;
    pid_t bearerbox, smsbox, carrier;
    struct site *site;
    struct ledger *ledger;
    struct bus *bus;
    int64_t cause;
    char *request[MESSAGES];
};

// --- the gateway
// --------------------------------------------------------------------------------------

static void keep_on(size_t cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        bench_fail("kannel", "a process cannot be kept on a processor");
}

static pid_t start(const struct bed *bed, const char *const *argv)
{
    pid_t child = child_fork();
    if (child != 0)
        return child;
    if (bed->apart)
        keep_on(KANNELS_CPU);
    int null = open("/dev/null", O_WRONLY);
    if (dup2(null, 1) < 0 || dup2(null, 2) < 0)
        _exit(126);
    (void)execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void end(pid_t child)
{
    (void)kill(child, SIGTERM);
    (void)waitpid(child, NULL, 0);
}

// Waits until the status page says a word.
static void wait_status(const struct bed *bed, const char *word)
{
    char url[100];
    AUTO(http_close) struct http *http = http_new();
    struct http_reply reply = {.body = buf_new(1 << 20)};
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = 2000};
    bool there = false;
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/status.xml?password=sta",
                   bed->port.admin);
    for (int64_t by_ms = clock_ticks_ms() + READY_MS; !there && clock_ticks_ms() < by_ms;) {
        struct err err = {0};
        there = http_exchange(http, &request, &reply, &err) == OK && reply.body.at &&
                strstr(reply.body.at, word);
        if (!there)
            clock_system.pause_ms(clock_system.self, STEP_MS);
    }
    buf_free(&reply.body);
    if (!there)
        bench_fail("kannel is not ready", word);
}

static void write_text(const struct bed *bed, const char *name, const char *what)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(bed->folder, name);
    BENCH_OK(file_write(path, str_of(what), 0600, &err), err);
}

static void start_gateway(struct bed *bed)
{
    char port[16];
    AUTO(mem_drop) char *config = file_join(bed->folder, "kannel.conf");
    AUTO(buf_free) struct buf conf = buf_new(8192);
    kannel_config_write(&bed->port, bed->folder, &conf);
    write_text(bed, "kannel.conf", conf.at);
    const char *bearerbox[] = {KANNEL_BEARERBOX, "-v", "4", config, NULL};
    const char *smsbox[] = {KANNEL_SMSBOX, "-v", "4", config, NULL};
    (void)snprintf(port, sizeof(port), "%u", bed->port.fake);
    const char *carrier[] = {KANNEL_FAKESMSC,
                             "-H",
                             "127.0.0.1",
                             "-r",
                             port,
                             "-m",
                             "0",
                             "84900000001 8079 text nop",
                             NULL};
    bed->bearerbox = start(bed, bearerbox);
    wait_status(bed, "<version>");
    bed->smsbox = start(bed, smsbox);
    wait_status(bed, "<type>smsbox</type>");
    bed->carrier = start(bed, carrier);
    wait_status(bed, "<status>online");
}

// --- the site
// -----------------------------------------------------------------------------------------

static void write_settings(const struct bed *bed)
{
    AUTO(buf_free) struct buf yaml = buf_new(4096);
    buf_print(&yaml,
              "mode: live\nsms_driver: kannel\nsms_sender: PCTT\ncallback_port: %u\n"
              "kannel_url: http://127.0.0.1:%u/cgi-bin/sendsms\n",
              bed->port.callback, bed->port.send);
    write_text(bed, "gong.yaml", yaml.at);
    write_text(bed, "keys/kannel", "secret\n");
    write_text(bed, "keys/kannel-callback", KANNEL_WORD);
}

// People who do not exist, with numbers that nobody has.
static void add_people(const struct bed *bed)
{
    struct err err = {0};
    char sql[400];
    AUTO(people_close) struct people *people = NULL;
    (void)snprintf(sql, sizeof(sql),
                   "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                   "INSERT INTO person SELECT 'P-' || i, 'Người ' || i || ' (diễn tập)', "
                   "'' || (84900000000 + i), 'A', 'vi' FROM n",
                   MESSAGES - 1);
    BENCH_OK(people_create(bed->folder, &err), err);
    BENCH_OK(people_open(bed->folder, LEDGER_WRITE, &people, &err), err);
    BENCH_OK(db_run(people_db(people), sql, &err), err);
}

static void make_site(struct bed *bed)
{
    struct err err = {0};
    static const char *const folders[] = {"run", "keys"};
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *cause = doc_object();
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        AUTO(mem_drop) char *path = file_join(bed->folder, folders[i]);
        BENCH_OK(file_make_folder(path, 0700, &err), err);
    }
    write_settings(bed);
    BENCH_OK(ledger_create(bed->folder, &err), err);
    BENCH_OK(map_create(bed->folder, &err), err);
    add_people(bed);
    BENCH_OK(site_open(bed->folder, &bed->site, &err), err);
    BENCH_OK(ledger_open(bed->folder, LEDGER_WRITE, &bed->ledger, &err), err);
    BENCH_OK(ledger_begin(bed->ledger, &txn, &err), err);
    BENCH_OK(ledger_append(txn, "test", (struct utc){0}, cause, &bed->cause, NULL, &err), err);
    BENCH_OK(ledger_commit(&txn, &err), err);
    AUTO(mem_drop) char *socket_path = worker_socket(bed->site);
    BENCH_OK(bus_serve(socket_path, &bed->bus, &err), err);
}

// --- theirs
// -------------------------------------------------------------------------------------------

// The same requests as kannel.c writes.
static void write_requests(struct bed *bed)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        char to[20], report[200], key[40], hex[2 * sizeof(key)];
        AUTO(buf_free) struct buf request = buf_new(REQUEST_BYTES_MAX);
        (void)snprintf(to, sizeof(to), "%lld", 84900000000LL + (long long)i);
        int len = snprintf(key, sizeof(key), "alert/0/%08zx", i);
        for (int c = 0; c < len; c++)
            (void)snprintf(hex + 2 * c, 3, "%02x", (unsigned)key[c]);
        (void)snprintf(report, sizeof(report),
                       "http://127.0.0.1:%u/%s/dlr?key=%s&type=%%d&answer=%%A", bed->port.callback,
                       KANNEL_WORD, hex);
        buf_text(&request, "GET /cgi-bin/sendsms?");
        http_field(&request, "username", STR("gong"));
        http_field(&request, "password", STR("secret"));
        http_field(&request, "from", STR("PCTT"));
        http_field(&request, "to", str_of(to));
        http_field(&request, "charset", STR("UTF-8"));
        buf_text(&request, "&coding=2&validity=120&dlr-mask=31");
        http_field(&request, "dlr-url", str_of(report));
        http_field(&request, "text", str_of(text));
        buf_print(&request, " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: */*\r\n\r\n",
                  bed->port.send);
        bed->request[i] = buf_take(&request);
    }
}

// --- ours
// ---------------------------------------------------------------------------------------------

static bool never(void)
{
    return false;
}

static enum err_kind wall_now(void *self, struct utc *out, struct err *err)
{
    (void)self;
    (void)err;
    *out = clock_system.now(clock_system.self);
    return OK;
}

static pid_t start_worker(const struct bed *bed)
{
    pid_t child = child_fork();
    if (child != 0)
        return child;
    (void)prctl(PR_SET_NAME, "worker", 0, 0, 0);
    struct site *site = NULL;
    struct err err = {0};
    bool failed = site_open(bed->folder, &site, &err);
    struct work work = {.site = site, .channel = "sms", .stopped = never};
    failed = failed || worker_run(&work, &err);
    if (failed)
        (void)fprintf(stderr, "bench: the worker: %s\n", err.text);
    _exit(failed);
}

static void put_messages(const struct bed *bed, int round)
{
    struct err err = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(buf_free) struct buf body = buf_new(REQUEST_BYTES_MAX);
    buf_print(&body, "{\"drill\":false,\"kind\":\"alert\",\"text\":{\"vi\":\"%s\"}}", text);
    BENCH_OK(ledger_begin(bed->ledger, &txn, &err), err);
    for (int i = 0; i < MESSAGES; i++) {
        bool fresh = false;
        struct outbox_item item = {
            .channel = "sms", .expires = UTC_NEVER, .cause = bed->cause, .body = body.at};
        (void)snprintf(item.key, sizeof(item.key), "alert/%d/%08x", round, (unsigned)i);
        (void)snprintf(item.person, sizeof(item.person), "P-%d", i);
        BENCH_OK(outbox_put(txn, &item, &fresh, &err), err);
    }
    BENCH_OK(ledger_commit(&txn, &err), err);
}

// The outbox, and what is known of the messages of this round.
struct watched {
    struct queue real;
    size_t done, accepted, delivered;
    int64_t begun_ns, start_ns, done_ns, reported_ns; // start: of the first taken
};

static enum err_kind take(void *self, const struct outbox_claim *claim, struct outbox_items *out,
                          struct err *err)
{
    struct watched *watched = self;
    if (watched->start_ns == 0)
        watched->start_ns = clock_ticks_ns();
    return watched->real.take(watched->real.self, claim, out, err);
}

static void note_settled(struct watched *watched, const struct outbox_answer *answer, size_t count)
{
    for (size_t i = 0; i < count; i++)
        watched->done += answer[i].outcome == OUTCOME_DONE;
    watched->done_ns = clock_ticks_ns();
}

static enum err_kind settle(void *self, const struct outbox_answer *answer, size_t count,
                            struct err *err)
{
    struct watched *watched = self;
    if (watched->real.settle(watched->real.self, answer, count, err))
        return err_of(err);
    note_settled(watched, answer, count);
    return OK;
}

static void note_words(struct watched *watched, const struct outbox_evidence *evidence,
                       const enum err_kind *noted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        watched->accepted += noted[i] == OK && evidence[i].kind == EVIDENCE_ACCEPTED;
        watched->delivered += noted[i] == OK && evidence[i].kind == EVIDENCE_DELIVERED;
    }
    watched->reported_ns = clock_ticks_ns();
}

static enum err_kind testify(void *self, const struct outbox_evidence *evidence, size_t count,
                             enum err_kind *noted, struct err *err)
{
    struct watched *watched = self;
    if (watched->real.testify(watched->real.self, evidence, count, noted, err))
        return err_of(err);
    note_words(watched, evidence, noted, count);
    return OK;
}

static enum err_kind record(void *self, const struct outbox_news *news, struct err *err)
{
    struct watched *watched = self;
    enum err_kind kind = watched->real.record(watched->real.self, news, err);
    if (kind)
        return kind;
    note_settled(watched, news->answer, news->answers);
    note_words(watched, news->evidence, news->noted, news->words);
    return OK;
}

static enum err_kind reclaim(void *self, int64_t now_ms, const char *worker, size_t *count,
                             struct err *err)
{
    struct watched *watched = self;
    return watched->real.reclaim(watched->real.self, now_ms, worker, count, err);
}

static enum err_kind is_empty(void *self, bool *empty, struct err *err)
{
    const struct watched *watched = self;
    (void)err;
    int64_t heard_ns = watched->reported_ns ? watched->reported_ns
                       : watched->start_ns  ? watched->start_ns
                                            : watched->begun_ns;
    if ((clock_ticks_ns() - heard_ns) / 1000000 > SILENT_MS)
        bench_fail("kannel", watched->start_ns ? "it calls back no more, and a report is missing"
                                               : "no worker took a message");
    *empty = watched->done >= MESSAGES && watched->accepted >= MESSAGES &&
             watched->delivered >= MESSAGES;
    return OK;
}

static struct bare_sms_took run_ours(const struct bed *bed, int round, double *syncs)
{
    struct err err = {0};
    struct dispatch_report report;
    struct outbox_queue outbox = {.ledger = bed->ledger, .attempts_max = 5};
    struct watched watched = {.real = queue_of_outbox(&outbox), .begun_ns = clock_ticks_ns()};
    struct dispatch dispatch = {
        .queue = {&watched, take, settle, testify, reclaim, is_empty, record},
        .bus = bed->bus,
        .lease_ms = 30000,
        .pay_lease_ms = 30000,
        .retry_first_ms = 2000,
        .now = wall_now,
        .stopped = never,
        .until_empty = true};
    put_messages(bed, round);
    pid_t worker = start_worker(bed);
    int64_t before = bench_syncs();
    BENCH_OK(dispatch_run(&dispatch, &report, &err), err);
    (void)waitpid(worker, NULL, 0); // it was told to end
    outbox_queue_free(&outbox);
    *syncs = (double)(bench_syncs() - before);
    if (watched.done != MESSAGES)
        bench_fail("kannel", "a message was sent twice");
    return (struct bare_sms_took){.taken_s = (double)(watched.done_ns - watched.start_ns) / 1e9,
                                  .reported_s =
                                      (double)(watched.reported_ns - watched.start_ns) / 1e9};
}

// --- the figures
// --------------------------------------------------------------------------------------

// Who takes processor time: Kannel's processes, and ours; of the bare loop all is of "sends".
enum part { BEARERBOX, SMSBOX, CARRIER, SENDS, WORKER, PARTS };
static const char *const part_names[PARTS] = {"bearerbox", "smsbox", "fakesmsc",
                                              "dispatcher and its queue", "worker"};
struct spent {
    double s[PARTS];
};

static double used_s(int whose)
{
    struct rusage used;
    if (getrusage(whose, &used))
        bench_fail("kannel", "the time of its own processes is not known");
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

// Seconds of processor that each took so far; of workers those that have ended.
static struct spent spent_now(const struct bed *bed)
{
    const pid_t pids[] = {bed->bearerbox, bed->smsbox, bed->carrier};
    struct spent spent = {0};
    for (size_t i = 0; i < COUNT_OF(pids); i++) {
        clockid_t clock;
        struct timespec at;
        if (clock_getcpuclockid(pids[i], &clock) || clock_gettime(clock, &at))
            bench_fail("kannel", "one of its processes has ended");
        spent.s[i] = (double)at.tv_sec + (double)at.tv_nsec / 1e9;
    }
    spent.s[SENDS] = used_s(RUSAGE_SELF);
    spent.s[WORKER] = used_s(RUSAGE_CHILDREN);
    return spent;
}

struct rounds {
    double ours[ROUNDS], theirs[ROUNDS];
};

// What each part took for a message, and how many a second that leaves where no processor ever
// waits.
static void show_cpu(const char *where, struct rounds cpu[PARTS], size_t processors)
{
    double ours_us = 0, theirs_us = 0;
    (void)printf("%s, processor time of a message, us (of the bare loop):", where);
    for (int i = 0; i < PARTS; i++) {
        double a = bench_median(cpu[i].ours, ROUNDS) / MESSAGES * 1e6;
        double b = bench_median(cpu[i].theirs, ROUNDS) / MESSAGES * 1e6;
        (void)printf("%s %s %.4g (%.4g)", i ? "," : "", part_names[i], a, b);
        ours_us += a;
        theirs_us += b;
    }
    (void)printf("; all %.4g (%.4g)", ours_us, theirs_us);
    if (processors)
        (void)printf(": %zu processors full of it do %.4g (%.4g) SMS/s", processors,
                     1e6 * (double)processors / ours_us, 1e6 * (double)processors / theirs_us);
    (void)printf("\n");
}

static void show(const char *what, struct rounds *rounds, double goal)
{
    double ratio[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        ratio[i] = rounds->theirs[i] / rounds->ours[i];
    double middle = bench_median(ratio, ROUNDS);
    (void)printf("%s: %.4g SMS/s; bare loop, %d connections: %.4g SMS/s; %.2f x", what,
                 MESSAGES / bench_median(rounds->ours, ROUNDS), CONNECTIONS,
                 MESSAGES / bench_median(rounds->theirs, ROUNDS), middle);
    if (goal > 0)
        (void)printf(" (goal >= %.2f: %s)", goal, middle >= goal ? "met" : "MISSED");
    (void)printf("\n");
}

static void measure(const struct bed *bed)
{
    struct rounds reported, taken, cpu[PARTS];
    cpu_set_t all;
    double syncs[ROUNDS], ignored = 0;
    struct bare_sms bare = {.send_port = bed->port.send,
                            .callback_port = bed->port.callback,
                            .connections = CONNECTIONS,
                            .count = MESSAGES,
                            .request = bed->request};
    for (int i = -1; i < ROUNDS; i++) { // the first warms all up
        struct spent before = spent_now(bed);
        struct bare_sms_took b = bare_sms_run(&bare);
        struct spent between = spent_now(bed);
        struct bare_sms_took a = run_ours(bed, i, i < 0 ? &ignored : &syncs[i]);
        struct spent after = spent_now(bed);
        if (i < 0)
            continue;
        reported.ours[i] = a.reported_s;
        reported.theirs[i] = b.reported_s;
        taken.ours[i] = a.taken_s;
        taken.theirs[i] = b.taken_s;
        for (int part = 0; part < PARTS; part++) {
            cpu[part].ours[i] = after.s[part] - between.s[part];
            cpu[part].theirs[i] = between.s[part] - before.s[part];
        }
    }
    const char *where = bed->apart ? "kannel on a processor of its own" : "kannel";
    char what[100];
    (void)snprintf(what, sizeof(what), "%s, from the outbox to both reports recorded", where);
    show(what, &reported, 0.9);
    (void)snprintf(what, sizeof(what), "%s, from the outbox until taken", where);
    show(what, &taken, 0);
    if (sched_getaffinity(0, sizeof(all), &all))
        bench_fail("kannel", "its processors are not known");
    show_cpu(where, cpu, bed->apart ? 0 : (size_t)CPU_COUNT(&all));
    (void)printf("%s, calls of fdatasync and fsync by the dispatcher: %.3g a message (two reports "
                 "and an answer each)\n",
                 where, bench_median(syncs, ROUNDS) / MESSAGES);
    (void)fflush(stdout);
}

static void bench_on(bool apart)
{
    cpu_set_t all;
    struct bed *bed = mem_new(1, sizeof(*bed));
    unsigned *ports[] = {&bed->port.admin, &bed->port.smsbox, &bed->port.send, &bed->port.fake,
                         &bed->port.callback};
    bed->apart = apart;
    if (sched_getaffinity(0, sizeof(all), &all))
        bench_fail("kannel", "its processors are not known");
    if (apart)
        keep_on(OUR_CPU); // threads and the worker that begin from here on too
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        *ports[i] = free_port();
    bed->folder = file_join(bench_folder(), apart ? "kannel-apart" : "kannel");
    make_site(bed);
    write_requests(bed);
    start_gateway(bed);
    measure(bed);
    end(bed->carrier);
    end(bed->smsbox);
    end(bed->bearerbox);
    for (size_t i = 0; i < MESSAGES; i++)
        mem_free(&bed->request[i]);
    bus_close(&bed->bus);
    ledger_close(&bed->ledger);
    site_free(&bed->site);
    mem_free(&bed->folder);
    mem_free(&bed);
    (void)sched_setaffinity(0, sizeof(all), &all);
}

void bench_kannel(void)
{
    cpu_set_t all;
    if (access(KANNEL_FAKESMSC, X_OK) != 0) {
        bench_skip("kannel", "Debian's kannel and kannel-extras are not installed");
        return;
    }
    bench_on(false);
    if (sched_getaffinity(0, sizeof(all), &all) || !CPU_ISSET(KANNELS_CPU, &all) ||
        !CPU_ISSET(OUR_CPU, &all))
        bench_skip("kannel on a processor of its own", "there is one processor only");
    else
        bench_on(true);
}
