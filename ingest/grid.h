#ifndef GONG_INGEST_GRID_H
#define GONG_INGEST_GRID_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A grid by its cells, of one of two kinds.
//
// Rectilinear (corners == 0): by the edges of rows and columns. Rows go from south to north,
// columns from west to east, whatever the file had.
//
// By polygons (corners >= 3; curvilinear, rotated, projected, reduced and unstructured grids): each
// cell has that many corners. Rows and columns are the file's order (an unstructured grid has one
// row); they tell who is whose neighbour and nothing else.
//   - Corners run counter-clockwise; a cell with fewer repeats its last one.
//   - Sides are straight on the map of longitude and latitude, as the communes' are.
//   - Longitudes of one cell lie within 180 degrees of each other, unwrapped: a cell on the date
//     line has 179.9 and 180.1. Latitudes are -90..90.
//   - A cell without a shape (its centre is missing, or it holds a pole) has all its corners on one
//     point, and weighs nothing.
struct grid {
    size_t rows, columns;
    double *latitude;  // [rows + 1] edges in degrees, ascending, -90..90; NULL with polygons
    double *longitude; // [columns + 1] edges in degrees, ascending, at most 360 apart; NULL as well
    size_t corners;    // of each cell, 3..GRID_CORNERS_MAX; 0: rectilinear
    double *corner;    // [rows x columns x corners x 2] longitude, latitude in degrees; NULL: none
};
enum { GRID_CORNERS_MAX = 16 };
void grid_free(struct grid *grid); // frees what is in it; serves as cleanup attribute

// SHA-256 over the edges or corners: the grid's name. The weights depend on nothing else of it.
struct hash grid_hash(const struct grid *grid);

// One step of one variable on the grid.
struct grid_step {
    char variable[32]; // canonical: "rain" mm, "wind" and "gust" m/s, "temperature" K
    struct utc valid_from, valid_to;
    struct utc issued_at; // UTC_NEVER for an observation
    int32_t member;       // MEMBER_NONE for one that has none
};

// What one raw file says: some steps on one grid, in canonical units.
struct frame {
    struct grid grid;
    size_t count;
    struct grid_step *step; // [count]
    float *value;           // [count x rows x columns]; NaN: not observed
    size_t next;            // of a part of a file: the number of the time to go on with; 0: the end
    bool asks; // nothing but the grid: of it is first to be told what is needed (ingest/need.h)
};
void frame_free(struct frame *frame); // frees what is in it; serves as cleanup attribute

// As bytes, little-endian, with a checksum at the end: what gong-decode writes to its parent.
void frame_write(const struct frame *frame, struct buf *out);

// The parent believes nothing: sizes, order of edges, names, times, member numbers and the
// checksum are checked. ERR_INPUT says which is wrong.
MUST_USE enum err_kind frame_read(struct str bytes, struct frame *out, struct err *err);

#endif
