#ifndef GONG_LEDGER_ROW_CHECK_H
#define GONG_LEDGER_ROW_CHECK_H

#include "ledger/stretch.h"

#include <stddef.h>

// What the tables say beside the entries, as queries: for ledger_verify alone.

// The query gives the number of an entry whose row says something else, or nothing.
struct row_check {
    const char *sql, *why;
};
extern const struct row_check row_checks[];
extern const size_t row_check_count;

// What was read with the help of which other files. They go through all entries that tell of a
// file: asked only when some entry tells it, or row_bases_any has a row.
enum { ROW_BASES = 3 };
extern const char row_bases_any[];
extern const struct row_check row_bases[ROW_BASES];

// An entry without its row. Asked only when there are not as many rows as entries of the kind
// ("ingest": as files that such entries are of): when there are, the checks above find that each
// row is what an entry says, each of another. Of decisions, which were walked: a row without an
// entry.
struct row_missing {
    const char *count;
    struct row_check check;
};
extern const struct row_missing row_missing[STRETCH_KINDS];

#endif
