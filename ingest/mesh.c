#include "ingest/mesh.h"

#include "core/mem.h"
#include "ingest/grid.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double RADIANS = M_PI / 180, CIRCLE = 360;
// Rounded to a tenth of a metre, files of one product have one grid, whose weights are made once.
static const double CORNER_STEPS = 1e6;
enum { LATTICE_CORNERS = 4 };

void mesh_free(struct mesh *mesh)
{
    mem_free(&mesh->corner);
}

static double neat(double degrees)
{
    double rounded = round(degrees * CORNER_STEPS) / CORNER_STEPS;
    return rounded == 0 ? 0 : rounded; // -0 would hash as another grid
}

static double doubled_area(const double *corner, size_t corners)
{
    double sum = 0;
    for (size_t i = 1; i + 1 < corners; i++)
        sum += (corner[2 * i] - corner[0]) * (corner[2 * i + 3] - corner[1]) -
               (corner[2 * i + 2] - corner[0]) * (corner[2 * i + 1] - corner[1]);
    return sum;
}

static void reverse(double *corner, size_t corners)
{
    for (size_t i = 0; i < corners / 2; i++) {
        double *a = corner + 2 * i, *b = corner + 2 * (corners - 1 - i);
        double swap[2] = {a[0], a[1]};
        memcpy(a, b, sizeof(swap));
        memcpy(b, swap, sizeof(swap));
    }
}

// Brings one cell into the form that ingest/grid.h asks for; false when it has no shape, and then
// all its corners are (0, 0).
static bool settle(double *corner, size_t corners)
{
    bool good = true;
    double west = corner[0], east = corner[0], first = remainder(corner[0], CIRCLE);
    for (size_t i = 0; i < corners; i++) {
        double *at = corner + 2 * i;
        double before = i ? corner[2 * i - 2] : first;
        at[0] = neat(before + remainder(at[0] - before, CIRCLE));
        at[1] = neat(at[1]);
        good = good && isfinite(at[0]) && fabs(at[1]) <= 90;
        west = i ? fmin(west, at[0]) : at[0];
        east = i ? fmax(east, at[0]) : at[0];
    }
    // Around a pole the last corner does not come back to the first.
    double gap = corner[0] - corner[2 * corners - 2];
    good = good && east - west < CIRCLE / 2 && fabs(gap) < CIRCLE / 2;
    if (good && doubled_area(corner, corners) < 0)
        reverse(corner, corners);
    if (!good)
        memset(corner, 0, corners * 2 * sizeof(*corner));
    return good && doubled_area(corner, corners) > 0;
}

static enum err_kind settle_all(struct mesh *mesh, struct mesh *out, struct err *err)
{
    size_t shaped = 0, cells = mesh->rows * mesh->columns;
    for (size_t i = 0; i < cells; i++)
        shaped += settle(mesh->corner + i * mesh->corners * 2, mesh->corners) ? 1 : 0;
    if (shaped == 0)
        return err_set(err, ERR_INPUT, "no cell of the grid has a shape on the globe");
    *out = MOVE(*mesh);
    return OK;
}

enum err_kind mesh_from_lattice(const double *longitude, const double *latitude, size_t rows,
                                size_t columns, struct mesh *out, struct err *err)
{
    static const size_t down[] = {0, 0, 1, 1}, across[] = {0, 1, 1, 0};
    AUTO(mesh_free) struct mesh mesh = {.rows = rows, .columns = columns, .corners = 4};
    mesh.corner = mem_new(rows * columns * LATTICE_CORNERS * 2, sizeof(double));
    double *at = mesh.corner;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            for (size_t k = 0; k < LATTICE_CORNERS; k++, at += 2) {
                size_t i = (r + down[k]) * (columns + 1) + c + across[k];
                at[0] = longitude[i];
                at[1] = latitude[i];
            }
        }
    }
    return settle_all(&mesh, out, err);
}

// --- from centres ------------------------------------------------------------------------------

struct vector {
    double x, y, z;
};

static struct vector vector_of(double longitude, double latitude)
{
    double around = longitude * RADIANS, up = latitude * RADIANS;
    return (struct vector){cos(up) * cos(around), cos(up) * sin(around), sin(up)};
}

static struct vector mix(double a, struct vector u, double b, struct vector v)
{
    return (struct vector){a * u.x + b * v.x, a * u.y + b * v.y, a * u.z + b * v.z};
}

// The centres with a margin of one all around, where they go on as they came.
static struct vector *padded(const double *longitude, const double *latitude, size_t rows,
                             size_t columns)
{
    size_t wide = columns + 2;
    struct vector *all = mem_new((rows + 2) * wide, sizeof(*all));
    for (size_t r = 0; r < rows; r++) {
        struct vector *row = all + (r + 1) * wide;
        for (size_t c = 0; c < columns; c++)
            row[c + 1] = vector_of(longitude[r * columns + c], latitude[r * columns + c]);
        row[0] = mix(2, row[1], -1, row[2]);
        row[columns + 1] = mix(2, row[columns], -1, row[columns - 1]);
    }
    for (size_t c = 0; c < wide; c++) {
        all[c] = mix(2, all[wide + c], -1, all[2 * wide + c]);
        all[(rows + 1) * wide + c] = mix(2, all[rows * wide + c], -1, all[(rows - 1) * wide + c]);
    }
    return all;
}

enum err_kind mesh_from_centres(const double *longitude, const double *latitude, size_t rows,
                                size_t columns, struct mesh *out, struct err *err)
{
    if (rows < 2 || columns < 2)
        return err_set(err, ERR_INPUT,
                       "there is one row of cells and no bounds: the size of a cell is not known");
    AUTO(mem_drop) struct vector *all = padded(longitude, latitude, rows, columns);
    size_t wide = columns + 2, knots = (rows + 1) * (columns + 1);
    AUTO(mem_drop) double *x = mem_new(knots, sizeof(*x));
    AUTO(mem_drop) double *y = mem_new(knots, sizeof(*y));
    for (size_t r = 0; r <= rows; r++) {
        for (size_t c = 0; c <= columns; c++) {
            const struct vector *at = all + r * wide + c;
            struct vector sum =
                mix(1, mix(1, at[0], 1, at[1]), 1, mix(1, at[wide], 1, at[wide + 1]));
            x[r * (columns + 1) + c] = atan2(sum.y, sum.x) / RADIANS;
            y[r * (columns + 1) + c] = atan2(sum.z, hypot(sum.x, sum.y)) / RADIANS;
        }
    }
    return mesh_from_lattice(x, y, rows, columns, out, err);
}

enum err_kind mesh_from_corners(const double *longitude, const double *latitude, struct mesh size,
                                struct mesh *out, struct err *err)
{
    size_t cells = size.rows * size.columns;
    if (size.corners < 3 || size.corners > GRID_CORNERS_MAX)
        return err_set(err, ERR_INPUT, "cells have %zu corners, wanted are 3 to %d", size.corners,
                       GRID_CORNERS_MAX);
    AUTO(mesh_free)
    struct mesh mesh = {.rows = size.rows, .columns = size.columns, .corners = size.corners};
    mesh.corner = mem_new(cells * size.corners * 2, sizeof(double));
    for (size_t i = 0; i < cells * size.corners; i++) {
        bool repeats = i % size.corners && !(isfinite(longitude[i]) && isfinite(latitude[i]));
        mesh.corner[2 * i] = repeats ? mesh.corner[2 * i - 2] : longitude[i];
        mesh.corner[2 * i + 1] = repeats ? mesh.corner[2 * i - 1] : latitude[i];
    }
    return settle_all(&mesh, out, err);
}

// --- cutting -----------------------------------------------------------------------------------

struct extent {
    double low[2], high[2];
};

static struct extent extent_of(const double *corner, size_t corners)
{
    struct extent extent = {{corner[0], corner[1]}, {corner[0], corner[1]}};
    for (size_t i = 0; i < corners * 2; i++) {
        extent.low[i % 2] = fmin(extent.low[i % 2], corner[i]);
        extent.high[i % 2] = fmax(extent.high[i % 2], corner[i]);
    }
    return extent;
}

static bool overlaps(const struct extent *cell, const struct mesh_box *box)
{
    if (cell->high[0] <= cell->low[0] || cell->high[1] <= box->south || cell->low[1] >= box->north)
        return false;
    for (int turns = -1; turns <= 1; turns++) {
        if (cell->high[0] + turns * CIRCLE > box->west && cell->low[0] + turns * CIRCLE < box->east)
            return true;
    }
    return false;
}

bool mesh_touches(const struct mesh *mesh, size_t cell, struct mesh_box box)
{
    struct extent extent = extent_of(mesh->corner + cell * mesh->corners * 2, mesh->corners);
    return overlaps(&extent, &box);
}

static void keep(struct mesh *mesh, size_t row, size_t column, size_t rows, size_t columns)
{
    size_t cell = mesh->corners * 2;
    for (size_t r = 0; r < rows; r++)
        memmove(mesh->corner + r * columns * cell,
                mesh->corner + ((row + r) * mesh->columns + column) * cell,
                columns * cell * sizeof(*mesh->corner));
    mesh->first_row += row;
    mesh->first_column += column;
    mesh->rows = rows;
    mesh->columns = columns;
}

enum err_kind mesh_cut(struct mesh *mesh, struct mesh_box box, struct err *err)
{
    size_t low[2] = {SIZE_MAX, SIZE_MAX}, high[2] = {0, 0}, cell = mesh->corners * 2;
    struct extent all = {{CIRCLE, CIRCLE}, {-CIRCLE, -CIRCLE}};
    for (size_t i = 0; i < mesh->rows * mesh->columns; i++) {
        struct extent extent = extent_of(mesh->corner + i * cell, mesh->corners);
        size_t at[2] = {i / mesh->columns, i % mesh->columns};
        for (size_t d = 0; d < 2 && extent.high[0] > extent.low[0]; d++) {
            all.low[d] = fmin(all.low[d], extent.low[d]);
            all.high[d] = fmax(all.high[d], extent.high[d]);
        }
        for (size_t d = 0; d < 2 && overlaps(&extent, &box); d++) {
            low[d] = at[d] < low[d] ? at[d] : low[d];
            high[d] = at[d] > high[d] ? at[d] : high[d];
        }
    }
    if (low[0] == SIZE_MAX)
        return err_set(err, ERR_INPUT,
                       "the grid, %g to %g E and %g to %g N, does not touch the area, %g to %g E "
                       "and %g to %g N",
                       all.low[0], all.high[0], all.low[1], all.high[1], box.west, box.east,
                       box.south, box.north);
    keep(mesh, low[0], low[1], high[0] - low[0] + 1, high[1] - low[1] + 1);
    return OK;
}
