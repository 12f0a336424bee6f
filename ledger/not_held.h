#ifndef GONG_LEDGER_NOT_HELD_H
#define GONG_LEDGER_NOT_HELD_H

#include <stddef.h>

// What ledger_verify does not hold to the entries: whoever edits it in ledger.db is not found. It
// is working state and proves nothing; said at each verification, so that nobody thinks otherwise.
// tests/e2e/tamper_tables.sh edits each column of each table and finds all but these.
struct not_held {
    const char *table;
    const char *column; // NULL: all of the table; "-": a row that is taken out
    const char *why;
};
extern const struct not_held not_held[];
extern const size_t not_held_count;

// Of how many tables nothing is held.
size_t not_held_tables(void);

#endif
