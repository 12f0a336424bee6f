#ifndef GONG_INGEST_CELLS_H
#define GONG_INGEST_CELLS_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/ncgrid.h"
#include "ingest/wanted.h"

#include <stddef.h>
#include <stdint.h>

// The cells of a model's own grid that touch an area, from the file that describes the grid: what a
// GRIB message on that grid (ICON's triangles) does not say.
enum { CELLS_UUID_SIZE = 37 };
struct cells {
    char uuid[CELLS_UUID_SIZE]; // of the grid: "a27b8de6-18c4-11e4-820a-b5b098c6a5c0"
    size_t total;               // cells of the grid
    size_t count, corners;      // of those that are here
    uint32_t *index;            // [count] where the cell stands in the grid, ascending
    double *corner;             // [count x corners x 2] longitude, latitude, in degrees
};
void cells_free(struct cells *cells); // frees what is in it; serves as cleanup attribute

// From a NetCDF file of DWD: the variables clon_vertices and clat_vertices (cell, corner) and the
// attribute uuidOfHGrid. With the box of `list` only the cells that touch it. Only in the sandbox.
// ERR_INPUT when it is no such file, or no cell touches the box.
MUST_USE enum err_kind cells_find(const struct ncgrid *file, const struct wanted_list *list,
                                  struct cells *out, struct err *err);

// As bytes that end in their checksum, and back. Appended. The bytes come from a sandboxed child:
// ERR_INPUT when anything in them is not as above.
void cells_write(const struct cells *cells, struct buf *out);
MUST_USE enum err_kind cells_read(struct str bytes, struct cells *out, struct err *err);

#endif
