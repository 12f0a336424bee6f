#include "ingest/axis.h"

#include "tests/check.h"

static const struct {
    const char *name;
    enum axis_kind kind;
    size_t count;
    double centre[4], bounds[8];
    bool bounded, descending;
    double edge[5];
} edge_rows[] = {
    {"edges lie halfway, the outer ones mirrored",
     AXIS_LATITUDE,
     3,
     {10, 10.5, 11},
     {0},
     false,
     false,
     {9.75, 10.25, 10.75, 11.25}},
    {"north to south is turned round",
     AXIS_LATITUDE,
     3,
     {11, 10.5, 10},
     {0},
     false,
     true,
     {9.75, 10.25, 10.75, 11.25}},
    {"uneven steps, as of a Gaussian grid",
     AXIS_LATITUDE,
     3,
     {0, 1, 3},
     {0},
     false,
     false,
     {-0.5, 0.5, 2, 4}},
    {"an outer edge beyond the pole is cut",
     AXIS_LATITUDE,
     3,
     {89, 89.5, 90},
     {0},
     false,
     false,
     {88.75, 89.25, 89.75, 90}},
    {"bounds go before halfway",
     AXIS_LATITUDE,
     2,
     {10.2, 10.7},
     {10, 10.5, 10.5, 11},
     true,
     false,
     {10, 10.5, 11}},
    {"bounds of a descending axis, upper first",
     AXIS_LATITUDE,
     2,
     {10.7, 10.2},
     {11, 10.5, 10.5, 10},
     true,
     true,
     {10, 10.5, 11}},
    {"one cell with bounds", AXIS_LONGITUDE, 1, {105}, {104, 106}, true, false, {104, 106}},
    {"float32 noise is rounded away",
     AXIS_LONGITUDE,
     2,
     {102.0500030517578, 102.1500015258789},
     {0},
     false,
     false,
     {102, 102.1, 102.2}},
    {"a longitude goes on beyond 360",
     AXIS_LONGITUDE,
     3,
     {359, 0, 1},
     {0},
     false,
     false,
     {358.5, 359.5, 360.5, 361.5}},
    {"the whole globe",
     AXIS_LONGITUDE,
     4,
     {0, 90, 180, 270},
     {0},
     false,
     false,
     {-45, 45, 135, 225, 315}},
};

static void test_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(edge_rows); i++) {
        ROW(edge_rows[i].name);
        struct err err = {0};
        AUTO(axis_free) struct axis axis = {0};
        CHECK_OK(axis_make(edge_rows[i].kind, edge_rows[i].centre,
                           edge_rows[i].bounded ? edge_rows[i].bounds : NULL, edge_rows[i].count,
                           &axis, &err),
                 err);
        CHECK_INT(axis.count, edge_rows[i].count);
        CHECK_INT(axis.descending, edge_rows[i].descending);
        for (size_t e = 0; e <= axis.count; e++)
            CHECK_NEAR(axis.edge[e], edge_rows[i].edge[e], 1e-9);
    }
}

static const struct {
    const char *name;
    enum axis_kind kind;
    size_t count;
    double centre[4], bounds[8];
    bool bounded;
    const char *says;
} refused_rows[] = {
    {"nothing", AXIS_LATITUDE, 0, {0}, {0}, false, "the latitude axis is empty"},
    {"one cell without bounds",
     AXIS_LATITUDE,
     1,
     {10},
     {0},
     false,
     "the size of its cell is not known"},
    {"forth and back", AXIS_LATITUDE, 3, {10, 11, 10.5}, {0}, false, "do not run one way"},
    {"twice the same", AXIS_LATITUDE, 3, {10, 10, 11}, {0}, false, "do not run one way"},
    {"not a number", AXIS_LATITUDE, 2, {10, NAN}, {0}, false, "latitude 1 is nan"},
    {"a fill value", AXIS_LONGITUDE, 2, {9.96921e36, 9.96921e36}, {0}, false, "longitude 0 is"},
    {"beyond the pole", AXIS_LATITUDE, 3, {80, 90, 100}, {0}, false, "the latitudes reach"},
    {"more than the globe", AXIS_LONGITUDE, 4, {0, 120, 240, 360}, {0}, false, "span 480"},
    {"cells with a gap",
     AXIS_LATITUDE,
     2,
     {10, 11},
     {9.75, 10.25, 10.75, 11.25},
     true,
     "do not touch: 10.25 and 10.75"},
    {"cells that overlap", AXIS_LATITUDE, 2, {10, 11}, {9, 11, 10, 12}, true, "do not touch"},
    {"bounds of another place",
     AXIS_LATITUDE,
     2,
     {10, 11},
     {1, 2, 2, 3},
     true,
     "do not hold their latitude 10"},
    {"a cell of no size",
     AXIS_LATITUDE,
     2,
     {10, 11},
     {10, 10, 10, 12},
     true,
     "do not hold their latitude"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].name);
        struct err err = {0};
        struct axis axis = {0};
        CHECK_INT(axis_make(refused_rows[i].kind, refused_rows[i].centre,
                            refused_rows[i].bounded ? refused_rows[i].bounds : NULL,
                            refused_rows[i].count, &axis, &err),
                  ERR_INPUT);
        CHECK_HAS(err.text, refused_rows[i].says);
        CHECK(!axis.edge); // untouched
    }
}

static void test_cut(void **state)
{
    (void)state;
    static const double up[] = {10, 10.5, 11, 11.5}, down[] = {11.5, 11, 10.5, 10};
    static const double round[] = {0.5, 90.5, 180.5, 270.5};
    static const struct {
        const char *name;
        enum axis_kind kind;
        const double *centre;
        double low, high;
        size_t first, count;
        double from, to;
    } rows[] = {
        {"one cell, strictly inside", AXIS_LATITUDE, up, 10.4, 10.6, 1, 1, 10.25, 10.75},
        {"an edge alone does not count", AXIS_LATITUDE, up, 10.25, 10.75, 1, 1, 10.25, 10.75},
        {"the place is that in a file that runs down", AXIS_LATITUDE, down, 10.4, 10.6, 2, 1, 10.25,
         10.75},
        {"more than the grid", AXIS_LATITUDE, up, -80, 80, 0, 4, 9.75, 11.75},
        {"a western longitude in 0..360", AXIS_LONGITUDE, round, -100, -80, 3, 1, -134.5, -44.5},
        {"an eastern one in 0..360", AXIS_LONGITUDE, round, 102, 110, 1, 1, 45.5, 135.5},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(axis_free) struct axis axis = {0};
        CHECK_OK(axis_make(rows[i].kind, rows[i].centre, NULL, 4, &axis, &err), err);
        CHECK_OK(axis_cut(&axis, rows[i].low, rows[i].high, &err), err);
        CHECK_INT(axis.first, rows[i].first);
        CHECK_INT(axis.count, rows[i].count);
        CHECK_NEAR(axis.edge[0], rows[i].from, 1e-9);
        CHECK_NEAR(axis.edge[axis.count], rows[i].to, 1e-9);
    }
    ROW("a box that the grid does not touch");
    struct err err = {0};
    AUTO(axis_free) struct axis far = {0};
    CHECK_OK(axis_make(AXIS_LATITUDE, up, NULL, 4, &far, &err), err);
    CHECK_INT(axis_cut(&far, 20, 21, &err), ERR_INPUT);
    CHECK_HAS(err.text, "do not touch the area, 20 to 21");
    ROW("a box across the seam");
    AUTO(axis_free) struct axis seam = {0};
    CHECK_OK(axis_make(AXIS_LONGITUDE, round, NULL, 4, &seam, &err), err);
    CHECK_INT(axis_cut(&seam, -50, -40, &err), ERR_INPUT);
    CHECK_HAS(err.text, "amid the area");
}

TEST_MAIN(cmocka_unit_test(test_edges), cmocka_unit_test(test_refusals), cmocka_unit_test(test_cut))
