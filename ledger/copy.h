#ifndef GONG_LEDGER_COPY_H
#define GONG_LEDGER_COPY_H

#include "core/err.h"

#include <stdint.h>

struct db;
struct db_kind;

// All rows of one database into another of the same kind, on whatever engine: for move.c, backup.c.

struct copy_report {
    int64_t tables, rows;
};

// Copies each table that is empty in `to`, one transaction a table, and compares all of them by the
// hash of their rows in the order of their columns. `from` is in a transaction. ERR_INPUT when a
// table of `to` has other rows than that of `from`.
MUST_USE enum err_kind copy_all(struct db *from, struct db *to, const struct db_kind *kind,
                                struct copy_report *report, struct err *err);

// A snapshot of a database as a new file at `path` (0600), from whatever engine, while others read
// and write. Rows that come from a server are compared by their hash when they lie in the file.
MUST_USE enum err_kind copy_file(struct db *from, const struct db_kind *kind, const char *path,
                                 struct err *err);

// From now on every table refuses every change, and says that it was moved to `store`.
MUST_USE enum err_kind copy_seal(struct db *db, const struct db_kind *kind, const char *store,
                                 struct err *err);

#endif
