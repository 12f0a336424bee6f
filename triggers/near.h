#ifndef GONG_TRIGGERS_NEAR_H
#define GONG_TRIGGERS_NEAR_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

struct boundary_set;
struct storm_point;

// The centres of all communes of a set that was loaded with its shapes; heap. ERR_INPUT when one
// has no polygon.
MUST_USE enum err_kind near_centres(const struct boundary_set *set, struct storm_point **out,
                                    struct err *err);

// For each commune the `count` others whose centres are nearest along the great circle and no
// farther than `within_milli` (thousandths of km), the nearest first, of two that are as far the
// one with the smaller code; SIZE_MAX where there are fewer. `out` is [communes x count], heap.
// Errors as near_centres.
// near_among: the same of points, in the order of their codes.
void near_among(const struct storm_point *point, size_t points, size_t count, int64_t within_milli,
                size_t **out);
MUST_USE enum err_kind near_find(const struct boundary_set *set, size_t count, int64_t within_milli,
                                 size_t **out, struct err *err);

#endif
