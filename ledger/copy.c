#include "ledger/copy.h"

#include "core/hash.h"
#include "core/mem.h"
#include "ledger/db.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SQL_BYTES_MAX = 8000, COLUMNS_MAX = 40, TABLES_MAX = 100 };

// The text of a statement must live as long as its connection: these do.
struct texts {
    char *at[3 * TABLES_MAX];
    size_t count;
};

static void texts_free(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        mem_free(&texts->at[i]);
}

// Moves past the next table of a schema's text; false after the last.
static bool take_table(const char **text, struct str *table)
{
    static const char BEGINS[] = "CREATE TABLE ";
    const char *at = strstr(*text, BEGINS);
    if (!at)
        return false;
    at += strlen(BEGINS);
    *table = (struct str){at, strcspn(at, " (")};
    *text = at;
    return true;
}

struct table {
    struct str name;
    size_t columns;
    char *read, *write; // SQL
};

static const char *keep(struct texts *texts, struct buf *sql)
{
    assert(!sql->full && texts->count < COUNT_OF(texts->at));
    texts->at[texts->count] = buf_take(sql);
    return texts->at[texts->count++];
}

// The columns of a table by name: a file that was brought forward may have them in another order.
static enum err_kind describe(struct db *db, struct str name, struct texts *texts,
                              struct table *out, struct err *err)
{
    struct buf probe = buf_new(SQL_BYTES_MAX), read = buf_new(SQL_BYTES_MAX);
    struct buf write = buf_new(SQL_BYTES_MAX), order = buf_new(SQL_BYTES_MAX);
    bool row = false;
    buf_print(&probe, "SELECT * FROM " STR_FMT " LIMIT 0", STR_ARG(name));
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, keep(texts, &probe));
    enum err_kind kind = stmt_next(stmt, &row, err);
    out->name = name;
    out->columns = kind ? 0 : stmt_columns(stmt);
    buf_text(&read, "SELECT ");
    buf_print(&write, "INSERT INTO " STR_FMT " (", STR_ARG(name));
    for (size_t c = 0; c < out->columns; c++) {
        const char *comma = c ? ", " : "";
        buf_print(&read, "%s%s", comma, stmt_column(stmt, (int)c));
        buf_print(&write, "%s%s", comma, stmt_column(stmt, (int)c));
        buf_print(&order, "%s%zu", comma, c + 1);
    }
    buf_print(&read, " FROM " STR_FMT " ORDER BY %s", STR_ARG(name), order.at);
    buf_text(&write, ") VALUES (?");
    for (size_t c = 1; c < out->columns; c++)
        buf_text(&write, ", ?");
    buf_char(&write, ')');
    buf_free(&order);
    out->read = (char *)(uintptr_t)keep(texts, &read);
    out->write = (char *)(uintptr_t)keep(texts, &write);
    return kind;
}

static void add_value(struct hasher *hasher, struct stmt *row, int c)
{
    enum value_kind kind = row_kind(row, c);
    double real = kind == VALUE_REAL ? row_real(row, c) : 0;
    struct str bytes = kind == VALUE_TEXT    ? str_of(row_text(row, c))
                       : kind == VALUE_BYTES ? row_bytes(row, c)
                                             : (struct str){(const char *)&real, sizeof(real)};
    hasher_add_u64(hasher, kind);
    if (kind == VALUE_INT)
        hasher_add_u64(hasher, (uint64_t)row_int(row, c));
    if (kind == VALUE_INT || kind == VALUE_NULL)
        return;
    hasher_add_u64(hasher, bytes.len);
    hasher_add(hasher, bytes.at, bytes.len);
}

static void bind_value(struct stmt *to, struct stmt *row, int c)
{
    struct str bytes = {NULL, 0};
    switch (row_kind(row, c)) {
    case VALUE_NULL:
        break; // what is not bound is NULL
    case VALUE_INT:
        stmt_int(to, c + 1, row_int(row, c));
        break;
    case VALUE_REAL:
        stmt_real(to, c + 1, row_real(row, c));
        break;
    case VALUE_TEXT:
        stmt_text(to, c + 1, row_text(row, c));
        break;
    case VALUE_BYTES:
        bytes = row_bytes(row, c);
        stmt_bytes(to, c + 1, bytes.at, bytes.len);
        break;
    }
}

static enum err_kind write_row(struct db *to, const struct table *table, struct stmt *row,
                               struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(to, table->write);
    for (size_t c = 0; c < table->columns; c++)
        bind_value(stmt, row, (int)c);
    return stmt_send(stmt, err);
}

// Reads a table in order; with `to` it is written there. The hash is of all values.
static enum err_kind pass(struct db *from, struct db *to, const struct table *table,
                          struct hash *hash, int64_t *rows, struct err *err)
{
    struct hasher hasher = hasher_new();
    AUTO(stmt_done) struct stmt *stmt = stmt_of(from, table->read);
    stmt_stream(stmt);
    enum err_kind failed = OK;
    for (*rows = 0; stmt_more(stmt, &failed, err); ++*rows) {
        for (size_t c = 0; c < table->columns; c++)
            add_value(&hasher, stmt, (int)c);
        if (to && write_row(to, table, stmt, err))
            return err_of(err);
    }
    if (failed)
        return failed;
    *hash = hasher_end(&hasher);
    return OK;
}

static enum err_kind copy_table(struct db *from, struct db *to, const struct table *table,
                                int64_t *rows, struct err *err)
{
    struct hash there, wanted, written;
    int64_t count = 0, again = 0;
    if (pass(to, NULL, table, &there, &count, err))
        return err_of(err);
    if (count == 0 && db_begin(to, DB_WRITE, err))
        return err_of(err);
    enum err_kind kind = pass(from, count ? NULL : to, table, &wanted, rows, err);
    if (count == 0) {
        if (!kind)
            kind = db_commit(to, err);
        if (kind)
            db_undo(to);
        if (!kind)
            kind = pass(to, NULL, table, &there, &again, err);
    }
    written = there;
    if (kind)
        return kind;
    if (!hash_same(wanted, written))
        return err_set(err, ERR_INPUT, "table " STR_FMT " is there with other rows",
                       STR_ARG(table->name));
    return OK;
}

enum err_kind copy_all(struct db *from, struct db *to, const struct db_kind *kind,
                       struct copy_report *report, struct err *err)
{
    struct str name;
    *report = (struct copy_report){0};
    for (const char *text = kind->tables; take_table(&text, &name); report->tables++) {
        AUTO(texts_free) struct texts texts = {.count = 0};
        struct table table;
        int64_t rows = 0;
        enum err_kind done = describe(from, name, &texts, &table, err);
        if (!done)
            done = copy_table(from, to, &table, &rows, err);
        db_forget(from);
        db_forget(to);
        if (done)
            return done;
        report->rows += rows;
    }
    return OK;
}

enum err_kind copy_file(struct db *from, const struct db_kind *kind, const char *path,
                        struct err *err)
{
    AUTO(db_close) struct db *to = NULL;
    struct copy_report report;
    if (db_is_file(from))
        return db_copy(from, path, err);
    if (db_create(path, kind, err) || db_open(path, kind, true, &to, err) ||
        db_begin(from, DB_READ, err))
        return err_of(err);
    // The server ends a transaction that asks for nothing for a minute: what was read of a large
    // table may take longer to be written.
    enum err_kind done = db_run(from, "SET LOCAL idle_in_transaction_session_timeout = 0", err);
    if (!done)
        done = copy_all(from, to, kind, &report, err);
    db_undo(from);
    return done ? err_add(err, "copying the %s", kind->what) : OK;
}

enum err_kind copy_seal(struct db *db, const struct db_kind *kind, const char *store,
                        struct err *err)
{
    static const char *const changes[] = {"INSERT", "UPDATE", "DELETE"};
    struct str name;
    assert(!strchr(store, '\''));
    for (const char *text = kind->tables; take_table(&text, &name);) {
        for (size_t i = 0; i < COUNT_OF(changes); i++) {
            AUTO(buf_free) struct buf sql = buf_new(SQL_BYTES_MAX);
            buf_print(&sql,
                      "DROP TRIGGER IF EXISTS moved_" STR_FMT "_%s;"
                      "CREATE TRIGGER moved_" STR_FMT "_%s BEFORE %s ON " STR_FMT
                      " BEGIN SELECT raise(ABORT, 'this store was moved to %s; nothing is written "
                      "here any more'); END;",
                      STR_ARG(name), changes[i], STR_ARG(name), changes[i], changes[i],
                      STR_ARG(name), store);
            if (db_run(db, sql.at, err))
                return err_of(err);
        }
    }
    return OK;
}
