#include "ledger/db_engine.h"

#include "core/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Stores that are files: SQLite.

enum {
    BUSY_MS = 10000,
    APPLICATION_ID = 0x676f6e67,    // "gong"
    LOG_PAGES = 1000,               // of the log, before it is written back
    LOG_PAGES_BULK = 4000,          // the same after a large commit
    BULK_PAGES = 4,                 // that a large commit has at least
    GATHERED_BYTES = (1 << 17) - 1, // of a commit, at once; SQLite's unix files take no more
    FRAME_HEAD = 24,                // bytes before each page in the log; in the last of a commit,
    FRAME_LAST = 4,                 // from this one on, the file's pages, in the others 0
};

// What a commit writes to the log is gathered up to its last page; SQLite makes two calls a page.
struct gather {
    sqlite3_io_methods methods;    // of the log's file while a commit is under way
    const sqlite3_io_methods *own; // that it has otherwise
    char *bytes;                   // GATHERED_BYTES, heap; NULL before the first commit
    size_t len;
    sqlite3_int64 at; // where they belong
    bool last;        // its last page comes now
    bool over;        // what comes after it, or after a sync, goes straight to the file
};

struct sqlite_db {
    struct db base;
    sqlite3 *handle;
    bool lazy; // the transaction in hand is not forced to the disk
    sqlite3_stmt *begin, *commit;
    int log_pages; // at the last commit; 0: there was none
    struct gather gather;
};

struct sqlite_stmt {
    struct stmt base;
    sqlite3_stmt *handle;
};

static sqlite3 *of(const struct db *db)
{
    return ((const struct sqlite_db *)db)->handle;
}

static sqlite3_stmt *handle_of(const struct stmt *stmt)
{
    return ((const struct sqlite_stmt *)stmt)->handle;
}

// What SQLite's codes mean for the caller. A full disk shows as such, or as an I/O error (the
// shared memory of a log that cannot be made); a sync that failed is never tried again: what it
// should have brought to the disk may be gone from memory too.
static enum err_kind refuse(struct db *db, const char *doing, struct err *err)
{
    int code = sqlite3_errcode(of(db)), extended = sqlite3_extended_errcode(of(db));
    int system = sqlite3_system_errno(of(db));
    const char *what = db->kind->what, *why = sqlite3_errmsg(of(db));
    code &= 0xff;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return err_set(err, ERR_LATER, "the %s is in use by another program; try again", what);
    bool stuck = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
    if (code == SQLITE_FULL || (stuck && (system == ENOSPC || system == EDQUOT)))
        return err_no_space(err, "the %s", what);
    if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC)
        return err_set(
            err, ERR_BROKEN,
            "the disk did not take what was to be written to the %s (a sync failed); see "
            "to the disk, then start again: what was acknowledged before is there",
            what);
    if (code == SQLITE_IOERR)
        return err_set(err, ERR_BROKEN,
                       "the disk failed under the %s (%s); see to it, then start again: what was "
                       "acknowledged before is there",
                       what, why);
    return err_set(err, ERR_BROKEN, "the %s cannot be used (%s), while %s", what, why, doing);
}

static enum err_kind run(struct db *db, const char *sql, struct err *err)
{
    if (sqlite3_exec(of(db), sql, NULL, NULL, NULL) != SQLITE_OK)
        return refuse(db, sql, err);
    return OK;
}

// The same, compiled once.
static enum err_kind run_often(struct db *db, sqlite3_stmt **kept, const char *sql, struct err *err)
{
    if (!*kept &&
        sqlite3_prepare_v3(of(db), sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL) != SQLITE_OK)
        return refuse(db, sql, err);
    (void)sqlite3_step(*kept);
    return sqlite3_reset(*kept) == SQLITE_OK ? OK : refuse(db, sql, err);
}

// What ends a transaction: the next one is forced to the disk again, unless it says otherwise.
static enum err_kind end(struct db *db, struct err *err)
{
    struct sqlite_db *own = (struct sqlite_db *)db;
    if (!own->lazy)
        return OK;
    own->lazy = false;
    return run(db, "PRAGMA synchronous=FULL", err);
}

static enum err_kind begin(struct db *db, enum db_begin how, struct err *err)
{
    struct sqlite_db *own = (struct sqlite_db *)db;
    if (how == DB_LAZY && run(db, "PRAGMA synchronous=NORMAL", err))
        return err_of(err);
    own->lazy = how == DB_LAZY;
    enum err_kind kind =
        how == DB_READ ? run(db, "BEGIN", err) : run_often(db, &own->begin, "BEGIN IMMEDIATE", err);
    struct err ignored = {0};
    if (kind)
        (void)end(db, &ignored); // a pragma of our own connection; the first sentence counts
    return kind;
}

static struct gather *gather_of(sqlite3_file *file)
{
    return (struct gather *)(uintptr_t)file->pMethods; // its first member
}

static int hand_over(sqlite3_file *file)
{
    struct gather *gather = gather_of(file);
    size_t len = gather->len;
    gather->len = 0;
    return len ? gather->own->xWrite(file, gather->bytes, (int)len, gather->at) : SQLITE_OK;
}

static bool is_last_head(const void *bytes, int size)
{
    static const char none[4] = {0};
    return size == FRAME_HEAD && memcmp((const char *)bytes + FRAME_LAST, none, sizeof(none)) != 0;
}

static int gather_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    struct gather *gather = gather_of(file);
    bool goes_on = at == gather->at + (sqlite3_int64)gather->len;
    if (!goes_on || gather->len + (size_t)size > GATHERED_BYTES) {
        int code = hand_over(file);
        if (code != SQLITE_OK)
            return code;
        gather->at = at;
    }
    if (gather->over || size > GATHERED_BYTES)
        return gather->own->xWrite(file, bytes, size, at);
    memcpy(gather->bytes + gather->len, bytes, (size_t)size);
    gather->len += (size_t)size;
    gather->over = gather->last;
    gather->last = is_last_head(bytes, size);
    return gather->over ? hand_over(file) : SQLITE_OK;
}

static int gather_sync(sqlite3_file *file, int flags)
{
    int code = hand_over(file);
    gather_of(file)->over = true;
    return code == SQLITE_OK ? gather_of(file)->own->xSync(file, flags) : code;
}

static int gather_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    int code = hand_over(file);
    return code == SQLITE_OK ? gather_of(file)->own->xRead(file, out, size, at) : code;
}

// Nobody looks for a commit in the log before its last page was written, and what is there is
// handed over before any of the log is read. What is left of one that failed belongs to nothing.
static enum err_kind commit_gathered(struct sqlite_db *own, struct err *err)
{
    struct gather *gather = &own->gather;
    sqlite3_file *log = NULL;
    int code =
        sqlite3_file_control(own->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&log);
    assert(code == SQLITE_OK && log);
    (void)code;
    if (!gather->bytes)
        gather->bytes = mem_new(GATHERED_BYTES, 1);
    gather->own = log->pMethods;
    gather->methods = *log->pMethods;
    gather->methods.xWrite = gather_write;
    gather->methods.xSync = gather_sync;
    gather->methods.xRead = gather_read;
    gather->len = 0;
    gather->last = gather->over = false;
    log->pMethods = &gather->methods;
    enum err_kind kind = run_often(&own->base, &own->commit, "COMMIT", err);
    log->pMethods = gather->own;
    assert(kind || !gather->len);
    return kind;
}

// A commit before told that there is a log.
static enum err_kind commit(struct db *db, struct err *err)
{
    struct sqlite_db *own = (struct sqlite_db *)db;
    enum err_kind kind =
        own->log_pages ? commit_gathered(own, err) : run_often(db, &own->commit, "COMMIT", err);
    if (kind)
        return kind; // the caller's db_undo rolls back
    return end(db, err);
}

static void undo(struct db *db)
{
    struct err err = {0};
    if (!sqlite3_get_autocommit(of(db)))
        sqlite3_exec(of(db), "ROLLBACK", NULL, NULL, NULL);
    enum err_kind kind = end(db, &err);
    assert(kind == OK); // a pragma of our own connection
    (void)kind;
}

static enum err_kind read_pragma(struct db *db, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *handle = NULL;
    *out = 0;
    // A file that is no database is found out when its first statement is prepared or run.
    if (sqlite3_prepare_v2(of(db), sql, -1, &handle, NULL) != SQLITE_OK)
        return refuse(db, "opening it", err);
    int code = sqlite3_step(handle);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(handle, 0);
    sqlite3_finalize(handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return refuse(db, "opening it", err);
    return OK;
}

static enum err_kind schema(struct db *db, int64_t *out, struct err *err)
{
    int64_t application = 0, version = 0;
    if (read_pragma(db, "PRAGMA application_id", &application, err) ||
        read_pragma(db, "PRAGMA user_version", &version, err))
        return err_of(err);
    *out = application == APPLICATION_ID ? version : 0;
    return OK;
}

static void close_handle(sqlite3 **handle)
{
    sqlite3_close(*handle);
}

// All pages in one step: one read transaction, which in WAL mode stops nobody.
static enum err_kind copy(struct db *db, const char *path, struct err *err)
{
    AUTO(close_handle) sqlite3 *to = NULL;
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, ERR_INPUT, "cannot make %s", path);
    (void)close(fd);
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    sqlite3_backup *backup =
        code == SQLITE_OK ? sqlite3_backup_init(to, "main", of(db), "main") : NULL;
    if (backup) {
        (void)sqlite3_backup_step(backup, -1);
        code = sqlite3_backup_finish(backup);
    }
    if (!backup || code != SQLITE_OK)
        return err_set(err, code == SQLITE_BUSY ? ERR_LATER : ERR_BROKEN,
                       "cannot copy the %s to %s: %s", db->kind->what, path, sqlite3_errmsg(to));
    return OK;
}

// That the log is empty is on the disk: SQLite leaves this to the next commit, and a power cut
// before it would bring the old pages back.
static enum err_kind sync_log(struct db *db, struct err *err)
{
    sqlite3_file *log = NULL;
    int code = sqlite3_file_control(of(db), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (code == SQLITE_OK && log && log->pMethods)
        code = log->pMethods->xSync(log, SQLITE_SYNC_FULL);
    if (code != SQLITE_OK)
        return err_set(err, ERR_BROKEN,
                       "the log of the %s was emptied, and could not be synced (%s)",
                       db->kind->what, sqlite3_errstr(code));
    return OK;
}

// VACUUM writes the file anew; then the write-ahead log, which has the old pages too, is emptied.
static enum err_kind shred(struct db *db, const char *tables, struct err *err)
{
    int64_t busy = 0;
    (void)tables; // all of them at once
    if (run(db, "VACUUM", err) || read_pragma(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err))
        return err_of(err);
    if (busy)
        return err_set(err, ERR_LATER, "the %s is being read by another program; try again",
                       db->kind->what);
    return sync_log(db, err);
}

static enum err_kind set_schema(struct db *db, int64_t to, struct err *err)
{
    char mark[64];
    int len = snprintf(mark, sizeof(mark), "PRAGMA user_version=%d", (int)to);
    assert(len > 0 && (size_t)len < sizeof(mark));
    return run(db, mark, err);
}

static void close_file(struct db *db)
{
    struct sqlite_db *own = (struct sqlite_db *)db;
    sqlite3_finalize(own->begin);
    sqlite3_finalize(own->commit);
    sqlite3_close(of(db));
    mem_free(&own->gather.bytes);
    mem_free(&db);
}

// The log is written back after a commit: when commits are small while it is short, for it is then
// overwritten in place, which the disk takes faster than a file that grows; in bulk less often.
// What fails here is found again by a later commit.
static int after_commit(void *self, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite_db *own = self;
    bool bulk = pages - own->log_pages >= BULK_PAGES;
    own->log_pages = pages;
    if (pages >= (bulk ? LOG_PAGES_BULK : LOG_PAGES))
        (void)sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

static enum err_kind open_file(const char *path, const struct db_kind *kind, struct db **out,
                               struct err *err)
{
    struct sqlite_db *own = mem_new(1, sizeof(*own));
    AUTO(db_close) struct db *db = &own->base;
    db->engine = &db_sqlite;
    db->kind = kind;
    // Nobody asks how much memory SQLite uses, and a connection has one thread: no locks for
    // either. (The first is refused when SQLite is at work already: then it was said before.)
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int code =
        sqlite3_open_v2(path, &own->handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return err_set(err, ERR_BROKEN, "cannot open %s: %s", path, sqlite3_errstr(code));
    sqlite3_busy_timeout(of(db), BUSY_MS);
    (void)sqlite3_wal_hook(of(db), after_commit, own);
    sqlite3_extended_result_codes(of(db), 0);
    sqlite3_db_config(of(db), SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(of(db), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (run(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000;", err))
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
    if (run(db, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE;", err) || run(db, kind->tables, err) ||
        run(db, mark, err) || run(db, "COMMIT;", err))
        return err_add(err, "making %s", path);
    return OK;
}

static enum err_kind create(const char *path, const struct db_kind *kind, struct err *err)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 && access(path, F_OK) == 0)
        return err_set(err, ERR_INPUT, "%s is there already", path);
    if (fd < 0)
        return err_errno(err, ERR_REFUSED, "cannot make %s", path);
    (void)close(fd);
    if (fill_new(path, kind, err)) {
        (void)unlink(path);
        return err_of(err);
    }
    return OK;
}

// With what a killed program left beside it, which would be read into the next file of that name.
static enum err_kind drop(const char *path, struct err *err)
{
    AUTO(buf_free) struct buf part = buf_new(PATH_MAX);
    buf_print(&part, "%s-wal", path);
    if ((unlink(part.at) != 0 && errno != ENOENT) || unlink(path) != 0)
        return err_errno(err, ERR_REFUSED, "cannot remove %s", path);
    return OK;
}

static enum err_kind open_there(const char *path, const struct db_kind *kind, struct db **out,
                                struct err *err)
{
    if (access(path, F_OK) != 0)
        return err_errno(err, ERR_REFUSED, "cannot open %s", path);
    return open_file(path, kind, out, err);
}

static enum err_kind only_read(struct db *db, struct err *err)
{
    return run(db, "PRAGMA query_only=ON", err);
}

// Who watches a file knows how: notify/service.c.
static int watch(struct db *db)
{
    (void)db;
    return -1;
}

static struct stmt *prepare(struct db *db, const char *sql)
{
    struct sqlite_stmt *stmt = mem_new(1, sizeof(*stmt));
    if (sqlite3_prepare_v3(of(db), sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL) !=
        SQLITE_OK) {
        // The schema was checked when the database was opened: this is our own mistake.
        (void)fprintf(stderr, "SQL: %s: %s\n", sqlite3_errmsg(of(db)), sql);
        assert(false && "SQL that does not compile");
    }
    return &stmt->base;
}

static void forget(struct stmt *stmt)
{
    sqlite3_finalize(handle_of(stmt));
    mem_free(&stmt);
}

static void reset(struct stmt *stmt)
{
    sqlite3_reset(handle_of(stmt));
    sqlite3_clear_bindings(handle_of(stmt));
}

static void bound(int code)
{
    assert(code == SQLITE_OK);
    (void)code;
}

static void bind_int(struct stmt *stmt, int at, int64_t value)
{
    bound(sqlite3_bind_int64(handle_of(stmt), at, value));
}

static void bind_real(struct stmt *stmt, int at, double value)
{
    bound(sqlite3_bind_double(handle_of(stmt), at, value));
}

static void bind_text(struct stmt *stmt, int at, const char *text)
{
    bound(sqlite3_bind_text(handle_of(stmt), at, text, -1, SQLITE_STATIC));
}

static void bind_str(struct stmt *stmt, int at, struct str text)
{
    bound(sqlite3_bind_text64(handle_of(stmt), at, text.at ? text.at : "", text.len, SQLITE_STATIC,
                              SQLITE_UTF8));
}

static void bind_bytes(struct stmt *stmt, int at, const void *bytes, size_t len)
{
    bound(sqlite3_bind_blob64(handle_of(stmt), at, len ? bytes : "", len, SQLITE_STATIC));
}

static enum err_kind next(struct stmt *stmt, bool *row, struct err *err)
{
    int code = sqlite3_step(handle_of(stmt));
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return OK;
    return refuse(stmt->db, stmt->sql, err);
}

static enum err_kind once(struct stmt *stmt, struct err *err)
{
    bool row = false;
    if (next(stmt, &row, err))
        return err_of(err);
    assert(!row);
    sqlite3_reset(handle_of(stmt));
    return OK;
}

static int64_t changes(struct stmt *stmt)
{
    return sqlite3_changes64(of(stmt->db));
}

// SQLite never keeps rows.
static void stream(struct stmt *stmt)
{
    (void)stmt;
}

static size_t columns(struct stmt *stmt)
{
    return (size_t)sqlite3_column_count(handle_of(stmt));
}

static const char *column_name(struct stmt *stmt, int column)
{
    return sqlite3_column_name(handle_of(stmt), column);
}

static enum value_kind kind_of_value(struct stmt *stmt, int column)
{
    switch (sqlite3_column_type(handle_of(stmt), column)) {
    case SQLITE_INTEGER:
        return VALUE_INT;
    case SQLITE_FLOAT:
        return VALUE_REAL;
    case SQLITE_TEXT:
        return VALUE_TEXT;
    case SQLITE_BLOB:
        return VALUE_BYTES;
    default:
        return VALUE_NULL;
    }
}

static int64_t get_int(struct stmt *stmt, int column)
{
    return sqlite3_column_int64(handle_of(stmt), column);
}

static double get_real(struct stmt *stmt, int column)
{
    return sqlite3_column_double(handle_of(stmt), column);
}

static bool get_null(struct stmt *stmt, int column)
{
    return sqlite3_column_type(handle_of(stmt), column) == SQLITE_NULL;
}

static const char *get_text(struct stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(handle_of(stmt), column);
}

static struct str get_bytes(struct stmt *stmt, int column)
{
    const char *at = sqlite3_column_blob(handle_of(stmt), column);
    return (struct str){at, at ? (size_t)sqlite3_column_bytes(handle_of(stmt), column) : 0};
}

const struct db_engine db_sqlite = {
    .create = create,
    .open = open_there,
    .drop = drop,
    .close = close_file,
    .only_read = only_read,
    .schema = schema,
    .set_schema = set_schema,
    .run = run,
    .begin = begin,
    .commit = commit,
    .undo = undo,
    .copy = copy,
    .shred = shred,
    .watch = watch,
    .prepare = prepare,
    .forget = forget,
    .reset = reset,
    .bind_int = bind_int,
    .bind_real = bind_real,
    .bind_text = bind_text,
    .bind_str = bind_str,
    .bind_bytes = bind_bytes,
    .next = next,
    .once = once,
    .later = once,
    .changes = changes,
    .stream = stream,
    .columns = columns,
    .column = column_name,
    .value_kind = kind_of_value,
    .get_int = get_int,
    .get_real = get_real,
    .get_null = get_null,
    .get_text = get_text,
    .get_bytes = get_bytes,
};
