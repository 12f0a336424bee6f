#ifndef GONG_LEDGER_REGISTER_H
#define GONG_LEDGER_REGISTER_H

#include "ledger/people.h"

struct db;

// For register.c, which writes contracts and people: the SQLite handle, borrowed.
struct db *people_db(struct people *people);

#endif
