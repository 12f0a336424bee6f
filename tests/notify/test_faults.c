// The whole way under faults: dispatcher, workers, the drivers "gsma" and "kannel" on a live site;
// the test's own provider and Debian's Kannel behind them; an evilproxy between each driver and its
// carrier, and the provider itself unreliable. After the network has healed the backlog must drain,
// and the provider's own book must hold each payout exactly once.
//
// FAULT_SEEDS=n how many seeds (240); FAULT_SEED=n that one alone; FAULT_LANES=n how many side by
// side.
#include "notify/kannel.h"
#include "notify/service.h"
#include "notify/worker.h"
#include "tests/notify/bed.h"
#include "tests/notify/payhouse.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define SEEDS (SANITIZED ? 24 : 240)

enum {
    LANES = 24,
    PAYOUTS = 4,
    MESSAGES = 8,
    HEAL_MS = 1500,
    BOUND_MS = 60000, // the backlog drains within this time of healing
    AMOUNT = 1500000,
};

static const char EVILPROXY[] = "/tests/tools/evilproxy";
static const char PROVIDER_FAULTS[] = "paid-then-silent,paid-then-cut,paid-then-5xx,silent,5xx,"
                                      "forgets,delays,lies-404,lies-amount,duplicates";

// --- Kannel, one for all
// ------------------------------------------------------------------------------

struct gateway {
    struct place place;
    unsigned admin_port, smsbox_port, send_port, fake_port;
    pid_t bearerbox, smsbox, carrier;
};

static void write_config(const struct gateway *gateway)
{
    AUTO(buf_free) struct buf config = buf_new(8192);
    buf_print(&config,
              "group = core\nadmin-port = %u\nadmin-interface = 127.0.0.1\nadmin-password = adm\n"
              "status-password = sta\nsmsbox-port = %u\nsmsbox-interface = 127.0.0.1\n"
              "box-deny-ip = \"*.*.*.*\"\nbox-allow-ip = \"127.0.0.1\"\n"
              "store-type = file\nstore-location = \"%s/store\"\ndlr-storage = internal\n\n"
              "group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = %u\n"
              "connect-allow-ip = 127.0.0.1\n\n",
              gateway->admin_port, gateway->smsbox_port, gateway->place.folder, gateway->fake_port);
    buf_print(&config,
              "group = smsbox\nsmsbox-id = box1\nbearerbox-host = 127.0.0.1\nsendsms-port = %u\n"
              "sendsms-interface = 127.0.0.1\n\n"
              "group = sendsms-user\nusername = gong\npassword = secret\nmax-messages = 6\n"
              "concatenation = true\nuser-allow-ip = 127.0.0.1\n",
              gateway->send_port);
    bed_write(gateway->place.folder, "kannel.conf", config.at);
}

static void gateway_start(struct gateway *gateway)
{
    char url[100], port[16];
    *gateway = (struct gateway){.place = place_new()};
    unsigned *ports[] = {&gateway->admin_port, &gateway->smsbox_port, &gateway->send_port,
                         &gateway->fake_port};
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        *ports[i] = bed_port();
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/status.xml?password=sta",
                   gateway->admin_port);
    (void)snprintf(port, sizeof(port), "%u", gateway->fake_port);
    write_config(gateway);
    AUTO(mem_drop) char *config = file_join(gateway->place.folder, "kannel.conf");
    const char *bearerbox[] = {"/usr/sbin/bearerbox", "-v", "4", config, NULL};
    const char *smsbox[] = {"/usr/sbin/smsbox", "-v", "4", config, NULL};
    const char *carrier[] = {
        "/usr/lib/kannel/test/fakesmsc", "-H", "127.0.0.1", "-r", port, "-m", "0",
        "84900000001 8079 text nop",     NULL};
    gateway->bearerbox = bed_start(gateway->place.folder, "bearerbox.log", bearerbox);
    bed_wait_http(url, "<version>");
    gateway->smsbox = bed_start(gateway->place.folder, "smsbox.log", smsbox);
    bed_wait_http(url, "<type>smsbox</type>");
    gateway->carrier = bed_start(gateway->place.folder, "carrier.log", carrier);
    bed_wait_http(url, "<status>online");
}

static void gateway_end(struct gateway *gateway)
{
    bed_end(&gateway->carrier, SIGTERM);
    bed_end(&gateway->smsbox, SIGTERM);
    bed_end(&gateway->bearerbox, SIGTERM);
    place_free(&gateway->place);
}

// Ports below those that the system gives to outgoing connections, another hundred for each lane,
// so that nobody takes one between its choice and its use.
static unsigned next_port = 12000;

static unsigned lane_port(void)
{
    for (;;) {
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)++next_port),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        bool is_free = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
        (void)close(fd);
        if (is_free)
            return next_port;
    }
}

// --- one site under faults
// ----------------------------------------------------------------------------

struct scene {
    struct house house;
    unsigned seed, pay_port, sms_port;
    pid_t pay_proxy, sms_proxy, workers[2];
    int64_t started_ms, drained_ms; // since the start of this seed
    struct dispatch_report report;
};

static int64_t give_up_ms; // ticks

static bool time_is_over(void)
{
    return clock_ticks_ms() > give_up_ms;
}

static bool never(void)
{
    return false;
}

static enum err_kind site_now(void *self, struct utc *out, struct err *err)
{
    (void)self;
    (void)err;
    *out = clock_system.now(NULL);
    return OK;
}

// `faults` NULL: all of them.
static pid_t start_proxy(struct scene *scene, const char *log, unsigned listen, unsigned to,
                         const char *faults, const char *share, int heal_ms)
{
    char program[300], from_port[16], to_port[16], seed[16], heal[16];
    const char *build = getenv("GONG_BIN");
    (void)snprintf(program, sizeof(program), "%s%s", build ? build : "build/release", EVILPROXY);
    (void)snprintf(from_port, sizeof(from_port), "%u", listen);
    (void)snprintf(to_port, sizeof(to_port), "%u", to);
    (void)snprintf(seed, sizeof(seed), "%u", scene->seed);
    (void)snprintf(heal, sizeof(heal), "%d", heal_ms);
    const char *argv[] = {program, "--listen",  from_port, "--to",
                          to_port, "--seed",    seed,      "--share",
                          share,   "--heal-ms", heal,      faults ? "--faults" : NULL,
                          faults,  NULL};
    pid_t child = bed_start(scene->house.place.folder, log, argv);
    bed_wait_text(scene->house.place.folder, log, "listening");
    return child;
}

// A decision for messages to have as their cause.
static int64_t some_decision(struct scene *scene)
{
    struct err err = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(scene->house.place.ledger),
                                "SELECT seq FROM entry WHERE kind = 'decision' LIMIT 1");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    CHECK(row);
    return row_int(stmt, 0);
}

static void put_sms(struct scene *scene, int number)
{
    struct err *err = &scene->house.place.err;
    AUTO(ledger_undo) struct txn *txn = NULL;
    bool fresh;
    char body[] = "{\"drill\":false,\"kind\":\"alert\",\"period\":\"p\",\"policy\":\"q\",\"text\":"
                  "{\"vi\":\"gong: mưa rất to (diễn tập)\"},\"version\":1}";
    struct outbox_item item = {.channel = "sms",
                               .lane = 0,
                               .expires = UTC_NEVER,
                               .cause = some_decision(scene),
                               .body = body};
    (void)snprintf(item.key, sizeof(item.key), "alert/%u/%d", scene->seed, number);
    (void)snprintf(item.person, sizeof(item.person), "P-%d", number);
    CHECK_OK(ledger_begin(scene->house.place.ledger, &txn, err), *err);
    CHECK_OK(outbox_put(txn, &item, &fresh, err), *err);
    CHECK_OK(ledger_commit(&txn, err), *err);
}

static pid_t start_worker(const struct scene *scene, const char *channel)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child > 0)
        return child;
    struct err err = {0};
    AUTO(mem_drop) char *log = file_join(scene->house.place.folder, "worker.log");
    if (!freopen(log, "a", stderr))
        _exit(1);
    struct work work = {.site = scene->house.site, .channel = channel, .stopped = never};
    _exit(worker_run(&work, &err) != OK);
}

static void open_scene(struct scene *scene, unsigned send_port, unsigned admin_port)
{
    char settings[1200];
    (void)snprintf(settings, sizeof(settings),
                   "pay_driver: gsma\ngsma_url: http://127.0.0.1:%u\ngsma_account: float\n"
                   "gsma_timeout_ms: 300\ngsma_quiet_s: 0\nsms_driver: kannel\nsms_sender: PCTT\n"
                   "callback_port: %u\nkannel_url: http://127.0.0.1:%u/cgi-bin/sendsms\n"
                   "kannel_status_url: http://127.0.0.1:%u/status.xml\nlease_s: 20\n"
                   "pay_lease_s: 10\nretry_first_ms: 200\nattempts_max: 20\n",
                   scene->pay_port, lane_port(), scene->sms_port, admin_port);
    (void)send_port;
    house_open(&scene->house, settings);
    bed_write(scene->house.place.folder, "keys/kannel", "secret\n");
    bed_write(scene->house.place.folder, "keys/kannel-status", "sta\n");
    bed_write(scene->house.place.folder, "keys/kannel-callback", "word-of-the-test-0001");
    for (int i = 0; i < PAYOUTS || i < MESSAGES; i++) {
        char person[16], contract[16];
        (void)snprintf(person, sizeof(person), "P-%d", i);
        (void)snprintf(contract, sizeof(contract), "C-%d", i);
        house_person(&scene->house, person, "Đặng Thị Bưởi (diễn tập)", "84900000001");
        if (i < PAYOUTS)
            house_plan(&scene->house, contract, person, AMOUNT);
        if (i < MESSAGES)
            put_sms(scene, i);
    }
}

// Runs until nothing waits, or the bound is over.
static void run_scene(struct scene *scene)
{
    struct err err = {0};
    struct service service = {.site = scene->house.site,
                              .ledger = scene->house.place.ledger,
                              .now = site_now,
                              .stopped = time_is_over,
                              .until_empty = true};
    scene->workers[0] = start_worker(scene, "pay");
    scene->workers[1] = start_worker(scene, "sms");
    scene->started_ms = clock_ticks_ms();
    give_up_ms = scene->started_ms + HEAL_MS + BOUND_MS;
    CHECK_OK(service_run(&service, &scene->report, &err), err);
    scene->drained_ms = clock_ticks_ms() - scene->started_ms;
}

static void close_scene(struct scene *scene)
{
    for (int i = 0; i < 2; i++)
        proc_end(scene->workers[i], 2000);
    bed_end(&scene->pay_proxy, SIGTERM);
    bed_end(&scene->sms_proxy, SIGTERM);
    house_close(&scene->house);
}

static int64_t count_of(struct scene *scene, const char *channel, enum outbox_state state)
{
    int64_t count[OUTBOX_STATES];
    struct err err = {0};
    CHECK_OK(outbox_count(scene->house.place.ledger, channel, count, &err), err);
    return count[state];
}

// --- many seeds, side by side
// --------------------------------------------------------------------------

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

// How a seed went; shared by all lanes.
struct result {
    int64_t drained_ms, doubts, given_up; // after healing; outcomes not known; SMS
    bool done;
};

static void one_seed(unsigned seed, const struct provider *provider, const struct gateway *gateway,
                     struct result *result)
{
    struct scene scene = {.seed = seed, .pay_port = lane_port(), .sms_port = lane_port()};
    char row[32];
    (void)snprintf(row, sizeof(row), "seed %u", seed);
    ROW(row);
    provider_reset(provider, seed, PROVIDER_FAULTS, 25);
    open_scene(&scene, gateway->send_port, gateway->admin_port);
    scene.pay_proxy = start_proxy(&scene, "pay.log", scene.pay_port, (unsigned)provider->port, NULL,
                                  "70", HEAL_MS);
    scene.sms_proxy =
        start_proxy(&scene, "sms.log", scene.sms_port, gateway->send_port, NULL, "70", HEAL_MS);
    run_scene(&scene);
    int64_t left = 0;
    for (int state = OUTBOX_READY; state <= OUTBOX_UNKNOWN; state++)
        left += count_of(&scene, NULL, (enum outbox_state)state);
    int64_t healed_ms = scene.drained_ms > HEAL_MS ? scene.drained_ms - HEAL_MS : 0;
    if (left)
        CHECK_FAILED("seed %u: %lld messages wait %lld ms after healing", seed, (long long)left,
                     (long long)healed_ms);
    check_book(&scene, provider);
    *result = (struct result){healed_ms, (int64_t)scene.report.unknown,
                              count_of(&scene, "sms", OUTBOX_DEAD), true};
    struct ledger_report verified;
    CHECK_OK(ledger_verify(scene.house.place.ledger, &verified, &scene.house.place.err),
             scene.house.place.err);
    close_scene(&scene);
}

static long from_environment(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

// A process that tries its share of the seeds one after the other.
static pid_t start_lane(unsigned first, unsigned step, unsigned end, const struct gateway *gateway,
                        struct result *results)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child > 0)
        return child;
    AUTO(mem_drop) char *log = file_join(gateway->place.folder, "dispatchers.log");
    (void)setpgid(0, 0);
    next_port += 100 * (first + 1);
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1); // a failure ends this process, not its tests
    if (!freopen(log, "a", stderr))
        _exit(1);
    struct provider provider = provider_start("none", "0");
    for (unsigned seed = first; seed < end; seed += step)
        one_seed(seed, &provider, gateway, &results[seed]);
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

static void show_results(const struct result *results, unsigned first, unsigned end)
{
    int64_t sum_ms = 0, doubts = 0, given_up = 0;
    unsigned slowest = first, done = 0;
    for (unsigned seed = first; seed < end; seed++) {
        const struct result *one = &results[seed];
        done += one->done;
        sum_ms += one->drained_ms;
        doubts += one->doubts;
        given_up += one->given_up;
        if (one->drained_ms > results[slowest].drained_ms)
            slowest = seed;
        if (!one->done)
            print_error("# seed %u did not come to its end; FAULT_SEED=%u tries it alone\n", seed,
                        seed);
    }
    (void)printf(
        "# seeds %u to %u: %u drained, on average %lld ms after healing, the slowest (seed "
        "%u) %lld ms; %lld outcomes were not known at first, %lld SMS given up\n",
        first, end - 1, done, (long long)(done ? sum_ms / done : 0), slowest,
        (long long)results[slowest].drained_ms, (long long)doubts, (long long)given_up);
    (void)fflush(stdout);
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
    struct result *results = mmap(NULL, end * sizeof(*results), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(results != MAP_FAILED);
    CHECK(lanes > 0 && lanes <= COUNT_OF(lane));
    gateway_start(&gateway);
    (void)fflush(stdout);
    for (unsigned i = 0; i < lanes && first + i < end; i++)
        lane[i] = start_lane(first + i, lanes, end, &gateway, results);
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
    show_results(results, first, end);
    CHECK_INT(failed, 0);
}

// --- one dead path, the other open
// -----------------------------------------------------------------------

static void a_dead_path_does_not_delay_the_other(void **state)
{
    (void)state;
    static const struct {
        const char *name, *dead, *open;
    } rows[] = {{"no SMS", "sms", "pay"}, {"no payments", "pay", "sms"}};
    struct gateway gateway;
    struct provider provider = provider_start("none", "0");
    gateway_start(&gateway);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene = {.seed = i, .pay_port = lane_port(), .sms_port = lane_port()};
        bool no_sms = strcmp(rows[i].dead, "sms") == 0;
        ROW(rows[i].name);
        provider_reset(&provider, i, "none", 0);
        open_scene(&scene, gateway.send_port, gateway.admin_port);
        scene.pay_proxy = start_proxy(&scene, "pay.log", scene.pay_port, (unsigned)provider.port,
                                      "blackhole", no_sms ? "0" : "100", 600000);
        scene.sms_proxy = start_proxy(&scene, "sms.log", scene.sms_port, gateway.send_port,
                                      "blackhole", no_sms ? "100" : "0", 600000);
        // A dispatcher of its own, so that this process can look on.
        pid_t dispatcher = fork();
        CHECK(dispatcher >= 0);
        if (dispatcher == 0) {
            struct ledger *ledger = NULL;
            struct err err = {0};
            struct service service = {.site = scene.house.site, .now = site_now, .stopped = never};
            if (ledger_open(scene.house.place.folder, LEDGER_WRITE, &ledger, &err))
                _exit(1);
            service.ledger = ledger;
            _exit(service_run(&service, &scene.report, &err) != OK);
        }
        scene.workers[0] = start_worker(&scene, "pay");
        scene.workers[1] = start_worker(&scene, "sms");
        int64_t start_ms = clock_ticks_ms(), want = no_sms ? PAYOUTS : MESSAGES;
        while (count_of(&scene, rows[i].open, OUTBOX_DONE) < want &&
               clock_ticks_ms() - start_ms < BOUND_MS)
            bed_pause();
        CHECK_INT(count_of(&scene, rows[i].open, OUTBOX_DONE), want);
        CHECK_INT(count_of(&scene, rows[i].dead, OUTBOX_DONE), 0);
        (void)printf("# with %s dead all of %s were done in %lld ms\n", rows[i].dead, rows[i].open,
                     (long long)(clock_ticks_ms() - start_ms));
        bed_end(&dispatcher, SIGKILL);
        close_scene(&scene);
    }
    gateway_end(&gateway);
    provider_stop(&provider);
}

TEST_MAIN(cmocka_unit_test(no_payout_twice_and_the_backlog_drains),
          cmocka_unit_test(a_dead_path_does_not_delay_the_other))
