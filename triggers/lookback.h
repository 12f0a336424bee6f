#ifndef GONG_TRIGGERS_LOOKBACK_H
#define GONG_TRIGGERS_LOOKBACK_H

#include <stdbool.h>
#include <stddef.h>

struct history;
struct plan_index;

// Sums that look back from every step of a series: kept up to date by a ring (triggers/ring.h), so
// that a step costs one addition whatever the window's length.
//
// Computes all occasions of the index; false, with nothing changed, when its policy or the series
// is not of that kind: a plain total without days, steps equally long and without a hole in time.
bool lookback_run(struct plan_index *index, const struct history *history, size_t communes);

#endif
