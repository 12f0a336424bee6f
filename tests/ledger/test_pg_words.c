#include "ledger/pg_value.h"
#include "ledger/pg_words.h"
#include "tests/check.h"

// What PostgreSQL is told in place of our own SQL.
static void test_statements(void **state)
{
    static const struct {
        const char *name, *ours, *theirs;
        int count;
    } rows[] = {
        {"parameters are numbered in order", "SELECT ? WHERE a = ?", "SELECT $1 WHERE a = $2", 2},
        {"a bare one is one more than the largest so far", "a = ?2 AND b = ? OR c = ?1",
         "a = $2 AND b = $3 OR c = $1", 3},
        {"a question mark in quotes stays", "SELECT '?', \"?\", ?", "SELECT '?', \"?\", $1", 1},
        {"a remark for PostgreSQL is opened", "SELECT 1 FROM t /*pg FOR UPDATE*/",
         "SELECT 1 FROM t FOR UPDATE", 0},
        {"any other remark goes", "SELECT /* one */ 1", "SELECT  1", 0},
        {"types", "CAST(a AS INTEGER) CAST(b AS TEXT)", "CAST(a AS BIGINT) CAST(b AS TEXT)", 0},
        {"a type within a word is none", "INTEGERS", "INTEGERS", 0},
        {"bytes", "SELECT x'00ff'", "SELECT '\\x00ff'::bytea", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(1000);
        CHECK_INT(pg_query(rows[i].ours, &out), rows[i].count);
        CHECK_TEXT(out.at, rows[i].theirs);
    }
}

static void test_tables(void **state)
{
    static const struct {
        const char *name, *ours, *theirs;
    } rows[] = {
        {"STRICT goes, text compares by its bytes", "CREATE TABLE t (a TEXT NOT NULL) STRICT;",
         "CREATE TABLE t (a TEXT COLLATE \"C\" NOT NULL);"},
        {"WITHOUT ROWID goes", "CREATE TABLE t (a BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;",
         "CREATE TABLE t (a BYTEA PRIMARY KEY);"},
        {"a key that is a number counts up",
         "CREATE TABLE t (id INTEGER PRIMARY KEY, a REAL) STRICT",
         "CREATE TABLE t (id BIGINT PRIMARY KEY, a DOUBLE PRECISION);"
         "CREATE FUNCTION next_t() RETURNS bigint VOLATILE RETURN (SELECT"
         " coalesce(pg_catalog.max(id), 0) + 1 FROM t);"
         "ALTER TABLE t ALTER id SET DEFAULT next_t();"},
        {"one that is the number of another row does not",
         "CREATE TABLE t (seq INTEGER PRIMARY KEY REFERENCES entry) STRICT;",
         "CREATE TABLE t (seq BIGINT PRIMARY KEY REFERENCES entry);"},
        {"an index", "CREATE INDEX i ON t (a) WHERE a <> '';",
         "CREATE INDEX i ON t (a) WHERE a <> '';"},
        {"a trigger that refuses",
         "CREATE TRIGGER keep BEFORE DELETE ON t BEGIN SELECT raise(ABORT, 'never'); END;"
         "CREATE INDEX i ON t (a);",
         "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN RAISE EXCEPTION"
         " 'never'; END$body$;CREATE TRIGGER keep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION"
         " keep();CREATE INDEX i ON t (a);"},
        {"a trigger that refuses some",
         "CREATE TRIGGER k BEFORE UPDATE ON t WHEN old.a <> new.a BEGIN SELECT raise(ABORT, 'no');"
         " END;",
         "CREATE FUNCTION k() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN RAISE EXCEPTION 'no';"
         " END$body$;CREATE TRIGGER k BEFORE UPDATE ON t FOR EACH ROW WHEN (old.a <> new.a) EXECUTE"
         " FUNCTION k();"},
        {"a table is dropped with what counts its key up", "DROP TABLE t; SELECT 1",
         "DROP FUNCTION IF EXISTS next_t() CASCADE;DROP TABLE t;SELECT 1;"},
        {"a trigger is dropped with its function", "DROP TRIGGER keep; SELECT 1",
         "DROP FUNCTION keep() CASCADE;SELECT 1;"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(4000);
        pg_tables(rows[i].ours, &out);
        CHECK_TEXT(out.at, rows[i].theirs);
    }
}

static void test_clean_text(void **state)
{
    static const struct {
        const char *name, *text, *clean; // NULL: it was clean
    } rows[] = {
        {"ASCII", "rain", NULL},
        {"Vietnamese", "Bắc Kạn đ", NULL},
        {"nothing", "", NULL},
        {"cut within a character", "B\xe1\xba", "B??"},
        {"an overlong form", "\xc0\xaf", "??"},
        {"a surrogate", "\xed\xa0\x80x", "???x"},
        {"beyond Unicode", "\xf4\x90\x80\x80", "????"},
        {"an emoji", "\xf0\x9f\x98\x80", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(mem_drop) char *clean = pg_clean_text(rows[i].text);
        CHECK((clean == NULL) == (rows[i].clean == NULL));
        if (clean)
            CHECK_TEXT(clean, rows[i].clean);
    }
}

static void test_values(void **state)
{
    static const struct {
        const char *name;
        uint32_t type;
        struct str bytes;
        int64_t value;
    } rows[] = {
        {"eight bytes", PG_INT8, {"\x80\0\0\0\0\0\0\0", 8}, INT64_MIN},
        {"four bytes", PG_INT4, {"\xff\xff\xff\xfe", 4}, -2},
        {"two bytes", PG_INT2, {"\x01\x00", 2}, 256},
        {"true", PG_BOOL, {"\x01", 1}, 1},
        {"text", PG_TEXT, {"42", 2}, 42},
        {"numeric 0", PG_NUMERIC, {"\0\0\0\0\0\0\0\0", 8}, 0},
        {"numeric 12345", PG_NUMERIC, {"\0\x02\0\x01\0\0\0\0\0\x01\x09\x29", 12}, 12345},
        {"numeric -30000: trailing digits are left out",
         PG_NUMERIC,
         {"\0\x01\0\x01\x40\0\0\0\0\x03", 10},
         -30000},
        {"numeric 0.5: the fraction is cut",
         PG_NUMERIC,
         {"\0\x01\xff\xff\0\0\0\x01\x13\x88", 10},
         0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(pg_int(rows[i].type, rows[i].bytes), rows[i].value);
    }
    CHECK_NEAR(pg_real(PG_FLOAT8, (struct str){"\x3f\xf8\0\0\0\0\0\0", 8}), 1.5, 0);
    CHECK_NEAR(pg_real(PG_INT4, (struct str){"\0\0\0\x07", 4}), 7, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_clean_text),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
