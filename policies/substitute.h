#ifndef GONG_POLICIES_SUBSTITUTE_H
#define GONG_POLICIES_SUBSTITUTE_H

#include "core/err.h"
#include "core/text.h"
#include "policies/unit.h"

#include <stddef.h>
#include <stdint.h>

struct policy;
struct yaml;

// The ladder by which missing steps are filled: its rungs are tried in the order that is written,
// each on what those above it left open.
//   substitutes:
//     - {source: chirps-prelim, ratio: 0.8}
//     - {neighbours: 3, within: 30 km}
//     - {climatology: [1.2 mm, 1.5 mm, ...]}
enum rung {
    RUNG_SOURCE,      // another source of the same variable, times a ratio (of sums in an overlap)
    RUNG_NEIGHBOURS,  // the mean of the nearest communes that know the step, of the same source
    RUNG_CLIMATOLOGY, // what the contract says is usual in the month: of rain for a day
};
extern const char *const rungs[]; // "source", "neighbours", "climatology", NULL
enum { NEIGHBOURS_MAX = 8, MONTHS = 12 };

struct substitute {
    enum rung rung;
    char source[64];               // RUNG_SOURCE
    int64_t ratio_milli;           //
    int64_t neighbours;            // RUNG_NEIGHBOURS: as many of the nearest, 1 to NEIGHBOURS_MAX
    int64_t within_milli;          //   whose centres are no farther away, in thousandths of km
    int64_t climate_milli[MONTHS]; // RUNG_CLIMATOLOGY: January to December
};

// Reads `substitutes` and `missing_at_most`, which go together; not there is OK. The policy's own
// source, index and period were read before.
MUST_USE enum err_kind substitutes_read(const struct yaml *root, struct policy *policy,
                                        struct err *err);

// The first rung of a kind; NULL when there is none.
const struct substitute *substitute_of(const struct policy *policy, enum rung rung);

// "chirps-prelim × 0.8; the mean of ...": all rungs in words.
void substitutes_say(const struct policy *policy, enum language language, struct buf *out);

#endif
