#include "ledger/stored.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// The two tables of rows that are only added.
enum table { READINGS, TRACKS, TABLES };
static const struct {
    const char *name, *last, *rows;
} tables[TABLES] = {
    {"readings", "SELECT id FROM reading ORDER BY id DESC LIMIT 1",
     "SELECT id, hash, received_at FROM reading WHERE id >= ? ORDER BY id"},
    {"tracks", "SELECT id FROM track ORDER BY id DESC LIMIT 1",
     "SELECT id, hash, received_at FROM track WHERE id >= ? ORDER BY id"},
};

static struct stored_rows *rows_of(struct stored *stored, enum table table)
{
    return table == READINGS ? &stored->readings : &stored->tracks;
}

static void add_line(struct hasher *lines, struct hash name, int64_t received_at)
{
    char text[HASH_HEX_SIZE + 24];
    int len = snprintf(text, sizeof(text), "%s\t%" PRId64 "\n", hash_hex(name).at, received_at);
    hasher_add(lines, text, (size_t)len);
}

static enum err_kind last_id(struct ledger *ledger, enum table table, int64_t *out, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), tables[table].last);
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = row ? row_int(stmt, 0) : 0;
    return OK;
}

static enum err_kind add_row(struct txn *txn, enum table table, const struct hash *name,
                             int64_t received_at, struct err *err)
{
    struct stored_rows *rows = rows_of(txn_stored(txn), table);
    if (rows->count == 0) {
        rows->lines = hasher_new();
        if (last_id(txn_ledger(txn), table, &rows->first, err))
            return err_of(err);
    }
    rows->count++;
    add_line(&rows->lines, *name, received_at);
    return OK;
}

enum err_kind stored_reading(struct txn *txn, const struct hash *name, int64_t received_at,
                             struct err *err)
{
    return add_row(txn, READINGS, name, received_at, err);
}

enum err_kind stored_track(struct txn *txn, const struct hash *name, int64_t received_at,
                           struct err *err)
{
    return add_row(txn, TRACKS, name, received_at, err);
}

void stored_station(struct txn *txn)
{
    txn_stored(txn)->stations = true;
}

static void add_number(struct hasher *lines, int64_t number, char end)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRId64 "%c", number, end);
    hasher_add(lines, text, (size_t)len);
}

static enum err_kind sum_stations(struct ledger *ledger, const char *source, struct hash *out,
                                  struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT place, code, name, latitude, longitude, flags FROM"
                                   " station WHERE source = ? ORDER BY place");
    struct hasher lines = hasher_new();
    enum err_kind failed = OK;
    stmt_text(stmt, 1, source);
    while (stmt_more(stmt, &failed, err)) {
        add_number(&lines, row_int(stmt, 0), '\t');
        for (int i = 1; i <= 2; i++) {
            struct str text = row_bytes(stmt, i);
            hasher_add(&lines, text.len ? text.at : "", text.len);
            hasher_add(&lines, "\t", 1);
        }
        add_number(&lines, row_int(stmt, 3), '\t');
        add_number(&lines, row_int(stmt, 4), '\t');
        add_number(&lines, row_int(stmt, 5), '\n');
    }
    *out = hasher_end(&lines);
    return failed;
}

static enum err_kind tell_rows(struct txn *txn, enum table table, struct doc *into, struct err *err)
{
    struct stored_rows *rows = rows_of(txn_stored(txn), table);
    int64_t last = 0;
    if (rows->count == 0)
        return OK;
    if (last_id(txn_ledger(txn), table, &last, err))
        return err_of(err);
    struct doc *one = doc_object();
    doc_put_int(one, "count", rows->count);
    doc_put_int(one, "first", rows->first);
    doc_put_int(one, "last", last);
    doc_put_text(one, "lines", hash_hex(hasher_end(&rows->lines)).at);
    doc_put(into, tables[table].name, one);
    return OK;
}

enum err_kind stored_tell(struct txn *txn, const char *source, struct doc *body, struct err *err)
{
    struct stored *stored = txn_stored(txn);
    AUTO(doc_free) struct doc *told = doc_object();
    struct hash sum;
    if (!stored->readings.count && !stored->tracks.count && !stored->stations)
        return OK;
    if (tell_rows(txn, READINGS, told, err) || tell_rows(txn, TRACKS, told, err) ||
        (stored->stations && sum_stations(txn_ledger(txn), source, &sum, err)))
        return err_of(err);
    if (stored->stations)
        doc_put_text(told, "stations", hash_hex(sum).at);
    doc_put(body, "stored", TAKE(told));
    *stored = (struct stored){0};
    return OK;
}

// --- verified

// What the entries tell, in their order.
struct tellings {
    struct telling {
        int64_t seq, first, last, count;
        struct hash lines;
    } * at[TABLES]; // heap
    size_t count[TABLES];
};

static void tellings_free(struct tellings *tellings)
{
    for (int i = 0; i < TABLES; i++)
        mem_free(&tellings->at[i]);
}

static enum err_kind take_rows(struct tellings *tellings, enum table table, const struct doc *said,
                               int64_t seq, struct err *err)
{
    struct telling one = {.seq = seq};
    const char *lines = NULL;
    if (!said)
        return OK;
    if (doc_need_int(said, "first", &one.first, err) ||
        doc_need_int(said, "last", &one.last, err) ||
        doc_need_int(said, "count", &one.count, err) || doc_need_text(said, "lines", &lines, err) ||
        hash_parse(str_of(lines), &one.lines, err))
        return err_of(err);
    size_t *count = &tellings->count[table];
    tellings->at[table] = mem_resize(tellings->at[table], *count + 1, sizeof(*tellings->at[table]));
    tellings->at[table][(*count)++] = one;
    return OK;
}

// A file is read again by an entry like its first, which its row does not name, when another that
// it is counted from was corrected.
#define TOLD_BY(what)                                                                              \
    " FROM entry e WHERE e.kind IN ('ingest', 'again', 'stations') AND e.text ->> '" what          \
    "' IS NOT NULL"
static const char told_sql[] =
    "SELECT e.seq, e.text ->> '$.stored'" TOLD_BY("$.stored") " ORDER BY 1";

static enum err_kind load(struct ledger *ledger, struct tellings *out, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), told_sql);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        AUTO(doc_free) struct doc *told = NULL;
        if (doc_parse(row_bytes(stmt, 1), "ledger entry", &told, err))
            return err_of(err);
        for (enum table i = 0; i < TABLES; i++) {
            if (take_rows(out, i, doc_get(told, tables[i].name), row_int(stmt, 0), err))
                return err_of(err);
        }
    }
    return failed;
}

// The rows that are left over when all of one telling were taken: the next one begins.
struct course {
    struct hasher lines;
    int64_t count;
};

static bool ends_well(struct course *course, const struct telling *telling)
{
    bool same =
        course->count == telling->count && hash_same(hasher_end(&course->lines), telling->lines);
    *course = (struct course){.lines = hasher_new()};
    return same;
}

static enum err_kind check_table(struct ledger *ledger, enum table table,
                                 const struct telling *telling, size_t count, int64_t *bad_seq,
                                 struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), tables[table].rows);
    struct course course = {.lines = hasher_new()};
    enum err_kind failed = OK;
    size_t at = 0;
    if (count == 0 || *bad_seq)
        return OK;
    // Those before the first are an older program's; before number 1 there are none.
    stmt_int(stmt, 1, telling[0].first > 1 ? telling[0].first : INT64_MIN);
    stmt_stream(stmt);
    while (!*bad_seq && stmt_more(stmt, &failed, err)) {
        int64_t id = row_int(stmt, 0);
        for (; at < count && id > telling[at].last && !*bad_seq; at++)
            *bad_seq = ends_well(&course, &telling[at]) ? 0 : telling[at].seq;
        if (!*bad_seq && at == count)
            return err_set(err, ERR_BROKEN,
                           "the table of %s holds number %" PRId64 ", of which no entry tells: it "
                           "was put in",
                           tables[table].name, id);
        add_line(&course.lines, row_hash(stmt, 1), row_int(stmt, 2));
        course.count++;
    }
    for (; !failed && at < count && !*bad_seq; at++)
        *bad_seq = ends_well(&course, &telling[at]) ? 0 : telling[at].seq;
    return failed;
}

// The newest entry that tells of a source's stations tells what they are now.
static const char stations_sql[] =
    "SELECT max(e.seq), e.text ->> 'source' FROM (SELECT e.seq AS seq, e.text ->>"
    " '$.stored.stations' AS sum" TOLD_BY(
        "$.stored.stations") ") AS told JOIN entry e ON e.seq ="
                             " told.seq GROUP BY e.text ->> 'source' ORDER BY 1";

static enum err_kind check_stations(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), stations_sql);
    enum err_kind failed = OK;
    while (!*bad_seq && stmt_more(stmt, &failed, err)) {
        AUTO(doc_free) struct doc *entry = NULL;
        struct hash sum;
        if (ledger_entry_doc(ledger, row_int(stmt, 0), &entry, err) ||
            sum_stations(ledger, row_text(stmt, 1), &sum, err))
            return err_of(err);
        const char *said = doc_text(doc_get(doc_get(entry, "stored"), "stations"), "");
        if (strcmp(said, hash_hex(sum).at) != 0)
            *bad_seq = row_int(stmt, 0);
    }
    return failed;
}

enum err_kind stored_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    AUTO(tellings_free) struct tellings tellings = {0};
    *bad_seq = 0;
    if (load(ledger, &tellings, err))
        return err_of(err);
    for (enum table i = 0; i < TABLES; i++) {
        if (check_table(ledger, i, tellings.at[i], tellings.count[i], bad_seq, err))
            return err_of(err);
    }
    return check_stations(ledger, bad_seq, err);
}
