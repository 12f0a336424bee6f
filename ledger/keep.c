#include "ledger/keep.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <stdlib.h>
#include <string.h>

struct hashes {
    struct hash *at;
    size_t count, room;
};

static void hashes_free(struct hashes *hashes)
{
    mem_free(&hashes->at);
}

static void add(struct hashes *hashes, struct hash hash)
{
    if (hashes->count == hashes->room) {
        hashes->room = hashes->room ? hashes->room * 2 : 256;
        hashes->at = mem_resize(hashes->at, hashes->room, sizeof(*hashes->at));
    }
    hashes->at[hashes->count++] = hash;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_SIZE);
}

static bool holds(const struct hashes *hashes, struct hash hash)
{
    return hashes->count &&
           bsearch(&hash, hashes->at, hashes->count, sizeof(hash), by_bytes) != NULL;
}

// Files of the readings that `names` are of, and of the earlier revisions of the same steps.
#define FILES_OF(names)                                                                            \
    "WITH named(name) AS MATERIALIZED (SELECT j.value FROM batch b JOIN entry e ON e.seq = b.seq," \
    " " names ") SELECT DISTINCT was.raw FROM reading r"                                           \
    " JOIN reading was ON was.source = r.source AND was.variable = r.variable"                     \
    " AND was.boundary_set = r.boundary_set AND was.issued_at = r.issued_at"                       \
    " AND was.valid_to = r.valid_to AND was.valid_from = r.valid_from AND was.member = r.member"   \
    " AND was.revision <= r.revision WHERE lower(hex(r.hash)) IN (SELECT name FROM named)"

// What decisions stand on: the readings of communes, those of gauges (lists under the gauges'
// names) and the tracks that a basis names, and the files whose refusal it names.
static const char *const used_queries[] = {
    FILES_OF("json_each(e.text, '$.inputs.readings') AS j"),
    FILES_OF("json_tree(e.text, '$.inputs.stations') AS j WHERE j.type = 'text'"),
    "WITH named(name) AS MATERIALIZED (SELECT j.value FROM batch b JOIN entry e ON e.seq = b.seq,"
    " json_each(e.text, '$.inputs.tracks') AS j) SELECT DISTINCT was.raw FROM track t"
    " JOIN track was ON was.source = t.source AND was.storm = t.storm"
    " AND was.issued_at = t.issued_at AND was.member = t.member AND was.revision <= t.revision"
    " WHERE lower(hex(t.hash)) IN (SELECT name FROM named)",
    "WITH named(name) AS MATERIALIZED (SELECT e.text ->> '$.inputs.raw_refused' FROM batch b"
    " JOIN entry e ON e.seq = b.seq) SELECT DISTINCT hash FROM raw"
    " WHERE lower(hex(hash)) IN (SELECT name FROM named)",
};

static enum err_kind used(struct ledger *ledger, struct hashes *out, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(used_queries); i++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), used_queries[i]);
        enum err_kind failed = OK;
        while (stmt_more(stmt, &failed, err)) {
            add(out, row_hash(stmt, 0));
        }
        if (failed)
            return failed;
    }
    // And what these were read with.
    if (raw_add_bases(ledger, INT64_MAX, &out->at, &out->count, err))
        return err_of(err);
    if (out->count)
        qsort(out->at, out->count, sizeof(*out->at), by_bytes);
    return OK;
}

// Files with a later revision of one of this file's steps.
static const char *const later_queries[] = {
    "SELECT DISTINCT late.raw FROM reading r JOIN reading late ON late.source = r.source"
    " AND late.variable = r.variable AND late.boundary_set = r.boundary_set"
    " AND late.issued_at = r.issued_at AND late.valid_to = r.valid_to"
    " AND late.valid_from = r.valid_from AND late.member = r.member"
    " AND late.revision > r.revision WHERE r.raw = ?1 AND r.source = ?2 AND late.raw <> r.raw",
    "SELECT DISTINCT late.raw FROM track t JOIN track late ON late.source = t.source"
    " AND late.storm = t.storm AND late.issued_at = t.issued_at AND late.member = t.member"
    " AND late.revision > t.revision WHERE t.raw = ?1 AND t.source = ?2 AND late.raw <> t.raw",
    // and those that were read with the help of it
    "SELECT hash FROM raw_base WHERE base = ?1 AND source = ?2",
};

// `gone`: files that go in this run, sorted; and those that went before.
static enum err_kind is_followed(struct ledger *ledger, const char *source, struct hash hash,
                                 const struct hashes *gone, bool *followed, struct err *err)
{
    *followed = false;
    for (size_t i = 0; i < COUNT_OF(later_queries) && !*followed; i++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), later_queries[i]);
        stmt_hash(stmt, 1, &hash);
        stmt_text(stmt, 2, source);
        enum err_kind failed = OK;
        while (stmt_more(stmt, &failed, err)) {
            if (!holds(gone, row_hash(stmt, 0)))
                *followed = true;
        }
        if (failed)
            return failed;
    }
    return OK;
}

static int newest_first(const void *a, const void *b)
{
    const struct raw *x = a, *y = b;
    return (x->position < y->position) - (x->position > y->position);
}

static enum err_kind candidates(struct ledger *ledger, const char *source, struct utc before,
                                struct raws *out, struct hashes *gone, struct err *err)
{
    for (enum raw_state state = RAW_READ; state <= RAW_RELEASED; state++) {
        AUTO(raws_free) struct raws some = {0};
        if (raw_list(ledger, source, state, 0, &some, err))
            return err_of(err);
        for (size_t i = 0; i < some.count; i++) {
            if (state == RAW_RELEASED)
                add(gone, some.at[i].hash);
            if (state == RAW_RELEASED || some.at[i].fetched_at.s >= before.s)
                continue;
            out->at = mem_resize(out->at, out->count + 1, sizeof(*out->at));
            out->at[out->count++] = MOVE(some.at[i]);
        }
    }
    if (out->count)
        qsort(out->at, out->count, sizeof(*out->at), newest_first);
    if (gone->count)
        qsort(gone->at, gone->count, sizeof(*gone->at), by_bytes);
    return OK;
}

enum err_kind keep_free(struct ledger *ledger, const char *source, struct utc before,
                        struct raws *out, struct err *err)
{
    AUTO(hashes_free) struct hashes needed = {0};
    AUTO(hashes_free) struct hashes gone = {0};
    AUTO(raws_free) struct raws list = {0};
    size_t kept = 0;
    if (used(ledger, &needed, err) || candidates(ledger, source, before, &list, &gone, err))
        return err_of(err);
    for (size_t i = 0; i < list.count; i++) {
        bool stays = holds(&needed, list.at[i].hash);
        if (!stays && is_followed(ledger, source, list.at[i].hash, &gone, &stays, err))
            return err_of(err);
        if (stays) {
            raw_free(&list.at[i]);
            continue;
        }
        add(&gone, list.at[i].hash);
        qsort(gone.at, gone.count, sizeof(*gone.at), by_bytes);
        struct raw one = MOVE(list.at[i]);
        list.at[kept++] = one;
    }
    list.count = kept;
    *out = MOVE(list);
    return OK;
}

enum err_kind keep_release(struct txn *txn, const char *source, const struct raws *raws,
                           struct utc at, struct err *err)
{
    AUTO(doc_free) struct doc *body = doc_object();
    struct doc *list = doc_array();
    int64_t seq, bytes = 0;
    doc_put_text(body, "source", source);
    for (size_t i = 0; i < raws->count; i++) {
        doc_push_text(list, hash_hex(raws->at[i].hash).at);
        bytes += raws->at[i].bytes;
    }
    doc_put(body, "raw", list);
    doc_put_int(body, "bytes", bytes);
    if (ledger_append(txn, "released", at, body, &seq, NULL, err))
        return err_of(err);
    for (size_t i = 0; i < raws->count; i++) {
        const struct raw *raw = &raws->at[i];
        // Its own entry still says what became of it when it was read.
        if (raw_settle(txn, raw->hash, source, RAW_RELEASED, raw->why, raw->entry, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind keep_is_free(struct ledger *ledger, struct hash hash, bool *is_free, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT 1 FROM raw WHERE hash = ? AND state <> 3 LIMIT 1");
    bool row = false;
    stmt_hash(stmt, 1, &hash);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *is_free = !row;
    return OK;
}
