// Domain reference 3: the tables of Decision 18/2021/QĐ-TTg as they are shipped, and how a policy
// names a row. Which cells are published and which are transcriptions only stands in each row.
#include "policies/preset.h"

#include "core/mem.h"
#include "tests/check.h"

#define MM 1000
#define NOT PRESET_NOT_GIVEN

static const struct preset_table *table_of(const struct preset *preset, const char *name)
{
    for (size_t i = 0; i < preset->tables; i++) {
        if (strcmp(preset->table[i].name, name) == 0)
            return &preset->table[i];
    }
    CHECK_FAILED("no table %s", name);
    return NULL;
}

static struct preset *open_or_fail(const char *id)
{
    struct err err = {0};
    struct preset *preset = NULL;
    CHECK_OK(preset_open(str_of(id), &preset, &err), err);
    return preset;
}

// Rain of 24 and 12 hours, days, midland (0) or plain (1).
static void test_heavy_rain(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t value[3];
        size_t place;
        int64_t level;
    } rows[] = {
        {"99.9 mm, 49.9 mm in 12 h", {99900, 49900, 2000}, 0, 0},
        {"100 mm", {100 * MM, NOT, 1000}, 0, 1},
        {"80 mm, 55 of them in 12 h", {80 * MM, 55 * MM, 1000}, 0, 1},
        {"200 mm on the plain", {200 * MM, NOT, 2000}, 1, 1},
        {"200.1 mm", {200100, NOT, 2000}, 0, 2},
        {"150 mm for three days", {150 * MM, NOT, 3000}, 0, 2},
        {"150 mm for five days", {150 * MM, NOT, 5000}, 0, 3},
        {"the same on the plain", {150 * MM, NOT, 5000}, 1, 2},
        {"400 mm for three days on the plain", {400 * MM, NOT, 3000}, 1, 3},
        {"400.1 mm", {400100, NOT, 2000}, 0, 3},
        {"400.1 mm for three days", {400100, NOT, 3000}, 0, 4},
        {"the same on the plain", {400100, NOT, 3000}, 1, 3},
        {"450 mm for five days on the plain", {450 * MM, NOT, 5000}, 1, 4},
    };
    AUTO(preset_free) struct preset *preset = open_or_fail("vn-2021-18");
    const struct preset_table *table = table_of(preset, "heavy-rain");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        const struct preset_row *row = NULL;
        CHECK_INT(preset_level(table, rows[i].place, rows[i].value, &row), rows[i].level);
        CHECK_INT(row == NULL, rows[i].level == 0);
    }
}

// One cell of each other table, at a bound or beside it.
static void test_cells(void **state)
{
    (void)state;
    static const struct {
        const char *table, *place;
        int64_t value[3];
        int64_t level;
        enum preset_status status;
    } rows[] = {
        {"storm", "east-sea", {5000}, 0, PRESET_CONFIRMED},
        {"storm", "north", {6000}, 3, PRESET_SECONDARY},
        {"storm", "north", {12000}, 4, PRESET_SECONDARY},
        {"storm", "highlands", {12000}, 4, PRESET_SECONDARY},
        {"storm", "highlands", {14000}, 5, PRESET_SECONDARY},
        {"storm", "south", {10000}, 4, PRESET_SECONDARY},
        {"storm", "east-sea", {17000}, 4, PRESET_SECONDARY},
        {"flash-flood", "region-2", {150 * MM, 2000, 3000}, 2, PRESET_SECONDARY},
        {"flash-flood", "region-3", {150 * MM, 2000, 3000}, 1, PRESET_SECONDARY},
        {"flash-flood", "region-1", {150 * MM, 1000, 1000}, 1, PRESET_CONFIRMED},
        {"flash-flood", "region-2", {150 * MM, 1000, 1000}, 0, PRESET_CONFIRMED},
        {"flash-flood", "region-3", {450 * MM, 3000, 4000}, 3, PRESET_SECONDARY},
        {"flash-flood", "region-4", {450 * MM, 3000, 4000}, 2, PRESET_SECONDARY},
        {"flash-flood", "region-2", {300 * MM, 2000, 2000}, 2, PRESET_EXTRAPOLATED},
        {"flash-flood", "region-2", {150 * MM, 0, 4000}, 0, PRESET_CONFIRMED},
        {"flood", "area-4", {6000}, 5, PRESET_SECONDARY},
        {"flood", "area-1", {3000}, 2, PRESET_SECONDARY},
        {"heat", "north", {34900, 30000}, 0, PRESET_CONFIRMED},
        {"heat", "south", {38000, 26000}, 3, PRESET_SECONDARY},
        {"heat", "central", {41100, 3000}, 1, PRESET_UNCONFIRMED},
        {"heat", "south", {41100, 30000}, 4, PRESET_SECONDARY},
        {"drought", "north", {50000, 3000}, 0, PRESET_CONFIRMED},
        {"drought", "south", {50100, 6000}, 4, PRESET_SECONDARY},
        {"drought", "central", {71000, 2000}, 3, PRESET_SECONDARY},
        {"whirlwind", "any", {49900}, 1, PRESET_SECONDARY},
        {"whirlwind", "any", {50000}, 2, PRESET_SECONDARY},
        {"cold", "any", {2000, 12000}, 0, PRESET_CONFIRMED},
    };
    AUTO(preset_free) struct preset *preset = open_or_fail("vn-2021-18");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[80];
        (void)snprintf(name, sizeof(name), "row %zu: %s, %s", i, rows[i].table, rows[i].place);
        ROW(name);
        const struct preset_table *table = table_of(preset, rows[i].table);
        const struct preset_row *row = NULL;
        size_t place = 0;
        while (place < table->places && strcmp(table->place[place], rows[i].place) != 0)
            place++;
        CHECK(place < table->places);
        CHECK_INT(preset_level(table, place, rows[i].value, &row), rows[i].level);
        if (rows[i].level)
            CHECK_INT(row->status, rows[i].status);
    }
}

// What holds of flash floods whatever the cells are: more with susceptibility, more from A to C,
// less from region 1 to 4.
static void test_flash_flood(void **state)
{
    (void)state;
    AUTO(preset_free) struct preset *preset = open_or_fail("vn-2021-18");
    const struct preset_table *table = table_of(preset, "flash-flood");
    static const int64_t cases[][2] = {{150 * MM, 2000}, {300 * MM, 3000}, {450 * MM, 3000}};
    int64_t level[3][4][4];
    const struct preset_row *row;
    for (size_t c = 0; c < 3; c++) {
        for (int64_t s = 0; s < 4; s++) {
            int64_t value[] = {cases[c][0], cases[c][1], (s + 1) * 1000};
            for (size_t r = 0; r < 4; r++)
                level[c][s][r] = preset_level(table, r, value, &row);
        }
    }
    for (size_t c = 0; c < 3; c++) {
        for (size_t s = 0; s < 4; s++) {
            for (size_t r = 0; r < 4; r++) {
                CHECK(c == 0 || level[c][s][r] >= level[c - 1][s][r]);
                CHECK(s == 0 || level[c][s][r] >= level[c][s - 1][r]);
                CHECK(r == 0 || level[c][s][r] <= level[c][s][r - 1]);
            }
        }
    }
    ROW("every row has a status, and what is not in the law says so");
    for (size_t i = 0; i < table->rows; i++) {
        bool gap = strstr(table->row[i].name, "longer") || strstr(table->row[i].name, "sooner");
        CHECK_INT(table->row[i].status == PRESET_EXTRAPOLATED, gap);
    }
}

static void test_words(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(preset_named_free) struct preset_named named = {0};
    AUTO(buf_free) struct buf said = buf_new(1000), all = buf_new(1 << 20);
    CHECK_OK(preset_find(STR("vn-2021-18/heavy-rain/over-200-1-2-days"), &named, &err), err);
    preset_say_row(&named, LANGUAGE_EN, &said);
    CHECK_TEXT(said.at,
               "Decision 18/2021/QĐ-TTg, article 44, over-200-1-2-days (secondary): midland "
               "2, plain 2; gong evaluates a trigger, this is no official level");
    preset_describe(named.preset, LANGUAGE_VI, &all);
    CHECK_HAS(all.at, "  over-200-1-2-days: rain_24h > 200 mm <= 400 mm; days >= 1 ngày <= 2 ngày; "
                      "midland 2, plain 2 (theo bản chép lại, chưa đối chiếu)");
    AUTO(preset_free) struct preset *caps = open_or_fail("vn-micro-insurance-2023");
    buf_clear(&all);
    preset_describe(caps, LANGUAGE_EN, &all);
    CHECK_HAS(all.at, "2023-05-05 – 2026-12-31: 120,000,000 VND (confirmed)");
    CHECK_HAS(all.at, "2027-01-01 – 2035-12-31: 168,000,000 VND (inferred)");
}

#define HEAD                                                                                       \
    "gong_preset: 1\nid: x\ntitle: {vi: a, en: b}\nin_force: {from: 2021-01-01}\nchecked: "        \
    "2026-01-01\n"
#define TABLE(rows)                                                                                \
    HEAD "tables:\n  - {name: t, article: 1, title: {vi: a, en: b}, inputs: [{name: r, unit: mm}]" \
         ", places: [p, q], rows: [" rows "]}\n"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"neither tables nor caps", HEAD, "write tables or caps"},
        {"a level too few", TABLE("{name: a, r: {from: 1 mm}, levels: [1], status: secondary}"),
         "one level for each of the 2 places"},
        {"level 6", TABLE("{name: a, r: {from: 1 mm}, levels: [1, 6], status: secondary}"),
         "a level is 0 (none) to 5"},
        {"no status", TABLE("{name: a, r: {from: 1 mm}, levels: [1, 1]}"), "\"status\" is missing"},
        {"an input that is not there",
         TABLE("{name: a, days: {from: 1 mm}, levels: [1, 1], status: secondary}"), "days"},
        {"another unit", TABLE("{name: a, r: {from: 1 km/h}, levels: [1, 1], status: secondary}"),
         "km/h"},
        {"no bound", TABLE("{name: a, r: {}, levels: [1, 1], status: secondary}"), "bounds are"},
        {"a name twice",
         TABLE("{name: a, levels: [1, 1], status: secondary}, {name: a, levels: [1, 1], status: "
               "secondary}"),
         "stands twice"},
        {"caps that overlap",
         HEAD "caps: [{from: 2021-01-01, to: 2022-01-01, most: 5 VND, status: confirmed}, {from: "
              "2022-01-01, to: 2023-01-01, most: 6 VND, status: confirmed}]\n",
         "begins before the one above"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(preset_free) struct preset *preset = NULL;
        CHECK_INT(preset_parse(str_of(rows[i].text), "x.yaml", &preset, &err), ERR_INPUT);
        CHECK_HAS(err.text, "x.yaml:");
        CHECK_HAS(err.text, rows[i].words);
    }
    struct err err = {0};
    struct preset *none = NULL;
    CHECK_INT(preset_open(STR("vn-2044"), &none, &err), ERR_MISSING);
    CHECK_HAS(err.text, "there are vn-2021-18, vn-micro-insurance-2023");
    struct preset_named named = {0};
    CHECK_INT(preset_find(STR("vn-2021-18/rain"), &named, &err), ERR_INPUT);
    CHECK_INT(preset_find(STR("vn-2021-18/rain/x"), &named, &err), ERR_MISSING);
}

TEST_MAIN(cmocka_unit_test(test_heavy_rain), cmocka_unit_test(test_cells),
          cmocka_unit_test(test_flash_flood), cmocka_unit_test(test_words),
          cmocka_unit_test(test_refused))
