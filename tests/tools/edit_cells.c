// edit_cells SITE ROWS: what `gong ledger verify` finds. Of every table of a site's ledger.db up to
// ROWS rows, spread over it, have each of their cells changed, one at a time, are taken out, put in
// once more under another key, and exchanged with the row before; the ledger is verified after each
// and put back. A line for each column ("TABLE.COLUMN"), for rows taken out ("TABLE.-"), put in
// ("TABLE.+") and exchanged ("TABLE.~"): how often it was found, of how often it was done. The site
// is a copy that nobody works on.
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAKEN_OUT, PUT_IN, EXCHANGED, WAYS };
enum { COLUMNS_MAX = 40, TABLES_MAX = 100, SQL_BYTES = 8192, AWAY = 1000003 };

struct desk {
    sqlite3 *db;
    struct ledger *ledger;
    char table[100]; // of which
    char column[COLUMNS_MAX][100];
    int columns;
};

static void must(const struct desk *desk, int code)
{
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return;
    (void)fprintf(stderr, "edit_cells: %s: %s\n", desk->table, sqlite3_errmsg(desk->db));
    exit(1);
}

static bool is_found(const struct desk *desk)
{
    struct ledger_report report;
    struct err err = {0};
    return ledger_verify(desk->ledger, &report, &err) != OK;
}

static sqlite3_stmt *prepare(const struct desk *desk, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    must(desk, sqlite3_prepare_v2(desk->db, sql, -1, &stmt, NULL));
    return stmt;
}

// " WHERE c1 IS ?1 AND c2 IS ?2 ...": one row and no other.
static void where(const struct desk *desk, struct buf *sql)
{
    for (int i = 0; i < desk->columns; i++)
        buf_print(sql, "%s \"%s\" IS ?%d", i ? " AND" : " WHERE", desk->column[i], i + 1);
}

static bool run(const struct desk *desk, const char *sql, sqlite3_value *const *row, int other,
                sqlite3_value *value, sqlite3_value *last)
{
    sqlite3_stmt *stmt = prepare(desk, sql);
    for (int i = 0; i < desk->columns; i++)
        must(desk, sqlite3_bind_value(stmt, i + 1, i == other ? value : row[i]));
    if (last)
        must(desk, sqlite3_bind_value(stmt, desk->columns + 1, last));
    bool done = sqlite3_step(stmt) == SQLITE_DONE;
    (void)sqlite3_finalize(stmt);
    return done;
}

// Another value of the same type; a number is `by` larger.
static sqlite3_value *change(const struct desk *desk, sqlite3_value *was, int by)
{
    static const char *const sql[] = {
        [SQLITE_INTEGER] = "SELECT ?1 + ?2",
        [SQLITE_FLOAT] = "SELECT ?1 + ?2",
        [SQLITE_TEXT] = "SELECT ?1 || 'x'",
        [SQLITE_BLOB] = "SELECT CAST(substr(?1, 1, length(?1) - 1) || CASE substr(?1, length(?1))"
                        " WHEN x'01' THEN x'00' ELSE x'01' END AS BLOB)",
        [SQLITE_NULL] = "SELECT 1",
    };
    sqlite3_stmt *stmt = prepare(desk, sql[sqlite3_value_type(was)]);
    if (sqlite3_bind_parameter_count(stmt))
        must(desk, sqlite3_bind_value(stmt, 1, was));
    if (sqlite3_bind_parameter_count(stmt) > 1)
        must(desk, sqlite3_bind_int(stmt, 2, by));
    must(desk, sqlite3_step(stmt));
    sqlite3_value *is = sqlite3_value_dup(sqlite3_column_value(stmt, 0));
    (void)sqlite3_finalize(stmt);
    return is;
}

// Changes one cell, asks, and puts it back; false when the table takes no such value (another row
// has the key).
static bool edit_by(const struct desk *desk, sqlite3_value *const *row, int i, int by, bool *found)
{
    char there[SQL_BYTES], back[SQL_BYTES];
    struct buf sql = buf_new(SQL_BYTES);
    sqlite3_value *is = change(desk, row[i], by);
    buf_print(&sql, "UPDATE \"%s\" SET \"%s\" = ?%d", desk->table, desk->column[i],
              desk->columns + 1);
    where(desk, &sql);
    (void)snprintf(there, sizeof(there), "%s", sql.at);
    (void)snprintf(back, sizeof(back), "%s", sql.at);
    buf_free(&sql);
    bool done = run(desk, there, row, -1, NULL, is);
    if (done) {
        *found = is_found(desk);
        if (!run(desk, back, row, i, is, row[i]) || sqlite3_changes(desk->db) != 1)
            must(desk, SQLITE_ERROR);
    }
    sqlite3_value_free(is);
    return done;
}

// A number that a neighbour has goes far away, the largest that there is down.
static bool edit(const struct desk *desk, sqlite3_value *const *row, int i, bool *found)
{
    return edit_by(desk, row, i, 1, found) || edit_by(desk, row, i, AWAY, found) ||
           edit_by(desk, row, i, -1, found);
}

static bool insert(const struct desk *desk, sqlite3_value *const *row)
{
    struct buf sql = buf_new(SQL_BYTES);
    buf_print(&sql, "INSERT INTO \"%s\" VALUES (", desk->table);
    for (int i = 0; i < desk->columns; i++)
        buf_print(&sql, "%s?%d", i ? ", " : "", i + 1);
    buf_char(&sql, ')');
    bool done = run(desk, sql.at, row, -1, NULL, NULL);
    buf_free(&sql);
    return done;
}

static void take(const struct desk *desk, sqlite3_value *const *row)
{
    struct buf sql = buf_new(SQL_BYTES);
    buf_print(&sql, "DELETE FROM \"%s\"", desk->table);
    where(desk, &sql);
    if (!run(desk, sql.at, row, -1, NULL, NULL) || sqlite3_changes(desk->db) != 1)
        must(desk, SQLITE_ERROR);
    buf_free(&sql);
}

static void give_back(const struct desk *desk, sqlite3_value *const *row)
{
    if (!insert(desk, row))
        must(desk, SQLITE_ERROR);
}

static bool take_out(const struct desk *desk, sqlite3_value *const *row)
{
    take(desk, row);
    bool found = is_found(desk);
    give_back(desk, row);
    return found;
}

// Once more, with as many of its first cells changed as the keys of the table ask for.
static bool put_in(const struct desk *desk, sqlite3_value *const *row, bool *found)
{
    sqlite3_value *other[COLUMNS_MAX] = {NULL};
    bool done = false;
    for (int i = 0; i < desk->columns; i++)
        other[i] = row[i];
    for (int i = 0; i < desk->columns && !done; i++) {
        other[i] = change(desk, row[i], AWAY);
        done = insert(desk, other);
    }
    if (done) {
        *found = is_found(desk);
        take(desk, other);
    }
    for (int i = 0; i < desk->columns; i++) {
        if (other[i] != row[i])
            sqlite3_value_free(other[i]);
    }
    return done;
}

static bool is_same(sqlite3_value *a, sqlite3_value *b)
{
    int len = sqlite3_value_bytes(a);
    return sqlite3_value_type(a) == sqlite3_value_type(b) && len == sqlite3_value_bytes(b) &&
           (len == 0 || memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), (size_t)len) == 0);
}

// Each has what the other has, but for the first cells up to one in which they differ; false when
// that is nothing, or the keys of the table do not take it.
static bool exchange(const struct desk *desk, sqlite3_value *const *a, sqlite3_value *const *b,
                     bool *found)
{
    sqlite3_value *c[COLUMNS_MAX] = {NULL}, *d[COLUMNS_MAX] = {NULL};
    int kept = 0, others = 0;
    while (kept < desk->columns && is_same(a[kept], b[kept]))
        kept++;
    for (int i = 0; i < desk->columns; i++) {
        c[i] = i <= kept ? a[i] : b[i];
        d[i] = i <= kept ? b[i] : a[i];
        others += i > kept && !is_same(a[i], b[i]);
    }
    if (others == 0)
        return false;
    take(desk, a);
    take(desk, b);
    bool one = insert(desk, c), both = one && insert(desk, d);
    if (both)
        *found = is_found(desk);
    if (one)
        take(desk, c);
    if (both)
        take(desk, d);
    give_back(desk, a);
    give_back(desk, b);
    return both;
}

static int64_t number(const struct desk *desk, const char *sql)
{
    sqlite3_stmt *stmt = prepare(desk, sql);
    must(desk, sqlite3_step(stmt));
    int64_t out = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return out;
}

static void read_columns(struct desk *desk)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s')", desk->table);
    sqlite3_stmt *stmt = prepare(desk, sql);
    for (desk->columns = 0; sqlite3_step(stmt) == SQLITE_ROW; desk->columns++) {
        if (desk->columns == COLUMNS_MAX)
            must(desk, SQLITE_ERROR);
        (void)snprintf(desk->column[desk->columns], sizeof(desk->column[0]), "%s",
                       (const char *)sqlite3_column_text(stmt, 0));
    }
    (void)sqlite3_finalize(stmt);
}

static void read_row(const struct desk *desk, int64_t at, sqlite3_value **row)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" LIMIT 1 OFFSET %lld", desk->table,
                   (long long)at);
    sqlite3_stmt *stmt = prepare(desk, sql);
    must(desk, sqlite3_step(stmt));
    for (int i = 0; i < desk->columns; i++)
        row[i] = sqlite3_value_dup(sqlite3_column_value(stmt, i));
    (void)sqlite3_finalize(stmt);
}

static void free_row(const struct desk *desk, sqlite3_value **row)
{
    for (int i = 0; i < desk->columns; i++)
        sqlite3_value_free(row[i]);
}

struct tally {
    int64_t made[COLUMNS_MAX + WAYS], found[COLUMNS_MAX + WAYS];
};

static void count(struct tally *tally, int way, bool made, bool found)
{
    tally->made[way] += made;
    tally->found[way] += made && found;
}

static void edit_row(const struct desk *desk, int64_t at, struct tally *tally)
{
    sqlite3_value *row[COLUMNS_MAX] = {NULL}, *before[COLUMNS_MAX] = {NULL};
    bool found = false;
    read_row(desk, at, row);
    for (int i = 0; i < desk->columns; i++) {
        bool made = edit(desk, row, i, &found);
        count(tally, i, made, found);
    }
    count(tally, desk->columns + TAKEN_OUT, true, take_out(desk, row));
    bool more = put_in(desk, row, &found);
    count(tally, desk->columns + PUT_IN, more, found);
    if (at > 0) {
        read_row(desk, at - 1, before);
        bool made = exchange(desk, row, before, &found);
        count(tally, desk->columns + EXCHANGED, made, found);
        free_row(desk, before);
    }
    free_row(desk, row);
}

// The last row is among them.
static void edit_table(struct desk *desk, int64_t rows)
{
    static const char *const ways[WAYS] = {"-", "+", "~"};
    char sql[200];
    struct tally tally = {{0}, {0}};
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", desk->table);
    int64_t total = number(desk, sql), step = total > rows ? total / rows : 1;
    read_columns(desk);
    for (int64_t at = total - 1, taken = 0; at >= 0 && taken < rows; at -= step, taken++)
        edit_row(desk, at, &tally);
    for (int i = 0; i < desk->columns + WAYS && total > 0; i++)
        (void)printf("%s.%s %lld %lld\n", desk->table,
                     i < desk->columns ? desk->column[i] : ways[i - desk->columns],
                     (long long)tally.found[i], (long long)tally.made[i]);
}

static int read_tables(const struct desk *desk, char tables[TABLES_MAX][100])
{
    int count = 0;
    sqlite3_stmt *stmt = prepare(desk, "SELECT name FROM sqlite_schema WHERE type = 'table'"
                                       " AND name NOT LIKE 'sqlite_%' ORDER BY name");
    for (; count < TABLES_MAX && sqlite3_step(stmt) == SQLITE_ROW; count++)
        (void)snprintf(tables[count], 100, "%s", (const char *)sqlite3_column_text(stmt, 0));
    (void)sqlite3_finalize(stmt);
    return count;
}

int main(int argc, char **argv)
{
    struct desk desk = {.table = "ledger.db"};
    static char tables[TABLES_MAX][100];
    struct err err = {0};
    char path[1000];
    if (argc != 3) {
        (void)fprintf(stderr, "write: edit_cells SITE ROWS\n");
        return 2;
    }
    (void)snprintf(path, sizeof(path), "%s/ledger.db", argv[1]);
    if (ledger_open(argv[1], LEDGER_READ, &desk.ledger, &err)) {
        (void)fprintf(stderr, "edit_cells: %s\n", err.text);
        return 1;
    }
    must(&desk, sqlite3_open(path, &desk.db));
    // Whoever edits is held by nothing, and nothing of this must survive.
    must(&desk,
         sqlite3_exec(desk.db,
                      "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;"
                      "DROP TRIGGER IF EXISTS entry_stays; DROP TRIGGER IF EXISTS entry_kept",
                      NULL, NULL, NULL));
    if (is_found(&desk)) {
        (void)fprintf(stderr, "edit_cells: the ledger does not verify as it is\n");
        return 1;
    }
    int count = read_tables(&desk, tables);
    for (int i = 0; i < count; i++) {
        memcpy(desk.table, tables[i], sizeof(desk.table));
        edit_table(&desk, strtoll(argv[2], NULL, 10));
    }
    bool broken = is_found(&desk);
    (void)sqlite3_close(desk.db);
    ledger_close(&desk.ledger);
    if (broken)
        (void)fprintf(stderr, "edit_cells: it was not put back as it was\n");
    return broken;
}
