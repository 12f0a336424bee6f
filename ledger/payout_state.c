#include "ledger/payout_state.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/db.h"

#include <inttypes.h>

// The payout that a "pay" message stands for.
#define PAYOUT_OF_MESSAGE                                                                          \
    "(contract, period, policy) = (SELECT json_extract(body, '$.contract'),"                       \
    " json_extract(body, '$.period'), json_extract(body, '$.policy') FROM outbox WHERE id = ?1)"

// What is rejected may be spent on others; what turns out not to be rejected counts again.
static enum err_kind count_spent(struct db *db, int64_t message, const char *state, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE spent SET amount = amount + (SELECT CASE WHEN state ="
                    " 'rejected' THEN amount ELSE 0 END - CASE WHEN ?2 = 'rejected' THEN amount"
                    " ELSE 0 END FROM payout WHERE " PAYOUT_OF_MESSAGE ") WHERE what IN"
                    " (SELECT 'day/' || day FROM intent WHERE message = ?1 UNION ALL"
                    " SELECT 'event/' || policy || '/' || period FROM payout JOIN intent ON"
                    " payout = seq WHERE message = ?1)");
    stmt_int(stmt, 1, message);
    stmt_text(stmt, 2, state);
    return stmt_run(stmt, err);
}

// Why nothing was changed: there is no such payout (a message may stand for none), or it is paid.
static enum err_kind refuse_paid(struct db *db, int64_t message, const char *state, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT state FROM payout WHERE " PAYOUT_OF_MESSAGE);
    bool row = false;
    stmt_int(stmt, 1, message);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    return row ? err_set(err, ERR_REFUSED,
                         "message %" PRId64 ": its payout is %s and never becomes %s; see"
                         " gong reconcile",
                         message, row_text(stmt, 0), state)
               : OK;
}

enum err_kind payout_state_put(struct db *db, int64_t message, const char *state, struct err *err)
{
    if (count_spent(db, message, state, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE payout SET state = ?2 WHERE " PAYOUT_OF_MESSAGE
                                    " AND (state NOT IN ('paid', 'returned')"
                                    " OR ?2 IN ('paid', 'returned'))");
    stmt_int(stmt, 1, message);
    stmt_text(stmt, 2, state);
    if (stmt_run(stmt, err))
        return err_of(err);
    return stmt_changes(stmt) > 0 ? OK : refuse_paid(db, message, state, err);
}

enum err_kind payout_end(struct txn *txn, int64_t message, struct utc at, const char *outcome,
                         const char *result, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT seq, contract, period, policy, amount, currency"
                                    " FROM payout WHERE " PAYOUT_OF_MESSAGE);
    bool row = false;
    int64_t seq;
    stmt_int(stmt, 1, message);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return err_set(err, ERR_BROKEN, "message %" PRId64 " stands for no payout", message);
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
    return payout_state_put(db, message, outcome, err);
}
