// The driver "kannel" against Debian's Kannel: bearerbox, smsbox and the fake carrier that comes
// with it.
#include "tests/notify/gateway.h"

static void write_config(const struct gateway *gateway)
{
    AUTO(buf_free) struct buf config = buf_new(8192);
    kannel_config_write(&gateway->port, gateway->place.folder, &config);
    bed_write(gateway->place.folder, "kannel.conf", config.at);
}

static void start_bearerbox(struct gateway *gateway)
{
    AUTO(mem_drop) char *config = file_join(gateway->place.folder, "kannel.conf");
    const char *argv[] = {KANNEL_BEARERBOX, "-v", "4", config, NULL};
    gateway->bearerbox = bed_start(gateway->place.folder, "bearerbox.log", argv);
    bed_wait_http(gateway->status_url, "<version>");
}

static void start_smsbox(struct gateway *gateway)
{
    AUTO(mem_drop) char *config = file_join(gateway->place.folder, "kannel.conf");
    const char *argv[] = {KANNEL_SMSBOX, "-v", "4", config, NULL};
    gateway->smsbox = bed_start(gateway->place.folder, "smsbox.log", argv);
    bed_wait_http(gateway->status_url, "<type>smsbox</type>");
}

// The carrier; `message` is what it sends in, once.
static void start_carrier(struct gateway *gateway, const char *log, const char *message)
{
    char port[16];
    (void)snprintf(port, sizeof(port), "%u", gateway->port.fake);
    const char *argv[] = {KANNEL_FAKESMSC,
                          "-H",
                          "127.0.0.1",
                          "-r",
                          port,
                          "-m",
                          message ? "1" : "0",
                          message ? message : "84900000001 8079 text nop",
                          NULL};
    gateway->carrier = bed_start(gateway->place.folder, log, argv);
    bed_wait_http(gateway->status_url, "<status>online");
}

static void gateway_start(struct gateway *gateway)
{
    struct err err = {0};
    memset(gateway, 0, sizeof(*gateway));
    unsigned *ports[] = {&gateway->port.admin, &gateway->port.smsbox, &gateway->port.send,
                         &gateway->port.fake, &gateway->port.callback};
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        *ports[i] = free_port();
    (void)snprintf(gateway->settings, sizeof(gateway->settings),
                   "sms_driver: kannel\nsms_sender: PCTT\ncallback_port: %u\n"
                   "kannel_url: http://127.0.0.1:%u/cgi-bin/sendsms\n"
                   "kannel_status_url: http://127.0.0.1:%u/status.xml\n",
                   gateway->port.callback, gateway->port.send, gateway->port.admin);
    (void)snprintf(gateway->status_url, sizeof(gateway->status_url),
                   "http://127.0.0.1:%u/status.xml?password=sta", gateway->port.admin);
    gateway->place = bed_site(gateway->settings);
    bed_write(gateway->place.folder, "keys/kannel", "secret\n");
    bed_write(gateway->place.folder, "keys/kannel-status", "sta\n");
    bed_write(gateway->place.folder, "keys/kannel-callback", KANNEL_WORD);
    write_config(gateway);
    start_bearerbox(gateway);
    start_smsbox(gateway);
    bed_host_init(&gateway->host);
    bed_host_tells(&gateway->host, &gateway->driver, kannel_noted);
    CHECK_OK(site_open(gateway->place.folder, &gateway->site, &err), err);
    CHECK_OK(kannel_open(gateway->site, &gateway->host.host, &gateway->driver, &err), err);
}

static void step(struct gateway *gateway)
{
    struct err err = {0};
    CHECK_OK(kannel_step(gateway->driver, &err), err);
    (void)bed_beat(&gateway->host);
    CHECK_OK(kannel_step(gateway->driver, &err), err);
}

// Works until evidence of a kind came for a key.
static void wait_evidence(struct gateway *gateway, enum evidence_kind kind, const char *key)
{
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < end; bed_pause()) {
        step(gateway);
        if (bed_has(&gateway->host, kind, key))
            return;
    }
    CHECK_FAILED("no evidence %d for %s", (int)kind, key);
}

// What a call with a report of a part is answered.
static long report_status(struct gateway *gateway, const char *part, int type)
{
    char url[200];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/" KANNEL_WORD "/dlr?part=%s&type=%d",
                   gateway->port.callback, part, type);
    struct http *http = http_new();
    struct http_job call = {.request = {.method = "GET", .url = url, .timeout_ms = BED_WAIT_MS},
                            .reply.body = buf_new(1000)};
    http_start(http, &call);
    while (!http_finished(http, 1))
        step(gateway);
    buf_free(&call.reply.body);
    http_close(&http);
    return call.reply.status;
}

// How many replies wait in the outbox, and the newest one's body.
static int64_t replies(struct gateway *gateway, char *body, size_t size)
{
    struct err err = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(gateway->place.ledger),
                                "SELECT count(*), body FROM outbox WHERE key GLOB 'reply/*'"
                                " ORDER BY id DESC LIMIT 1");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    row_copy(stmt, 1, body, size);
    return row_int(stmt, 0);
}

static void wait_reply(struct gateway *gateway, int64_t count, char *body, size_t size)
{
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < end; bed_pause()) {
        step(gateway);
        if (replies(gateway, body, size) >= count)
            return;
    }
    CHECK_FAILED("there are not %d replies", (int)count);
}

static void sends(struct gateway *gateway)
{
    struct err err = {0};
    AUTO(doc_free) struct doc *report = doc_object();
    ROW("no carrier is connected: it is queued, and the check says so");
    CHECK_INT(kannel_check(gateway->site, report, &err), ERR_LATER);
    CHECK_HAS(err.text, "no carrier online");
    struct job job =
        deliver_one(gateway, "alert/rain/01840/2024-09-06T00:00:00Z/P-1", "P-1", warning);
    CHECK_INT(job.outcome, OUTCOME_DONE);
    CHECK_TEXT(job.why, "kannel, queued: UCS-2, 40 units, 1 part, vi");

    ROW("its time was over before it was begun: nothing is sent, and that is known");
    job = deliver_until(gateway, "alert/late", "P-1", warning, 1);
    CHECK_INT(job.outcome, OUTCOME_BUSY);
    CHECK_HAS(job.why, "its time was over");

    ROW("the carrier comes: accents arrive, and so do the receipts");
    start_carrier(gateway, "carrier.log", NULL);
    wait_evidence(gateway, EVIDENCE_ACCEPTED, "alert/rain/01840/2024-09-06T00:00:00Z/P-1");
    wait_evidence(gateway, EVIDENCE_DELIVERED, "alert/rain/01840/2024-09-06T00:00:00Z/P-1");
    CHECK_OK(kannel_check(gateway->site, report, &err), err);
    CHECK_HAS(doc_text(doc_get(report, "version"), ""), "1.4");

    ROW("English; Tày that falls back; and a name in the 7-bit alphabet");
    job = deliver_one(gateway, "alert/a", "P-2", warning);
    CHECK_TEXT(job.why, "kannel: GSM-7, 29 units, 1 part, en");
    bed_wait_text(gateway->place.folder, "carrier.log", "Heavy rain in Tuy Duc (drill)");
    job = deliver_one(gateway, "alert/b", "P-3", warning);
    CHECK_TEXT(job.why, "kannel: UCS-2, 40 units, 1 part, vi: no text yet in tay");
    wait_evidence(gateway, EVIDENCE_DELIVERED, "alert/b");
}

static void reports(struct gateway *gateway)
{
    ROW("a long text goes in parts");
    struct job job = deliver_one(gateway, "alert/long", "P-2", long_text);
    CHECK_TEXT(job.why, "kannel: GSM-7, 179 units, 2 parts, en");
    ROW("each of which the carrier reports by itself, and none of which is the whole");
    char ref[2][32];
    CHECK_INT(sscanf(job.ref, "%31s %31s", ref[0], ref[1]), 2);
    CHECK(strcmp(ref[0], ref[1]) != 0);
    wait_evidence(gateway, EVIDENCE_DELIVERED, ref[0]);
    wait_evidence(gateway, EVIDENCE_DELIVERED, ref[1]);
    CHECK(!bed_has(&gateway->host, EVIDENCE_DELIVERED, "alert/long"));

    ROW("with the header by which a telephone joins them");
    bed_wait_text(gateway->place.folder, "carrier.log", "%02%01");
    bed_wait_text(gateway->place.folder, "carrier.log", "%02%02");

    ROW("the last word on a part whose message is not answered for yet is to come again");
    gateway->host.answer = ERR_MISSING;
    CHECK_INT(report_status(gateway, "0123456789abcdef-1", 1), 503);
    CHECK_INT(report_status(gateway, "0123456789abcdef-1", 8), 200);
    gateway->host.answer = OK;
    CHECK_INT(report_status(gateway, "0123456789abcdef-1", 1), 200);
    CHECK(bed_has(&gateway->host, EVIDENCE_DELIVERED, "0123456789abcdef-1"));

    ROW("and from Kannel it does");
    gateway->host.answer = ERR_MISSING;
    job = deliver_one(gateway, "alert/long-again", "P-2", long_text);
    for (int i = 0; i < 20; i++, bed_pause())
        step(gateway);
    gateway->host.answer = OK;
    CHECK_INT(sscanf(job.ref, "%31s %31s", ref[0], ref[1]), 2);
    wait_evidence(gateway, EVIDENCE_DELIVERED, ref[0]);
    wait_evidence(gateway, EVIDENCE_DELIVERED, ref[1]);

    ROW("evidence that cannot be recorded now is said again");
    gateway->host.answer = ERR_LATER;
    (void)deliver_one(gateway, "alert/again", "P-2", warning);
    for (int i = 0; i < 20; i++, bed_pause())
        step(gateway);
    gateway->host.answer = OK;
    wait_evidence(gateway, EVIDENCE_DELIVERED, "alert/again");
}

// Kannel calls back 128 at once and gives each up after some tries: more than were served at once
// used to be lost.
static void bursts(struct gateway *gateway)
{
    enum { MANY = 250 };
    static struct note note[MANY];
    static struct job job[MANY];
    struct err err = {0};
    ROW("hundreds at once: each report of each is heard");
    for (size_t i = 0; i < MANY; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/burst/%zu", i);
        job[i] = bed_job(&note[i], key, "P-2", warning);
    }
    CHECK_OK(kannel_deliver(gateway->driver, job, MANY, &err), err);
    for (size_t i = 0; i < MANY; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/burst/%zu", i);
        CHECK_INT(job[i].outcome, OUTCOME_DONE);
        wait_evidence(gateway, EVIDENCE_ACCEPTED, key);
        wait_evidence(gateway, EVIDENCE_DELIVERED, key);
    }
}

// Kannel is given what comes in while a batch is on its way, so that it is never idle.
static void streams(struct gateway *gateway)
{
    enum { BATCH = 20, MORE = 40 };
    struct err err = {0};
    static struct note note[BATCH + MORE];
    static struct job job[BATCH + MORE];
    for (int i = 0; i < BATCH + MORE; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/stream/%d", i);
        job[i] = bed_job(&note[i], key, "P-1", warning);
    }
    ROW("of what comes beside a batch, one is too late and one is a question");
    note[BATCH + 1].deadline_ms = 1;
    note[BATCH + 2].ask = true;
    bed_give(&gateway->host, job + BATCH, MORE);
    CHECK_OK(kannel_deliver(gateway->driver, job, BATCH, &err), err);
    CHECK_INT(gateway->host.more_taken, MORE);
    CHECK_INT(gateway->host.settled_count, BATCH + MORE); // each once: bed_settled
    for (int i = 0; i < BATCH + MORE; i++) {
        enum outcome wanted = i == BATCH + 1   ? OUTCOME_BUSY
                              : i == BATCH + 2 ? OUTCOME_UNKNOWN
                                               : OUTCOME_DONE;
        CHECK_INT(job[i].outcome, wanted);
        if (wanted == OUTCOME_DONE)
            wait_evidence(gateway, EVIDENCE_DELIVERED, note[i].key);
    }
    CHECK(!bed_has(&gateway->host, EVIDENCE_DELIVERED, note[BATCH + 1].key));
    CHECK(!bed_has(&gateway->host, EVIDENCE_DELIVERED, note[BATCH + 2].key));
    bed_give(&gateway->host, NULL, 0);
}

static void hears(struct gateway *gateway)
{
    char body[2000];
    ROW("the link is lost, and STOP comes with the next");
    bed_end(&gateway->carrier, SIGKILL);
    start_carrier(gateway, "carrier2.log", "84900000002 8079 text Stop");
    wait_reply(gateway, 1, body, sizeof(body));
    CHECK_HAS(body, "Service messages to this number have stopped");
    struct job job =
        deliver_one(gateway, "payout-note/x", "P-2",
                    "{\"kind\":\"payout\",\"text\":{\"en\":\"A payout was ordered\"}}");
    CHECK_INT(job.outcome, OUTCOME_REFUSED);
    CHECK_TEXT(job.why, "the person asked for no service messages");
    job = deliver_one(gateway, "alert/c", "P-2", warning);
    CHECK_INT(job.outcome, OUTCOME_DONE);

    ROW("a number that nobody has is answered with silence");
    bed_end(&gateway->carrier, SIGKILL);
    start_carrier(gateway, "carrier3.log", "84900000777 8079 text MUA C-1");
    job = deliver_one(gateway, "alert/d", "P-2", warning);
    wait_evidence(gateway, EVIDENCE_DELIVERED, "alert/d");
    CHECK_INT(replies(gateway, body, sizeof(body)), 1);
}

static void breaks(struct gateway *gateway)
{
    ROW("smsbox crashes: nothing was sent, the driver is down; and it comes back");
    bed_end(&gateway->smsbox, SIGKILL);
    struct job job = deliver_one(gateway, "alert/e", "P-2", warning);
    CHECK_INT(job.outcome, OUTCOME_DOWN);
    CHECK_HAS(job.why, "cannot be asked");
    start_smsbox(gateway);
    job = deliver_one(gateway, "alert/e", "P-2", warning);
    CHECK_INT(job.outcome, OUTCOME_DONE);
    wait_evidence(gateway, EVIDENCE_DELIVERED, "alert/e");

    ROW("smsbox stands still: it was sent and not answered, so it is not known");
    (void)kill(gateway->smsbox, SIGSTOP);
    job = deliver_one(gateway, "alert/f", "P-2", warning);
    (void)kill(gateway->smsbox, SIGCONT);
    CHECK_INT(job.outcome, OUTCOME_UNKNOWN);
    CHECK_HAS(job.why, "gave no answer");
    ROW("it is sent again under the same key, and arrives");
    job = deliver_one(gateway, "alert/f", "P-2", warning);
    CHECK_INT(job.outcome, OUTCOME_DONE);
    wait_evidence(gateway, EVIDENCE_DELIVERED, "alert/f");
}

static void test_gateway(void **state)
{
    (void)state;
    static struct gateway gateway;
    gateway_start(&gateway);
    sends(&gateway);
    reports(&gateway);
    bursts(&gateway);
    streams(&gateway);
    hears(&gateway);
    breaks(&gateway);
    gateway_end(&gateway);
}

// What gong channel check asks: each of the two passwords, the user and the address by itself.
static void checks(struct gateway *gateway)
{
    static const struct {
        const char *name, *user, *path, *word, *status_word;
        enum err_kind kind;
        const char *says;
    } rows[] = {
        {"all is right", "gong", "sendsms", "secret", "sta", OK, ""},
        {"another word for sending", "gong", "sendsms", "other", "sta", ERR_REFUSED,
         "check kannel_user and keys/kannel,"},
        {"another user", "nobody", "sendsms", "secret", "sta", ERR_REFUSED,
         "check kannel_user and keys/kannel,"},
        {"another address", "gong", "elsewhere", "secret", "sta", ERR_REFUSED,
         "sendsms answered 404 to a question: check kannel_url"},
        {"another word for the status page", "gong", "sendsms", "secret", "other", ERR_REFUSED,
         "check keys/kannel-status"},
    };
    start_carrier(gateway, "carrier.log", NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(site_free) struct site *site = NULL;
        AUTO(doc_free) struct doc *report = doc_object();
        AUTO(buf_free) struct buf settings = buf_new(2000);
        buf_print(&settings,
                  "mode: live\nsms_driver: kannel\nsms_sender: PCTT\nkannel_user: %s\n"
                  "kannel_url: http://127.0.0.1:%u/cgi-bin/%s\n"
                  "kannel_status_url: http://127.0.0.1:%u/status.xml\n",
                  rows[i].user, gateway->port.send, rows[i].path, gateway->port.admin);
        place_settings(&gateway->place, settings.at);
        bed_write(gateway->place.folder, "keys/kannel", rows[i].word);
        bed_write(gateway->place.folder, "keys/kannel-status", rows[i].status_word);
        CHECK_OK(site_open(gateway->place.folder, &site, &err), err);
        CHECK_INT(kannel_check(site, report, &err), rows[i].kind);
        CHECK_HAS(err.text, rows[i].says);
    }
}

static void test_checks(void **state)
{
    (void)state;
    static struct gateway gateway;
    gateway_start(&gateway);
    checks(&gateway);
    gateway_end(&gateway);
}

static void test_refused(void **state)
{
    (void)state;
    static struct gateway gateway;
    struct err err = {0};
    gateway_start(&gateway);
    AUTO(doc_free) struct doc *report = doc_object();
    ROW("a wrong password: nothing can go this way now");
    kannel_close(&gateway.driver);
    bed_write(gateway.place.folder, "keys/kannel", "other\n");
    bed_write(gateway.place.folder, "keys/kannel-status", "other\n");
    CHECK_OK(kannel_open(gateway.site, &gateway.host.host, &gateway.driver, &err), err);
    struct job job = deliver_one(&gateway, "alert/a", "P-2", warning);
    CHECK_INT(job.outcome, OUTCOME_DOWN);
    CHECK_HAS(job.why, "check kannel_user and keys/kannel");
    CHECK_INT(kannel_check(gateway.site, report, &err), ERR_REFUSED);
    CHECK_HAS(err.text, "keys/kannel-status");
    ROW("a part that failed");
    CHECK_INT(report_status(&gateway, "0123456789abcdef-2", 2), 200);
    CHECK(bed_has(&gateway.host, EVIDENCE_FAILED, "0123456789abcdef-2"));
    gateway.host.count = 0;
    ROW("a call without the word, or with another, is not heard");
    struct http *http = http_new();
    static const char *const paths[] = {"dlr?key=61&type=1", "wrong/dlr?key=61&type=1",
                                        "word-of-the-test-0002/dlr?key=61&type=1"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        char url[200];
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", gateway.port.callback, paths[i]);
        struct http_job call = {.request = {.method = "GET", .url = url, .timeout_ms = 50},
                                .reply.body = buf_new(1000)};
        http_exchange_many(http, &call, 1, 1); // nobody steps: it waits in the socket
        step(&gateway);
        buf_free(&call.reply.body);
    }
    CHECK_INT(gateway.host.count, 0);
    http_close(&http);
    ROW("a word that can be guessed");
    kannel_close(&gateway.driver);
    bed_write(gateway.place.folder, "keys/kannel-callback", "abc");
    CHECK_INT(kannel_open(gateway.site, &gateway.host.host, &gateway.driver, &err), ERR_INPUT);
    CHECK_HAS(err.text, "at least 16 letters");
    gateway_end(&gateway);
}

TEST_MAIN(cmocka_unit_test(test_gateway), cmocka_unit_test(test_checks),
          cmocka_unit_test(test_refused))
