#include "ledger/payment.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/act.h"
#include "ledger/behind.h"
#include "ledger/db.h"
#include "ledger/outbox.h"
#include "ledger/payout_state.h"
#include "ledger/waiting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const outcome_names[] = {
    [PAYMENT_ACCEPTED] = "accepted",
    [PAYMENT_PAID] = "paid",
    [PAYMENT_REJECTED] = "rejected",
    [PAYMENT_RETURNED] = "returned",
};

const char *payment_outcome_name(enum payment_outcome outcome)
{
    return outcome_names[outcome];
}

// Crockford's base32 of the first 130 bits: no I, L, O, U, so that it can be read out on a phone.
struct payment_reference payment_reference_of(const char *key)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct payment_reference reference = {{0}};
    struct hash hash = hash_of_pair(hash_of(STR("gong payout")), str_of(key));
    for (size_t i = 0; i < sizeof(reference.at) - 1; i++) {
        size_t bit = 5 * i;
        unsigned two = (unsigned)hash.at[bit / 8] << 8 | hash.at[bit / 8 + 1];
        reference.at[i] = letters[(two >> (11 - bit % 8)) & 31];
    }
    return reference;
}

// The payout that a "pay" message stands for.
#define PAYOUT_OF_MESSAGE                                                                          \
    "(contract, period, policy) = (SELECT json_extract(body, '$.contract'),"                       \
    " json_extract(body, '$.period'), json_extract(body, '$.policy') FROM outbox WHERE id = ?1)"

// --- approval
// ---------------------------------------------------------------------------------------

// What waits: held messages of one policy and period.
#define HELD_OF WAITING_PAYOUTS " AND p.period = ?2"

enum err_kind payment_plan_of(struct ledger *ledger, const char *policy, const char *period,
                              struct payment_plan *out, struct err *err)
{
    struct payment_plan plan = {0};
    struct hasher hasher = hasher_new();
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        ledger_db(ledger), "SELECT p.seq, o.key, p.amount, (SELECT count(*) FROM entry e"
                           " WHERE e.seq = p.decision AND e.text ->> 'quality' IS NOT NULL)" HELD_OF
                           " ORDER BY p.seq");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, period);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct payment_reference reference = payment_reference_of(row_text(stmt, 1));
        hasher_add_u64(&hasher, (uint64_t)row_int(stmt, 0));
        hasher_add(&hasher, reference.at, sizeof(reference.at));
        hasher_add_u64(&hasher, (uint64_t)row_int(stmt, 2));
        plan.doubtful += row_int(stmt, 3) > 0;
        plan.count++;
        if (__builtin_add_overflow(plan.total_vnd, row_int(stmt, 2), &plan.total_vnd))
            return err_set(err, ERR_BROKEN, "the payouts of %s, %s are more than can be counted",
                           policy, period);
    }
    if (failed)
        return failed;
    plan.hash = hasher_end(&hasher);
    *out = plan;
    return OK;
}

void payment_word_approval(struct act *act, const char *policy, const char *period,
                           const struct payment_plan *plan)
{
    struct hash_hex hash = hash_hex(plan->hash);
    act_about(act, "pay/%.60s/%.31s/%s", policy, period, hash.at);
    doc_put_int(act->text, "count", (int64_t)plan->count);
    doc_put_text(act->text, "period", period);
    doc_put_text(act->text, "plan", hash.at);
    doc_put_text(act->text, "policy", policy);
    doc_put_int(act->text, "total_vnd", plan->total_vnd);
}

// One row for each payout and person; the entry first.
static enum err_kind put_approvals(struct txn *txn, const struct payment_approval *approval,
                                   struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    int64_t seq;
    if (act_put(txn, approval->act, approval->at, &seq, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO approval (payout, by, seq) SELECT p.seq, ?3, ?4" HELD_OF
                    " ON CONFLICT (payout, by) DO NOTHING");
    stmt_text(stmt, 1, approval->policy);
    stmt_text(stmt, 2, approval->period);
    stmt_text(stmt, 3, approval->act->by);
    stmt_int(stmt, 4, seq);
    return stmt_run(stmt, err);
}

// The fewest people who approved any of what waits.
static enum err_kind fewest(struct db *db, const struct payment_approval *approval, int64_t *out,
                            struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT min((SELECT count(*) FROM approval a WHERE a.payout = p.seq))" HELD_OF);
    bool row = false;
    stmt_text(stmt, 1, approval->policy);
    stmt_text(stmt, 2, approval->period);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = row_int(stmt, 0);
    return OK;
}

// The act is worded before the transaction, and its entry is what gong ledger verify holds the
// approved payouts to. A drill's act is unsigned, and worded all the same.
static enum err_kind check_worded(const struct payment_approval *approval,
                                  const struct payment_plan *plan, struct err *err)
{
    const struct doc *text = approval->act->text;
    if (strcmp(doc_text(doc_get(text, "plan"), ""), hash_hex(plan->hash).at) == 0 &&
        doc_int(doc_get(text, "count"), -1) == (int64_t)plan->count &&
        doc_int(doc_get(text, "total_vnd"), -1) == plan->total_vnd)
        return OK;
    return err_set(err, ERR_REFUSED,
                   "the approval was worded for other payouts of %s, %s than wait now; look again "
                   "and approve anew: gong pay plan",
                   approval->policy, approval->period);
}

enum err_kind payment_approve(struct ledger *ledger, const struct payment_approval *approval,
                              struct payment_plan *plan, int64_t *missing, struct err *err)
{
    assert(approval->needed > 0);
    int64_t have = 0, needed = 0;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) ||
        payment_plan_of(ledger, approval->policy, approval->period, plan, err))
        return err_of(err);
    if (plan->count == 0)
        return err_set(err, ERR_MISSING, "no payout of %s, %s waits for approval", approval->policy,
                       approval->period);
    if (!hash_same(plan->hash, approval->hash))
        return err_set(err, ERR_REFUSED,
                       "the payouts of %s, %s are not those that were looked at; look again: gong "
                       "pay plan",
                       approval->policy, approval->period);
    if (check_worded(approval, plan, err) ||
        allow_people(ledger, approval->policy, approval->period, plan->total_vnd, approval->needed,
                     &needed, err) ||
        put_approvals(txn, approval, err) || fewest(ledger_db(ledger), approval, &have, err))
        return err_of(err);
    *missing = have < needed ? needed - have : 0;
    if (*missing == 0 && allow_release(txn, approval->at, approval->policy, approval->period, false,
                                       &plan->allowed, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

// --- intent and caps
// --------------------------------------------------------------------------------

struct due {
    int64_t payout, amount_vnd;
    char policy[64], period[32];
    char key[96];
    bool intended;    // before
    const char *over; // why it is never sent; NULL: it may be
};

static const char *over_by(const char *state)
{
    return strcmp(state, "paid") == 0       ? "its payout is paid"
           : strcmp(state, "returned") == 0 ? "its payout is paid, and returned"
                                            : NULL;
}

static enum err_kind find_due(struct db *db, int64_t message, struct due *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT p.seq, p.amount, p.policy, p.period, (SELECT key FROM outbox WHERE"
                    " id = ?1), EXISTS (SELECT 1 FROM intent i WHERE i.payout = p.seq),"
                    " p.state FROM payout p WHERE " PAYOUT_OF_MESSAGE);
    bool row = false;
    stmt_int(stmt, 1, message);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_BROKEN, "message %" PRId64 " stands for no payout", message);
    *out = (struct due){.payout = row_int(stmt, 0),
                        .amount_vnd = row_int(stmt, 1),
                        .intended = row_int(stmt, 5) != 0,
                        .over = over_by(row_text(stmt, 6))};
    row_copy(stmt, 2, out->policy, sizeof(out->policy));
    row_copy(stmt, 3, out->period, sizeof(out->period));
    row_copy(stmt, 4, out->key, sizeof(out->key));
    return OK;
}

int64_t payment_day(struct utc at)
{
    int64_t s = at.s + VIETNAM_OFFSET_S;
    return s >= 0 ? s / DAY_S : -((DAY_S - 1 - s) / DAY_S);
}

enum { WHAT_SIZE = 120 };
struct spent {
    char day[WHAT_SIZE], event[WHAT_SIZE];
};

static struct spent spent_of(const char *policy, const char *period, int64_t day)
{
    struct spent spent;
    (void)snprintf(spent.day, sizeof(spent.day), "day/%" PRId64, day);
    (void)snprintf(spent.event, sizeof(spent.event), "event/%s/%s", policy, period);
    return spent;
}

static enum err_kind add_spent(struct db *db, const char *what, int64_t amount, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO spent (what, amount) VALUES (?, ?)"
                                    " ON CONFLICT (what) DO UPDATE SET amount = spent.amount + ?2");
    stmt_text(stmt, 1, what);
    stmt_int(stmt, 2, amount);
    return stmt_run(stmt, err);
}

// What was spent on a day; or on an event and on all that was added to it since ("...+1"), which
// sorts between "...+" and "...,".
static enum err_kind get_spent(struct db *db, const char *what, int64_t *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT coalesce(sum(amount), 0) FROM spent WHERE what = ?1 OR"
                                    " (what >= ?1 || '+' AND what < ?1 || ',')");
    bool row = false;
    stmt_text(stmt, 1, what);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = row ? row_int(stmt, 0) : 0;
    return OK;
}

static enum err_kind check_cap(struct db *db, const char *what, int64_t amount, int64_t max,
                               bool *within, struct err *err)
{
    int64_t spent = 0, sum;
    if (max == 0)
        return OK;
    if (get_spent(db, what, &spent, err))
        return err_of(err);
    if (__builtin_add_overflow(spent, amount, &sum) || sum > max)
        *within = false;
    return OK;
}

static enum err_kind put_intent(struct db *db, const struct due *due, int64_t message,
                                struct utc at, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO intent (payout, message, reference, at, day)"
                                    " VALUES (?, ?, ?, ?, ?)");
    stmt_int(stmt, 1, due->payout);
    stmt_int(stmt, 2, message);
    stmt_text(stmt, 3, payment_reference_of(due->key).at);
    stmt_int(stmt, 4, at.s);
    stmt_int(stmt, 5, payment_day(at));
    return stmt_run(stmt, err);
}

// Which cap, if any, a payment would pass.
static enum err_kind check_caps(struct db *db, const struct due *due, const struct spent *spent,
                                const struct payment_caps *caps, struct payment_stop *stop,
                                struct err *err)
{
    bool day = true, event = true;
    if (!caps)
        return OK;
    char whole[WHAT_SIZE];
    (void)snprintf(whole, sizeof(whole), "%.*s", (int)strcspn(spent->event, "+"), spent->event);
    if (check_cap(db, spent->day, due->amount_vnd, caps->day_vnd_max, &day, err) ||
        check_cap(db, whole, due->amount_vnd, caps->event_vnd_max, &event, err))
        return err_of(err);
    if (!day || !event)
        stop->why = day ? "over pay_event_vnd_max" : "over pay_day_vnd_max";
    return OK;
}

enum err_kind payment_intend(struct db *db, int64_t message, struct utc at,
                             const struct payment_caps *caps, struct payment_stop *stop,
                             struct err *err)
{
    struct due due;
    *stop = (struct payment_stop){0};
    if (find_due(db, message, &due, err))
        return err_of(err);
    if (due.over) {
        *stop = (struct payment_stop){.why = due.over, .is_over = true};
        return OK;
    }
    struct spent spent = spent_of(due.policy, due.period, payment_day(at));
    if (due.intended)
        return payout_state_put(db, message, "sending", err);
    if (check_caps(db, &due, &spent, caps, stop, err))
        return err_of(err);
    if (stop->why)
        return payment_take_back(db, message, err);
    if (put_intent(db, &due, message, at, err) || add_spent(db, spent.day, due.amount_vnd, err) ||
        add_spent(db, spent.event, due.amount_vnd, err))
        return err_of(err);
    return payout_state_put(db, message, "sending", err);
}

enum err_kind payment_take_back(struct db *db, int64_t message, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        db, "UPDATE payout SET state = CASE WHEN EXISTS (SELECT 1 FROM approval a"
            " WHERE a.payout = payout.seq) OR EXISTS (SELECT 1 FROM reserve r WHERE r.payout ="
            " payout.seq) THEN 'approved' ELSE 'planned' END"
            " WHERE " PAYOUT_OF_MESSAGE " AND state NOT IN ('paid', 'returned')");
    stmt_int(stmt, 1, message);
    return stmt_run(stmt, err);
}

// --- evidence
// ---------------------------------------------------------------------------------------

void payment_rows_free(struct payment_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static struct payment_row payment_of_row(struct stmt *stmt)
{
    struct payment_row row = {.payout = row_int(stmt, 0),
                              .message = row_int(stmt, 1),
                              .amount_vnd = row_int(stmt, 7),
                              .at = {row_int(stmt, 8)}};
    row_copy(stmt, 2, row.reference, sizeof(row.reference));
    row_copy(stmt, 3, row.contract, sizeof(row.contract));
    row_copy(stmt, 4, row.period, sizeof(row.period));
    row_copy(stmt, 5, row.policy, sizeof(row.policy));
    row_copy(stmt, 6, row.state, sizeof(row.state));
    row_copy(stmt, 9, row.result, sizeof(row.result));
    return row;
}

#define PAYMENT_COLUMNS                                                                            \
    "SELECT i.payout, i.message, i.reference, p.contract, p.period, p.policy, p.state, p.amount,"  \
    " i.at, o.result FROM intent i JOIN payout p ON p.seq = i.payout JOIN outbox o ON"             \
    " o.id = i.message"

enum err_kind payment_list(struct ledger *ledger, const char *state, struct payment_rows *out,
                           struct err *err)
{
    AUTO(payment_rows_free) struct payment_rows rows = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), PAYMENT_COLUMNS
                                " WHERE ?1 IS NULL OR p.state = ?1 ORDER BY i.payout");
    stmt_text(stmt, 1, state);
    enum err_kind failed = OK;
    for (size_t room = 0; stmt_more(stmt, &failed, err);) {
        if (rows.count == room) {
            room = room ? 2 * room : 64;
            rows.at = mem_resize(rows.at, room, sizeof(*rows.at));
        }
        rows.at[rows.count++] = payment_of_row(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

static enum err_kind find_payment(struct db *db, const char *reference, struct payment_row *out,
                                  struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, PAYMENT_COLUMNS " WHERE i.reference = ?");
    bool row = false;
    stmt_text(stmt, 1, reference);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "no payout bears the reference %.40s", reference);
    *out = payment_of_row(stmt);
    return OK;
}

void payment_word_settle(struct act *act, const char *reference, const char *outcome,
                         const char *evidence)
{
    act_about(act, "payout/%.40s", reference);
    doc_put_text(act->text, "evidence", evidence);
    doc_put_text(act->text, "outcome", outcome);
    doc_put_text(act->text, "reference", reference);
}

// May this outcome follow this state?
static bool can_follow(const char *state, enum payment_outcome outcome)
{
    bool is_out = strcmp(state, "sending") == 0 || strcmp(state, "unknown") == 0;
    switch (outcome) {
    case PAYMENT_ACCEPTED:
        return is_out;
    case PAYMENT_REJECTED:
        return is_out || strcmp(state, "accepted") == 0;
    case PAYMENT_PAID: // money that moved is the truth, whatever was thought before
        return true;
    case PAYMENT_RETURNED:
        return strcmp(state, "paid") == 0;
    }
    return false;
}

// The message follows its payout.
static enum err_kind move_message(struct db *db, int64_t message, enum payment_outcome outcome,
                                  const char *result, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE outbox SET state = ?2, result = ?3, ask = 0,"
                                    " worker = '' WHERE id = ?1");
    enum outbox_state state = outcome == PAYMENT_REJECTED   ? OUTBOX_DEAD
                              : outcome == PAYMENT_ACCEPTED ? OUTBOX_UNKNOWN
                                                            : OUTBOX_DONE;
    stmt_int(stmt, 1, message);
    stmt_int(stmt, 2, state);
    stmt_text(stmt, 3, result);
    return stmt_run(stmt, err) ? err_of(err) : behind_wake(db, message, err);
}

static enum err_kind end_payout(struct txn *txn, int64_t message,
                                const struct payment_evidence *evidence, const char *result,
                                struct err *err)
{
    const char *outcome = payment_outcome_name(evidence->outcome);
    if (evidence->outcome == PAYMENT_ACCEPTED)
        return payout_state_put(ledger_db(txn_ledger(txn)), message, outcome, err);
    return payout_end(txn, message, evidence->at, outcome, result, err);
}

enum err_kind payment_prove(struct ledger *ledger, const struct payment_evidence *evidence,
                            bool *fresh, struct err *err)
{
    struct db *db = ledger_db(ledger);
    struct payment_row row;
    AUTO(ledger_undo) struct txn *txn = NULL;
    char result[200];
    *fresh = false;
    if (ledger_begin(ledger, &txn, err) || find_payment(db, evidence->reference, &row, err))
        return err_of(err);
    if (evidence->has_amount && evidence->amount_vnd != row.amount_vnd)
        return err_set(err, ERR_REFUSED,
                       "%s: %" PRId64 " đồng were to be paid, %s says %" PRId64
                       "; stop and look into it",
                       row.reference, row.amount_vnd, evidence->result, evidence->amount_vnd);
    const char *outcome = payment_outcome_name(evidence->outcome);
    if (strcmp(row.state, outcome) == 0)
        return OK;
    if ((evidence->outcome == PAYMENT_ACCEPTED && strcmp(row.state, "paid") == 0) ||
        (evidence->outcome == PAYMENT_PAID && strcmp(row.state, "returned") == 0))
        return OK; // an older word
    if (!can_follow(row.state, evidence->outcome))
        return err_set(err, ERR_REFUSED, "%s: %s says %s, the ledger says %s", row.reference,
                       evidence->result, outcome, row.state);
    (void)snprintf(result, sizeof(result), "%s%s%s", evidence->result, *evidence->by ? ", by " : "",
                   evidence->by);
    int64_t seq = 0;
    if (evidence->act && act_put(txn, evidence->act, evidence->at, &seq, err))
        return err_of(err);
    if (end_payout(txn, row.message, evidence, result, err) ||
        move_message(db, row.message, evidence->outcome, result, err) || ledger_commit(&txn, err))
        return err_of(err);
    *fresh = true;
    return OK;
}
