#include "ingest/outline.h"

#include "tests/ingest/shapes.h"

static struct str wkb_of(const struct rings *rings, struct buf *out)
{
    struct err err = {0};
    bool repaired;
    char why[200];
    CHECK_OK(shape_make(rings, out, &repaired, why, &err), err);
    return buf_slice(out);
}

// A square with a hole, and an island beside it.
static void add_all(struct rings *rings)
{
    static const double hole[] = {1, 1, 2, 1, 2, 2, 1, 2, 1, 1};
    add_box(rings, 0, 0, 3, 3);
    add_points(rings, hole, 5, true);
    add_box(rings, 5, 0, 6, 1);
}

static void test_holds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double longitude, latitude;
        bool inside;
    } rows[] = {
        {"in the square", 0.5, 0.5, true},         {"in the hole", 1.5, 1.5, false},
        {"between hole and edge", 2.5, 1.5, true}, {"between the parts", 4, 0.5, false},
        {"on the island", 5.5, 0.5, true},         {"north of all", 1, 4, false},
        {"level with a corner", -1, 0, false},     {"east of all", 7, 0.5, false},
    };
    AUTO(rings_free) struct rings rings = {0};
    AUTO(outline_free) struct outline outline = {0};
    AUTO(buf_free) struct buf wkb = buf_new(1 << 20);
    add_all(&rings);
    CHECK(outline_set(&outline, wkb_of(&rings, &wkb)));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(outline_holds(&outline, rows[i].longitude, rows[i].latitude), rows[i].inside);
    }
}

static void test_measures(void **state)
{
    (void)state;
    AUTO(rings_free) struct rings rings = {0};
    AUTO(outline_free) struct outline outline = {0};
    AUTO(buf_free) struct buf wkb = buf_new(1 << 20);
    add_all(&rings);
    struct str shape = wkb_of(&rings, &wkb);
    CHECK(outline_set(&outline, shape));
    CHECK_NEAR(outline.west, 0, 0);
    CHECK_NEAR(outline.east, 6, 0);
    CHECK_NEAR(outline.south, 0, 0);
    CHECK_NEAR(outline.north, 3, 0);
    double three = 3 * RADIANS * sin(3 * RADIANS), island = RADIANS * sin(RADIANS);
    double hole = RADIANS * (sin(2 * RADIANS) - sin(RADIANS));
    CHECK_NEAR(outline_area(&outline) / (three + island - hole), 1, 1e-13);
    for (size_t len = 0; len < shape.len; len++)
        CHECK(!outline_set(&outline, (struct str){shape.at, len}));
    CHECK(outline_set(&outline, shape)); // what went before does not matter
}

// Every pair that shares area, and what is left of a box, against areas by hand.
static void test_many(void **state)
{
    (void)state;
    static const double boxes[][4] = {{0, 0, 2, 2}, {1, 1, 3, 3}, {2, 0, 4, 1}, {8, 8, 9, 9}};
    struct err err = {0};
    struct str at[4];
    AUTO(buf_free)
    struct buf one = buf_new(1 << 16), two = buf_new(1 << 16), three = buf_new(1 << 16),
               four = buf_new(1 << 16), rest = buf_new(1 << 16);
    struct buf *bufs[] = {&one, &two, &three, &four};
    for (size_t i = 0; i < 4; i++) {
        AUTO(rings_free) struct rings rings = {0};
        add_box(&rings, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
        at[i] = wkb_of(&rings, bufs[i]);
    }
    AUTO(shape_pairs_free) struct shape_pairs own = {0}, cross = {0};
    struct shapes all = {at, 4}, second = {at + 1, 1};
    CHECK_OK(shape_cross(&all, NULL, &own, &err), err);
    CHECK_INT(own.count, 1); // the third touches the first and the second along lines only
    CHECK(own.at[0].a == 0 && own.at[0].b == 1);
    double degree = 6371.0072 * 6371.0072 * RADIANS * (sin(2 * RADIANS) - sin(RADIANS));
    CHECK_NEAR(own.at[0].area_km2 / degree, 1, 1e-9);
    CHECK_OK(shape_cross(&all, &second, &cross, &err), err);
    CHECK_INT(cross.count, 2);
    CHECK(cross.at[1].a == 1 && cross.at[1].b == 0);
    AUTO(outline_free) struct outline outline = {0};
    CHECK_OK(shape_outside(&all, (double[]){0, 0, 4, 2}, &rest, &err), err);
    CHECK(outline_set(&outline, buf_slice(&rest)));
    CHECK_NEAR(outline_area(&outline) * 6371.0072 * 6371.0072 / degree, 1, 1e-9);
    AUTO(shape_parts_free) struct shape_parts twice = {0};
    CHECK_OK(shape_twice(&all, &own, &twice, &err), err);
    CHECK_INT(twice.count, 1);
    CHECK(outline_set(&outline, twice.at[0]));
    CHECK_NEAR(outline_area(&outline) * 6371.0072 * 6371.0072 / degree, 1, 1e-9);
    buf_clear(&rest);
    CHECK_OK(shape_outside(&all, (double[]){0, 0, 1, 1}, &rest, &err), err);
    CHECK_INT(rest.len, 0);
}

// Three boxes over one place: it is in the second and in the third once too often, not three times.
static void test_twice(void **state)
{
    (void)state;
    static const double boxes[][4] = {{0, 0, 2, 1}, {1, 0, 3, 1}, {1, 0, 2, 1}, {5, 0, 6, 1}};
    struct err err = {0};
    struct str at[4];
    AUTO(buf_free)
    struct buf one = buf_new(1 << 16), two = buf_new(1 << 16), three = buf_new(1 << 16),
               four = buf_new(1 << 16);
    struct buf *bufs[] = {&one, &two, &three, &four};
    for (size_t i = 0; i < 4; i++) {
        AUTO(rings_free) struct rings rings = {0};
        add_box(&rings, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
        at[i] = wkb_of(&rings, bufs[i]);
    }
    AUTO(shape_pairs_free) struct shape_pairs pairs = {0};
    AUTO(shape_parts_free) struct shape_parts twice = {0};
    AUTO(outline_free) struct outline outline = {0};
    struct shapes all = {at, 4};
    double degree = RADIANS * sin(RADIANS);
    CHECK_OK(shape_cross(&all, NULL, &pairs, &err), err);
    CHECK_INT(pairs.count, 3);
    CHECK_OK(shape_twice(&all, &pairs, &twice, &err), err);
    CHECK_INT(twice.count, 2);
    CHECK(twice.of[0] == 1 && twice.of[1] == 2);
    for (size_t i = 0; i < twice.count; i++) {
        CHECK(outline_set(&outline, twice.at[i]));
        CHECK_NEAR(outline_area(&outline) / degree, 1, 1e-9);
    }
}

TEST_MAIN(cmocka_unit_test(test_holds), cmocka_unit_test(test_measures),
          cmocka_unit_test(test_many), cmocka_unit_test(test_twice))
