#ifndef GONG_LEDGER_MOVE_H
#define GONG_LEDGER_MOVE_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"

#include <stdint.h>

// Moves the databases of a site to another store: from files to PostgreSQL, or back. While it
// copies, nobody writes; every table is compared by the hash of its rows, and the ledger by its
// head and the root of its tree. Only then does `store` in gong.yaml name the new one. The old one
// stays, and refuses every change from then on with a sentence that names the new one; files of it
// go to old-store/.
//
// When it is broken off, the site is where it was, or where it goes; the same command again goes
// on. What it is doing stands in the file `moving` of the folder.

struct move_report {
    int64_t tables, rows;
    int64_t entries;
    struct hash head, root; // the same before and after
};

// `store` as in gong.yaml, "sqlite" or "postgresql://..."; `schema` as store_schema. ERR_REFUSED
// when the target is not empty, or a dispatcher or gong up runs. That the register was copied
// stands in its log of access.
MUST_USE enum err_kind move_site(const char *folder, const char *store, const char *schema,
                                 struct utc at, struct move_report *report, struct err *err);

#endif
