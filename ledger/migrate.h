#ifndef GONG_LEDGER_MIGRATE_H
#define GONG_LEDGER_MIGRATE_H

#include "ledger/db.h"

// How the databases of older programs are brought forward: a row for every change of a number in
// schema.c. A step is written once, as it was on its day, and never touched again.
extern const struct db_step ledger_steps[];
extern const struct db_step people_steps[];
extern const struct db_step map_steps[];

#endif
