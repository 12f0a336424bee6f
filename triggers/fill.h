#ifndef GONG_TRIGGERS_FILL_H
#define GONG_TRIGGERS_FILL_H

#include "core/doc.h"

struct gaze;
struct series;
struct series_query;

// Fills the steps of `series` that are not known by the rungs of the policy's ladder, in their
// order (policies/substitute.h), unless more of the window is missing than the policy allows.
// `query` is what the series was taken with. Each rung that filled something is written into
// `trace` when that is not NULL. Every filled value is rounded to thousandths, half away from zero.
//
// What is usual is filled in steps as long as those that are known (a day when that does not go
// into a day), cut at the days of the window; those of one day add up to the day's value.
void fill_ladder(const struct gaze *gaze, const struct series_query *query, struct series *series,
                 struct doc *trace);

#endif
