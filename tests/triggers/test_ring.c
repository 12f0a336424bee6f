#include "triggers/ring.h"

#include "ledger/reading.h"
#include "tests/check.h"
#include "triggers/merge.h"

#include <stdlib.h>

static uint64_t state_of_random = 7;

static uint32_t below(uint32_t limit)
{
    state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state_of_random >> 33) % limit;
}

// At every step and for every window: the sum of a fresh addition, to the bit.
static void test_ring(void **state)
{
    (void)state;
    enum { COMMUNES = 37, STEPS = 700 };
    static const size_t windows[] = {2, 6, 48, 144};
    static int32_t value[STEPS][COMMUNES];
    for (int holes = 0; holes < 2; holes++) {
        struct ring *ring = ring_new(COMMUNES, windows, COUNT_OF(windows));
        for (size_t i = 0; i < STEPS; i++) {
            for (size_t c = 0; c < COMMUNES; c++) {
                value[i][c] = below(3) ? (int32_t)below(90000) : 0;
                if (holes && below(60) == 0 && i % 7 < 3)
                    value[i][c] = READING_NONE;
            }
            ring_push(ring, value[i]);
            for (size_t w = 0; w < COUNT_OF(windows); w++) {
                ROW(holes ? "with holes" : "whole");
                CHECK_INT(ring_holds(ring, w), i + 1 >= windows[w]);
                struct ring_sums sums = ring_sums(ring, w);
                for (size_t c = 0; c < COMMUNES; c++) {
                    int64_t sum = 0, missing = 0;
                    for (size_t k = 0; k < windows[w] && k <= i; k++) {
                        missing += value[i - k][c] == READING_NONE;
                        sum += value[i - k][c] == READING_NONE ? 0 : value[i - k][c];
                    }
                    CHECK_INT(sums.sum[c], sum);
                    CHECK_INT(sums.missing[c], missing);
                }
            }
        }
        ring_free(&ring);
    }
    ROW("numbers that could overflow do not hold");
    static const size_t two[] = {2};
    static const int32_t large[] = {2000000000};
    struct ring *ring = ring_new(1, two, 1);
    ring_push(ring, large);
    ring_push(ring, large);
    CHECK(!ring_holds(ring, 0));
    ring_free(&ring);
}

// Each count beside a plain loop over all pairs, and the communes behind it.
static void test_merge(void **state)
{
    (void)state;
    enum { THRESHOLDS = 60, COMMUNES = 1500, ROUNDS = 60 };
    static int32_t value[COMMUNES], threshold[THRESHOLDS], hits[THRESHOLDS];
    for (int round = 0; round < ROUNDS; round++) {
        enum compare compare = (enum compare)(round % 4);
        int32_t spread = round % 3 ? 200000 : 50; // many ties
        size_t communes = round % 5 ? COMMUNES : 90, quiet = 0;
        for (size_t i = 0; i < THRESHOLDS; i++)
            threshold[i] =
                (int32_t)below((uint32_t)spread) + (round % 7 ? 0 : 3 * spread) - spread / 3;
        for (size_t c = 0; c < communes; c++)
            value[c] = below(50) ? (int32_t)below((uint32_t)spread) - spread / 3 : READING_NONE;
        struct merge *merge = merge_new(threshold, THRESHOLDS, compare);
        size_t any = merge_step(merge, value, communes, hits);
        ROW(compare_sign(compare));
        for (size_t i = 0; i < THRESHOLDS; i++) {
            int32_t want = 0;
            for (size_t c = 0; c < communes; c++)
                want += value[c] != READING_NONE && compare_holds(compare, value[c], threshold[i]);
            CHECK_INT(hits[i], want);
            quiet += want == 0;
            CHECK((size_t)want <= any);
            for (int32_t k = 0; k < hits[i]; k++)
                CHECK(compare_holds(compare, value[merge_communes(merge)[k]], threshold[i]));
        }
        CHECK(any > 0 || quiet == THRESHOLDS);
        merge_free(&merge);
    }
}

TEST_MAIN(cmocka_unit_test(test_ring), cmocka_unit_test(test_merge))
