#include "triggers/family.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "tests/check.h"
#include "triggers/lanes.h"
#include "triggers/split.h"

#include <stdlib.h>

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525U + 1013904223U;
    return *random >> 8;
}

// Steps as a series file has them, most significant byte first, with some that are not known.
static int32_t *make_steps(size_t steps, size_t stride, bool swapped, bool holes, uint32_t *random)
{
    int32_t *value = mem_new(steps * stride, sizeof(*value));
    for (size_t i = 0; i < steps * stride; i++) {
        int32_t v = (int32_t)(next_random(random) % 90000) - 5000;
        v = holes && next_random(random) % 400 == 0 ? READING_NONE : v;
        value[i] = swapped ? (int32_t)__builtin_bswap32((uint32_t)v) : v;
    }
    return value;
}

// The same by adding every window afresh.
static void check_sum(const struct rows *rows, const struct family_sum *sum, size_t c,
                      const struct family_room *room, size_t at)
{
    bool known = true;
    uint32_t bits = 0;
    int64_t most = INT64_MIN;
    for (size_t i = sum->from; i < sum->end; i++) {
        int32_t v = load(rows->value + i * rows->stride + c, rows->swapped);
        bits |= (uint32_t)v;
        known = known && v != READING_NONE;
        int64_t here = 0;
        for (size_t k = 0; i + 1 >= sum->from + sum->over && k < sum->over; k++)
            here += load(rows->value + (i - k) * rows->stride + c, rows->swapped);
        if (i + 1 >= sum->from + sum->over && here > most)
            most = here;
    }
    CHECK_INT(room->bits[at], bits);
    if (known)
        CHECK_INT(room->value[at], most);
}

static void test_same_as_afresh(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t communes, steps;
        bool swapped, holes;
        struct family_sum sum[6];
    } rows[] = {
        {"one length, seasons within one another",
         32,
         60,
         true,
         false,
         {{0, 60, 3}, {10, 40, 3}, {12, 20, 3}, {35, 60, 3}}},
        {"many lengths, a tile that is not full",
         21,
         75,
         true,
         true,
         {{0, 75, 1}, {0, 75, 30}, {20, 60, 30}, {20, 60, 40}, {1, 75, 2}}},
        {"fewer communes than a tile", 3, 40, false, true, {{5, 11, 2}, {5, 40, 7}, {11, 12, 1}}},
        {"totals, and a season that begins where one ends",
         16,
         50,
         false,
         false,
         {{0, 25, 25}, {25, 50, 25}, {0, 50, 50}, {24, 26, 1}}},
        {"a stretch of fewer steps than are taken at once",
         17,
         9,
         true,
         true,
         {{0, 9, 2}, {3, 6, 3}, {8, 9, 1}}},
    };
    const char *seed = getenv("GONG_SEED");
    uint32_t random = seed ? (uint32_t)strtoul(seed, NULL, 10) : 20241125;
    printf("# seed %u\n", random);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        size_t count = 0, stride = rows[i].communes + 5;
        while (count < COUNT_OF(rows[i].sum) && rows[i].sum[count].over)
            count++;
        AUTO(mem_drop)
        int32_t *value = make_steps(rows[i].steps, stride, rows[i].swapped, rows[i].holes, &random);
        struct rows steps = {value, rows[i].steps, rows[i].communes, stride, rows[i].swapped};
        AUTO(family_free)
        struct family *family = family_new(rows[i].sum, count, rows[i].steps);
        AUTO(family_room_free) struct family_room room = {0};
        for (int again = 0; again < 2; again++) { // the second time with what the first has left
            family_run(family, &steps, &room);
            for (size_t s = 0; s < count; s++) {
                for (size_t c = 0; c < rows[i].communes; c++)
                    check_sum(&steps, &rows[i].sum[s], c, &room, s * room.width + c);
            }
        }
    }
}

// --- threads
// -------------------------------------------------------------------------------------

enum { ITEMS = 5000 };
struct tally {
    uint8_t taken[ITEMS];
    size_t workers;
};

static void take(void *self, size_t worker, size_t item)
{
    struct tally *tally = self;
    assert(worker < tally->workers);
    tally->taken[item]++;
}

static void test_split(void **state)
{
    (void)state;
    static const size_t threads[] = {0, 1, 2, 3, 17, 1000};
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        static const size_t items[] = {0, 1, 2, ITEMS};
        for (size_t k = 0; k < COUNT_OF(items); k++) {
            ROW("every item is taken once, and none beyond");
            struct tally tally = {.workers = threads[i] ? threads[i] : 1};
            split_run(threads[i], items[k], take, &tally);
            size_t once = 0;
            for (size_t item = 0; item < ITEMS; item++)
                once += tally.taken[item] == (item < items[k] ? 1 : 0);
            CHECK_INT(once, ITEMS);
        }
    }
    CHECK(split_threads() >= 1);
}

TEST_MAIN(cmocka_unit_test(test_same_as_afresh), cmocka_unit_test(test_split))
