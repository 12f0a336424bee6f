#include "ingest/peel.h"

#include "core/mem.h"
#include "tests/ledger/place.h"

static const struct source every_three = {
    .name = "gfs", .lead_first_h = 3, .lead_every_h = 3, .lead_count = 8, .has_leads = true};

static struct reading_meta meta_of(int64_t from_h, int64_t to_h, int32_t member)
{
    return (struct reading_meta){.source = "gfs",
                                 .variable = "rain",
                                 .boundary_set = "two",
                                 .issued_at = {0},
                                 .valid_from = {from_h * HOUR_S},
                                 .valid_to = {to_h * HOUR_S},
                                 .member = member,
                                 .raw = {{(uint8_t)to_h}}};
}

static void put(struct place *place, const struct reading_meta *meta, int32_t value)
{
    int32_t values[2] = {value, value == 7 ? READING_NONE : 2 * value};
    uint16_t cover[2] = {READING_COVER_FULL, 5000};
    struct reading reading = {.meta = *meta, .communes = 2, .value = values, .cover = cover};
    (void)place_keep(place, &reading);
}

struct before {
    int64_t from_h, to_h;
    int32_t member, value;
};

static const struct {
    const char *name;
    struct before before[3];
    int64_t from_h, to_h;
    int32_t member, total;
    bool given_up;
    enum err_kind kind;
    const char *says;
    int64_t want_from_h;
    int32_t want;
    size_t bases;
} peel_rows[] = {
    {"the first stamp has nothing before it", {{0}}, 0, 3, 0, 500, false, OK, "", 0, 500, 0},
    {"the second: what came before goes off",
     {{0, 3, 0, 500}},
     0,
     6,
     0,
     1200,
     false,
     OK,
     "",
     3,
     700,
     1},
    {"the third: both amounts go off",
     {{0, 3, 0, 500}, {3, 6, 0, 700}},
     0,
     9,
     0,
     1300,
     false,
     OK,
     "",
     6,
     100,
     2},
    {"a bucket of six hours: only what is in it goes off",
     {{0, 3, 0, 500}, {3, 6, 0, 700}, {6, 9, 0, 40}},
     6,
     12,
     0,
     90,
     false,
     OK,
     "",
     9,
     50,
     1},
    {"another member is not this one",
     {{0, 3, 1, 500}},
     0,
     6,
     2,
     1200,
     false,
     ERR_MISSING,
     "waits for the file up to 1970-01-01T03:00:00Z, which has not been read yet",
     0,
     0,
     0},
    {"nothing came before: it waits",
     {{0}},
     0,
     6,
     0,
     1200,
     false,
     ERR_MISSING,
     "the running total up to 1970-01-01T06:00:00Z",
     0,
     0,
     0},
    {"one amid is missing: it waits",
     {{0, 3, 0, 500}},
     0,
     9,
     0,
     1200,
     false,
     ERR_MISSING,
     "up to 1970-01-01T06:00:00Z",
     0,
     0,
     0},
    {"it will not come any more: the rest is of a longer time",
     {{0, 3, 0, 500}},
     0,
     9,
     0,
     1200,
     true,
     OK,
     "",
     3,
     700,
     1},
    {"nothing will come: it stays a total", {{0}}, 0, 9, 0, 1200, true, OK, "", 0, 1200, 0},
    {"a hair less is packing", {{0, 3, 0, 500}}, 0, 6, 0, 460, false, OK, "", 3, 0, 1},
    {"less than before is no running total",
     {{0, 3, 0, 500}},
     0,
     6,
     0,
     200,
     false,
     ERR_INPUT,
     "is less than what fell before it, by 0.300 mm; is it one?",
     0,
     0,
     0},
    {"it is an amount already", {{0, 3, 0, 500}}, 3, 6, 0, 700, false, OK, "", 3, 700, 0},
    {"behind the last lead", {{0}}, 24, 30, 0, 700, false, OK, "", 24, 700, 0},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(peel_rows); i++) {
        ROW(peel_rows[i].name);
        struct err err = {0};
        AUTO(place_free) struct place place = place_new();
        for (size_t k = 0; k < 3 && peel_rows[i].before[k].to_h; k++) {
            const struct before *one = &peel_rows[i].before[k];
            struct reading_meta meta = meta_of(one->from_h, one->to_h, one->member);
            put(&place, &meta, one->value);
        }
        AUTO(peel_free) struct peel *peel = peel_new(&every_three, peel_rows[i].given_up);
        struct reading_meta meta =
            meta_of(peel_rows[i].from_h, peel_rows[i].to_h, peel_rows[i].member);
        int32_t value[] = {peel_rows[i].total, 2 * peel_rows[i].total};
        uint16_t cover[] = {READING_COVER_FULL, 9000};
        size_t bases;
        CHECK_INT(peel_step(peel, place.ledger, &meta, value, cover, 2, &err), peel_rows[i].kind);
        CHECK_HAS(err.text, peel_rows[i].says);
        if (peel_rows[i].kind)
            continue;
        CHECK_INT(meta.valid_from.s, peel_rows[i].want_from_h * HOUR_S);
        CHECK_INT(value[0], peel_rows[i].want);
        CHECK_INT(value[1], 2 * peel_rows[i].want);
        CHECK_INT(cover[1], peel_rows[i].bases ? 5000 : 9000);
        (void)peel_bases(peel, &bases);
        CHECK_INT(bases, peel_rows[i].bases);
    }
}

static void test_others(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(place_free) struct place place = place_new();
    AUTO(peel_free) struct peel *peel = peel_new(&every_three, false);
    uint16_t cover[] = {READING_COVER_FULL, READING_COVER_FULL};
    int32_t value[] = {5, 6};

    ROW("gusts are no totals");
    struct reading_meta gust = meta_of(0, 9, 0);
    (void)snprintf(gust.variable, sizeof(gust.variable), "gust");
    CHECK_OK(peel_step(peel, place.ledger, &gust, value, cover, 2, &err), err);
    CHECK_INT(gust.valid_from.s, 0);

    ROW("nor are observations");
    struct reading_meta seen = meta_of(0, 9, 0);
    seen.issued_at = UTC_NEVER;
    CHECK_OK(peel_step(peel, place.ledger, &seen, value, cover, 2, &err), err);
    CHECK_INT(seen.valid_from.s, 0);

    ROW("what is not known of an amount is not known of the rest");
    struct reading_meta first = meta_of(0, 3, 0), second = meta_of(0, 6, 0);
    put(&place, &first, 7);
    CHECK_OK(peel_step(peel, place.ledger, &second, value, cover, 2, &err), err);
    CHECK_INT(value[0], 0); // 5 - 7: a hair
    CHECK_INT(value[1], READING_NONE);
    CHECK_INT(cover[1], 0);
}

TEST_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_others))
