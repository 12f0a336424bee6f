#include "ledger/feed.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum err_kind feed_place(struct ledger *ledger, const char *reader, int64_t *place, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT place FROM reader WHERE name = ?");
    bool row = false;
    stmt_text(stmt, 1, reader);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *place = row ? row_int(stmt, 0) : 0;
    return OK;
}

enum err_kind feed_read(struct ledger *ledger, int64_t after, size_t max, struct outbox_items *out,
                        struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT seq, text FROM entry WHERE seq > ?"
                                                   " ORDER BY seq LIMIT ?");
    AUTO(outbox_items_free) struct outbox_items items = {0};
    assert(max > 0);
    stmt_int(stmt, 1, after);
    stmt_int(stmt, 2, (int64_t)max);
    for (;;) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row || items.count == max)
            break;
        if (!items.at)
            items.at = mem_new(max, sizeof(*items.at));
        struct outbox_item *item = &items.at[items.count++];
        item->id = row_int(stmt, 0);
        item->attempt = 1;
        item->lane = OUTBOX_LANE_REST;
        item->expires = UTC_NEVER;
        item->body = mem_text(row_text(stmt, 1));
        (void)snprintf(item->key, sizeof(item->key), "entry/%" PRId64, item->id);
    }
    *out = MOVE(items);
    return OK;
}

enum err_kind feed_advance(struct ledger *ledger, const struct feed_step *step, size_t count,
                           struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin_lazy(ledger, &txn, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++) {
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(ledger_db(ledger), "INSERT INTO reader (name, place) VALUES (?, ?)"
                                       " ON CONFLICT (name) DO UPDATE SET"
                                       " place = max(reader.place, excluded.place)");
        stmt_text(stmt, 1, step[i].reader);
        stmt_int(stmt, 2, step[i].place);
        if (stmt_run(stmt, err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}
