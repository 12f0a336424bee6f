#include "ledger/reading.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/stored.h"

#include <assert.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "readings are stored little-endian");

static void add_text(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, text, strlen(text) + 1);
}

struct hash reading_hash(const struct reading *reading)
{
    const struct reading_meta *meta = &reading->meta;
    struct hasher hasher = hasher_new();
    add_text(&hasher, meta->source);
    add_text(&hasher, meta->variable);
    add_text(&hasher, meta->boundary_set);
    hasher_add_u64(&hasher, (uint64_t)meta->valid_from.s);
    hasher_add_u64(&hasher, (uint64_t)meta->valid_to.s);
    hasher_add_u64(&hasher, (uint64_t)meta->issued_at.s);
    hasher_add_u64(&hasher, (uint64_t)(int64_t)meta->member);
    hasher_add_u64(&hasher, (uint64_t)(int64_t)meta->revision);
    hasher_add(&hasher, meta->raw.at, HASH_SIZE);
    hasher_add(&hasher, meta->weights.at, HASH_SIZE);
    hasher_add_u64(&hasher, reading->communes);
    hasher_add(&hasher, reading->value, reading->communes * sizeof(*reading->value));
    hasher_add(&hasher, reading->cover, reading->communes * sizeof(*reading->cover));
    return hasher_end(&hasher);
}

// Coverage is nearly always whole: that is stored as no bytes at all.
static bool is_whole(const uint16_t *cover, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cover[i] != READING_COVER_FULL)
            return false;
    }
    return true;
}

static struct str cover_bytes(const struct reading *reading)
{
    if (is_whole(reading->cover, reading->communes))
        return (struct str){"", 0};
    return (struct str){(const char *)reading->cover, reading->communes * sizeof(*reading->cover)};
}

static void cover_of_bytes(struct str bytes, uint16_t *cover, size_t count)
{
    if (bytes.len)
        memcpy(cover, bytes.at, count * sizeof(*cover));
    else
        for (size_t i = 0; i < count; i++)
            cover[i] = READING_COVER_FULL;
}

static bool same_bytes(struct str a, const void *at, size_t len)
{
    return a.len == len && (len == 0 || memcmp(a.at, at, len) == 0);
}

// Binds the step's key as parameters 1..7.
static void bind_step(struct stmt *stmt, const struct reading_meta *meta)
{
    stmt_text(stmt, 1, meta->source);
    stmt_text(stmt, 2, meta->variable);
    stmt_text(stmt, 3, meta->boundary_set);
    stmt_int(stmt, 4, meta->issued_at.s);
    stmt_int(stmt, 5, meta->valid_to.s);
    stmt_int(stmt, 6, meta->valid_from.s);
    stmt_int(stmt, 7, meta->member);
}

// Finds the newest revision of the step: `*revision` is the one to write next; `*same` when the
// newest says the same.
static enum err_kind find_newest(struct db *db, const struct reading *reading, int32_t *revision,
                                 bool *same, struct hash *hash, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT revision, value, cover, hash FROM reading WHERE source = ?"
                    " AND variable = ? AND boundary_set = ? AND issued_at = ? AND valid_to = ?"
                    " AND valid_from = ? AND member = ? ORDER BY revision DESC LIMIT 1");
    bool row = false;
    bind_step(stmt, &reading->meta);
    *revision = 0;
    *same = false;
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return OK;
    struct str cover = cover_bytes(reading);
    *revision = (int32_t)row_int(stmt, 0) + 1;
    *same = same_bytes(row_bytes(stmt, 1), reading->value,
                       reading->communes * sizeof(*reading->value)) &&
            same_bytes(row_bytes(stmt, 2), cover.at, cover.len);
    *hash = row_hash(stmt, 3);
    return OK;
}

enum err_kind reading_put(struct txn *txn, const struct reading *reading, bool *fresh,
                          struct hash *hash, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    struct reading next = *reading;
    bool same;
    assert(reading->communes > 0);
    if (find_newest(db, reading, &next.meta.revision, &same, hash, err))
        return err->kind;
    *fresh = !same;
    if (same)
        return OK;
    *hash = reading_hash(&next);
    struct str cover = cover_bytes(reading);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO reading (source, variable, boundary_set, issued_at, valid_to,"
                    " valid_from, member, revision, raw, weights, received_at, hash, value, cover)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_step(stmt, &next.meta);
    stmt_int(stmt, 8, next.meta.revision);
    stmt_hash(stmt, 9, &next.meta.raw);
    stmt_hash(stmt, 10, &next.meta.weights);
    stmt_int(stmt, 11, next.meta.received_at.s);
    stmt_hash(stmt, 12, hash);
    stmt_bytes(stmt, 13, reading->value, reading->communes * sizeof(*reading->value));
    stmt_bytes(stmt, 14, cover.at, cover.len);
    return stmt_run(stmt, err) ? err_of(err)
                               : stored_reading(txn, hash, next.meta.received_at.s, err);
}

void readings_free(struct readings *readings)
{
    mem_free(&readings->meta);
    mem_free(&readings->hash);
    mem_free(&readings->value);
    mem_free(&readings->cover);
    mem_free(&readings->counted);
    mem_free(&readings->near);
    mem_free(&readings->memo);
    readings->near_count = 0;
    readings->count = readings->communes = 0;
}

#define META_COLUMNS                                                                               \
    "source, variable, boundary_set, issued_at, valid_to, valid_from, member, revision, raw,"      \
    " weights, received_at, hash, value, cover"

static struct reading_meta meta_of_row(struct stmt *stmt)
{
    struct reading_meta meta = {
        .issued_at = {row_int(stmt, 3)},
        .valid_to = {row_int(stmt, 4)},
        .valid_from = {row_int(stmt, 5)},
        .member = (int32_t)row_int(stmt, 6),
        .revision = (int32_t)row_int(stmt, 7),
        .raw = row_hash(stmt, 8),
        .weights = row_hash(stmt, 9),
        .received_at = {row_int(stmt, 10)},
    };
    row_copy(stmt, 0, meta.source, sizeof(meta.source));
    row_copy(stmt, 1, meta.variable, sizeof(meta.variable));
    row_copy(stmt, 2, meta.boundary_set, sizeof(meta.boundary_set));
    return meta;
}

static bool same_step(const struct reading_meta *a, const struct reading_meta *b)
{
    return a->valid_to.s == b->valid_to.s && a->valid_from.s == b->valid_from.s &&
           a->member == b->member && a->issued_at.s == b->issued_at.s &&
           strcmp(a->source, b->source) == 0 && strcmp(a->variable, b->variable) == 0;
}

// Which places of a row are wanted; `place` NULL: all.
struct pick {
    const size_t *place;
    size_t count;
};

static enum err_kind check_size(const struct readings *readings, const struct pick *pick,
                                const struct reading_meta *meta, struct str value, struct str cover,
                                struct err *err)
{
    size_t communes = value.len / sizeof(int32_t);
    bool as_before = pick->place || readings->count == 0 || communes == readings->communes;
    if (communes == 0 || !as_before || (cover.len != 0 && cover.len != communes * sizeof(uint16_t)))
        return err_set(err, ERR_BROKEN,
                       "a reading of %s for %s is of another size than its boundary set",
                       meta->source, utc_text(meta->valid_to).at);
    return OK;
}

static void copy_picked(const struct pick *pick, struct str value, struct str cover, int32_t *to,
                        uint16_t *cover_to)
{
    size_t communes = value.len / sizeof(int32_t);
    for (size_t i = 0; i < pick->count; i++) {
        size_t place = pick->place[i];
        to[i] = READING_NONE;
        cover_to[i] = 0;
        if (place >= communes)
            continue;
        memcpy(&to[i], value.at + place * sizeof(int32_t), sizeof(int32_t));
        cover_to[i] = READING_COVER_FULL;
        if (cover.len)
            memcpy(&cover_to[i], cover.at + place * sizeof(uint16_t), sizeof(uint16_t));
    }
}

// Adds the row; a later revision of the step before takes its place.
static enum err_kind add_row(struct readings *readings, size_t *room, const struct pick *pick,
                             struct stmt *stmt, struct err *err)
{
    struct str value = row_bytes(stmt, 12), cover = row_bytes(stmt, 13);
    struct reading_meta meta = meta_of_row(stmt);
    if (check_size(readings, pick, &meta, value, cover, err))
        return err_of(err);
    if (readings->count == 0)
        readings->communes = pick->place ? pick->count : value.len / sizeof(int32_t);
    size_t communes = readings->communes;
    if (readings->count == 0 || !same_step(&meta, &readings->meta[readings->count - 1]))
        readings->count++;
    if (readings->count > *room) {
        *room = *room ? *room * 2 : 64;
        readings->meta = mem_resize(readings->meta, *room, sizeof(*readings->meta));
        readings->hash = mem_resize(readings->hash, *room, sizeof(*readings->hash));
        readings->value = mem_resize(readings->value, *room * communes, sizeof(int32_t));
        readings->cover = mem_resize(readings->cover, *room * communes, sizeof(uint16_t));
    }
    size_t at = readings->count - 1;
    readings->meta[at] = meta;
    readings->hash[at] = row_hash(stmt, 11);
    if (pick->place) {
        copy_picked(pick, value, cover, &readings->value[at * communes],
                    &readings->cover[at * communes]);
        return OK;
    }
    memcpy(&readings->value[at * communes], value.at, value.len);
    cover_of_bytes(cover, &readings->cover[at * communes], communes);
    return OK;
}

static enum err_kind load(struct ledger *ledger, const struct reading_query *query,
                          const struct pick *pick, struct readings *out, struct err *err)
{
    AUTO(readings_free) struct readings readings = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT " META_COLUMNS " FROM reading WHERE source = ?"
                                   " AND variable = ? AND boundary_set = ? AND issued_at = ?"
                                   " AND valid_to > ? AND valid_to <= ?"
                                   " ORDER BY valid_to, valid_from, member, revision");
    stmt_text(stmt, 1, query->source);
    stmt_text(stmt, 2, query->variable);
    stmt_text(stmt, 3, query->boundary_set);
    stmt_int(stmt, 4, query->issued_at.s);
    stmt_int(stmt, 5, query->from.s);
    stmt_int(stmt, 6, query->to.s);
    enum err_kind failed = OK;
    for (size_t room = 0; stmt_more(stmt, &failed, err);) {
        if (add_row(&readings, &room, pick, stmt, err))
            return err_of(err);
    }
    if (failed)
        return failed;
    *out = MOVE(readings);
    return OK;
}

enum err_kind reading_load(struct ledger *ledger, const struct reading_query *query,
                           struct readings *out, struct err *err)
{
    return load(ledger, query, &(struct pick){0}, out, err);
}

enum err_kind reading_load_places(struct ledger *ledger, const struct reading_query *query,
                                  const size_t *place, size_t count, struct readings *out,
                                  struct err *err)
{
    assert(place && count > 0);
    return load(ledger, query, &(struct pick){place, count}, out, err);
}

static enum err_kind load_named(struct ledger *ledger, const struct hash *hash, size_t count,
                                const struct pick *pick, struct readings *out, struct err *err)
{
    AUTO(readings_free) struct readings readings = {0};
    for (size_t i = 0, room = 0; i < count; i++) {
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(ledger_db(ledger), "SELECT " META_COLUMNS " FROM reading WHERE hash = ?");
        bool row = false;
        stmt_hash(stmt, 1, &hash[i]);
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row)
            return err_set(err, ERR_MISSING, "there is no reading %.12s", hash_hex(hash[i]).at);
        if (add_row(&readings, &room, pick, stmt, err))
            return err_of(err);
    }
    *out = MOVE(readings);
    return OK;
}

enum err_kind reading_load_named(struct ledger *ledger, const struct hash *hash, size_t count,
                                 struct readings *out, struct err *err)
{
    return load_named(ledger, hash, count, &(struct pick){0}, out, err);
}

enum err_kind reading_load_named_places(struct ledger *ledger, const struct hash *hash,
                                        size_t hashes, const size_t *place, size_t count,
                                        struct readings *out, struct err *err)
{
    assert(place && count > 0);
    return load_named(ledger, hash, hashes, &(struct pick){place, count}, out, err);
}

enum err_kind reading_newest_step(struct ledger *ledger, const struct reading_meta *key,
                                  bool *found, int32_t **value, uint16_t **cover, size_t *communes,
                                  struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT value, cover FROM reading WHERE source = ?"
                                   " AND variable = ? AND boundary_set = ? AND issued_at = ?"
                                   " AND valid_to = ? AND valid_from = ? AND member = ?"
                                   " ORDER BY revision DESC LIMIT 1");
    bind_step(stmt, key);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (!*found)
        return OK;
    struct str values = row_bytes(stmt, 0), covers = row_bytes(stmt, 1);
    size_t count = values.len / sizeof(int32_t);
    if (covers.len != 0 && covers.len != count * sizeof(uint16_t))
        return err_set(err, ERR_BROKEN, "a reading of %s for %s has another size than its coverage",
                       key->source, utc_text(key->valid_to).at);
    *value = mem_new(count + 1, sizeof(**value));
    *cover = mem_new(count + 1, sizeof(**cover));
    memcpy(*value, values.at ? values.at : "", count * sizeof(**value));
    cover_of_bytes(covers, *cover, count);
    *communes = count;
    return OK;
}

enum err_kind reading_newest_weights(struct ledger *ledger, const struct reading_meta *key,
                                     struct hash *weights, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT weights FROM reading WHERE source = ?"
                                   " AND variable = ? AND boundary_set = ? AND issued_at = ?"
                                   " AND valid_to = ? AND valid_from = ? AND member = ?"
                                   " ORDER BY revision DESC LIMIT 1");
    bool found = false;
    bind_step(stmt, key);
    if (stmt_next(stmt, &found, err))
        return err_of(err);
    if (!found)
        return err_set(err, ERR_MISSING, "there is no %s of %s up to %s", key->variable,
                       key->source, utc_text(key->valid_to).at);
    *weights = row_hash(stmt, 0);
    return OK;
}

enum err_kind reading_names(struct ledger *ledger, struct hash **names, size_t *count,
                            struct err *err)
{
    AUTO(mem_drop) struct hash *list = NULL;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT hash FROM reading r WHERE NOT EXISTS (SELECT 1 FROM raw"
                                   " WHERE raw.hash = r.raw AND raw.source = r.source"
                                   " AND raw.state = 3) ORDER BY hash");
    *count = 0;
    enum err_kind failed = OK;
    for (size_t room = 0; stmt_more(stmt, &failed, err);) {
        if (*count == room) {
            room = room ? room * 2 : 256;
            list = mem_resize(list, room, sizeof(*list));
        }
        list[(*count)++] = row_hash(stmt, 0);
    }
    if (failed)
        return failed;
    *names = TAKE(list);
    return OK;
}

struct hash readings_basis(const struct readings *readings)
{
    struct hasher hasher = hasher_new();
    hasher_add_u64(&hasher, readings->count);
    for (size_t i = 0; i < readings->count; i++)
        hasher_add(&hasher, readings->hash[i].at, HASH_SIZE);
    return hasher_end(&hasher);
}

static enum err_kind collect_times(struct ledger *ledger, const char *sql,
                                   const struct reading_query *query, struct utc **out,
                                   size_t *count, struct err *err)
{
    AUTO(mem_drop) struct utc *times = NULL;
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), sql);
    stmt_text(stmt, 1, query->source);
    stmt_text(stmt, 2, query->variable);
    stmt_text(stmt, 3, query->boundary_set);
    stmt_int(stmt, 4, query->from.s);
    *count = 0;
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        times = mem_resize(times, *count + 1, sizeof(*times));
        times[(*count)++].s = row_int(stmt, 0);
    }
    if (failed)
        return failed;
    *out = TAKE(times);
    return OK;
}

// UTC_NEVER is the smallest number there is: "later than" leaves the observations out by itself.
enum err_kind reading_runs(struct ledger *ledger, const struct reading_query *query,
                           struct utc **runs, size_t *count, struct err *err)
{
    return collect_times(ledger,
                         "SELECT DISTINCT issued_at FROM reading WHERE source = ? AND variable = ?"
                         " AND boundary_set = ? AND issued_at > ? ORDER BY issued_at",
                         query, runs, count, err);
}

enum err_kind reading_steps(struct ledger *ledger, const struct reading_query *query,
                            struct utc **steps, size_t *count, struct err *err)
{
    return collect_times(ledger,
                         "SELECT DISTINCT valid_to FROM reading WHERE source = ? AND variable = ?"
                         " AND boundary_set = ? AND issued_at = (-9223372036854775807 - 1)"
                         " AND valid_to > ? ORDER BY valid_to",
                         query, steps, count, err);
}

enum err_kind reading_newest(struct ledger *ledger, const char *source, struct utc *out,
                             struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT max(CASE WHEN issued_at = (-9223372036854775807 - 1) THEN valid_to"
                " ELSE issued_at END) FROM reading WHERE ?1 IS NULL OR source = ?1");
    bool row = false;
    stmt_text(stmt, 1, source);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row || row_null(stmt, 0))
        return err_set(err, ERR_MISSING, "there is no reading of %s yet; run gong ingest run",
                       source ? source : "any source");
    out->s = row_int(stmt, 0);
    return OK;
}

static enum err_kind verify_row(struct stmt *stmt, uint16_t **cover, size_t *room, struct err *err)
{
    struct str value = row_bytes(stmt, 12), shares = row_bytes(stmt, 13);
    struct reading reading = {.meta = meta_of_row(stmt), .communes = value.len / sizeof(int32_t)};
    bool is_sized = value.len % sizeof(int32_t) == 0 &&
                    (shares.len == 0 || shares.len == reading.communes * sizeof(uint16_t));
    if (reading.communes > *room) {
        *room = reading.communes;
        *cover = mem_resize(*cover, *room, sizeof(**cover));
    }
    if (is_sized)
        cover_of_bytes(shares, *cover, reading.communes);
    // SQLite gives blobs aligned to 8 bytes only by habit: copy.
    AUTO(mem_drop) int32_t *values = mem_new(reading.communes + 1, sizeof(*values));
    memcpy(values, value.at ? value.at : "", reading.communes * sizeof(*values));
    reading.value = values;
    reading.cover = *cover;
    if (is_sized && hash_same(reading_hash(&reading), row_hash(stmt, 11)))
        return OK;
    return err_set(err, ERR_BROKEN, "the reading of %s %s for %s was changed after it was stored",
                   reading.meta.source, reading.meta.variable, utc_text(reading.meta.valid_to).at);
}

enum err_kind readings_verify(struct ledger *ledger, struct err *err)
{
    AUTO(mem_drop) uint16_t *cover = NULL;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT " META_COLUMNS " FROM reading ORDER BY id");
    stmt_stream(stmt);
    enum err_kind failed = OK;
    for (size_t room = 0; stmt_more(stmt, &failed, err);) {
        if (verify_row(stmt, &cover, &room, err))
            return err->kind;
    }
    return failed;
}
