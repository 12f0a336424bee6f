#include "ledger/waiting.h"

#include "core/mem.h"
#include "ledger/hold.h"
#include "ledger/payment.h"
#include "tests/ledger/cast.h"
#include "tests/ledger/payout_of.h"

static void each_period_that_waits_is_listed(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(waiting_rows_free) struct waiting_rows rows = {0};
    CHECK_OK(waiting_list(place.ledger, NULL, &rows, &place.err), place.err);
    CHECK_INT(rows.count, 0);
    payout_of(&place, "C-1", "p", 400);
    payout_of(&place, "C-2", "p", 500);
    payout_of(&place, "C-1", "p+1", 30);
    CHECK_OK(waiting_list(place.ledger, NULL, &rows, &place.err), place.err);
    CHECK_INT(rows.count, 2);
    CHECK_TEXT(rows.at[0].period, "p");
    CHECK_INT(rows.at[0].count, 2);
    CHECK_INT(rows.at[0].total_vnd, 900);
    CHECK_TEXT(rows.at[1].policy, "q");
    CHECK_TEXT(rows.at[1].period, "p+1");
    CHECK_INT(rows.at[1].total_vnd, 30);
    waiting_rows_free(&rows);
    CHECK_OK(waiting_list(place.ledger, "r", &rows, &place.err), place.err);
    CHECK_INT(rows.count, 0);
}

static void who_looks_sees_places_people_and_what_stops_them(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    AUTO(doc_free) struct doc *look = doc_object();
    AUTO(act_free) struct act act = {0};
    AUTO(buf_free) struct buf text = buf_new(2000);
    struct payment_plan plan;
    int64_t missing = 0;
    payout_of(&place, "C-1", "p+1", 400);
    payout_of(&place, "C-2", "p+1", 500);
    CHECK_OK(payment_plan_of(place.ledger, "q", "p+1", &plan, &place.err), place.err);
    CHECK_OK(cast_begin(&place, "pay-approve", "approver-1", &act), place.err);
    payment_word_approval(&act, "q", "p+1", &plan);
    cast_sign(&place, &cast, &act);
    struct payment_approval approval = {"q", "p+1", plan.hash, 2, {0}, &act};
    CHECK_OK(payment_approve(place.ledger, &approval, &plan, &missing, &place.err), place.err);
    CHECK_INT(missing, 1);
    static const struct {
        const char *policy, *period, *why;
    } holds[] = {{"q", "p", "it is of the event"},
                 {"", "", "it is of all"},
                 {"q", "p2", "it is of another period"},
                 {"r", "p", "it is of another policy"}};
    for (size_t i = 0; i < COUNT_OF(holds); i++) {
        AUTO(ledger_undo) struct txn *txn = NULL;
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_OK(hold_place(txn, (struct utc){0}, holds[i].policy, holds[i].period, "anomaly",
                            holds[i].why, &place.err),
                 place.err);
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    }
    CHECK_OK(waiting_look(place.ledger, "q", "p+1", 2, look, &place.err), place.err);
    doc_canonical(look, &text);
    CHECK_HAS(text.at, "\"approved_by\":[\"approver-1\"]");
    CHECK_HAS(text.at, "\"budget_vnd\":null");
    CHECK_HAS(text.at, "\"communes\":[{\"commune\":\"1\",\"count\":2,\"most_vnd\":500,"
                       "\"total_vnd\":900}]");
    CHECK_HAS(text.at, "it is of the event");
    CHECK_HAS(text.at, "it is of all");
    CHECK_HAS(text.at, "\"needed\":2");
    CHECK_INT(doc_count(doc_get(look, "holds")), 2);
}

// The same commune and period is decided once more: yes stays as it is, no is said.
static void what_newer_data_deny_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum answer answers[2];
        int64_t replaced;
    } rows[] = {
        {"no", {ANSWER_NO, ANSWER_NO}, 1},
        {"yes", {ANSWER_YES, ANSWER_YES}, 0},
        {"not known", {ANSWER_UNKNOWN, ANSWER_UNKNOWN}, 0},
        {"no, then yes again", {ANSWER_NO, ANSWER_YES}, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(doc_free) struct doc *look = doc_object();
        payout_of(&place, "C-1", "p", 400);
        for (size_t n = 0; n < 2; n++) {
            AUTO(ledger_undo) struct txn *txn = NULL;
            AUTO(doc_free) struct doc *inputs = doc_object();
            AUTO(doc_free) struct doc *trace = doc_array();
            struct batch batch = {"q", 1, {{0}}, "s", "p", {0}, {{(uint8_t)(n + 1)}}};
            struct decision decision = {"1", rows[i].answers[n], false, 0, trace, 0, NULL};
            int64_t batch_seq, seq;
            CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
            CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place.err), place.err);
            CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place.err), place.err);
            CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        }
        CHECK_OK(waiting_look(place.ledger, "q", "p", 1, look, &place.err), place.err);
        CHECK_INT(doc_int(doc_get(look, "replaced"), -1), rows[i].replaced);
    }
}

TEST_MAIN(cmocka_unit_test(each_period_that_waits_is_listed),
          cmocka_unit_test(who_looks_sees_places_people_and_what_stops_them),
          cmocka_unit_test(what_newer_data_deny_is_said))
