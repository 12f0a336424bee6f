#ifndef GONG_LEDGER_DB_H
#define GONG_LEDGER_DB_H

#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// A database behind our own name: one connection with its prepared statements, for one
// thread at a time. A place is a path, or "postgresql://...#SCHEMA". SQLite in WAL mode,
// synchronous=FULL, foreign keys on (db_sqlite.c); PostgreSQL 15 or newer, one schema a database, a
// lost connection is ERR_LATER and made again by the next call outside a transaction (db_pg.c). SQL
// texts are ours and literal, in words that every engine takes: a statement that does not compile
// is an assert.
struct db;

// One step forward between two schemas: one transaction. What a step says is never changed later.
struct db_step {
    int64_t from, to; // user_version before and after
    const char *sql;
    // Also done in that transaction; NULL: nothing. `path` is that of the file.
    enum err_kind (*also)(struct db *db, const char *path, struct err *err);
};

// What a database of this program must say of itself.
struct db_kind {
    const char *what;           // for sentences: "ledger"
    int64_t schema;             // user_version
    const char *tables;         // SQL that makes an empty one
    const struct db_step *step; // by `from`, all that is known; ends with from 0. NULL: none
};

// Makes a new file (0600). ERR_INPUT when there is one.
MUST_USE enum err_kind db_create(const char *path, const struct db_kind *kind, struct err *err);

// ERR_MISSING when it is not there, ERR_BROKEN when it is no such database or a newer one.
// One of an older schema is brought forward when it is opened to write, step by step; ERR_BROKEN
// when it is opened to read only (says how), or when there is no way from its schema. Never
// backward. A connection with `write` false cannot change anything.
MUST_USE enum err_kind db_open(const char *path, const struct db_kind *kind, bool write,
                               struct db **out, struct err *err);
void db_close(struct db **db);
// Takes a database away for good.
MUST_USE enum err_kind db_drop(const char *place, struct err *err);

// A statement without parameters or rows. Busy for more than 10 s is ERR_LATER; a full disk, an I/O
// error or a damaged file is ERR_BROKEN.
MUST_USE enum err_kind db_run(struct db *db, const char *sql, struct err *err);

// A transaction: everything up to db_commit is one commit, or nothing. Writers wait for one another
// from their begin on. The words BEGIN and COMMIT stand in no SQL text of a caller.
enum db_begin {
    DB_READ,  // one view of the database, whatever others commit meanwhile
    DB_WRITE, // a commit that returned OK survives a power cut
    DB_LAZY,  // survives the end of the process; a power cut may undo it and what comes after
};
MUST_USE enum err_kind db_begin(struct db *db, enum db_begin how, struct err *err);
MUST_USE enum err_kind db_commit(struct db *db, struct err *err); // when it fails: db_undo
// Rolls back the transaction in hand. An engine does so by itself after some errors: then nothing.
void db_undo(struct db *db);
// Within DB_WRITE, before anything is changed: waits for the end of every DB_LAZY that is under
// way, and none begins before this transaction has ended: each of them sees it whole, or was before
// it. (Where writers all wait for one another it is so already.)
MUST_USE enum err_kind db_bar_lazy(struct db *db, struct err *err);

// What was deleted or written over in `tables` ("a, b") leaves no bytes behind in the database's
// files. Not within a transaction; ERR_LATER while somebody else holds it open for reading.
MUST_USE enum err_kind db_shred(struct db *db, const char *tables, struct err *err);

// A snapshot of all of it as a new file at `path` (0600), while others read and write: of a store
// of files only (assert). ERR_INPUT when there is one.
bool db_is_file(const struct db *db);
MUST_USE enum err_kind db_copy(struct db *db, const char *path, struct err *err);

// A descriptor that can be read when somebody committed (what is read there means nothing); -1 when
// the engine has none. It is closed with the connection.
int db_watch(struct db *db);

// A prepared statement, ready to be bound (parameters count from 1). It belongs to the connection:
// AUTO(stmt_done) puts it back. The same literal may not be in use twice at a time (assert).
struct stmt;
struct stmt *stmt_of(struct db *db, const char *sql);
void stmt_done(struct stmt **stmt);
// Forgets all prepared statements (none is in use, assert): their texts may go.
void db_forget(struct db *db);

// Borrowed until the statement is put back.
void stmt_int(struct stmt *stmt, int at, int64_t value);
void stmt_real(struct stmt *stmt, int at, double value);
void stmt_text(struct stmt *stmt, int at, const char *text); // NULL: SQL NULL
void stmt_str(struct stmt *stmt, int at, struct str text);   // not NULL, ended by NUL
void stmt_bytes(struct stmt *stmt, int at, const void *bytes, size_t len);
void stmt_hash(struct stmt *stmt, int at, const struct hash *hash);

// Moves to the next row; `*row` is false after the last.
MUST_USE enum err_kind stmt_next(struct stmt *stmt, bool *row, struct err *err);
// The same for a loop over the rows: true when there is one; false after the last, and when it
// failed: then `*failed` says so.
bool stmt_more(struct stmt *stmt, enum err_kind *failed, struct err *err);
// Runs one that gives no rows; it may be bound and run again.
MUST_USE enum err_kind stmt_run(struct stmt *stmt, struct err *err);
// The same, and its failure may come with a later call of the transaction, db_commit at the latest:
// rows that nobody looks at again need not be waited for one by one. No stmt_changes after it.
MUST_USE enum err_kind stmt_send(struct stmt *stmt, struct err *err);
int64_t stmt_changes(struct stmt *stmt); // rows changed by the last run

// Rows come one by one and are not kept, however many they are: of a whole table. Until the
// statement is put back no other of this connection may be used.
void stmt_stream(struct stmt *stmt);

// After the first stmt_next. A name is borrowed until the statement is put back.
size_t stmt_columns(struct stmt *stmt);
const char *stmt_column(struct stmt *stmt, int column);
enum value_kind { VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_BYTES };
enum value_kind row_kind(struct stmt *stmt, int column);

// Columns of the row, from 0. Text and bytes are borrowed until the next move.
int64_t row_int(struct stmt *stmt, int column);
double row_real(struct stmt *stmt, int column);
bool row_null(struct stmt *stmt, int column);
const char *row_text(struct stmt *stmt, int column); // "" for NULL
struct str row_bytes(struct stmt *stmt, int column);
void row_copy(struct stmt *stmt, int column, char *out, size_t size); // cut to fit, NUL added
struct hash row_hash(struct stmt *stmt, int column);                  // zero bytes when it is none

#endif
