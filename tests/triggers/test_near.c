// Which communes are nearest: the same as by measuring every pair, on a set of squares.
#include "triggers/near.h"

#include "core/mem.h"
#include "core/sphere.h"
#include "ledger/map.h"
#include "tests/check.h"
#include "triggers/storm.h"

#include <stdlib.h>

// A square of a hundredth of a degree around a point, as the ingest room writes polygons.
static struct str square(double latitude, double longitude)
{
    enum { CORNERS = 5, BYTES = 1 + 4 + 4 + 4 + 16 * CORNERS };
    static const double east[CORNERS] = {-1, 1, 1, -1, -1}, north[CORNERS] = {-1, -1, 1, 1, -1};
    uint32_t head[] = {3, 1, CORNERS};
    char *wkb = mem_new(BYTES, 1);
    wkb[0] = 1;
    memcpy(wkb + 1, head, sizeof(head));
    for (size_t i = 0; i < CORNERS; i++) {
        double corner[] = {longitude + 0.005 * east[i], latitude + 0.005 * north[i]};
        memcpy(wkb + 13 + 16 * i, corner, sizeof(corner));
    }
    return (struct str){wkb, BYTES};
}

static uint32_t next_random(uint64_t *state, uint32_t below)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * 2685821657736338717U) >> 33) % below;
}

enum { COMMUNES = 120, NEAR = 4 };

static struct boundary_set *set_new(uint64_t *state)
{
    struct boundary_set *set = mem_new(1, sizeof(*set));
    set->count = COMMUNES;
    set->commune = mem_new(COMMUNES, sizeof(*set->commune));
    for (size_t c = 0; c < COMMUNES; c++) {
        char code[8];
        (void)snprintf(code, sizeof(code), "%05zu", c);
        // On a grid, so that many are as far from one another.
        double latitude = 11 + 0.05 * next_random(state, 20);
        double longitude = 107 + 0.05 * next_random(state, 20);
        set->commune[c] = (struct commune){.code = mem_text(code),
                                           .name = mem_text(code),
                                           .zone = mem_text(""),
                                           .shape = square(latitude, longitude)};
    }
    return set;
}

// How many of all others are nearer than the one at `distance`, or as near with a smaller code.
static size_t place_of(const struct storm_point *point, size_t c, size_t other)
{
    double km = sphere_km(point[c].latitude, point[c].longitude, point[other].latitude,
                          point[other].longitude);
    size_t before = 0;
    for (size_t k = 0; k < COMMUNES; k++) {
        double one =
            sphere_km(point[c].latitude, point[c].longitude, point[k].latitude, point[k].longitude);
        before += k != c && k != other && (one < km || (one == km && k < other));
    }
    return before;
}

static void test_nearest(void **state)
{
    (void)state;
    const char *seed = getenv("GONG_SEED");
    uint64_t random = seed ? strtoull(seed, NULL, 10) : 20241125;
    printf("# seed %llu\n", (unsigned long long)random);
    AUTO(boundary_set_free) struct boundary_set *set = set_new(&random);
    AUTO(mem_drop) struct storm_point *point = NULL;
    AUTO(mem_drop) size_t *near = NULL;
    struct err err = {0};
    CHECK_OK(near_centres(set, &point, &err), err);
    CHECK_OK(near_find(set, NEAR, 12000, &near, &err), err);
    size_t none = 0, found = 0;
    for (size_t c = 0; c < COMMUNES; c++) {
        for (size_t i = 0; i < NEAR; i++) {
            size_t other = near[c * NEAR + i];
            if (other == SIZE_MAX) {
                none++;
                continue;
            }
            found++;
            CHECK(other != c);
            CHECK_INT(place_of(point, c, other), i);
            CHECK(sphere_km(point[c].latitude, point[c].longitude, point[other].latitude,
                            point[other].longitude) <= 12);
        }
        ROW("a commune that is left out is farther away, or too far");
        for (size_t k = 0; k < COMMUNES; k++) {
            bool listed = k == c;
            for (size_t i = 0; i < NEAR; i++)
                listed = listed || near[c * NEAR + i] == k;
            CHECK(listed || place_of(point, c, k) >= NEAR ||
                  sphere_km(point[c].latitude, point[c].longitude, point[k].latitude,
                            point[k].longitude) > 12);
        }
    }
    CHECK(none > 0 && found > COMMUNES);
}

static void test_no_polygon(void **state)
{
    (void)state;
    uint64_t random = 1;
    AUTO(boundary_set_free) struct boundary_set *set = set_new(&random);
    AUTO(mem_drop) size_t *near = NULL;
    struct err err = {0};
    mem_free(&set->commune[3].shape.at);
    set->commune[3].shape.len = 0;
    CHECK_INT(near_find(set, NEAR, 12000, &near, &err), ERR_INPUT);
    CHECK_HAS(err.text, "commune 00003");
    CHECK_HAS(err.text, "has no polygon to measure a distance from; import the set with its");
}

TEST_MAIN(cmocka_unit_test(test_nearest), cmocka_unit_test(test_no_polygon))
