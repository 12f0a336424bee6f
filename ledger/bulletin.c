#include "ledger/bulletin.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/feed.h"

const char bulletin_relay_source[] = "cap-relay";

static void bind(struct stmt *stmt, const struct doc *body)
{
    stmt_text(stmt, 1, doc_text(doc_get(body, "source"), ""));
    stmt_text(stmt, 2, doc_text(doc_get(body, "identifier"), ""));
    stmt_text(stmt, 3, doc_text(doc_get(body, "sent"), ""));
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

// Whether an entry is only a feed's, which says where the warning lies.
static enum err_kind is_pointer(struct ledger *ledger, int64_t seq, bool *pointer, struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    if (ledger_entry_doc(ledger, seq, &body, err))
        return err_of(err);
    *pointer = *doc_text(doc_get(body, "link"), "") != '\0';
    return OK;
}

enum err_kind bulletin_put(struct txn *txn, struct utc at, const struct doc *body, bool *fresh,
                           struct err *err)
{
    struct ledger *ledger = txn_ledger(txn);
    int64_t seq = 0;
    bool pointer = false;
    if (bulletin_find(ledger, doc_text(doc_get(body, "source"), ""),
                      doc_text(doc_get(body, "identifier"), ""),
                      doc_text(doc_get(body, "sent"), ""), &seq, err))
        return err_of(err);
    bool known = seq != 0, whole = *doc_text(doc_get(body, "link"), "") == '\0';
    if (known && whole && is_pointer(ledger, seq, &pointer, err))
        return err_of(err);
    *fresh = !known || pointer;
    if (!*fresh)
        return OK;
    if (ledger_append(txn, "bulletin", at, body, &seq, NULL, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "INSERT INTO bulletin (source, identifier, sent, seq)"
                                   " VALUES (?, ?, ?, ?) ON CONFLICT (source, identifier, sent)"
                                   " DO UPDATE SET seq = excluded.seq");
    bind(stmt, body);
    stmt_int(stmt, 4, seq);
    return stmt_run(stmt, err);
}

// Where the last list of a source stands is a place in the ledger, as a reader's is.
static void name_place(struct buf *out, const char *source)
{
    buf_print(out, "standing/%s", source);
}

enum err_kind bulletin_standing(struct ledger *ledger, const char *source, struct doc **body,
                                struct err *err)
{
    AUTO(buf_free) struct buf name = buf_new(KEY_MAX);
    int64_t seq = 0;
    *body = NULL;
    name_place(&name, source);
    if (feed_place(ledger, name.at, &seq, err))
        return err_of(err);
    if (seq == 0)
        return OK;
    return ledger_entry_doc(ledger, seq, body, err);
}

enum err_kind bulletin_stand(struct txn *txn, struct utc at, const struct doc *body, int64_t *seq,
                             struct err *err)
{
    AUTO(buf_free) struct buf name = buf_new(KEY_MAX);
    name_place(&name, doc_text(doc_get(body, "source"), ""));
    if (ledger_append(txn, "standing", at, body, seq, NULL, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO reader (name, place) VALUES (?, ?)"
                                " ON CONFLICT (name) DO UPDATE SET place = excluded.place");
    stmt_text(stmt, 1, name.at);
    stmt_int(stmt, 2, *seq);
    return stmt_run(stmt, err);
}
