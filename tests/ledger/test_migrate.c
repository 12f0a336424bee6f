#include "tests/ledger/place.h"

#include "core/file.h"
#include "ledger/db.h"
#include "ledger/outbox.h"
#include "ledger/schema.h"
#include "ledger/seal.h"

#include <stdlib.h>

static const char schemas[] = "tests/ledger/schemas";

// Over one full tile of the Merkle tree, so that it has to be made.
enum { OLD_ENTRIES = 600, SCHEMA_BYTES_MAX = 1 << 20 };

static const struct db_kind *kind_of(struct str name)
{
    if (str_starts(name, "ledger-"))
        return &ledger_kind;
    return str_starts(name, "people-") ? &people_kind : &map_kind;
}

static int64_t number_of(const char *file)
{
    return strtol(strchr(file, '-') + 1, NULL, 10);
}

// Schemas of before the second store stand in files only. What steps asked of it later is there
// from the start here: the functions of pg_words are made with the schema.
static bool is_of_store(const char *file)
{
    return !place_store() || number_of(file) >= 7 || !str_starts(str_of(file), "ledger-");
}

// Where a database of that name is, beside those of the place. Heap.
static char *path_of(const struct place *place, const char *name)
{
    char path[300];
    if (!place_store())
        return file_join(place->folder, name);
    (void)snprintf(path, sizeof(path), "%s#t_%s_%s", place_store(), place->schema, name);
    return mem_text(path);
}

// "ledger-5.sql" -> an empty database of that schema at `path`, which it returns the number of.
static int64_t make_old(const char *file, const char *path)
{
    struct err err = {0};
    AUTO(mem_drop) char *from = file_join(schemas, file);
    AUTO(buf_free) struct buf text = buf_new(SCHEMA_BYTES_MAX);
    CHECK_OK(file_read(from, &text, &err), err);
    struct db_kind old = {"old one", number_of(file), text.at, NULL};
    CHECK_OK(db_create(path, &old, &err), err);
    return old.schema;
}

// Tables with their columns in order, indices with theirs, triggers with their text; on PostgreSQL
// constraints too.
static const char of_file[] =
    "SELECT type || ' ' || name || ': ' || CASE type"
    " WHEN 'table' THEN (SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" ||"
    " ' ' || pk, ', ') FROM (SELECT * FROM pragma_table_xinfo(m.name) ORDER BY cid))"
    " WHEN 'index' THEN tbl_name || ' ' || (SELECT group_concat(name || ' ' || \"desc\","
    " ', ') FROM (SELECT * FROM pragma_index_xinfo(m.name) WHERE key ORDER BY seqno))"
    " ELSE sql END FROM sqlite_schema m ORDER BY 1";
static const char of_server[] =
    "SELECT 'table ' || table_name || ': ' || string_agg(column_name || ' ' || data_type || ' ' ||"
    " is_nullable || ' ' || coalesce(collation_name, '') || ' ' || coalesce(column_default, ''),"
    " ', ' ORDER BY ordinal_position) FROM information_schema.columns"
    " WHERE table_schema = current_schema() GROUP BY table_name"
    " UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    " UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger AS t JOIN pg_class AS"
    " c ON c.oid = t.tgrelid WHERE c.relnamespace = current_schema()::regnamespace AND NOT"
    " t.tgisinternal"
    " UNION ALL SELECT 'constraint ' || conrelid::regclass::text || ' ' || conname || ' ' ||"
    " pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace ="
    " current_schema()::regnamespace ORDER BY 1";

// With the name of the schema, where it stands, as one letter: `name` is that.
static void describe(struct db *db, const char *name, struct buf *out)
{
    struct err err = {0};
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, place_store() ? of_server : of_file);
    for (bool row = true; row;) {
        CHECK_OK(stmt_next(stmt, &row, &err), err);
        if (!row)
            continue;
        const char *rest = row_text(stmt, 0);
        for (const char *at; place_store() && (at = strstr(rest, name)); rest = at + strlen(name))
            buf_print(out, "%.*sS", (int)(at - rest), rest);
        buf_print(out, "%s\n", rest);
    }
}

static void every_older_schema_becomes_what_a_new_one_is(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(file_names_free) char **names = NULL;
    size_t older = 0;
    char old_name[40], new_name[40];
    (void)snprintf(old_name, sizeof(old_name), "t_%s_old", place.schema);
    (void)snprintf(new_name, sizeof(new_name), "t_%s_new", place.schema);
    CHECK_OK(file_names(schemas, &names, &place.err), place.err);
    for (size_t i = 0; names[i]; i++) {
        ROW(names[i]);
        if (!is_of_store(names[i]))
            continue;
        const struct db_kind *kind = kind_of(str_of(names[i]));
        AUTO(mem_drop) char *old_path = path_of(&place, "old");
        AUTO(mem_drop) char *new_path = path_of(&place, "new");
        AUTO(db_close) struct db *was = NULL;
        AUTO(db_close) struct db *fresh = NULL;
        AUTO(buf_free) struct buf old = buf_new(SCHEMA_BYTES_MAX), new = buf_new(SCHEMA_BYTES_MAX);
        bool is_older = make_old(names[i], old_path) < kind->schema;
        older += is_older;
        CHECK_OK(db_create(new_path, kind, &place.err), place.err);
        if (is_older) {
            CHECK_INT(db_open(old_path, kind, false, &was, &place.err), ERR_BROKEN);
            CHECK_HAS(place.err.text, "write: gong ledger migrate");
        }
        CHECK_OK(db_open(old_path, kind, true, &was, &place.err), place.err);
        CHECK_OK(db_open(new_path, kind, false, &fresh, &place.err), place.err);
        describe(was, old_name, &old);
        describe(fresh, new_name, &new);
        CHECK_TEXT(old.at, new.at);
        db_close(&was);
        CHECK_OK(db_open(old_path, kind, false, &was, &place.err), place.err); // once for all
        db_close(&was);
        db_close(&fresh);
        CHECK_OK(db_drop(old_path, &place.err), place.err);
        CHECK_OK(db_drop(new_path, &place.err), place.err);
    }
    CHECK(older >= (place_store() ? 6 : 9));
}

// What is asked for by kind does not read all entries.
static void few_entries_are_found_by_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *words;
    } queries[] = {
        {"EXPLAIN QUERY PLAN SELECT seq FROM entry WHERE " ENTRY_FEW " AND kind = 'hold'",
         "entry_few (kind=?"},
        {"EXPLAIN QUERY PLAN SELECT e.seq FROM entry e WHERE " ENTRY_FEW
         " AND e.kind IN ('hold', 'held') AND e.seq NOT IN (SELECT seq FROM hold)",
         "entry_few (kind=?"},
        {"EXPLAIN QUERY PLAN SELECT text FROM entry WHERE " ENTRY_FEW
         " AND kind = ? AND seq >= 7 ORDER BY seq",
         "entry_few (kind=?"},
        // What is compared with the entries is what the index holds, not the table (kinds.c).
        {"EXPLAIN QUERY PLAN SELECT kind, count(*), CAST(sum(seq) AS INTEGER) FROM entry WHERE"
         " " ENTRY_FEW " GROUP BY kind",
         "USING COVERING INDEX entry_few"},
    };
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(place.ledger), queries[i].sql);
        bool row = false;
        ROW(queries[i].sql);
        CHECK_OK(stmt_next(stmt, &row, &place.err), place.err);
        CHECK(row);
        CHECK_HAS(row_text(stmt, 3), queries[i].words);
    }
}

// Entries as schema 1 had them, one alert that is on, one message that nobody knows the end of.
static void fill_old(const char *path, const struct db_kind *old)
{
    struct err err = {0};
    AUTO(db_close) struct db *db = NULL;
    struct hash before = {0};
    CHECK_OK(db_open(path, old, true, &db, &err), err);
    CHECK_OK(db_begin(db, DB_WRITE, &err), err);
    for (int64_t seq = 1; seq <= OLD_ENTRIES; seq++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "INSERT INTO entry VALUES (?, ?, ?, ?)");
        char text[128];
        (void)snprintf(text, sizeof(text),
                       "{\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"test\",\"seq\":%lld}",
                       (long long)seq);
        before = hash_of_pair(before, str_of(text));
        stmt_int(stmt, 1, seq);
        stmt_text(stmt, 2, "test");
        stmt_hash(stmt, 3, &before);
        stmt_text(stmt, 4, text);
        CHECK_OK(stmt_run(stmt, &err), err);
    }
    CHECK_OK(db_run(db,
                    "INSERT INTO alert_state VALUES ('P', '00001', 1, 0, 1000, 2000);"
                    "INSERT INTO outbox VALUES (7, 'test', 'k', 'P-1', 'C-1', 2, 5000, 1, '{}', 2,"
                    " 0, 3, 0, 0, '', 'timed out');",
                    &err),
             err);
    CHECK_OK(db_commit(db, &err), err);
}

static void a_ledger_of_schema_1_goes_on(void **state)
{
    (void)state;
    struct err err = {0};
    char folder[] = "/tmp/gong-test-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    AUTO(mem_drop) char *path = file_join(folder, "ledger.db");
    AUTO(mem_drop) char *keys = file_join(folder, "keys");
    AUTO(ledger_close) struct ledger *ledger = NULL;
    struct db_kind old = {"old one", make_old("ledger-1.sql", path), "", NULL};
    fill_old(path, &old);
    CHECK_OK(file_make_folder(keys, 0700, &err), err);
    CHECK_OK(ledger_open(folder, LEDGER_WRITE, &ledger, &err), err);
    struct ledger_report report;
    CHECK_OK(ledger_verify(ledger, &report, &err), err);
    CHECK_INT(report.entries, OLD_ENTRIES);
    bool made = false;
    CHECK_OK(seal_make(ledger, (struct utc){1}, &made, &err), err);
    CHECK(made);
    struct db *db = ledger_db(ledger);
    {
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(db, "SELECT level, told, told_level, since_1, since_2 FROM alert_state");
        bool row = false;
        CHECK_OK(stmt_next(stmt, &row, &err), err);
        CHECK(row);
        CHECK_INT(row_int(stmt, 0), 1);
        CHECK_INT(row_int(stmt, 1), 1000);
        CHECK_INT(row_int(stmt, 2), 1);
        CHECK_INT(row_int(stmt, 3), 1000); // of its only level since it went on
        CHECK(row_null(stmt, 4));
    }
    int64_t count[OUTBOX_STATES];
    CHECK_OK(outbox_count(ledger, "test", count, &err), err);
    CHECK_INT(count[OUTBOX_UNKNOWN], 1);
    ledger_close(&ledger);
    CHECK_OK(ledger_open(folder, LEDGER_READ, &ledger, &err), err);
    (void)nftw(folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static enum err_kind go_dark(struct db *db, const char *path, struct err *err)
{
    (void)path;
    if (db_run(db, "INSERT INTO b VALUES (1)", err))
        return err_of(err);
    return err_set(err, ERR_BROKEN, "the lamp went out");
}

static const struct db_step good[] = {
    {1, 2, "CREATE TABLE b (x INTEGER)", NULL}, {2, 4, "CREATE TABLE c (x INTEGER)", NULL}, {0}};
static const struct db_step bad_sql[] = {
    {1, 2, "CREATE TABLE b (x INTEGER)", NULL}, {2, 4, "CREATE TABLE a (x INTEGER)", NULL}, {0}};
static const struct db_step bad_also[] = {{1, 4, "CREATE TABLE b (x INTEGER)", go_dark}, {0}};
static const struct db_step gap[] = {{1, 2, "CREATE TABLE b (x INTEGER)", NULL}, {0}};

static void a_step_is_whole_or_not_there(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const struct db_step *step;
        enum err_kind kind;
        const char *says;
        int64_t schema; // that the file has in the end
    } rows[] = {
        {"all steps are gone", good, OK, "", 4},
        {"the step that fails is undone, the one before it stays", bad_sql, ERR_BROKEN,
         "from schema 2 to 4; it is as it was", 2},
        {"what a step also does is undone with it", bad_also, ERR_BROKEN, "the lamp went out", 1},
        {"no step leads on", gap, ERR_BROKEN, "has schema 2, from which no way leads to 4", 2},
        {"no steps at all", NULL, ERR_BROKEN, "has schema 1, from which no way leads to 4", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(mem_drop) char *path = path_of(&place, "a");
        AUTO(db_close) struct db *db = NULL;
        struct db_kind old = {"thing", 1, "CREATE TABLE a (x INTEGER)", NULL};
        struct db_kind new = {"thing", 4, "", rows[i].step};
        CHECK_OK(db_create(path, &old, &place.err), place.err);
        CHECK_INT(db_open(path, &new, true, &db, &place.err), rows[i].kind);
        if (rows[i].kind)
            CHECK_HAS(place.err.text, rows[i].says);
        db_close(&db);
        struct db_kind left = {"thing", rows[i].schema, "", NULL};
        CHECK_OK(db_open(path, &left, false, &db, &place.err), place.err);
        db_close(&db);
        if (rows[i].schema > 1) { // never backward
            CHECK_INT(db_open(path, &old, true, &db, &place.err), ERR_BROKEN);
            CHECK_HAS(place.err.text, "was written by a newer gong");
        }
        CHECK_OK(db_drop(path, &place.err), place.err);
    }
}

int main(void)
{
    const struct CMUnitTest both[] = {
        cmocka_unit_test(every_older_schema_becomes_what_a_new_one_is),
        cmocka_unit_test(a_step_is_whole_or_not_there),
    };
    // What SQLite's planner does, and a ledger from before there was another store.
    const struct CMUnitTest files[] = {
        cmocka_unit_test(few_entries_are_found_by_their_kind),
        cmocka_unit_test(a_ledger_of_schema_1_goes_on),
    };
    int failed = cmocka_run_group_tests_name("both stores", both, NULL, NULL);
    return place_store() ? failed
                         : failed + cmocka_run_group_tests_name("files", files, NULL, NULL);
}
