// Fan-out with acknowledgement: each event of 256 bytes goes to four workers (processes, each of a
// channel of its own), each acknowledges every event, at most 1,000 events are under way. The real
// dispatcher and real workers over a Unix socket, twice:
//
//   nothing kept   events out of a list in memory; beside zmqfan (bare ZeroMQ PUB-SUB and PUSH-PULL
//                  over the same transport) and sockfan (bare AF_UNIX, the kernel's own limit)
//   kept           events are entries of a ledger, hash chain and all, up to 500 a commit on the
//                  disk before they are handed out to four followers; each one's place is committed
//                  as it acknowledges, and on the disk with the next entries at the latest; beside
//                  Redis Streams with appendfsync always (one stream, four groups, 100 XADD in a
//                  pipeline, XACK each)
//   outbox         the same with four rows an event in the outbox, each with lease and answer;
//                  beside Redis doing that work: an item a worker (peers/redis_rows.c). Four rows
//                  beside one entry of a stream, which four groups read, are no like for like: that
//                  ratio is printed as well, without a goal
#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/feed.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "notify/channel.h"
#include "notify/dispatch.h"
#include "notify/worker.h"
#include "tests/bench/bench.h"
#include "tests/loopback.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WORKERS = 4,
    WINDOW = 1000,
    BATCH = 500, // events in a commit
    BODY = 256,
    ENTRY_FRAME = 80, // of an entry's text is not the event's own
    FAST_EVENTS = 200000,
    KEPT_EVENTS = 20000,
    SINGLE_EVENTS = 1000, // for the time of one
    PACE_NS = 500000,
    ROUNDS = 3,
    FIXED_NOW_S = 1725667200,
};

enum kind { LISTED, ENTRIES, ROWS };

struct feed {
    enum kind kind;
    struct outbox_queue outbox; // ENTRIES, ROWS
    struct queue real;
    struct ledger *ledger;
    int64_t events, put, done, first_id, round, cause;
    bool single; // one event at a time, PACE_NS apart
    int64_t next[WORKERS];
    uint8_t *acks; // [events]
    int64_t began_ns, *took_ns, first_ns, last_ns;
    int timer;
    char body[BODY + 1];
};

static const char *folder;
static const char *const channel_names[][WORKERS] = {
    [LISTED] = {"n0", "n1", "n2", "n3"},
    [ENTRIES] = {"feed-0", "feed-1", "feed-2", "feed-3"},
    [ROWS] = {"n0", "n1", "n2", "n3"},
};

static bool never(void)
{
    return false;
}

static enum err_kind fixed_now(void *self, struct utc *out, struct err *err)
{
    (void)self;
    (void)err;
    out->s = FIXED_NOW_S;
    return OK;
}

// --- the workers: their driver does nothing
// -----------------------------------------------------------

static enum err_kind idle_open(const struct site *site, const struct host *host, void **self,
                               struct err *err)
{
    (void)site;
    (void)host;
    (void)err;
    *self = NULL;
    return OK;
}

static enum err_kind idle_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    (void)self;
    (void)err;
    for (size_t i = 0; i < count; i++)
        job[i].outcome = OUTCOME_DONE;
    return OK;
}

static void idle_close(void **self)
{
    *self = NULL;
}

static pid_t start_worker(enum kind kind, int number)
{
    struct channel channel = {.name = channel_names[kind][number],
                              .driver = "idle",
                              .open = idle_open,
                              .deliver = idle_deliver,
                              .close = idle_close};
    pid_t child = fork();
    if (child != 0)
        return child;
    struct site *site = NULL;
    struct err err = {0};
    bool failed = site_open(folder, &site, &err) != OK;
    struct work work = {.site = site, .channel = channel.name, .with = &channel, .stopped = never};
    _exit(failed || worker_run(&work, &err));
}

// --- the events
// ---------------------------------------------------------------------------------------

static void put_row(struct feed *feed, struct txn *txn, int64_t event, int worker)
{
    struct err err = {0};
    bool fresh = false;
    struct outbox_item item = {
        .lane = 0, .expires = UTC_NEVER, .cause = feed->cause, .body = feed->body};
    (void)snprintf(item.channel, sizeof(item.channel), "%s", channel_names[ROWS][worker]);
    (void)snprintf(item.key, sizeof(item.key), "e/%lld/%lld/%d", (long long)feed->round,
                   (long long)event, worker);
    BENCH_OK(outbox_put(txn, &item, &fresh, &err), err);
}

static void put_entry(struct feed *feed, struct txn *txn)
{
    struct err err = {0};
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq = 0;
    doc_put_str(body, "text", (struct str){feed->body, BODY - ENTRY_FRAME});
    BENCH_OK(ledger_append(txn, "event", (struct utc){FIXED_NOW_S}, body, &seq, NULL, &err), err);
}

static void put_events(struct feed *feed, int64_t count)
{
    struct err err = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (feed->kind == LISTED)
        return;
    BENCH_OK(ledger_begin(feed->ledger, &txn, &err), err);
    for (int64_t e = feed->put; e < feed->put + count; e++) {
        if (feed->kind == ENTRIES)
            put_entry(feed, txn);
        for (int w = 0; feed->kind == ROWS && w < WORKERS; w++)
            put_row(feed, txn, e, w);
    }
    BENCH_OK(ledger_commit(&txn, &err), err);
}

static void pace(struct feed *feed, int64_t wait_ns)
{
    struct itimerspec at = {.it_value = {.tv_nsec = wait_ns > 0 ? wait_ns : 1}};
    (void)timerfd_settime(feed->timer, 0, &at, NULL);
}

// New events, as many as may be under way.
static void produce(struct feed *feed)
{
    uint64_t ticks;
    if (feed->put == 0)
        feed->first_ns = clock_ticks_ns();
    if (feed->single && feed->put == feed->done && feed->put < feed->events &&
        read(feed->timer, &ticks, sizeof(ticks)) > 0) {
        feed->began_ns = clock_ticks_ns();
        put_events(feed, 1);
        feed->put++;
    }
    while (!feed->single && feed->put + BATCH <= feed->events &&
           feed->put + BATCH <= feed->done + WINDOW) {
        put_events(feed, BATCH);
        feed->put += BATCH;
    }
}

static int number_of(const char *channel)
{
    return channel[strlen(channel) - 1] - '0';
}

static void take_listed(struct feed *feed, const struct outbox_claim *claim,
                        struct outbox_items *out)
{
    int64_t *next = &feed->next[number_of(claim->channel)];
    size_t count = (size_t)(feed->put - *next);
    count = count < claim->max ? count : claim->max;
    if (count == 0)
        return;
    out->at = mem_new(count, sizeof(*out->at));
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->at[i].id = 1 + (*next)++;
        out->at[i].attempt = 1;
        out->at[i].body = mem_text(feed->body);
    }
}

static enum err_kind feed_take(void *self, const struct outbox_claim *claim,
                               struct outbox_items *out, struct err *err)
{
    struct feed *feed = self;
    produce(feed);
    if (feed->kind != LISTED)
        return feed->real.take(feed->real.self, claim, out, err);
    take_listed(feed, claim, out);
    return OK;
}

static void acknowledged(struct feed *feed, int64_t event)
{
    if (++feed->acks[event] < WORKERS)
        return;
    feed->done++;
    feed->last_ns = clock_ticks_ns();
    if (!feed->single)
        return;
    int64_t took_ns = clock_ticks_ns() - feed->began_ns;
    feed->took_ns[event] = took_ns;
    pace(feed, PACE_NS - took_ns);
}

static enum err_kind feed_settle(void *self, const struct outbox_answer *answer, size_t count,
                                 struct err *err)
{
    struct feed *feed = self;
    if (feed->kind != LISTED && feed->real.settle(feed->real.self, answer, count, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++) {
        int64_t event = answer[i].id - feed->first_id;
        acknowledged(feed, feed->kind == ROWS ? event / WORKERS : event);
    }
    return OK;
}

static enum err_kind feed_testify(void *self, const struct outbox_evidence *evidence, size_t count,
                                  enum err_kind *noted, struct err *err)
{
    (void)count;
    (void)noted;
    (void)self;
    (void)evidence;
    return err_set(err, ERR_MISSING, "no evidence here");
}

static enum err_kind feed_reclaim(void *self, int64_t now_ms, const char *worker, size_t *count,
                                  struct err *err)
{
    const struct feed *feed = self;
    *count = 0;
    if (feed->kind == LISTED)
        return OK;
    return feed->real.reclaim(feed->real.self, now_ms, worker, count, err);
}

static enum err_kind feed_is_empty(void *self, bool *empty, struct err *err)
{
    const struct feed *feed = self;
    (void)err;
    *empty = feed->done == feed->events;
    return OK;
}

// The id of the first event that is put.
static int64_t next_id(const struct feed *feed)
{
    struct err err = {0};
    struct hash head;
    int64_t count[OUTBOX_STATES], sum = 0;
    if (feed->kind == ENTRIES)
        BENCH_OK(ledger_head(feed->ledger, &sum, &head, &err), err);
    if (feed->kind == ROWS)
        BENCH_OK(outbox_count(feed->ledger, NULL, count, &err), err);
    for (int i = 0; feed->kind == ROWS && i < OUTBOX_STATES; i++)
        sum += count[i];
    return sum + 1;
}

// Followers begin behind the entries of before.
static void skip_entries(const struct feed *feed)
{
    struct err err = {0};
    struct feed_step step[WORKERS];
    for (int w = 0; w < WORKERS; w++)
        step[w] = (struct feed_step){channel_names[ENTRIES][w], feed->first_id - 1};
    BENCH_OK(feed_advance(feed->ledger, step, WORKERS, &err), err);
}

// Runs one feed to its end with four fresh workers; seconds from the first event on.
static double run_feed(struct feed *feed, struct bus *bus)
{
    struct err err = {0};
    pid_t workers[WORKERS];
    struct dispatch_report report;
    struct dispatch dispatch = {
        .queue = {feed, feed_take, feed_settle, feed_testify, feed_reclaim, feed_is_empty, NULL},
        .bus = bus,
        .lease_ms = 30000,
        .pay_lease_ms = 30000,
        .retry_first_ms = 2000,
        .now = fixed_now,
        .stopped = never,
        .until_empty = true};
    memset(feed->body, 'x', BODY);
    feed->acks = mem_new((size_t)feed->events, 1);
    feed->took_ns = mem_new((size_t)feed->events, sizeof(*feed->took_ns));
    feed->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    feed->first_id = next_id(feed);
    feed->outbox = (struct outbox_queue){.ledger = feed->ledger, .attempts_max = 5};
    feed->real = queue_of_outbox(&feed->outbox);
    if (feed->kind == ENTRIES)
        skip_entries(feed);
    bus_watch(bus, &feed->timer, 1);
    for (int w = 0; w < WORKERS; w++)
        workers[w] = start_worker(feed->kind, w);
    (void)usleep(300000); // they say READY while nobody listens yet
    pace(feed, PACE_NS);
    BENCH_OK(dispatch_run(&dispatch, &report, &err), err);
    double took_s = (double)(feed->last_ns - feed->first_ns) / 1e9;
    for (int w = 0; w < WORKERS; w++)
        (void)waitpid(workers[w], NULL, 0);
    bus_watch(bus, NULL, 0);
    outbox_queue_free(&feed->outbox);
    (void)close(feed->timer);
    mem_free(&feed->acks);
    return took_s;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double p50_us(struct feed *feed)
{
    qsort(feed->took_ns, (size_t)feed->events, sizeof(*feed->took_ns), by_size);
    double p50 = (double)feed->took_ns[feed->events / 2] / 1e3;
    mem_free(&feed->took_ns);
    return p50;
}

// --- the references
// ------------------------------------------------------------------------------------

// The number after `word` in what a command prints; 0 when it is not there.
static double figure_of(const char *command, const char *word)
{
    char line[400];
    double figure = 0;
    FILE *pipe = popen(command, "r");
    if (!pipe)
        bench_fail(command, "cannot start");
    while (fgets(line, sizeof(line), pipe)) {
        const char *at = strstr(line, word);
        if (at && figure == 0)
            figure = strtod(at + strlen(word), NULL);
    }
    (void)pclose(pipe);
    return figure;
}

static double reference(const char *program, const char *args, const char *word)
{
    char command[600];
    AUTO(mem_drop) char *path = bench_build(program);
    (void)snprintf(command, sizeof(command), "%s %s", path, args);
    double figure = figure_of(command, word);
    if (figure <= 0)
        bench_fail(command, "printed no figure");
    return figure;
}

// Redis on a port of its own, on the same disk, started and ended here: events a second.
static double redis_rate(const char *program, int64_t events)
{
    char command[900];
    unsigned port = free_port();
    AUTO(mem_drop) char *path = bench_build(program);
    (void)snprintf(command, sizeof(command),
                   "d=%s/redis; mkdir -p $d; redis-server --port %u --bind 127.0.0.1 --save '' "
                   "--appendonly yes --appendfsync always --dir $d >/dev/null 2>&1 & p=$!; "
                   "until redis-cli -p %u ping >/dev/null 2>&1; do sleep 0.05; done; "
                   "%s %u %d %lld; kill $p; wait $p; rm -rf $d",
                   bench_folder(), port, port, path, port, WORKERS, (long long)events);
    double figure = figure_of(command, "XACK each: ");
    if (figure <= 0)
        bench_fail(program, "printed no figure");
    return figure;
}

// One commit of one row, as the outbox's: median, microseconds.
static double commit_us(void)
{
    enum { COMMITS = 200 };
    static int64_t took_ns[COMMITS];
    AUTO(mem_drop) char *path = file_join(bench_folder(), "commit.db");
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(
            db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (x)",
            NULL, NULL, NULL) != SQLITE_OK)
        bench_fail("plain SQLite", "cannot open");
    for (int i = 0; i < COMMITS; i++) {
        int64_t start_ns = clock_ticks_ns();
        if (sqlite3_exec(db, "INSERT INTO t VALUES (zeroblob(256))", NULL, NULL, NULL) != SQLITE_OK)
            bench_fail("plain SQLite", sqlite3_errmsg(db));
        took_ns[i] = clock_ticks_ns() - start_ns;
    }
    (void)sqlite3_close(db);
    qsort(took_ns, COMMITS, sizeof(*took_ns), by_size);
    return (double)took_ns[COMMITS / 2] / 1e3;
}

// --- the figures
// ---------------------------------------------------------------------------------------

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values)
{
    double copy[ROUNDS];
    memcpy(copy, values, sizeof(copy));
    qsort(copy, ROUNDS, sizeof(*copy), by_number);
    return copy[ROUNDS / 2];
}

// `goal`: the ratio that is wanted, at least when `at_least`, else at most; 0: none was set.
static void show(const char *name, const char *unit, const double *ours, const char *other,
                 const double *theirs, double goal, bool at_least)
{
    double ratio[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        ratio[i] = ours[i] / theirs[i];
    double middle = median(ratio);
    bool met = at_least ? middle >= goal : middle <= goal;
    (void)printf("%s: %.4g %s; %s: %.4g %s; %.2f x (", name, median(ours), unit, other,
                 median(theirs), unit, middle);
    if (goal > 0)
        (void)printf("goal %s %g: %s)\n", at_least ? ">=" : "<=", goal, met ? "met" : "MISSED");
    else
        (void)printf("no goal)\n");
    (void)fflush(stdout);
}

static void nothing_kept(struct bus *bus, double *zmq_p50)
{
    double ours[ROUNDS], zmq[ROUNDS], sock[ROUNDS], p50[ROUNDS], sock_p50[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct feed fast = {.events = FAST_EVENTS},
                    single = {.events = SINGLE_EVENTS, .single = true};
        ours[i] = FAST_EVENTS / run_feed(&fast, bus);
        mem_free(&fast.took_ns);
        zmq[i] = reference("zmqfan", "ipc 4 100000 1", "ack/1: ");
        sock[i] = reference("sockfan", "4", "ack/1: ");
        (void)run_feed(&single, bus);
        p50[i] = p50_us(&single);
        zmq_p50[i] = reference("zmqfan", "ipc 4 1000 1", "acks: p50 ");
        sock_p50[i] = reference("sockfan", "4 1000", "acks: p50 ");
    }
    show("fan-out 1 to 4, nothing kept", "events/s", ours, "zmqfan ipc", zmq, 0.85, true);
    show("fan-out 1 to 4, nothing kept", "events/s", ours, "sockfan, no library", sock, 0, true);
    show("one event to all 4 acks, p50", "us", p50, "zmqfan ipc", zmq_p50, 1.2, false);
    show("one event to all 4 acks, p50 (stretch)", "us", p50, "sockfan, no library", sock_p50, 2.5,
         false);
}

static void kept(struct bus *bus, struct ledger *ledger, int64_t cause, const double *zmq_p50)
{
    double entries[ROUNDS], rows[ROUNDS], p50[ROUNDS], bound[ROUNDS];
    double redis[ROUNDS], redis_rows[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct feed many = {.kind = ENTRIES, .ledger = ledger, .events = KEPT_EVENTS};
        struct feed single = {
            .kind = ENTRIES, .ledger = ledger, .events = SINGLE_EVENTS, .single = true};
        struct feed outbox = {
            .kind = ROWS, .ledger = ledger, .events = KEPT_EVENTS / 4, .cause = cause, .round = i};
        entries[i] = KEPT_EVENTS / run_feed(&many, bus);
        mem_free(&many.took_ns);
        redis[i] = redis_rate("redis_fan", KEPT_EVENTS);
        redis_rows[i] = redis_rate("redis_rows", KEPT_EVENTS / 4);
        rows[i] = (double)outbox.events / run_feed(&outbox, bus);
        mem_free(&outbox.took_ns);
        (void)run_feed(&single, bus);
        p50[i] = p50_us(&single);
        bound[i] = zmq_p50[i] + 2 * commit_us();
    }
    show("fan-out 1 to 4, durable: entries to followers", "events/s", entries,
         "Redis Streams, appendfsync always", redis, 3, true);
    show("fan-out 1 to 4, durable: four outbox rows an event", "events/s", rows,
         "Redis Streams, appendfsync always, four items an event", redis_rows, 0, true);
    show("fan-out 1 to 4, durable: four outbox rows an event", "events/s", rows,
         "Redis Streams, appendfsync always, one entry an event", redis, 0, true);
    show("one event, durable, to all 4 acks recorded, p50", "us", p50, "zmqfan + 2 commits", bound,
         1, false);
}

void bench_fanout(void)
{
    struct err err = {0};
    AUTO(mem_drop) char *own = file_join(bench_folder(), "fanout");
    folder = own;
    AUTO(buf_free) struct buf settings = buf_new(1 << 18);
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    AUTO(mem_drop) char *run = file_join(folder, "run");
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(bus_close) struct bus *bus = NULL;
    AUTO(doc_free) struct doc *cause = doc_object();
    double zmq_p50[ROUNDS];
    int64_t seq = 0;
    struct txn *txn = NULL;
    BENCH_OK(file_make_folder(run, 0700, &err), err);
    buf_text(&settings, "mode: drill\ncredit: 1000\n");
    BENCH_OK(file_write(path, buf_slice(&settings), 0600, &err), err);
    BENCH_OK(site_open(folder, &site, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &ledger, &err), err);
    BENCH_OK(ledger_begin(ledger, &txn, &err), err);
    BENCH_OK(ledger_append(txn, "test", (struct utc){0}, cause, &seq, NULL, &err), err);
    BENCH_OK(ledger_commit(&txn, &err), err);
    AUTO(mem_drop) char *socket = worker_socket(site);
    BENCH_OK(bus_serve(socket, &bus, &err), err);
    nothing_kept(bus, zmq_p50);
    kept(bus, ledger, seq, zmq_p50);
}
