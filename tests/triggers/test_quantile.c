#include "triggers/quantile.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "tests/check.h"
#include "triggers/normal.h"

#include <stdlib.h>

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525U + 1013904223U;
    return *random >> 8;
}

static uint32_t first_random(void)
{
    const char *seed = getenv("GONG_SEED");
    uint32_t random = seed ? (uint32_t)strtoul(seed, NULL, 10) : 20241125;
    printf("# seed %u\n", random);
    return random;
}

static const struct {
    const char *name;
    size_t count;
    int32_t spread; // values up to this
    uint32_t zeros; // of ten
} shapes[] = {
    {"one value", 1, 1000, 0},
    {"two values", 2, 1000, 0},
    {"few values", 37, 1000, 3},
    {"a season of rain", 184, 90000, 6},
    {"all the same", 3000, 1, 10},
    {"years of rain", 9131, 300000, 6},
    {"years that hardly differ", 9131, 3, 0},
    {"years without a dry day", 5000, 2000000000, 0},
};

// The same as by sorting, for every share and both methods.
static void test_same_as_sorted(void **state)
{
    (void)state;
    static const int64_t shares[] = {1, 50, 250, 500, 900, 950, 999};
    uint32_t random = first_random();
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        ROW(shapes[i].name);
        size_t count = shapes[i].count;
        AUTO(mem_drop) int32_t *value = mem_new(count, sizeof(*value));
        AUTO(mem_drop) int64_t *wide = mem_new(count, sizeof(*wide));
        for (size_t k = 0; k < count; k++) {
            bool zero = next_random(&random) % 10 < shapes[i].zeros;
            wide[k] = zero ? 0 : next_random(&random) % (uint32_t)shapes[i].spread;
            wide[k] = next_random(&random) % 50 == 0 ? -wide[k] : wide[k];
        }
        for (size_t s = 0; s < 2 * COUNT_OF(shares); s++) {
            struct quantile_rule rule = {{INT32_MIN, INT32_MAX}, shares[s / 2], s % 2 ? 7 : 8};
            for (size_t k = 0; k < count; k++)
                value[k] = (int32_t)wide[k];
            CHECK_INT(quantile_of(value, count, &rule),
                      normal_percentile(wide, count, rule.share_milli, rule.method));
        }
    }
}

// All communes at once, as a series file has them; what is not of the kind is not looked at.
static void test_rows(void **state)
{
    (void)state;
    enum { STEPS = 1500, COMMUNES = 75, STRIDE = 80 };
    static int32_t in[STEPS * STRIDE], value[COMMUNES];
    static uint32_t bits[COMMUNES];
    static int64_t kept[STEPS];
    uint32_t random = first_random();
    for (size_t i = 0; i < COUNT_OF(in); i++) {
        int32_t v = next_random(&random) % 5 < 3 ? 0 : (int32_t)(next_random(&random) % 90000);
        v = next_random(&random) % 9000 == 0 ? READING_NONE : v;
        in[i] = (int32_t)__builtin_bswap32((uint32_t)v);
    }
    static const struct {
        const char *name;
        struct quantile_rule rule;
    } rules[] = {
        {"every day", {{READING_NONE + 1, INT32_MAX}, 950, 7}},
        {"wet days", {{1000, INT32_MAX}, 950, 8}},
        {"no day can be of the kind", {{INT32_MAX, READING_NONE}, 500, 7}},
    };
    struct rows rows = {in, STEPS, COMMUNES, STRIDE, true};
    struct roll roll = {value, bits, NULL, NULL};
    for (size_t r = 0; r < COUNT_OF(rules); r++) {
        ROW(rules[r].name);
        const struct quantile_rule *rule = &rules[r].rule;
        quantile_rows(&rows, rule, &roll);
        for (size_t c = 0; c < COMMUNES; c++) {
            size_t count = 0;
            uint32_t all = 0;
            for (size_t i = 0; i < STEPS; i++) {
                int32_t v = (int32_t)__builtin_bswap32((uint32_t)in[i * STRIDE + c]);
                all |= (uint32_t)v;
                if (v >= rule->band.least && v <= rule->band.most)
                    kept[count++] = v;
            }
            CHECK_INT(bits[c], all);
            CHECK_INT(value[c],
                      count ? normal_percentile(kept, count, rule->share_milli, rule->method) : 0);
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_same_as_sorted), cmocka_unit_test(test_rows))
