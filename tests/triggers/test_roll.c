#include "triggers/roll.h"

#include "ledger/reading.h"
#include "tests/check.h"

#include <stdlib.h>

// Random rows beside the plainest loop there is, over many shapes. GONG_SEED replays one run.
enum { ROWS_MAX = 60, WIDE_MAX = 37, SHAPES = 400 };

static uint64_t state_of_random;

static uint32_t below(uint32_t limit)
{
    state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state_of_random >> 33) % limit;
}

static void seed(void)
{
    const char *given = getenv("GONG_SEED");
    state_of_random = given ? strtoull(given, NULL, 10) : 20201018;
    printf("# seed %llu\n", (unsigned long long)state_of_random);
}

struct shape {
    int32_t plain[ROWS_MAX * WIDE_MAX], swapped[ROWS_MAX * WIDE_MAX];
    size_t count, communes, stride;
    int32_t value[WIDE_MAX], low[WIDE_MAX], high[WIDE_MAX], at[WIDE_MAX], scratch[WIDE_MAX];
    uint32_t bits[WIDE_MAX];
    struct rows rows;
    struct roll roll;
};

static void make(struct shape *s, bool holes, bool swapped, bool marked)
{
    s->count = 1 + below(ROWS_MAX);
    s->communes = 1 + below(WIDE_MAX - 3);
    s->stride = s->communes + below(3);
    for (size_t i = 0; i < s->count * s->stride; i++) {
        int32_t v = below(3) ? (int32_t)below(50000) - 1000 : 0;
        s->plain[i] = holes && below(20) == 0 ? READING_NONE : v;
        s->swapped[i] = (int32_t)__builtin_bswap32((uint32_t)s->plain[i]);
    }
    s->rows =
        (struct rows){swapped ? s->swapped : s->plain, s->count, s->communes, s->stride, swapped};
    s->roll = (struct roll){s->value, s->bits, marked ? s->at : NULL, s->scratch};
    roll_ends(&s->rows, s->low, s->high);
}

static int32_t cell(const struct shape *s, size_t i, size_t c)
{
    return s->plain[i * s->stride + c];
}

static void check_ends(const struct shape *s, size_t c)
{
    int32_t low = INT32_MAX, high = READING_NONE;
    uint32_t bits = 0;
    for (size_t i = 0; i < s->count; i++) {
        bits |= (uint32_t)cell(s, i, c);
        low = cell(s, i, c) < low ? cell(s, i, c) : low;
        high = cell(s, i, c) > high ? cell(s, i, c) : high;
    }
    CHECK_INT(s->low[c], low);
    CHECK_INT(s->high[c], high);
    CHECK_INT(s->bits[c], bits);
}

static void test_totals_and_maxima(void **state)
{
    (void)state;
    static struct shape s;
    seed();
    for (int k = 0; k < SHAPES; k++) {
        ROW("total");
        make(&s, k & 1, k & 2, k & 4);
        roll_total(&s.rows, &s.roll);
        for (size_t c = 0; c < s.communes; c++) {
            uint32_t sum = 0;
            for (size_t i = 0; i < s.count; i++)
                sum += (uint32_t)cell(&s, i, c);
            CHECK_INT(s.value[c], (int32_t)sum);
            check_ends(&s, c);
        }
        ROW("maximum");
        roll_maximum(&s.rows, &s.roll);
        for (size_t c = 0; c < s.communes; c++) {
            size_t at = 0;
            for (size_t i = 1; i < s.count; i++)
                at = cell(&s, i, c) > cell(&s, at, c) ? i : at;
            CHECK_INT(s.value[c], cell(&s, at, c));
            if (s.roll.at)
                CHECK_INT(s.at[c], at);
            check_ends(&s, c);
        }
    }
}

// A fresh sum for every window: what goes in and out may never drift from it.
static void test_sums(void **state)
{
    (void)state;
    static struct shape s;
    static int32_t first[ROWS_MAX];
    seed();
    for (int k = 0; k < SHAPES; k++) {
        make(&s, k & 1, k & 2, k & 4);
        size_t over = 1 + below(12);
        bool table = k & 8;
        int32_t from = 0;
        for (size_t i = 0; i < s.count; i++) {
            from += below(3) == 0 && from < (int32_t)i ? 1 : 0;
            first[i] = below(5) == 0 ? SLIDE_NONE : from;
            if (!table)
                first[i] = i + 1 < over ? SLIDE_NONE : (int32_t)(i + 1 - over);
        }
        ROW(table ? "windows of a table" : "windows of one length");
        roll_maximum_sum(&s.rows, over, table ? first : NULL, &s.roll);
        for (size_t c = 0; c < s.communes; c++) {
            int32_t best = READING_NONE, at = 0;
            bool any = false;
            for (size_t i = 0; i < s.count; i++) {
                uint32_t sum = 0;
                for (size_t j = (size_t)first[i]; first[i] != SLIDE_NONE && j <= i; j++)
                    sum += (uint32_t)cell(&s, j, c);
                if (first[i] == SLIDE_NONE || (any && (int32_t)sum <= best))
                    continue;
                best = (int32_t)sum;
                at = (int32_t)i;
                any = true;
            }
            CHECK_INT(s.value[c], best);
            if (s.roll.at)
                CHECK_INT(s.at[c], at);
            check_ends(&s, c);
        }
    }
}

static void test_runs(void **state)
{
    (void)state;
    static struct shape s;
    seed();
    for (int k = 0; k < SHAPES; k++) {
        make(&s, k & 1, k & 2, k & 4);
        struct band band = {k & 8 ? READING_NONE : READING_NONE + 1, (int32_t)below(20000) - 500};
        ROW(k & 8 ? "what is not known is of the kind" : "what is not known breaks a run");
        roll_run(&s.rows, band, &s.roll);
        for (size_t c = 0; c < s.communes; c++) {
            int32_t run = 0, best = 0, at = 0;
            for (size_t i = 0; i < s.count; i++) {
                run = cell(&s, i, c) >= band.least && cell(&s, i, c) <= band.most ? run + 1 : 0;
                if (run > best) {
                    best = run;
                    at = (int32_t)i;
                }
            }
            CHECK_INT(s.value[c], best);
            if (s.roll.at)
                CHECK_INT(s.at[c], at);
            check_ends(&s, c);
        }
    }
}

static void test_beside(void **state)
{
    (void)state;
    static struct shape s;
    seed();
    for (int k = 0; k < SHAPES; k++) {
        static int32_t out[ROWS_MAX * WIDE_MAX];
        static uint16_t cover[ROWS_MAX * WIDE_MAX];
        make(&s, k & 1, k & 2, false);
        for (size_t i = 0; i < s.count * s.stride; i++) {
            cover[i] = (uint16_t)below(10001);
            if (s.rows.swapped)
                cover[i] = __builtin_bswap16(cover[i]);
        }
        struct roll_copy copy = {.first = below((uint32_t)s.communes),
                                 .cover = k & 4 ? cover : NULL,
                                 .cover_stride = s.stride,
                                 .minimum = 9000};
        copy.communes = s.communes - copy.first;
        ROW("a copy of some columns, without what was seen too little of");
        roll_copy(&s.rows, &copy, out);
        for (size_t i = 0; i < s.count; i++) {
            for (size_t c = 0; c < copy.communes; c++) {
                uint16_t seen = cover[i * s.stride + copy.first + c];
                seen = s.rows.swapped ? __builtin_bswap16(seen) : seen;
                bool thin = copy.cover && seen < copy.minimum;
                CHECK_INT(out[i * copy.communes + c],
                          thin ? READING_NONE : cell(&s, i, copy.first + c));
            }
        }
        ROW("days of some steps");
        size_t over = 1 + below(4);
        int32_t low, high;
        roll_days(&s.rows, over, out, &low, &high);
        for (size_t d = 0; d < s.count / over; d++) {
            for (size_t c = 0; c < s.communes; c++) {
                int64_t sum = 0;
                bool known = true;
                for (size_t i = d * over; i < (d + 1) * over; i++) {
                    known = known && cell(&s, i, c) != READING_NONE;
                    sum += cell(&s, i, c);
                }
                CHECK_INT(out[d * s.communes + c], known ? sum : READING_NONE);
            }
        }
    }
}

static void test_small(void **state)
{
    (void)state;
    ROW("rounding is half away from zero, and a hole stays one");
    int32_t value[] = {149, 150, 151, -149, -150, 0, READING_NONE, INT32_MAX};
    static const int32_t want[] = {1, 2, 2, -1, -2, 0, READING_NONE, 21474836};
    roll_quotients(value, COUNT_OF(value), 100);
    for (size_t i = 0; i < COUNT_OF(value); i++)
        CHECK_INT(value[i], want[i]);
    ROW("a day under the floor is none, and none is over the cap");
    int32_t day[] = {0, 1999, 2000, 60001, READING_NONE};
    static const int32_t trimmed[] = {0, 0, 2000, 60000, READING_NONE};
    roll_trim(day, COUNT_OF(day), 60000, 2000);
    for (size_t i = 0; i < COUNT_OF(day); i++)
        CHECK_INT(day[i], trimmed[i]);
    ROW("what fits 32 bits");
    CHECK(roll_fits(0, 2147483, 1000));
    CHECK(!roll_fits(0, 2147484, 1000));
    CHECK(!roll_fits(-2147484, 0, 1000));
    CHECK(roll_fits(-INT32_MAX, INT32_MAX, 1));
}

TEST_MAIN(cmocka_unit_test(test_totals_and_maxima), cmocka_unit_test(test_sums),
          cmocka_unit_test(test_runs), cmocka_unit_test(test_beside), cmocka_unit_test(test_small))
