#include "ingest/rings.h"
#include "ingest/shape.h"

#include "tests/check.h"

enum { POINTS_MAX = 12, RINGS_MAX = 3 };

struct ring_row {
    size_t points;
    double xy[2 * POINTS_MAX];
    bool is_hole;
};

static void make_rings(const struct ring_row *row, size_t count, struct rings *out)
{
    for (size_t i = 0; i < count; i++) {
        struct ring *ring = rings_add(out, row[i].points, row[i].is_hole);
        memcpy(ring->xy, row[i].xy, row[i].points * 2 * sizeof(double));
    }
}

#define SQUARE                                                                                     \
    {                                                                                              \
        5, {105, 20, 106, 20, 106, 21, 105, 21, 105, 20}, false                                    \
    }

static const struct {
    const char *name;
    size_t count;
    struct ring_row ring[RINGS_MAX];
    bool repaired;
    const char *why;
    double plane; // plane area after it, in square degrees
    size_t kept;  // rings after it
} good[] = {
    {"a square is left alone", 1, {SQUARE}, false, "", 1, 1},
    {"a square with a hole",
     2,
     {SQUARE, {5, {105.2, 20.2, 105.2, 20.4, 105.4, 20.4, 105.4, 20.2, 105.2, 20.2}, true}},
     false,
     "",
     0.96,
     2},
    {"a bow tie becomes two triangles",
     1,
     {{5, {105, 20, 106, 21, 106, 20, 105, 21, 105, 20}, false}},
     true,
     "Self-intersection",
     0.5,
     2},
    {"two parts that overlap count once",
     2,
     {SQUARE, {5, {105.5, 20, 106.5, 20, 106.5, 21, 105.5, 21, 105.5, 20}, false}},
     true,
     "Self-intersection",
     1.5,
     1},
    {"a hole outside its ring becomes land of its own",
     2,
     {SQUARE, {5, {107, 20, 108, 20, 108, 21, 107, 21, 107, 20}, true}},
     true,
     "Hole lies outside shell",
     2,
     2},
    {"a line that hangs on is cut off",
     1,
     {{7, {105, 20, 106, 20, 106, 21, 107, 22, 106, 21, 105, 21, 105, 20}, false}},
     true,
     "Self-intersection",
     1,
     1},
};

static double plane_area(const struct rings *rings)
{
    double sum = 0;
    for (size_t i = 0; i < rings->count; i++)
        sum += fabs(ring_turn(&rings->at[i])) / 2 * (rings->at[i].is_hole ? -1 : 1);
    return sum;
}

static void test_make(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        ROW(good[i].name);
        struct err err = {0};
        AUTO(rings_free) struct rings rings = {0}, kept = {0};
        AUTO(buf_free) struct buf wkb = buf_new(1 << 20);
        bool repaired = false;
        char why[200] = "";
        make_rings(good[i].ring, good[i].count, &rings);
        CHECK_OK(shape_make(&rings, &wkb, &repaired, why, &err), err);
        CHECK_INT(repaired, good[i].repaired);
        CHECK_HAS(why, good[i].why);
        CHECK_OK(rings_of_wkb(buf_slice(&wkb), &kept, &err), err);
        CHECK_INT(kept.count, good[i].kept);
        CHECK_NEAR(plane_area(&kept), good[i].plane, 1e-9);
    }
}

static const struct {
    const char *name;
    struct ring_row ring;
    const char *words;
} bad[] = {
    {"no area", {4, {105, 20, 106, 20, 105.5, 20, 105, 20}, false}, "no area"},
    {"a ring of two points", {2, {105, 20, 106, 20}, false}, "make no polygon"},
    {"a ring that is not closed",
     {4, {105, 20, 106, 20, 106, 21, 105, 21}, false},
     "make no polygon"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW(bad[i].name);
        struct err err = {0};
        AUTO(rings_free) struct rings rings = {0};
        AUTO(buf_free) struct buf wkb = buf_new(1 << 20);
        bool repaired = false;
        char why[200] = "";
        make_rings(&bad[i].ring, 1, &rings);
        CHECK_INT(shape_make(&rings, &wkb, &repaired, why, &err), ERR_INPUT);
        CHECK_HAS(err.text, bad[i].words);
    }
    ROW("a buffer that is too small");
    struct err err = {0};
    AUTO(rings_free) struct rings rings = {0};
    AUTO(buf_free) struct buf small = buf_new(20);
    bool repaired = false;
    char why[200] = "";
    make_rings(good[0].ring, 1, &rings);
    CHECK_INT(shape_make(&rings, &small, &repaired, why, &err), ERR_INPUT);
    CHECK_HAS(err.text, "too large");
}

// Nothing that is cut off, and no byte of its structure changed, is read as a polygon.
static void test_wkb_damaged(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(rings_free) struct rings rings = {0};
    AUTO(buf_free) struct buf wkb = buf_new(1 << 20);
    bool repaired = false;
    char why[200] = "";
    make_rings(good[1].ring, 2, &rings);
    CHECK_OK(shape_make(&rings, &wkb, &repaired, why, &err), err);
    for (size_t len = 0; len < wkb.len; len++) {
        struct rings none = {0};
        CHECK_INT(rings_of_wkb((struct str){wkb.at, len}, &none, &err), ERR_INPUT);
        CHECK_HAS(err.text, "no WKB polygon");
        CHECK(!none.at);
    }
    enum { HEAD_BYTES = 1 + 4 + 4 + 4 }; // order, type, rings, points of the first ring
    for (size_t i = 0; i < HEAD_BYTES; i++) {
        struct rings none = {0};
        wkb.at[i] = (char)(wkb.at[i] ^ 0x41);
        CHECK_INT(rings_of_wkb(buf_slice(&wkb), &none, &err), ERR_INPUT);
        wkb.at[i] = (char)(wkb.at[i] ^ 0x41);
    }
    static const double wild[] = {NAN, INFINITY, -91, 400};
    for (size_t i = 0; i < COUNT_OF(wild); i++) {
        struct rings none = {0};
        double old;
        memcpy(&old, wkb.at + HEAD_BYTES + 24, sizeof(old));
        memcpy(wkb.at + HEAD_BYTES + 24, &wild[i], sizeof(old)); // latitude of its second point
        CHECK_INT(rings_of_wkb(buf_slice(&wkb), &none, &err), ERR_INPUT);
        memcpy(wkb.at + HEAD_BYTES + 24, &old, sizeof(old));
    }
}

// Areas on the sphere that can be written down: R^2 x width x (sin north - sin south), and under a
// slanting edge the mean of sin(latitude), (cos a - cos b) / (b - a).
static void test_areas(void **state)
{
    (void)state;
    double r2 = 6371.0072 * 6371.0072, radians = M_PI / 180;
    static const struct {
        const char *name;
        double west, south, east, north;
        double by; // corners are whole 1e-16 radians: small squares keep fewer digits
    } boxes[] = {
        {"one degree at 20 north", 105, 20, 106, 21, 1e-12},
        {"one degree south of the equator", 105, -21, 106, -20, 1e-12},
        {"a cell of a tenth", 105, 20, 105.1, 20.1, 1e-12},
        {"a paddy field of a hundred metres", 105, 20, 105.001, 20.001, 1e-11},
        {"a square of a centimetre", 105, 20, 105.0000001, 20.0000001, 1e-8},
        {"the northern cap", -180, 89, 180, 90, 1e-12},
        {"the whole globe", -180, -90, 180, 90, 1e-12},
    };
    for (size_t i = 0; i < COUNT_OF(boxes); i++) {
        ROW(boxes[i].name);
        double w = boxes[i].west, s = boxes[i].south, e = boxes[i].east, n = boxes[i].north;
        struct ring_row row = {5, {w, s, e, s, e, n, w, n, w, s}, false};
        AUTO(rings_free) struct rings rings = {0};
        make_rings(&row, 1, &rings);
        double height = 2 * cos((n + s) / 2 * radians) * sin((n - s) / 2 * radians);
        double want = r2 * (e - w) * radians * height;
        CHECK_NEAR(rings_area_km2(&rings) / want, 1, boxes[i].by);
    }
    ROW("a triangle");
    struct ring_row triangle = {4, {105, 20, 106, 20, 106, 21, 105, 20}, false};
    AUTO(rings_free) struct rings rings = {0};
    make_rings(&triangle, 1, &rings);
    double a = 20 * radians, b = 21 * radians;
    double mean = (cos(a) - cos(b)) / (b - a) - sin(a);
    CHECK_NEAR(rings_area_km2(&rings), r2 * radians * mean, 1e-6);
}

TEST_MAIN(cmocka_unit_test(test_make), cmocka_unit_test(test_refused),
          cmocka_unit_test(test_wkb_damaged), cmocka_unit_test(test_areas))
