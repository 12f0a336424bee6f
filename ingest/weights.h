#ifndef GONG_INGEST_WEIGHTS_H
#define GONG_INGEST_WEIGHTS_H

#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"
#include "ingest/grid.h"
#include "ledger/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What each cell of a grid counts for each commune: area(cell within the commune) / area(commune),
// true areas on the sphere, as compressed sparse rows. A row sums to the share of the commune that
// the grid covers: 1 within 1e-12 when it lies inside.
struct weights {
    size_t communes, cells; // cells of the grid, row by row from the south-west corner
    uint32_t *start;        // [communes + 1]
    uint32_t *cell;         // [start[communes]] ascending in a row; over the grid's seam: twice so
    double *share;          // [start[communes]]
    struct hash hash;       // SHA-256 over weights_write's bytes: the weights' name
};
void weights_free(struct weights **weights);

// Shares under this are rounding, not land, and left out.
#define WEIGHTS_SHARE_MIN 1e-12

// Computes them (ingest/raster.h, ingest/mosaic.h); the set's shapes must be loaded. ERR_BROKEN
// names a damaged shape.
MUST_USE enum err_kind weights_make(const struct boundary_set *set, const struct grid *grid,
                                    struct weights **out, struct err *err);

// The same commune by commune, in the order of the set, for shapes that are not all in memory.
// `grid` is borrowed until weights_maker_free. A shape is WKB as the ingest room writes it; false:
// it is damaged, and was not added. weights_maker_end wants them all (assert) and hands over.
struct weights_maker;
struct weights_maker *weights_maker_new(const struct grid *grid, size_t communes);
void weights_maker_free(struct weights_maker **maker);
bool weights_maker_add(struct weights_maker *maker, struct str shape);
struct weights *weights_maker_end(struct weights_maker *maker);

// Those that the map has for (set, grid), or makes and keeps them; shapes that are not loaded are
// then read from the map.
MUST_USE enum err_kind weights_for(struct map *map, const struct boundary_set *set,
                                   const struct grid *grid, struct weights **out, struct err *err);

// As bytes for the map, and back. ERR_INPUT when they are not what weights_write writes.
void weights_write(const struct weights *weights, struct buf *out);
MUST_USE enum err_kind weights_read(struct str bytes, struct weights **out, struct err *err);

#endif
