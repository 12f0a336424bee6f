// Where communes lie: told once by their polygons, from then on by what the map keeps of them.
#include "ingest/places.h"

#include "ledger/db.h"
#include "tests/ingest/shapes.h"
#include "tests/ledger/place.h"

enum { COMMUNES = 3 };

// Two boxes, and one with an island beside it.
static void put_three(struct place *place)
{
    struct err err = {0};
    bool fresh = false;
    AUTO(boundary_set_free) struct boundary_set *set = set_new(COMMUNES);
    for (size_t i = 0; i < COMMUNES; i++) {
        AUTO(rings_free) struct rings rings = {0};
        double x = 104 + 2 * (double)i;
        add_box(&rings, x, 20, x + 1, 21);
        if (i == 2)
            add_box(&rings, x + 1.5, 20, x + 1.75, 20.5);
        set_shape(set, i, &rings);
    }
    CHECK_OK(boundary_set_put(place->map, set, &fresh, &err), err);
}

static void check_three(const struct places *places)
{
    static const double longitude[COMMUNES] = {104.5, 106.5, (108.5 + 0.125 * 109.625) / 1.125};
    static const double latitude[COMMUNES] = {20.5, 20.5, (20.5 + 0.125 * 20.25) / 1.125};
    static const char *const code[COMMUNES] = {"00", "01", "02"};
    static const int32_t side_milli[] = {104000, 20000, 109750, 21000};
    struct wanted_list list = {0};
    CHECK_INT(places->count, COMMUNES);
    for (size_t i = 0; i < COMMUNES; i++) {
        CHECK_NEAR(places->place[i].lon, longitude[i], 1e-9);
        CHECK_NEAR(places->place[i].lat, latitude[i], 1e-9);
        CHECK_TEXT(places->place[i].code, code[i]);
        CHECK_TEXT(places->place[i].name, "A");
        CHECK_TEXT(places->place[i].zone, "");
    }
    places_box(places, &list);
    CHECK(list.has_box);
    CHECK_INT(list.west_milli, side_milli[0]);
    CHECK_INT(list.south_milli, side_milli[1]);
    CHECK_INT(list.east_milli, side_milli[2]);
    CHECK_INT(list.north_milli, side_milli[3]);
}

static void test_kept(void **state)
{
    (void)state;
    struct place place = place_new();
    struct err err = {0};
    AUTO(places_free) struct places *made = NULL, *kept = NULL, *none = NULL;
    put_three(&place);
    CHECK_OK(places_for(place.map, "test", &made, &err), err);
    check_three(made);
    // Polygons that cannot be read any more: only who asks for them finds out.
    CHECK_OK(db_run(map_db(place.map),
                    "UPDATE commune SET shape = (SELECT hash FROM boundary_set WHERE name = 'test')"
                    " WHERE boundary_set = 'test'",
                    &err),
             err);
    CHECK_OK(places_for(place.map, "test", &kept, &err), err);
    check_three(kept);
    CHECK(hash_same(kept->set, made->set));
    CHECK_OK(db_run(map_db(place.map), "DELETE FROM weights", &err), err);
    CHECK_INT(places_for(place.map, "test", &none, &err), ERR_BROKEN);
    CHECK_HAS(err.text, "boundary set test was changed since it was imported");
    CHECK_INT(places_for(place.map, "nowhere", &none, &err), ERR_MISSING);
    CHECK_HAS(err.text, "there is no boundary set nowhere; make it by gong boundary import");
    CHECK(!none);
    place_free(&place);
}

static void test_kept_but_changed(void **state)
{
    static const char *const changes[] = {
        "UPDATE weights SET bytes = (SELECT hash FROM boundary_set WHERE name = 'test')",
        "UPDATE weights SET hash = (SELECT hash FROM boundary_set WHERE name = 'test')",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        ROW(changes[i]);
        struct place place = place_new();
        struct err err = {0};
        AUTO(places_free) struct places *made = NULL, *none = NULL;
        put_three(&place);
        CHECK_OK(places_for(place.map, "test", &made, &err), err);
        CHECK_OK(db_run(map_db(place.map), changes[i], &err), err);
        CHECK_INT(places_for(place.map, "test", &none, &err), ERR_BROKEN);
        CHECK_HAS(err.text, "the places kept for \"test\" were changed");
        CHECK(!none);
        place_free(&place);
    }
}

// Weights of a grid that is new, for a set whose shapes nobody loaded.
static void test_weights_without_shapes(void **state)
{
    (void)state;
    static double longitude[] = {104, 105, 106, 107}, latitude[] = {20, 21};
    static const struct grid grid = {1, 3, latitude, longitude, 0, NULL};
    struct place place = place_new();
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(weights_free) struct weights *weights = NULL;
    put_three(&place);
    CHECK_OK(boundary_set_load(place.map, "test", false, &set, &err), err);
    CHECK_OK(weights_for(place.map, set, &grid, &weights, &err), err);
    CHECK_NEAR(share_of(weights, 0, 0), 1, 1e-12);
    CHECK_NEAR(share_of(weights, 1, 2), 1, 1e-12);
    CHECK_NEAR(row_sum(weights, 2), 0, 0);
    place_free(&place);
}

TEST_MAIN(cmocka_unit_test(test_kept), cmocka_unit_test(test_kept_but_changed),
          cmocka_unit_test(test_weights_without_shapes))
