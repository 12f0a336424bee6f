#ifndef GONG_TESTS_NOTIFY_PAYHOUSE_H
#define GONG_TESTS_NOTIFY_PAYHOUSE_H

// A live site with payouts to pay and the test's own provider (tests/tools/provider.py) beside it:
// what the tests of payment drivers share.
#include "core/clock.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/http.h"
#include "core/proc.h"
#include "core/site.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "ledger/payment.h"
#include "ledger/register.h"
#include "notify/channel.h"
#include "tests/ledger/place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

// Nobody cuts the power in these tests: memory is as good as a disk, and does not wait for others.
static inline const char *quick_folder(void)
{
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

static inline void pause_a_little(void)
{
    struct timespec span = {.tv_nsec = 5000000};
    (void)nanosleep(&span, NULL);
}

static inline void write_text(const char *folder, const char *name, const char *text, mode_t mode)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, name);
    CHECK_OK(file_write(path, str_of(text), mode, &err), err);
}

// --- the provider
// -------------------------------------------------------------------------------------

struct provider {
    char folder[64];
    pid_t pid;
    int port;
};

// Waits until a file is there and holds a number.
static inline int wait_number(const char *path)
{
    for (int i = 0; i < 20000; i++) {
        struct err err = {0};
        AUTO(buf_free) struct buf text = buf_new(1000);
        if (file_read(path, &text, &err) == OK && text.len)
            return (int)strtol(text.at, NULL, 10);
        pause_a_little();
    }
    CHECK_FAILED("%s never came", path);
    return 0;
}

static inline struct provider provider_start(const char *faults, const char *share)
{
    struct provider provider = {.pid = 0};
    (void)snprintf(provider.folder, sizeof(provider.folder), "%s/gong-provider-XXXXXX",
                   quick_folder());
    struct err err = {0};
    char port[100], book[100];
    CHECK(mkdtemp(provider.folder) != NULL);
    (void)snprintf(port, sizeof(port), "%s/port", provider.folder);
    (void)snprintf(book, sizeof(book), "%s/book-0", provider.folder);
    const char *argv[] = {"/usr/bin/python3",
                          "tests/tools/provider.py",
                          "--port-file",
                          port,
                          "--book",
                          book,
                          "--faults",
                          faults,
                          "--share",
                          share,
                          "--delay-ms",
                          "30",
                          NULL};
    CHECK_OK(proc_start(argv, &provider.pid, &err), err);
    provider.port = wait_number(port);
    return provider;
}

static inline void provider_stop(struct provider *provider)
{
    if (provider->pid)
        proc_end(provider->pid, 1000);
    (void)nftw(provider->folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void provider_put(const struct provider *provider, const char *path)
{
    struct err err = {0};
    char url[600];
    AUTO(http_close) struct http *http = http_new();
    struct http_reply reply = {.body = buf_new(1000)};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", provider->port, path);
    struct http_request request = {.method = "PUT", .url = url, .timeout_ms = 60000};
    CHECK_OK(http_exchange(http, &request, &reply, &err), err);
    CHECK_INT(reply.status, 204);
    buf_free(&reply.body);
}

// Anew, with an empty book; faults NULL: as before.
static inline void provider_reset(const struct provider *provider, unsigned seed,
                                  const char *faults, unsigned share)
{
    char path[300];
    (void)snprintf(path, sizeof(path), "/sim/reset?seed=%u&book=%s/book-%u%s%s&share=%u", seed,
                   provider->folder, seed, faults ? "&faults=" : "", faults ? faults : "", share);
    provider_put(provider, path);
}

// Each request of ours must have come by a connection of its own.
static inline void provider_check_connections(const struct provider *provider)
{
    struct err err = {0};
    char url[100];
    AUTO(http_close) struct http *http = http_new();
    struct http_reply reply = {.body = buf_new(1000)};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/sim/state", provider->port);
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = 60000};
    CHECK_OK(http_exchange(http, &request, &reply, &err), err);
    CHECK_HAS(reply.body.at, "\"again\": 0}");
    buf_free(&reply.body);
}

// How often the provider really paid a reference, and what in all.
static inline size_t provider_paid(const struct provider *provider, unsigned seed,
                                   const char *reference, int64_t *amount)
{
    struct err err = {0};
    char path[200];
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    (void)snprintf(path, sizeof(path), "%s/book-%u", provider->folder, seed);
    CHECK_OK(file_read(path, &text, &err), err);
    size_t times = 0;
    *amount = 0;
    struct str rest = buf_slice(&text), line;
    while (str_take_line(&rest, &line)) {
        AUTO(doc_free) struct doc *one = NULL;
        CHECK_OK(doc_parse(line, path, &one, &err), err);
        if (strcmp(doc_text(doc_get(one, "reference"), ""), reference) != 0)
            continue;
        times++;
        *amount += strtoll(doc_text(doc_get(one, "amount"), "0"), NULL, 10);
    }
    return times;
}

// --- the site
// -----------------------------------------------------------------------------------------

struct house {
    struct place place;
    struct site *site;
    const struct channel *channel;
    void *driver;
    struct host host;
    struct outbox_items items;
    size_t beats;
};

static inline bool house_beat(void *self)
{
    ((struct house *)self)->beats++;
    return true;
}

static inline enum err_kind house_evidence(void *self, const struct evidence *evidence,
                                           struct err *err)
{
    struct house *house = self;
    struct outbox_evidence one = {.channel = "pay",
                                  .ref = evidence->ref,
                                  .key = evidence->key,
                                  .kind = evidence->kind,
                                  .at = {1725685200},
                                  .why = evidence->why};
    enum err_kind noted = OK;
    enum err_kind kind = outbox_testify(house->place.ledger, &one, 1, &noted, err);
    return kind ? kind : noted;
}

// `settings`: lines of gong.yaml behind "mode: live".
static inline void house_open(struct house *house, const char *settings)
{
    static const char *const folders[] = {"keys", "out", "run"};
    char text[2000], path[100];
    *house = (struct house){.place = place_in(quick_folder())};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", house->place.folder, folders[i]);
        CHECK_INT(mkdir(path, 0700), 0);
    }
    (void)snprintf(text, sizeof(text), "mode: live\n%s", settings);
    write_text(house->place.folder, "gong.yaml", text, 0644);
    write_text(house->place.folder, "keys/gsma-api-key", "drill-key\n", 0600);
    CHECK_OK(site_open(house->place.folder, &house->site, &house->place.err), house->place.err);
    house->host = (struct host){.self = house, .beat = house_beat, .evidence = house_evidence};
}

static inline void house_start(struct house *house)
{
    struct err *err = &house->place.err;
    CHECK_OK(channel_find(house->site, "pay", &house->channel, err), *err);
    CHECK_OK(house->channel->open(house->site, &house->host, &house->driver, err), *err);
}

static inline void house_close(struct house *house)
{
    if (house->driver)
        house->channel->close(&house->driver);
    outbox_items_free(&house->items);
    site_free(&house->site);
    place_free(&house->place);
}

static inline void house_person(struct house *house, const char *id, const char *name,
                                const char *account)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(house->place.people),
                "INSERT INTO person (id, name, phone, account, language) VALUES (?, ?,"
                " '84900000001', ?, 'vi') ON CONFLICT (id) DO UPDATE SET account = ?3");
    stmt_text(stmt, 1, id);
    stmt_text(stmt, 2, name);
    stmt_text(stmt, 3, account);
    CHECK_OK(stmt_run(stmt, &house->place.err), house->place.err);
}

// A payout of `amount` to a person, ready to be sent.
static inline void house_plan(struct house *house, const char *contract, const char *person,
                              int64_t amount)
{
    struct err *err = &house->place.err;
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct batch batch = {"q", 1, {{0}}, "s", "p", {0}, {{0}}};
    struct decision decision = {"01273", ANSWER_YES, false, 0, trace, 0, NULL};
    struct money standing;
    int64_t batch_seq, seq;
    bool fresh;
    char body[300];
    (void)snprintf(body, sizeof(body),
                   "{\"amount_vnd\":\"%lld\",\"contract\":\"%s\",\"drill\":false,\"kind\":"
                   "\"payout\",\"period\":\"p\",\"policy\":\"q\",\"version\":1}",
                   (long long)amount, contract);
    memcpy(batch.basis.at, contract, strlen(contract));
    CHECK_OK(ledger_begin(house->place.ledger, &txn, err), *err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, err), *err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, err), *err);
    struct payout payout = {contract, "p", "q", VND(amount), seq};
    CHECK_OK(payout_put(txn, (struct utc){0}, &payout, &fresh, &standing, err), *err);
    struct outbox_item item = {
        .channel = "pay", .lane = 1, .expires = UTC_NEVER, .cause = seq, .body = body};
    (void)snprintf(item.key, sizeof(item.key), "pay/%s/p/q", contract);
    (void)snprintf(item.person, sizeof(item.person), "%s", person);
    (void)snprintf(item.contract, sizeof(item.contract), "%s", contract);
    CHECK_OK(outbox_put(txn, &item, &fresh, err), *err);
    CHECK_OK(ledger_commit(&txn, err), *err);
}

static inline const char *house_state(struct house *house, const char *contract)
{
    static char state[16];
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(house->place.ledger, contract, &rows, &house->place.err),
             house->place.err);
    CHECK_INT(rows.count, 1);
    (void)snprintf(state, sizeof(state), "%s", rows.at[0].state);
    return state;
}

// Serves callbacks until one that was none is noted, and gives its line.
static inline struct buf house_wrong_call(struct house *house)
{
    struct buf text = buf_new(10000);
    AUTO(mem_drop) char *path = site_path(house->site, "out/pay-gsma-calls.jsonl");
    for (int i = 0; i < 20000 && text.len == 0; i++) {
        CHECK_OK(house->channel->step(house->driver, &house->place.err), house->place.err);
        CHECK_OK(file_read(path, &text, &house->place.err), house->place.err);
        pause_a_little();
    }
    CHECK(text.len > 0);
    return text;
}

enum house_end { HOUSE_ANSWERS, HOUSE_DIES }; // the worker after its effect

// Takes up to `max` payments, hands them to the driver, records what it says (or dies before).
// Returns how many there were. `job` [max] keeps the answers.
static inline size_t house_turn(struct house *house, size_t max, enum house_end end,
                                struct job *job)
{
    struct err *err = &house->place.err;
    struct note note[16];
    int64_t now_ms = clock_wall_ms();
    struct outbox_claim claim = {.channel = "pay",
                                 .worker = "w",
                                 .max = max,
                                 .lane_max = INT32_MAX,
                                 .now = {1725685200},
                                 .now_ms = now_ms,
                                 .lease_until_ms = now_ms + 60000};
    CHECK(max <= COUNT_OF(note));
    outbox_items_free(&house->items);
    CHECK_OK(outbox_take(house->place.ledger, &claim, &house->items, err), *err);
    size_t count = house->items.count;
    for (size_t i = 0; i < count; i++) {
        const struct outbox_item *item = &house->items.at[i];
        note[i] = (struct note){.type = NOTE_JOB,
                                .id = item->id,
                                .attempt = item->attempt,
                                .deadline_ms = now_ms + 54000,
                                .at = {1725685200},
                                .ask = item->ask,
                                .body = str_of(item->body)};
        memcpy(note[i].key, item->key, sizeof(note[i].key));
        memcpy(note[i].person, item->person, sizeof(note[i].person));
        memcpy(note[i].contract, item->contract, sizeof(note[i].contract));
        job[i] = (struct job){.note = &note[i]};
    }
    if (count == 0)
        return 0;
    CHECK_OK(house->channel->deliver(house->driver, job, count, err), *err);
    size_t reclaimed = 0;
    if (end == HOUSE_DIES) {
        CHECK_OK(outbox_reclaim(house->place.ledger, now_ms, "w", &reclaimed, err), *err);
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        struct outbox_answer answer = {.id = note[i].id,
                                       .attempt = note[i].attempt,
                                       .outcome = job[i].outcome,
                                       .due_ms = job[i].after_ms >= 60000 ? now_ms + 60000 : 0,
                                       .at = {1725685200},
                                       .ref = job[i].ref,
                                       .why = job[i].why};
        CHECK_OK(outbox_settle(house->place.ledger, &answer, 1, 5, err), *err);
        job[i].note = NULL;
    }
    return count;
}

#endif
