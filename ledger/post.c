#include "ledger/post.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <inttypes.h>
#include <string.h>

// Who is there, and until when; `*there` false when nobody ever was.
static enum err_kind find(struct db *db, const char *name, struct post *out, int64_t *until_ms,
                          bool *there, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT holder, fence, until_ms FROM post WHERE name = ?");
    stmt_text(stmt, 1, name);
    if (stmt_next(stmt, there, err))
        return err_of(err);
    if (!*there)
        return OK;
    row_copy(stmt, 0, out->holder, sizeof(out->holder));
    out->fence = row_int(stmt, 1);
    *until_ms = row_int(stmt, 2);
    return OK;
}

static enum err_kind put(struct db *db, const struct post *post, int64_t until_ms, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO post (name, holder, fence, until_ms) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,"
                    " fence = excluded.fence, until_ms = excluded.until_ms");
    stmt_text(stmt, 1, post->name);
    stmt_text(stmt, 2, post->holder);
    stmt_int(stmt, 3, post->fence);
    stmt_int(stmt, 4, until_ms);
    return stmt_run(stmt, err);
}

enum err_kind post_take(struct ledger *ledger, struct post *post, int64_t now_ms, int64_t until_ms,
                        struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct post old = {.fence = 0};
    int64_t old_until_ms = 0;
    bool there = false;
    if (ledger_begin(ledger, &txn, err) ||
        find(ledger_db(ledger), post->name, &old, &old_until_ms, &there, err))
        return err_of(err);
    if (there && old_until_ms > now_ms && strcmp(old.holder, post->holder) != 0)
        return err_set(err, ERR_REFUSED,
                       "another %s works at this store, from another folder or machine, and holds "
                       "its post for %" PRId64 " s yet; stop that one first, or wait",
                       post->name, (old_until_ms - now_ms + 999) / 1000);
    struct post next = *post;
    next.fence = old.fence + 1;
    if (put(ledger_db(ledger), &next, until_ms, err) || ledger_commit(&txn, err))
        return err_of(err);
    *post = next;
    return OK;
}

static enum err_kind taken(const struct post *post, struct err *err)
{
    return err_set(err, ERR_REFUSED,
                   "another %s took over while this one was away; this one writes nothing more",
                   post->name);
}

enum err_kind post_keep(struct ledger *ledger, const struct post *post, int64_t until_ms,
                        struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "UPDATE post SET until_ms = ? WHERE name = ?"
                                                   " AND fence = ?");
    stmt_int(stmt, 1, until_ms);
    stmt_text(stmt, 2, post->name);
    stmt_int(stmt, 3, post->fence);
    if (ledger_begin(ledger, &txn, err) || stmt_run(stmt, err))
        return err_of(err);
    if (stmt_changes(stmt) != 1)
        return taken(post, err);
    return ledger_commit(&txn, err);
}

enum err_kind post_leave(struct ledger *ledger, const struct post *post, struct err *err)
{
    return post_keep(ledger, post, 0, err);
}

enum err_kind post_check(struct db *db, const struct post *post, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT 1 FROM post WHERE name = ? AND fence = ?"
                                    " /*pg FOR SHARE*/");
    bool ours = false;
    stmt_text(stmt, 1, post->name);
    stmt_int(stmt, 2, post->fence);
    if (stmt_next(stmt, &ours, err))
        return err_of(err);
    return ours ? OK : taken(post, err);
}
