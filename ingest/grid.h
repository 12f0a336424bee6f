#ifndef GONG_INGEST_GRID_H
#define GONG_INGEST_GRID_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// A rectilinear grid of latitude and longitude, by the edges of its cells. Rows go from south to
// north, columns from west to east, whatever the file had.
struct grid {
    size_t rows, columns;
    double *latitude;  // [rows + 1] edges in degrees, ascending, -90..90
    double *longitude; // [columns + 1] edges in degrees, ascending, at most 360 apart
};
void grid_free(struct grid *grid); // frees what is in it; serves as cleanup attribute

// SHA-256 over the edges: the grid's name. Cell edges are what the weights depend on.
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
};
void frame_free(struct frame *frame); // frees what is in it; serves as cleanup attribute

// As bytes, little-endian, with a checksum at the end: what gong-decode writes to its parent.
void frame_write(const struct frame *frame, struct buf *out);

// The parent believes nothing: sizes, order of edges, names, times, member numbers and the
// checksum are checked. ERR_INPUT says which is wrong.
MUST_USE enum err_kind frame_read(struct str bytes, struct frame *out, struct err *err);

#endif
