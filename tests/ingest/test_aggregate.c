#include "ingest/aggregate.h"

#include "core/hash.h"
#include "ledger/reading.h"
#include "tests/check.h"

// Commune 0: half in cell 0, half in cell 1. Commune 1: a quarter in cell 1, the rest beside the
// grid. Commune 2: all beside it. Commune 3: nearly all in cell 2, a hair in cell 0.
enum { COMMUNES = 4, CELLS = 3 };
static uint32_t starts[] = {0, 2, 3, 3, 5};
static uint32_t cells[] = {0, 1, 1, 0, 2};
static double shares[] = {0.5, 0.5, 0.25, 0.00001, 0.99999};
static const struct weights four = {COMMUNES, CELLS, starts, cells, shares, {{0}}};

#define NONE READING_NONE

static const struct {
    const char *name;
    float value[CELLS];
    int32_t milli[COMMUNES];
    int cover[COMMUNES];
} rows[] = {
    {"all observed", {10, 20, 30}, {15000, 20000, NONE, 30000}, {10000, 2500, 0, 10000}},
    {"a hole is left out, not read as 0",
     {10, NAN, 30},
     {10000, NONE, NONE, 30000},
     {5000, 0, 0, 10000}},
    {"nothing observed", {NAN, NAN, NAN}, {NONE, NONE, NONE, NONE}, {0, 0, 0, 0}},
    {"zero is observed", {0, 0, 0}, {0, 0, NONE, 0}, {10000, 2500, 0, 10000}},
    {"the smallest observed part shows as one ten-thousandth",
     {10, NAN, NAN},
     {10000, NONE, NONE, 10000},
     {5000, 0, 0, 1}},
    {"half a thousandth is rounded up",
     {0.0625F, 0.0625F, 0},
     {63, 63, NONE, 0},
     {10000, 2500, 0, 10000}},
    {"and away from zero below it",
     {-0.0625F, -0.0625F, 0},
     {-63, -63, NONE, 0},
     {10000, 2500, 0, 10000}},
    {"a number without end is not observed",
     {INFINITY, 20, -INFINITY},
     {20000, 20000, NONE, NONE},
     {5000, 2500, 0, 0}},
    {"what does not fit is no weather",
     {1e30F, 1e30F, 300},
     {NONE, NONE, NONE, NONE},
     {0, 0, 0, 0}},
    {"the largest that fits",
     {2147483, 2147483, 0},
     {2147483000, 2147483000, NONE, 21475},
     {10000, 2500, 0, 10000}},
    {"one more does not", {2147484, 2147484, 0}, {NONE, NONE, NONE, 21475}, {0, 0, 0, 10000}},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        int32_t milli[COMMUNES] = {1, 1, 1, 1};
        uint16_t cover[COMMUNES] = {1, 1, 1, 1};
        AUTO(aggregate_free) struct aggregate *aggregate = aggregate_new(&four);
        aggregate_step(aggregate, rows[i].value, milli, cover);
        for (size_t c = 0; c < COMMUNES; c++) {
            CHECK_INT(milli[c], rows[i].milli[c]);
            CHECK_INT(cover[c], rows[i].cover[c]);
        }
    }
}

// The hash over a thousand communes of a made-up field: the same under every compiler and at every
// level of optimisation, because the sums run in the order of the rows.
static void test_same_bits(void **state)
{
    (void)state;
    enum { MANY = 1000, EACH = 9, FIELD = 500 };
    static uint32_t start[MANY + 1], cell[MANY * EACH];
    static double share[MANY * EACH];
    static float value[FIELD];
    static int32_t milli[MANY];
    static uint16_t cover[MANY];
    uint32_t random = 20261124;
    for (size_t i = 0; i < MANY * EACH; i++) {
        random = random * 1664525 + 1013904223;
        start[i / EACH + 1] = (uint32_t)(i + 1);
        cell[i] = (random >> 8) % FIELD;
        share[i] = (double)(random >> 16) / 65536 / EACH;
    }
    for (size_t i = 0; i < FIELD; i++) {
        random = random * 1664525 + 1013904223;
        value[i] = i % 17 ? (float)(random >> 8) / 65536.0F : NAN;
    }
    const struct weights weights = {MANY, FIELD, start, cell, share, {{0}}};
    AUTO(aggregate_free) struct aggregate *aggregate = aggregate_new(&weights);
    aggregate_step(aggregate, value, milli, cover);
    struct hasher hasher = hasher_new();
    hasher_add(&hasher, milli, sizeof(milli));
    hasher_add(&hasher, cover, sizeof(cover));
    CHECK_TEXT(hash_hex(hasher_end(&hasher)).at,
               "0a70c55528e082d3e8fda2b30c8fe1c977f900888f103b7eabc5e37bad4804fc");
}

// Sixteen steps at once are the sixteen steps, each row of the table shifted by one step.
static void test_many(void **state)
{
    (void)state;
    enum { MANY = AGGREGATE_MANY };
    float value[CELLS * MANY];
    int32_t milli[MANY * COMMUNES];
    uint16_t cover[MANY * COMMUNES];
    AUTO(aggregate_free) struct aggregate *aggregate = aggregate_new(&four);
    for (size_t k = 0; k < MANY; k++) {
        for (size_t cell = 0; cell < CELLS; cell++)
            value[cell * MANY + k] = rows[k % COUNT_OF(rows)].value[cell];
    }
    aggregate_many(aggregate, value, milli, cover);
    for (size_t k = 0; k < MANY; k++) {
        ROW(rows[k % COUNT_OF(rows)].name);
        for (size_t c = 0; c < COMMUNES; c++) {
            CHECK_INT(milli[k * COMMUNES + c], rows[k % COUNT_OF(rows)].milli[c]);
            CHECK_INT(cover[k * COMMUNES + c], rows[k % COUNT_OF(rows)].cover[c]);
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_many), cmocka_unit_test(test_rows),
          cmocka_unit_test(test_same_bits))
