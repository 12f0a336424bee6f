#ifndef GONG_LEDGER_DB_ENGINE_H
#define GONG_LEDGER_DB_ENGINE_H

#include "ledger/db.h"

// What stands behind db.h: one table of functions for each kind of store. Only db.c and the
// engines include this. A function does what its namesake in db.h says.
struct db_engine {
    // A new store without tables; FOLDER is never made.
    enum err_kind (*create)(const char *place, const struct db_kind *kind, struct err *err);
    enum err_kind (*open)(const char *place, const struct db_kind *kind, struct db **out,
                          struct err *err);
    enum err_kind (*drop)(const char *place, struct err *err);
    void (*close)(struct db *db); // its statements are gone already
    // Nothing can be changed from now on.
    enum err_kind (*only_read)(struct db *db, struct err *err);
    // The schema that the store says it has; 0 when it is none of gong's.
    enum err_kind (*schema)(struct db *db, int64_t *out, struct err *err);
    enum err_kind (*set_schema)(struct db *db, int64_t schema, struct err *err); // in a transaction

    enum err_kind (*run)(struct db *db, const char *sql, struct err *err);
    enum err_kind (*begin)(struct db *db, enum db_begin how, struct err *err);
    enum err_kind (*commit)(struct db *db, struct err *err);
    void (*undo)(struct db *db);
    enum err_kind (*bar_lazy)(struct db *db, struct err *err); // NULL: nothing is to be done
    enum err_kind (*copy)(struct db *db, const char *path, struct err *err); // NULL: no files
    enum err_kind (*shred)(struct db *db, const char *tables, struct err *err);

    int (*watch)(struct db *db);

    struct stmt *(*prepare)(struct db *db, const char *sql);
    void (*forget)(struct stmt *stmt); // for good
    void (*reset)(struct stmt *stmt);  // and its parameters
    void (*bind_int)(struct stmt *stmt, int at, int64_t value);
    void (*bind_real)(struct stmt *stmt, int at, double value);
    void (*bind_text)(struct stmt *stmt, int at, const char *text);
    void (*bind_str)(struct stmt *stmt, int at, struct str text);
    void (*bind_bytes)(struct stmt *stmt, int at, const void *bytes, size_t len);
    enum err_kind (*next)(struct stmt *stmt, bool *row, struct err *err);
    enum err_kind (*once)(struct stmt *stmt, struct err *err);  // stmt_run
    enum err_kind (*later)(struct stmt *stmt, struct err *err); // stmt_send
    int64_t (*changes)(struct stmt *stmt);
    void (*stream)(struct stmt *stmt);
    size_t (*columns)(struct stmt *stmt);
    const char *(*column)(struct stmt *stmt, int column);
    enum value_kind (*value_kind)(struct stmt *stmt, int column);
    int64_t (*get_int)(struct stmt *stmt, int column);
    double (*get_real)(struct stmt *stmt, int column);
    bool (*get_null)(struct stmt *stmt, int column);
    const char *(*get_text)(struct stmt *stmt, int column); // NULL for NULL
    struct str (*get_bytes)(struct stmt *stmt, int column);
};

enum { DB_NEAR = 64 };

// The first member of an engine's own structs.
struct db {
    const struct db_engine *engine;
    const struct db_kind *kind;
    struct stmt **stmt; // prepared so far
    size_t count;
    struct stmt *near[DB_NEAR]; // found by the address of their text alone
};
struct stmt {
    struct db *db;
    const char *sql;
    bool used;
};

extern const struct db_engine db_sqlite, db_pg;

#endif
