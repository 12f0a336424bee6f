#include "ledger/payment_check.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/payment.h"

#include <inttypes.h>
#include <string.h>

static enum err_kind check_intents(struct db *db, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT i.payout, i.reference, i.at, i.day, o.key FROM intent i"
                                    " JOIN outbox o ON o.id = i.message ORDER BY i.payout");
    enum err_kind failed = OK;
    stmt_stream(stmt);
    while (stmt_more(stmt, &failed, err)) {
        struct payment_reference reference = payment_reference_of(row_text(stmt, 4));
        if (strcmp(row_text(stmt, 1), reference.at) != 0)
            return err_set(err, ERR_BROKEN,
                           "the intent of payout %" PRId64 " has another reference than its "
                           "message's key gives: it was changed",
                           row_int(stmt, 0));
        if (row_int(stmt, 3) != payment_day((struct utc){row_int(stmt, 2)}))
            return err_set(err, ERR_BROKEN,
                           "the intent of payout %" PRId64 " counts for another day than that of "
                           "its time: it was changed",
                           row_int(stmt, 0));
    }
    return failed;
}

// A sum that is 0 may be there or not: a payout that was rejected leaves it.
static enum err_kind check_sums(struct db *db, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        db, "SELECT what, CAST(sum(said) AS INTEGER), CAST(sum(due) AS INTEGER) FROM (SELECT what,"
            " amount AS said, 0 AS due FROM spent UNION ALL SELECT 'day/' || i.day, 0, p.amount"
            " FROM intent i JOIN payout p ON p.seq = i.payout WHERE p.state <> 'rejected'"
            " UNION ALL SELECT 'event/' || p.policy || '/' || p.period, 0, p.amount"
            " FROM intent i JOIN payout p ON p.seq = i.payout WHERE p.state <> 'rejected') AS sums"
            " GROUP BY what HAVING sum(said) <> sum(due) ORDER BY what LIMIT 1");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return OK;
    return err_set(err, ERR_BROKEN,
                   "the sum that caps are held to for %s is %" PRId64 ", its payouts are %" PRId64
                   ": it was changed",
                   row_text(stmt, 0), row_int(stmt, 1), row_int(stmt, 2));
}

enum err_kind payments_verify(struct ledger *ledger, struct err *err)
{
    struct db *db = ledger_db(ledger);
    return check_intents(db, err) ? err_of(err) : check_sums(db, err);
}
