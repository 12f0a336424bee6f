#ifndef GONG_LEDGER_QUALITY_H
#define GONG_LEDGER_QUALITY_H

#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doc;
struct readings;

// Why a reading is doubted; bits of one byte for each commune. It is kept all the same, and every
// decision that stands on it says so ("quality" beside its trace).
enum quality {
    QUALITY_RANGE = 1,     // beyond what the place has seen
    QUALITY_STEP = 2,      // too far from the step before
    QUALITY_SPACE = 4,     // too far from everything around it
    QUALITY_FROZEN = 8,    // a copy of the step before
    QUALITY_TWIN = 16,     // a copy of another member
    QUALITY_REPEATED = 32, // a copy of the run before
    QUALITY_MEMBERS = 64,  // members of the run are missing
    QUALITY_SECOND = 128,  // a second product says otherwise
    QUALITY_ALL = 255,
};
enum { QUALITY_KINDS = 8 };

// "range", "step", ...: the name of bit 1 << i, for documents; NULL from QUALITY_KINDS on.
const char *quality_name(size_t i);

// The names of all bits that are set, as an array; NULL when none is.
struct doc *quality_doc(uint8_t flags);

// Keeps the doubts about a reading, `flag` [communes]; nothing when there are none. What was said
// first of a reading stays.
MUST_USE enum err_kind quality_put(struct txn *txn, const struct hash *reading, const uint8_t *flag,
                                   size_t communes, struct err *err);

// One doubt (a bit) about a reading as it is known now: it stands where `where` [communes] is not
// 0, and nowhere else; NULL: nowhere. Other doubts stay.
MUST_USE enum err_kind quality_mark(struct txn *txn, const struct hash *reading, enum quality doubt,
                                    const uint8_t *where, size_t communes, struct err *err);

// All doubts about some readings together: `*flag` [communes] heap, mem_free; NULL when nothing is
// doubted.
MUST_USE enum err_kind quality_load(struct ledger *ledger, const struct readings *readings,
                                    uint8_t **flag, struct err *err);

#endif
