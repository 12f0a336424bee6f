#ifndef GONG_LEDGER_PG_VALUE_H
#define GONG_LEDGER_PG_VALUE_H

#include "core/text.h"

#include <stdint.h>

// PostgreSQL's binary values as our numbers.

// Types by their numbers in PostgreSQL's catalog, which never change.
enum pg_type {
    PG_NULL = 0, // of a parameter
    PG_BOOL = 16,
    PG_BYTES = 17,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_FLOAT8 = 701,
    PG_NUMERIC = 1700,
};

// A whole number out of any of these types; a fraction is cut, text is read as far as it is a
// number, as SQLite does. A numeric that does not fit is an assert: sums of ours do.
int64_t pg_int(uint32_t type, struct str bytes);
double pg_real(uint32_t type, struct str bytes);

#endif
