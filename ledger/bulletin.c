#include "ledger/bulletin.h"

#include "core/mem.h"
#include "ledger/db.h"

static void bind(struct stmt *stmt, const struct doc *body)
{
    stmt_text(stmt, 1, doc_text(doc_get(body, "source"), ""));
    stmt_text(stmt, 2, doc_text(doc_get(body, "identifier"), ""));
    stmt_text(stmt, 3, doc_text(doc_get(body, "sent"), ""));
}

static enum err_kind is_known(struct db *db, const struct doc *body, bool *known, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT 1 FROM bulletin WHERE source = ? AND identifier = ?"
                                    " AND sent = ?");
    bind(stmt, body);
    return stmt_next(stmt, known, err);
}

enum err_kind bulletin_find(struct ledger *ledger, const char *source, const char *identifier,
                            const char *sent, int64_t *seq, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT seq FROM bulletin WHERE source = ?"
                                                   " AND identifier = ? AND sent = ?");
    bool row = false;
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, identifier);
    stmt_text(stmt, 3, sent);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *seq = row ? row_int(stmt, 0) : 0;
    return OK;
}

enum err_kind bulletin_put(struct txn *txn, struct utc at, const struct doc *body, bool *fresh,
                           struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    bool known = false;
    int64_t seq;
    if (is_known(db, body, &known, err))
        return err_of(err);
    *fresh = !known;
    if (known)
        return OK;
    if (ledger_append(txn, "bulletin", at, body, &seq, NULL, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO bulletin (source, identifier, sent, seq)"
                                    " VALUES (?, ?, ?, ?)");
    bind(stmt, body);
    stmt_int(stmt, 4, seq);
    return stmt_run(stmt, err);
}
