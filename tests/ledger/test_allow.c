#include "ledger/allow.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/hold.h"
#include "ledger/payment.h"
#include "tests/ledger/cast.h"
#include "tests/ledger/payout_of.h"

static const struct utc noon = {43200};

static enum err_kind rule(struct place *place, const struct cast *cast, const char *by,
                          const char *what, int64_t vnd, bool *in_force)
{
    AUTO(act_free) struct act act = {0};
    if (cast_begin(place, "pay-rule", by, &act) || pay_rule_word(&act, what, vnd, &place->err))
        return place->err.kind;
    cast_sign(place, cast, &act);
    return pay_rule_put(place->ledger, &act, noon, in_force, &place->err);
}

static void set(struct place *place, const struct cast *cast, const char *what, int64_t vnd)
{
    bool in_force = true;
    CHECK_OK(rule(place, cast, "insurer-1", what, vnd, &in_force), place->err);
    CHECK(!in_force);
    CHECK_OK(rule(place, cast, "approver-1", what, vnd, &in_force), place->err);
    CHECK(in_force);
}

static enum err_kind approve(struct place *place, const struct cast *cast, const char *by,
                             struct payment_plan *plan, int64_t *missing)
{
    AUTO(act_free) struct act act = {0};
    CHECK_OK(payment_plan_of(place->ledger, "q", "p", plan, &place->err), place->err);
    CHECK_OK(cast_begin(place, "pay-approve", by, &act), place->err);
    payment_word_approval(&act, "q", "p", plan);
    cast_sign(place, cast, &act);
    struct payment_approval approval = {"q", "p", plan->hash, 1, noon, &act};
    return payment_approve(place->ledger, &approval, plan, missing, &place->err);
}

static enum err_kind verify(struct place *place)
{
    struct ledger_report report;
    return ledger_verify(place->ledger, &report, &place->err);
}

static void a_rule_is_one_when_two_people_signed_the_same(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    bool there = true, in_force = true;
    int64_t vnd = -1;
    CHECK_OK(rule(&place, &cast, "insurer-1", "budget/q", 1000, &in_force), place.err);
    CHECK(!in_force);
    ROW("the same person again");
    CHECK_OK(rule(&place, &cast, "insurer-1", "budget/q", 1000, &in_force), place.err);
    CHECK(!in_force);
    ROW("another amount");
    CHECK_OK(rule(&place, &cast, "approver-1", "budget/q", 2000, &in_force), place.err);
    CHECK(!in_force);
    CHECK_OK(pay_rule_get(place.ledger, "budget/q", &there, &vnd, &place.err), place.err);
    CHECK(!there);
    ROW("the same amount by another");
    CHECK_OK(rule(&place, &cast, "approver-1", "budget/q", 1000, &in_force), place.err);
    CHECK(in_force);
    CHECK_OK(pay_rule_get(place.ledger, "budget/q", &there, &vnd, &place.err), place.err);
    CHECK(there);
    CHECK_INT(vnd, 1000);
    ROW("an old signature is no half of a new rule");
    CHECK_OK(rule(&place, &cast, "insurer-2", "budget/q", 2000, &in_force), place.err);
    CHECK(!in_force);
    ROW("what is no rule");
    CHECK_INT(rule(&place, &cast, "insurer-2", "budget", 1, &in_force), ERR_INPUT);
    CHECK_INT(rule(&place, &cast, "insurer-2", "auto/q", -1, &in_force), ERR_INPUT);
    CHECK_INT(rule(&place, &cast, "operator-1", "auto/q", 1, &in_force), ERR_REFUSED);
    CHECK_OK(verify(&place), place.err);
}

static void a_budget_is_set_aside_before_anything_goes(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    struct payment_plan plan;
    int64_t missing = -1;
    set(&place, &cast, "budget/q", 1000);
    payout_of(&place, "C-1", "p", 400);
    payout_of(&place, "C-2", "p", 500);
    payout_of(&place, "C-3", "p", 200);
    CHECK_OK(approve(&place, &cast, "approver-1", &plan, &missing), place.err);
    CHECK_INT(missing, 0);
    CHECK_INT(plan.allowed.released, 2);
    CHECK_INT(plan.allowed.over, 1);
    CHECK_OK(verify(&place), place.err);
    CHECK_INT(payouts_taken(&place), 2);
    ROW("what is over it stays held, with the reason");
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(place.ledger),
                                "SELECT result FROM outbox WHERE state = 7 AND contract = ''");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &place.err), place.err);
    CHECK_TEXT(row_text(stmt, 0), "over the budget of q");
    ROW("a higher budget and a new look");
    set(&place, &cast, "budget/q", 1100);
    CHECK_OK(approve(&place, &cast, "approver-1", &plan, &missing), place.err);
    CHECK_INT(plan.allowed.released, 1);
    CHECK_OK(verify(&place), place.err);
}

static void the_higher_the_sum_the_more_people(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    struct payment_plan plan;
    int64_t missing = -1, people = 0;
    set(&place, &cast, "two-people", 1000);
    set(&place, &cast, "three-people", 5000);
    static const struct {
        int64_t total, least, people;
    } rows[] = {{1000, 1, 1}, {1001, 1, 2}, {5000, 1, 2}, {5001, 1, 3}, {5001, 4, 4}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_OK(
            allow_people(place.ledger, "q", "p", rows[i].total, rows[i].least, &people, &place.err),
            place.err);
        CHECK_INT(people, rows[i].people);
    }
    payout_of(&place, "C-1", "p", 1001);
    CHECK_OK(approve(&place, &cast, "approver-1", &plan, &missing), place.err);
    CHECK_INT(missing, 1);
    CHECK_INT(payouts_taken(&place), 0);
    CHECK_OK(approve(&place, &cast, "insurer-1", &plan, &missing), place.err);
    CHECK_INT(missing, 0);
    CHECK_INT(payouts_taken(&place), 1);
}

// What is let go a little at a time counts together.
static void parts_of_an_event_need_the_people_of_the_whole(void **state)
{
    (void)state;
    static const struct {
        const char *name, *period;
        int64_t waits, people;
    } rows[] = {
        {"later payouts of the period", "p", 400, 2},
        {"within it still", "p", 100, 1},
        {"a top-up", "p+1", 400, 2},
        {"another period", "p2", 400, 1},
        {"whose name begins alike", "p-2", 400, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        struct payment_plan plan;
        int64_t missing = -1, people = 0;
        set(&place, &cast, "two-people", 1000);
        payout_of(&place, "C-1", "p", 900);
        CHECK_OK(approve(&place, &cast, "approver-1", &plan, &missing), place.err);
        CHECK_INT(missing, 0);
        payout_of(&place, "C-2", rows[i].period, rows[i].waits);
        CHECK_OK(payment_plan_of(place.ledger, "q", rows[i].period, &plan, &place.err), place.err);
        CHECK_OK(
            allow_people(place.ledger, "q", rows[i].period, plan.total_vnd, 1, &people, &place.err),
            place.err);
        CHECK_INT(people, rows[i].people);
        ROW("what was let go and is held again by a cap counts once");
        CHECK_OK(db_run(ledger_db(place.ledger),
                        "UPDATE outbox SET state = 7 WHERE channel = 'pay'", &place.err),
                 place.err);
        CHECK_OK(payment_plan_of(place.ledger, "q", "p", &plan, &place.err), place.err);
        CHECK_OK(allow_people(place.ledger, "q", "p", 900, 1, &people, &place.err), place.err);
        CHECK_INT(people, 1);
    }
}

static size_t automatic(struct place *place)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    size_t released = 99;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(allow_automatic(txn, noon, "q", "p", &released, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    CHECK_OK(verify(place), place->err);
    return released;
}

static void small_sums_go_by_themselves_within_a_budget(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t automatic, budget; // -1: no such rule
        bool held;
        size_t released;
    } rows[] = {
        {"no rule", -1, 5000, false, 0},          {"no budget", 1000, -1, false, 0},
        {"just within both", 900, 900, false, 2}, {"over the cap", 899, 5000, false, 0},
        {"over the budget", 5000, 899, false, 0}, {"held", 5000, 5000, true, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        if (rows[i].automatic >= 0)
            set(&place, &cast, "auto/q", rows[i].automatic);
        if (rows[i].budget >= 0)
            set(&place, &cast, "budget/q", rows[i].budget);
        payout_of(&place, "C-1", "p", 400);
        payout_of(&place, "C-2", "p", 500);
        if (rows[i].held) {
            AUTO(ledger_undo) struct txn *txn = NULL;
            CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
            CHECK_OK(hold_place(txn, noon, "q", "p", "anomaly", "too much", &place.err), place.err);
            CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        }
        CHECK_INT(automatic(&place), rows[i].released);
        CHECK_INT(payouts_taken(&place), rows[i].released);
        ROW("the cap is for all of a period together");
        payout_of(&place, "C-3", "p", 1);
        CHECK_INT(automatic(&place), 0);
    }
}

// Corrections add to the event that the cap is for.
static void a_top_up_goes_by_itself_while_the_whole_is_within_the_cap(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t automatic, budget;
        size_t released;
    } rows[] = {
        {"just within", 1300, 5000, 1},
        {"over the cap", 1299, 5000, 0},
        {"over the budget", 5000, 1299, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        set(&place, &cast, "auto/q", rows[i].automatic);
        set(&place, &cast, "budget/q", rows[i].budget);
        payout_of(&place, "C-1", "p", 900);
        CHECK_INT(automatic(&place), 1);
        payout_of(&place, "C-1", "p+1", 400);
        CHECK_INT(automatic(&place), rows[i].released);
        CHECK_INT(payouts_taken(&place), 1 + rows[i].released);
    }
}

static enum err_kind confirm(struct place *place, const struct cast *cast, const char *by)
{
    AUTO(act_free) struct act act = {0};
    if (cast_begin(place, "pay-confirm", by, &act))
        return place->err.kind;
    confirm_word(&act, "q", "p", hash_of(STR("letter 17")), 9);
    cast_sign(place, cast, &act);
    return confirm_put(place->ledger, &act, noon, &place->err);
}

static enum err_kind release(struct place *place, const struct cast *cast, const char *by,
                             int64_t seq)
{
    AUTO(act_free) struct act act = {0};
    if (cast_begin(place, "release", by, &act))
        return place->err.kind;
    hold_word_release(&act, seq, "it was looked at");
    cast_sign(place, cast, &act);
    return hold_release(place->ledger, &act, noon, &place->err);
}

static int64_t hold(struct place *place, const struct cast *cast, const char *by,
                    const char *channel, const char *policy)
{
    AUTO(act_free) struct act act = {0};
    int64_t seq = 0;
    CHECK_OK(cast_begin(place, "hold", by, &act), place->err);
    hold_word(&act, channel, policy, "the readings look wrong");
    cast_sign(place, cast, &act);
    CHECK_OK(hold_put(place->ledger, &act, noon, &seq, &place->err), place->err);
    return seq;
}

static void a_hold_stops_what_it_covers_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *name, *channel, *policy;
        size_t taken;
    } rows[] = {
        {"all payments", "pay", "", 0},    {"everything", "", "", 0},
        {"this policy", "pay", "q", 0},    {"another policy", "pay", "r", 1},
        {"another channel", "sms", "", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        struct payment_plan plan;
        int64_t missing;
        bool empty = false;
        payout_of(&place, "C-1", "p", 400);
        CHECK_OK(approve(&place, &cast, "approver-1", &plan, &missing), place.err);
        int64_t seq = hold(&place, &cast, "approver-2", rows[i].channel, rows[i].policy);
        CHECK_OK(outbox_is_empty(place.ledger, "pay", OUTBOX_LANE_REST, &empty, &place.err),
                 place.err);
        CHECK_INT(empty, rows[i].taken == 0);
        CHECK_INT(payouts_taken(&place), rows[i].taken);
        CHECK_OK(verify(&place), place.err);
        CHECK_INT(release(&place, &cast, "approver-2", seq), ERR_REFUSED);
        CHECK_HAS(place.err.text, "nobody approves their own act");
        CHECK_INT(release(&place, &cast, "officer-1", seq), ERR_REFUSED);
        CHECK_OK(release(&place, &cast, "insurer-1", seq), place.err);
        CHECK_INT(release(&place, &cast, "insurer-1", seq), ERR_MISSING);
        CHECK_INT(payouts_taken(&place), 1 - rows[i].taken);
        CHECK_OK(verify(&place), place.err);
    }
}

// As many letters as people may write, of up to three bytes each; and a name that no policy has.
static void a_hold_keeps_all_that_was_signed(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    AUTO(act_free) struct act act = {0};
    AUTO(act_free) struct act other = {0};
    int64_t seq = 0;
    char why[400 * 3 + 1] = "", policy[81] = "";
    for (size_t i = 0; i < 400; i++)
        memcpy(why + i * 3, "ệ", 4);
    memset(policy, 'p', sizeof(policy) - 1);
    CHECK_OK(cast_begin(&place, "hold", "officer-1", &act), place.err);
    hold_word(&act, "pay", "", why);
    cast_sign(&place, &cast, &act);
    CHECK_OK(hold_put(place.ledger, &act, noon, &seq, &place.err), place.err);
    CHECK_OK(verify(&place), place.err);
    CHECK_OK(cast_begin(&place, "hold", "officer-1", &other), place.err);
    hold_word(&other, "pay", policy, "the readings look wrong");
    cast_sign(&place, &cast, &other);
    CHECK_INT(hold_put(place.ledger, &other, noon, &seq, &place.err), ERR_INPUT);
    // An earlier program kept 419 bytes.
    CHECK_OK(db_run(ledger_db(place.ledger), "UPDATE hold SET why = substr(why, 1, 139) || '?'",
                    &place.err),
             place.err);
    CHECK_OK(verify(&place), place.err);
}

static void a_confirmation_ends_the_hold_that_waits_for_it(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    struct payment_plan plan;
    int64_t missing;
    bool there = true;
    payout_of(&place, "C-1", "p", 400);
    payout_of(&place, "C-1", "p+1", 100);
    {
        AUTO(ledger_undo) struct txn *txn = NULL;
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        for (int i = 0; i < 2; i++)
            CHECK_OK(hold_place(txn, noon, "q", "p", "confirmation", "waits", &place.err),
                     place.err);
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    }
    AUTO(hold_rows_free) struct hold_rows rows = {0};
    CHECK_OK(hold_list(place.ledger, true, &rows, &place.err), place.err);
    CHECK_INT(rows.count, 1);
    CHECK_OK(approve(&place, &cast, "approver-1", &plan, &missing), place.err);
    CHECK_INT(payouts_taken(&place), 0);
    ROW("no person lets it go without");
    CHECK_INT(release(&place, &cast, "insurer-1", rows.at[0].seq), ERR_REFUSED);
    CHECK_HAS(place.err.text, "waits for an official confirmation");
    CHECK_OK(confirm_there(place.ledger, "q", "p", &there, &place.err), place.err);
    CHECK(!there);
    CHECK_INT(confirm(&place, &cast, "approver-1"), ERR_REFUSED);
    CHECK_OK(confirm(&place, &cast, "officer-1"), place.err);
    CHECK_OK(confirm_there(place.ledger, "q", "p", &there, &place.err), place.err);
    CHECK(there);
    CHECK_INT(payouts_taken(&place), 1);
    CHECK_OK(verify(&place), place.err);
    ROW("the same file twice");
    CHECK_INT(confirm(&place, &cast, "officer-1"), ERR_REFUSED);
}

static void every_edit_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql;
    } rows[] = {
        {"a rule's amount", "UPDATE pay_rule SET amount = 9000 WHERE what = 'budget/q'"},
        {"a rule's name", "UPDATE pay_rule SET what = 'budget/r' WHERE what = 'budget/q'"},
        {"a rule's entry", "UPDATE pay_rule SET seq = seq - 1 WHERE what = 'budget/q'"},
        {"a rule taken out", "DELETE FROM pay_rule WHERE what = 'two-people'"},
        {"a rule put in", "INSERT INTO pay_rule VALUES ('auto/q', 1000000, 11)"},
        {"a reserve taken out", "DELETE FROM reserve"},
        {"a reserve of another payout", "UPDATE reserve SET payout = payout + 1"},
        {"a reserve's entry", "UPDATE reserve SET seq = 3"},
        {"a hold's channel", "UPDATE hold SET channel = 'sms'"},
        {"a hold's policy", "UPDATE hold SET policy = 'r'"},
        {"a hold's period", "UPDATE hold SET period = 'x'"},
        {"a hold's cause", "UPDATE hold SET cause = 'anomaly' WHERE cause = 'person'"},
        {"a hold's reason", "UPDATE hold SET why = 'x'"},
        {"a hold released", "UPDATE hold SET released = 5"},
        {"a hold taken out", "DELETE FROM hold"},
        {"a hold put in", "INSERT INTO hold VALUES (5, 'pay', '', '', 'person', 'x', 0)"},
        {"a confirmation's file", "UPDATE confirmation SET hash = zeroblob(32)"},
        {"a confirmation's period", "UPDATE confirmation SET period = 'x'"},
        {"a confirmation taken out", "DELETE FROM confirmation"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        struct payment_plan plan;
        int64_t missing;
        set(&place, &cast, "budget/q", 1000);
        set(&place, &cast, "two-people", 5000);
        payout_of(&place, "C-1", "p", 400);
        CHECK_OK(approve(&place, &cast, "approver-1", &plan, &missing), place.err);
        (void)hold(&place, &cast, "operator-1", "pay", "");
        CHECK_OK(confirm(&place, &cast, "officer-1"), place.err);
        CHECK_OK(verify(&place), place.err);
        place_unguard(&place);
        CHECK_OK(db_run(ledger_db(place.ledger), rows[i].sql, &place.err), place.err);
        CHECK_INT(verify(&place), ERR_BROKEN);
    }
}

TEST_MAIN(cmocka_unit_test(a_rule_is_one_when_two_people_signed_the_same),
          cmocka_unit_test(a_budget_is_set_aside_before_anything_goes),
          cmocka_unit_test(the_higher_the_sum_the_more_people),
          cmocka_unit_test(parts_of_an_event_need_the_people_of_the_whole),
          cmocka_unit_test(small_sums_go_by_themselves_within_a_budget),
          cmocka_unit_test(a_top_up_goes_by_itself_while_the_whole_is_within_the_cap),
          cmocka_unit_test(a_hold_stops_what_it_covers_at_once),
          cmocka_unit_test(a_hold_keeps_all_that_was_signed),
          cmocka_unit_test(a_confirmation_ends_the_hold_that_waits_for_it),
          cmocka_unit_test(every_edit_is_found))
