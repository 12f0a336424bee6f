// What phones send in by SMPP, and what they hear back: the npm package smpp is the carrier.
#include "ledger/outbox.h"
#include "tests/notify/carrier.h"

#include <inttypes.h>

static void test_inbound(void **state)
{
    (void)state;
    static struct carrier carrier;
    static const struct {
        const char *name;
        const char *faults[3];
        size_t answered;
    } rows[] = {
        {"STOP with accents, which the carrier sends in UTF-16", {"mo=84900000002,Ngừng"}, 1},
        {"in two parts, the second first, by parameters",
         {"mo=84900000002,Từ chối nhận tin", "mo_sar=1"},
         2},
        {"and by a header", {"mo=84900000002,Từ chối nhận tin", "mo_udh=1"}, 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        begin(&carrier, "", rows[i].faults);
        bool out = false;
        for (int64_t until = clock_ticks_ms() + BED_WAIT_MS; !out && clock_ticks_ms() < until;
             bed_pause()) {
            turn(&carrier);
            CHECK_OK(contact_is_out(carrier.place.people, "P-2", CONTACT_SERVICE, &out, &err), err);
        }
        CHECK(out);
        bed_wait_text(carrier.place.folder, carrier.log, "answered 0");
        for (int64_t until = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < until; bed_pause())
            if (bed_count_text(carrier.place.folder, carrier.log, "answered 0") >= rows[i].answered)
                break;
        CHECK_INT(bed_count_text(carrier.place.folder, carrier.log, "answered 0"),
                  rows[i].answered);
        end(&carrier);
    }
}

// The newest reply in the outbox, once it is there.
static void take_reply(struct carrier *carrier, struct outbox_items *items)
{
    struct outbox_claim claim = {.channel = "sms",
                                 .worker = "w",
                                 .max = 1,
                                 .lane_max = 9,
                                 .now = clock_system.now(clock_system.self),
                                 .now_ms = clock_wall_ms(),
                                 .lease_until_ms = INT64_MAX};
    struct err err = {0};
    for (int64_t until = clock_ticks_ms() + BED_WAIT_MS;
         items->count == 0 && clock_ticks_ms() < until; bed_pause()) {
        turn(carrier);
        CHECK_OK(outbox_take(carrier->place.ledger, &claim, items, &err), err);
    }
    CHECK_INT(items->count, 1);
}

// A phone asks, or answers a question; what it hears back reaches the carrier, and the answer is
// kept with its alert.
static void test_a_phone_is_answered(void **state)
{
    (void)state;
    static struct carrier carrier;
    static const struct {
        const char *fault, *heard, *entry;
    } rows[] = {
        {"mo=84900000001,MUA", "01840: 116,4 mm so với ngưỡng 100 mm, tính đến ",
         "\"word\":\"rain\""},
        {"mo=84900000001,KHONG", "Câu trả lời đã được ghi lại.", "\"rained\":false"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].fault);
        AUTO(outbox_items_free) struct outbox_items items = {0};
        char wanted[64];
        begin(&carrier, "", (const char *[]){rows[i].fault, NULL});
        int64_t alert = bed_decide_on(&carrier.place, "rain", "01840", ANSWER_YES, 116400);
        bed_alerted(&carrier.place, "P-1", alert);
        take_reply(&carrier, &items);
        CHECK_TEXT(items.at[0].person, "P-1");
        struct job job =
            deliver_one(&carrier, items.at[0].key, items.at[0].person, items.at[0].body);
        CHECK_INT(job.outcome, OUTCOME_DONE);
        bed_wait_text(carrier.place.folder, carrier.log, "84900000001 coding 8");
        bed_wait_text(carrier.place.folder, carrier.log, rows[i].heard);
        AUTO(entry_free) struct entry entry = {0};
        struct err err = {0};
        CHECK_OK(ledger_entry(carrier.place.ledger, items.at[0].cause, &entry, &err), err);
        CHECK_TEXT(entry.kind, i ? "answer" : "inbound");
        CHECK_HAS(entry.text, rows[i].entry);
        (void)snprintf(wanted, sizeof(wanted), "\"decision\":%" PRId64, alert);
        CHECK_INT(strstr(entry.text, wanted) != NULL, i == 1);
        end(&carrier);
    }
}

TEST_MAIN(cmocka_unit_test(test_inbound), cmocka_unit_test(test_a_phone_is_answered))
