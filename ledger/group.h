#ifndef GONG_LEDGER_GROUP_H
#define GONG_LEDGER_GROUP_H

#include "ledger/db.h"

#include <stddef.h>
#include <stdint.h>

// One statement for many rows by their ids: a statement opens the table and each of its indices
// once.
enum { GROUP_MAX = 24 };
#define GROUP_IDS                                                                                  \
    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"  \
    " ?21, ?22, ?23, ?24)"

// Binds 1 to GROUP_MAX ids to GROUP_IDS; in places that are left over stands the first again. Other
// values of the statement begin at GROUP_MAX + 1 ("?25").
void group_bind(struct stmt *stmt, const int64_t *id, size_t count);

#endif
