// A second product: which readings of the first are doubted, and when that goes again.
#include "ingest/second.h"

#include "core/mem.h"
#include "ingest/source.h"
#include "ledger/quality.h"
#include "tests/ledger/place.h"

#include <stdio.h>

enum { COMMUNES = 3, PUTS_MAX = 6 };

static struct source both[] = {{.name = "fine",
                                .boundary_set = "three",
                                .second = "coarse",
                                .second_means = "rain",
                                .second_over_s = DAY_S,
                                .second_apart_milli = 50000},
                               {.name = "coarse", .boundary_set = "three"}};
static const struct sources sources = {COUNT_OF(both), both};

// Rain of one step in mm, in the first commune; the second has 1 mm more, the third is not known
// when it is 7.
struct put {
    size_t source; // of `both`
    int64_t from_h, to_h;
    int32_t mm;
};

static void put(struct place *place, const struct put *one)
{
    const struct source *source = &both[one->source];
    int32_t value[COMMUNES] = {one->mm * 1000, (one->mm + 1) * 1000,
                               one->mm == 7 ? READING_NONE : one->mm * 1000};
    uint16_t cover[COMMUNES] = {READING_COVER_FULL, READING_COVER_FULL, READING_COVER_FULL};
    struct reading reading = {.meta = {.boundary_set = "three",
                                       .issued_at = UTC_NEVER,
                                       .valid_from = {one->from_h * HOUR_S},
                                       .valid_to = {one->to_h * HOUR_S},
                                       .member = MEMBER_NONE},
                              .communes = COMMUNES,
                              .value = value,
                              .cover = cover};
    bool fresh;
    struct hash hash;
    AUTO(ledger_undo) struct txn *txn = NULL;
    memcpy(reading.meta.source, source->name, sizeof(reading.meta.source));
    memcpy(reading.meta.variable, both[0].second_means, sizeof(both[0].second_means));
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(reading_put(txn, &reading, &fresh, &hash, &place->err), place->err);
    CHECK_OK(second_compare(txn, &sources, source, reading.meta.valid_to, reading.meta.valid_to,
                            &place->err),
             place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// Which communes of a source are doubted, "--x"; "" when nothing is.
static void doubts(struct place *place, const char *source, char out[COMMUNES + 1])
{
    struct reading_query query = {source,    both[0].second_means, "three",
                                  UTC_NEVER, {-99 * DAY_S},        {99 * DAY_S}};
    AUTO(readings_free) struct readings readings = {0};
    AUTO(mem_drop) uint8_t *flag = NULL;
    CHECK_OK(reading_load(place->ledger, &query, &readings, &place->err), place->err);
    CHECK_OK(quality_load(place->ledger, &readings, &flag, &place->err), place->err);
    for (size_t c = 0; c < COMMUNES; c++)
        out[c] = !flag ? '\0' : flag[c] == QUALITY_SECOND ? 'x' : flag[c] ? '?' : '-';
    out[COMMUNES] = '\0';
}

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct put put[PUTS_MAX];
        const char *doubts;
    } rows[] = {
        {"the same", {{0, 0, 24, 60}, {1, 0, 24, 60}}, ""},
        {"just as far apart as may be", {{0, 0, 24, 100}, {1, 0, 24, 50}}, ""},
        {"a millimetre more", {{0, 0, 24, 101}, {1, 0, 24, 50}}, "xxx"},
        {"the second says more, and comes first", {{1, 0, 24, 60}, {0, 0, 24, 2}}, "xxx"},
        {"what one of them does not know is not compared", {{0, 0, 24, 7}, {1, 0, 24, 90}}, "xx-"},
        {"two half days beside a whole one: the sum",
         {{0, 0, 12, 30}, {0, 12, 24, 40}, {1, 0, 24, 10}},
         "xxx"},
        {"each half alone would be near", {{0, 0, 12, 30}, {0, 12, 24, 30}, {1, 0, 24, 60}}, ""},
        {"a half is not there yet", {{0, 0, 12, 90}, {1, 0, 24, 10}}, ""},
        {"then it comes", {{0, 0, 12, 90}, {1, 0, 24, 10}, {0, 12, 24, 0}}, "xxx"},
        {"the second is not there", {{0, 0, 24, 200}}, ""},
        {"another day is another day", {{0, 0, 24, 200}, {1, 24, 48, 10}}, ""},
        {"a step over two days is no day", {{0, 0, 48, 200}, {1, 0, 24, 0}, {1, 24, 48, 0}}, ""},
        {"a day before 1970", {{0, -24, 0, 200}, {1, -24, 0, 0}}, "xxx"},
        {"the second is corrected: the doubt goes",
         {{0, 0, 24, 90}, {1, 0, 24, 0}, {1, 0, 24, 90}},
         ""},
        {"the first is corrected: so it does", {{0, 0, 24, 90}, {1, 0, 24, 0}, {0, 0, 24, 1}}, ""},
        {"corrected to what is worse", {{0, 0, 24, 9}, {1, 0, 24, 0}, {0, 0, 24, 99}}, "xxx"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        char seen[COMMUNES + 1];
        for (size_t k = 0; k < PUTS_MAX && rows[i].put[k].to_h != rows[i].put[k].from_h; k++)
            put(&place, &rows[i].put[k]);
        doubts(&place, "fine", seen);
        CHECK_TEXT(seen, rows[i].doubts);
        doubts(&place, "coarse", seen);
        CHECK_TEXT(seen, "");
    }
}

// What is no amount: the largest of a span, or its mean. Instants stand for the time since the one
// before them. Numbers are m/s or K here.
static void test_no_amount(void **state)
{
    (void)state;
    static const struct {
        const char *name, *means;
        struct put put[PUTS_MAX];
        const char *doubts;
    } rows[] = {
        {"gusts of two half days: the largest",
         "gust",
         {{0, 0, 12, 8}, {0, 12, 24, 70}, {1, 0, 24, 19}},
         "xxx"},
        {"which is near although their sum is not",
         "gust",
         {{0, 0, 12, 60}, {0, 12, 24, 60}, {1, 0, 24, 30}},
         ""},
        {"wind at three hours of a day beside a daily one",
         "wind",
         {{0, 8, 8, 10}, {0, 16, 16, 80}, {0, 24, 24, 20}, {1, 0, 24, 20}},
         "xxx"},
        {"beside the same hours, near", "wind", {{0, 24, 24, 20}, {1, 24, 24, 60}}, ""},
        {"an hour lacks: the day is not known",
         "wind",
         {{0, 8, 8, 80}, {0, 24, 24, 20}, {1, 0, 24, 20}},
         ""},
        {"the last hour lacks", "wind", {{0, 8, 8, 80}, {0, 16, 16, 20}, {1, 0, 24, 20}}, ""},
        {"one instant alone may be one of many", "gust", {{0, 24, 24, 5}, {1, 0, 24, 60}}, ""},
        {"so may the second's", "gust", {{0, 0, 24, 60}, {1, 24, 24, 5}}, ""},
        {"what looked whole and is not: the doubt goes",
         "gust",
         {{0, 12, 12, 5}, {0, 24, 24, 5}, {1, 0, 24, 60}, {0, 18, 18, 5}},
         ""},
        {"temperatures: the mean is near although one of them is not",
         "temperature",
         {{0, 12, 12, 250}, {0, 24, 24, 350}, {1, 0, 24, 300}},
         ""},
        {"their means are far apart",
         "temperature",
         {{0, 12, 12, 260}, {0, 24, 24, 361}, {1, 0, 24, 260}},
         "xxx"},
        {"a part counts by its length: (6 x 400 + 18 x 300) / 24 = 325",
         "temperature",
         {{0, 0, 6, 400}, {0, 6, 24, 300}, {1, 0, 24, 275}},
         ""},
        {"what is not known has no mean",
         "temperature",
         {{0, 0, 12, 7}, {0, 12, 24, 300}, {1, 0, 24, 300}},
         "xx-"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        char seen[COMMUNES + 1];
        (void)snprintf(both[0].second_means, sizeof(both[0].second_means), "%s", rows[i].means);
        for (size_t k = 0; k < PUTS_MAX && rows[i].put[k].to_h; k++)
            put(&place, &rows[i].put[k]);
        doubts(&place, "fine", seen);
        CHECK_TEXT(seen, rows[i].doubts);
    }
    (void)snprintf(both[0].second_means, sizeof(both[0].second_means), "rain");
}

// A source that says how often it comes: an address for each step.
static void test_steps_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t every_h;
        struct put put[PUTS_MAX];
        const char *doubts;
    } rows[] = {
        {"once a day: one instant is all of it", 24, {{0, 24, 24, 5}, {1, 0, 24, 60}}, "xxx"},
        {"once an hour: it is not", 1, {{0, 24, 24, 5}, {1, 0, 24, 60}}, ""},
        {"nor are two", 1, {{0, 12, 12, 5}, {0, 24, 24, 5}, {1, 0, 24, 60}}, ""},
        {"twice a day they are", 12, {{0, 12, 12, 5}, {0, 24, 24, 5}, {1, 0, 24, 60}}, "xxx"},
        {"a file a day, with several times",
         24,
         {{0, 12, 12, 5}, {0, 24, 24, 5}, {1, 0, 24, 60}},
         "xxx"},
    };
    (void)snprintf(both[0].second_means, sizeof(both[0].second_means), "gust");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        char seen[COMMUNES + 1];
        both[0].place = PLACE_TEMPLATE;
        both[0].every_s = rows[i].every_h * HOUR_S;
        for (size_t k = 0; k < PUTS_MAX && rows[i].put[k].to_h; k++)
            put(&place, &rows[i].put[k]);
        doubts(&place, "fine", seen);
        CHECK_TEXT(seen, rows[i].doubts);
    }
    both[0].place = PLACE_NONE;
    both[0].every_s = 0;
    (void)snprintf(both[0].second_means, sizeof(both[0].second_means), "rain");
}

// Doubts of other kinds stay when this one comes and goes.
static void test_beside_others(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct put first = {0, 0, 24, 90}, second = {1, 0, 24, 0}, mended = {1, 0, 24, 90};
    put(&place, &first);
    struct reading_query query = {"fine", "rain", "three", UTC_NEVER, {0}, {DAY_S}};
    AUTO(readings_free) struct readings readings = {0};
    CHECK_OK(reading_load(place.ledger, &query, &readings, &place.err), place.err);
    AUTO(ledger_undo) struct txn *txn = NULL;
    const uint8_t range[COMMUNES] = {0, QUALITY_RANGE, 0};
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(quality_put(txn, &readings.hash[0], range, COMMUNES, &place.err), place.err);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    const struct put *const after[] = {&second, &mended};
    for (size_t i = 0; i < COUNT_OF(after); i++) {
        AUTO(mem_drop) uint8_t *flag = NULL;
        put(&place, after[i]);
        CHECK_OK(quality_load(place.ledger, &readings, &flag, &place.err), place.err);
        CHECK(flag != NULL);
        CHECK_INT(flag[0], i ? 0 : QUALITY_SECOND);
        CHECK_INT(flag[1], i ? QUALITY_RANGE : QUALITY_RANGE | QUALITY_SECOND);
    }
}

TEST_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_no_amount),
          cmocka_unit_test(test_steps_are_known), cmocka_unit_test(test_beside_others))
