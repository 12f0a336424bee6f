// From the outbox to receipts through Debian's Kannel while the carrier throttles, drops the link,
// and Kannel itself is killed and started again: dispatcher, worker and gateway are real, the
// carrier is npm's smpp. No message is lost, and none is called done that the carrier never had.
#include "notify/service.h"
#include "notify/worker.h"
#include "tests/notify/bed.h"
#include "ledger/outbox.h"

enum { MESSAGES = 60, BOUND_MS = 90000 };

static const char WORD[] = "word-of-the-test-0001";

struct crash {
    struct place place;
    struct site *site;
    unsigned admin_port, smsbox_port, send_port, smsc_port, callback_port;
    char status_url[100];
    pid_t bearerbox, smsbox, smsc, dispatcher, worker;
};

static void write_config(const struct crash *crash)
{
    AUTO(buf_free) struct buf config = buf_new(8192);
    const char *folder = crash->place.folder;
    buf_print(&config,
              "group = core\nadmin-port = %u\nadmin-interface = 127.0.0.1\nadmin-password = adm\n"
              "status-password = sta\nsmsbox-port = %u\nsmsbox-interface = 127.0.0.1\n"
              "box-deny-ip = \"*.*.*.*\"\nbox-allow-ip = \"127.0.0.1\"\n"
              "store-type = file\nstore-location = \"%s/store\"\ndlr-storage = sqlite3\n"
              "sms-resend-freq = 1\nsms-resend-retry = 30\n\n",
              crash->admin_port, crash->smsbox_port, folder);
    buf_print(&config,
              "group = sqlite3-connection\nid = mydlr\ndatabase = \"%s/dlr.db\"\n"
              "max-connections = 1\n\n"
              "group = dlr-db\nid = mydlr\ntable = dlr\nfield-smsc = smsc\nfield-timestamp = ts\n"
              "field-destination = destination\nfield-source = source\nfield-service = service\n"
              "field-url = url\nfield-mask = mask\nfield-status = status\nfield-boxc-id = boxc\n\n",
              folder);
    buf_print(&config,
              "group = smsc\nsmsc = smpp\nsmsc-id = SIM\nhost = 127.0.0.1\nport = %u\n"
              "transceiver-mode = true\nsmsc-username = esme\nsmsc-password = pw\n"
              "system-type = \"\"\ninterface-version = 34\nsource-addr-autodetect = yes\n"
              "dest-addr-ton = 1\ndest-addr-npi = 1\nenquire-link-interval = 10\n"
              "reconnect-delay = 1\nmax-pending-submits = 10\nwait-ack = 10\nwait-ack-expire = 1\n"
              "msg-id-type = 0x00\n\n",
              crash->smsc_port);
    buf_print(&config,
              "group = smsbox\nsmsbox-id = box1\nbearerbox-host = 127.0.0.1\nsendsms-port = %u\n"
              "sendsms-interface = 127.0.0.1\nhttp-request-retry = 20\nhttp-queue-delay = 1\n\n"
              "group = sendsms-user\nusername = gong\npassword = secret\nmax-messages = 6\n"
              "concatenation = true\nuser-allow-ip = 127.0.0.1\n",
              crash->send_port);
    bed_write(folder, "kannel.conf", config.at);
}

static void make_receipt_store(const struct crash *crash)
{
    char command[300];
    (void)snprintf(command, sizeof(command), "%s/dlr.db", crash->place.folder);
    static const char table[] =
        "CREATE TABLE dlr (smsc varchar(40), ts varchar(64), destination varchar(40),"
        " source varchar(40), service varchar(40), url varchar(255), mask int, status int,"
        " boxc varchar(40))";
    const char *argv[] = {"/usr/bin/sqlite3", command, table, NULL};
    pid_t child = bed_start(crash->place.folder, "sqlite.log", argv);
    CHECK(waitpid(child, NULL, 0) == child);
}

static void start_bearerbox(struct crash *crash)
{
    AUTO(mem_drop) char *config = file_join(crash->place.folder, "kannel.conf");
    const char *argv[] = {"/usr/sbin/bearerbox", "-v", "4", config, NULL};
    crash->bearerbox = bed_start(crash->place.folder, "bearerbox.log", argv);
    bed_wait_http(crash->status_url, "<version>");
}

static void start_smsbox(struct crash *crash)
{
    AUTO(mem_drop) char *config = file_join(crash->place.folder, "kannel.conf");
    const char *argv[] = {"/usr/sbin/smsbox", "-v", "4", config, NULL};
    crash->smsbox = bed_start(crash->place.folder, "smsbox.log", argv);
    bed_wait_http(crash->status_url, "<type>smsbox</type>");
}

static void start_smsc(struct crash *crash, const char *fault)
{
    char port[16];
    (void)snprintf(port, sizeof(port), "%u", crash->smsc_port);
    const char *argv[] = {"/usr/bin/env", "node", "tests/smsc/smsc.js", port, fault, NULL};
    crash->smsc = bed_start(crash->place.folder, "smsc.log", argv);
    bed_wait_said(crash->place.folder, "smsc.log", "listening", &crash->smsc);
}

static void open_crash(struct crash *crash, const char *fault)
{
    struct err err = {0};
    char settings[600];
    memset(crash, 0, sizeof(*crash));
    unsigned *ports[] = {&crash->admin_port, &crash->smsbox_port, &crash->send_port,
                         &crash->smsc_port, &crash->callback_port};
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        *ports[i] = free_port();
    (void)snprintf(settings, sizeof(settings),
                   "sms_driver: kannel\nsms_sender: PCTT\ncallback_port: %u\nlease_s: 10\n"
                   "retry_first_ms: 200\nattempts_max: 50\n"
                   "kannel_url: http://127.0.0.1:%u/cgi-bin/sendsms\n"
                   "kannel_status_url: http://127.0.0.1:%u/status.xml\n",
                   crash->callback_port, crash->send_port, crash->admin_port);
    (void)snprintf(crash->status_url, sizeof(crash->status_url),
                   "http://127.0.0.1:%u/status.xml?password=sta", crash->admin_port);
    crash->place = bed_site(settings);
    bed_write(crash->place.folder, "keys/kannel", "secret\n");
    bed_write(crash->place.folder, "keys/kannel-status", "sta\n");
    bed_write(crash->place.folder, "keys/kannel-callback", WORD);
    AUTO(mem_drop) char *run = file_join(crash->place.folder, "run");
    CHECK_OK(file_make_folder(run, 0700, &err), err);
    write_config(crash);
    make_receipt_store(crash);
    start_smsc(crash, fault);
    start_bearerbox(crash);
    start_smsbox(crash);
    CHECK_OK(site_open(crash->place.folder, &crash->site, &err), err);
}

static void put_messages(struct crash *crash)
{
    struct err *err = &crash->place.err;
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *entry = doc_object();
    int64_t cause;
    bool fresh;
    CHECK_OK(ledger_begin(crash->place.ledger, &txn, err), *err);
    CHECK_OK(ledger_append(txn, "drill", (struct utc){0}, entry, &cause, NULL, err), *err);
    for (int i = 0; i < MESSAGES; i++) {
        char body[300];
        (void)snprintf(body, sizeof(body),
                       "{\"kind\":\"alert\",\"text\":{\"vi\":\"(drill) message no %03d.\"}}", i);
        struct outbox_item item = {
            .channel = "sms", .expires = UTC_NEVER, .cause = cause, .body = body};
        (void)snprintf(item.key, sizeof(item.key), "alert/%d", i);
        (void)snprintf(item.person, sizeof(item.person), "Q-%d", i);
        AUTO(stmt_done)
        struct stmt *stmt = stmt_of(people_db(crash->place.people),
                                    "INSERT INTO person (id, name, phone, account, language)"
                                    " VALUES (?, 'An (diễn tập)', ?, 'A', 'vi')");
        char phone[16];
        (void)snprintf(phone, sizeof(phone), "8490000%04d", 100 + i);
        stmt_text(stmt, 1, item.person);
        stmt_text(stmt, 2, phone);
        CHECK_OK(stmt_run(stmt, err), *err);
        CHECK_OK(outbox_put(txn, &item, &fresh, err), *err);
    }
    CHECK_OK(ledger_commit(&txn, err), *err);
}

// Dispatcher and worker are processes of their own; the test looks on.
static void start_programs(struct crash *crash)
{
    struct err err = {0};
    AUTO(mem_drop) char *log = file_join(crash->place.folder, "gong.log");
    (void)fflush(stdout);
    crash->dispatcher = child_fork();
    if (crash->dispatcher == 0) {
        struct ledger *ledger = NULL;
        struct dispatch_report report;
        struct service service = {.site = crash->site, .now = bed_now, .stopped = bed_never};
        if (!freopen(log, "a", stderr) ||
            ledger_open(crash->place.folder, LEDGER_WRITE, &ledger, &err))
            _exit(1);
        service.ledger = ledger;
        _exit(service_run(&service, &report, &err) != OK);
    }
    crash->worker = child_fork();
    if (crash->worker == 0) {
        struct work work = {.site = crash->site, .channel = "sms", .stopped = bed_never};
        if (!freopen(log, "a", stderr))
            _exit(1);
        _exit(worker_run(&work, &err) != OK);
    }
}

static int64_t number_of(struct crash *crash, const char *sql)
{
    struct err err = {0};
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(crash->place.ledger), sql);
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    return row ? row_int(stmt, 0) : 0;
}

static void wait_number(struct crash *crash, const char *sql, int64_t wanted)
{
    int64_t got = 0;
    for (int64_t end = clock_ticks_ms() + BOUND_MS; clock_ticks_ms() < end; bed_pause()) {
        got = number_of(crash, sql);
        if (got >= wanted)
            return;
    }
    CHECK_FAILED("%s: %lld, wanted %lld", sql, (long long)got, (long long)wanted);
}

// Every message was at the carrier; nothing waits, nothing is dead; every receipt found its
// message.
static void check_end(struct crash *crash, const char *name)
{
    size_t twice = 0;
    wait_number(crash, "SELECT count(*) FROM outbox WHERE state = 3", MESSAGES);
    wait_number(crash, "SELECT count(*) FROM outbox WHERE evidence = 3", MESSAGES);
    CHECK_INT(number_of(crash, "SELECT count(*) FROM outbox WHERE state <> 3"), 0);
    for (int i = 0; i < MESSAGES; i++) {
        char text[40];
        (void)snprintf(text, sizeof(text), "message no %03d.", i);
        size_t count = bed_count_text(crash->place.folder, "smsc.log", text);
        if (count == 0)
            CHECK_FAILED("%s is done and was never at the carrier", text);
        twice += count > 1;
    }
    (void)printf("# %s: %d messages done and delivered, %zu of them came to the carrier more than "
                 "once\n",
                 name, MESSAGES, twice);
}

static void close_crash(struct crash *crash)
{
    bed_end(&crash->worker, SIGKILL);
    bed_end(&crash->dispatcher, SIGKILL);
    bed_end(&crash->smsbox, SIGTERM);
    bed_end(&crash->bearerbox, SIGTERM);
    bed_end(&crash->smsc, SIGTERM);
    site_free(&crash->site);
    place_free(&crash->place);
}

static void the_carrier_throttles(void **state)
{
    (void)state;
    struct crash crash;
    open_crash(&crash, "throttle_every=10");
    put_messages(&crash);
    start_programs(&crash);
    check_end(&crash, "throttled");
    CHECK(bed_count_text(crash.place.folder, "smsc.log", "throttled") >= 3);
    close_crash(&crash);
}

static void the_link_is_dropped(void **state)
{
    (void)state;
    struct crash crash;
    open_crash(&crash, "drop_after=20");
    put_messages(&crash);
    start_programs(&crash);
    check_end(&crash, "link dropped");
    CHECK_INT(bed_count_text(crash.place.folder, "smsc.log", "dropped"), 1);
    CHECK(bed_count_text(crash.place.folder, "smsc.log", "bound") >= 2);
    close_crash(&crash);
}

static void kannel_is_killed_and_comes_back(void **state)
{
    (void)state;
    struct crash crash;
    open_crash(&crash, "receipt_ms=1500");
    put_messages(&crash);
    start_programs(&crash);
    ROW("the carrier has some, receipts are still out");
    bed_wait_text(crash.place.folder, "smsc.log", "taken");
    bed_end(&crash.bearerbox, SIGKILL);
    bed_end(&crash.smsbox, SIGKILL);
    start_bearerbox(&crash);
    start_smsbox(&crash);
    check_end(&crash, "killed");
    close_crash(&crash);
}

TEST_MAIN(cmocka_unit_test(the_carrier_throttles), cmocka_unit_test(the_link_is_dropped),
          cmocka_unit_test(kannel_is_killed_and_comes_back))
