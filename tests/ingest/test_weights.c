#include "ingest/weights.h"

#include "ingest/aggregate.h"

#include "tests/ingest/shapes.h"
#include "tests/ledger/place.h"

// --- against another way to the same numbers: GEOS cuts, Gauss and Legendre integrate

static double longitudes[] = {105, 105.1, 105.25, 105.5, 106, 106.1, 106.5, 107};
static double latitudes[] = {20, 20.3, 20.5, 20.9, 21, 21.5, 22};
static const struct grid uneven = {
    COUNT_OF(latitudes) - 1, COUNT_OF(longitudes) - 1, latitudes, longitudes, 0, NULL};

static void compare_with_geos(GEOSContextHandle_t geos, const struct commune *commune,
                              const struct weights *weights, size_t c)
{
    GEOSGeometry *shape =
        GEOSGeomFromWKB_buf_r(geos, (const unsigned char *)commune->shape.at, commune->shape.len);
    double area = geometry_area(geos, shape);
    CHECK_NEAR(commune->area_km2 / (6371.0072 * 6371.0072) / area, 1, 1e-9);
    for (size_t cell = 0; cell < uneven.rows * uneven.columns; cell++) {
        size_t row = cell / uneven.columns, column = cell % uneven.columns;
        GEOSGeometry *box = GEOSGeom_createRectangle_r(geos, longitudes[column], latitudes[row],
                                                       longitudes[column + 1], latitudes[row + 1]);
        GEOSGeometry *both = GEOSIntersection_r(geos, shape, box);
        CHECK(both != NULL);
        // To a billionth of the smaller of the two, commune and cell.
        double cell_area = geometry_area(geos, box), part = geometry_area(geos, both);
        CHECK_NEAR(share_of(weights, c, cell) * area / cell_area, part / cell_area, 1e-9);
        CHECK_NEAR(share_of(weights, c, cell), part / area, 1e-9);
        GEOSGeom_destroy_r(geos, both);
        GEOSGeom_destroy_r(geos, box);
    }
    GEOSGeom_destroy_r(geos, shape);
}

static void test_against_geos(void **state)
{
    (void)state;
    enum { COMMUNES = 300 };
    uint64_t seed = 20261124;
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = set_new(COMMUNES);
    AUTO(weights_free) struct weights *weights = NULL;
    GEOSContextHandle_t geos = GEOS_init_r();
    for (size_t i = 0; i < COMMUNES; i++) {
        AUTO(rings_free) struct rings rings = {0};
        add_star(&rings, &seed, i);
        set_shape(set, i, &rings);
    }
    CHECK_OK(weights_make(set, &uneven, &weights, &err), err);
    for (size_t i = 0; i < COMMUNES; i++) {
        ROW(set->commune[i].code);
        compare_with_geos(geos, &set->commune[i], weights, i);
    }
    GEOS_finish_r(geos);
}

// --- what must be so whatever the polygons are

enum { EDGE = 36, PARTS = EDGE };

// A rectangle cut into triangles round a middle.
static struct boundary_set *triangles(void)
{
    struct boundary_set *set = set_new(PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        double corner[2][2];
        for (size_t k = 0; k < 2; k++) {
            size_t at = (i + k) % EDGE, side = at / 9;
            double along = (double)(at % 9) / 9;
            double x = side == 0 ? along : side == 1 ? 1 : side == 2 ? 1 - along : 0;
            double y = side == 0 ? 0 : side == 1 ? along : side == 2 ? 1 : 1 - along;
            corner[k][0] = 105 + 2 * x;
            corner[k][1] = 20 + 2 * y;
        }
        double xy[] = {105.7321,     20.8453,      corner[0][0], corner[0][1],
                       corner[1][0], corner[1][1], 105.7321,     20.8453};
        AUTO(rings_free) struct rings rings = {0};
        add_points(&rings, xy, 4, false);
        set_shape(set, i, &rings);
    }
    return set;
}

static double uneven_km2(size_t cell)
{
    size_t row = cell / uneven.columns, column = cell % uneven.columns;
    AUTO(rings_free) struct rings box = {0};
    add_box(&box, longitudes[column], latitudes[row], longitudes[column + 1], latitudes[row + 1]);
    return rings_area_km2(&box);
}

// In every cell, all parts together are the cell.
static void test_partition(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = triangles();
    AUTO(weights_free) struct weights *weights = NULL;
    CHECK_OK(weights_make(set, &uneven, &weights, &err), err);
    for (size_t i = 0; i < PARTS; i++)
        CHECK_NEAR(row_sum(weights, i), 1, 1e-12);
    for (size_t cell = 0; cell < weights->cells; cell++) {
        double sum = 0;
        for (size_t i = 0; i < PARTS; i++)
            sum += share_of(weights, i, cell) * set->commune[i].area_km2;
        CHECK_NEAR(sum / uneven_km2(cell), 1, 1e-9);
    }
}

// The water that falls on the cells is the water that falls on the communes: by the weights to a
// billionth, by the product's single precision and the whole thousandths of readings to what these
// can hold.
static void test_conserved(void **state)
{
    (void)state;
    enum { FIELDS = 20, CELLS = (COUNT_OF(latitudes) - 1) * (COUNT_OF(longitudes) - 1) };
    static const double RAIN_MM_MAX = 500, AREA_NEAR = 1e-9, FLOAT_NEAR = 1e-6, MILLI_MM = 0.0005;
    uint64_t seed = 20261126;
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = triangles();
    AUTO(weights_free) struct weights *weights = NULL;
    CHECK_OK(weights_make(set, &uneven, &weights, &err), err);
    AUTO(aggregate_free) struct aggregate *aggregate = aggregate_new(weights);
    for (size_t f = 0; f < FIELDS; f++) {
        float field[CELLS], mean[PARTS];
        int32_t milli[PARTS];
        uint16_t cover[PARTS];
        double fell = 0, exact = 0, rounded = 0, whole = 0, km2 = 0;
        for (size_t cell = 0; cell < CELLS; cell++) {
            field[cell] = (float)random_within(&seed, 0, RAIN_MM_MAX);
            fell += (double)field[cell] * uneven_km2(cell);
        }
        aggregate_mean(aggregate, field, mean);
        aggregate_step(aggregate, field, milli, cover);
        for (size_t c = 0; c < PARTS; c++) {
            double area = set->commune[c].area_km2;
            for (size_t i = weights->start[c]; i < weights->start[c + 1]; i++)
                exact += (double)field[weights->cell[i]] * weights->share[i] * area;
            CHECK_INT(cover[c], 10000);
            rounded += (double)mean[c] * area;
            whole += milli[c] / 1000.0 * area;
            km2 += area;
        }
        CHECK_NEAR(exact / fell, 1, AREA_NEAR);
        CHECK_NEAR(rounded / fell, 1, FLOAT_NEAR);
        CHECK_NEAR(whole / km2, fell / km2, MILLI_MM + FLOAT_NEAR * RAIN_MM_MAX);
    }
}

// Shapes of a hole or of several parts, on the cells 105 106 107 by 20 21 22; by hand.
static void test_parts(void **state)
{
    (void)state;
    double longitude[] = {105, 106, 107}, latitude[] = {20, 21, 22};
    struct grid grid = {2, 2, latitude, longitude, 0, NULL};
    // Between whole degrees the area of a box goes with the difference of the sines.
    double low = sin(21 * RADIANS) - sin(20 * RADIANS),
           high = sin(22 * RADIANS) - sin(21 * RADIANS);
    double strip = sin(20.75 * RADIANS) - sin(20.25 * RADIANS);
    double inner = sin(20.7 * RADIANS) - sin(20.3 * RADIANS);
    static const struct {
        const char *name;
        double box[3][4];
        bool is_hole[3];
    } rows[] = {
        {"a hole within one cell", {{105, 20, 107, 22}, {105.25, 20.25, 105.75, 20.75}}, {0, 1}},
        {"a hole over two cells", {{105, 20, 107, 22}, {105.5, 20.25, 106.5, 20.75}}, {0, 1}},
        {"two parts in two cells", {{105.25, 20.25, 105.75, 20.75}, {106, 21, 107, 22}}, {0}},
        {"a part in the hole of another",
         {{105, 20, 106, 21}, {105.2, 20.25, 105.8, 20.75}, {105.3, 20.3, 105.4, 20.7}},
         {0, 1, 0}},
    };
    double part[COUNT_OF(rows)][4] = {
        {low - 0.5 * strip, low, high, high},
        {low - 0.5 * strip, low - 0.5 * strip, high, high},
        {0.5 * strip, 0, 0, high},
        {low - 0.6 * strip + 0.1 * inner, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(boundary_set_free) struct boundary_set *set = set_new(1);
        AUTO(weights_free) struct weights *weights = NULL;
        AUTO(rings_free) struct rings rings = {0};
        for (size_t k = 0; k < 3 && rows[i].box[k][0] > 0; k++) {
            const double *box = rows[i].box[k];
            double xy[] = {box[0], box[1], box[2], box[1], box[2],
                           box[3], box[0], box[3], box[0], box[1]};
            add_points(&rings, xy, 5, rows[i].is_hole[k]);
        }
        set_shape(set, 0, &rings);
        CHECK_OK(weights_make(set, &grid, &weights, &err), err);
        double sum = part[i][0] + part[i][1] + part[i][2] + part[i][3];
        for (size_t cell = 0; cell < 4; cell++)
            CHECK_NEAR(share_of(weights, 0, cell), part[i][cell] / sum, 1e-12);
    }
}

static const struct {
    const char *name;
    double west, south, east, north; // the commune
    double left, right;              // the grid: two columns from left to right, rows 20 21 22
    double share[4];
} boxes[] = {
    {"all in one cell", 105.2, 20.2, 105.3, 20.3, 105, 107, {1, 0, 0, 0}},
    {"exactly one cell", 106, 21, 107, 22, 105, 107, {0, 0, 0, 1}},
    {"half in each of two cells", 105.5, 20.5, 106.5, 20.6, 105, 107, {0.5, 0.5, 0, 0}},
    {"half of it beside the grid", 104.5, 20.5, 105.5, 20.6, 105, 107, {0.5, 0, 0, 0}},
    {"three quarters beside the grid", 106, 20.5, 110, 20.6, 105, 107, {0, 0.25, 0, 0}},
    {"west of the grid", 100, 20.5, 101, 20.6, 105, 107, {0}},
    {"it touches the grid from the east", 107, 20.5, 108, 20.6, 105, 107, {0}},
    {"north of the grid", 105, 22, 106, 23, 105, 107, {0}},
    {"south of the grid", 105, 10, 106, 20, 105, 107, {0}},
    {"an island of fifty metres", 105.5, 21.5, 105.5005, 21.5005, 105, 107, {0, 0, 1, 0}},
    {"west of Greenwich, a grid that begins at 0", -10, 20.5, -9, 20.6, 0, 360, {0, 1, 0, 0}},
    {"over Greenwich, a grid that begins at 0", -1, 20.5, 3, 20.6, 0, 360, {0.75, 0.25, 0, 0}},
    {"up to the date line", 179, 20.5, 180, 20.6, -180, 180, {0, 1, 0, 0}},
    {"from the date line on, in a grid over it", -180, 20.5, -179, 20.6, 170, 190, {0, 1, 0, 0}},
    {"higher than the grid", 105.5, 0, 105.6, 80, 105, 107, {-1, 0, -1, 0}},
};

static void test_boxes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(boxes); i++) {
        ROW(boxes[i].name);
        struct err err = {0};
        double left = boxes[i].left, right = boxes[i].right;
        double longitude[] = {left, (left + right) / 2, right}, latitude[] = {20, 21, 22};
        struct grid grid = {2, 2, latitude, longitude, 0, NULL};
        AUTO(boundary_set_free) struct boundary_set *set = set_new(1);
        AUTO(weights_free) struct weights *weights = NULL;
        AUTO(rings_free) struct rings rings = {0};
        add_box(&rings, boxes[i].west, boxes[i].south, boxes[i].east, boxes[i].north);
        set_shape(set, 0, &rings);
        CHECK_OK(weights_make(set, &grid, &weights, &err), err);
        for (size_t cell = 0; cell < 4; cell++) {
            double want = boxes[i].share[cell], foot = 20 + (double)(cell / 2);
            if (want < 0) // of a strip from the equator to 80 north
                want = (sin((foot + 1) * RADIANS) - sin(foot * RADIANS)) / sin(80 * RADIANS);
            CHECK_NEAR(share_of(weights, 0, cell), want, 1e-12);
        }
    }
}

static void test_damaged_shape(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = set_new(1);
    AUTO(rings_free) struct rings rings = {0};
    struct weights *weights = NULL;
    add_box(&rings, 105, 20, 106, 21);
    set_shape(set, 0, &rings);
    set->commune[0].shape.len--;
    CHECK_INT(weights_make(set, &uneven, &weights, &err), ERR_BROKEN);
    CHECK_HAS(err.text, "the shape of commune 00 of \"test\" is damaged");
    CHECK(!weights);
}

// --- as bytes, and kept

static void make_three(struct boundary_set **set, struct weights **weights)
{
    struct err err = {0};
    *set = set_new(3);
    for (size_t i = 0; i < 3; i++) {
        AUTO(rings_free) struct rings rings = {0};
        double x = 104.7 + 0.6 * (double)i;
        add_box(&rings, x, 20.1, x + 0.6, 21.2);
        set_shape(*set, i, &rings);
    }
    (*set)->hash = boundary_set_hash(*set);
    CHECK_OK(weights_make(*set, &uneven, weights, &err), err);
}

static void test_bytes(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(weights_free) struct weights *weights = NULL, *again = NULL;
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20), more = buf_new(1 << 20);
    make_three(&set, &weights);
    weights_write(weights, &bytes);
    CHECK_OK(weights_read(buf_slice(&bytes), &again, &err), err);
    CHECK(hash_same(weights->hash, again->hash));
    weights_write(again, &more);
    CHECK(str_same(buf_slice(&bytes), buf_slice(&more)));
    for (size_t len = 0; len < bytes.len; len++) {
        struct weights *none = NULL;
        CHECK_INT(weights_read((struct str){bytes.at, len}, &none, &err), ERR_INPUT);
        CHECK_HAS(err.text, "no weights");
    }
}

// Words of the bytes that would lead a reader astray.
static void test_bytes_that_lie(void **state)
{
    (void)state;
    enum { AT_COMMUNES = 8, AT_CELLS = 16, AT_START = 24, AT_CELL = AT_START + 4 * 4 };
    static const struct {
        const char *name;
        size_t at;
        uint32_t word;
    } rows[] = {
        {"another file", 0, 7},
        {"communes without number", AT_COMMUNES, UINT32_MAX},
        {"one commune less", AT_COMMUNES, 2},
        {"no cells", AT_CELLS, 0},
        {"cells beyond 32 bits", AT_CELLS + 4, 1},
        {"rows that begin late", AT_START, 1},
        {"rows that go back", AT_START + 4, 4000},
        {"more entries than bytes", AT_START + 12, UINT32_MAX},
        {"a cell outside the grid", AT_CELL, 42},
    };
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(weights_free) struct weights *weights = NULL;
    make_three(&set, &weights);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct weights *none = NULL;
        AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
        weights_write(weights, &bytes);
        memcpy(bytes.at + rows[i].at, &rows[i].word, sizeof(rows[i].word));
        CHECK_INT(weights_read(buf_slice(&bytes), &none, &err), ERR_INPUT);
        CHECK(!none);
    }
    static const double shares[] = {NAN, -0.1, 0, 1.5, INFINITY};
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        ROW("a share that is none");
        struct err err = {0};
        struct weights *none = NULL;
        AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
        weights_write(weights, &bytes);
        memcpy(bytes.at + bytes.len - sizeof(double), &shares[i], sizeof(double));
        CHECK_INT(weights_read(buf_slice(&bytes), &none, &err), ERR_INPUT);
    }
}

static void test_kept(void **state)
{
    (void)state;
    struct place place = place_new();
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(weights_free) struct weights *weights = NULL, *first = NULL, *second = NULL;
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    struct hash hash;
    make_three(&set, &weights);
    CHECK_INT(map_weights_get(place.map, set->hash, grid_hash(&uneven), &hash, &bytes, &err),
              ERR_MISSING);
    CHECK_OK(weights_for(place.map, set, &uneven, &first, &err), err);
    CHECK_OK(map_weights_get(place.map, set->hash, grid_hash(&uneven), &hash, &bytes, &err), err);
    CHECK(hash_same(hash, first->hash));
    // Without its shapes the set can have weights only from the map.
    set->commune[0].shape.len = 0;
    CHECK_OK(weights_for(place.map, set, &uneven, &second, &err), err);
    CHECK(hash_same(first->hash, second->hash) && hash_same(first->hash, weights->hash));
    place_free(&place);
}

static void test_kept_but_changed(void **state)
{
    (void)state;
    struct place place = place_new();
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(weights_free) struct weights *weights = NULL;
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    struct weights *none = NULL;
    make_three(&set, &weights);
    weights->share[0] /= 2;
    weights_write(weights, &bytes);
    CHECK_OK(map_weights_put(place.map, set->hash, grid_hash(&uneven), weights->hash,
                             buf_slice(&bytes), &err),
             err);
    CHECK_INT(weights_for(place.map, set, &uneven, &none, &err), ERR_BROKEN);
    CHECK_HAS(err.text, "the weights kept for \"test\" were changed");
    CHECK(!none);
    place_free(&place);
}

TEST_MAIN(cmocka_unit_test(test_against_geos), cmocka_unit_test(test_partition),
          cmocka_unit_test(test_conserved), cmocka_unit_test(test_parts),
          cmocka_unit_test(test_boxes), cmocka_unit_test(test_damaged_shape),
          cmocka_unit_test(test_bytes), cmocka_unit_test(test_bytes_that_lie),
          cmocka_unit_test(test_kept), cmocka_unit_test(test_kept_but_changed))
