// 1,000,000 events out of a real outbox to four workers that are killed (SIGKILL) and started again
// at random: none is lost, and no live worker is handed the same event twice. What a worker
// handles, it notes in memory that all share, before it answers. What the dispatcher's memory did
// meanwhile. Then (the group "dead"): what one worker of four that is killed or frozen, with
// messages in its hands, costs the others.
//
// BENCH_MILLION=n: so many events. BENCH_SEED=n: replays the choice of who is killed and when.
#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "notify/channel.h"
#include "notify/dispatch.h"
#include "notify/worker.h"
#include "tests/bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// What is done to the last worker before the first message is given out.
enum fate { ALIVE, ABSENT, FROZEN, KILLED };
enum { FATES = KILLED + 1 };

enum {
    WORKERS = 4,
    EVENTS = 1000000,
    SHORT_EVENTS = 60000,
    PUT = 1000, // rows a commit
    WINDOW = 8000,
    KILL_EVERY_MS = 250,
    BODY = 256,
    FIXED_NOW_S = 1725667200,
};

// Shared by all processes of a run.
struct book {
    int64_t twice;   // by one and the same worker
    int64_t again;   // by another, after the first was killed or its lease was over
    uint32_t last[]; // [events] the worker that handled it last; 0: nobody yet
};

struct pool {
    struct ledger *ledger;
    int64_t events, put, done, first_id, cause, round;
    struct book *book;
    pid_t worker[WORKERS];
    uint32_t number; // of the worker that was started last
    uint64_t seed;
    bool kills;
    enum fate fate;
    bool ends_early; // when but a few are left, which nobody is waited for
    int64_t kills_done, next_kill_ms, ended_ns;
    int64_t lost, twice, again; // what the book said in the end
    double early_mib;           // memory when a fifth was done: caches are full by then
    char body[BODY + 1];
};

static const char *folder;
static struct book *worker_book;
static uint32_t worker_number;
static int64_t worker_first_id;

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

// --- workers
// ------------------------------------------------------------------------------------------

static enum err_kind book_open(const struct site *site, const struct host *host, void **self,
                               struct err *err)
{
    (void)site;
    (void)host;
    (void)err;
    *self = NULL;
    return OK;
}

static enum err_kind book_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    (void)self;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        uint32_t *last = &worker_book->last[job[i].note->id - worker_first_id];
        uint32_t before = __atomic_exchange_n(last, worker_number, __ATOMIC_SEQ_CST);
        if (before == worker_number)
            __atomic_add_fetch(&worker_book->twice, 1, __ATOMIC_SEQ_CST);
        else if (before)
            __atomic_add_fetch(&worker_book->again, 1, __ATOMIC_SEQ_CST);
        job[i].outcome = OUTCOME_DONE;
    }
    return OK;
}

static void book_close(void **self)
{
    *self = NULL;
}

static void start_worker(struct pool *pool, int at)
{
    static const struct channel channel = {.name = "n0",
                                           .driver = "book",
                                           .open = book_open,
                                           .deliver = book_deliver,
                                           .close = book_close};
    pool->number++;
    pool->worker[at] = fork();
    if (pool->worker[at] != 0)
        return;
    struct site *site = NULL;
    struct err err = {0};
    worker_book = pool->book;
    worker_number = pool->number;
    worker_first_id = pool->first_id;
    bool failed = site_open(folder, &site, &err) != OK;
    struct work work = {.site = site, .channel = "n0", .with = &channel, .stopped = never};
    _exit(failed || worker_run(&work, &err));
}

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (*seed >> 33) % below;
}

static void maybe_kill(struct pool *pool)
{
    int64_t now_ms = clock_ticks_ms();
    if (!pool->kills || now_ms < pool->next_kill_ms)
        return;
    int at = (int)draw(&pool->seed, WORKERS);
    (void)kill(pool->worker[at], SIGKILL);
    (void)waitpid(pool->worker[at], NULL, 0);
    start_worker(pool, at);
    pool->kills_done++;
    pool->next_kill_ms = now_ms + 1 + (int64_t)draw(&pool->seed, 2 * KILL_EVERY_MS);
}

static double rss_mib(void)
{
    char line[200];
    double kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtod(line + 6, NULL);
    }
    if (file)
        (void)fclose(file);
    return kib / 1024;
}

// --- the queue: the outbox, filled as it empties
// --------------------------------------------------------

static void put_rows(struct pool *pool, int64_t count)
{
    struct err err = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    BENCH_OK(ledger_begin(pool->ledger, &txn, &err), err);
    for (int64_t e = pool->put; e < pool->put + count; e++) {
        bool fresh = false;
        struct outbox_item item = {
            .channel = "n0", .expires = UTC_NEVER, .cause = pool->cause, .body = pool->body};
        (void)snprintf(item.key, sizeof(item.key), "m/%lld/%lld", (long long)pool->round,
                       (long long)e);
        BENCH_OK(outbox_put(txn, &item, &fresh, &err), err);
    }
    BENCH_OK(ledger_commit(&txn, &err), err);
    pool->put += count;
}

static enum err_kind pool_take(void *self, const struct outbox_claim *claim,
                               struct outbox_items *out, struct err *err)
{
    struct pool *pool = self;
    maybe_kill(pool);
    if (pool->early_mib <= 0 && pool->done > pool->events / 5)
        pool->early_mib = rss_mib();
    while (pool->put < pool->events && pool->put + PUT <= pool->done + WINDOW)
        put_rows(pool, PUT);
    return outbox_take(pool->ledger, claim, out, err);
}

static enum err_kind pool_settle(void *self, const struct outbox_answer *answer, size_t count,
                                 struct err *err)
{
    struct pool *pool = self;
    pool->done += (int64_t)count;
    return outbox_settle(pool->ledger, answer, count, 5, err);
}

static enum err_kind pool_testify(void *self, const struct outbox_evidence *evidence, size_t count,
                                  enum err_kind *noted, struct err *err)
{
    (void)count;
    (void)noted;
    (void)self;
    (void)evidence;
    return err_set(err, ERR_MISSING, "no evidence here");
}

static enum err_kind pool_reclaim(void *self, int64_t now_ms, const char *worker, size_t *count,
                                  struct err *err)
{
    const struct pool *pool = self;
    return outbox_reclaim(pool->ledger, now_ms, worker, count, err);
}

static enum err_kind pool_is_empty(void *self, bool *empty, struct err *err)
{
    struct pool *pool = self;
    if (outbox_is_empty(pool->ledger, "n0", OUTBOX_LANE_REST, empty, err))
        return err_of(err);
    *empty = *empty || (pool->ends_early && pool->done + WINDOW / 4 >= pool->events);
    *empty = *empty && pool->put == pool->events;
    pool->ended_ns = clock_ticks_ns();
    return OK;
}

static int64_t rows_of(struct ledger *ledger)
{
    struct err err = {0};
    int64_t count[OUTBOX_STATES], sum = 0;
    BENCH_OK(outbox_count(ledger, NULL, count, &err), err);
    for (int i = 0; i < OUTBOX_STATES; i++)
        sum += count[i];
    return sum;
}

// What a run that ended early left behind is done away with.
static void clear_away(struct ledger *ledger)
{
    struct err err = {0};
    size_t count = 0;
    BENCH_OK(outbox_reclaim(ledger, INT64_MAX, NULL, &count, &err), err);
    for (;;) {
        AUTO(outbox_items_free) struct outbox_items items = {0};
        struct outbox_answer answer[PUT];
        struct outbox_claim claim = {.channel = "n0",
                                     .worker = "broom",
                                     .max = PUT,
                                     .lane_max = INT32_MAX,
                                     .lease_until_ms = INT64_MAX};
        BENCH_OK(outbox_take(ledger, &claim, &items, &err), err);
        if (items.count == 0)
            return;
        for (size_t i = 0; i < items.count; i++)
            answer[i] = (struct outbox_answer){.id = items.at[i].id,
                                               .attempt = items.at[i].attempt,
                                               .outcome = OUTCOME_DONE,
                                               .ref = "",
                                               .why = "broom"};
        BENCH_OK(outbox_settle(ledger, answer, items.count, 5, &err), err);
    }
}

// Runs a pool to its end; seconds.
static double run_pool(struct pool *pool, struct bus *bus)
{
    struct err err = {0};
    struct dispatch_report report;
    size_t size = sizeof(struct book) + (size_t)pool->events * sizeof(uint32_t);
    struct dispatch dispatch = {
        .queue = {pool, pool_take, pool_settle, pool_testify, pool_reclaim, pool_is_empty, NULL},
        .bus = bus,
        .lease_ms = 30000,
        .pay_lease_ms = 30000,
        .retry_first_ms = 2000,
        .now = fixed_now,
        .stopped = never,
        .until_empty = true};
    memset(pool->body, 'x', BODY);
    pool->first_id = rows_of(pool->ledger) + 1;
    pool->book = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pool->book == MAP_FAILED)
        bench_fail("mmap", "no memory to share");
    int last = WORKERS - 1, count = pool->fate == ABSENT ? last : WORKERS;
    for (int w = 0; w < count; w++)
        start_worker(pool, w);
    (void)usleep(300000);
    if (pool->fate == FROZEN || pool->fate == KILLED)
        (void)kill(pool->worker[last], pool->fate == FROZEN ? SIGSTOP : SIGKILL);
    int64_t start_ns = clock_ticks_ns();
    BENCH_OK(dispatch_run(&dispatch, &report, &err), err);
    double took_s = (double)(pool->ended_ns - start_ns) / 1e9; // without the last words of workers
    for (int w = 0; w < count; w++) {
        (void)kill(pool->worker[w], SIGKILL); // one that came too late to be told to end waits on
        (void)waitpid(pool->worker[w], NULL, 0);
    }
    for (int64_t e = 0; e < pool->events; e++)
        pool->lost += pool->book->last[e] == 0;
    pool->twice = pool->book->twice;
    pool->again = pool->book->again;
    (void)munmap(pool->book, size);
    if (pool->ends_early)
        clear_away(pool->ledger);
    return took_s;
}

static long from_environment(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

static void million(struct pool pool, struct bus *bus)
{
    pool.events = from_environment("BENCH_MILLION", EVENTS);
    pool.seed = (uint64_t)from_environment("BENCH_SEED", (long)(clock_ticks_ns() % 1000000));
    pool.kills = true;
    uint64_t seed = pool.seed;
    double took_s = run_pool(&pool, bus);
    double after_mib = rss_mib();
    (void)printf("%lld events, %lld workers killed and started again (seed %llu): %.4g events/s\n",
                 (long long)pool.events, (long long)pool.kills_done, (unsigned long long)seed,
                 (double)pool.events / took_s);
    bench_count("  of these lost", "events", (double)pool.lost, 0);
    bench_count("  handled twice by one worker", "events", (double)pool.twice, 0);
    (void)printf("  handled again by another, after a kill: %lld events\n", (long long)pool.again);
    double growth_mib = after_mib - pool.early_mib;
    bench_count("  growth of the dispatcher's memory from a fifth to the end", "MiB",
                growth_mib > 0 ? growth_mib : 0, 8);
}

static void say_slower(const char *name, double *ratio, int rounds)
{
    bench_count(name, "x", bench_median(ratio, (size_t)rounds), 1.05);
}

// The fourth of four workers is killed or frozen before the dispatcher gives out the first message,
// and the dispatcher is not told: how long the rest takes, beside three who are alone, and beside
// four who are all alive. (Kills with messages in hand are those of the million above.)
static void one_dead(struct pool pool, struct bus *bus)
{
    enum { ROUNDS = 7 };
    double killed[ROUNDS], frozen[ROUNDS], killed_of_four[ROUNDS], frozen_of_four[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double took_s[FATES];
        for (int k = 0; k < FATES; k++) {
            int fate = i % 2 ? FATES - 1 - k : k; // none is always the first
            pool.events = SHORT_EVENTS;
            pool.put = pool.done = 0;
            pool.round++;
            pool.fate = (enum fate)fate;
            pool.ends_early = true;
            took_s[fate] = run_pool(&pool, bus);
        }
        killed[i] = took_s[KILLED] / took_s[ABSENT];
        frozen[i] = took_s[FROZEN] / took_s[ABSENT];
        killed_of_four[i] = took_s[KILLED] / took_s[ALIVE];
        frozen_of_four[i] = took_s[FROZEN] / took_s[ALIVE];
    }
    say_slower("time with a fourth worker killed (-9) at the start, beside three alone", killed,
               ROUNDS);
    say_slower("time with a fourth worker frozen at the start, beside three alone", frozen, ROUNDS);
    say_slower("time with one of four killed (-9) at the start, beside all alive", killed_of_four,
               ROUNDS);
    say_slower("time with one of four frozen at the start, beside all alive", frozen_of_four,
               ROUNDS);
}

static void on_a_site(void (*measure)(struct pool pool, struct bus *bus))
{
    struct err err = {0};
    AUTO(mem_drop) char *own = file_join(bench_folder(), measure == million ? "million" : "dead");
    folder = own;
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    AUTO(mem_drop) char *run = file_join(folder, "run");
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(bus_close) struct bus *bus = NULL;
    AUTO(doc_free) struct doc *cause = doc_object();
    struct txn *txn = NULL;
    int64_t seq = 0;
    BENCH_OK(file_make_folder(run, 0700, &err), err);
    BENCH_OK(file_write(path, STR("mode: drill\ncredit: 500\n"), 0600, &err), err);
    BENCH_OK(site_open(folder, &site, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &ledger, &err), err);
    BENCH_OK(ledger_begin(ledger, &txn, &err), err);
    BENCH_OK(ledger_append(txn, "test", (struct utc){0}, cause, &seq, NULL, &err), err);
    BENCH_OK(ledger_commit(&txn, &err), err);
    AUTO(mem_drop) char *socket = worker_socket(site);
    AUTO(mem_drop) char *log = file_join(folder, "log");
    BENCH_OK(bus_serve(socket, &bus, &err), err);
    (void)fflush(stdout);
    if (!freopen(log, "a", stderr)) // a line for each worker that is gone
        bench_fail(log, "cannot be written");
    measure((struct pool){.ledger = ledger, .cause = seq}, bus);
}

void bench_million(void)
{
    on_a_site(million);
}

void bench_dead(void)
{
    on_a_site(one_dead);
}
