// The other ways out under faults: mail, webhooks, MQTT and SMS by an aggregator, an evilproxy
// before each; real servers (aiosmtpd, mosquitto) and receivers of our own behind them. After the
// network has healed all of it must drain: each letter and each call was taken, the broker keeps
// the state that is meant, and no SMS is called done that the aggregator never had.
//
// FAULT_SEEDS=n how many seeds (12), side by side; FAULT_SEED=n that one alone. A way that is down
// rests for 30 s, so a run takes most of a minute, idle.
#include "notify/service.h"
#include "notify/worker.h"
#include "tests/notify/bed.h"
#include "ledger/outbox.h"

#include <stdlib.h>

enum told { TOLD_MAIL, TOLD_WEBHOOK, TOLD_MQTT, TOLD_SMS };
enum { TOLDS = TOLD_SMS + 1 };
static const char *const channels[TOLDS] = {"mail", "webhook", "mqtt", "sms"};
static const char *const persons[TOLDS] = {"S-mail", "S-hook", "S-mqtt", "P-1"};

enum { SEEDS = 12, SEEDS_MAX = 64, EACH = 5, HEAL_MS = 1500 };
// Nothing is put off for longer: a way that is down rests for a minute at most, with jitter. How
// long all of it takes is the machine's; it is given up when it surely is no more a matter of that.
enum { PAUSE_MOST_MS = 72000, GIVE_UP_MS = 600000 };

static const char HOOK_KEY[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// --- what is behind the proxies, one for all seeds
// -----------------------------------------------------

struct town {
    struct place place;
    unsigned port[TOLDS]; // SMS go to the receiver of webhooks, which is an aggregator as well
    pid_t pid[TOLDS];
};

static void town_open(struct town *town)
{
    char port[TOLDS][16], taken[2][100], config[100];
    *town = (struct town){.place = place_new()};
    const char *folder = town->place.folder;
    for (int i = 0; i < TOLD_SMS; i++) {
        town->port[i] = free_port();
        (void)snprintf(port[i], sizeof(port[i]), "%u", town->port[i]);
    }
    town->port[TOLD_SMS] = town->port[TOLD_WEBHOOK];
    (void)snprintf(taken[TOLD_MAIL], sizeof(taken[0]), "%s/letters", folder);
    (void)snprintf(taken[TOLD_WEBHOOK], sizeof(taken[0]), "%s/calls", folder);
    (void)snprintf(config, sizeof(config), "%s/broker.conf", folder);
    AUTO(buf_free) struct buf text = buf_new(1000);
    buf_print(&text, "user root\nlistener %s 127.0.0.1\nallow_anonymous true\n", port[TOLD_MQTT]);
    bed_write(folder, "broker.conf", text.at);
    const char *mail[] = {"/usr/bin/python3", "tests/tools/post.py", port[TOLD_MAIL],
                          taken[TOLD_MAIL], NULL};
    const char *hook[] = {"/usr/bin/python3", "tests/tools/hook.py",
                          port[TOLD_WEBHOOK], taken[TOLD_WEBHOOK],
                          HOOK_KEY,           NULL};
    const char *broker[] = {"/usr/sbin/mosquitto", "-c", config, NULL};
    town->pid[TOLD_MAIL] = bed_start(folder, "mail.log", mail);
    town->pid[TOLD_WEBHOOK] = bed_start(folder, "hook.log", hook);
    town->pid[TOLD_MQTT] = bed_start(folder, "broker.log", broker);
    for (int i = 0; i < TOLD_SMS; i++)
        bed_wait_port(town->port[i]);
}

static void town_close(struct town *town)
{
    for (int i = 0; i < TOLDS; i++)
        bed_end(&town->pid[i], SIGTERM);
    place_free(&town->place);
}

// --- one seed
// -----------------------------------------------------------------------------------------

struct street {
    unsigned seed, port[TOLDS];
    struct place place;
    struct site *site;
    pid_t proxy[TOLDS], worker[TOLDS];
};

static int64_t give_up_ms;    // ticks
static struct place *watched; // of this process's seed

// Asked by the dispatcher between what it does.
static bool time_is_over(void)
{
    struct err err = {0};
    bool row = false;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(watched->ledger),
                "SELECT coalesce(max(due_ms), 0) FROM outbox WHERE state IN (0, 2)");
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    int64_t pause_ms = row_int(stmt, 0) - clock_wall_ms();
    if (pause_ms > PAUSE_MOST_MS)
        CHECK_FAILED("a message is put off for %lld ms", (long long)pause_ms);
    return clock_ticks_ms() > give_up_ms;
}

static void start_proxy(struct street *street, const struct town *town, enum told told)
{
    enum { TEXT = 16 };
    char program[300], log[32], number[4][TEXT];
    const char *build = getenv("GONG_BIN");
    const unsigned numbers[] = {street->port[told], town->port[told],
                                street->seed * TOLDS + (unsigned)told, HEAL_MS};
    (void)snprintf(program, sizeof(program), "%s/tests/tools/evilproxy",
                   build ? build : "build/release");
    (void)snprintf(log, sizeof(log), "proxy-%s.log", channels[told]);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        (void)snprintf(number[i], TEXT, "%u", numbers[i]);
    const char *argv[] = {program,  "--listen",  number[0], "--to", number[1],
                          "--seed", number[2],   "--share", "70",   "--bytes",
                          "900",    "--heal-ms", number[3], NULL};
    street->proxy[told] = bed_start(street->place.folder, log, argv);
    bed_wait_text(street->place.folder, log, "listening");
}

static void start_worker(struct street *street, enum told told)
{
    street->worker[told] = child_fork();
    if (street->worker[told] > 0)
        return;
    struct err err = {0};
    struct work work = {.site = street->site, .channel = channels[told], .stopped = bed_never};
    _exit(worker_run(&work, &err) != OK);
}

static void key_of(const struct street *street, enum told told, int number, char out[KEY_MAX])
{
    (void)snprintf(out, KEY_MAX, "told/%u/%s/%d", street->seed, channels[told], number);
}

static void put(struct street *street, int64_t cause, enum told told, int number)
{
    struct err *err = &street->place.err;
    AUTO(ledger_undo) struct txn *txn = NULL;
    char body[300];
    bool fresh;
    (void)snprintf(body, sizeof(body),
                   "{\"alerts\":%d,\"kind\":\"alert\",\"text\":{\"vi\":\"Mưa (diễn tập)\"},"
                   "\"title\":{\"vi\":\"Mưa\"},\"topic\":\"t%d\"}",
                   number, number);
    struct outbox_item item = {.lane = 0, .expires = UTC_NEVER, .cause = cause, .body = body};
    (void)snprintf(item.channel, sizeof(item.channel), "%s", channels[told]);
    key_of(street, told, number, item.key);
    (void)snprintf(item.person, sizeof(item.person), "%s", persons[told]);
    CHECK_OK(ledger_begin(street->place.ledger, &txn, err), *err);
    CHECK_OK(outbox_put(txn, &item, &fresh, err), *err);
    CHECK_OK(ledger_commit(&txn, err), *err);
}

static void write_files(const struct street *street)
{
    const char *folder = street->place.folder;
    AUTO(buf_free) struct buf text = buf_new(4000);
    buf_print(&text,
              "gong_subscribers: 1\nsubscribers:\n"
              "  S-mail: {channel: mail, to: duty@drill.invalid, wants: [alerts]}\n"
              "  S-hook: {channel: webhook, to: \"http://127.0.0.1:%u/gong\", secret: hook, wants: "
              "[alerts]}\n"
              "  S-mqtt: {channel: mqtt, to: gong/drill/%u, wants: [alerts]}\n",
              street->port[TOLD_WEBHOOK], street->seed);
    bed_write(folder, "subscribers.yaml", text.at);
    bed_write(folder, "keys/hook", HOOK_KEY);
    bed_write(folder, "keys/sms-http", "secret");
    buf_clear(&text);
    buf_print(&text,
              "gong_sms_http: 1\ntitle: drill\nsend:\n  method: POST\n"
              "  url: http://127.0.0.1:%u/sms\n  headers: {Content-Type: application/json}\n"
              "  form: json\n  body: '{\"RequestId\":\"{request}\",\"Content\":\"{text}\"}'\n"
              "  code: CodeResult\n  id: SMSID\n"
              "codes:\n  \"100\": done\n  \"124\": done\n  other: unknown\n",
              street->port[TOLD_SMS]);
    bed_write(folder, "sms-http.yaml", text.at);
}

static void street_open(struct street *street, const struct town *town)
{
    struct err err = {0};
    AUTO(buf_free) struct buf settings = buf_new(2000);
    for (int i = 0; i < TOLDS; i++)
        street->port[i] = free_port();
    buf_print(&settings,
              "mail_driver: smtp\nmail_url: smtp://127.0.0.1:%u\nmail_from: gong@drill.invalid\n"
              "webhook_driver: http\nwebhook_within: yes\n"
              "mqtt_driver: mqtt\nmqtt_port: %u\nmqtt_client: gong-%u\n"
              "sms_driver: http\nsms_sender: PCTT\nretry_first_ms: 200\nattempts_max: 50\n",
              street->port[TOLD_MAIL], street->port[TOLD_MQTT], street->seed);
    street->place = bed_site(settings.at);
    AUTO(mem_drop) char *run = file_join(street->place.folder, "run");
    CHECK_OK(file_make_folder(run, 0700, &err), err);
    write_files(street);
    CHECK_OK(site_open(street->place.folder, &street->site, &err), err);
    int64_t cause = bed_decide(&street->place);
    for (int i = 0; i < TOLDS * EACH; i++)
        put(street, cause, (enum told)(i % TOLDS), i / TOLDS);
    for (int i = 0; i < TOLDS; i++)
        start_proxy(street, town, (enum told)i);
    for (int i = 0; i < TOLDS; i++)
        start_worker(street, (enum told)i);
}

static void street_close(struct street *street)
{
    for (int i = 0; i < TOLDS; i++)
        bed_end(&street->worker[i], SIGTERM);
    for (int i = 0; i < TOLDS; i++)
        bed_end(&street->proxy[i], SIGTERM);
    site_free(&street->site);
    place_free(&street->place);
}

static bool is_done(struct street *street, const char *key)
{
    struct err err = {0};
    bool row = false;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(street->place.ledger), "SELECT state, result FROM outbox WHERE key = ?");
    stmt_text(stmt, 1, key);
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    CHECK(row);
    bool done = row_int(stmt, 0) == OUTBOX_DONE;
    bool doubted = strcmp(row_text(stmt, 1), "sent twice, and no answer either time") == 0;
    if (!done && !(row_int(stmt, 0) == OUTBOX_DEAD && doubted))
        CHECK_FAILED("seed %u: %s is in state %d: %s", street->seed, key, (int)row_int(stmt, 0),
                     row_text(stmt, 1));
    return done;
}

// What each message is known by at the other end.
static void check_taken(struct street *street, const struct town *town, size_t *given_up)
{
    static const enum told asked[] = {TOLD_MAIL, TOLD_WEBHOOK, TOLD_SMS};
    for (size_t i = 0; i < COUNT_OF(asked) * EACH; i++) {
        enum told told = asked[i % COUNT_OF(asked)];
        char key[KEY_MAX], mark[KEY_MAX + 16];
        key_of(street, told, (int)(i / COUNT_OF(asked)), key);
        struct hash_hex hash = hash_hex(hash_of(str_of(key)));
        hash.at[told == TOLD_MAIL ? 40 : 32] = '\0';
        (void)snprintf(mark, sizeof(mark), told == TOLD_WEBHOOK ? "\"%s\"" : "%s",
                       told == TOLD_WEBHOOK ? key : hash.at);
        const char *log = told == TOLD_MAIL ? "letters" : "calls";
        bool done = is_done(street, key);
        if (!done && told != TOLD_SMS)
            CHECK_FAILED("seed %u: %s was given up", street->seed, key);
        *given_up += !done;
        if (done && bed_count_text(town->place.folder, log, mark) == 0)
            CHECK_FAILED("seed %u: %s is done and was never taken", street->seed, key);
    }
}

static void check_state_kept(const struct street *street, const struct town *town)
{
    char topics[64], port[16], log[32], each[16];
    (void)snprintf(topics, sizeof(topics), "gong/drill/%u/#", street->seed);
    (void)snprintf(port, sizeof(port), "%u", town->port[TOLD_MQTT]);
    (void)snprintf(log, sizeof(log), "kept-%u", street->seed);
    (void)snprintf(each, sizeof(each), "%d", EACH);
    const char *argv[] = {"/usr/bin/mosquitto_sub",
                          "-h",
                          "127.0.0.1",
                          "-p",
                          port,
                          "-t",
                          topics,
                          "-C",
                          each,
                          "-W",
                          "30",
                          NULL};
    pid_t reader = bed_start(town->place.folder, log, argv);
    (void)waitpid(reader, NULL, 0);
    for (int i = 0; i < EACH; i++) {
        char want[40];
        (void)snprintf(want, sizeof(want), "{\"alerts\":%d,", i);
        if (bed_count_text(town->place.folder, log, want) != 1)
            CHECK_FAILED("seed %u: the broker does not keep state %d", street->seed, i);
    }
}

static void run_seed(unsigned seed, const struct town *town)
{
    struct street street = {.seed = seed};
    struct dispatch_report report;
    int64_t count[OUTBOX_STATES];
    size_t given_up = 0;
    street_open(&street, town);
    int64_t healed_ms = clock_ticks_ms() + HEAL_MS;
    give_up_ms = healed_ms + GIVE_UP_MS;
    watched = &street.place;
    struct service service = {.site = street.site,
                              .ledger = street.place.ledger,
                              .now = bed_now,
                              .stopped = time_is_over,
                              .until_empty = true};
    CHECK_OK(service_run(&service, &report, &street.place.err), street.place.err);
    long long took_ms = clock_ticks_ms() - healed_ms;
    CHECK_OK(outbox_count(street.place.ledger, NULL, count, &street.place.err), street.place.err);
    if (count[OUTBOX_READY] || count[OUTBOX_LEASED] || count[OUTBOX_UNKNOWN])
        CHECK_FAILED(
            "seed %u: %lld messages wait %lld ms after healing", seed,
            (long long)(count[OUTBOX_READY] + count[OUTBOX_LEASED] + count[OUTBOX_UNKNOWN]),
            took_ms);
    check_taken(&street, town, &given_up);
    for (int i = 0; i < EACH; i++) {
        char key[KEY_MAX];
        key_of(&street, TOLD_MQTT, i, key);
        CHECK(is_done(&street, key));
    }
    check_state_kept(&street, town);
    (void)printf("# seed %u: drained %lld ms after healing, %zu SMS given up\n", seed, took_ms,
                 given_up);
    (void)fflush(stdout);
    street_close(&street);
}

static pid_t start_seed(unsigned seed, const struct town *town)
{
    char row[32];
    (void)snprintf(row, sizeof(row), "seed %u", seed);
    pid_t child = child_fork();
    if (child > 0)
        return child;
    ROW(row);
    (void)setpgid(0, 0);
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1); // a failure ends this process, not its tests
    run_seed(seed, town);
    _exit(0);
}

static void all_that_is_told_arrives(void **state)
{
    (void)state;
    const char *one = getenv("FAULT_SEED"), *many = getenv("FAULT_SEEDS");
    unsigned count = one ? 1 : many ? (unsigned)strtoul(many, NULL, 10) : SANITIZED ? 4 : SEEDS;
    unsigned first = one ? (unsigned)strtoul(one, NULL, 10) : 1;
    pid_t child[SEEDS_MAX];
    struct town town;
    size_t failed = 0;
    CHECK(count > 0 && count <= SEEDS_MAX);
    town_open(&town);
    (void)fflush(stdout);
    for (unsigned i = 0; i < count; i++)
        child[i] = start_seed(first + i, &town);
    for (unsigned i = 0; i < count; i++) {
        int status = 0;
        CHECK(waitpid(child[i], &status, 0) == child[i]);
        (void)kill(-child[i], SIGKILL); // what one that failed left behind
        if (status)
            print_error("# seed %u did not come to its end; FAULT_SEED=%u tries it alone\n",
                        first + i, first + i);
        failed += status != 0;
    }
    town_close(&town);
    CHECK_INT(failed, 0);
}

TEST_MAIN(cmocka_unit_test(all_that_is_told_arrives))
