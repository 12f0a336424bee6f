#ifndef GONG_TRIGGERS_PLAN_H
#define GONG_TRIGGERS_PLAN_H

#include "core/err.h"
#include "policies/period.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;
struct policy;

// Policies compiled: each distinct index of them once for all communes, in one pass over the steps;
// a policy is then a look at that index (triggers/ladder.h). What decides is still evaluate():
// indices that are no plain arithmetic of roll.h, and windows whose steps do not lie evenly, are
// computed by it, one commune after the other.

// One index over all occasions of one kind of period.
struct plan_index {
    const struct policy *like;  // the first policy that has it: rule, period, coverage and rounding
    struct occasions occasions; // owned
    int32_t *quotient; // [occasions x communes] index / rounding, READING_NONE: not known; owned
};

struct plan {
    size_t communes;
    size_t policies;
    const struct policy *const *policy; // [policies] borrowed
    size_t *index_of;                   // [policies] which index
    struct plan_index *index;           // [indices]
    size_t indices;
    size_t block; // communes that are computed together; 0, as made: as many as the cache holds
};
void plan_free(struct plan *plan); // frees what is in it

// The occasions of a policy that lie within the history and from..to (UTC_NEVER: no bound; of storm
// tracks these are the bounds),
// whatever its dates say: the past is asked what it would have done. ERR_MISSING when none does.
MUST_USE enum err_kind plan_occasions(const struct history *history, const struct policy *policy,
                                      struct utc from, struct utc to, struct occasions *out,
                                      struct err *err);

// Whether the plan can compute a policy's answers: one index alone of observations, over a period
// or looking back from each step.
bool plan_takes(const struct policy *policy);

// Finds the distinct indices and the occasions that lie within the history (and from..to, unless
// UTC_NEVER). ERR_INPUT when a policy is not taken, or there would be more than PLAN_CELLS_MAX
// answers; ERR_MISSING when no occasion lies within.
#define PLAN_CELLS_MAX ((size_t)1 << 28)
MUST_USE enum err_kind plan_make(const struct history *history, const struct policy *const *policy,
                                 size_t policies, struct utc from, struct utc to, struct plan *out,
                                 struct err *err);

// Computes all indices, with `threads` threads; the same bytes whatever their number.
MUST_USE enum err_kind plan_run(struct plan *plan, const struct history *history, size_t threads,
                                struct err *err);

#endif
