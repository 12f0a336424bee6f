#include "ledger/raw.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <stdio.h>

void raw_free(struct raw *raw)
{
    mem_free(&raw->url);
    mem_free(&raw->why);
}

void raws_free(struct raws *raws)
{
    for (size_t i = 0; i < raws->count; i++)
        raw_free(&raws->at[i]);
    mem_free(&raws->at);
    raws->count = 0;
}

void raws_add_new(struct raws *list, size_t from, struct raws *more)
{
    for (size_t i = 0; i < more->count; i++) {
        size_t k = from;
        while (k < list->count && !hash_same(list->at[k].hash, more->at[i].hash))
            k++;
        if (k < list->count)
            continue;
        list->at = mem_resize(list->at, list->count + 1, sizeof(*list->at));
        list->at[list->count++] = more->at[i];
        more->at[i] = (struct raw){0};
    }
}

enum err_kind raw_put(struct txn *txn, const struct raw *raw, bool *fresh, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(txn_ledger(txn)),
                "INSERT INTO raw (hash, source, url, fetched_at, bytes, state, why, entry)"
                " VALUES (?, ?, ?, ?, ?, ?, '', 0) ON CONFLICT (hash, source) DO NOTHING");
    stmt_hash(stmt, 1, &raw->hash);
    stmt_text(stmt, 2, raw->source);
    stmt_text(stmt, 3, raw->url);
    stmt_int(stmt, 4, raw->fetched_at.s);
    stmt_int(stmt, 5, raw->bytes);
    stmt_int(stmt, 6, RAW_FETCHED);
    if (stmt_run(stmt, err))
        return err->kind;
    *fresh = stmt_changes(stmt) == 1;
    return OK;
}

enum err_kind raw_settle(struct txn *txn, struct hash hash, const char *source,
                         enum raw_state state, const char *why, int64_t entry, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(txn_ledger(txn)),
                "UPDATE raw SET state = ?, why = ?, entry = ? WHERE hash = ? AND source = ?");
    stmt_int(stmt, 1, state);
    stmt_text(stmt, 2, why);
    stmt_int(stmt, 3, entry);
    stmt_hash(stmt, 4, &hash);
    stmt_text(stmt, 5, source);
    if (stmt_run(stmt, err))
        return err->kind;
    if (stmt_changes(stmt) != 1)
        return err_set(err, ERR_MISSING, "source %s has no raw file %.12s", source,
                       hash_hex(hash).at);
    return OK;
}

enum err_kind raw_bring(struct txn *txn, const struct raw *raw, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(txn_ledger(txn)),
                "UPDATE raw SET url = ?, fetched_at = ? WHERE hash = ? AND source = ?");
    stmt_text(stmt, 1, raw->url);
    stmt_int(stmt, 2, raw->fetched_at.s);
    stmt_hash(stmt, 3, &raw->hash);
    stmt_text(stmt, 4, raw->source);
    return stmt_run(stmt, err);
}

static struct raw raw_of_row(struct stmt *stmt)
{
    struct raw raw = {
        .position = row_int(stmt, 0),
        .hash = row_hash(stmt, 1),
        .url = mem_text(row_text(stmt, 3)),
        .fetched_at = {row_int(stmt, 4)},
        .bytes = row_int(stmt, 5),
        .state = (enum raw_state)row_int(stmt, 6),
        .why = mem_text(row_text(stmt, 7)),
        .entry = row_int(stmt, 8),
    };
    row_copy(stmt, 2, raw.source, sizeof(raw.source));
    return raw;
}

static enum err_kind take_rows(struct stmt *stmt, struct raws *out, struct err *err)
{
    AUTO(raws_free) struct raws raws = {0};
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        raws.at = mem_resize(raws.at, raws.count + 1, sizeof(*raws.at));
        raws.at[raws.count++] = raw_of_row(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(raws);
    return OK;
}

enum err_kind raw_list(struct ledger *ledger, const char *source, enum raw_state state,
                       int64_t after, struct raws *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT position, hash, source, url, fetched_at, bytes, state,"
                                   " why, entry FROM raw WHERE (?1 IS NULL OR source = ?1)"
                                   " AND (state = ?2 OR state = 0 AND entry <> 0 AND ?2 ="
                                   " CASE WHEN why = '' THEN 1 ELSE 2 END)"
                                   " AND position > ?3 ORDER BY position");
    stmt_text(stmt, 1, source);
    stmt_int(stmt, 2, state);
    stmt_int(stmt, 3, after);
    if (take_rows(stmt, out, err))
        return err_of(err);
    for (size_t i = 0; i < out->count; i++)
        out->at[i].state = state;
    return OK;
}

enum err_kind raw_known_url(struct ledger *ledger, const char *source, const char *url, bool *known,
                            struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT 1 FROM raw WHERE source = ?1 AND url = ?2 UNION ALL"
                                   " SELECT 1 FROM origin WHERE source = ?1 AND url = ?2 LIMIT 1");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    return stmt_next(stmt, known, err);
}

enum err_kind raw_get(struct ledger *ledger, const char *source, struct hash hash, bool *found,
                      struct raw *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT position, hash, source, url, fetched_at, bytes, state,"
                                   " why, entry FROM raw WHERE hash = ? AND source = ?");
    stmt_hash(stmt, 1, &hash);
    stmt_text(stmt, 2, source);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (*found)
        *out = raw_of_row(stmt);
    return OK;
}

enum err_kind raw_find(struct ledger *ledger, const char *source, const char *url, bool *found,
                       struct raw *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT position, hash, source, url, fetched_at, bytes, state,"
                                   " why, entry FROM raw WHERE source = ? AND url = ?"
                                   " ORDER BY position DESC LIMIT 1");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (*found)
        *out = raw_of_row(stmt);
    return OK;
}

enum err_kind raw_partner(struct ledger *ledger, const char *source, const char *url,
                          int64_t position, bool *found, struct raw *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT position, hash, source, url, fetched_at, bytes, state,"
                                   " why, entry FROM raw WHERE source = ?1 AND url = ?2 ORDER BY"
                                   " CASE WHEN state <> 0 THEN 1 WHEN position < ?3 THEN 0 ELSE 2"
                                   " END, CASE WHEN state <> 0 THEN -position ELSE position END"
                                   " LIMIT 1");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    stmt_int(stmt, 3, position);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (*found)
        *out = raw_of_row(stmt);
    return OK;
}

enum err_kind raw_entry_of(struct ledger *ledger, const char *source, struct hash hash,
                           int64_t *seq, struct err *err)
{
    bool found = false;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT entry FROM raw WHERE hash = ?"
                                   " ORDER BY CASE WHEN source = ? THEN 0 ELSE 1 END, position"
                                   " LIMIT 1");
    stmt_hash(stmt, 1, &hash);
    stmt_text(stmt, 2, source);
    *seq = 0;
    if (stmt_next(stmt, &found, err))
        return err_of(err);
    *seq = found ? row_int(stmt, 0) : 0;
    return OK;
}

enum err_kind raw_state_of(struct ledger *ledger, const char *source, struct hash hash,
                           enum raw_state *out, struct err *err)
{
    bool found = false;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT state FROM raw WHERE hash = ? AND source = ?");
    stmt_hash(stmt, 1, &hash);
    stmt_text(stmt, 2, source);
    if (stmt_next(stmt, &found, err))
        return err_of(err);
    *out = found ? (enum raw_state)row_int(stmt, 0) : RAW_FETCHED;
    return OK;
}

enum err_kind raw_base_put(struct txn *txn, const char *source, struct hash hash, struct hash base,
                           struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO raw_base (source, hash, base) VALUES (?, ?, ?)"
                                " ON CONFLICT (source, hash, base) DO NOTHING");
    stmt_text(stmt, 1, source);
    stmt_hash(stmt, 2, &hash);
    stmt_hash(stmt, 3, &base);
    return stmt_run(stmt, err);
}

enum err_kind raw_base_last(struct ledger *ledger, const char *source, const char *url, bool *found,
                            bool *tried, struct raw *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        ledger_db(ledger),
        "SELECT b.position, b.hash, b.source, b.url, b.fetched_at, b.bytes, b.state, b.why,"
        " b.entry, CASE WHEN u.base IS NULL THEN 0 ELSE 1 END FROM raw b LEFT JOIN (SELECT w.base "
        "AS base, max(CASE r.why"
        " WHEN '' THEN r.entry ELSE 0 END) AS last FROM raw_base w JOIN raw r ON r.hash = w.hash"
        " AND r.source = w.source WHERE w.source = ?1 GROUP BY w.base) AS u ON u.base = b.hash"
        " WHERE b.source = ?1 AND b.url = ?2 AND b.state = ?3 AND coalesce(u.last, b.entry) > 0"
        " ORDER BY coalesce(u.last, b.entry) DESC LIMIT 1");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    stmt_int(stmt, 3, RAW_READ);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (*found) {
        *out = raw_of_row(stmt);
        *tried = row_int(stmt, 9) != 0;
    }
    return OK;
}

enum err_kind raw_list_based(struct ledger *ledger, const char *source, const char *url,
                             struct raws *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT position, hash, source, url, fetched_at, bytes, state, why, entry"
                " FROM raw WHERE source = ?1 AND state = ?3 AND url <> ?2 AND hash IN"
                " (SELECT w.hash FROM raw_base w JOIN raw b ON b.hash = w.base AND"
                " b.source = w.source WHERE w.source = ?1 AND b.url = ?2)"
                " AND NOT EXISTS (SELECT 1 FROM raw n WHERE n.source = raw.source AND"
                " n.url = raw.url AND n.state = ?3 AND n.position > raw.position)"
                " ORDER BY entry, position");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, url);
    stmt_int(stmt, 3, RAW_READ);
    return take_rows(stmt, out, err);
}

static bool has_hash(const struct hash *hash, size_t count, struct hash one)
{
    for (size_t i = 0; i < count; i++) {
        if (hash_same(hash[i], one))
            return true;
    }
    return false;
}

enum err_kind raw_add_bases(struct ledger *ledger, int64_t upto, struct hash **hash, size_t *count,
                            struct err *err)
{
    for (size_t i = 0; i < *count; i++) { // what is added is looked at as well
        AUTO(stmt_done)
        struct stmt *stmt = stmt_of(
            ledger_db(ledger), "SELECT base FROM raw_base WHERE hash = ?1 AND NOT EXISTS (SELECT 1"
                               " FROM raw WHERE raw.hash = raw_base.base AND"
                               " raw.source = raw_base.source AND raw.entry > ?2) ORDER BY base");
        stmt_hash(stmt, 1, &(*hash)[i]);
        stmt_int(stmt, 2, upto);
        enum err_kind failed = OK;
        while (stmt_more(stmt, &failed, err)) {
            struct hash base = row_hash(stmt, 0);
            if (has_hash(*hash, *count, base))
                continue;
            *hash = mem_resize(*hash, *count + 1, sizeof(**hash));
            (*hash)[(*count)++] = base;
        }
        if (failed)
            return failed;
    }
    return OK;
}

enum err_kind source_state_put(struct txn *txn, const struct source_state *state, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO source_state (source, late_after_s,"
                                " tried_at, complaint) VALUES (?, ?, ?, ?) ON CONFLICT (source)"
                                " DO UPDATE SET late_after_s = excluded.late_after_s,"
                                " tried_at = excluded.tried_at, complaint = excluded.complaint");
    stmt_text(stmt, 1, state->source);
    stmt_int(stmt, 2, state->late_after_s);
    stmt_int(stmt, 3, state->tried_at.s);
    stmt_text(stmt, 4, state->complaint);
    return stmt_run(stmt, err);
}
