#ifndef GONG_LEDGER_DOUBTED_H
#define GONG_LEDGER_DOUBTED_H

#include "core/doc.h"
#include "ledger/ledger.h"

#include <stdint.h>

// What a transaction changes of the doubts about readings (quality.h) is told to the ledger by one
// entry of kind "doubts" at its end: in "flags", for each reading's hash, the SHA-256 of the flags
// that it has now, "" where it has none any more.
struct doubted {
    struct doc *flags; // heap; NULL: nothing was changed
};

// `flag` is what is kept from now on, len 0: nothing.
void doubted_add(struct txn *txn, const struct hash *reading, struct str flag);

// For ledger_verify: each reading's flags are what the newest entry that names it says. Those that
// no entry names are from before the first (an older program's). `*bad_seq` is the entry, or 0.
MUST_USE enum err_kind doubts_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err);

#endif
