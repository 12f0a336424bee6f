#include "ledger/db.h"

#include "core/mem.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUSY_MS = 10000, APPLICATION_ID = 0x676f6e67 }; // "gong"

struct stmt {
    sqlite3_stmt *handle;
    struct db *db;
    const char *sql;
    bool used;
};

struct db {
    sqlite3 *handle;
    const struct db_kind *kind;
    struct stmt **stmt;
    size_t count;
};

// What SQLite's codes mean for the caller.
static enum err_kind refuse(struct db *db, const char *doing, struct err *err)
{
    int code = sqlite3_errcode(db->handle) & 0xff;
    const char *what = db->kind->what, *why = sqlite3_errmsg(db->handle);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return err_set(err, ERR_LATER, "the %s is in use by another program; try again", what);
    if (code == SQLITE_FULL)
        return err_set(err, ERR_BROKEN, "no room on the disk for the %s; make room and try again",
                       what);
    return err_set(err, ERR_BROKEN, "the %s cannot be used (%s), while %s", what, why, doing);
}

enum err_kind db_run(struct db *db, const char *sql, struct err *err)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return refuse(db, sql, err);
    return OK;
}

void db_undo(struct db *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

static enum err_kind read_pragma(struct db *db, const char *sql, int64_t *out, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = NULL;
    bool row = false;
    *out = 0;
    // A file that is no database is found out when its first statement is prepared.
    sqlite3_stmt *probe = NULL;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &probe, NULL) != SQLITE_OK)
        return refuse(db, "opening it", err);
    sqlite3_finalize(probe);
    stmt = stmt_of(db, sql);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    *out = row ? row_int(stmt, 0) : 0;
    return OK;
}

static enum err_kind check_kind(struct db *db, const char *path, struct err *err)
{
    int64_t application = 0, schema = 0;
    if (read_pragma(db, "PRAGMA application_id", &application, err) ||
        read_pragma(db, "PRAGMA user_version", &schema, err))
        return err_add(err, "opening %s", path);
    if (application != APPLICATION_ID || schema == 0)
        return err_set(err, ERR_BROKEN, "%s is no %s of gong", path, db->kind->what);
    if (schema > db->kind->schema)
        return err_set(
            err, ERR_BROKEN,
            "%s was written by a newer gong (schema %lld, this one knows %lld); use that "
            "one",
            path, (long long)schema, (long long)db->kind->schema);
    if (schema < db->kind->schema)
        return err_set(err, ERR_BROKEN, "%s has the older schema %lld; this gong needs %lld", path,
                       (long long)schema, (long long)db->kind->schema);
    return OK;
}

static enum err_kind open_file(const char *path, const struct db_kind *kind, struct db **out,
                               struct err *err)
{
    AUTO(db_close) struct db *db = mem_new(1, sizeof(*db));
    db->kind = kind;
    int code =
        sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (code != SQLITE_OK)
        return err_set(err, ERR_BROKEN, "cannot open %s: %s", path, sqlite3_errstr(code));
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_extended_result_codes(db->handle, 0);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (db_run(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000;",
               err))
        return err_add(err, "opening %s", path);
    *out = TAKE(db);
    return OK;
}

static enum err_kind fill_new(const char *path, const struct db_kind *kind, struct err *err)
{
    AUTO(db_close) struct db *db = NULL;
    char mark[96];
    if (open_file(path, kind, &db, err))
        return err_of(err);
    int len = snprintf(mark, sizeof(mark), "PRAGMA application_id=%d; PRAGMA user_version=%d;",
                       APPLICATION_ID, (int)kind->schema);
    assert(len > 0 && (size_t)len < sizeof(mark));
    if (db_run(db, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE;", err) ||
        db_run(db, kind->tables, err) || db_run(db, mark, err) || db_run(db, "COMMIT;", err))
        return err_add(err, "making %s", path);
    return OK;
}

enum err_kind db_create(const char *path, const struct db_kind *kind, struct err *err)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 && access(path, F_OK) == 0)
        return err_set(err, ERR_INPUT, "%s is there already", path);
    if (fd < 0)
        return err_errno(err, ERR_REFUSED, "cannot make %s", path);
    (void)close(fd);
    if (fill_new(path, kind, err)) {
        (void)unlink(path);
        return err->kind;
    }
    return OK;
}

enum err_kind db_open(const char *path, const struct db_kind *kind, bool write, struct db **out,
                      struct err *err)
{
    if (access(path, F_OK) != 0)
        return err_errno(err, ERR_REFUSED, "cannot open %s", path);
    AUTO(db_close) struct db *db = NULL;
    if (open_file(path, kind, &db, err) || check_kind(db, path, err))
        return err_of(err);
    if (!write && db_run(db, "PRAGMA query_only=ON", err))
        return err->kind;
    *out = TAKE(db);
    return OK;
}

void db_close(struct db **db)
{
    if (!*db)
        return;
    for (size_t i = 0; i < (*db)->count; i++) {
        assert(!(*db)->stmt[i]->used);
        sqlite3_finalize((*db)->stmt[i]->handle);
        mem_free(&(*db)->stmt[i]);
    }
    mem_free(&(*db)->stmt);
    sqlite3_close((*db)->handle);
    mem_free(db);
}

static struct stmt *stmt_new(struct db *db, const char *sql)
{
    struct stmt *stmt = mem_new(1, sizeof(*stmt));
    stmt->db = db;
    stmt->sql = sql;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL) !=
        SQLITE_OK) {
        // The schema was checked when the database was opened: this is our own mistake.
        (void)fprintf(stderr, "SQL: %s: %s\n", sqlite3_errmsg(db->handle), sql);
        assert(false && "SQL that does not compile");
    }
    db->stmt = mem_resize(db->stmt, db->count + 1, sizeof(struct stmt *));
    db->stmt[db->count++] = stmt;
    return stmt;
}

struct stmt *stmt_of(struct db *db, const char *sql)
{
    struct stmt *stmt = NULL;
    for (size_t i = 0; i < db->count && !stmt; i++) {
        if (db->stmt[i]->sql == sql || strcmp(db->stmt[i]->sql, sql) == 0)
            stmt = db->stmt[i];
    }
    if (!stmt)
        stmt = stmt_new(db, sql);
    assert(!stmt->used);
    stmt->used = true;
    return stmt;
}

void stmt_done(struct stmt **stmt)
{
    if (!*stmt)
        return;
    sqlite3_reset((*stmt)->handle);
    sqlite3_clear_bindings((*stmt)->handle);
    (*stmt)->used = false;
    *stmt = NULL;
}

static void bound(int code)
{
    assert(code == SQLITE_OK);
    (void)code;
}

void stmt_int(struct stmt *stmt, int at, int64_t value)
{
    bound(sqlite3_bind_int64(stmt->handle, at, value));
}

void stmt_real(struct stmt *stmt, int at, double value)
{
    bound(sqlite3_bind_double(stmt->handle, at, value));
}

void stmt_text(struct stmt *stmt, int at, const char *text)
{
    bound(sqlite3_bind_text(stmt->handle, at, text, -1, SQLITE_STATIC));
}

void stmt_bytes(struct stmt *stmt, int at, const void *bytes, size_t len)
{
    bound(sqlite3_bind_blob64(stmt->handle, at, len ? bytes : "", len, SQLITE_STATIC));
}

void stmt_hash(struct stmt *stmt, int at, const struct hash *hash)
{
    stmt_bytes(stmt, at, hash->at, HASH_SIZE);
}

enum err_kind stmt_next(struct stmt *stmt, bool *row, struct err *err)
{
    int code = sqlite3_step(stmt->handle);
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return OK;
    return refuse(stmt->db, stmt->sql, err);
}

enum err_kind stmt_run(struct stmt *stmt, struct err *err)
{
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err->kind;
    assert(!row);
    sqlite3_reset(stmt->handle);
    return OK;
}

int64_t stmt_changes(struct stmt *stmt)
{
    return sqlite3_changes64(stmt->db->handle);
}

int64_t row_int(struct stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

double row_real(struct stmt *stmt, int column)
{
    return sqlite3_column_double(stmt->handle, column);
}

bool row_null(struct stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

const char *row_text(struct stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt->handle, column);
    return text ? text : "";
}

struct str row_bytes(struct stmt *stmt, int column)
{
    const char *at = sqlite3_column_blob(stmt->handle, column);
    return (struct str){at, at ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0};
}

void row_copy(struct stmt *stmt, int column, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", row_text(stmt, column));
}

struct hash row_hash(struct stmt *stmt, int column)
{
    struct hash hash = {0};
    struct str bytes = row_bytes(stmt, column);
    if (bytes.len == HASH_SIZE)
        memcpy(hash.at, bytes.at, HASH_SIZE);
    return hash;
}
