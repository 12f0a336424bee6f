#include "ledger/outbox_view.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <inttypes.h>

const char *const evidence_names[EVIDENCE_KINDS] = {"none", "accepted", "buffered", "delivered",
                                                    "failed"};

static enum err_kind since_of(struct ledger *ledger, int64_t cause, struct utc *out,
                              struct err *err)
{
    AUTO(doc_free) struct doc *entry = NULL;
    if (ledger_entry_doc(ledger, cause, &entry, err))
        return err_of(err);
    return utc_parse(str_of(doc_text(doc_get(entry, "at"), "")), out, err);
}

enum err_kind outbox_view(struct ledger *ledger, int64_t id, struct outbox_view *out,
                          struct err *err)
{
    struct outbox_view view = {.id = id};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT channel, key, person, contract, state, evidence,"
                                   " attempt, due_ms, expires, cause, result FROM outbox"
                                   " WHERE id = ?");
    bool row = false;
    stmt_int(stmt, 1, id);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "there is no message %" PRId64, id);
    row_copy(stmt, 0, view.channel, sizeof(view.channel));
    row_copy(stmt, 1, view.key, sizeof(view.key));
    row_copy(stmt, 2, view.person, sizeof(view.person));
    row_copy(stmt, 3, view.contract, sizeof(view.contract));
    int64_t state = row_int(stmt, 4), evidence = row_int(stmt, 5);
    if (state < 0 || state >= OUTBOX_STATES || evidence < 0 || evidence >= EVIDENCE_KINDS)
        return err_set(err, ERR_BROKEN, "message %" PRId64 " is in no known state", id);
    view.state = (enum outbox_state)state;
    view.evidence = (enum evidence_kind)evidence;
    view.attempt = row_int(stmt, 6);
    view.due_ms = row_int(stmt, 7);
    view.expires = (struct utc){row_int(stmt, 8)};
    if (view.expires.s == INT64_MAX) // so that it sorts behind all that is ever stale
        view.expires = UTC_NEVER;
    view.cause = row_int(stmt, 9);
    row_copy(stmt, 10, view.result, sizeof(view.result));
    if (since_of(ledger, view.cause, &view.since, err))
        return err_of(err);
    *out = view;
    return OK;
}

enum err_kind outbox_view_oldest(struct ledger *ledger, const char *channel,
                                 struct outbox_view *out, bool *some, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger),
                                "SELECT min(id) FROM (SELECT min(id) AS id FROM outbox"
                                " WHERE channel = ?1 AND state IN (0, 2) AND due_ms = 0 UNION ALL"
                                " SELECT min(id) FROM outbox WHERE channel = ?1 AND state IN (0, 2)"
                                " AND due_ms <> 0) AS o");
    bool row = false;
    stmt_text(stmt, 1, channel);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *some = row && !row_null(stmt, 0);
    return *some ? outbox_view(ledger, row_int(stmt, 0), out, err) : OK;
}
