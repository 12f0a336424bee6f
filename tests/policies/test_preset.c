// Domain reference 3: the tables of Decision 18/2021/QĐ-TTg as they are shipped, and how a policy
// names a row. Which cells are published and which are transcriptions only stands in each row.
#include "policies/preset.h"

#include "core/doc.h"
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

// Every cell of every other table as the reference prints it, a row of text for each of its rows:
// one level for each value of the last column, "/" between places.
struct cells {
    const char *name, *table;
    int64_t value[3];
    // Which input moves along a place's levels, through which values.
    size_t moving;
    int64_t along[5];
    size_t count;
    const char *levels; // "123/112": three values at two places
    enum preset_status status;
};

static void check_cells(const struct preset *preset, const struct cells *cells)
{
    const struct preset_table *table = table_of(preset, cells->table);
    CHECK_INT(strlen(cells->levels), (cells->count + 1) * table->places - 1);
    for (size_t place = 0; place < table->places; place++) {
        for (size_t i = 0; i < cells->count; i++) {
            int64_t value[] = {cells->value[0], cells->value[1], cells->value[2]};
            value[cells->moving] = cells->along[i];
            const struct preset_row *row = NULL;
            int64_t level = cells->levels[place * (cells->count + 1) + i] - '0';
            CHECK_INT(preset_level(table, place, value, &row), level);
            CHECK_INT(row == NULL, level == 0);
            if (row && cells->status != PRESET_CONFIRMED)
                CHECK_INT(row->status, cells->status);
        }
    }
}

#define SECOND PRESET_SECONDARY
#define ANY_STATUS PRESET_CONFIRMED // not looked at: rows of the table differ
#define FORCES(a, b, c, d, e) 0, {a * 1000, b * 1000, c * 1000, d * 1000, e * 1000}, 5
#define LANDS 2, {1000, 2000, 3000, 4000}, 4
#define BANDS 0, {1000, 2000, 3000, 4000, 5000}, 5
#define HOT(a, b, c, d) 1, {a * 1000, b * 1000, c * 1000, d * 1000}, 4
#define MONTHS(a, b, c) 1, {a * 1000, b * 1000, c * 1000}, 3

static const struct cells all_cells[] = {
    // East Sea, coast, north, highlands (with Việt Bắc), south: forces 6-9, 10-11, ..., 16 on.
    {"storm", "storm", {0}, FORCES(6, 10, 12, 14, 16), "33344/33445/33445/33455/34555", SECOND},
    {"storm", "storm", {0}, FORCES(9, 11, 13, 15, 17), "33344/33445/33445/33455/34555", SECOND},
    {"a depression of force 5 is none",
     "storm",
     {0},
     FORCES(5, 4, 3, 2, 0),
     "00000/00000/00000/00000/00000",
     SECOND},
    // Low, medium, high, very high at regions 1 to 4.
    {"A", "flash-flood", {100 * MM, 1000}, LANDS, "1123/0123/0012/0011", ANY_STATUS},
    {"A", "flash-flood", {200 * MM, 2000}, LANDS, "1123/0123/0012/0011", ANY_STATUS},
    {"B", "flash-flood", {200100, 3000}, LANDS, "1233/1233/0123/0012", ANY_STATUS},
    {"B", "flash-flood", {400 * MM, 9000}, LANDS, "1233/1233/0123/0012", ANY_STATUS},
    {"C", "flash-flood", {400100, 3000}, LANDS, "2233/2233/1223/0122", ANY_STATUS},
    {"no rain on the days before",
     "flash-flood",
     {150 * MM, 0},
     LANDS,
     "0000/0000/0000/0000",
     ANY_STATUS},
    {"99.9 mm", "flash-flood", {99900, 2000}, LANDS, "0000/0000/0000/0000", ANY_STATUS},
    {"A for longer: as A, our choice",
     "flash-flood",
     {150 * MM, 3000},
     LANDS,
     "1123/0123/0012/0011",
     PRESET_EXTRAPOLATED},
    {"B sooner: as B",
     "flash-flood",
     {300 * MM, 2000},
     LANDS,
     "1233/1233/0123/0012",
     PRESET_EXTRAPOLATED},
    {"C sooner: as C",
     "flash-flood",
     {450 * MM, 1000},
     LANDS,
     "2233/2233/1223/0122",
     PRESET_EXTRAPOLATED},
    // BĐ1 to 2, BĐ2 to 3, to BĐ3 + 0.3 m, to BĐ3 + 1.0 m, to the historic one.
    {"flood", "flood", {0}, BANDS, "11223/12223/12333/23344", SECOND},
    {"above the historic flood", "flood", {0}, 0, {6000}, 1, "3/3/3/5", SECOND},
    {"under BĐ1", "flood", {0}, 0, {0}, 1, "0/0/0/0", SECOND},
    // 3-5, >5-10, >10-25, >25 days in the north, the centre, the south and the highlands.
    {"35 °C", "heat", {35000}, HOT(3, 6, 11, 26), "1111/1111/1111", SECOND},
    {"37 °C", "heat", {37000}, HOT(5, 10, 25, 40), "1111/1111/1111", SECOND},
    {"37.1 °C", "heat", {37100}, HOT(3, 6, 11, 26), "1112/1112/1123", SECOND},
    {"39 °C", "heat", {39000}, HOT(5, 10, 25, 40), "1112/1112/1123", SECOND},
    {"39.1 °C", "heat", {39100}, HOT(3, 6, 11, 26), "1223/1223/2234", SECOND},
    {"41 °C", "heat", {41000}, HOT(5, 10, 25, 40), "1223/1223/2234", SECOND},
    {"41.1 °C; the 1 in the centre looks like an error of who copied it",
     "heat",
     {41100},
     1,
     {3000},
     1,
     "2/1/2",
     PRESET_UNCONFIRMED},
    {"41.1 °C for longer", "heat", {41100}, 1, {6000, 11000, 26000}, 3, "234/234/344", SECOND},
    {"34.9 °C", "heat", {34900}, HOT(3, 6, 11, 26), "0000/0000/0000", SECOND},
    {"two days", "heat", {42000}, HOT(1, 2, 0, 2), "0000/0000/0000", SECOND},
    // 2-3, >3-5, >5 months.
    {"20 %", "drought", {20000}, MONTHS(2, 4, 6), "012/112/123", SECOND},
    {"50 %", "drought", {50000}, MONTHS(3, 5, 12), "012/112/123", SECOND},
    {"50.1 %", "drought", {50100}, MONTHS(2, 4, 6), "123/233/234", SECOND},
    {"70 %", "drought", {70000}, MONTHS(3, 5, 12), "123/233/234", SECOND},
    {"70.1 %", "drought", {70100}, MONTHS(2, 4, 6), "344/344/344", SECOND},
    {"19.9 %", "drought", {19900}, MONTHS(2, 4, 6), "000/000/000", SECOND},
    {"a month", "drought", {80000}, MONTHS(1, 1, 0), "000/000/000", SECOND},
    {"whirlwind", "whirlwind", {0}, 0, {100, 49900, 50000, 100000}, 4, "1122", SECOND},
    {"nowhere", "whirlwind", {0}, 0, {0}, 1, "0", SECOND},
    // What is not confirmed, or contradicts itself, gives no official level at any value.
    {"cold", "cold", {0}, 0, {-5000, 0, 4000, 8000, 12000}, 5, "00000", SECOND},
    {"cold for days", "cold", {-1000}, 1, {3000, 6000, 11000}, 3, "000", SECOND},
    {"fog", "fog", {0}, 0, {0, 500, 1000}, 3, "000", SECOND},
    {"forest fire", "forest-fire", {0}, 0, {1000, 3000, 5000}, 3, "000", SECOND},
};

static void test_cells(void **state)
{
    (void)state;
    AUTO(preset_free) struct preset *preset = open_or_fail("vn-2021-18");
    for (size_t i = 0; i < COUNT_OF(all_cells); i++) {
        ROW(all_cells[i].name);
        check_cells(preset, &all_cells[i]);
    }
}

// Rain and days: the table of heavy rain whole, on both lands.
static void test_heavy_rain_cells(void **state)
{
    (void)state;
    static const struct {
        int64_t rain[2];
        const char *levels; // 1-2, >2-4, >4 days in the midland; on the plain
    } rows[] = {{{100 * MM, 200 * MM}, "123122"},
                {{200100, 400 * MM}, "234233"},
                {{400100, 900 * MM}, "344334"}};
    static const int64_t days[][2] = {{1000, 2000}, {3000, 4000}, {5000, 9000}};
    AUTO(preset_free) struct preset *preset = open_or_fail("vn-2021-18");
    const struct preset_table *table = table_of(preset, "heavy-rain");
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        for (size_t cell = 0; cell < 12; cell++) {
            size_t place = cell / 6, d = cell % 6 / 2, end = cell % 2;
            int64_t value[] = {rows[r].rain[end], NOT, days[d][end]};
            const struct preset_row *row = NULL;
            CHECK_INT(preset_level(table, place, value, &row), rows[r].levels[place * 3 + d] - '0');
            // 50 to 100 mm in 12 hours are as 100 to 200 in 24.
            int64_t half[] = {NOT, rows[0].rain[end] / 2, days[d][end]};
            CHECK_INT(preset_level(table, place, half, &row), rows[0].levels[place * 3 + d] - '0');
        }
    }
}

// Stages of gauges in the pilots: what bulletins told, no more, and no level of risk.
static void test_stages(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int64_t milli;
    } rows[] = {{"cau-bac-kan/bd1", 132000},   {"cau-bac-kan/bd2", 133000},
                {"cau-thac-gieng/bd2", 97500}, {"cau-cho-moi/bd1", 56000},
                {"nang-ba-be/bd1", 154500},    {"nang-ba-be/bd2", 155500}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[100];
        struct err err = {0};
        AUTO(preset_named_free) struct preset_named named = {0};
        (void)snprintf(path, sizeof(path), "vn-flood-stages-pilots/%s", rows[i].path);
        ROW(rows[i].path);
        CHECK_OK(preset_find(str_of(path), &named, &err), err);
        CHECK_INT(named.table->input[0].unit, UNIT_STAGE);
        CHECK_INT(named.row->bound[0].low, COMPARE_MORE_OR_SAME);
        CHECK_INT(named.row->bound[0].low_milli, rows[i].milli);
        CHECK_INT(named.row->level[0], 0);
        CHECK_INT(named.row->status, PRESET_INFERRED);
    }
}

// gong policy presets NAME/TABLE --at VALUES.
static void test_rate(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(preset_named_free) struct preset_named named = {0};
    AUTO(buf_free) struct buf words = buf_new(1000), json = buf_new(1000);
    AUTO(doc_free) struct doc *list = doc_array();
    CHECK_OK(preset_find_table(STR("vn-2021-18/heavy-rain"), &named, &err), err);
    CHECK_OK(
        preset_rate(&named, STR("rain_24h: 15 cm, days: 5 days"), LANGUAGE_EN, &words, list, &err),
        err);
    CHECK_TEXT(words.at, "Heavy rain (article 44, heavy-rain)\n"
                         "  midland: 3, over-100-5-days (secondary)\n"
                         "  plain: 2, over-100-5-days (secondary)\n"
                         "gong evaluates a trigger, this is no official level\n");
    doc_canonical(list, &json);
    CHECK_TEXT(json.at,
               "[{\"level\":3,\"place\":\"midland\",\"row\":\"over-100-5-days\",\"status\":"
               "\"secondary\"},{\"level\":2,\"place\":\"plain\",\"row\":\"over-100-5-days\","
               "\"status\":\"secondary\"}]");
    buf_clear(&words);
    CHECK_OK(preset_rate(&named, STR("rain_24h: 99.9 mm, days: 5 days"), LANGUAGE_VI, &words, list,
                         &err),
             err);
    CHECK_HAS(words.at, "  trung du, miền núi: 0\n  đồng bằng, ven biển: 0\n");
    CHECK_HAS(words.at, "không phải cấp độ chính thức");
    static const struct {
        const char *name, *at, *words;
    } rows[] = {
        {"an input that is not there", "rain: 150 mm", "unknown key \"rain\""},
        {"another unit", "rain_24h: 5 days", "days"},
        {"no unit", "rain_24h: 150", "150"},
        {"nothing", "", "write values as \"rain_24h: ...\""},
        {"no value", "rain_24h", "--at:1:"},
        {"a brace too many", "rain_24h: 1 mm}", "--at:1:"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(preset_rate(&named, str_of(rows[i].at), LANGUAGE_EN, &words, list, &err),
                  ERR_INPUT);
        CHECK_HAS(err.text, rows[i].words);
    }
    struct preset_named none = {0};
    CHECK_INT(preset_find_table(STR("vn-2021-18"), &none, &err), ERR_INPUT);
    CHECK_INT(preset_find_table(STR("vn-2021-18/rain"), &none, &err), ERR_MISSING);
    CHECK_HAS(err.text, "gong policy presets vn-2021-18 lists them");
    CHECK_INT(preset_find_table(STR("vn-2021-18/heavy-rain/over-100-5-days"), &none, &err),
              ERR_MISSING);
}

// A table of no levels, of alarms: which row it is.
static void test_rate_of_no_level(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(preset_named_free) struct preset_named stages = {0};
    AUTO(doc_free) struct doc *alarms = doc_array();
    AUTO(buf_free) struct buf words = buf_new(1000), alarm = buf_new(1000);
    CHECK_OK(preset_find_table(STR("vn-flood-stages-pilots/cau-bac-kan"), &stages, &err), err);
    CHECK_OK(preset_rate(&stages, STR("stage: 133.5 m"), LANGUAGE_EN, &words, alarms, &err), err);
    CHECK_HAS(words.at, "  gauge: 0, bd2 (inferred)\n");
    doc_canonical(alarms, &alarm);
    CHECK_TEXT(alarm.at,
               "[{\"level\":0,\"place\":\"gauge\",\"row\":\"bd2\",\"status\":\"inferred\"}]");
    CHECK_OK(preset_rate(&stages, STR("stage: 132.5 m"), LANGUAGE_EN, &words, alarms, &err), err);
    CHECK_HAS(words.at, "  gauge: 0, bd1 (inferred)\n");
    buf_clear(&words);
    CHECK_OK(preset_rate(&stages, STR("stage: 131.9 m"), LANGUAGE_EN, &words, alarms, &err), err);
    CHECK_HAS(words.at, "  gauge: 0\n");
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
                      "trung du, miền núi cấp 2; đồng bằng, ven biển cấp 2 (theo bản chép lại, "
                      "chưa đối chiếu)");
    ROW("every place has words, and where the law has none no level is said");
    CHECK_HAS(all.at, "; Tây Bắc, Việt Bắc, Nam Trung Bộ, Tây Nguyên cấp 5; Nam Bộ cấp 5");
    CHECK_HAS(all.at, "khu vực 3 không có cấp");
    for (size_t t = 0; t < named.preset->tables; t++) {
        for (size_t i = 0; i < named.preset->table[t].places; i++)
            CHECK(!strstr(all.at, named.preset->table[t].place[i]));
    }
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

TEST_MAIN(cmocka_unit_test(test_heavy_rain), cmocka_unit_test(test_heavy_rain_cells),
          cmocka_unit_test(test_cells), cmocka_unit_test(test_stages), cmocka_unit_test(test_rate),
          cmocka_unit_test(test_rate_of_no_level), cmocka_unit_test(test_flash_flood),
          cmocka_unit_test(test_words), cmocka_unit_test(test_refused))
