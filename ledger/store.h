#ifndef GONG_LEDGER_STORE_H
#define GONG_LEDGER_STORE_H

#include "core/err.h"

#include <stdbool.h>

struct db;
struct db_kind;

// Where the databases of a site are: files in its folder, or schemas of the PostgreSQL that `store`
// in gong.yaml names (a folder without gong.yaml has files). `name` is "ledger", "people", "map".

// The place of a database, as db.h takes it: "FOLDER/ledger.db" or "postgresql://...#gong_ledger".
// ERR_REFUSED when the folder holds a file too that `store` does not mean: it says which counts.
// Heap.
MUST_USE enum err_kind store_place(const char *folder, const char *name, char **place,
                                   struct err *err);

MUST_USE enum err_kind store_create(const char *folder, const char *name,
                                    const struct db_kind *kind, struct err *err);
// Takes a database away for good, with all that is in it: for who has just made it.
MUST_USE enum err_kind store_drop(const char *folder, const char *name, struct err *err);
MUST_USE enum err_kind store_open(const char *folder, const char *name, const struct db_kind *kind,
                                  bool write, struct db **out, struct err *err);

// From now on gong.yaml names this store: "sqlite" or "postgresql://...", and the schemas' prefix.
// Nothing else is done to either.
MUST_USE enum err_kind store_name(const char *folder, const char *store, const char *schema,
                                  struct err *err);

#endif
