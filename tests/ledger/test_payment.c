#include "ledger/payment.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "ledger/quality.h"
#include "tests/ledger/cast.h"

enum { MONDAY_S = 1725210000 }; // 2024-09-02T00:00:00+07:00, but for the hours

static uint8_t doubts; // about what the next payouts stand on

// A payout with its message, as the triggers put them.
static void plan(struct place *place, const char *contract, const char *period, int64_t amount,
                 bool held)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct batch batch = {"q", 1, {{0}}, "s", contract, {0}, {{0}}};
    struct decision decision = {"1", ANSWER_YES, false, 0, trace, doubts, NULL};
    struct money standing;
    int64_t batch_seq, seq;
    bool fresh;
    char body[200], key[96];
    (void)snprintf(body, sizeof(body),
                   "{\"amount_vnd\":\"%lld\",\"contract\":\"%s\",\"period\":\"%s\",\"policy\":"
                   "\"q\"}",
                   (long long)amount, contract, period);
    (void)snprintf(key, sizeof(key), "pay/%s/%s/q", contract, period);
    batch.period = period;
    memcpy(batch.basis.at, contract, strlen(contract));
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place->err), place->err);
    struct payout payout = {contract, period, "q", VND(amount), seq};
    CHECK_OK(payout_put(txn, (struct utc){0}, &payout, &fresh, &standing, &place->err), place->err);
    struct outbox_item item = {.channel = "pay",
                               .lane = 1,
                               .expires = UTC_NEVER,
                               .cause = seq,
                               .held = held,
                               .body = body};
    (void)snprintf(item.key, sizeof(item.key), "%s", key);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static size_t take(struct place *place, int64_t at_s, const struct payment_caps *caps,
                   struct outbox_items *items)
{
    struct outbox_claim claim = {.channel = "pay",
                                 .worker = "w",
                                 .max = 10,
                                 .lane_max = INT32_MAX,
                                 .now = {at_s},
                                 .now_ms = 0,
                                 .lease_until_ms = 1000,
                                 .caps = caps};
    outbox_items_free(items);
    CHECK_OK(outbox_take(place->ledger, &claim, items, &place->err), place->err);
    return items->count;
}

static void settle(struct place *place, const struct outbox_item *item, enum outcome outcome)
{
    struct outbox_answer answer = {.id = item->id,
                                   .attempt = item->attempt,
                                   .outcome = outcome,
                                   .at = {MONDAY_S},
                                   .ref = "",
                                   .why = "said so"};
    CHECK_OK(outbox_settle(place->ledger, &answer, 1, 3, &place->err), place->err);
}

static const char *state_of(struct place *place, const char *contract)
{
    static char state[16];
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(place->ledger, contract, &rows, &place->err), place->err);
    CHECK_INT(rows.count, 1);
    (void)snprintf(state, sizeof(state), "%s", rows.at[0].state);
    return state;
}

static void verify(struct place *place)
{
    struct ledger_report report;
    CHECK_OK(ledger_verify(place->ledger, &report, &place->err), place->err);
}

static void references_are_stable_and_short(void **state)
{
    (void)state;
    struct payment_reference a = payment_reference_of("pay/C-1/2024/q");
    CHECK_TEXT(a.at, payment_reference_of("pay/C-1/2024/q").at);
    CHECK(strcmp(a.at, payment_reference_of("pay/C-2/2024/q").at) != 0);
    CHECK_INT(strlen(a.at), 26);
    CHECK_INT(strspn(a.at, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
}

// Approves the plan of that hash, whatever waits now.
static enum err_kind approve(struct place *place, const struct cast *cast, const char *by,
                             struct hash hash, int64_t needed, int64_t *missing)
{
    AUTO(act_free) struct act act = {0};
    struct payment_plan plan;
    if (payment_plan_of(place->ledger, "q", "p", &plan, &place->err) ||
        cast_begin(place, "pay-approve", by, &act))
        return place->err.kind;
    plan.hash = hash;
    payment_word_approval(&act, "q", "p", &plan);
    cast_sign(place, cast, &act);
    struct payment_approval approval = {"q", "p", hash, needed, {MONDAY_S}, &act};
    return payment_approve(place->ledger, &approval, &plan, missing, &place->err);
}

static void two_people_approve_what_they_saw(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct payment_plan plan_seen;
    struct cast cast = cast_new(&place);
    int64_t missing = -1;
    plan(&place, "C-1", "p", 1000, true);
    CHECK_INT(take(&place, MONDAY_S, NULL, &items), 0);
    CHECK_TEXT(state_of(&place, "C-1"), "planned");
    CHECK_OK(payment_plan_of(place.ledger, "q", "p", &plan_seen, &place.err), place.err);
    CHECK_INT(plan_seen.count, 1);
    CHECK_INT(plan_seen.doubtful, 0);
    CHECK_INT(plan_seen.total_vnd, 1000);

    ROW("one more came in, on doubtful data: the plan is another, and says so");
    doubts = QUALITY_FROZEN;
    plan(&place, "C-2", "p", 500, true);
    doubts = 0;
    CHECK_INT(approve(&place, &cast, "approver-1", plan_seen.hash, 2, &missing), ERR_REFUSED);
    CHECK_HAS(place.err.text, "are not those that were looked at");
    CHECK_OK(payment_plan_of(place.ledger, "q", "p", &plan_seen, &place.err), place.err);
    CHECK_INT(plan_seen.count, 2);
    CHECK_INT(plan_seen.doubtful, 1);
    CHECK_INT(plan_seen.total_vnd, 1500);

    ROW("one of two; the same person twice is one");
    CHECK_OK(approve(&place, &cast, "approver-1", plan_seen.hash, 2, &missing), place.err);
    CHECK_INT(missing, 1);
    CHECK_OK(approve(&place, &cast, "approver-1", plan_seen.hash, 2, &missing), place.err);
    CHECK_INT(missing, 1);
    CHECK_INT(take(&place, MONDAY_S, NULL, &items), 0);

    ROW("the second");
    CHECK_OK(approve(&place, &cast, "insurer-1", plan_seen.hash, 2, &missing), place.err);
    CHECK_INT(missing, 0);
    CHECK_TEXT(state_of(&place, "C-1"), "approved");
    verify(&place);
    CHECK_INT(take(&place, MONDAY_S, NULL, &items), 2);
    CHECK_TEXT(state_of(&place, "C-2"), "sending");
    verify(&place);

    ROW("nothing waits any more");
    CHECK_INT(approve(&place, &cast, "insurer-1", plan_seen.hash, 2, &missing), ERR_MISSING);
    ROW("who runs the machine releases no money");
    CHECK_INT(approve(&place, &cast, "operator-1", plan_seen.hash, 2, &missing), ERR_REFUSED);
    CHECK_HAS(place.err.text, "no operator may do this");
    ROW("a stranger");
    CHECK_INT(approve(&place, &cast, "Nguyễn Văn A", plan_seen.hash, 2, &missing), ERR_REFUSED);
    CHECK_HAS(place.err.text, "has no role");
}

static int64_t last_entry(struct place *place)
{
    struct hash head;
    int64_t seq = 0;
    CHECK_OK(ledger_head(place->ledger, &seq, &head, &place->err), place->err);
    return seq;
}

// How an approval is worded, and what becomes of it.
struct worded {
    const char *name;
    bool drill, late; // late: a payout comes in after the wording
    uint8_t hash;     // what the wording says beside the truth
    int64_t count, total_vnd;
    enum err_kind kind;
};

static void word(struct place *place, const struct worded *row, struct act *act)
{
    struct payment_plan plan;
    struct cast cast = {0};
    if (!row->drill)
        cast = cast_new(place);
    CHECK_OK(act_begin(place->ledger, row->drill, "pay-approve", row->drill ? NULL : "approver-1",
                       act, &place->err),
             place->err);
    CHECK_OK(payment_plan_of(place->ledger, "q", "p", &plan, &place->err), place->err);
    plan.hash.at[0] ^= row->hash;
    plan.count += (size_t)row->count;
    plan.total_vnd += row->total_vnd;
    payment_word_approval(act, "q", "p", &plan);
    if (!row->drill)
        cast_sign(place, &cast, act);
}

// The act is worded from one look and written after another: what is signed is what is approved, or
// nothing is.
static void an_approval_is_of_what_it_is_worded_for(void **state)
{
    (void)state;
    static const struct worded rows[] = {
        {"one more came in between", false, true, 0, 0, 0, ERR_REFUSED},
        {"one more came in between, at a drill", true, true, 0, 0, 0, ERR_REFUSED},
        {"another plan", false, false, 1, 0, 0, ERR_REFUSED},
        {"another count", false, false, 0, 1, 0, ERR_REFUSED},
        {"another sum", false, false, 0, 0, -1, ERR_REFUSED},
        {"as it is", false, false, 0, 0, 0, OK},
        {"as it is, at a drill", true, false, 0, 0, 0, OK},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(act_free) struct act act = {0};
        struct payment_plan now;
        int64_t missing = -1;
        plan(&place, "C-1", "p", 1000, true);
        word(&place, &rows[i], &act);
        if (rows[i].late)
            plan(&place, "C-2", "p", 500, true);
        CHECK_OK(payment_plan_of(place.ledger, "q", "p", &now, &place.err), place.err);
        int64_t before = last_entry(&place);
        struct payment_approval approval = {"q", "p", now.hash, 2, {MONDAY_S}, &act};
        CHECK_INT(payment_approve(place.ledger, &approval, &now, &missing, &place.err),
                  rows[i].kind);
        if (rows[i].kind)
            CHECK_HAS(place.err.text, "was worded for other payouts");
        CHECK_INT(last_entry(&place) - before, rows[i].kind ? 0 : 1);
        verify(&place);
    }
}

// The reason that stands at the first payment that is held; "" for none.
static const char *result_of_held(struct place *place)
{
    static char result[200];
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(place->ledger),
                                "SELECT result FROM outbox WHERE state = 7 ORDER BY id LIMIT 1");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
    result[0] = '\0';
    if (row)
        row_copy(stmt, 0, result, sizeof(result));
    return result;
}

static void caps_hold_back(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct payment_caps caps;
        size_t taken, held;
        const char *why;
    } rows[] = {
        {"no cap", {0, 0}, 3, 0, ""},
        {"just within", {1500, 1500}, 3, 0, ""},
        {"a đồng over in a day", {1499, 0}, 2, 1, "over pay_day_vnd_max"},
        {"a đồng over for the event", {0, 1499}, 2, 1, "over pay_event_vnd_max"},
        {"none fits", {499, 499}, 0, 3, "over pay_day_vnd_max"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        int64_t count[OUTBOX_STATES];
        plan(&place, "C-1", "p", 500, false);
        plan(&place, "C-2", "p", 500, false);
        plan(&place, "C-3", "p", 500, false);
        CHECK_INT(take(&place, MONDAY_S, &rows[i].caps, &items), rows[i].taken);
        CHECK_OK(outbox_count(place.ledger, "pay", count, &place.err), place.err);
        CHECK_INT(count[OUTBOX_HELD], rows[i].held);
        CHECK_INT(count[OUTBOX_LEASED], rows[i].taken);
        CHECK_HAS(result_of_held(&place), rows[i].why);
        verify(&place);
    }
}

static void a_top_up_counts_for_its_event(void **state)
{
    (void)state;
    static const struct {
        const char *period, *why;
        int64_t max;
    } rows[] = {
        {"p+1", "", 1000},
        {"p+1", "over pay_event_vnd_max", 999},
        {"p2", "", 999},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].period);
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        struct payment_caps caps = {0, rows[i].max};
        plan(&place, "C-1", "p", 500, false);
        plan(&place, "C-1", rows[i].period, 500, false);
        CHECK_INT(take(&place, MONDAY_S, &caps, &items), *rows[i].why ? 1 : 2);
        CHECK_HAS(result_of_held(&place), rows[i].why);
        verify(&place);
    }
}

static void what_was_rejected_counts_no_more_and_a_new_day_begins_at_nought(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct payment_caps caps = {1000, 0};
    plan(&place, "C-1", "p", 1000, false);
    CHECK_INT(take(&place, MONDAY_S, &caps, &items), 1);
    settle(&place, &items.at[0], OUTCOME_REFUSED);
    CHECK_TEXT(state_of(&place, "C-1"), "rejected");
    plan(&place, "C-2", "p", 1000, false);
    CHECK_INT(take(&place, MONDAY_S, &caps, &items), 1);
    plan(&place, "C-3", "p", 1000, false);
    ROW("a payment that is taken back is the same payment: it counts once");
    settle(&place, &items.at[0], OUTCOME_DOWN);
    CHECK_TEXT(state_of(&place, "C-2"), "planned");
    CHECK_INT(take(&place, MONDAY_S, &caps, &items), 1);
    CHECK_TEXT(state_of(&place, "C-2"), "sending");
    CHECK_TEXT(state_of(&place, "C-3"), "planned");
    ROW("the next day");
    plan(&place, "C-4", "p", 1000, false);
    CHECK_INT(take(&place, MONDAY_S + 86400, &caps, &items), 1);
    CHECK_TEXT(state_of(&place, "C-4"), "sending");
    verify(&place);
}

static enum err_kind prove(struct place *place, const char *contract, enum payment_outcome outcome,
                           int64_t amount, bool *fresh)
{
    char key[96];
    (void)snprintf(key, sizeof(key), "pay/%s/p/q", contract);
    struct payment_reference reference = payment_reference_of(key);
    struct payment_evidence evidence = {.reference = reference.at,
                                        .outcome = outcome,
                                        .has_amount = amount > 0,
                                        .amount_vnd = amount,
                                        .result = "camt.053 B-1",
                                        .by = "",
                                        .at = {MONDAY_S}};
    return payment_prove(place->ledger, &evidence, fresh, &place->err);
}

// Each row: how a payout came to a state, which evidence comes, and what follows.
static void evidence_moves_what_it_may(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum outcome before; // of the only try; UNKNOWN, PENDING, DONE, REFUSED
        enum payment_outcome outcome;
        int64_t amount;
        enum err_kind kind;
        bool fresh;
        const char *after, *words;
    } rows[] = {
        {"unknown, and it is in the statement", OUTCOME_UNKNOWN, PAYMENT_PAID, 1000, OK, true,
         "paid", ""},
        {"unknown, and the bank refused it", OUTCOME_UNKNOWN, PAYMENT_REJECTED, 0, OK, true,
         "rejected", ""},
        {"unknown, and the bank has it", OUTCOME_UNKNOWN, PAYMENT_ACCEPTED, 0, OK, true, "accepted",
         ""},
        {"accepted, then paid", OUTCOME_PENDING, PAYMENT_PAID, 1000, OK, true, "paid", ""},
        {"accepted, then refused", OUTCOME_PENDING, PAYMENT_REJECTED, 1000, OK, true, "rejected",
         ""},
        {"accepted twice", OUTCOME_PENDING, PAYMENT_ACCEPTED, 0, OK, false, "accepted", ""},
        {"paid twice", OUTCOME_DONE, PAYMENT_PAID, 1000, OK, false, "paid", ""},
        {"an older word after paid", OUTCOME_DONE, PAYMENT_ACCEPTED, 0, OK, false, "paid", ""},
        {"paid, then the money came back", OUTCOME_DONE, PAYMENT_RETURNED, 1000, OK, true,
         "returned", ""},
        {"paid, then refused: cannot be", OUTCOME_DONE, PAYMENT_REJECTED, 1000, ERR_REFUSED, false,
         "paid", "says rejected, the ledger says paid"},
        {"returned before it was paid", OUTCOME_UNKNOWN, PAYMENT_RETURNED, 1000, ERR_REFUSED, false,
         "unknown", "says returned, the ledger says unknown"},
        {"refused, but the money moved", OUTCOME_REFUSED, PAYMENT_PAID, 1000, OK, true, "paid", ""},
        {"another amount", OUTCOME_UNKNOWN, PAYMENT_PAID, 1001, ERR_REFUSED, false, "unknown",
         "1000 đồng were to be paid, camt.053 B-1 says 1001"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        bool fresh = !rows[i].fresh;
        plan(&place, "C-1", "p", 1000, false);
        CHECK_INT(take(&place, MONDAY_S, NULL, &items), 1);
        settle(&place, &items.at[0], rows[i].before);
        CHECK_INT(prove(&place, "C-1", rows[i].outcome, rows[i].amount, &fresh), rows[i].kind);
        CHECK_INT(fresh, rows[i].fresh);
        CHECK_TEXT(state_of(&place, "C-1"), rows[i].after);
        if (rows[i].kind)
            CHECK_HAS(place.err.text, rows[i].words);
        verify(&place);
        ROW("whatever is said, it is never sent again");
        size_t again = take(&place, MONDAY_S, NULL, &items);
        CHECK(again == 0 || items.at[0].ask);
    }
}

static void evidence_for_nothing_of_ours(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    bool fresh = false;
    CHECK_INT(prove(&place, "C-9", PAYMENT_PAID, 5, &fresh), ERR_MISSING);
    CHECK_HAS(place.err.text, "no payout bears the reference");
    ROW("planned, but never sent: there is no intent");
    plan(&place, "C-1", "p", 1000, true);
    CHECK_INT(prove(&place, "C-1", PAYMENT_PAID, 1000, &fresh), ERR_MISSING);
}

static void payments_are_listed(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    plan(&place, "C-1", "p", 1000, false);
    plan(&place, "C-2", "p", 2000, false);
    plan(&place, "C-3", "p", 3000, true);
    CHECK_INT(take(&place, MONDAY_S, NULL, &items), 2);
    settle(&place, &items.at[0], OUTCOME_PENDING);
    AUTO(payment_rows_free) struct payment_rows all = {0};
    AUTO(payment_rows_free) struct payment_rows some = {0};
    CHECK_OK(payment_list(place.ledger, NULL, &all, &place.err), place.err);
    CHECK_INT(all.count, 2);
    CHECK_OK(payment_list(place.ledger, "accepted", &some, &place.err), place.err);
    CHECK_INT(some.count, 1);
    CHECK_TEXT(some.at[0].contract, "C-1");
    CHECK_TEXT(some.at[0].reference, payment_reference_of("pay/C-1/p/q").at);
    CHECK_INT(some.at[0].amount_vnd, 1000);
    CHECK_TEXT(some.at[0].result, "said so");
}

TEST_MAIN(cmocka_unit_test(references_are_stable_and_short),
          cmocka_unit_test(two_people_approve_what_they_saw),
          cmocka_unit_test(an_approval_is_of_what_it_is_worded_for),
          cmocka_unit_test(caps_hold_back), cmocka_unit_test(a_top_up_counts_for_its_event),
          cmocka_unit_test(what_was_rejected_counts_no_more_and_a_new_day_begins_at_nought),
          cmocka_unit_test(evidence_moves_what_it_may),
          cmocka_unit_test(evidence_for_nothing_of_ours), cmocka_unit_test(payments_are_listed))
