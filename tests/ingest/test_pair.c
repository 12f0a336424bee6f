#include "ingest/pair.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "tests/check.h"

enum { CELLS = 3, STEPS = 2 };

// Two steps on a row of three cells; `west` is where it begins.
static struct frame make(const float *value, double west, int64_t hours, int32_t member)
{
    struct frame frame = {.grid = {.rows = 1, .columns = CELLS}, .count = STEPS};
    frame.grid.latitude = mem_new(2, sizeof(double));
    frame.grid.longitude = mem_new(CELLS + 1, sizeof(double));
    frame.grid.latitude[0] = 18;
    frame.grid.latitude[1] = 19;
    for (size_t i = 0; i <= CELLS; i++)
        frame.grid.longitude[i] = west + (double)i;
    frame.step = mem_new(STEPS, sizeof(*frame.step));
    frame.value = mem_new((size_t)STEPS * CELLS, sizeof(float));
    for (size_t i = 0; i < STEPS; i++) {
        frame.step[i].valid_from.s = frame.step[i].valid_to.s = hours * HOUR_S + (int64_t)i;
        frame.step[i].member = member;
        memcpy(frame.value + i * CELLS, value, CELLS * sizeof(float));
    }
    return frame;
}

static const float east_value[] = {3, -3, NAN}, north_value[] = {4, 4, 1};

static void test_speed(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(frame_free) struct frame east = make(east_value, 105, 6, 1);
    AUTO(frame_free) struct frame north = make(north_value, 105, 6, 1);
    CHECK_OK(pair_join(&east, &north, "wind", &err), err);
    for (size_t i = 0; i < STEPS; i++) {
        CHECK_TEXT(east.step[i].variable, "wind");
        CHECK_NEAR((double)east.value[i * CELLS], 5, 1e-6);
        CHECK_NEAR((double)east.value[i * CELLS + 1], 5, 1e-6); // of a component below zero as well
        CHECK_NEAR((double)east.value[i * CELLS + 2], NAN, 0);  // one half is not observed
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double west;
        int64_t hours;
        int32_t member;
        size_t count;
        const char *says;
    } rows[] = {
        {"another grid", 106, 6, 1, STEPS, "the two components of the wind are on two grids"},
        {"another time", 105, 9, 1, STEPS,
         "the eastward wind is of 1970-01-01T06:00:00Z, the northward one of 1970-01-01T09:00:00Z"},
        {"another member", 105, 6, 2, STEPS, "the eastward wind is of"},
        {"fewer steps", 105, 6, 1, 1, "the components of the wind are of 2 and of 1 steps"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(frame_free) struct frame east = make(east_value, 105, 6, 1);
        AUTO(frame_free)
        struct frame north = make(north_value, rows[i].west, rows[i].hours, rows[i].member);
        north.count = rows[i].count;
        CHECK_INT(pair_join(&east, &north, "wind", &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

TEST_MAIN(cmocka_unit_test(test_speed), cmocka_unit_test(test_refused))
