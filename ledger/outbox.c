#include "ledger/outbox.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[OUTBOX_STATES] = {
    [OUTBOX_READY] = "ready", [OUTBOX_LEASED] = "leased", [OUTBOX_UNKNOWN] = "unknown",
    [OUTBOX_DONE] = "done",   [OUTBOX_DEAD] = "dead",     [OUTBOX_EXPIRED] = "expired",
};

const char *outbox_state_name(enum outbox_state state)
{
    return state_names[state];
}

void outbox_item_free(struct outbox_item *item)
{
    mem_free(&item->body);
}

void outbox_items_free(struct outbox_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        outbox_item_free(&items->at[i]);
    mem_free(&items->at);
    items->count = 0;
}

static enum err_kind is_same_message(struct db *db, const struct outbox_item *item, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "SELECT body FROM outbox WHERE key = ?");
    bool row = false;
    stmt_text(stmt, 1, item->key);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row || strcmp(row_text(stmt, 0), item->body) != 0)
        return err_set(err, ERR_BROKEN, "another message has the key %s already", item->key);
    return OK;
}

enum err_kind outbox_put(struct txn *txn, const struct outbox_item *item, bool *fresh,
                         struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO outbox (channel, key, person, contract, lane, expires, cause,"
                    " body, state, ask, attempt, due_ms, lease_until_ms, worker, result)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '', '')"
                    " ON CONFLICT (key) DO NOTHING");
    stmt_text(stmt, 1, item->channel);
    stmt_text(stmt, 2, item->key);
    stmt_text(stmt, 3, item->person);
    stmt_text(stmt, 4, item->contract);
    stmt_int(stmt, 5, item->lane);
    stmt_int(stmt, 6, item->expires.s);
    stmt_int(stmt, 7, item->cause);
    stmt_text(stmt, 8, item->body);
    if (stmt_run(stmt, err))
        return err->kind;
    *fresh = stmt_changes(stmt) == 1;
    return *fresh ? OK : is_same_message(db, item, err);
}

// --- taking
// ---------------------------------------------------------------------------------------

static enum err_kind expire(struct db *db, const struct outbox_claim *claim, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET state = 5, result = 'not sent in time' WHERE state = 0"
                    " AND channel = ? AND expires > ? AND expires <= ?");
    stmt_text(stmt, 1, claim->channel);
    stmt_int(stmt, 2, UTC_NEVER.s);
    stmt_int(stmt, 3, claim->now.s);
    return stmt_run(stmt, err);
}

static bool has_person(const struct outbox_items *items, const char *person)
{
    for (size_t i = 0; *person && i < items->count; i++) {
        if (strcmp(items->at[i].person, person) == 0)
            return true;
    }
    return false;
}

static struct outbox_item item_of_row(struct stmt *stmt)
{
    struct outbox_item item = {
        .id = row_int(stmt, 0),
        .lane = (int32_t)row_int(stmt, 5),
        .expires = {row_int(stmt, 6)},
        .cause = row_int(stmt, 7),
        .body = mem_text(row_text(stmt, 8)),
        .attempt = row_int(stmt, 9) + 1,
        .ask = row_int(stmt, 10) == OUTBOX_UNKNOWN,
    };
    row_copy(stmt, 1, item.channel, sizeof(item.channel));
    row_copy(stmt, 2, item.key, sizeof(item.key));
    row_copy(stmt, 3, item.person, sizeof(item.person));
    row_copy(stmt, 4, item.contract, sizeof(item.contract));
    return item;
}

// Collects due items of one state.
static enum err_kind choose(struct db *db, const struct outbox_claim *claim,
                            enum outbox_state state, struct outbox_items *items, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT id, channel, key, person, contract, lane, expires, cause, body,"
                    " attempt, state FROM outbox AS o WHERE channel = ?1 AND state = ?2"
                    " AND state IN (0, 2) AND due_ms <= ?3 AND (person = '' OR NOT EXISTS"
                    " (SELECT 1 FROM outbox AS f WHERE f.state = 1 AND f.channel = ?1"
                    " AND f.person = o.person)) ORDER BY lane, id");
    stmt_text(stmt, 1, claim->channel);
    stmt_int(stmt, 2, state);
    stmt_int(stmt, 3, claim->now_ms);
    while (items->count < claim->max) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err->kind;
        if (!row)
            break;
        if (!has_person(items, row_text(stmt, 3)))
            items->at[items->count++] = item_of_row(stmt);
    }
    return OK;
}

static enum err_kind lease(struct db *db, const struct outbox_claim *claim,
                           const struct outbox_items *items, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET ask = (state = 2), state = 1, attempt = attempt + 1,"
                    " worker = ?, lease_until_ms = ? WHERE id = ?");
    for (size_t i = 0; i < items->count; i++) {
        stmt_text(stmt, 1, claim->worker);
        stmt_int(stmt, 2, claim->lease_until_ms);
        stmt_int(stmt, 3, items->at[i].id);
        if (stmt_run(stmt, err))
            return err->kind;
    }
    return OK;
}

enum err_kind outbox_take(struct ledger *ledger, const struct outbox_claim *claim,
                          struct outbox_items *out, struct err *err)
{
    struct db *db = ledger_db(ledger);
    AUTO(outbox_items_free) struct outbox_items items = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    assert(claim->max > 0 && claim->lease_until_ms > claim->now_ms);
    items.at = mem_new(claim->max, sizeof(*items.at));
    if (ledger_begin(ledger, &txn, err) || expire(db, claim, err) ||
        choose(db, claim, OUTBOX_UNKNOWN, &items, err) ||
        choose(db, claim, OUTBOX_READY, &items, err) || lease(db, claim, &items, err) ||
        ledger_commit(&txn, err))
        return err->kind;
    *out = MOVE(items);
    return OK;
}

// --- what became of it
// ----------------------------------------------------------------------------

// The row as it stands now.
struct standing {
    enum outbox_state state;
    int64_t attempt;
    bool ask, is_pay;
};

static enum err_kind find(struct db *db, int64_t id, int64_t attempt, struct standing *out,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT state, attempt, ask, channel = 'pay' FROM outbox WHERE id = ?");
    bool row = false;
    stmt_int(stmt, 1, id);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_INPUT, "the outbox has no message %" PRId64, id);
    *out = (struct standing){.state = (enum outbox_state)row_int(stmt, 0),
                             .attempt = row_int(stmt, 1),
                             .ask = row_int(stmt, 2) != 0,
                             .is_pay = row_int(stmt, 3) != 0};
    if (attempt > out->attempt)
        return err_set(err, ERR_INPUT, "message %" PRId64 " never had an attempt %" PRId64, id,
                       attempt);
    return OK;
}

static bool in_hand(const struct standing *standing, int64_t attempt)
{
    return standing->attempt == attempt && standing->state == OUTBOX_LEASED;
}

static enum err_kind move(struct db *db, int64_t id, enum outbox_state state, int64_t due_ms,
                          const char *result, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE outbox SET state = ?, due_ms = ?, result = ?, ask = 0,"
                                    " worker = '' WHERE id = ?");
    stmt_int(stmt, 1, state);
    stmt_int(stmt, 2, due_ms);
    stmt_text(stmt, 3, result);
    stmt_int(stmt, 4, id);
    return stmt_run(stmt, err);
}

// The payout that a "pay" message stands for.
#define PAYOUT_OF_MESSAGE                                                                          \
    "(contract, period, policy) = (SELECT json_extract(body, '$.contract'),"                       \
    " json_extract(body, '$.period'), json_extract(body, '$.policy') FROM outbox WHERE id = ?1)"

static enum err_kind set_payout_state(struct db *db, int64_t id, const char *state, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE payout SET state = ?2 WHERE " PAYOUT_OF_MESSAGE);
    stmt_int(stmt, 1, id);
    stmt_text(stmt, 2, state);
    return stmt_run(stmt, err);
}

// The entry that says how a payment ended.
static enum err_kind append_payment(struct txn *txn, int64_t id, struct utc at, const char *outcome,
                                    const char *result, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT seq, contract, period, policy, amount, currency"
                                    " FROM payout WHERE " PAYOUT_OF_MESSAGE);
    bool row = false;
    int64_t seq;
    stmt_int(stmt, 1, id);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return err_set(err, ERR_BROKEN, "message %" PRId64 " stands for no payout", id);
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_int(body, "amount", row_int(stmt, 4));
    doc_put_text(body, "contract", row_text(stmt, 1));
    doc_put_text(body, "currency", row_text(stmt, 5));
    doc_put_text(body, "outcome", outcome);
    doc_put_int(body, "payout", row_int(stmt, 0));
    doc_put_text(body, "period", row_text(stmt, 2));
    doc_put_text(body, "policy", row_text(stmt, 3));
    doc_put_text(body, "result", result);
    if (ledger_append(txn, "payment", at, body, &seq, NULL, err))
        return err->kind;
    return set_payout_state(db, id, outcome, err);
}

static enum err_kind done_one(struct txn *txn, const struct outbox_done *done, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    struct standing standing;
    if (find(db, done->id, done->attempt, &standing, err))
        return err->kind;
    if (standing.state == OUTBOX_DONE)
        return OK;
    if (move(db, done->id, OUTBOX_DONE, 0, done->result, err))
        return err->kind;
    return standing.is_pay ? append_payment(txn, done->id, done->at, "paid", done->result, err)
                           : OK;
}

enum err_kind outbox_done_many(struct ledger *ledger, const struct outbox_done *done, size_t count,
                               struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err))
        return err->kind;
    for (size_t i = 0; i < count; i++) {
        if (done_one(txn, &done[i], err))
            return err->kind;
    }
    return ledger_commit(&txn, err);
}

enum err_kind outbox_done(struct ledger *ledger, int64_t id, int64_t attempt, struct utc at,
                          const char *result, struct err *err)
{
    struct outbox_done done = {id, attempt, at, result};
    return outbox_done_many(ledger, &done, 1, err);
}

enum err_kind outbox_absent(struct ledger *ledger, int64_t id, int64_t attempt, struct err *err)
{
    struct db *db = ledger_db(ledger);
    struct standing standing;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || find(db, id, attempt, &standing, err))
        return err_of(err);
    if (!in_hand(&standing, attempt) || !standing.ask)
        return OK;
    if (move(db, id, OUTBOX_READY, 0, "", err) ||
        (standing.is_pay && set_payout_state(db, id, "planned", err)))
        return err->kind;
    return ledger_commit(&txn, err);
}

static enum err_kind refuse(struct txn *txn, int64_t id, bool is_pay, struct utc at,
                            const char *why, struct err *err)
{
    if (move(ledger_db(txn_ledger(txn)), id, OUTBOX_DEAD, 0, why, err))
        return err->kind;
    return is_pay ? append_payment(txn, id, at, "rejected", why, err) : OK;
}

enum err_kind outbox_retry(struct ledger *ledger, int64_t id, int64_t attempt,
                           int64_t not_before_ms, int64_t attempts_max, const char *why,
                           struct err *err)
{
    struct db *db = ledger_db(ledger);
    struct standing standing;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || find(db, id, attempt, &standing, err))
        return err_of(err);
    if (!in_hand(&standing, attempt))
        return OK;
    // Who asks what became of a payment asks until there is an answer.
    bool over = attempt >= attempts_max && !standing.ask;
    struct utc at = {not_before_ms / 1000};
    enum outbox_state next = standing.ask ? OUTBOX_UNKNOWN : OUTBOX_READY;
    if (over ? refuse(txn, id, standing.is_pay, at, why, err)
             : move(db, id, next, not_before_ms, why, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

enum err_kind outbox_refused(struct ledger *ledger, int64_t id, int64_t attempt, struct utc at,
                             const char *why, struct err *err)
{
    struct standing standing;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || find(ledger_db(ledger), id, attempt, &standing, err))
        return err->kind;
    if (!in_hand(&standing, attempt))
        return OK;
    if (refuse(txn, id, standing.is_pay, at, why, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

// --- leases that are over, and counts
// ---------------------------------------------------------------

static enum err_kind mark_unknown(struct db *db, int64_t now_ms, const char *worker,
                                  struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE payout SET state = 'unknown' WHERE (contract, period, policy) IN"
                    " (SELECT json_extract(body, '$.contract'), json_extract(body, '$.period'),"
                    " json_extract(body, '$.policy') FROM outbox WHERE state = 1"
                    " AND channel = 'pay' AND (worker = ?2 OR (?2 IS NULL"
                    " AND lease_until_ms <= ?1)))");
    stmt_int(stmt, 1, now_ms);
    stmt_text(stmt, 2, worker);
    return stmt_run(stmt, err);
}

enum err_kind outbox_reclaim(struct ledger *ledger, int64_t now_ms, const char *worker,
                             size_t *count, struct err *err)
{
    struct db *db = ledger_db(ledger);
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || mark_unknown(db, now_ms, worker, err))
        return err->kind;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET state = CASE channel WHEN 'pay' THEN 2 ELSE 0 END,"
                    " worker = '', ask = 0 WHERE state = 1 AND (worker = ?2 OR (?2 IS NULL"
                    " AND lease_until_ms <= ?1))");
    stmt_int(stmt, 1, now_ms);
    stmt_text(stmt, 2, worker);
    if (stmt_run(stmt, err))
        return err->kind;
    *count = (size_t)stmt_changes(stmt);
    return ledger_commit(&txn, err);
}

enum err_kind outbox_count(struct ledger *ledger, const char *channel, int64_t count[OUTBOX_STATES],
                           struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT state, count(*) FROM outbox WHERE ?1 IS NULL"
                                   " OR channel = ?1 GROUP BY state");
    memset(count, 0, OUTBOX_STATES * sizeof(*count));
    stmt_text(stmt, 1, channel);
    for (;;) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err->kind;
        if (!row)
            return OK;
        int64_t state = row_int(stmt, 0);
        if (state < 0 || state >= OUTBOX_STATES)
            return err_set(err, ERR_BROKEN, "the outbox has a message in no known state");
        count[state] = row_int(stmt, 1);
    }
}

enum err_kind outbox_next_due_ms(struct ledger *ledger, const char *channel, int64_t *due_ms,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT min(CASE state WHEN 1 THEN lease_until_ms ELSE due_ms"
                                   " END) FROM outbox WHERE channel = ? AND state IN (0, 1, 2)");
    bool row = false;
    stmt_text(stmt, 1, channel);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    *due_ms = row && !row_null(stmt, 0) ? row_int(stmt, 0) : INT64_MAX;
    return OK;
}
