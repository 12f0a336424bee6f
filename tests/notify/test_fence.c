// Fencing: what somebody else may have by now is not begun. Each driver with a job whose time is
// over; and a worker that stands still past its leases and then goes on.
#include "ledger/outbox.h"
#include "notify/service.h"
#include "notify/worker.h"
#include "tests/notify/bed.h"

#include <sys/stat.h>

enum { MESSAGES = 40, LEASE_S = 3 };

// --- the drivers
// --------------------------------------------------------------------------------------

static const char SUBSCRIBERS[] =
    "gong_subscribers: 1\nsubscribers:\n"
    "  S-mail: {channel: mail, to: duty@drill.invalid, wants: [alerts]}\n"
    "  S-hook: {channel: webhook, to: \"http://127.0.0.1:1/\", secret: hook, wants: [alerts]}\n"
    "  S-mqtt: {channel: mqtt, to: gong/drill, wants: [alerts]}\n";

static void make_folders(const struct place *place)
{
    static const char *const names[] = {"keys", "run", "out"};
    struct err err = {0};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(mem_drop) char *path = file_join(place->folder, names[i]);
        CHECK_OK(file_make_folder(path, 0700, &err), err);
    }
}

static int count_bytes(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)at;
    if (type == FTW_F && status->st_size > 0)
        CHECK_FAILED("%s has %lld bytes", path, (long long)status->st_size);
    return 0;
}

static void no_driver_begins_what_is_late(void **state)
{
    (void)state;
    static const struct {
        const char *name, *channel, *person, *settings;
    } rows[] = {
        {"SMS of a drill", "sms", "P-1", "mode: drill\nsms_driver: file\n"},
        {"payments of a drill", "pay", "P-1", "mode: drill\npay_driver: file\n"},
        {"mail of a drill", "mail", "S-mail", "mode: drill\nmail_driver: file\n"},
        {"mobile money", "pay", "P-1",
         "mode: live\npay_driver: gsma\ngsma_url: http://127.0.0.1:1\ngsma_account: float\n"},
        {"bank files", "pay", "P-1",
         "mode: live\npay_driver: iso20022\nbank_debtor: Q (diễn tập)\nbank_account: "
         "970436:9990001112223\n"},
        {"cash lists", "pay", "P-1", "mode: live\npay_driver: csv\n"},
        {"mail", "mail", "S-mail", "mode: live\nmail_driver: smtp\nmail_url: smtp://127.0.0.1:1\n"},
        {"webhooks", "webhook", "S-hook",
         "mode: live\nwebhook_driver: http\nwebhook_within: yes\n"},
        {"MQTT", "mqtt", "S-mqtt", "mode: live\nmqtt_driver: mqtt\nmqtt_port: 1\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = bed_site("");
        AUTO(site_free) struct site *site = NULL;
        struct err err = {0};
        static struct bed_host bed;
        const struct channel *channel = NULL;
        void *driver = NULL;
        struct note note;
        AUTO(mem_drop) char *out = file_join(place.folder, "out");
        make_folders(&place);
        CHECK_OK(db_run(people_db(place.people), "UPDATE person SET account = '84900000001'", &err),
                 err);
        place_settings(&place, rows[i].settings);
        bed_write(place.folder, "subscribers.yaml", SUBSCRIBERS);
        bed_write(place.folder, "keys/hook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
        bed_write(place.folder, "keys/gsma-api-key", "drill-key\n");
        bed_host_init(&bed);
        CHECK_OK(site_open(place.folder, &site, &err), err);
        CHECK_OK(channel_find(site, rows[i].channel, &channel, &err), err);
        CHECK_OK(channel->open(site, &bed.host, &driver, &err), err);
        struct job job =
            bed_job(&note, "alert/late", rows[i].person,
                    "{\"amount_vnd\":\"1000\",\"kind\":\"payout\",\"policy\":\"two\",\"period\":"
                    "\"p\",\"text\":{\"vi\":\"x\"},\"topic\":\"t\"}");
        (void)snprintf(note.contract, sizeof(note.contract), "C-1");
        note.deadline_ms = clock_wall_ms() - 1;
        CHECK_OK(channel->deliver(driver, &job, 1, &err), err);
        if (job.outcome != OUTCOME_BUSY)
            CHECK_FAILED("outcome %d: %s", (int)job.outcome, job.why);
        channel->close(&driver);
        if (strcmp(rows[i].channel, "pay") != 0 || !strstr(rows[i].settings, "gsma"))
            CHECK_INT(nftw(out, count_bytes, 8, FTW_PHYS), 0);
    }
}

// --- a worker that stands still
// -----------------------------------------------------------------------

// A driver that looks at no clock: whatever it is given it does, as a line of FOLDER/effects. At
// the job "alert/hold" it stays until there is a file FOLDER/go.
struct blind {
    const struct host *host;
    char *go;
    int fd;
};

static enum err_kind blind_open(const struct site *site, const struct host *host, void **self,
                                struct err *err)
{
    struct blind *blind = mem_new(1, sizeof(*blind));
    AUTO(mem_drop) char *path = site_path(site, "effects");
    (void)err;
    *blind = (struct blind){host, site_path(site, "go"),
                            open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)};
    *self = blind;
    return OK;
}

static enum err_kind blind_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct blind *blind = self;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        char line[KEY_MAX + 2];
        int len = snprintf(line, sizeof(line), "%s\n", job[i].note->key);
        if (write(blind->fd, line, (size_t)len) != len)
            _exit(1);
        while (strcmp(job[i].note->key, "alert/hold") == 0 && !file_exists(blind->go)) {
            (void)blind->host->beat(blind->host->self); // takes in what comes meanwhile
            clock_system.pause_ms(NULL, 2);
        }
        job[i].outcome = OUTCOME_DONE;
    }
    return OK;
}

static void blind_close(void **self)
{
    struct blind *blind = *self;
    mem_free(&blind->go);
    (void)close(blind->fd);
    mem_free(self);
}

static void blind_noted(void *self, int64_t number, enum err_kind kind)
{
    (void)self;
    (void)number;
    (void)kind;
}

static const struct channel blind_channel = {.name = "sms",
                                             .driver = "blind",
                                             .open = blind_open,
                                             .deliver = blind_deliver,
                                             .close = blind_close,
                                             .noted = blind_noted};

static pid_t start_worker(const struct site *site)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct err err = {0};
    struct work work = {
        .site = site, .channel = "sms", .with = &blind_channel, .stopped = bed_never};
    _exit(worker_run(&work, &err) != OK);
}

static pid_t start_dispatcher(const struct place *place, const struct site *site)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct ledger *ledger = NULL;
    struct err err = {0};
    struct dispatch_report report;
    struct service service = {.site = site, .now = bed_now, .stopped = bed_never};
    if (ledger_open(place->folder, LEDGER_WRITE, &ledger, &err))
        _exit(1);
    service.ledger = ledger;
    _exit(service_run(&service, &report, &err) != OK);
}

static void put_in(struct place *place, struct txn *txn, int64_t cause, const char *key)
{
    bool fresh;
    struct outbox_item item = {.channel = "sms",
                               .lane = 0,
                               .expires = UTC_NEVER,
                               .cause = cause,
                               .body = "{\"kind\":\"alert\",\"text\":{\"vi\":\"x\"}}"};
    (void)snprintf(item.key, sizeof(item.key), "%s", key);
    (void)snprintf(item.person, sizeof(item.person), "P-%s", key); // each its own: no order to keep
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
}

static void put(struct place *place, int64_t cause, const char *key)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    put_in(place, txn, cause, key);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// In one commit: they are there all at once.
static void put_many(struct place *place, int64_t cause)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (int i = 0; i < MESSAGES; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/%02d", i);
        put_in(place, txn, cause, key);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static void wait_count(struct place *place, enum outbox_state state, int64_t want)
{
    int64_t count[OUTBOX_STATES] = {0};
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < end;) {
        CHECK_OK(outbox_count(place->ledger, "sms", count, &place->err), place->err);
        if (count[state] >= want)
            return;
        clock_system.pause_ms(NULL, 2);
    }
    CHECK_FAILED("%lld messages are in state %d, wanted %lld", (long long)count[state], (int)state,
                 (long long)want);
}

// Until each of the many was handed out, whatever became of its lease on a slow machine.
static void wait_handed_out(struct place *place)
{
    int64_t count = 0;
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < end;) {
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(ledger_db(place->ledger), "SELECT count(*) FROM outbox WHERE attempt > 0"
                                              " AND key BETWEEN 'alert/00' AND 'alert/99'");
        bool row = false;
        CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
        count = row_int(stmt, 0);
        if (count == MESSAGES)
            return;
        clock_system.pause_ms(NULL, 2);
    }
    CHECK_FAILED("%lld messages were handed out, wanted %d", (long long)count, (int)MESSAGES);
}

// Freezes a worker that was given everything, lets another do it all, and lets the first go on.
// `held`: it is at work on one message when it freezes, and has the others in hand; else it freezes
// before it has looked at any.
static void thaw(bool held, size_t most_twice)
{
    AUTO(place_free) struct place place = bed_site("");
    AUTO(site_free) struct site *site = NULL;
    char settings[100];
    size_t twice = 0;
    make_folders(&place);
    (void)snprintf(settings, sizeof(settings), "mode: drill\nsms_driver: file\nlease_s: %d\n",
                   LEASE_S);
    place_settings(&place, settings);
    CHECK_OK(site_open(place.folder, &site, &place.err), place.err);
    int64_t cause = bed_decide(&place);
    pid_t dispatcher = start_dispatcher(&place, site), frozen = start_worker(site);
    // It is known, and has shown that it works.
    put(&place, cause, held ? "alert/hold" : "alert/first");
    bed_wait_text(place.folder, "effects", "alert/");
    if (!held) {
        wait_count(&place, OUTBOX_DONE, 1);
        CHECK_INT(kill(frozen, SIGSTOP), 0);
    }
    put_many(&place, cause);
    wait_handed_out(&place);
    if (held) {
        clock_system.pause_ms(NULL, 100); // it takes them in
        CHECK_INT(kill(frozen, SIGSTOP), 0);
    }
    bed_write(place.folder, "go", "x");
    pid_t other = start_worker(site);
    wait_count(&place, OUTBOX_DONE, MESSAGES + 1);
    bed_end(&other, SIGKILL);
    CHECK_INT(kill(frozen, SIGCONT), 0);
    put(&place, cause, "alert/last"); // after which it has looked at all that came before
    wait_count(&place, OUTBOX_DONE, MESSAGES + 2);
    bed_end(&frozen, SIGKILL);
    bed_end(&dispatcher, SIGKILL);
    for (int i = 0; i < MESSAGES; i++) {
        char line[32];
        (void)snprintf(line, sizeof(line), "alert/%02d\n", i);
        size_t times = bed_count_text(place.folder, "effects", line);
        CHECK(times >= 1);
        twice += times - 1;
    }
    twice += bed_count_text(place.folder, "effects", "alert/hold\n") > 1;
    if (twice > most_twice)
        CHECK_FAILED("%zu of %d messages were sent once more by a worker that stood still", twice,
                     MESSAGES);
}

static void a_worker_that_stood_still_does_not_act(void **state)
{
    (void)state;
    ROW("what came while it stood still is not begun");
    thaw(false, 0);
    ROW("what waited in its hands is not begun; the one that it was at is ended");
    thaw(true, 1);
}

TEST_MAIN(cmocka_unit_test(no_driver_begins_what_is_late),
          cmocka_unit_test(a_worker_that_stood_still_does_not_act))
