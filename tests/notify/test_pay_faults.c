#include "tests/notify/payhouse.h"

#include <stdlib.h>

// 240 seeds: a provider that is silent, cuts, forgets, delays and lies, a network that is evil
// (when tests/tools/evilproxy is built), and a worker that dies after its effect. In the end the
// provider's own book and our ledger say the same, and nobody was paid twice. GONG_SEED=N replays
// one. All times are shortened alike: what is on its way arrives within a second, the quiet time
// after which "not known" is believed; a request that came later still, to a provider that has
// forgotten the first, would be paid again, and nobody who sends could help it.
enum { SEEDS = 240, PAYOUTS = 3, TURNS_EVIL = 10, TURNS_MAX = 600, LANES = 4 };

static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// --- the evil network
// ---------------------------------------------------------------------------------

struct proxy {
    pid_t pid;
    int port;
};

// In front of the provider, evil for as long as a seed wants it.
static struct proxy proxy_start(const struct provider *provider, unsigned seed)
{
    struct proxy proxy = {0, provider->port};
    struct err err = {0};
    AUTO(mem_drop) char *folder = proc_folder();
    AUTO(mem_drop) char *program = file_join(folder, "../tools/evilproxy");
    CHECK(file_exists(program)); // make tests builds it
    char to[16], number[16], out[120];
    int pipe_fd[2];
    (void)snprintf(to, sizeof(to), "%d", provider->port);
    (void)snprintf(number, sizeof(number), "%u", seed);
    (void)snprintf(out, sizeof(out), "%s/proxy-%u", provider->folder, seed);
    CHECK_INT(pipe(pipe_fd), 0);
    // proc_start gives a child our standard output: for a moment that is the pipe.
    int kept = dup(STDOUT_FILENO);
    CHECK(kept >= 0 && dup2(pipe_fd[1], STDOUT_FILENO) >= 0);
    const char *argv[] = {program, "--listen", "0",  "--to",       to,    "--seed",
                          number,  "--share",  "50", "--stall-ms", "200", NULL};
    enum err_kind kind = proc_start(argv, &proxy.pid, &err);
    CHECK(dup2(kept, STDOUT_FILENO) >= 0);
    (void)close(kept);
    (void)close(pipe_fd[1]);
    CHECK_OK(kind, err);
    char line[100] = "";
    ssize_t len = read(pipe_fd[0], line, sizeof(line) - 1);
    (void)close(pipe_fd[0]);
    CHECK(len > 0 && strncmp(line, "listening ", 10) == 0);
    proxy.port = (int)strtol(line + 10, NULL, 10);
    return proxy;
}

static void proxy_heal(const struct proxy *proxy)
{
    if (proxy->pid)
        (void)kill(proxy->pid, SIGUSR1);
}

static void proxy_stop(const struct proxy *proxy)
{
    if (proxy->pid)
        proc_end(proxy->pid, 500);
}

// --- one seed
// -----------------------------------------------------------------------------------------

static size_t open_count(struct house *house)
{
    int64_t count[OUTBOX_STATES];
    CHECK_OK(outbox_count(house->place.ledger, "pay", count, &house->place.err), house->place.err);
    return (size_t)(count[OUTBOX_READY] + count[OUTBOX_LEASED] + count[OUTBOX_UNKNOWN]);
}

static void compare_books(struct house *house, const struct provider *provider, unsigned seed,
                          size_t *paid)
{
    for (int i = 0; i < PAYOUTS; i++) {
        char contract[16], key[KEY_MAX];
        int64_t amount = 0;
        (void)snprintf(contract, sizeof(contract), "C-%u-%d", seed, i);
        (void)snprintf(key, sizeof(key), "pay/%s/p/q", contract);
        struct payment_reference reference = payment_reference_of(key);
        size_t times = provider_paid(provider, seed, reference.at, &amount);
        const char *state = house_state(house, contract);
        CHECK(times <= 1);
        CHECK_TEXT(state, times ? "paid" : "rejected");
        CHECK_INT(amount, times ? 1000 + i : 0);
        *paid += times;
    }
}

static void try_seed(const struct provider *provider, unsigned seed, size_t *paid)
{
    struct house house;
    struct job job[1];
    char settings[400], name[16];
    uint64_t random = seed;
    (void)snprintf(name, sizeof(name), "seed %u", seed);
    ROW(name);
    provider_reset(provider, seed, "all", 60);
    struct proxy proxy = proxy_start(provider, seed);
    (void)snprintf(settings, sizeof(settings),
                   "pay_driver: gsma\ngsma_url: http://127.0.0.1:%d\ngsma_account: float\n"
                   "gsma_timeout_ms: 60\ngsma_quiet_s: 1\n",
                   proxy.port);
    house_open(&house, settings);
    house_start(&house);
    house_person(&house, "P-1", "Đặng Thị Bưởi (diễn tập)", "84900000001");
    for (int i = 0; i < PAYOUTS; i++) {
        char contract[16];
        (void)snprintf(contract, sizeof(contract), "C-%u-%d", seed, i);
        house_plan(&house, contract, "P-1", 1000 + i);
    }
    for (int turn = 0; turn < TURNS_MAX && open_count(&house); turn++) {
        if (turn == TURNS_EVIL) {
            provider_put(provider, "/sim/heal");
            proxy_heal(&proxy);
        }
        bool dies = turn < TURNS_EVIL && next(&random) % 6 == 0;
        (void)house_turn(&house, 1, dies ? HOUSE_DIES : HOUSE_ANSWERS, job);
        if (getenv("GONG_SEED"))
            print_message("# %d %s %d %s\n", turn, job[0].note ? "dies" : "", (int)job[0].outcome,
                          job[0].why);
        if (turn > 2 * TURNS_EVIL)
            pause_a_little();
    }
    CHECK_INT(open_count(&house), 0);
    compare_books(&house, provider, seed, paid);
    struct ledger_report report;
    CHECK_OK(ledger_verify(house.place.ledger, &report, &house.place.err), house.place.err);
    proxy_stop(&proxy);
    house_close(&house);
}

// The seeds of one lane; a lane has a provider of its own.
static void run_lane(unsigned lane)
{
    struct provider provider = provider_start("all", "60");
    size_t paid = 0;
    print_message("# seed %u, %u, ... to %u, %d payouts each\n", lane, lane + LANES, SEEDS,
                  PAYOUTS);
    for (unsigned seed = lane; seed <= SEEDS; seed += LANES)
        try_seed(&provider, seed, &paid);
    print_message("# lane %u: %zu of %d payouts were paid, each once\n", lane, paid,
                  SEEDS / LANES * PAYOUTS);
    CHECK(paid > SEEDS / LANES);
    provider_stop(&provider);
}

// Mostly it is waiting: this program runs each lane as a program of its own.
static void start_lanes(pid_t child[LANES])
{
    AUTO(mem_drop) char *folder = proc_folder();
    AUTO(mem_drop) char *program = file_join(folder, "test_pay_faults");
    for (unsigned lane = 1; lane <= LANES; lane++) {
        struct err err = {0};
        char number[8];
        const char *argv[] = {program, NULL};
        (void)snprintf(number, sizeof(number), "%u", lane);
        CHECK_INT(setenv("GONG_LANE", number, 1), 0);
        CHECK_OK(proc_start(argv, &child[lane - 1], &err), err);
    }
}

static void test_nobody_is_paid_twice(void **state)
{
    (void)state;
    const char *given = getenv("GONG_SEED"), *lane = getenv("GONG_LANE");
    if (given) {
        struct provider provider = provider_start("all", "60");
        size_t paid = 0;
        try_seed(&provider, (unsigned)strtoul(given, NULL, 10), &paid);
        provider_stop(&provider);
        return;
    }
    if (lane) {
        run_lane((unsigned)strtoul(lane, NULL, 10));
        return;
    }
    pid_t child[LANES];
    start_lanes(child);
    int failed = 0;
    for (int i = 0; i < LANES; i++) {
        int exit_code = 0;
        while (!proc_ended(child[i], &exit_code))
            pause_a_little();
        failed += exit_code != 0;
    }
    CHECK_INT(failed, 0);
}

TEST_MAIN(cmocka_unit_test(test_nobody_is_paid_twice))
