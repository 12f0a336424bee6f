// The driver "smpp" against the npm package smpp as the carrier.
#include "tests/notify/carrier.h"

static const char warning[] =
    "{\"kind\":\"alert\",\"text\":{\"vi\":\"Cảnh báo mưa lớn ở xã Tuy Đức (diễn tập)\","
    "\"en\":\"Heavy rain in Tuy Duc (drill)\"}}";
static const char long_warning[] = "{\"kind\":\"alert\",\"text\":{\"vi\":\"Cảnh báo mưa lớn ở xã "
                                   "Tuy Đức (diễn tập). Tránh suối và "
                                   "dốc đất, đưa gia súc lên cao, gọi 112 khi cần.\"}}";

static void test_sent(void **state)
{
    (void)state;
    static struct carrier carrier;
    struct err err = {0};
    begin(&carrier, "", NULL);
    AUTO(doc_free) struct doc *report = doc_object();
    ROW("the check binds and sends nothing");
    CHECK_OK(smpp_check(carrier.site, report, &err), err);
    bed_wait_text(carrier.place.folder, carrier.log, "bound bind_transmitter");
    CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "taken"), 0);

    ROW("accents in UTF-16, two hours of validity, a receipt");
    struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
    CHECK_INT(job.outcome, OUTCOME_DONE);
    CHECK_TEXT(job.why, "smpp: UCS-2, 40 units, 1 part, vi");
    CHECK_TEXT(job.ref, "00000001");
    wait_evidence(&carrier, EVIDENCE_DELIVERED, "00000001");
    bed_wait_text(carrier.place.folder, carrier.log,
                  "taken 00000001 PCTT 84900000001 coding 8 receipt 1 valid");
    bed_wait_text(carrier.place.folder, carrier.log,
                  "\"Cảnh báo mưa lớn ở xã Tuy Đức (diễn tập)\"");
    bed_wait_text(carrier.place.folder, carrier.log, "answered 0");

    ROW("two parts, each with its header, each with its receipt");
    job = deliver_one(&carrier, "alert/b", "P-1", long_warning);
    CHECK_TEXT(job.why, "smpp: UCS-2, 102 units, 2 parts, vi");
    CHECK_TEXT(job.ref, "00000002 00000003");
    wait_evidence(&carrier, EVIDENCE_DELIVERED, "00000002");
    wait_evidence(&carrier, EVIDENCE_DELIVERED, "00000003");

    ROW("its time was over before it was begun: nothing is sent, and that is known");
    job = deliver_until(&carrier, "alert/late", "P-1", warning, 1);
    CHECK_INT(job.outcome, OUTCOME_BUSY);
    CHECK_HAS(job.why, "its time was over");
    CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "taken 00000004"), 0);

    ROW("the carrier is killed: nothing can go this way now");
    bed_end(&carrier.pid, SIGKILL);
    for (int i = 0; i < 5; i++)
        CHECK_OK(smpp_step(carrier.driver, &err), err);
    job = deliver_one(&carrier, "alert/c", "P-1", warning);
    CHECK_INT(job.outcome, OUTCOME_DOWN);
    CHECK(job.after_ms > 0);
    ROW("it comes back, and so do we");
    start_carrier(&carrier, NULL);
    for (int64_t until = clock_ticks_ms() + BED_WAIT_MS;
         job.outcome == OUTCOME_DOWN && clock_ticks_ms() < until;) {
        clock_system.pause_ms(clock_system.self, 200);
        job = deliver_one(&carrier, "alert/c", "P-1", warning);
    }
    CHECK_INT(job.outcome, OUTCOME_DONE);
    end(&carrier);
}

static void test_batch(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    static struct carrier carrier;
    static struct note note[COUNT];
    struct job job[COUNT];
    struct err err = {0};
    begin(&carrier, "sms_per_second: 1000\n", (const char *[]){"throttle_every=7", NULL});
    ROW("throttled now and then: all arrive, none twice, none out of its turn");
    for (size_t i = 0; i < COUNT; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/%zu", i);
        job[i] = bed_job(&note[i], key, i % 2 ? "P-1" : "P-2", warning);
    }
    CHECK_OK(smpp_deliver(carrier.driver, job, COUNT, &err), err);
    size_t done = 0;
    for (size_t i = 0; i < COUNT; i++) {
        CHECK(job[i].outcome == OUTCOME_DONE || job[i].outcome == OUTCOME_BUSY);
        done += job[i].outcome == OUTCOME_DONE;
    }
    CHECK(done >= COUNT / 2);
    CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "taken"), done);
    CHECK(bed_count_text(carrier.place.folder, carrier.log, "throttled") > 0);
    for (size_t i = 0; i < COUNT; i++) {
        if (job[i].outcome == OUTCOME_DONE)
            wait_evidence(&carrier, EVIDENCE_DELIVERED, job[i].ref);
    }
    end(&carrier);
}

static void test_lost(void **state)
{
    (void)state;
    enum { COUNT = 5 };
    static struct carrier carrier;
    static struct note note[COUNT];
    struct job job[COUNT];
    struct err err = {0};
    begin(&carrier, "", (const char *[]){"drop_after=3", NULL});
    ROW("the link is cut after three were taken: the third is not known, never failed");
    for (size_t i = 0; i < COUNT; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/%zu", i);
        job[i] = bed_job(&note[i], key, "P-2", warning);
    }
    CHECK_OK(smpp_deliver(carrier.driver, job, COUNT, &err), err);
    bed_wait_text(carrier.place.folder, carrier.log, "dropped");
    size_t unknown = 0, done = 0;
    for (size_t i = 0; i < COUNT; i++) {
        unknown += job[i].outcome == OUTCOME_UNKNOWN;
        done += job[i].outcome == OUTCOME_DONE;
        CHECK(job[i].outcome != OUTCOME_REFUSED && job[i].outcome != OUTCOME_RETRY);
    }
    // What was taken is done or not known: nothing that was taken counts as not sent.
    CHECK(unknown >= 1);
    CHECK(unknown + done >= 3);
    end(&carrier);
}

static void test_receipts(void **state)
{
    (void)state;
    static struct carrier carrier;
    static const struct {
        const char *name, *settings;
        const char *faults[5];
        enum evidence_kind kind;
        const char *ref;
    } rows[] = {
        {"before the answer to the submit",
         "",
         {"receipt_first=1"},
         EVIDENCE_DELIVERED,
         "00000001"},
        {"in UTF-16 and without parameters",
         "",
         {"coding=8", "tlv=0"},
         EVIDENCE_DELIVERED,
         "00000001"},
        {"that say no", "", {"stat=UNDELIV"}, EVIDENCE_FAILED, "00000001"},
        {"in decimal, where the answer is hexadecimal",
         "smpp_ids: hex-decimal\n",
         {"decimal=1", "tlv=0"},
         EVIDENCE_DELIVERED,
         "1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        begin(&carrier, rows[i].settings, rows[i].faults);
        carrier.host.answer = ERR_MISSING; // the answer to the submit is not recorded yet
        struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
        CHECK_INT(job.outcome, OUTCOME_DONE);
        CHECK_TEXT(job.ref, rows[i].ref);
        for (int k = 0; k < 10; k++, bed_pause())
            turn(&carrier);
        CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "answered"), 0);
        carrier.host.answer = OK;
        wait_evidence(&carrier, rows[i].kind, rows[i].ref);
        bed_wait_text(carrier.place.folder, carrier.log, "answered 0");
        end(&carrier);
    }
}

static void turn_for(struct carrier *carrier, int64_t for_ms)
{
    for (int64_t until = clock_ticks_ms() + for_ms; clock_ticks_ms() < until; bed_pause())
        turn(carrier);
}

// What the carrier was told is taken is kept, whatever the dispatcher says meanwhile.
static void test_parked(void **state)
{
    (void)state;
    static struct carrier carrier;
    begin(&carrier, "", NULL);
    ROW("of a message that is not known (yet)");
    carrier.host.answer = ERR_MISSING;
    struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
    CHECK_INT(job.outcome, OUTCOME_DONE);
    turn_until(&carrier, "answered 0", 1);
    ROW("told again, and the dispatcher cannot record it now");
    carrier.host.answer = ERR_LATER;
    int64_t told = carrier.host.number;
    for (int64_t until = clock_ticks_ms() + BED_WAIT_MS;
         carrier.host.number == told && clock_ticks_ms() < until; bed_pause())
        turn(&carrier);
    CHECK(carrier.host.number > told);
    turn_for(&carrier, 200);
    ROW("it is told until it is noted");
    carrier.host.answer = OK;
    wait_evidence(&carrier, EVIDENCE_DELIVERED, "00000001");
    CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "answered"), 1);
    end(&carrier);
}

static void test_refused(void **state)
{
    (void)state;
    static struct carrier carrier;
    static const struct {
        const char *name, *fault;
        enum outcome outcome;
        const char *says;
    } rows[] = {
        {"a number that is none", "refuse=11", OUTCOME_REFUSED, "0x0b"},
        {"a sender that is not registered", "refuse=10", OUTCOME_DOWN, "check sms_sender"},
        {"a system error", "refuse=8", OUTCOME_RETRY, "0x08"},
        {"what a carrier made up", "refuse=1042", OUTCOME_RETRY, "0x412"},
        {"no answer at all", "silent=1", OUTCOME_UNKNOWN, "without an answer"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        begin(&carrier, "", (const char *[]){rows[i].fault, NULL});
        struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
        CHECK_INT(job.outcome, rows[i].outcome);
        CHECK_HAS(job.why, rows[i].says);
        end(&carrier);
    }
    ROW("a password that is wrong: the worker waits, as carriers want it");
    begin(&carrier, "smpp_system_type: none\n", NULL);
    struct err err = {0};
    AUTO(doc_free) struct doc *report = doc_object();
    smpp_close(&carrier.driver);
    bed_write(carrier.place.folder, "keys/smpp", "other\n");
    CHECK_OK(smpp_open(carrier.site, &carrier.host.host, &carrier.driver, &err), err);
    struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
    CHECK_INT(job.outcome, OUTCOME_DOWN);
    CHECK_HAS(job.why, "refused the bind");
    CHECK(job.after_ms > 40000);
    CHECK_INT(smpp_check(carrier.site, report, &err), ERR_REFUSED);
    end(&carrier);
}

// A carrier that gives one link to send by and one to hear by.
static void test_pair(void **state)
{
    (void)state;
    static struct carrier carrier;
    static const struct {
        const char *name, *settings;
        size_t transceivers;
    } rows[] = {{"as it is set", "smpp_binds: pair\n", 0},
                {"found out: it knows no transceiver", "", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        begin(&carrier, rows[i].settings, (const char *[]){"no_trx=1", "mo=84900000002,TC", NULL});
        struct job job = {.outcome = OUTCOME_DOWN};
        for (int64_t until = clock_ticks_ms() + BED_WAIT_MS;
             job.outcome == OUTCOME_DOWN && clock_ticks_ms() < until;)
            job = deliver_one(&carrier, "alert/a", "P-1", warning);
        CHECK_INT(job.outcome, OUTCOME_DONE);
        wait_evidence(&carrier, EVIDENCE_DELIVERED, "00000001");
        bool out = false;
        for (int64_t until = clock_ticks_ms() + BED_WAIT_MS; !out && clock_ticks_ms() < until;
             bed_pause()) {
            CHECK_OK(smpp_step(carrier.driver, &err), err);
            CHECK_OK(contact_is_out(carrier.place.people, "P-2", CONTACT_SERVICE, &out, &err), err);
        }
        CHECK(out);
        CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "bound bind_transceiver"), 0);
        CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "bound bind_transmitter"), 1);
        CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "bound bind_receiver"), 1);
        ROW("good-bye on both");
        smpp_close(&carrier.driver);
        turn_until(&carrier, "unbound", 2);
        CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "unbound"), 2);
        end(&carrier);
    }
    ROW("a transceiver that is wanted and not known is said, and not knocked at again soon");
    begin(&carrier, "smpp_binds: transceiver\n", (const char *[]){"no_trx=1", NULL});
    struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
    CHECK_INT(job.outcome, OUTCOME_DOWN);
    CHECK_HAS(job.why, "0x03");
    CHECK(job.after_ms > 40000);
    end(&carrier);
}

static void test_pair_checked(void **state)
{
    (void)state;
    static struct carrier carrier;
    ROW("the check binds both, and says so when the carrier takes only one");
    struct err err = {0};
    AUTO(doc_free) struct doc *report = doc_object();
    begin(&carrier, "smpp_binds: pair\n", NULL);
    CHECK_OK(smpp_check(carrier.site, report, &err), err);
    bed_wait_text(carrier.place.folder, carrier.log, "bound bind_transmitter");
    bed_wait_text(carrier.place.folder, carrier.log, "bound bind_receiver");
    end(&carrier);
    begin(&carrier, "smpp_binds: pair\n", (const char *[]){"no_rx=1", NULL});
    CHECK_INT(smpp_check(carrier.site, report, &err), ERR_REFUSED);
    CHECK_HAS(err.text, "the link that hears");
    end(&carrier);
}

// A receipt that never comes is asked for, when the site says so.
static void test_asked(void **state)
{
    (void)state;
    static struct carrier carrier;
    static const struct {
        const char *name;
        const char *faults[4];
        enum evidence_kind kind;
        int64_t away_ms; // how long the dispatcher cannot record anything
        size_t asked;
    } rows[] = {
        {"it arrived", {"receipts=0", "query=2"}, EVIDENCE_DELIVERED, 0, 1},
        {"it never will", {"receipts=0", "query=5"}, EVIDENCE_FAILED, 0, 1},
        {"the carrier does not say", {"receipts=0"}, EVIDENCE_NONE, 0, 1},
        {"the carrier is throttling at first",
         {"receipts=0", "query=2", "query_throttled=1"},
         EVIDENCE_DELIVERED,
         0,
         2},
        {"the dispatcher is away at first", {"receipts=0", "query=2"}, EVIDENCE_DELIVERED, 6000, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        begin(&carrier, "smpp_query_s: 1\n", rows[i].faults);
        struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
        CHECK_INT(job.outcome, OUTCOME_DONE);
        carrier.host.answer = rows[i].away_ms ? ERR_LATER : OK;
        turn_until(&carrier, "asked 00000001 PCTT", rows[i].asked);
        turn_for(&carrier, rows[i].away_ms);
        carrier.host.answer = OK;
        if (rows[i].kind)
            wait_evidence(&carrier, rows[i].kind, "00000001");
        ROW("and not asked again");
        size_t asked = bed_count_text(carrier.place.folder, carrier.log, "asked");
        turn_for(&carrier, 3000);
        size_t more = bed_count_text(carrier.place.folder, carrier.log, "asked") - asked;
        CHECK(more <= (rows[i].away_ms ? 1 : 0)); // one may have been on its way
        CHECK(rows[i].away_ms || asked == rows[i].asked);
        CHECK_INT(carrier.host.count, rows[i].kind ? 1 : 0);
        end(&carrier);
    }
}

// In TLS only with who the carrier should be.
static void test_tls(void **state)
{
    (void)state;
    static struct carrier carrier;
    static const struct {
        const char *name, *settings, *certificate, *why;
        enum outcome outcome;
    } rows[] = {
        {"with its certificate", "smpp_tls: yes\nsmpp_ca_file: good.cert\n", "good", "",
         OUTCOME_DONE},
        {"with another's", "smpp_tls: yes\nsmpp_ca_file: good.cert\n", "evil",
         "certificate of the other side is not accepted", OUTCOME_DOWN},
        {"with one for another host", "smpp_tls: yes\nsmpp_ca_file: other.cert\n", "other",
         "certificate of the other side is not accepted: IP address mismatch", OUTCOME_DOWN},
        {"with one that the system does not know", "smpp_tls: yes\n", "good",
         "certificate of the other side is not accepted", OUTCOME_DOWN},
        {"a file that is not there", "smpp_tls: yes\nsmpp_ca_file: none.cert\n", "good",
         "none.cert cannot be read", OUTCOME_DOWN},
        {"a carrier that speaks no TLS", "smpp_tls: yes\nsmpp_ca_file: good.cert\n", NULL, "",
         OUTCOME_DOWN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        char files[700];
        begin_closed(&carrier, rows[i].settings, (const char *[]){NULL});
        bed_certificate(carrier.place.folder, "good", "IP:127.0.0.1");
        bed_certificate(carrier.place.folder, "evil", "IP:127.0.0.1");
        bed_certificate(carrier.place.folder, "other", "IP:127.0.0.2");
        (void)snprintf(files, sizeof(files), "tls=%s/%s.key,%s/%s.cert", carrier.place.folder,
                       rows[i].certificate, carrier.place.folder, rows[i].certificate);
        bed_end(&carrier.pid, SIGKILL);
        start_carrier(&carrier,
                      (const char *[]){rows[i].certificate ? files : "drop_after=0", NULL});
        CHECK_OK(smpp_open(carrier.site, &carrier.host.host, &carrier.driver, &err), err);
        struct job job = deliver_one(&carrier, "alert/a", "P-1", long_warning);
        CHECK_INT(job.outcome, rows[i].outcome);
        CHECK_HAS(job.why, rows[i].why);
        if (rows[i].outcome == OUTCOME_DONE) {
            wait_evidence(&carrier, EVIDENCE_DELIVERED, "00000001");
            wait_evidence(&carrier, EVIDENCE_DELIVERED, "00000002");
            AUTO(doc_free) struct doc *report = doc_object();
            CHECK_OK(smpp_check(carrier.site, report, &err), err);
        }
        CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "taken"),
                  rows[i].outcome == OUTCOME_DONE ? 2 : 0);
        end(&carrier);
    }
}

// What the dispatcher cannot record now is not taken from the carrier.
static void test_not_now(void **state)
{
    (void)state;
    static struct carrier carrier;
    begin(&carrier, "", NULL);
    carrier.host.answer = ERR_LATER;
    struct job job = deliver_one(&carrier, "alert/a", "P-1", warning);
    CHECK_INT(job.outcome, OUTCOME_DONE);
    for (int64_t until = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < until; bed_pause()) {
        turn(&carrier);
        if (bed_count_text(carrier.place.folder, carrier.log, "answered"))
            break;
    }
    bed_wait_text(carrier.place.folder, carrier.log, "answered 100"); // 0x64: try again
    CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "answered 0"), 0);
    end(&carrier);
}

TEST_MAIN(cmocka_unit_test(test_sent), cmocka_unit_test(test_batch), cmocka_unit_test(test_lost),
          cmocka_unit_test(test_receipts), cmocka_unit_test(test_parked),
          cmocka_unit_test(test_pair), cmocka_unit_test(test_pair_checked),
          cmocka_unit_test(test_asked), cmocka_unit_test(test_tls), cmocka_unit_test(test_not_now),
          cmocka_unit_test(test_refused))
