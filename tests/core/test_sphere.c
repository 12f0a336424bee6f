// Domain reference 6, last line: two distances that its author computed; the others follow from the
// sphere's size.
#include "core/sphere.h"

#include "tests/check.h"

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double a[2], b[2], km, by;
    } rows[] = {
        {"12.0 N 107.69 E to 12.5 N 108.2 E", {12, 107.69}, {12.5, 108.2}, 78.500, 5e-4},
        {"22.147 N 105.834 E to 21.5 N 106.4 E", {22.147, 105.834}, {21.5, 106.4}, 92.679, 5e-4},
        {"the same point", {12, 107.69}, {12, 107.69}, 0, 0},
        {"over the date line", {0, 179.5}, {0, -179.5}, 111.195080, 1e-5},
        {"from pole to pole", {90, 0}, {-90, 77}, 20015.114442, 1e-5},
        {"to the other side of the Earth", {12, 107}, {-12, -73}, 20015.114442, 1e-3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        const double *a = rows[i].a, *b = rows[i].b;
        CHECK_NEAR(sphere_km(a[0], a[1], b[0], b[1]), rows[i].km, rows[i].by);
        CHECK_NEAR(sphere_km(b[0], b[1], a[0], a[1]), rows[i].km, rows[i].by);
    }
}

TEST_MAIN(cmocka_unit_test(test_distance))
