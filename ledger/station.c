#include "ledger/station.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/stored.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *station_flag_name(enum station_flag flag)
{
    switch (flag) {
    case STATION_DUPLICATE:
        return "duplicate";
    case STATION_SCRAMBLED:
        return "scrambled";
    case STATION_SAME_PLACE:
        return "same place";
    }
    return "";
}

void stations_free(struct stations *stations)
{
    for (size_t i = 0; i < stations->count; i++)
        mem_free(&stations->at[i].name);
    mem_free(&stations->at);
    stations->count = 0;
}

enum err_kind station_list(struct ledger *ledger, const char *source, struct stations *out,
                           struct err *err)
{
    AUTO(stations_free) struct stations list = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT code, name, latitude, longitude, flags, place"
                                   " FROM station WHERE source = ? ORDER BY place");
    stmt_text(stmt, 1, source);
    enum err_kind failed = OK;
    for (size_t room = 0; stmt_more(stmt, &failed, err);) {
        if (row_int(stmt, 5) != (int64_t)list.count)
            return err_set(err, ERR_BROKEN, "the stations of source %s have a gap at place %zu",
                           source, list.count);
        if (list.count == room) {
            room = room ? room * 2 : 64;
            list.at = mem_resize(list.at, room, sizeof(*list.at));
        }
        struct station *one = &list.at[list.count++];
        *one = (struct station){.name = mem_text(row_text(stmt, 1)),
                                .latitude_micro = (int32_t)row_int(stmt, 2),
                                .longitude_micro = (int32_t)row_int(stmt, 3),
                                .flags = (unsigned)row_int(stmt, 4)};
        row_copy(stmt, 0, one->code, sizeof(one->code));
    }
    if (failed)
        return failed;
    *out = MOVE(list);
    return OK;
}

enum err_kind station_sources(struct ledger *ledger, char ***names, struct err *err)
{
    AUTO(file_names_free) char **list = mem_new(1, sizeof(char *));
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT DISTINCT source FROM station ORDER BY source");
    enum err_kind failed = OK;
    for (size_t count = 0; stmt_more(stmt, &failed, err); count++) {
        list = mem_resize(list, count + 2, sizeof(char *));
        list[count] = mem_text(row_text(stmt, 0));
        list[count + 1] = NULL;
    }
    if (failed)
        return failed;
    *names = TAKE(list);
    return OK;
}

// Finds a station's place; false in `*found` when it is not known. `*next` is the place after the
// last.
static enum err_kind find_place(struct db *db, const char *source, const char *code, bool *found,
                                size_t *place, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT place FROM station WHERE source = ? AND code = ?");
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, code);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (*found)
        *place = (size_t)row_int(stmt, 0);
    return OK;
}

static enum err_kind next_place(struct db *db, const char *source, size_t *place, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT coalesce(max(place) + 1, 0) FROM station WHERE source = ?");
    bool row = false;
    stmt_text(stmt, 1, source);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    assert(row);
    *place = (size_t)row_int(stmt, 0);
    if (*place >= STATION_PLACES_MAX)
        return err_set(err, ERR_INPUT,
                       "source %s has %d stations already; that is as many as there may be", source,
                       STATION_PLACES_MAX);
    return OK;
}

static enum err_kind enrich(struct db *db, const char *source, const struct station *station,
                            struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE station SET name = CASE name WHEN '' THEN ?1 ELSE name END,"
                    " longitude = CASE latitude WHEN -2147483648 THEN ?3 ELSE longitude END,"
                    " latitude = CASE latitude WHEN -2147483648 THEN ?2 ELSE latitude END,"
                    " flags = flags | ?4 WHERE source = ?5 AND code = ?6");
    stmt_text(stmt, 1, station->name ? station->name : "");
    stmt_int(stmt, 2, station->latitude_micro);
    stmt_int(stmt, 3, station->longitude_micro);
    stmt_int(stmt, 4, station->flags);
    stmt_text(stmt, 5, source);
    stmt_text(stmt, 6, station->code);
    return stmt_run(stmt, err);
}

enum err_kind station_put(struct txn *txn, const char *source, const struct station *station,
                          size_t *place, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    bool found = false;
    assert(station->code[0]);
    stored_station(txn);
    if (find_place(db, source, station->code, &found, place, err))
        return err_of(err);
    if (found)
        return enrich(db, source, station, err);
    if (next_place(db, source, place, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO station (source, place, code, name, latitude,"
                                    " longitude, flags) VALUES (?, ?, ?, ?, ?, ?, ?)");
    stmt_text(stmt, 1, source);
    stmt_int(stmt, 2, (int64_t)*place);
    stmt_text(stmt, 3, station->code);
    stmt_text(stmt, 4, station->name ? station->name : "");
    stmt_int(stmt, 5, station->latitude_micro);
    stmt_int(stmt, 6, station->longitude_micro);
    stmt_int(stmt, 7, station->flags);
    return stmt_run(stmt, err);
}

struct hash stations_hash(const struct stations *stations, size_t count)
{
    assert(count <= stations->count);
    struct hasher hasher = hasher_new();
    hasher_add_u64(&hasher, count);
    for (size_t i = 0; i < count; i++)
        hasher_add(&hasher, stations->at[i].code, strlen(stations->at[i].code) + 1);
    return hasher_end(&hasher);
}

// --- loading
// ----------------------------------------------------------------------------------------

// The choice's places, [choice->count]; heap.
static enum err_kind places_of(struct ledger *ledger, const struct station_choice *choice,
                               size_t **out, struct err *err)
{
    assert(choice->count > 0);
    AUTO(mem_drop) size_t *place = mem_new(choice->count, sizeof(*place));
    for (size_t i = 0; i < choice->count; i++) {
        bool found = false;
        if (find_place(ledger_db(ledger), choice->source, choice->code[i], &found, &place[i], err))
            return err_of(err);
        if (!found)
            return err_set(err, ERR_MISSING,
                           "source %s has no station \"%s\"; gong ingest stations --source %s "
                           "lists them",
                           choice->source, choice->code[i], choice->source);
    }
    *out = TAKE(place);
    return OK;
}

enum err_kind station_load(struct ledger *ledger, const struct station_choice *choice,
                           const struct reading_query *query, struct readings *out, struct err *err)
{
    struct reading_query asked = *query;
    AUTO(mem_drop) size_t *place = NULL;
    asked.source = choice->source;
    asked.boundary_set = STATION_SET;
    if (places_of(ledger, choice, &place, err))
        return err_of(err);
    return reading_load_places(ledger, &asked, place, choice->count, out, err);
}

enum err_kind station_load_named(struct ledger *ledger, const struct station_choice *choice,
                                 const struct hash *name, size_t names, struct readings *out,
                                 struct err *err)
{
    AUTO(mem_drop) size_t *place = NULL;
    if (places_of(ledger, choice, &place, err))
        return err_of(err);
    return reading_load_named_places(ledger, name, names, place, choice->count, out, err);
}

enum err_kind station_raws(struct ledger *ledger, const struct hash *name, struct hash **raw,
                           size_t *count, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        ledger_db(ledger),
        "SELECT DISTINCT o.raw FROM reading r JOIN reading o ON o.source = r.source"
        " AND o.variable = r.variable AND o.boundary_set = r.boundary_set"
        " AND o.issued_at = r.issued_at AND o.valid_to = r.valid_to"
        " AND o.valid_from = r.valid_from AND o.member = r.member AND o.revision <= r.revision"
        " WHERE r.hash = ? ORDER BY o.raw");
    stmt_hash(stmt, 1, name);
    for (;;) {
        bool row = false, known = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row)
            return OK;
        struct hash one = row_hash(stmt, 0);
        for (size_t i = 0; i < *count && !known; i++)
            known = hash_same((*raw)[i], one);
        if (known)
            continue;
        *raw = mem_resize(*raw, *count + 1, sizeof(**raw));
        (*raw)[(*count)++] = one;
    }
}
