// Domain reference 5.5; the crop coefficients of maize are published (FAO 56), the table is not.
#include "triggers/water.h"

#include "core/mem.h"
#include "policies/water_rule.h"
#include "tests/check.h"

static void test_bucket(void **state)
{
    (void)state;
    static const struct water_rule rule = {
        .holds_milli = 60000,
        .start_milli = 20000,
        .easy_milli = 450,
        .dekads = 9,
        .pet_milli = {42000, 41000, 40000, 40000, 41000, 42000, 40000, 39000, 38000},
        .kc_milli = {300, 450, 800, 1150, 1200, 1200, 1050, 700, 400}};
    static const int64_t rain[] = {32000, 18000, 45000, 10000, 0, 6000, 38000, 22000, 5000};
    static const struct {
        double required, used, left, satisfied;
    } rows[] = {
        {12.60, 12.600, 39.400, 100}, {18.45, 18.450, 38.950, 100}, {32.00, 32.000, 51.950, 100},
        {46.00, 46.000, 15.950, 100}, {49.20, 15.950, 0, 78.99},    {50.40, 6.000, 0, 62.78},
        {42.00, 38.000, 0, 67.42},    {27.30, 22.000, 0, 68.72},    {15.20, 2.815, 2.185, 66.1146}};
    struct water_step steps[9];
    int64_t satisfied = water_satisfied(&rule, rain, 9, steps);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_NEAR((double)steps[i].required / 1e6, rows[i].required, 1e-9);
        CHECK_NEAR((double)steps[i].used / 1e6, rows[i].used, 5e-4);
        CHECK_NEAR((double)steps[i].left / 1e6, rows[i].left, 5e-4);
        CHECK_NEAR((double)steps[i].satisfied_milli / 1e3, rows[i].satisfied, 5.1e-3);
    }
    CHECK_INT(satisfied, 66115);
}

static void test_maize(void **state)
{
    (void)state;
    static const int64_t rows[][2] = {{0, 300},    {160, 300}, {300, 750}, {440, 1200},
                                      {760, 1200}, {880, 775}, {1000, 350}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_INT(water_kc_maize(rows[i][0]), rows[i][1]);
}

TEST_MAIN(cmocka_unit_test(test_bucket), cmocka_unit_test(test_maize))
