#ifndef GONG_TRIGGERS_WIDE_LOOK_H
#define GONG_TRIGGERS_WIDE_LOOK_H

#include "ledger/seriesfile.h"
#include "triggers/index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct part;
struct readings;
struct series_query;

// What a look at one commune finds (look.h).
struct looked {
    struct index_value value;
    int64_t cover_least; // of the steps that are known
    size_t known;        // how many
    bool taken;
};

// One look taken at all communes at once, by the passes that the plan makes for the past (pass.h).
// Kept small: an answer is put together when it is asked for.
struct wide_cell {
    int32_t milli; // as roll.h leaves it
    int32_t at;    // the step (or day) that completed it
    uint16_t cover_least;
    bool sure; // else this commune has to be looked at by itself
};
struct wide_look {
    const struct index_rule *rule; // borrowed
    struct wide_cell *cell;        // [communes] owned; NULL: there is none
    struct span *span;             // [steps or days] owned
    size_t steps;                  // readings that were looked at
    size_t over;                   // steps (or days) of a window that slides
};
void wide_look_free(struct wide_look *look); // frees what is in it

// Looks at the readings that the query wants, of all communes (its own is not looked at). False,
// with nothing in `out`, when the part's rule is none that roll.h computes or the steps leave a
// hole in time; `rule` is borrowed by `out`.
bool wide_look_take(const struct readings *readings, const struct index_rule *rule,
                    const struct series_query *query, struct wide_look *out);

// What it found at one commune: what index_compute says of its series. False when it does not know:
// a step is not known, or numbers go beyond 32 bits, and why stands in the commune's own series.
bool wide_look_at(const struct wide_look *look, size_t commune, struct looked *out);

#endif
