// What is flagged, and what is weather. The grid is five by five; each row changes one thing.
#include "ingest/quality.h"

#include "ledger/reading.h"
#include "tests/check.h"

enum { SIDE = 5, CELLS = SIDE * SIDE, STEPS = 2, MIDDLE = 12 };

struct field {
    double base, slope; // value = base + slope x cell
    double middle;      // of the cell amid; NAN: as the others
};

static void fill(const struct field *field, float *value)
{
    for (size_t i = 0; i < CELLS; i++)
        value[i] = (float)(field->base + field->slope * (double)i);
    if (!isnan(field->middle))
        value[MIDDLE] = (float)field->middle;
}

static const struct {
    const char *name, *variable;
    int64_t hours;         // of a step, and between them
    struct field one, two; // the step before, and the step
    int member;            // of the second: MEMBER_NONE, or 1 at the same time as member 0
    int amid, elsewhere;   // flags of the second step
} rows[] = {
    {"a wet day, and another", "rain", 24, {10, 1, NAN}, {20, 2, NAN}, MEMBER_NONE, 0, 0},
    {"a storm of half the record: Damrey's wettest day",
     "rain",
     24,
     {300, 4, NAN},
     {300, 5, 699},
     MEMBER_NONE,
     0,
     0},
    {"more than half of the world's record in a day",
     "rain",
     24,
     {800, 1, NAN},
     {810, 1, 990},
     MEMBER_NONE,
     QUALITY_RANGE,
     0},
    {"the same in half an hour: 200 mm",
     "rain",
     0,
     {1, 0.1, NAN},
     {100, 0.1, 200},
     MEMBER_NONE,
     QUALITY_RANGE | QUALITY_SPACE,
     0},
    {"a cell far over all around it",
     "rain",
     24,
     {10, 1, NAN},
     {20, 1, 700},
     MEMBER_NONE,
     QUALITY_SPACE,
     0},
    {"a hole in a storm", "rain", 24, {500, 1, NAN}, {600, 1, 0}, MEMBER_NONE, QUALITY_SPACE, 0},
    {"the same field again",
     "rain",
     3,
     {10, 1, NAN},
     {10, 1, NAN},
     MEMBER_NONE,
     QUALITY_FROZEN,
     QUALITY_FROZEN},
    {"no rain, and again no rain", "rain", 3, {0, 0, NAN}, {0, 0, NAN}, MEMBER_NONE, 0, 0},
    {"one number everywhere",
     "rain",
     3,
     {1, 1, NAN},
     {25.4, 0, NAN},
     MEMBER_NONE,
     QUALITY_SPACE,
     QUALITY_SPACE},
    {"the same field a day later", "rain", 24, {10, 1, NAN}, {10, 1, NAN}, MEMBER_NONE, 0, 0},
    {"a typhoon's gust that grows", "gust", 3, {20, 0.1, NAN}, {55, 0.1, NAN}, MEMBER_NONE, 0, 0},
    {"a gust out of nothing",
     "gust",
     3,
     {2, 0.1, NAN},
     {50, 0.1, NAN},
     MEMBER_NONE,
     QUALITY_STEP,
     QUALITY_STEP},
    {"a gust as no typhoon has it",
     "gust",
     3,
     {80, 0.1, NAN},
     {85, 0.1, 110},
     MEMBER_NONE,
     QUALITY_RANGE,
     0},
    {"a gust in one cell", "gust", 3, {5, 0.1, NAN}, {6, 0.1, 42}, MEMBER_NONE, QUALITY_SPACE, 0},
    {"a cold morning", "temperature", 1, {290, 0.1, NAN}, {285, 0.1, NAN}, MEMBER_NONE, 0, 0},
    {"0 K is refused before; -30 is doubted",
     "temperature",
     1,
     {240, 0.1, NAN},
     {243, 0.1, NAN},
     MEMBER_NONE,
     QUALITY_RANGE,
     QUALITY_RANGE},
    {"25 degrees in an hour",
     "temperature",
     1,
     {280, 0.1, NAN},
     {305, 0.1, NAN},
     MEMBER_NONE,
     QUALITY_STEP,
     QUALITY_STEP},
    {"one hot cell",
     "temperature",
     1,
     {290, 0.1, NAN},
     {291, 0.1, 318},
     MEMBER_NONE,
     QUALITY_STEP | QUALITY_SPACE,
     0},
    {"two members that are one",
     "rain",
     3,
     {10, 1, NAN},
     {10, 1, NAN},
     1,
     QUALITY_TWIN,
     QUALITY_TWIN},
    {"two members", "rain", 3, {10, 1, NAN}, {10, 1.5, NAN}, 1, 0, 0},
    {"two dry members", "rain", 3, {0, 0, NAN}, {0, 0, NAN}, 1, 0, 0},
    {"chances may stay", "chance", 3, {0.5, 0, NAN}, {0.5, 0, NAN}, MEMBER_NONE, 0, 0},
    {"a cell that is not observed", "gust", 3, {5, 0.1, NAN}, {6, 0.1, NAN}, MEMBER_NONE, 0, 0},
};

static void test_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        float value[STEPS * CELLS];
        uint8_t flag[STEPS * CELLS];
        int64_t span_s = rows[i].hours ? rows[i].hours * HOUR_S : HOUR_S / 2;
        bool members = rows[i].member != MEMBER_NONE;
        struct grid_step step[STEPS] = {0};
        for (size_t k = 0; k < STEPS; k++) {
            int64_t from = members ? 0 : (int64_t)k * span_s;
            memcpy(step[k].variable, rows[i].variable, strlen(rows[i].variable));
            step[k].valid_from.s = from;
            step[k].valid_to.s = from + span_s;
            step[k].issued_at = members ? (struct utc){0} : UTC_NEVER;
            step[k].member = members ? (int32_t)k : MEMBER_NONE;
        }
        fill(&rows[i].one, value);
        fill(&rows[i].two, value + CELLS);
        value[CELLS + 1] = i == COUNT_OF(rows) - 1 ? NAN : value[CELLS + 1];
        struct frame frame = {
            .grid = {.rows = SIDE, .columns = SIDE}, .count = STEPS, .step = step, .value = value};
        quality_of(&frame, NULL, flag);
        CHECK_INT(flag[CELLS + MIDDLE], rows[i].amid);
        CHECK_INT(flag[CELLS + CELLS - 1], rows[i].elsewhere);
        if (members) // which stand in one part
            continue;
        // The same where a file is read in parts, and the second step is in the next one.
        struct frame first = frame, second = frame;
        first.count = second.count = 1;
        second.step = &step[1];
        second.value = value + CELLS;
        quality_of(&second, &first, flag);
        CHECK_INT(flag[MIDDLE], rows[i].amid);
        CHECK_INT(flag[CELLS - 1], rows[i].elsewhere);
    }
}

static void test_rain(void **state)
{
    (void)state;
    // Half of Jennings' envelope: 421.6 mm in an hour, 1,908 mm in a day, 9,624 mm in 31 days.
    CHECK_NEAR(quality_rain_mm_max(1), 210.8, 1e-9);
    CHECK_NEAR(quality_rain_mm_max(24), 953.9, 0.1);
    CHECK_NEAR(quality_rain_mm_max(744), 4873.5, 1);
    for (size_t i = 0; i < QUALITY_KINDS; i++)
        CHECK(quality_name(i) && ((QUALITY_ALL >> i) & 1));
    CHECK(!quality_name(QUALITY_KINDS));
}

TEST_MAIN(cmocka_unit_test(test_flags), cmocka_unit_test(test_rain))
