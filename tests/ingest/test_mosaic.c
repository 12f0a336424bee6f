// Weights of grids whose cells are polygons, against GEOS and quadrature.
#include "ingest/grid.h"
#include "ingest/mosaic.h"
#include "tests/ingest/shapes.h"

enum { SIDE = 9, CORNERS = 4, CELLS = SIDE * SIDE };

// Where a knot of a bent grid lies: a rotated, stretched and wavy square round 106 E 21 N.
static void knot(size_t row, size_t column, double *xy)
{
    double u = (double)column / SIDE - 0.5, v = (double)row / SIDE - 0.5;
    xy[0] = 106 + 2.4 * u - 0.7 * v + 0.05 * sin(9 * v);
    xy[1] = 21 + 0.6 * u + 2.2 * v + 0.04 * cos(7 * u);
}

static struct grid bent(void)
{
    struct grid grid = {.rows = SIDE, .columns = SIDE, .corners = CORNERS};
    grid.corner = mem_new(CELLS * CORNERS * 2, sizeof(double));
    for (size_t cell = 0; cell < CELLS; cell++) {
        double *corner = grid.corner + cell * CORNERS * 2;
        size_t row = cell / SIDE, column = cell % SIDE;
        knot(row, column, corner);
        knot(row, column + 1, corner + 2);
        knot(row + 1, column + 1, corner + 4);
        knot(row + 1, column, corner + 6);
    }
    return grid;
}

static GEOSGeometry *cell_geometry(GEOSContextHandle_t geos, const double *corner, size_t corners)
{
    GEOSCoordSequence *points = GEOSCoordSeq_create_r(geos, (unsigned)corners + 1, 2);
    for (size_t k = 0; k <= corners; k++)
        (void)GEOSCoordSeq_setXY_r(geos, points, (unsigned)k, corner[2 * (k % corners)],
                                   corner[2 * (k % corners) + 1]);
    return GEOSGeom_createPolygon_r(geos, GEOSGeom_createLinearRing_r(geos, points), NULL, 0);
}

static void compare(GEOSContextHandle_t geos, const struct commune *commune,
                    const struct weights *weights, size_t c, const struct grid *grid)
{
    GEOSGeometry *shape =
        GEOSGeomFromWKB_buf_r(geos, (const unsigned char *)commune->shape.at, commune->shape.len);
    double area = geometry_area(geos, shape);
    for (size_t cell = 0; cell < grid->rows * grid->columns; cell++) {
        GEOSGeometry *box =
            cell_geometry(geos, grid->corner + cell * grid->corners * 2, grid->corners);
        GEOSGeometry *both = GEOSIntersection_r(geos, shape, box);
        CHECK(both != NULL);
        double cell_area = geometry_area(geos, box);
        CHECK_NEAR(share_of(weights, c, cell) * area / cell_area,
                   geometry_area(geos, both) / cell_area, 1e-9);
        GEOSGeom_destroy_r(geos, both);
        GEOSGeom_destroy_r(geos, box);
    }
    GEOSGeom_destroy_r(geos, shape);
}

static struct boundary_set *stars(size_t count, uint64_t seed)
{
    struct boundary_set *set = set_new(count);
    for (size_t i = 0; i < count; i++) {
        AUTO(rings_free) struct rings rings = {0};
        add_star(&rings, &seed, i);
        set_shape(set, i, &rings);
    }
    return set;
}

static void test_bent_grid(void **state)
{
    (void)state;
    enum { COMMUNES = 100 };
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = stars(COMMUNES, 20261125);
    AUTO(weights_free) struct weights *weights = NULL;
    AUTO(grid_free) struct grid grid = bent();
    GEOSContextHandle_t geos = GEOS_init_r();
    CHECK_OK(weights_make(set, &grid, &weights, &err), err);
    for (size_t i = 0; i < COMMUNES; i++) {
        ROW(set->commune[i].code);
        compare(geos, &set->commune[i], weights, i, &grid);
    }
    GEOS_finish_r(geos);
}

// A grid said as polygons weighs as the same grid said by its edges.
static void test_same_as_raster(void **state)
{
    (void)state;
    enum { COMMUNES = 50, LINES = 13, BOXES = (LINES - 1) * (LINES - 1) };
    double line[2][LINES];
    double corner[BOXES * CORNERS * 2];
    for (size_t i = 0; i < LINES; i++) {
        line[0][i] = 19.5 + 0.25 * (double)i;
        line[1][i] = 104.5 + 0.25 * (double)i;
    }
    for (size_t cell = 0; cell < BOXES; cell++) {
        for (size_t k = 0; k < CORNERS; k++) {
            double *xy = corner + (cell * CORNERS + k) * 2;
            xy[0] = line[1][cell % (LINES - 1) + (k == 1 || k == 2)] + 360; // as 0..360 would be
            xy[1] = line[0][cell / (LINES - 1) + (k >= 2)];
        }
    }
    struct grid polygons = {
        .rows = LINES - 1, .columns = LINES - 1, .corners = CORNERS, .corner = corner};
    struct grid edges = {
        .rows = LINES - 1, .columns = LINES - 1, .latitude = line[0], .longitude = line[1]};
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = stars(COMMUNES, 7);
    AUTO(weights_free) struct weights *a = NULL, *b = NULL;
    CHECK_OK(weights_make(set, &polygons, &a, &err), err);
    CHECK_OK(weights_make(set, &edges, &b, &err), err);
    for (size_t i = 0; i < COMMUNES; i++) {
        CHECK_NEAR(row_sum(a, i), row_sum(b, i), 1e-10);
        for (size_t cell = 0; cell < BOXES; cell++)
            CHECK_NEAR(share_of(a, i, cell), share_of(b, i, cell), 1e-10);
    }
}

static const struct {
    const char *name;
    double corner[5 * 2]; // of the one cell
    double box[4];        // the commune: west, south, east, north
    double share;         // of the commune that lies in the cell
} cells[] = {
    {"a triangle, its last corner repeated", {0, 0, 2, 0, 2, 2, 2, 2, 2, 2}, {1, 0, 2, 1}, 1},
    {"half of the commune under a diagonal at the equator",
     {0, -1, 2, -1, 2, 1, 2, 1, 2, 1},
     {0, -1, 2, 1},
     0.5},
    {"a cell that is not convex: an arrow without its notch",
     {0, -1, 2, -1, 2, 1, 1, 0, 0, 1},
     {0, -1, 2, 1},
     0.7500063463895676}, // 1/2 + (1 - cos r) / (2 r sin r), r one degree
    {"the notch of the arrow", {0, -1, 2, -1, 2, 1, 1, 0, 0, 1}, {0.9, 0.5, 1.1, 0.6}, 0},
    {"over the date line, a commune east of it",
     {179, 0, 181, 0, 181, 1, 179, 1, 179, 1},
     {-180, 0, -179.5, 1},
     1},
    {"over the date line, a commune west of it",
     {-181, 0, -179, 0, -179, 1, -181, 1, -181, 1},
     {179, 0, 180, 1},
     1},
    {"a commune of fifty metres", {0, 0, 2, 0, 2, 2, 0, 2, 0, 2}, {1, 1, 1.0005, 1.0005}, 1},
    {"a cell without a shape", {5, 5, 5, 5, 5, 5, 5, 5, 5, 5}, {4, 4, 6, 6}, 0},
    {"beside it", {0, 0, 2, 0, 2, 2, 0, 2, 0, 2}, {2, 0, 3, 2}, 0},
};

static void test_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        ROW(cells[i].name);
        struct err err = {0};
        double corner[5 * 2];
        memcpy(corner, cells[i].corner, sizeof(corner));
        struct grid grid = {.rows = 1, .columns = 1, .corners = 5, .corner = corner};
        AUTO(boundary_set_free) struct boundary_set *set = set_new(1);
        AUTO(weights_free) struct weights *weights = NULL;
        AUTO(rings_free) struct rings rings = {0};
        const double *box = cells[i].box;
        add_box(&rings, box[0], box[1], box[2], box[3]);
        set_shape(set, 0, &rings);
        CHECK_OK(weights_make(set, &grid, &weights, &err), err);
        CHECK_NEAR(row_sum(weights, 0), cells[i].share, 1e-12);
    }
}

// All of a shape that lies inside the grid is found, and each cell once and in order.
static void test_rows(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = set_new(1);
    AUTO(weights_free) struct weights *weights = NULL;
    AUTO(grid_free) struct grid grid = bent();
    AUTO(rings_free) struct rings rings = {0};
    add_box(&rings, 105.5, 20.5, 106.5, 21.5);
    set_shape(set, 0, &rings);
    CHECK_OK(weights_make(set, &grid, &weights, &err), err);
    CHECK_NEAR(row_sum(weights, 0), 1, 1e-12);
    for (size_t i = 1; i < weights->start[1]; i++)
        CHECK(weights->cell[i] > weights->cell[i - 1]);
}

TEST_MAIN(cmocka_unit_test(test_bent_grid), cmocka_unit_test(test_same_as_raster),
          cmocka_unit_test(test_cells), cmocka_unit_test(test_rows))
