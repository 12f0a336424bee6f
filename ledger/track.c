#include "ledger/track.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/stored.h"

#include <assert.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tracks are stored little-endian");
// Stored as it lies in memory: no padding but what is here.
_Static_assert(sizeof(struct track_fix) == 48, "a fix has padding");

void track_free(struct track *track)
{
    mem_free(&track->fix);
    track->count = 0;
}

void tracks_free(struct tracks *tracks)
{
    for (size_t i = 0; i < tracks->count; i++)
        track_free(&tracks->at[i]);
    mem_free(&tracks->at);
    tracks->count = 0;
}

static void add_text(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, text, strlen(text) + 1);
}

struct hash track_hash(const struct track *track)
{
    struct hasher hasher = hasher_new();
    add_text(&hasher, track->source);
    add_text(&hasher, track->storm);
    add_text(&hasher, track->name);
    hasher_add_u64(&hasher, (uint64_t)track->issued_at.s);
    hasher_add_u64(&hasher, (uint64_t)(int64_t)track->member);
    hasher_add_u64(&hasher, (uint64_t)(int64_t)track->revision);
    hasher_add(&hasher, track->raw.at, HASH_SIZE);
    hasher_add_u64(&hasher, track->count);
    hasher_add(&hasher, track->fix, track->count * sizeof(*track->fix));
    return hasher_end(&hasher);
}

static void bind_storm(struct stmt *stmt, const struct track *track)
{
    stmt_text(stmt, 1, track->source);
    stmt_text(stmt, 2, track->storm);
    stmt_int(stmt, 3, track->issued_at.s);
    stmt_int(stmt, 4, track->member);
}

static bool same_fixes(struct str bytes, const struct track *track)
{
    return bytes.len == track->count * sizeof(*track->fix) &&
           memcmp(bytes.at, track->fix, bytes.len) == 0;
}

static enum err_kind find_newest(struct db *db, const struct track *track, int32_t *revision,
                                 bool *same, struct hash *hash, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT revision, fixes, hash, name FROM track WHERE source = ? AND storm = ?"
                    " AND issued_at = ? AND member = ? ORDER BY revision DESC LIMIT 1");
    bool row = false;
    bind_storm(stmt, track);
    *revision = 0;
    *same = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return OK;
    *revision = (int32_t)row_int(stmt, 0) + 1;
    *same = same_fixes(row_bytes(stmt, 1), track) && strcmp(row_text(stmt, 3), track->name) == 0;
    *hash = row_hash(stmt, 2);
    return OK;
}

enum err_kind track_put(struct txn *txn, const struct track *track, bool *fresh, struct hash *hash,
                        struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    struct track next = *track;
    bool same;
    assert(track->count > 0 && track->count <= TRACK_FIXES_MAX && track->storm[0]);
    if (find_newest(db, track, &next.revision, &same, hash, err))
        return err_of(err);
    *fresh = !same;
    if (same)
        return OK;
    *hash = track_hash(&next);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO track (source, storm, issued_at, member, revision, name, first_at,"
                    " last_at, raw, received_at, hash, fixes)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_storm(stmt, &next);
    stmt_int(stmt, 5, next.revision);
    stmt_text(stmt, 6, next.name);
    stmt_int(stmt, 7, next.fix[0].at.s);
    stmt_int(stmt, 8, next.fix[next.count - 1].at.s);
    stmt_hash(stmt, 9, &next.raw);
    stmt_int(stmt, 10, next.received_at.s);
    stmt_hash(stmt, 11, hash);
    stmt_bytes(stmt, 12, next.fix, next.count * sizeof(*next.fix));
    return stmt_run(stmt, err) ? err_of(err) : stored_track(txn, hash, next.received_at.s, err);
}

#define COLUMNS "source, storm, issued_at, member, revision, name, raw, received_at, hash, fixes"

static enum err_kind track_of_row(struct stmt *stmt, struct track *out, struct err *err)
{
    struct str fixes = row_bytes(stmt, 9);
    struct track track = {
        .issued_at = {row_int(stmt, 2)},
        .member = (int32_t)row_int(stmt, 3),
        .revision = (int32_t)row_int(stmt, 4),
        .raw = row_hash(stmt, 6),
        .received_at = {row_int(stmt, 7)},
        .hash = row_hash(stmt, 8),
        .count = fixes.len / sizeof(struct track_fix),
    };
    row_copy(stmt, 0, track.source, sizeof(track.source));
    row_copy(stmt, 1, track.storm, sizeof(track.storm));
    row_copy(stmt, 5, track.name, sizeof(track.name));
    if (track.count == 0 || fixes.len % sizeof(struct track_fix) != 0)
        return err_set(err, ERR_BROKEN, "the track of %s by %s is of no whole number of fixes",
                       track.storm, track.source);
    track.fix = mem_new(track.count, sizeof(*track.fix));
    memcpy(track.fix, fixes.at, fixes.len);
    *out = track;
    return OK;
}

static enum err_kind collect(struct stmt *stmt, struct tracks *out, struct err *err)
{
    for (;;) {
        bool row = false;
        struct track track;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row)
            return OK;
        if (track_of_row(stmt, &track, err))
            return err_of(err);
        out->at = mem_resize(out->at, out->count + 1, sizeof(*out->at));
        out->at[out->count++] = track;
    }
}

enum err_kind track_load(struct ledger *ledger, const struct track_query *query, struct tracks *out,
                         struct err *err)
{
    AUTO(tracks_free) struct tracks tracks = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT " COLUMNS " FROM track t WHERE source = ?1 AND issued_at = ?2"
                " AND last_at > ?3 AND first_at <= ?4 AND revision = (SELECT max(revision)"
                " FROM track n WHERE n.source = t.source AND n.storm = t.storm"
                " AND n.issued_at = t.issued_at AND n.member = t.member) ORDER BY storm, member");
    stmt_text(stmt, 1, query->source);
    stmt_int(stmt, 2, query->issued_at.s);
    stmt_int(stmt, 3, query->from.s);
    stmt_int(stmt, 4, query->to.s);
    if (collect(stmt, &tracks, err))
        return err_of(err);
    *out = MOVE(tracks);
    return OK;
}

enum err_kind track_bound(struct ledger *ledger, const struct track_query *query,
                          struct tracks *out, struct err *err)
{
    AUTO(tracks_free) struct tracks tracks = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT " COLUMNS " FROM track t WHERE source = ?1 AND issued_at = ?2"
                " AND revision = (SELECT max(revision) FROM track n WHERE n.source = t.source"
                " AND n.storm = t.storm AND n.issued_at = t.issued_at AND n.member = t.member)"
                " ORDER BY last_at < ?3, CASE WHEN last_at < ?3 THEN -last_at ELSE last_at END,"
                " storm LIMIT 1");
    stmt_text(stmt, 1, query->source);
    stmt_int(stmt, 2, query->issued_at.s);
    stmt_int(stmt, 3, query->to.s);
    if (collect(stmt, &tracks, err))
        return err_of(err);
    *out = MOVE(tracks);
    return OK;
}

enum err_kind track_load_named(struct ledger *ledger, const struct hash *hash, size_t count,
                               struct tracks *out, struct err *err)
{
    AUTO(tracks_free) struct tracks tracks = {0};
    for (size_t i = 0; i < count; i++) {
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(ledger_db(ledger), "SELECT " COLUMNS " FROM track WHERE hash = ?");
        stmt_hash(stmt, 1, &hash[i]);
        if (collect(stmt, &tracks, err))
            return err_of(err);
        if (tracks.count != i + 1)
            return err_set(err, ERR_MISSING, "there is no track %.12s", hash_hex(hash[i]).at);
    }
    *out = MOVE(tracks);
    return OK;
}

enum err_kind track_runs(struct ledger *ledger, const char *source, struct utc after,
                         struct utc **runs, size_t *count, struct err *err)
{
    AUTO(mem_drop) struct utc *times = NULL;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT DISTINCT issued_at FROM track WHERE source = ?"
                                   " AND issued_at > ? ORDER BY issued_at");
    stmt_text(stmt, 1, source);
    stmt_int(stmt, 2, after.s);
    *count = 0;
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        times = mem_resize(times, *count + 1, sizeof(*times));
        times[(*count)++].s = row_int(stmt, 0);
    }
    if (failed)
        return failed;
    *runs = TAKE(times);
    return OK;
}

enum err_kind track_names(struct ledger *ledger, struct hash **names, size_t *count,
                          struct err *err)
{
    AUTO(mem_drop) struct hash *list = NULL;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT hash FROM track t WHERE NOT EXISTS (SELECT 1 FROM raw"
                                   " WHERE raw.hash = t.raw AND raw.source = t.source"
                                   " AND raw.state = 3) ORDER BY hash");
    *count = 0;
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        list = mem_resize(list, *count + 1, sizeof(*list));
        list[(*count)++] = row_hash(stmt, 0);
    }
    if (failed)
        return failed;
    *names = TAKE(list);
    return OK;
}

enum err_kind tracks_verify(struct ledger *ledger, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT " COLUMNS ", first_at, last_at FROM track ORDER BY id");
    stmt_stream(stmt);
    for (;;) {
        bool row = false;
        AUTO(track_free) struct track track = {0};
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row)
            return OK;
        if (track_of_row(stmt, &track, err))
            return err_of(err);
        if (!hash_same(track_hash(&track), track.hash) || row_int(stmt, 10) != track.fix[0].at.s ||
            row_int(stmt, 11) != track.fix[track.count - 1].at.s)
            return err_set(err, ERR_BROKEN, "the track of %s by %s was changed after it was stored",
                           track.storm, track.source);
    }
}
