#include "ledger/origin.h"

#include "core/mem.h"
#include "ledger/db.h"

void origins_free(struct origins *origins)
{
    for (size_t i = 0; i < origins->count; i++) {
        struct origin *one = &origins->at[i];
        mem_free(&one->url);
        mem_free(&one->from);
        mem_free(&one->address);
        mem_free(&one->headers);
        mem_free(&one->checked);
    }
    mem_free(&origins->at);
    origins->count = 0;
}

enum err_kind origin_put(struct txn *txn, const struct origin *origin, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(txn_ledger(txn)),
                "INSERT INTO origin (hash, source, url, came_from, address, began_at, ended_at,"
                " status, bytes, resumed_from, headers, checked)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    stmt_hash(stmt, 1, &origin->hash);
    stmt_text(stmt, 2, origin->source);
    stmt_text(stmt, 3, origin->url);
    stmt_text(stmt, 4, origin->from);
    stmt_text(stmt, 5, origin->address);
    stmt_int(stmt, 6, origin->began_at.s);
    stmt_int(stmt, 7, origin->ended_at.s);
    stmt_int(stmt, 8, origin->status);
    stmt_int(stmt, 9, origin->bytes);
    stmt_int(stmt, 10, origin->resumed_from);
    stmt_text(stmt, 11, origin->headers);
    stmt_text(stmt, 12, origin->checked);
    return stmt_run(stmt, err);
}

enum err_kind origin_newest(struct ledger *ledger, const char *source, const char *url, bool *found,
                            struct hash *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT hash FROM origin WHERE source = ? AND"
                                                   " url = ? ORDER BY id DESC LIMIT 1");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (*found)
        *out = row_hash(stmt, 0);
    return OK;
}

enum err_kind origin_list(struct ledger *ledger, struct hash hash, struct origins *out,
                          struct err *err)
{
    AUTO(origins_free) struct origins list = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT source, url, came_from, address, began_at, ended_at,"
                                   " status, bytes, resumed_from, headers, checked FROM origin"
                                   " WHERE hash = ? ORDER BY id");
    stmt_hash(stmt, 1, &hash);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        list.at = mem_resize(list.at, list.count + 1, sizeof(*list.at));
        struct origin *one = &list.at[list.count++];
        *one = (struct origin){
            .hash = hash,
            .url = mem_text(row_text(stmt, 1)),
            .from = mem_text(row_text(stmt, 2)),
            .address = mem_text(row_text(stmt, 3)),
            .began_at = {row_int(stmt, 4)},
            .ended_at = {row_int(stmt, 5)},
            .status = row_int(stmt, 6),
            .bytes = row_int(stmt, 7),
            .resumed_from = row_int(stmt, 8),
            .headers = mem_text(row_text(stmt, 9)),
            .checked = mem_text(row_text(stmt, 10)),
        };
        row_copy(stmt, 0, one->source, sizeof(one->source));
    }
    if (failed)
        return failed;
    *out = MOVE(list);
    return OK;
}

enum err_kind address_get(struct ledger *ledger, const char *source, const char *url,
                          struct address *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT etag, last_modified, checked_at, next_at, failures, why"
                                   " FROM address WHERE source = ? AND url = ?");
    bool row = false;
    struct address address = {.checked_at = UTC_NEVER, .next_at = UTC_NEVER};
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (row) {
        row_copy(stmt, 0, address.etag, sizeof(address.etag));
        row_copy(stmt, 1, address.last_modified, sizeof(address.last_modified));
        address.checked_at.s = row_int(stmt, 2);
        address.next_at.s = row_int(stmt, 3);
        address.failures = row_int(stmt, 4);
        row_copy(stmt, 5, address.why, sizeof(address.why));
    }
    *out = address;
    return OK;
}

enum err_kind address_put(struct txn *txn, const char *source, const char *url,
                          const struct address *address, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(txn_ledger(txn)),
                "INSERT INTO address (source, url, etag, last_modified, checked_at,"
                " next_at, failures, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, url)"
                " DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified,"
                " checked_at = excluded.checked_at, next_at = excluded.next_at,"
                " failures = excluded.failures, why = excluded.why");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    stmt_text(stmt, 3, address->etag);
    stmt_text(stmt, 4, address->last_modified);
    stmt_int(stmt, 5, address->checked_at.s);
    stmt_int(stmt, 6, address->next_at.s);
    stmt_int(stmt, 7, address->failures);
    stmt_text(stmt, 8, address->why);
    return stmt_run(stmt, err);
}
