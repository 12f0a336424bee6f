#ifndef GONG_TRIGGERS_MERGE_H
#define GONG_TRIGGERS_MERGE_H

#include "policies/field.h"

#include <stddef.h>
#include <stdint.h>

// Many thresholds beside one index of all communes: thresholds are sorted once, values once a step,
// and then one walk along both tells for each threshold how many communes reach it, and which. What
// no threshold can reach is never sorted: a quiet step costs one look at the largest value.
struct merge;

// `threshold` [count] of values that are `compare` (all the same way), in any order; copied.
struct merge *merge_new(const int32_t *threshold, size_t count, enum compare compare);
void merge_free(struct merge **merge);

// value [communes], READING_NONE: not known, reaches nothing. hits [count] in the order of the
// thresholds: how many communes reach each. Returns how many communes reach any.
size_t merge_step(struct merge *merge, const int32_t *value, size_t communes, int32_t *hits);

// After a step: the communes that reach threshold i are the first hits[i] of these. Borrowed until
// the next step.
const uint32_t *merge_communes(const struct merge *merge);

#endif
