#include "ledger/left_out.h"

#include "core/mem.h"
#include "core/text.h"
#include "ledger/db.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void left_outs_free(struct left_outs *list)
{
    mem_free(&list->at);
    list->count = 0;
}

static bool holds(const struct left_outs *list, const struct left_out *one)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i].kind, one->kind) == 0 && strcmp(list->at[i].why, one->why) == 0)
            return true;
    }
    return false;
}

void left_outs_add(struct left_outs *list, const char *kind, const char *why)
{
    struct left_out one = {.since = UTC_NEVER};
    (void)snprintf(one.kind, sizeof(one.kind), "%s", kind);
    (void)snprintf(one.why, sizeof(one.why), "%s", why);
    text_clean(one.why); // it may hold bytes of a file, and be cut
    if (holds(list, &one))
        return;
    list->at = mem_resize(list->at, list->count + 1, sizeof(*list->at));
    list->at[list->count++] = one;
}

enum err_kind left_out_list(struct ledger *ledger, struct left_outs *out, struct err *err)
{
    AUTO(left_outs_free) struct left_outs list = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT kind, why, since FROM left_out WHERE"
                                                   " gone = 0 ORDER BY kind, why");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        left_outs_add(&list, row_text(stmt, 0), row_text(stmt, 1));
        list.at[list.count - 1].since = (struct utc){row_int(stmt, 2)};
    }
    if (failed)
        return failed;
    *out = MOVE(list);
    return OK;
}

static enum err_kind end_one(struct db *db, const struct left_out *one, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE left_out SET gone = 1 WHERE kind = ?1 AND why = ?2 AND gone = 0");
    stmt_text(stmt, 1, one->kind);
    stmt_text(stmt, 2, one->why);
    return stmt_run(stmt, err);
}

static enum err_kind begin_one(struct db *db, const struct left_out *one, struct utc at,
                               struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO left_out (kind, why, since, gone) VALUES"
                                    " (?1, ?2, ?3, 0) ON CONFLICT (kind, why) DO UPDATE SET"
                                    " since = ?3, gone = 0");
    stmt_text(stmt, 1, one->kind);
    stmt_text(stmt, 2, one->why);
    stmt_int(stmt, 3, at.s);
    return stmt_run(stmt, err);
}

enum err_kind left_out_put(struct ledger *ledger, const struct left_outs *list, struct utc at,
                           struct err *err)
{
    AUTO(left_outs_free) struct left_outs before = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    size_t kept = 0;
    if (left_out_list(ledger, &before, err))
        return err_of(err);
    for (size_t i = 0; i < before.count; i++)
        kept += holds(list, &before.at[i]);
    if (kept == before.count && kept == list->count)
        return OK;
    if (ledger_begin(ledger, &txn, err))
        return err_of(err);
    for (size_t i = 0; i < before.count; i++) {
        if (!holds(list, &before.at[i]) && end_one(ledger_db(ledger), &before.at[i], err))
            return err_of(err);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!holds(&before, &list->at[i]) && begin_one(ledger_db(ledger), &list->at[i], at, err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}
