#ifndef GONG_TRIGGERS_HISTORY_H
#define GONG_TRIGGERS_HISTORY_H

#include "core/err.h"
#include "ledger/reading.h"
#include "ledger/seriesfile.h"
#include "triggers/roll.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTORY_BESIDE_MAX = 8 };

struct boundary_set;
struct occasion;
struct policy;

// The past that a policy is tried on: a series file, or the observations of a site. Both give the
// steps of a window, time-major, as they lie.
struct history {
    const struct seriesfile *series; // or NULL, and then:
    struct ledger *ledger;
    const struct boundary_set *set;
    const char *source, *variable;
    bool gauge; // its steps are those of the source's stations, not of communes
    // Of a policy that looks at more than one source: the other ones, each a series file. Occasions
    // are those of the first.
    struct history_beside {
        char source[64];
        const struct seriesfile *series;
    } beside[HISTORY_BESIDE_MAX];
    size_t besides;
};

size_t history_places(const struct history *history);
struct series_place history_place(const struct history *history, size_t i); // borrowed
// The place of that code, which is likely the i-th; SIZE_MAX: none.
size_t history_find(const struct history *history, size_t likely, const char *code);
// Its former provinces, "A; B"; NULL when none is told, as in a series file. Borrowed.
const char *history_former(const struct history *history, size_t i);

// First moment of the first step and last of the last. ERR_MISSING when there is none.
MUST_USE enum err_kind history_span(const struct history *history, struct span *out,
                                    struct err *err);

// The end of every step, ascending; heap, mem_free.
MUST_USE enum err_kind history_steps(const struct history *history, struct utc **out, size_t *count,
                                     struct err *err);

// The steps that lie within (from, to], of all places.
struct window {
    struct rows rows;
    const uint16_t *cover; // in the byte order of the rows; NULL: whole everywhere
    size_t cover_stride;
    const struct span *span; // [rows.count]
    struct readings held;    // what it stands on, of a site
    struct span *spans;      // owned; of a site
};
MUST_USE enum err_kind history_window(const struct history *history, struct utc from, struct utc to,
                                      struct window *out, struct err *err);
void window_free(struct window *window); // serves as cleanup attribute

// The same steps of one place, for evaluate(): readings of a set with one commune, named as the
// policy's own source and variable. Owned.
void window_readings(const struct window *window, const struct policy *policy, size_t place,
                     struct readings *out);
// And those of another source behind them.
void window_add(const struct window *window, const struct policy *policy, const char *source,
                const char *variable, size_t place, struct readings *out);

#endif
