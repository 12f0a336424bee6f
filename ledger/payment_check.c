#include "ledger/payment_check.h"

#include "core/doc.h"
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

// The payouts that stand under one approval.
struct approved {
    int64_t seq, count, total_vnd;
    struct hasher plan;
};

static enum err_kind count_earlier(struct ledger *ledger, int64_t seq, const struct doc *entry,
                                   int64_t *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT count(*) FROM approval a JOIN payout p ON p.seq ="
                                   " a.payout WHERE a.by = ? AND a.seq <= ? AND p.policy = ?"
                                   " AND p.period = ?");
    bool row = false;
    stmt_text(stmt, 1, doc_text(doc_get(entry, "by"), ""));
    stmt_int(stmt, 2, seq);
    stmt_text(stmt, 3, doc_text(doc_get(entry, "policy"), ""));
    stmt_text(stmt, 4, doc_text(doc_get(entry, "period"), ""));
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = row_int(stmt, 0);
    return OK;
}

// What a person signed is a plan: so many payouts, their sum and their hash. Payouts that the same
// person approved before keep their row, so fewer may stand under a later approval: then all that
// the person approved by then are at least as many.
static enum err_kind check_approved(struct ledger *ledger, const struct approved *approved,
                                    const struct doc *entry, bool *good, struct err *err)
{
    struct hasher plan = approved->plan;
    int64_t count = doc_int(doc_get(entry, "count"), 0), earlier = 0;
    *good = approved->count == count &&
            approved->total_vnd == doc_int(doc_get(entry, "total_vnd"), -1) &&
            strcmp(doc_text(doc_get(entry, "plan"), ""), hash_hex(hasher_end(&plan)).at) == 0;
    if (*good || approved->count >= count)
        return OK;
    if (count_earlier(ledger, approved->seq, entry, &earlier, err))
        return err_of(err);
    *good = earlier - approved->count > 0 && earlier >= count;
    return OK;
}

struct approvals {
    struct ledger *ledger;
    struct stmt *rows;
    bool row; // one is in hand
    int64_t bad_seq;
};

static void approvals_free(struct approvals *approvals)
{
    stmt_done(&approvals->rows);
}

// Rows of entries up to this one: those of an earlier one that is no approval were found before.
static enum err_kind take_approval(void *self, const struct entry *entry, struct err *err)
{
    struct approvals *approvals = self;
    struct approved approved = {.seq = entry->seq, .plan = hasher_new()};
    AUTO(doc_free) struct doc *doc = NULL;
    bool good = false;
    if (approvals->bad_seq)
        return OK;
    for (; approvals->row && row_int(approvals->rows, 0) <= entry->seq; approved.count++) {
        struct payment_reference reference = payment_reference_of(row_text(approvals->rows, 2));
        hasher_add_u64(&approved.plan, (uint64_t)row_int(approvals->rows, 1));
        hasher_add(&approved.plan, reference.at, sizeof(reference.at));
        hasher_add_u64(&approved.plan, (uint64_t)row_int(approvals->rows, 3));
        // A sum that is beyond all counting is not the one that was signed.
        (void)__builtin_add_overflow(approved.total_vnd, row_int(approvals->rows, 3),
                                     &approved.total_vnd);
        if (stmt_next(approvals->rows, &approvals->row, err))
            return err_of(err);
    }
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err) ||
        check_approved(approvals->ledger, &approved, doc, &good, err))
        return err_of(err);
    approvals->bad_seq = good ? 0 : entry->seq;
    return OK;
}

enum err_kind approvals_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    AUTO(approvals_free)
    struct approvals approvals = {
        .ledger = ledger,
        .rows = stmt_of(ledger_db(ledger), "SELECT a.seq, p.seq, 'pay/' || p.contract || '/' ||"
                                           " p.period || '/' || p.policy, p.amount FROM approval a"
                                           " JOIN payout p ON p.seq = a.payout ORDER BY a.seq,"
                                           " p.seq")};
    if (stmt_next(approvals.rows, &approvals.row, err) ||
        ledger_walk(ledger, 1, "approval", take_approval, &approvals, err))
        return err_of(err);
    *bad_seq = approvals.bad_seq;
    return OK;
}

enum err_kind payments_verify(struct ledger *ledger, struct err *err)
{
    struct db *db = ledger_db(ledger);
    return check_intents(db, err) ? err_of(err) : check_sums(db, err);
}
