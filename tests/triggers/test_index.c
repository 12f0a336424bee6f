#include "triggers/index.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/index_rule.h"
#include "tests/check.h"
#include "triggers/series.h"

// The daily test series of the domain reference, in tenths of a millimetre.
static const int apr[] = {0, 0, 4, 120, 32, 0,   0,  9, 10,  755,  0,   0, 0, 0,  0,
                          3, 0, 0, 0,   0,  220, 85, 0, 640, 1012, 180, 0, 0, 24, 51};
enum { APR_DAYS = COUNT_OF(apr), GONE = -1, STEPS_MAX = 64 };

// Readings of one commune, one per step of `step_s`, values in tenths, GONE: not observed.
struct fixture {
    struct reading_meta meta[STEPS_MAX];
    struct hash hash[STEPS_MAX];
    int32_t value[STEPS_MAX];
    uint16_t cover[STEPS_MAX];
    struct readings readings;
};

static void fill(struct fixture *f, const int *tenths, size_t count, int64_t step_s)
{
    *f = (struct fixture){0};
    for (size_t i = 0; i < count; i++) {
        f->meta[i] = (struct reading_meta){.valid_from = {(int64_t)i * step_s},
                                           .valid_to = {(int64_t)(i + 1) * step_s},
                                           .issued_at = UTC_NEVER,
                                           .member = MEMBER_NONE};
        f->value[i] = tenths[i] == GONE ? READING_NONE : tenths[i] * 100;
        f->cover[i] = READING_COVER_FULL;
    }
    f->readings = (struct readings){.count = count,
                                    .communes = 1,
                                    .meta = f->meta,
                                    .hash = f->hash,
                                    .value = f->value,
                                    .cover = f->cover};
}

static struct index_value compute(const struct fixture *f, const struct index_rule *rule,
                                  int64_t span_s)
{
    struct series_query query = {.member = MEMBER_NONE, .to = {span_s}};
    AUTO(series_free) struct series series = {0};
    series_take(&f->readings, &query, &series);
    return index_compute(rule, &series, (struct utc){0}, (struct utc){span_s});
}

#define DAYS(n) ((int64_t)(n)*DAY_S)

static const struct {
    const char *name;
    struct index_rule rule;
    int64_t milli, from_day, to_day;
} apr_rows[] = {
    {"total", {.take = INDEX_TOTAL}, 314500, 0, 30},
    {"days capped at 60 mm",
     {.take = INDEX_TOTAL, .daily = true, .has_cap = true, .cap_milli = 60000},
     253800,
     0,
     30},
    {"days under 2 mm do not count",
     {.take = INDEX_TOTAL, .daily = true, .has_floor = true, .floor_milli = 2000},
     311900,
     0,
     30},
    {"wettest day", {.take = INDEX_MAXIMUM}, 101200, 24, 25},
    {"wettest 3 days",
     {.take = INDEX_MAXIMUM_SUM, .over_s = DAYS(3), .daily = true},
     183200,
     23,
     26},
    {"wettest 5 days",
     {.take = INDEX_MAXIMUM_SUM, .over_s = DAYS(5), .daily = true},
     195700,
     20,
     25},
    {"wettest 7 days, the first of two",
     {.take = INDEX_MAXIMUM_SUM, .over_s = DAYS(7)},
     213700,
     19,
     26},
    {"wettest 3 capped days",
     {.take = INDEX_MAXIMUM_SUM,
      .over_s = DAYS(3),
      .daily = true,
      .has_cap = true,
      .cap_milli = 60000},
     138000,
     23,
     26},
    {"wettest 5 capped days",
     {.take = INDEX_MAXIMUM_SUM,
      .over_s = DAYS(5),
      .daily = true,
      .has_cap = true,
      .cap_milli = 60000},
     150500,
     20,
     25},
    {"longest run of days under 1 mm",
     {.take = INDEX_DRY_SPELL, .daily = true, .day = COMPARE_LESS, .day_milli = 1000},
     10000,
     10,
     20},
    {"longest run of days under 0.1 mm",
     {.take = INDEX_DRY_SPELL, .daily = true, .day = COMPARE_LESS, .day_milli = 100},
     5000,
     10,
     15},
};

static void test_apr(void **state)
{
    (void)state;
    struct fixture f;
    fill(&f, apr, APR_DAYS, DAY_S);
    for (size_t i = 0; i < COUNT_OF(apr_rows); i++) {
        ROW(apr_rows[i].name);
        struct index_value got = compute(&f, &apr_rows[i].rule, DAYS(APR_DAYS));
        CHECK(got.known);
        CHECK_INT(got.milli, apr_rows[i].milli);
        CHECK_INT(got.from.s, DAYS(apr_rows[i].from_day));
        CHECK_INT(got.to.s, DAYS(apr_rows[i].to_day));
    }
}

static void test_dry_spells(void **state)
{
    (void)state;
    static const int operators[] = {50, 10, 9, 10, 0, 24, 0, 70};
    static const int hole[] = {0, 0, GONE, 0, 0, 30, 0, 0, 0};
    static const int nothing[] = {GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE};
    static const struct {
        const char *name;
        const int *tenths;
        size_t count;
        enum compare dry;
        int64_t dry_milli;
        enum missing missing;
        bool known;
        int64_t days;
        enum gap gap;
    } rows[] = {
        {"under 1 mm", operators, 8, COMPARE_LESS, 1000, MISSING_BREAK, true, 1, GAP_NONE},
        {"up to 1 mm", operators, 8, COMPARE_LESS_OR_SAME, 1000, MISSING_BREAK, true, 4, GAP_NONE},
        {"under 2.5 mm", operators, 8, COMPARE_LESS, 2500, MISSING_BREAK, true, 6, GAP_NONE},
        {"a missing day breaks the run", hole, 9, COMPARE_LESS, 1000, MISSING_BREAK, true, 3,
         GAP_NONE},
        {"a missing day counts as dry", hole, 9, COMPARE_LESS, 1000, MISSING_DRY, true, 5,
         GAP_NONE},
        {"a missing day leaves it not known", hole, 9, COMPARE_LESS, 1000, MISSING_UNKNOWN, false,
         0, GAP_NOT_OBSERVED},
        {"nobody saw any day: no answer, not a drought", nothing, 9, COMPARE_LESS, 1000,
         MISSING_DRY, false, 0, GAP_NOT_OBSERVED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct fixture f;
        fill(&f, rows[i].tenths, rows[i].count, DAY_S);
        struct index_rule rule = {.take = INDEX_DRY_SPELL,
                                  .daily = true,
                                  .day = rows[i].dry,
                                  .day_milli = rows[i].dry_milli,
                                  .missing = rows[i].missing};
        struct index_value got = compute(&f, &rule, DAYS(rows[i].count));
        CHECK_INT(got.known, rows[i].known);
        CHECK_INT(got.milli, rows[i].days * 1000);
        CHECK_INT(got.gap, rows[i].gap);
    }
}

// What leaves an index not known, and where it begins.
static void test_gaps(void **state)
{
    (void)state;
    static const int hole[] = {10, GONE, 10, 10}, whole[] = {10, 20, 30, 40};
    static const struct {
        const char *name;
        const int *tenths;
        size_t count;
        int64_t step_s, span_s, over_s;
        bool daily;
        enum gap gap;
        int64_t at_s;
    } rows[] = {
        {"a step that nobody saw", hole, 4, DAY_S, DAYS(4), 0, false, GAP_NOT_OBSERVED, DAYS(1)},
        {"the window is longer than the data", whole, 4, DAY_S, DAYS(6), 0, false, GAP_ABSENT,
         DAYS(4)},
        {"no data at all", whole, 0, DAY_S, DAYS(4), 0, false, GAP_NO_READINGS, 0},
        {"a window that steps do not tile", whole, 4, 5 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S, false,
         GAP_TILING, 0},
        {"one step longer than the window, and the last one", whole, 1, DAYS(4), DAYS(4), DAYS(1),
         false, GAP_TILING, 0},
        {"steps longer than the window", whole, 4, DAYS(2), DAYS(8), DAYS(1), false, GAP_TILING, 0},
        {"steps that cross midnight", whole, 4, 18 * HOUR_S, DAYS(3), 0, true, GAP_TILING, 0},
        {"half a day", whole, 3, 12 * HOUR_S, DAYS(2), 0, true, GAP_ABSENT, DAYS(1)},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct fixture f;
        fill(&f, rows[i].tenths, rows[i].count, rows[i].step_s);
        struct index_rule rule = {.take = rows[i].over_s ? INDEX_MAXIMUM_SUM : INDEX_TOTAL,
                                  .over_s = rows[i].over_s,
                                  .daily = rows[i].daily};
        struct index_value got = compute(&f, &rule, rows[i].span_s);
        CHECK(!got.known);
        CHECK_INT(got.gap, rows[i].gap);
        CHECK_INT(got.at.s, rows[i].at_s);
    }
}

// Thousandths that do not fit are not known; they never wrap into a small number.
static void test_range(void **state)
{
    (void)state;
    static const int32_t large[] = {2000000000, 2000000000, 2000000000};
    static const struct {
        const char *name;
        struct index_rule rule;
        bool known;
    } rows[] = {
        {"a total over 2,147 m", {.take = INDEX_TOTAL}, false},
        {"a largest sum over 2,147 m", {.take = INDEX_MAXIMUM_SUM, .over_s = DAYS(2)}, false},
        {"windows of one step add nothing up",
         {.take = INDEX_MAXIMUM_SUM, .over_s = DAYS(1)},
         true},
        {"the largest step alone", {.take = INDEX_MAXIMUM}, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct fixture f;
        static const int none[] = {0, 0, 0};
        fill(&f, none, COUNT_OF(large), DAY_S);
        memcpy(f.value, large, sizeof(large));
        struct index_value got = compute(&f, &rows[i].rule, DAYS(3));
        CHECK_INT(got.known, rows[i].known);
        CHECK_INT(got.gap, rows[i].known ? GAP_NONE : GAP_RANGE);
        if (got.known)
            CHECK_INT(got.milli, large[0]);
    }
}

static void test_series(void **state)
{
    (void)state;
    static const int tenths[] = {10, 20, 30, 40};
    struct fixture f;
    struct series_query query = {.member = MEMBER_NONE, .to = {DAYS(4)}};

    ROW("too little of the commune was seen");
    fill(&f, tenths, 4, DAY_S);
    f.cover[2] = 8999;
    query.cover_minimum = 9000;
    AUTO(series_free) struct series thin = {0};
    series_take(&f.readings, &query, &thin);
    CHECK_INT(thin.gap, GAP_COVERAGE);
    CHECK_INT(thin.known, 3);
    CHECK_INT(thin.gap_at.s, DAYS(2));

    ROW("any share counts, and the least is told");
    query.cover_minimum = 0;
    AUTO(series_free) struct series any = {0};
    series_take(&f.readings, &query, &any);
    CHECK_INT(any.gap, GAP_NONE);
    CHECK_INT(any.cover_least, 8999);

    ROW("two readings of the same time");
    f.meta[2].valid_from.s -= HOUR_S;
    AUTO(series_free) struct series overlap = {0};
    series_take(&f.readings, &query, &overlap);
    CHECK_INT(overlap.gap, GAP_OVERLAP);

    ROW("what reaches out of the window is left out");
    fill(&f, tenths, 4, DAY_S);
    query.from.s = DAYS(1) - HOUR_S;
    AUTO(series_free) struct series inside = {0};
    series_take(&f.readings, &query, &inside);
    CHECK_INT(inside.gap, GAP_ABSENT);
    CHECK_INT(inside.gap_at.s, query.from.s);
    CHECK_INT(inside.known, 3);

    ROW("kelvin becomes degrees");
    query = (struct series_query){.member = MEMBER_NONE, .to = {DAYS(1)}, .unit = UNIT_TEMPERATURE};
    f.value[0] = 298150;
    AUTO(series_free) struct series warm = {0};
    series_take(&f.readings, &query, &warm);
    CHECK_INT(warm.step[0].milli, 25000);
}

static void test_round(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t milli, unit, want;
    } rows[] = {
        {"half goes up", 34150, 100, 34200},
        {"less than half goes down", 34149, 100, 34100},
        {"whole stays", 34100, 100, 34100},
        {"to whole millimetres", 34500, 1000, 35000},
        {"half under nothing goes down", -50, 100, -100},
        {"nothing", 0, 100, 0},
        {"thousandths are kept", 999999, 1, 999999},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(index_round(rows[i].milli, rows[i].unit), rows[i].want);
    }
}

TEST_MAIN(cmocka_unit_test(test_apr), cmocka_unit_test(test_dry_spells),
          cmocka_unit_test(test_gaps), cmocka_unit_test(test_range), cmocka_unit_test(test_series),
          cmocka_unit_test(test_round))
