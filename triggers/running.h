#ifndef GONG_TRIGGERS_RUNNING_H
#define GONG_TRIGGERS_RUNNING_H

#include "triggers/roll.h"

#include <stddef.h>
#include <stdint.h>

// Running sums of a block of communes, kept so that the sum of any window is one subtraction: for
// many windows and seasons over the same steps. The same whole numbers as roll.h, which sums
// anew; both wrap, and whether a sum may be used is roll_fits.

// Communes lie in tiles of TILE (triggers/lanes.h), so that all steps of a tile stay in the first
// cache: sum[(tile * (steps + 1) + step) * TILE + lane] is that of the steps before `step`.
struct running {
    size_t steps, tiles;
    int32_t *sum;   // [tiles x (steps + 1) x TILE]
    uint32_t *bits; // [cuts - 1][tiles x TILE] steps between cut k and k + 1, as in struct roll
};

// Takes the steps in. cut [cuts] ascending, from 0 to rows->count. Arrays of `out` are the
// caller's; lanes after the last commune are left as they are.
void running_make(const struct rows *rows, const size_t *cut, size_t cuts,
                  const struct running *out);

// The largest sum of `over` steps that ends with one of steps [from, end), from >= over - 1, of
// one tile: most [TILE].
void running_maximum(const struct running *running, size_t tile, size_t over, size_t from,
                     size_t end, int32_t *most);

#endif
