// edit_cells SITE ROWS: what `gong ledger verify` finds. Of every table of a site's ledger.db up to
// ROWS rows, spread over it, have each of their cells changed, one at a time, and are taken out;
// the ledger is verified after each and put back. A line for each column ("TABLE.COLUMN") and for
// rows taken out ("TABLE -"): how often it was found, of how often it was done. The site is a copy
// that nobody works on.
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool take_out(const struct desk *desk, sqlite3_value *const *row)
{
    struct buf sql = buf_new(SQL_BYTES), back = buf_new(SQL_BYTES);
    buf_print(&sql, "DELETE FROM \"%s\"", desk->table);
    where(desk, &sql);
    buf_print(&back, "INSERT INTO \"%s\" VALUES (", desk->table);
    for (int i = 0; i < desk->columns; i++)
        buf_print(&back, "%s?%d", i ? ", " : "", i + 1);
    buf_char(&back, ')');
    if (!run(desk, sql.at, row, -1, NULL, NULL))
        must(desk, SQLITE_ERROR);
    bool found = is_found(desk);
    if (!run(desk, back.at, row, -1, NULL, NULL))
        must(desk, SQLITE_ERROR);
    buf_free(&sql);
    buf_free(&back);
    return found;
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

static void edit_table(struct desk *desk, int64_t rows)
{
    char sql[200];
    int64_t made[COLUMNS_MAX + 1] = {0}, found[COLUMNS_MAX + 1] = {0};
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", desk->table);
    int64_t count = number(desk, sql), step = count > rows ? count / rows : 1;
    read_columns(desk);
    for (int64_t at = 0, taken = 0; at < count && taken < rows; at += step, taken++) {
        sqlite3_value *row[COLUMNS_MAX];
        (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" LIMIT 1 OFFSET %lld", desk->table,
                       (long long)at);
        sqlite3_stmt *stmt = prepare(desk, sql);
        must(desk, sqlite3_step(stmt));
        for (int i = 0; i < desk->columns; i++)
            row[i] = sqlite3_value_dup(sqlite3_column_value(stmt, i));
        (void)sqlite3_finalize(stmt);
        for (int i = 0; i < desk->columns; i++) {
            bool seen = false;
            made[i] += edit(desk, row, i, &seen);
            found[i] += seen;
        }
        made[desk->columns]++;
        found[desk->columns] += take_out(desk, row);
        for (int i = 0; i < desk->columns; i++)
            sqlite3_value_free(row[i]);
    }
    for (int i = 0; i <= desk->columns && count > 0; i++)
        (void)printf("%s.%s %lld %lld\n", desk->table, i < desk->columns ? desk->column[i] : "-",
                     (long long)found[i], (long long)made[i]);
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
    must(&desk, sqlite3_exec(desk.db,
                             "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;"
                             "DROP TRIGGER entry_stays; DROP TRIGGER entry_kept",
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
