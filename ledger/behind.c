#include "ledger/behind.h"

#include "core/mem.h"
#include "ledger/hold.h"

#define WAITS "'waits behind an earlier one'"

// What waits behind "e": until its time, and for nothing of its own.
#define WAKE_BEHIND                                                                                \
    "UPDATE outbox SET due_ms = 0, result = '' WHERE id IN (SELECT w.id FROM outbox AS e"          \
    " JOIN outbox AS w ON w.channel = e.channel AND w.person = e.person AND w.due_ms = e.due_ms"   \
    " AND w.id > e.id WHERE w.state = 0 AND w.state IN (0, 2) AND w.due_ms <> 0"                   \
    " AND w.result = " WAITS " AND e.person <> '' AND e.due_ms <> 0 AND "

// What another transaction has in hand is passed over: that one ends it, or wakes it as well. By
// their ids alone: no other index leads to so few.
#define WAKE_END " /*pg FOR UPDATE OF w SKIP LOCKED*/) AND state + 0 = 0"

enum err_kind behind_wait(struct db *db, int64_t id, int64_t until_ms, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET due_ms = ?, result = " WAITS " WHERE id = ?");
    stmt_int(stmt, 1, until_ms);
    stmt_int(stmt, 2, id);
    return stmt_run(stmt, err);
}

enum err_kind behind_wake(struct db *db, int64_t id, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, WAKE_BEHIND "e.id = ?" WAKE_END);
    stmt_int(stmt, 1, id);
    return stmt_run(stmt, err);
}

enum err_kind behind_wake_thread(struct db *db, const char *channel, const char *thread,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, WAKE_BEHIND "e.state = 6 AND e.channel = ? AND e.thread = ?"
                                                " AND e.thread <> ''" WAKE_END);
    stmt_text(stmt, 1, channel);
    stmt_text(stmt, 2, thread);
    return stmt_run(stmt, err);
}

enum err_kind behind_wake_stale(struct db *db, const char *channel, int64_t now_s, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, WAKE_BEHIND "e.state = 0 AND e.channel = ? AND e.expires <= ?" WAKE_END);
    stmt_text(stmt, 1, channel);
    stmt_int(stmt, 2, now_s);
    return stmt_run(stmt, err);
}

enum err_kind behind_wake_stopped(struct db *db, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, WAKE_BEHIND "e.state = 0 AND e.attempt > 0 AND"
                                                " NOT" HOLD_NOT_STOPPED_IS("e") ")");
    return stmt_run(stmt, err);
}
