// The whole way under faults: dispatcher, workers, drivers on a live site, evilproxies on the way
// (tests/notify/scene.h), and the provider itself unreliable. After the network has healed the
// backlog must drain, the provider's own book must hold each payout exactly once, and what is done
// must be in the carrier's hands. A third of the seeds each: faults before HTTP, before SMPP, and
// between dispatcher and workers.
//
// FAULT_SEEDS=n how many seeds (240); FAULT_SEED=n that one alone; FAULT_LANES=n how many side by
// side; FAULT_WAY=http|smpp|bus: all seeds there.
#include "tests/notify/scene.h"

#include <sys/mman.h>

#define SEEDS (SANITIZED ? 24 : 240)

enum {
    LANES = 24,
    HEAL_MS = 1500,
    LONG_EVERY = 5, // of the seeds before SMPP; there faults last longer than its timers
    LONG_HEAL_MS = 12000,
    LONG_LATE_MS = 10500, // after SMPP_ANSWER_MS
    TALK_BYTES = 5000,    // in which faults strike, of a conversation that lasts
    TIMES_MOST = 4,       // sent once more by us, and each doubled by the network
    GIVEN_UP_SHARE = 20,  // at most one in so many SMS was sent twice without an answer
    GIVEN_UP_SEEDS = 24,  // of fewer a share says nothing
};

static const char PROVIDER_FAULTS[] = "paid-then-silent,paid-then-cut,paid-then-5xx,silent,5xx,"
                                      "forgets,delays,lies-404,lies-amount,duplicates";

// How a seed went; shared by all lanes, as the next seed to be tried is.
struct result {
    int64_t drained_ms, doubts, given_up, again; // after healing; not known at first; SMS; SMS
    bool done;
};

struct board {
    unsigned next;
    struct result result[]; // [end]
};

static int64_t give_up_ms; // ticks

static bool time_is_over(void)
{
    return clock_ticks_ms() > give_up_ms;
}

static long from_environment(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

static enum way way_of(unsigned seed)
{
    const char *one = getenv("FAULT_WAY");
    for (int i = 0; one && i < WAYS; i++) {
        if (strcmp(one, way_names[i]) == 0)
            return (enum way)i;
    }
    return (enum way)(seed % WAYS);
}

static struct evil evil_of(enum way way, enum channels at, unsigned seed)
{
    struct evil evil = {.share = "70", .heal_ms = HEAL_MS, .bytes = 600, .late_ms = 2000};
    if (way == WAY_BUS || (way == WAY_SMPP && at == CHANNEL_SMS))
        evil.bytes = TALK_BYTES;
    if (way == WAY_SMPP && seed / WAYS % LONG_EVERY == 0) {
        evil.heal_ms = LONG_HEAL_MS;
        evil.late_ms = at == CHANNEL_SMS ? LONG_LATE_MS : evil.late_ms;
    }
    return evil;
}

// --- one seed
// ------------------------------------------------------------------------------------------------

static void check_book(struct scene *scene, const struct provider *provider)
{
    for (int i = 0; i < PAYOUTS; i++) {
        char contract[16], key[32];
        int64_t amount = 0;
        (void)snprintf(contract, sizeof(contract), "C-%d", i);
        (void)snprintf(key, sizeof(key), "pay/%s/p/q", contract);
        struct payment_reference reference = payment_reference_of(key);
        size_t times = provider_paid(provider, scene->seed, reference.at, &amount);
        if (times != 1 || strcmp(house_state(&scene->house, contract), "paid") != 0)
            CHECK_FAILED("seed %u: %s was paid %zu times and is %s", scene->seed, contract, times,
                         house_state(&scene->house, contract));
    }
}

// An SMS is given up only when both times that it was sent no answer came.
static void check_given_up(struct scene *scene)
{
    struct err err = {0};
    bool row = false;
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(scene->house.place.ledger),
                                "SELECT result FROM outbox WHERE channel = 'sms' AND state = 4"
                                " AND result <> 'sent twice, and no answer either time'");
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    if (row)
        CHECK_FAILED("seed %u: an SMS was given up: %s", scene->seed, row_text(stmt, 0));
}

static bool is_done(struct scene *scene, int number)
{
    struct err err = {0};
    char key[40];
    bool row = false;
    (void)snprintf(key, sizeof(key), "alert/%u/%d", scene->seed, number);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(scene->house.place.ledger),
                                "SELECT 1 FROM outbox WHERE key = ? AND state = 3");
    stmt_text(stmt, 1, key);
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    return row;
}

// How often the carrier took a message. What Kannel took it hands on in its own time.
static size_t count_at_carrier(struct scene *scene, const struct gateway *gateway, int number)
{
    const char *log = scene->way == WAY_HTTP ? "carrier.log" : "smsc.log";
    char mark[32];
    message_mark(scene, number, mark);
    if (scene->way == WAY_HTTP && is_done(scene, number))
        bed_wait_text(gateway->place.folder, log, mark);
    return bed_count_text(gateway->place.folder, log, mark);
}

// What is done was taken by the carrier; once, when only our own network is at fault. How many were
// taken more than once.
static int64_t check_carrier(struct scene *scene, const struct gateway *gateway)
{
    int64_t again = 0;
    for (int i = 0; i < MESSAGES; i++) {
        size_t times = count_at_carrier(scene, gateway, i);
        if (times == 0 && is_done(scene, i))
            CHECK_FAILED("seed %u: message %d is done and never reached the carrier", scene->seed,
                         i);
        if (times > 1 && scene->way == WAY_BUS)
            CHECK_FAILED("seed %u: a live worker sent message %d %zu times", scene->seed, i, times);
        if (times > TIMES_MOST)
            CHECK_FAILED("seed %u: the carrier took message %d %zu times", scene->seed, i, times);
        again += times > 1;
    }
    return again;
}

// Runs until nothing waits, or the bound is over; how long after healing that was.
static int64_t run_scene(struct scene *scene, int heal_ms, struct dispatch_report *report)
{
    struct err err = {0};
    struct service service = {.site = scene->house.site,
                              .ledger = scene->house.place.ledger,
                              .now = bed_now,
                              .stopped = time_is_over,
                              .until_empty = true};
    scene_worker(scene, CHANNEL_PAY);
    scene_worker(scene, CHANNEL_SMS);
    int64_t healed_ms = clock_ticks_ms() + heal_ms;
    give_up_ms = healed_ms + BOUND_MS;
    CHECK_OK(service_run(&service, report, &err), err);
    int64_t took_ms = clock_ticks_ms() - healed_ms;
    return took_ms > 0 ? took_ms : 0;
}

static void one_seed(unsigned seed, const struct provider *provider, const struct gateway *gateway,
                     struct result *result)
{
    struct scene scene = {.seed = seed, .way = way_of(seed)};
    const struct evil evil[] = {evil_of(scene.way, CHANNEL_PAY, seed),
                                evil_of(scene.way, CHANNEL_SMS, seed)};
    struct dispatch_report report;
    char row[32];
    (void)snprintf(row, sizeof(row), "seed %u", seed);
    ROW(row);
    provider_reset(provider, seed, PROVIDER_FAULTS, 25);
    scene_open(&scene, gateway, (unsigned)provider->port);
    scene_proxies(&scene, gateway, (unsigned)provider->port, evil);
    int64_t drained_ms = run_scene(&scene, evil[0].heal_ms, &report), left = 0;
    for (int state = OUTBOX_READY; state <= OUTBOX_UNKNOWN; state++)
        left += count_of(&scene, NULL, (enum outbox_state)state);
    if (left)
        CHECK_FAILED("seed %u: %lld messages wait %lld ms after healing", seed, (long long)left,
                     (long long)drained_ms);
    check_book(&scene, provider);
    check_given_up(&scene);
    *result = (struct result){
        .drained_ms = drained_ms,
        .doubts = (int64_t)report.unknown,
        .given_up = count_of(&scene, "sms", OUTBOX_DEAD),
        .again = check_carrier(&scene, gateway),
        .done = true,
    };
    struct ledger_report verified;
    CHECK_OK(ledger_verify(scene.house.place.ledger, &verified, &scene.house.place.err),
             scene.house.place.err);
    scene_close(&scene);
}

// --- many seeds, side by side
// --------------------------------------------------------------------------------

// A process that tries one seed after the other, as long as there are some.
static pid_t start_lane(unsigned end, const struct gateway *gateway, struct board *board)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    AUTO(mem_drop) char *log = file_join(gateway->place.folder, "dispatchers.log");
    (void)setpgid(0, 0);
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1); // a failure ends this process, not its tests
    if (!freopen(log, "a", stderr))
        _exit(1);
    struct provider provider = provider_start("none", "0");
    for (;;) {
        unsigned seed = __atomic_fetch_add(&board->next, 1, __ATOMIC_SEQ_CST);
        if (seed >= end)
            break;
        one_seed(seed, &provider, gateway, &board->result[seed]);
    }
    provider_stop(&provider);
    _exit(0);
}

// The lines of the lanes' log that say which check failed.
static void show_failures(const struct gateway *gateway)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(gateway->place.folder, "dispatchers.log");
    AUTO(buf_free) struct buf text = buf_new(64 << 20);
    if (file_read(path, &text, &err))
        return;
    struct str rest = buf_slice(&text), line;
    while (str_take_line(&rest, &line)) {
        if (str_starts(line, "tests/"))
            print_error(STR_FMT "\n", STR_ARG(line));
    }
}

static void show_results(const struct result *results, enum way way, unsigned first, unsigned end)
{
    int64_t sum_ms = 0, doubts = 0, given_up = 0, again = 0;
    unsigned slowest = 0, done = 0, all = 0;
    for (unsigned seed = first; seed < end; seed++) {
        const struct result *one = &results[seed];
        if (way_of(seed) != way)
            continue;
        all++;
        done += one->done;
        sum_ms += one->drained_ms;
        doubts += one->doubts;
        given_up += one->given_up;
        again += one->again;
        if (!slowest || one->drained_ms > results[slowest].drained_ms)
            slowest = seed;
        if (!one->done)
            print_error("# seed %u did not come to its end; FAULT_SEED=%u tries it alone\n", seed,
                        seed);
    }
    if (all)
        (void)printf("# %s: %u of %u seeds drained, on average %lld ms after healing, the slowest "
                     "(seed %u) %lld ms; %lld outcomes were not known at first, %lld SMS given up, "
                     "%lld taken twice\n",
                     way_names[way], done, all, (long long)(done ? sum_ms / done : 0), slowest,
                     (long long)results[slowest].drained_ms, (long long)doubts, (long long)given_up,
                     (long long)again);
    (void)fflush(stdout);
}

static void check_share_given_up(const struct result *results, unsigned first, unsigned end)
{
    int64_t given_up = 0, messages = (int64_t)(end - first) * MESSAGES;
    for (unsigned seed = first; seed < end; seed++)
        given_up += results[seed].given_up;
    if (end - first >= GIVEN_UP_SEEDS && given_up * GIVEN_UP_SHARE > messages)
        CHECK_FAILED("%lld of %lld SMS were given up", (long long)given_up, (long long)messages);
}

static void no_payout_twice_and_the_backlog_drains(void **state)
{
    (void)state;
    struct gateway gateway;
    long one = from_environment("FAULT_SEED", -1);
    unsigned seeds = (unsigned)from_environment("FAULT_SEEDS", SEEDS);
    unsigned lanes = (unsigned)from_environment("FAULT_LANES", LANES);
    unsigned first = one >= 0 ? (unsigned)one : 1;
    unsigned end = one >= 0 ? first + 1 : first + seeds;
    pid_t lane[256] = {0};
    struct board *board = mmap(NULL, sizeof(*board) + end * sizeof(*board->result),
                               PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(board != MAP_FAILED);
    CHECK(lanes > 0 && lanes <= COUNT_OF(lane));
    board->next = first;
    gateway_start(&gateway);
    (void)fflush(stdout);
    for (unsigned i = 0; i < lanes && first + i < end; i++)
        lane[i] = start_lane(end, &gateway, board);
    size_t failed = 0;
    for (unsigned i = 0; i < lanes && lane[i]; i++) {
        int status = 0;
        CHECK(waitpid(lane[i], &status, 0) == lane[i]);
        (void)kill(-lane[i], SIGKILL); // what a lane that failed left behind
        failed += status != 0;
    }
    if (failed)
        show_failures(&gateway);
    gateway_end(&gateway);
    for (int way = 0; way < WAYS; way++)
        show_results(board->result, (enum way)way, first, end);
    CHECK_INT(failed, 0);
    check_share_given_up(board->result, first, end);
}

TEST_MAIN(cmocka_unit_test(no_payout_twice_and_the_backlog_drains))
