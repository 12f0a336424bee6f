#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/rings.h"
#include "ingest/shape.h"
#include "ingest/weights.h"
#include "ledger/reading.h"
#include "tests/ledger/place.h"

#include <geos_c.h>
#include <math.h>

// --- help
// -----------------------------------------------------------------------------------------

static uint64_t seed_now;

static double random_between(double low, double high)
{
    seed_now ^= seed_now << 13;
    seed_now ^= seed_now >> 7;
    seed_now ^= seed_now << 17;
    return low + (high - low) * (double)(seed_now >> 11) / 9007199254740992.0;
}

static struct grid regular(double south, double west, double step, size_t rows, size_t columns)
{
    struct grid grid = {rows, columns, mem_new(rows + 1, sizeof(double)),
                        mem_new(columns + 1, sizeof(double))};
    for (size_t i = 0; i <= rows; i++)
        grid.latitude[i] = south + step * (double)i;
    for (size_t i = 0; i <= columns; i++)
        grid.longitude[i] = west + step * (double)i;
    return grid;
}

static void add_ring(struct rings *rings, bool is_hole, size_t points, const double *xy)
{
    memcpy(rings_add(rings, points, is_hole)->xy, xy, points * 2 * sizeof(double));
}

// A set of one commune; freed by boundary_set_free.
static struct boundary_set *set_of(const struct rings *rings)
{
    struct boundary_set *set = mem_new(1, sizeof(*set));
    struct err err = {0};
    bool repaired;
    char why[200];
    struct buf wkb = buf_new(1 << 20);
    CHECK_OK(shape_make(rings, &wkb, &repaired, why, &err), err);
    set->count = 1;
    set->commune = mem_new(1, sizeof(*set->commune));
    set->commune[0].code = mem_text("00001");
    set->commune[0].name = mem_text("Xã");
    set->commune[0].zone = mem_text("");
    set->commune[0].shape = (struct str){NULL, wkb.len};
    set->commune[0].shape.at = buf_take(&wkb);
    set->hash = boundary_set_hash(set);
    return set;
}

static struct weights *weigh(const struct rings *rings, const struct grid *grid)
{
    struct err err = {0};
    struct weights *weights = NULL;
    AUTO(boundary_set_free) struct boundary_set *set = set_of(rings);
    CHECK_OK(weights_make(set, grid, &weights, &err), err);
    return weights;
}

static double sum_of(const struct weights *weights)
{
    double sum = 0;
    for (size_t i = 0; i < weights->start[weights->communes]; i++)
        sum += weights->share[i];
    return sum;
}

static double share_of(const struct weights *weights, size_t cell)
{
    for (size_t i = 0; i < weights->start[1]; i++) {
        if (weights->cell[i] == cell)
            return weights->share[i];
    }
    return 0;
}

static double height(double south, double north)
{
    return sin(north * M_PI / 180) - sin(south * M_PI / 180);
}

// --- known answers
// ----------------------------------------------------------------------------------

static void a_box_over_two_rows_counts_true_areas(void **state)
{
    (void)state;
    const double box[] = {105, 20, 106, 20, 106, 22, 105, 22, 105, 20};
    AUTO(rings_free) struct rings rings = {0};
    add_ring(&rings, false, 5, box);
    AUTO(grid_free) struct grid grid = regular(19, 104, 1, 5, 5);
    AUTO(weights_free) struct weights *weights = weigh(&rings, &grid);
    CHECK_INT(weights->start[1], 2);
    // Row 1 is 20..21 north, column 1 is 105..106 east.
    CHECK_NEAR(share_of(weights, 1 * 5 + 1), height(20, 21) / height(20, 22), 1e-14);
    CHECK_NEAR(share_of(weights, 2 * 5 + 1), height(21, 22) / height(20, 22), 1e-14);
    CHECK(share_of(weights, 1 * 5 + 1) > share_of(weights, 2 * 5 + 1));
}

static void directions_holes_and_parts(void **state)
{
    (void)state;
    const double outer[] = {105, 20, 107, 20, 107, 22, 105, 22, 105, 20};
    const double turned[] = {105, 20, 105, 22, 107, 22, 107, 20, 105, 20};
    const double hole[] = {105.5, 20.5, 106.5, 20.5, 106.5, 21.5, 105.5, 21.5, 105.5, 20.5};
    const double other[] = {108, 20, 109, 20, 109, 21, 108, 21, 108, 20};
    AUTO(grid_free) struct grid grid = regular(20, 105, 0.5, 4, 8);
    AUTO(rings_free) struct rings a = {0};
    AUTO(rings_free) struct rings b = {0};
    add_ring(&a, false, 5, outer);
    add_ring(&a, true, 5, hole);
    add_ring(&a, false, 5, other);
    add_ring(&b, false, 5, turned);
    add_ring(&b, true, 5, hole);
    add_ring(&b, false, 5, other);
    AUTO(weights_free) struct weights *one = weigh(&a, &grid);
    AUTO(weights_free) struct weights *two = weigh(&b, &grid);
    CHECK_NEAR(sum_of(one), 1, 1e-12);
    CHECK_INT(one->start[1], two->start[1]);
    for (size_t i = 0; i < one->start[1]; i++)
        CHECK_NEAR(one->share[i], two->share[i], 1e-14);
    ROW("a cell within the hole counts nothing");
    CHECK_NEAR(share_of(one, 1 * 8 + 1), 0, 0);
    CHECK(share_of(one, 0) > 0 && share_of(one, 7) > 0);
}

static void what_lies_beside_the_grid_is_not_covered(void **state)
{
    (void)state;
    const double box[] = {105, 20, 106, 20, 106, 21, 105, 21, 105, 20};
    AUTO(rings_free) struct rings rings = {0};
    add_ring(&rings, false, 5, box);
    static const struct {
        const char *name;
        double south, west, sum;
    } rows[] = {
        {"the west half", 19, 103.5, 0.5}, {"the east half", 19, 105.5, 0.5},
        {"nothing, far away", 40, 10, 0},  {"touching only", 19, 106, 0},
        {"all of it", 19, 104, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(grid_free)
        struct grid grid =
            regular(rows[i].south, rows[i].west, 0.25, 20, rows[i].west < 105 ? 8 : 8);
        AUTO(weights_free) struct weights *weights = weigh(&rings, &grid);
        CHECK_NEAR(sum_of(weights), rows[i].sum, 1e-12);
    }
}

static void longitudes_may_begin_anywhere(void **state)
{
    (void)state;
    const double box[] = {-1, 10, 1, 10, 1, 11, -1, 11, -1, 10};
    AUTO(rings_free) struct rings rings = {0};
    add_ring(&rings, false, 5, box);
    static const double wests[] = {-180, 0, -0.5, 0.5};
    for (size_t i = 0; i < COUNT_OF(wests); i++) {
        AUTO(grid_free) struct grid grid = regular(9, wests[i], 1, 4, 360);
        AUTO(weights_free) struct weights *weights = weigh(&rings, &grid);
        CHECK_NEAR(sum_of(weights), 1, 1e-12);
    }
}

static void a_commune_smaller_than_a_cell(void **state)
{
    (void)state;
    const double speck[] = {105.01, 20.01, 105.0101, 20.01, 105.01, 20.0101, 105.01, 20.01};
    AUTO(rings_free) struct rings rings = {0};
    add_ring(&rings, false, 4, speck);
    AUTO(grid_free) struct grid grid = regular(20, 105, 0.1, 2, 2);
    AUTO(weights_free) struct weights *weights = weigh(&rings, &grid);
    CHECK_INT(weights->start[1], 1);
    CHECK_INT(weights->cell[0], 0);
    CHECK_NEAR(weights->share[0], 1, 1e-9);
}

// --- against another method
// -------------------------------------------------------------------------

static double geos_share(GEOSContextHandle_t geos, const GEOSGeometry *polygon, double west,
                         double south, double step)
{
    GEOSGeometry *cell = GEOSGeom_createRectangle_r(geos, west, south, west + step, south + step);
    GEOSGeometry *both = GEOSIntersection_r(geos, polygon, cell);
    double area = 0;
    GEOSArea_r(geos, both, &area);
    GEOSGeom_destroy_r(geos, cell);
    GEOSGeom_destroy_r(geos, both);
    return area;
}

// Random stars on a grid of small cells at the equator, where plane and sphere agree to second
// order: GEOS's plane shares and ours differ by less than the curvature of the box.
static void random_polygons_agree_with_geos(void **state)
{
    (void)state;
    enum { POINTS = 40, ROUNDS = 60 };
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 20241124;
    print_message("# seed %llu\n", (unsigned long long)seed);
    GEOSContextHandle_t geos = GEOS_init_r();
    AUTO(grid_free) struct grid grid = regular(-0.05, 105, 0.01, 10, 10);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        seed_now = seed * 1000 + round + 1;
        double xy[2 * (POINTS + 1)];
        for (size_t i = 0; i < POINTS; i++) {
            double angle = 2 * M_PI * (double)i / POINTS, radius = random_between(0.002, 0.048);
            xy[2 * i] = 105.05 + radius * cos(angle);
            xy[2 * i + 1] = radius * sin(angle);
        }
        xy[2 * POINTS] = xy[0];
        xy[2 * POINTS + 1] = xy[1];
        AUTO(rings_free) struct rings rings = {0};
        add_ring(&rings, false, POINTS + 1, xy);
        AUTO(weights_free) struct weights *weights = weigh(&rings, &grid);
        GEOSGeometry *polygon = GEOSGeom_createPolygon_r(
            geos,
            GEOSGeom_createLinearRing_r(geos,
                                        GEOSCoordSeq_copyFromBuffer_r(geos, xy, POINTS + 1, 0, 0)),
            NULL, 0);
        double area = 0;
        GEOSArea_r(geos, polygon, &area);
        CHECK_NEAR(sum_of(weights), 1, 1e-12);
        for (size_t cell = 0; cell < 100; cell++) {
            double want = geos_share(geos, polygon, grid.longitude[cell % 10],
                                     grid.latitude[cell / 10], 0.01) /
                          area;
            CHECK_NEAR(share_of(weights, cell), want, 1e-6);
        }
        GEOSGeom_destroy_r(geos, polygon);
    }
    GEOS_finish_r(geos);
}

// A fan of triangles that fills a box: their weights fill every cell, wherever the lines fall.
static void a_partition_fills_every_cell(void **state)
{
    (void)state;
    enum { FAN = 64 };
    AUTO(grid_free) struct grid grid = regular(20, 105, 0.1, 10, 10);
    double filled[100] = {0};
    seed_now = 7;
    double corner[FAN + 1][2];
    for (size_t i = 0; i <= FAN; i++) {
        double t = 4.0 * (double)(i % FAN) / FAN, along = t - floor(t);
        const double side[4][2] = {{along, 0}, {1, along}, {1 - along, 1}, {0, 1 - along}};
        corner[i][0] = 105 + side[(int)t][0];
        corner[i][1] = 20 + side[(int)t][1];
    }
    double total = height(20, 21) * M_PI / 180;
    for (size_t i = 0; i < FAN; i++) {
        const double xy[] = {105.37,           20.61,  corner[i][0], corner[i][1], corner[i + 1][0],
                             corner[i + 1][1], 105.37, 20.61};
        AUTO(rings_free) struct rings rings = {0};
        add_ring(&rings, false, 4, xy);
        AUTO(weights_free) struct weights *weights = weigh(&rings, &grid);
        double area = rings_area_km2(&rings) / (6371.0072 * 6371.0072);
        CHECK_NEAR(sum_of(weights), 1, 1e-9);
        for (size_t k = 0; k < weights->start[1]; k++)
            filled[weights->cell[k]] += weights->share[k] * area;
        total -= area;
    }
    CHECK_NEAR(total, 0, 1e-15);
    for (size_t cell = 0; cell < 100; cell++) {
        double south = grid.latitude[cell / 10], north = grid.latitude[cell / 10 + 1];
        CHECK_NEAR(filled[cell] / (height(south, north) * 0.1 * M_PI / 180), 1, 1e-9);
    }
}

// --- as bytes, and kept
// -------------------------------------------------------------------------------

static void weights_are_made_once_and_kept(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    const double box[] = {105, 20, 106, 20, 106, 21, 105, 21, 105, 20};
    AUTO(rings_free) struct rings rings = {0};
    add_ring(&rings, false, 5, box);
    AUTO(boundary_set_free) struct boundary_set *set = set_of(&rings);
    AUTO(grid_free) struct grid grid = regular(19, 104, 0.3, 9, 9);
    AUTO(weights_free) struct weights *made = NULL;
    AUTO(weights_free) struct weights *kept = NULL;
    CHECK_OK(weights_for(place.map, set, &grid, &made, &place.err), place.err);
    CHECK_OK(weights_for(place.map, set, &grid, &kept, &place.err), place.err);
    CHECK(hash_same(made->hash, kept->hash));
    CHECK_INT(kept->start[1], made->start[1]);
    ROW("another grid has other weights");
    AUTO(grid_free) struct grid other = regular(19, 104, 0.25, 9, 9);
    AUTO(weights_free) struct weights *different = NULL;
    CHECK_OK(weights_for(place.map, set, &other, &different, &place.err), place.err);
    CHECK(!hash_same(made->hash, different->hash));
}

static void damaged_weights_are_refused(void **state)
{
    (void)state;
    const double box[] = {105, 20, 106, 20, 106, 21, 105, 21, 105, 20};
    AUTO(rings_free) struct rings rings = {0};
    add_ring(&rings, false, 5, box);
    AUTO(grid_free) struct grid grid = regular(19, 104, 1, 4, 4);
    AUTO(weights_free) struct weights *weights = weigh(&rings, &grid);
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    weights_write(weights, &bytes);
    struct err err = {0};
    struct weights *back = NULL;
    for (size_t len = 0; len < bytes.len; len++)
        CHECK_INT(weights_read((struct str){bytes.at, len}, &back, &err), ERR_INPUT);
    bytes.at[0] ^= 1;
    CHECK_INT(weights_read(buf_slice(&bytes), &back, &err), ERR_INPUT);
    bytes.at[0] ^= 1;
    memset(bytes.at + bytes.len - 8, 0xff, 8); // a share that is NaN
    CHECK_INT(weights_read(buf_slice(&bytes), &back, &err), ERR_INPUT);
    CHECK(back == NULL);
}

// --- commune means
// --------------------------------------------------------------------------------------

static void means_count_what_was_observed(void **state)
{
    (void)state;
    uint32_t start[] = {0, 2, 4, 5, 5, 6};
    uint32_t cell[] = {0, 1, 1, 2, 2, 3};
    double share[] = {0.25, 0.75, 0.5, 0.5, 1e-9, 1};
    struct weights weights = {
        .communes = 5, .cells = 4, .start = start, .cell = cell, .share = share};
    int32_t milli[5];
    uint16_t cover[5];
    aggregate_step(&weights, (const float[]){10, 20, NAN, INFINITY}, milli, cover);
    ROW("both cells");
    CHECK_INT(milli[0], 17500);
    CHECK_INT(cover[0], 10000);
    ROW("half of it was seen: the mean is of that half");
    CHECK_INT(milli[1], 20000);
    CHECK_INT(cover[1], 5000);
    ROW("nothing was seen, nothing is there, or no number: not observed, never 0");
    for (int i = 2; i < 5; i++) {
        CHECK_INT(milli[i], READING_NONE);
        CHECK_INT(cover[i], 0);
    }
    ROW("a trace of a cell still counts as seen");
    aggregate_step(&weights, (const float[]){0, 0, 5, 1e30F}, milli, cover);
    CHECK_INT(milli[2], 5000);
    CHECK_INT(cover[2], 1);
    ROW("a number that is no weather is not observed");
    CHECK_INT(milli[4], READING_NONE);
}

static void thousandths_are_rounded_half_away_from_zero(void **state)
{
    (void)state;
    uint32_t start[] = {0, 1}, cell[] = {0};
    double share[] = {1};
    struct weights weights = {
        .communes = 1, .cells = 1, .start = start, .cell = cell, .share = share};
    static const struct {
        float value;
        int32_t milli;
    } rows[] = {
        {0.0625F / 125, 1}, {-0.0625F / 125, -1}, {2.0F, 2000}, {0.25F, 250}, {-3.5F, -3500}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int32_t milli;
        uint16_t cover;
        aggregate_step(&weights, &rows[i].value, &milli, &cover);
        CHECK_INT(milli, rows[i].milli);
    }
}

TEST_MAIN(cmocka_unit_test(a_box_over_two_rows_counts_true_areas),
          cmocka_unit_test(directions_holes_and_parts),
          cmocka_unit_test(what_lies_beside_the_grid_is_not_covered),
          cmocka_unit_test(longitudes_may_begin_anywhere),
          cmocka_unit_test(a_commune_smaller_than_a_cell),
          cmocka_unit_test(random_polygons_agree_with_geos),
          cmocka_unit_test(a_partition_fills_every_cell),
          cmocka_unit_test(weights_are_made_once_and_kept),
          cmocka_unit_test(damaged_weights_are_refused),
          cmocka_unit_test(means_count_what_was_observed),
          cmocka_unit_test(thousandths_are_rounded_half_away_from_zero))
