// Communes' shapes as polygons of CAP.
#include "core/mem.h"
#include "notify/cap_check.h"
#include "notify/cap_shape.h"
#include "tests/check.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { WKB_BYTES_MAX = 8 << 20 };

static void put_u32(struct buf *out, uint32_t number)
{
    buf_add(out, (const char *)&number, sizeof(number));
}

static void put_head(struct buf *out, uint32_t kind, uint32_t count)
{
    buf_char(out, 1);
    put_u32(out, kind);
    put_u32(out, count);
}

// A closed ring of `sides` around a point; each second corner is `bay` of the way out.
static void put_ring(struct buf *out, double lat, double lon, double far, uint32_t sides,
                     double bay)
{
    put_u32(out, sides + 1);
    for (uint32_t i = 0; i <= sides; i++) {
        double turn = 2 * M_PI * (double)(i % sides) / sides, reach = i % 2 ? far * bay : far;
        double at[2] = {lon + reach * cos(turn), lat + reach * sin(turn)};
        buf_add(out, (const char *)at, sizeof(at));
    }
}

static void free_all(char *polygon[CAP_POLYGONS_MAX], size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(&polygon[i]);
}

struct view {
    double south, west, north, east;
    size_t points;
    bool simple;
};

static struct view view_of(const char *polygon)
{
    struct view view = {90, 180, -90, -180, 0, false};
    AUTO(mem_drop) struct cap_point *point = mem_new(strlen(polygon), sizeof(*point));
    struct str rest = str_of(polygon), pair;
    while (str_take_field(&rest, ' ', &pair)) {
        double lat = 0, lon = 0;
        AUTO(mem_drop) char *text = str_copy(pair);
        CHECK_INT(sscanf(text, "%lf,%lf", &lat, &lon), 2);
        view.south = fmin(view.south, lat);
        view.north = fmax(view.north, lat);
        view.west = fmin(view.west, lon);
        view.east = fmax(view.east, lon);
        point[view.points++] = (struct cap_point){llround(lat * 1e6), llround(lon * 1e6)};
    }
    view.simple = cap_ring_is_simple(point, view.points);
    return view;
}

static void test_one_square(void **state)
{
    (void)state;
    // A multipolygon of one square with a hole.
    static const double outer[] = {105.8, 22.1, 105.9, 22.1, 105.9, 22.2, 105.8, 22.1};
    char *polygon[CAP_POLYGONS_MAX];
    size_t count = 0;
    AUTO(buf_free) struct buf wkb = buf_new(1000);
    put_head(&wkb, 6, 1);
    put_head(&wkb, 3, 1);
    put_u32(&wkb, 4);
    buf_add(&wkb, (const char *)outer, sizeof(outer));
    cap_polygons(buf_slice(&wkb), polygon, &count);
    CHECK_INT(count, 1);
    CHECK_TEXT(polygon[0],
               "22.10000,105.80000 22.10000,105.90000 22.20000,105.90000 22.10000,105.80000");
    mem_free(&polygon[0]);
    for (size_t len = 0; len < wkb.len; len++) {
        cap_polygons((struct str){wkb.at, len}, polygon, &count);
        CHECK_INT(count, 0);
    }
}

static void test_outlines(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t sides;
        double far, bay;
        size_t points; // 0: fewer than sides
    } rows[] = {
        {"of 400 points", 400, 0.1, 0.9, 401},
        {"of 2,000 with their closing one", 1999, 0.1, 1, 2000},
        {"of more", 2000, 0.1, 0.9, 0},
        {"as a survey draws it", 100000, 0.1, 0.999, 0},
        {"so small that it crosses itself when it is rounded", 300, 0.00012, 0.8, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char *polygon[CAP_POLYGONS_MAX];
        size_t count = 0;
        AUTO(buf_free) struct buf wkb = buf_new(WKB_BYTES_MAX);
        put_head(&wkb, 3, 1);
        put_ring(&wkb, 12, 108, rows[i].far, rows[i].sides, rows[i].bay);
        cap_polygons(buf_slice(&wkb), polygon, &count);
        CHECK_INT(count, 1);
        struct view view = view_of(polygon[0]);
        CHECK(view.simple);
        CHECK_NEAR(view.east, 108 + rows[i].far, 1e-5);
        CHECK_NEAR(view.north, 12 + rows[i].far, rows[i].far / 100 + 1e-5);
        if (rows[i].points)
            CHECK_INT(view.points, rows[i].points);
        else
            CHECK(view.points >= 4 && view.points <= 2000);
        free_all(polygon, count);
    }
}

// A commune of islets: each stands there, and where there are too many none is left out.
static void test_islands(void **state)
{
    (void)state;
    static const uint32_t islets[] = {21, 100, 101, 300};
    for (size_t i = 0; i < COUNT_OF(islets); i++) {
        char *polygon[CAP_POLYGONS_MAX];
        size_t count = 0;
        AUTO(buf_free) struct buf wkb = buf_new(WKB_BYTES_MAX);
        put_head(&wkb, 6, islets[i]);
        for (uint32_t k = 0; k < islets[i]; k++) {
            put_head(&wkb, 3, 1);
            put_ring(&wkb, 8 + 0.01 * k, 111 + 0.01 * k, 0.004, 12, 1);
        }
        cap_polygons(buf_slice(&wkb), polygon, &count);
        CHECK_INT(count, islets[i] < CAP_POLYGONS_MAX ? islets[i] : CAP_POLYGONS_MAX);
        struct view last = view_of(polygon[count - 1]);
        CHECK(last.simple);
        CHECK_NEAR(last.east, 111 + 0.01 * (islets[i] - 1) + 0.004, 1e-5);
        CHECK_NEAR(last.west, 111 + 0.01 * (double)(count - 1) - 0.004, 1e-5);
        free_all(polygon, count);
    }
}

// However round and however many: two languages of it and more fit into one alert, and nothing that
// lies in the commune lies outside.
static void test_round_islets(void **state)
{
    (void)state;
    enum { ISLETS = 120, SIDES = 1999 };
    char *polygon[CAP_POLYGONS_MAX];
    size_t count = 0, bytes = 0;
    AUTO(buf_free) struct buf wkb = buf_new(WKB_BYTES_MAX);
    put_head(&wkb, 6, ISLETS);
    for (uint32_t k = 0; k < ISLETS; k++) {
        put_head(&wkb, 3, 1);
        put_ring(&wkb, 8 + 0.1 * k, 111, 0.04, SIDES, 1);
    }
    cap_polygons(buf_slice(&wkb), polygon, &count);
    CHECK_INT(count, CAP_POLYGONS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct view view = view_of(polygon[i]);
        double north = i + 1 < count ? 8 + 0.1 * (double)i : 8 + 0.1 * (ISLETS - 1);
        bytes += strlen(polygon[i]);
        CHECK(view.simple);
        CHECK_NEAR(view.east, 111.04, 1e-5);
        CHECK_NEAR(view.west, 110.96, 1e-5);
        CHECK_NEAR(view.north, north + 0.04, 1e-5);
    }
    CHECK(bytes < CAP_BYTES_MAX / 4);
    free_all(polygon, count);
}

TEST_MAIN(cmocka_unit_test(test_one_square), cmocka_unit_test(test_outlines),
          cmocka_unit_test(test_islands), cmocka_unit_test(test_round_islets))
