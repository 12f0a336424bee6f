#ifndef GONG_LEDGER_SCHEMA_H
#define GONG_LEDGER_SCHEMA_H

#include "ledger/db.h"

// The tables of the three databases of a site.
extern const struct db_kind ledger_kind; // ledger.db
extern const struct db_kind people_kind; // people.db
extern const struct db_kind map_kind;    // map.db

#endif
