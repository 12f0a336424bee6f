// Domain reference, section 5, 5.1, 5.2 and 5.6. The rows that say "published" are values of public
// tests of xclim; the others were computed by the reference's author.
#include "triggers/daily.h"

#include "policies/index_rule.h"
#include "tests/triggers/steps.h"
#include "triggers/index.h"

#define DAYS(n) ((int64_t)(n)*DAY_S)
#define MM(tenths) ((int64_t)(tenths)*100)

static const int64_t apr[] = {MM(0),    MM(0),   MM(4), MM(120), MM(32),  MM(0),  MM(0), MM(9),
                              MM(10),   MM(755), MM(0), MM(0),   MM(0),   MM(0),  MM(0), MM(3),
                              MM(0),    MM(0),   MM(0), MM(0),   MM(220), MM(85), MM(0), MM(640),
                              MM(1012), MM(180), MM(0), MM(0),   MM(24),  MM(51)};

static struct index_value compute(const struct index_rule *rule, const int64_t *milli, size_t count,
                                  int64_t step_s)
{
    AUTO(series_free) struct series series = steps_of(milli, count, step_s);
    return index_compute(rule, &series, (struct utc){0}, (struct utc){(int64_t)count * step_s});
}

struct row {
    const char *name;
    struct index_rule rule;
    int64_t milli, from_day, to_day; // days of the stretch, not looked at when to_day is 0
};

static void check_rows(const struct row *rows, size_t rows_count, const int64_t *milli,
                       size_t count)
{
    for (size_t i = 0; i < rows_count; i++) {
        ROW(rows[i].name);
        struct index_value got = compute(&rows[i].rule, milli, count, DAY_S);
        CHECK(got.known);
        CHECK_INT(got.milli, rows[i].milli);
        if (rows[i].to_day == 0)
            continue;
        CHECK_INT(got.from.s, DAYS(rows[i].from_day));
        CHECK_INT(got.to.s, DAYS(rows[i].to_day));
    }
}

static void test_rain(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"smallest sum of 14 days",
         {.take = INDEX_MINIMUM_SUM, .over_s = DAYS(14), .daily = true},
         77700,
         5,
         19},
        {"smallest sum of 10 days",
         {.take = INDEX_MINIMUM_SUM, .over_s = DAYS(10), .daily = true},
         300,
         10,
         20},
        {"longest wet spell",
         {.take = INDEX_SPELL, .daily = true, .day = COMPARE_MORE_OR_SAME, .day_milli = 1000},
         3000,
         23,
         26},
        {"wet days",
         {.take = INDEX_DAY_COUNT, .daily = true, .day = COMPARE_MORE_OR_SAME, .day_milli = 1000},
         11000,
         0,
         0},
        {"each dekad at most 60 mm",
         {.take = INDEX_TOTAL, .daily = true, .has_dekad_cap = true, .dekad_cap_milli = 60000},
         120300,
         0,
         0},
        {"the first 7 days with 25 mm end on day 10",
         {.take = INDEX_FIRST_RAIN,
          .daily = true,
          .over_s = DAYS(7),
          .day = COMPARE_MORE_OR_SAME,
          .rain_milli = 25000},
         10000,
         3,
         10},
        {"no 7 days have 300 mm: one more than there are",
         {.take = INDEX_FIRST_RAIN,
          .daily = true,
          .over_s = DAYS(7),
          .day = COMPARE_MORE_OR_SAME,
          .rain_milli = 300000},
         31000,
         0,
         0},
        {"92.6 mm is not more than 92.6 mm: the next seven that are",
         {.take = INDEX_FIRST_RAIN,
          .daily = true,
          .over_s = DAYS(7),
          .day = COMPARE_MORE,
          .rain_milli = 92600},
         24000,
         0,
         0},
        {"smallest day", {.take = INDEX_MINIMUM}, 0, 0, 1},
        {"mean of the month", {.take = INDEX_MEAN}, 10483, 0, 0},
    };
    check_rows(rows, COUNT_OF(rows), apr, COUNT_OF(apr));
}

static void test_dekads(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t cap, sum[3];
    } rows[] = {
        {"dekads as they are", INT64_MAX, {93000, 300, 221200}},
        {"days capped at 60 mm first", 60000, {77500, 300, 176000}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(series_free) struct series steps = steps_of(apr, COUNT_OF(apr), DAY_S);
        AUTO(series_free) struct series days = {0};
        struct day_make make = {.cap_milli = rows[i].cap};
        series_daily(&steps, (struct utc){0}, (struct utc){DAYS(30)}, &make, &days);
        int64_t sum[COUNT_OF(apr)];
        CHECK_INT(daily_dekad_sums(&days, sum), 3);
        for (size_t k = 0; k < 3; k++)
            CHECK_INT(sum[k], rows[i].sum[k]);
    }
    ROW("each dekad at most 60 mm, one after the other");
    static const int64_t most[] = {60000, 300, 60000};
    const struct index_rule rule = {
        .take = INDEX_TOTAL, .daily = true, .has_dekad_cap = true, .dekad_cap_milli = 60000};
    for (size_t k = 0; k < 3; k++)
        CHECK_INT(compute(&rule, apr + 10 * k, 10, DAY_S).milli, most[k]);
}

// Antecedent rain, first ten days; 11.63565 stands in the reference beside 11.6357.
static void test_antecedent(void **state)
{
    (void)state;
    static const int64_t want[] = {0, 0, 400, 12340, 13689, 11636, 9890, 9307, 8911, 83074};
    const struct index_rule rule = {.take = INDEX_ANTECEDENT, .daily = true, .keep_milli = 850};
    for (size_t i = 0; i < COUNT_OF(want); i++)
        CHECK_INT(compute(&rule, apr, i + 1, DAY_S).milli, want[i]);
}

static void test_dry_operators(void **state)
{
    (void)state;
    static const int64_t days[] = {5000, 1000, 900, 1000, 0, 2400, 0, 7000};
    static const struct row rows[] = {
        {"under 1 mm",
         {.take = INDEX_DRY_SPELL, .daily = true, .day = COMPARE_LESS, .day_milli = 1000},
         1000,
         0,
         0},
        {"1 mm or less",
         {.take = INDEX_DRY_SPELL, .daily = true, .day = COMPARE_LESS_OR_SAME, .day_milli = 1000},
         4000,
         0,
         0},
        {"under 2.5 mm",
         {.take = INDEX_DRY_SPELL, .daily = true, .day = COMPARE_LESS, .day_milli = 2500},
         6000,
         0,
         0},
    };
    check_rows(rows, COUNT_OF(rows), days, COUNT_OF(days));
    static const int64_t hole[] = {0, 0, STEP_GONE, 0, 0, 3000, 0, 0, 0};
    static const struct row holes[] = {
        {"a day that nobody saw breaks the run",
         {.take = INDEX_DRY_SPELL,
          .daily = true,
          .day = COMPARE_LESS,
          .day_milli = 1000,
          .missing = MISSING_BREAK},
         3000,
         0,
         0},
        {"or counts as dry",
         {.take = INDEX_DRY_SPELL,
          .daily = true,
          .day = COMPARE_LESS,
          .day_milli = 1000,
          .missing = MISSING_DRY},
         5000,
         0,
         0},
    };
    check_rows(holes, COUNT_OF(holes), hole, COUNT_OF(hole));
    struct index_rule unknown = holes[0].rule;
    unknown.missing = MISSING_UNKNOWN;
    CHECK_INT(compute(&unknown, hole, COUNT_OF(hole), DAY_S).known, false);
}

// The same three ways for wet days in a row: a day that nobody saw breaks the run, counts, or
// leaves all of it not known.
static void test_wet_spells(void **state)
{
    (void)state;
    static const int64_t hole[] = {0, 2000, STEP_GONE, 1000, 5000, 0, 1000, 900, 1000};
    static const struct index_rule wet = {
        .take = INDEX_SPELL, .daily = true, .day = COMPARE_MORE_OR_SAME, .day_milli = 1000};
    static const struct {
        const char *name;
        enum missing missing;
        enum compare day;
        bool known;
        int64_t milli, from_day, to_day;
    } rows[] = {
        {"it breaks the run", MISSING_BREAK, COMPARE_MORE_OR_SAME, true, 2000, 3, 5},
        {"it counts", MISSING_DRY, COMPARE_MORE_OR_SAME, true, 4000, 1, 5},
        {"it leaves all of it not known", MISSING_UNKNOWN, COMPARE_MORE_OR_SAME, false, 0, 0, 0},
        {"it counts, and 1.0 mm are not over 1 mm", MISSING_DRY, COMPARE_MORE, true, 2000, 1, 3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct index_rule rule = wet;
        rule.missing = rows[i].missing;
        rule.day = rows[i].day;
        struct index_value got = compute(&rule, hole, COUNT_OF(hole), DAY_S);
        CHECK_INT(got.known, rows[i].known);
        if (!rows[i].known)
            continue;
        CHECK_INT(got.milli, rows[i].milli);
        CHECK_INT(got.from.s, DAYS(rows[i].from_day));
        CHECK_INT(got.to.s, DAYS(rows[i].to_day));
    }
}

// Published (xclim): 365 days of 10 mm, none on days 6 to 35.
static void test_spell_over_a_month(void **state)
{
    (void)state;
    int64_t days[365];
    for (size_t i = 0; i < COUNT_OF(days); i++)
        days[i] = i >= 5 && i < 35 ? 0 : 10000;
    const struct index_rule rule = {
        .take = INDEX_DRY_SPELL, .daily = true, .day = COMPARE_LESS, .day_milli = 1000};
    ROW("cut at the end of January");
    CHECK_INT(compute(&rule, days, 31, DAY_S).milli, 26000);
    ROW("the whole run, of the month that it begins in");
    AUTO(series_free) struct series all = steps_of(days, COUNT_OF(days), DAY_S);
    CHECK_INT(daily_spell_begun(&rule, &all, 0, 31).milli, 30000);
    CHECK_INT(daily_spell_begun(&rule, &all, 31, 28).milli, 0);
}

// Two steps of twelve hours: the day's highest and lowest temperature.
static void test_growth(void **state)
{
    (void)state;
    static const int64_t steps[] = {31000, 20500, 28500, 18000, 34200, 22100, 26000,
                                    14000, 19500, 9000,  22000, 11500, 36800, 24000};
    static const int64_t a[] = {15750, 13250, 18150, 10000, 4250, 6750, 20400};
    static const int64_t b[] = {15750, 13250, 17050, 10000, 4750, 6750, 18000};
    struct index_rule plain = {.take = INDEX_DEGREE_DAYS, .daily = true, .base_milli = 10000};
    struct index_rule clipped = plain;
    clipped.has_limit = true;
    clipped.limit_milli = 32000;
    CHECK_INT(compute(&plain, steps, COUNT_OF(steps), DAY_S / 2).milli, 88550);
    CHECK_INT(compute(&clipped, steps, COUNT_OF(steps), DAY_S / 2).milli, 85550);
    for (size_t i = 0; i < COUNT_OF(a); i++) {
        CHECK_INT(compute(&plain, steps + 2 * i, 2, DAY_S / 2).milli, a[i]);
        CHECK_INT(compute(&clipped, steps + 2 * i, 2, DAY_S / 2).milli, b[i]);
    }
    ROW("published (xclim): one day at 5 °C, others 0 °C, base 4");
    static const int64_t cold[] = {0, 0, 5000, 0, 0};
    plain.base_milli = 4000;
    CHECK_INT(compute(&plain, cold, COUNT_OF(cold), DAY_S).milli, 1000);
}

static void test_cold(void **state)
{
    (void)state;
    static const int64_t mean[] = {15200, 12800, 11500, 9000, 12900, 13000,
                                   13400, 12000, 10500, 7900, 8000,  14000};
    static const struct row cold[] = {
        {"cold degree days under 13 °C",
         {.take = INDEX_COLD_DAYS, .daily = true, .base_milli = 13000},
         19400,
         0,
         0},
        {"days under 13 °C",
         {.take = INDEX_DAY_COUNT,
          .daily = true,
          .each_day = EACH_DAY_MEAN,
          .day = COMPARE_LESS,
          .day_milli = 13000},
         8000,
         0,
         0},
        {"the first of two spells of four, as 13.0 is not under 13",
         {.take = INDEX_SPELL,
          .daily = true,
          .each_day = EACH_DAY_MEAN,
          .day = COMPARE_LESS,
          .day_milli = 13000},
         4000,
         1,
         5},
    };
    check_rows(cold, COUNT_OF(cold), mean, COUNT_OF(mean));
    ROW("the second spell alone");
    CHECK_INT(compute(&cold[2].rule, mean + 5, 7, DAY_S).milli, 4000);
}

static void test_heat(void **state)
{
    (void)state;
    static const int64_t high[] = {33000, 35000, 35100, 36400, 37200,
                                   34900, 38000, 39100, 35000, 30000};
    static const struct row heat[] = {
        {"heat degree days over 35 °C",
         {.take = INDEX_HEAT_DAYS, .daily = true, .base_milli = 35000},
         10800,
         0,
         0},
        {"days of 35 °C or more",
         {.take = INDEX_DAY_COUNT,
          .daily = true,
          .each_day = EACH_DAY_MAXIMUM,
          .day = COMPARE_MORE_OR_SAME,
          .day_milli = 35000},
         7000,
         0,
         0},
        {"days over 35 °C",
         {.take = INDEX_DAY_COUNT,
          .daily = true,
          .each_day = EACH_DAY_MAXIMUM,
          .day = COMPARE_MORE,
          .day_milli = 35000},
         5000,
         0,
         0},
    };
    check_rows(heat, COUNT_OF(heat), high, COUNT_OF(high));
}

static void test_heavy_days(void **state)
{
    (void)state;
    static const int64_t year[] = {0, 500, 46000, 46500, 12000, 61000, 3300, 900, 100400};
    static const struct row rows[] = {
        {"R95pTOT",
         {.take = INDEX_TOTAL_ABOVE, .daily = true, .day = COMPARE_MORE, .day_milli = 45960},
         253900,
         0,
         0},
        {"as a share of the wet days",
         {.take = INDEX_SHARE_ABOVE,
          .daily = true,
          .day = COMPARE_MORE,
          .day_milli = 45960,
          .wet_milli = 1000},
         94316,
         0,
         0},
    };
    check_rows(rows, COUNT_OF(rows), year, COUNT_OF(year));
    ROW("published (xclim): 3 + 4 + 6 + 7 of 25, days wetter than 2");
    // The percentile is 0 for the first five days and 5 afterwards: two stretches.
    static const int64_t first[] = {0, 1000, 2000, 3000, 4000}, rest[] = {5000, 6000, 7000, 0, 0};
    struct index_rule rule = {
        .take = INDEX_TOTAL_ABOVE, .daily = true, .day = COMPARE_MORE, .day_milli = 2000};
    int64_t above = compute(&rule, first, 5, DAY_S).milli;
    rule.day_milli = 5000;
    above += compute(&rule, rest, 5, DAY_S).milli;
    rule.day_milli = 2000;
    CHECK_INT(above * 10,
              (compute(&rule, first, 5, DAY_S).milli + compute(&rule, rest, 5, DAY_S).milli) * 8);
}

static void test_start(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t day[40], latest;
        size_t count, start;
        enum no_start otherwise;
    } rows[] = {
        {"50.1 mm on day 7", {0, 12000, 8000, 0, 25000, 4900, 200, 10000}, 8, 8, 6, NO_START_PAYS},
        {"50.0 mm are not over 50",
         {0, 12000, 8000, 0, 25000, 4900, 100, 0},
         8,
         8,
         SIZE_MAX,
         NO_START_PAYS},
        {"thirty days of 1.0 mm: never, so the latest day",
         {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000,
          1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000},
         31,
         30,
         30,
         NO_START_LATEST},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct start_rule rule = {.kind = START_TOTAL,
                                  .first_milli = 50000,
                                  .latest = rows[i].latest,
                                  .otherwise = rows[i].otherwise};
        AUTO(series_free) struct series days = steps_of(rows[i].day, rows[i].count, DAY_S);
        size_t gap;
        CHECK_INT(daily_start(&rule, &days, &gap), rows[i].start);
        CHECK_INT(gap, SIZE_MAX);
    }
    ROW("a day that nobody saw before the start");
    static const int64_t hole[] = {0, STEP_GONE, 60000};
    struct start_rule rule = {.kind = START_TOTAL, .first_milli = 50000, .latest = 3};
    AUTO(series_free) struct series days = steps_of(hole, 3, DAY_S);
    size_t gap;
    CHECK_INT(daily_start(&rule, &days, &gap), SIZE_MAX);
    CHECK_INT(gap, 1);
}

static void test_start_by_dekads(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t dekad[7], latest;
        size_t count, start;
        enum no_start otherwise;
    } rows[] = {
        {"dekad 5", {10000, 26000, 5000, 12000, 30000, 15000, 10000}, 7, 7, 4, NO_START_PAYS},
        {"dekad 2", {8000, 25000, 10000, 10000, 0, 0}, 6, 6, 1, NO_START_PAYS},
        {"none", {24900, 30000, 0, 0, 40000, 10000}, 6, 6, SIZE_MAX, NO_START_PAYS},
        {"none by dekad 4: then with dekad 4",
         {10000, 26000, 5000, 12000, 30000, 15000, 10000},
         4,
         7,
         3,
         NO_START_LATEST},
    };
    static const size_t begins[] = {0, 10, 20, 31, 41, 51, 59, 69}; // January to March 1970
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        int64_t day[80] = {0};
        for (size_t d = 0; d < rows[i].count; d++)
            day[begins[d] + 3] = rows[i].dekad[d];
        struct start_rule rule = {.kind = START_DEKADS,
                                  .first_milli = 25000,
                                  .next_milli = 20000,
                                  .latest = rows[i].latest,
                                  .otherwise = rows[i].otherwise};
        AUTO(series_free) struct series days = steps_of(day, begins[rows[i].count], DAY_S);
        size_t gap;
        size_t start = daily_start(&rule, &days, &gap);
        CHECK_INT(start, rows[i].start == SIZE_MAX ? SIZE_MAX : begins[rows[i].start]);
    }
}

// The index over a window that moves with the start.
static void test_started_index(void **state)
{
    (void)state;
    static const int64_t day[] = {0, 12000, 8000, 0, 35000, 4900, 200, 10000, 1000, 1000};
    struct index_rule rule = {.take = INDEX_TOTAL,
                              .daily = true,
                              .start = {.kind = START_TOTAL,
                                        .first_milli = 50000,
                                        .latest = 6,
                                        .days = 3,
                                        .otherwise = NO_START_REFUND}};
    struct index_value got = compute(&rule, day, COUNT_OF(day), DAY_S);
    CHECK(got.known);
    CHECK_INT(got.milli, 40100);
    CHECK_INT(got.from.s, DAYS(4));
    CHECK_INT(got.to.s, DAYS(7));
    rule.start.first_milli = 500000;
    got = compute(&rule, day, COUNT_OF(day), DAY_S);
    CHECK_INT(got.known, false);
    CHECK_INT(got.gap, GAP_NO_START);
}

// Beaufort forces, domain reference 3.1; all lower bounds are those of the WMO scale.
static void test_beaufort(void **state)
{
    (void)state;
    static const int64_t rows[][2] = {{200, 0},    {10700, 5},  {10800, 6},  {13800, 6},
                                      {13900, 7},  {17100, 7},  {17200, 8},  {24400, 9},
                                      {24500, 10}, {32600, 11}, {32700, 12}, {41400, 13},
                                      {41500, 14}, {50900, 15}, {51000, 16}, {61200, 17}};
    const struct index_rule rule = {.take = INDEX_MAXIMUM, .beaufort = true};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_INT(unit_beaufort(rows[i][0]), rows[i][1]);
        int64_t steps[] = {0, rows[i][0], 100};
        CHECK_INT(compute(&rule, steps, 3, HOUR_S).milli, rows[i][1] * 1000);
    }
}

TEST_MAIN(cmocka_unit_test(test_rain), cmocka_unit_test(test_dekads),
          cmocka_unit_test(test_antecedent), cmocka_unit_test(test_dry_operators),
          cmocka_unit_test(test_wet_spells), cmocka_unit_test(test_spell_over_a_month),
          cmocka_unit_test(test_growth), cmocka_unit_test(test_cold), cmocka_unit_test(test_heat),
          cmocka_unit_test(test_heavy_days), cmocka_unit_test(test_start),
          cmocka_unit_test(test_start_by_dekads), cmocka_unit_test(test_started_index),
          cmocka_unit_test(test_beaufort))
