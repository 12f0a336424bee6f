#ifndef GONG_INGEST_MESH_H
#define GONG_INGEST_MESH_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

// Cells of any shape, from what a file says of them to the corners of ingest/grid.h. Pure.
struct mesh {
    size_t rows, columns, corners;
    double *corner;                 // [rows x columns x corners x 2], as in struct grid
    size_t first_row, first_column; // of what was kept, in the file
};
void mesh_free(struct mesh *mesh); // frees what is in it; serves as cleanup attribute

// From the corners of a lattice, longitude[(rows + 1) x (columns + 1)] and latitude: those of a
// projected grid. NaN: beside the map; the cells around it have no shape.
MUST_USE enum err_kind mesh_from_lattice(const double *longitude, const double *latitude,
                                         size_t rows, size_t columns, struct mesh *out,
                                         struct err *err);

// From centres, longitude[rows x columns] and latitude, in degrees: a corner lies amid the four
// centres around it (on the sphere), one on the margin where the centres go on as they came.
// ERR_INPUT when there is but one row or column, or when no cell has a shape.
MUST_USE enum err_kind mesh_from_centres(const double *longitude, const double *latitude,
                                         size_t rows, size_t columns, struct mesh *out,
                                         struct err *err);

// From corners that are given, longitude[rows x columns x corners] and latitude, either way round;
// NaN repeats the corner before it. mesh.rows, .columns and .corners say how many there are.
MUST_USE enum err_kind mesh_from_corners(const double *longitude, const double *latitude,
                                         struct mesh size, struct mesh *out, struct err *err);

struct mesh_box {
    double west, south, east, north; // degrees, -180..180
};

// Whether a cell has a shape that overlaps the box.
bool mesh_touches(const struct mesh *mesh, size_t cell, struct mesh_box box);

// Keeps the rows and columns that hold a cell which overlaps the box. ERR_INPUT when none does.
MUST_USE enum err_kind mesh_cut(struct mesh *mesh, struct mesh_box box, struct err *err);

#endif
