#ifndef GONG_INGEST_CF_CELLS_H
#define GONG_INGEST_CF_CELLS_H

#include "core/err.h"
#include "ingest/axis.h"
#include "ingest/cf_axes.h"
#include "ingest/grid.h"
#include "ingest/mesh.h"
#include "ingest/wanted.h"

#include <stddef.h>

// The cells of a variable, and where their values lie in the file.
struct cf_cells {
    bool rectilinear;
    struct axis latitude, longitude; // rectilinear
    struct mesh mesh;                // any other
    size_t rows, columns;            // that are kept
};
void cf_cells_free(struct cf_cells *cells); // frees what is in it; serves as cleanup attribute

// Cells that touch the box of `list` (all without one). Corners of a cell that is no rectangle come
// from bounds of the two-dimensional coordinates when there are any, else from the grid mapping
// with the edges of x and y, else from the centres. ERR_INPUT names what is missing.
MUST_USE enum err_kind cf_cells_find(const struct ncgrid *file, const struct ncvar *var,
                                     const struct cf_axes *axes, const struct wanted_list *list,
                                     struct cf_cells *out, struct err *err);

// The part of each dimension that holds them: start and count of ncgrid_values.
void cf_cells_part(const struct cf_cells *cells, const struct cf_axes *axes, size_t *start,
                   size_t *count);

// Where the value of a cell stands in what was read of that part.
size_t cf_cells_at(const struct cf_cells *cells, const struct cf_axes *axes, size_t row,
                   size_t column);

// Its south-western corner, or its first one: to name the cell to a person.
void cf_cells_place(const struct cf_cells *cells, size_t row, size_t column, double *longitude,
                    double *latitude);

bool cf_cells_same(const struct cf_cells *a, const struct cf_cells *b);

// As the grid of a frame; it owns its arrays.
void cf_cells_grid(const struct cf_cells *cells, struct grid *out);

#endif
