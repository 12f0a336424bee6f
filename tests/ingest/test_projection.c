// Maps back to the globe, against pyproj 3.4 (PROJ 9.1); rotated poles against the two-dimensional
// coordinates that their files carry. Then meshes that are made of centres, corners and lattices.
#include "ingest/projection.h"

#include "ingest/grid.h"
#include "ingest/mesh.h"
#include "tests/check.h"

#define WGS84 .major_m = 6378137, .flattening = 1 / 298.257223563
#define GRS80 .major_m = 6378137, .flattening = 1 / 298.257222101

static const struct {
    const char *name;
    struct projection map;
    double x, y, longitude, latitude, by;
} rows[] = {
    {"Lambert azimuthal, south-west",
     {.kind = PROJECTION_LAMBERT_AZIMUTHAL, GRS80, .longitude = -2.5, .latitude = 54.9},
     -1158000,
     -1036000,
     -17.11712928,
     44.51715281,
     1e-7},
    {"Lambert azimuthal, its origin",
     {.kind = PROJECTION_LAMBERT_AZIMUTHAL, GRS80, .longitude = -2.5, .latitude = 54.9},
     0,
     0,
     -2.5,
     54.9,
     1e-9},
    {"Lambert azimuthal, north-east",
     {.kind = PROJECTION_LAMBERT_AZIMUTHAL, GRS80, .longitude = -2.5, .latitude = 54.9},
     922000,
     884000,
     15.15213620,
     61.76957861,
     1e-7},
    {"Albers, south of the equator",
     {.kind = PROJECTION_ALBERS, GRS80, .longitude = 132, .parallel = {-18, -36}},
     -1000000,
     -2500000,
     122.15586368,
     -22.84580667,
     1e-7},
    {"Albers, far south",
     {.kind = PROJECTION_ALBERS, GRS80, .longitude = 132, .parallel = {-18, -36}},
     1500000,
     -4000000,
     148.63868968,
     -35.72031833,
     1e-7},
    {"Lambert conformal, two parallels",
     {.kind = PROJECTION_LAMBERT_CONIC,
      WGS84,
      .longitude = 106,
      .latitude = 10,
      .parallel = {10, 20}},
     -500000,
     800000,
     101.28466177,
     17.20304219,
     1e-7},
    {"Lambert conformal, below its origin",
     {.kind = PROJECTION_LAMBERT_CONIC,
      WGS84,
      .longitude = 106,
      .latitude = 10,
      .parallel = {10, 20}},
     300000,
     -200000,
     108.71371541,
     8.17787117,
     1e-7},
    {"Lambert conformal, one parallel, a sphere",
     {.kind = PROJECTION_LAMBERT_CONIC,
      .major_m = 6371200,
      .longitude = -95,
      .latitude = 25,
      .parallel = {25, 25}},
     -2697500,
     -1587300,
     -118.73482929,
     8.80953249,
     1e-7},
    {"stereographic, true at 60 N, a sphere",
     {.kind = PROJECTION_POLAR_STEREOGRAPHIC,
      .major_m = 6371000,
      .latitude = 90,
      .parallel = {60, 60}},
     -1192800,
     -5000000,
     -13.41769542,
     43.23477035,
     1e-7},
    {"stereographic, the south pole, by its scale",
     {.kind = PROJECTION_POLAR_STEREOGRAPHIC,
      WGS84,
      .longitude = 30,
      .latitude = -90,
      .scale = 0.994},
     700000,
     -1200000,
     179.74356284,
     -77.53438702,
     1e-7},
    {"Mercator, true at 20 N",
     {.kind = PROJECTION_MERCATOR, WGS84, .longitude = 105, .parallel = {20, 20}},
     200000,
     1800000,
     106.91118556,
     17.05557644,
     1e-7},
    {"UTM zone 48, near its meridian",
     {.kind = PROJECTION_TRANSVERSE_MERCATOR,
      WGS84,
      .longitude = 105,
      .scale = 0.9996,
      .east_m = 500000},
     520000,
     2040000,
     105.18941023,
     18.45014986,
     1e-7},
    {"UTM zone 48, a degree and a half off",
     {.kind = PROJECTION_TRANSVERSE_MERCATOR,
      WGS84,
      .longitude = 105,
      .scale = 0.9996,
      .east_m = 500000},
     650000,
     1980000,
     106.41603904,
     17.90278511,
     1e-7},
    // Not what its grid mapping says, where latitude and longitude of the pole are exchanged.
    {"HIRHAM's rotated pole, south-west",
     {.kind = PROJECTION_ROTATED_POLE, .longitude = -162, .latitude = 39.25},
     -22.15999984741211,
     -20.68000030517578,
     -5.242045,
     26.586100,
     2e-4},
    {"HIRHAM's rotated pole, north-east",
     {.kind = PROJECTION_ROTATED_POLE, .longitude = -162, .latitude = 39.25},
     15.899999618530273,
     20.899999618530273,
     59.213989,
     67.142410,
     2e-4},
    {"COSMO's rotated pole",
     {.kind = PROJECTION_ROTATED_POLE, .longitude = -170, .latitude = 43},
     0.03999999910593033,
     0.03999999910593033,
     10.058695,
     47.039986,
     2e-4},
};

static void test_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        double longitude, latitude;
        CHECK_OK(projection_check(&rows[i].map, &err), err);
        projection_back(&rows[i].map, rows[i].x, rows[i].y, &longitude, &latitude);
        CHECK_NEAR(longitude, rows[i].longitude, rows[i].by);
        CHECK_NEAR(latitude, rows[i].latitude, rows[i].by);
    }
    ROW("beside the map");
    struct projection map = rows[0].map;
    double longitude = 0, latitude = 0;
    projection_back(&map, 2e7, 2e7, &longitude, &latitude);
    CHECK(isnan(longitude) && isnan(latitude));
}

static void test_refused_maps(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct projection map;
        const char *says;
    } bad[] = {
        {"an earth of no size", {.kind = PROJECTION_MERCATOR}, "a radius of 0 m"},
        {"a cone that is none",
         {.kind = PROJECTION_ALBERS, WGS84, .parallel = {20, -20}},
         "20 and -20 make no cone"},
        {"Lambert's at a pole",
         {.kind = PROJECTION_LAMBERT_AZIMUTHAL, WGS84, .latitude = 90},
         "at a pole is not read"},
        {"stereographic from elsewhere",
         {.kind = PROJECTION_POLAR_STEREOGRAPHIC, WGS84, .latitude = 50},
         "from 50 N is not read"},
        {"no number", {.kind = PROJECTION_MERCATOR, WGS84, .longitude = NAN}, "out of bounds"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW(bad[i].name);
        struct err err = {0};
        CHECK_INT(projection_check(&bad[i].map, &err), ERR_INPUT);
        CHECK_HAS(err.text, bad[i].says);
    }
    struct err err = {0};
    enum projection_kind kind;
    CHECK_INT(projection_named("geostationary", &kind, &err), ERR_INPUT);
    CHECK_HAS(err.text, "\"geostationary\" is not read");
}

// --- meshes --------------------------------------------------------------------------------------

// The same corners in the same turn, whichever comes first, on whichever round of the globe.
static void check_cell(const struct mesh *mesh, size_t cell, const double *want)
{
    size_t corners = mesh->corners, start = 0;
    const double *got = mesh->corner + cell * corners * 2;
    while (start < corners && (fabs(remainder(got[2 * start] - want[0], 360)) > 2e-5 ||
                               fabs(got[2 * start + 1] - want[1]) > 2e-5))
        start++;
    CHECK(start < corners);
    for (size_t i = 0; i < corners; i++) {
        size_t at = (start + i) % corners;
        CHECK_NEAR(remainder(got[2 * at] - want[2 * i], 360), 0, 2e-5);
        CHECK_NEAR(got[2 * at + 1], want[2 * i + 1], 2e-5);
    }
}

// Small cells at the equator: the globe is flat there, and their corners are known.
static void test_centres(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(mesh_free) struct mesh mesh = {0}, line = {0};
    static const double longitude[] = {179.95, -179.95, 179.95, -179.95};
    static const double latitude[] = {0.05, 0.05, -0.05, -0.05}; // from north to south
    CHECK_OK(mesh_from_centres(longitude, latitude, 2, 2, &mesh, &err), err);
    CHECK_INT(mesh.corners, 4);
    static const double first[] = {179.9, 0, 180, 0, 180, 0.1, 179.9, 0.1};
    check_cell(&mesh, 0, first);
    static const double last[] = {-180, -0.1, -179.9, -0.1, -179.9, 0, -180, 0};
    check_cell(&mesh, 3, last);
    ROW("counter-clockwise, whichever way the file runs");
    for (size_t i = 0; i < 4; i++) {
        const double *c = mesh.corner + i * 8;
        CHECK((c[2] - c[0]) * (c[5] - c[1]) - (c[4] - c[0]) * (c[3] - c[1]) > 0);
    }
    ROW("one row");
    CHECK_INT(mesh_from_centres(longitude, latitude, 1, 4, &line, &err), ERR_INPUT);
    CHECK_HAS(err.text, "one row of cells and no bounds");
}

static void test_corners(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(mesh_free) struct mesh mesh = {0};
    ROW("clockwise, over the date line, and a triangle that ends in NaN");
    static const double longitude[] = {179, 179, -179, -179, 10, 11, 11, NAN};
    static const double latitude[] = {1, 2, 2, 1, 1, 1, 2, NAN};
    struct mesh size = {.rows = 1, .columns = 2, .corners = 4};
    CHECK_OK(mesh_from_corners(longitude, latitude, size, &mesh, &err), err);
    static const double first[] = {181, 1, 181, 2, 179, 2, 179, 1};
    static const double second[] = {10, 1, 11, 1, 11, 2, 11, 2};
    check_cell(&mesh, 0, first);
    check_cell(&mesh, 1, second);
    ROW("cut to where one of them is");
    struct mesh_box box = {5, 0, 15, 5}, nowhere = {40, 40, 50, 50};
    CHECK_INT(mesh_cut(&mesh, nowhere, &err), ERR_INPUT);
    CHECK_HAS(err.text, "does not touch the area, 40 to 50 E and 40 to 50 N");
    CHECK_OK(mesh_cut(&mesh, box, &err), err);
    CHECK_INT(mesh.columns, 1);
    CHECK_INT(mesh.first_column, 1);
    check_cell(&mesh, 0, second);
    ROW("two corners");
    struct mesh bad = {.rows = 1, .columns = 1, .corners = 2};
    AUTO(mesh_free) struct mesh none = {0};
    CHECK_INT(mesh_from_corners(longitude, latitude, bad, &none, &err), ERR_INPUT);
    CHECK_HAS(err.text, "cells have 2 corners");
    ROW("nothing has a shape");
    static const double far[] = {0, 120, 240};
    struct mesh pole = {.rows = 1, .columns = 1, .corners = 3};
    static const double top[] = {80, 80, 80};
    CHECK_INT(mesh_from_corners(far, top, pole, &none, &err), ERR_INPUT);
    CHECK_HAS(err.text, "no cell of the grid has a shape");
}

TEST_MAIN(cmocka_unit_test(test_back), cmocka_unit_test(test_refused_maps),
          cmocka_unit_test(test_centres), cmocka_unit_test(test_corners))
