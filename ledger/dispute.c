#include "ledger/dispute.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/db.h"

#include <inttypes.h>
#include <string.h>

void dispute_rows_free(struct dispute_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

enum err_kind dispute_list(struct ledger *ledger, const char *contract, struct dispute_rows *out,
                           struct err *err)
{
    AUTO(dispute_rows_free) struct dispute_rows rows = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT seq, contract, decision, due, answered, closed, outcome"
                                   " FROM dispute WHERE ?1 IS NULL OR contract = ?1 ORDER BY seq");
    stmt_text(stmt, 1, contract);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        rows.at = mem_resize(rows.at, rows.count + 1, sizeof(*rows.at));
        struct dispute_row *one = &rows.at[rows.count++];
        *one = (struct dispute_row){.seq = row_int(stmt, 0),
                                    .decision = row_int(stmt, 2),
                                    .due = {row_int(stmt, 3)},
                                    .answered = row_int(stmt, 4),
                                    .closed = row_int(stmt, 5)};
        row_copy(stmt, 1, one->contract, sizeof(one->contract));
        row_copy(stmt, 6, one->outcome, sizeof(one->outcome));
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

bool dispute_is_overdue(const struct dispute_row *row, struct utc now)
{
    return !row->answered && !row->closed && now.s > row->due.s;
}

void dispute_word_open(struct act *act, const char *contract, int64_t decision, struct utc due,
                       const char *why)
{
    act_about(act, "contract/%.47s/%" PRId64, contract, decision);
    doc_put_text(act->text, "contract", contract);
    doc_put_int(act->text, "decision", decision);
    doc_put_text(act->text, "due", utc_text(due).at);
    doc_put_text(act->text, "why", why);
}

// One case at a time about one decision for one contract: two would have two deadlines.
static enum err_kind check_not_open(struct ledger *ledger, const char *contract, int64_t decision,
                                    struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT min(seq) FROM dispute WHERE contract = ?"
                                                   " AND decision = ? AND closed = 0");
    bool row = false;
    stmt_text(stmt, 1, contract);
    stmt_int(stmt, 2, decision);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    return row && row_int(stmt, 0)
               ? err_set(err, ERR_REFUSED,
                         "dispute %" PRId64 " about decision %" PRId64 " for contract %s is open",
                         row_int(stmt, 0), decision, contract)
               : OK;
}

enum err_kind dispute_open(struct ledger *ledger, const struct act *act, struct utc at,
                           struct utc due, int64_t *seq, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    const char *contract = doc_text(doc_get(act->text, "contract"), "");
    int64_t decision = doc_int(doc_get(act->text, "decision"), 0);
    if (ledger_begin(ledger, &txn, err) || check_not_open(ledger, contract, decision, err) ||
        act_put(txn, act, at, seq, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "INSERT INTO dispute (seq, contract, decision,"
                                                   " due, answered, closed, outcome) VALUES"
                                                   " (?, ?, ?, ?, 0, 0, '')");
    stmt_int(stmt, 1, *seq);
    stmt_text(stmt, 2, contract);
    stmt_int(stmt, 3, decision);
    stmt_int(stmt, 4, due.s);
    if (stmt_run(stmt, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

static void word(struct act *act, int64_t dispute, const char *why)
{
    act_about(act, "dispute/%" PRId64, dispute);
    doc_put_int(act->text, "dispute", dispute);
    doc_put_text(act->text, "why", why);
}

void dispute_word_answer(struct act *act, int64_t dispute, const char *why, struct hash receipt)
{
    word(act, dispute, why);
    doc_put_text(act->text, "receipt", hash_hex(receipt).at);
}

static enum err_kind find_open(struct ledger *ledger, int64_t dispute, bool *answered,
                               struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT answered FROM dispute WHERE seq = ? AND"
                                                   " closed = 0");
    bool row = false;
    stmt_int(stmt, 1, dispute);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "no dispute %" PRId64 " is open; see gong dispute list",
                       dispute);
    *answered = row_int(stmt, 0) != 0;
    return OK;
}

enum err_kind dispute_answer(struct ledger *ledger, const struct act *act, struct utc at,
                             struct err *err)
{
    int64_t seq, dispute = doc_int(doc_get(act->text, "dispute"), 0);
    bool answered = false;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || find_open(ledger, dispute, &answered, err) ||
        act_put(txn, act, at, &seq, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "UPDATE dispute SET answered = ?2 WHERE seq = ?1");
    stmt_int(stmt, 1, dispute);
    stmt_int(stmt, 2, seq);
    if (stmt_run(stmt, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

enum err_kind dispute_word_close(struct act *act, int64_t dispute, const char *outcome,
                                 const char *why, struct err *err)
{
    if (strcmp(outcome, "upheld") != 0 && strcmp(outcome, "rejected") != 0 &&
        strcmp(outcome, "withdrawn") != 0)
        return err_usage(err, "--outcome is \"%.40s\"; write upheld, rejected or withdrawn",
                         outcome);
    word(act, dispute, why);
    doc_put_text(act->text, "outcome", outcome);
    return OK;
}

enum err_kind dispute_close(struct ledger *ledger, const struct act *act, struct utc at,
                            struct err *err)
{
    int64_t seq, dispute = doc_int(doc_get(act->text, "dispute"), 0);
    const char *outcome = doc_text(doc_get(act->text, "outcome"), "");
    bool answered = false;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || find_open(ledger, dispute, &answered, err) ||
        act_not_own(ledger, act, "dispute-answer", err))
        return err_of(err);
    if (!answered && strcmp(outcome, "withdrawn") != 0)
        return err_set(err, ERR_REFUSED,
                       "dispute %" PRId64 " was not answered yet: gong dispute answer", dispute);
    if (act_put(txn, act, at, &seq, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "UPDATE dispute SET closed = ?2, outcome = ?3"
                                                   " WHERE seq = ?1");
    stmt_int(stmt, 1, dispute);
    stmt_int(stmt, 2, seq);
    stmt_text(stmt, 3, outcome);
    if (stmt_run(stmt, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}
