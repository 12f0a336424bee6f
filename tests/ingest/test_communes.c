// Domain reference 2: communes and codes, on the real list and the simplified map of 2025, and what
// weights by area are for. Published: codes, names, counts and areas. The mean with a gap and the
// sizes of cells were computed by the reference's author. Its 472 split communes are 471 and the
// empty code, under which the list has five island districts without communes, as one more.
#include "core/file.h"
#include "ingest/aggregate.h"
#include "ingest/former_csv.h"
#include "ingest/geojson.h"
#include "ingest/outline.h"
#include "tests/ingest/every_file.h"
#include "tests/ingest/shapes.h"

#include <stdlib.h>

enum { BYTES_MAX = 16 << 20 };

struct nation {
    struct boundary_set *set;
    struct formers formers;
};

static void nation_free(struct nation *nation)
{
    boundary_set_free(&nation->set);
    formers_free(&nation->formers);
}

static void load(struct nation *out)
{
    struct err err = {0};
    AUTO(buf_free) struct buf map = buf_new(BYTES_MAX), list = buf_new(BYTES_MAX);
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    struct geojson_keys keys = {"code", "full_name", "province_code"};
    struct renaming renaming = {STR("06970"), STR("06978")};
    size_t nowhere;
    CHECK_OK(file_read(SHARED_DATA "boundaries/communes_2025_simplified.geojson", &map, &err), err);
    CHECK_OK(file_read(SHARED_DATA "admin/commune_code_map_old_to_2025.csv", &list, &err), err);
    CHECK_OK(geojson_read(buf_slice(&map), "map", &keys, &out->set, &notes, &err), err);
    CHECK_OK(former_csv_read(buf_slice(&list), "list", out->set, &renaming, &out->formers, &nowhere,
                             &err),
             err);
}

static const struct commune *find(const struct nation *nation, const char *code)
{
    size_t at = boundary_set_find(nation->set, code);
    CHECK(at != SIZE_MAX);
    return &nation->set->commune[at];
}

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *code, *now, *before, *said;
    } rows[] = {
        {"the same code, a new area", "24611", "Phường Bắc Gia Nghĩa",
         "Phường Nghĩa Đức; Phường Nghĩa Thành; Phường Quảng Thành; Xã Đắk Ha",
         "Nghĩa Đức, Nghĩa Thành, Quảng Thành, Đắk Ha"},
        {"the name goes on under another code", "02143", "Xã Văn Lang",
         "Xã Văn Lang; Xã Lương Thượng; Xã Kim Hỷ", "Văn Lang, Lương Thượng, Kim Hỷ"},
        {"unchanged", "24616", "Xã Quảng Sơn", "Xã Quảng Sơn", ""},
        {"unchanged, written in another way", "24620", "Xã Quảng Hoà", "Xã Quảng Hòa", ""},
        {"unchanged", "24736", "Xã Quảng Trực", "Xã Quảng Trực", ""},
        {"unchanged", "01957", "Xã Thượng Quan", "Xã Thượng Quan", ""},
    };
    if (!shared_is_there())
        return;
    AUTO(nation_free) struct nation nation = {0};
    load(&nation);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].code);
        AUTO(mem_drop) char *before = former_names(&nation.formers, rows[i].code);
        CHECK_TEXT(find(&nation, rows[i].code)->name, rows[i].now);
        CHECK_TEXT(before, rows[i].before);
        AUTO(mem_drop)
        char *said = former_said(&nation.formers, rows[i].code, rows[i].now);
        CHECK_TEXT(said, rows[i].said);
    }
    ROW("a code that was closed is none");
    CHECK_INT(boundary_set_find(nation.set, "02140"), SIZE_MAX);
    ROW("two communes of one province, one name without its marks: only a code names a commune");
    AUTO(buf_free) struct buf a = buf_new(100), b = buf_new(100);
    (void)text_ascii(str_of(find(&nation, "02143")->name), &a);
    (void)text_ascii(str_of(find(&nation, "05665")->name), &b);
    CHECK_TEXT(a.at, b.at);
    CHECK_TEXT(find(&nation, "02143")->zone, find(&nation, "05665")->zone);
    CHECK_INT(boundary_set_find(nation.set, a.at), SIZE_MAX);
}

// What of `province` (a former one) there is: communes, of `now`, split ones, area and box; and how
// many communes hold no node of a grid of 0.25, 0.1 and 0.05 degrees.
struct pilot {
    size_t communes, now, split;
    double area_km2, west, east, south, north;
    size_t without[3];
};
// The nodes of 0.25 degrees lie at its multiples, as forecasts have them, the others between.
static const struct {
    double step, first;
} nodes[] = {{0.25, 0}, {0.1, 0.05}, {0.05, 0.025}};

static bool has_node(const struct outline *outline, double step, double first)
{
    int west = (int)floor(outline->west / step), east = (int)ceil(outline->east / step);
    int south = (int)floor(outline->south / step), north = (int)ceil(outline->north / step);
    bool found = false;
    for (int x = west; x <= east; x++) {
        for (int y = south; y <= north; y++)
            found = found || outline_holds(outline, x * step + first, y * step + first);
    }
    return found;
}

static void add_commune(struct pilot *pilot, const struct commune *commune, const char *now)
{
    AUTO(outline_free) struct outline outline = {0};
    CHECK(outline_set(&outline, commune->shape));
    pilot->communes++;
    pilot->now += strcmp(commune->zone, now) == 0;
    pilot->area_km2 += commune->area_km2;
    pilot->west = fmin(pilot->west, outline.west);
    pilot->east = fmax(pilot->east, outline.east);
    pilot->south = fmin(pilot->south, outline.south);
    pilot->north = fmax(pilot->north, outline.north);
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        pilot->without[i] += !has_node(&outline, nodes[i].step, nodes[i].first);
}

static struct pilot pilot_of(const struct nation *nation, const char *province, const char *now)
{
    struct pilot pilot = {.west = 180, .east = -180, .south = 90, .north = -90};
    AUTO(mem_drop) bool *seen = mem_new(nation->set->count, sizeof(*seen));
    for (size_t i = 0; i < nation->formers.count; i++) {
        const struct former *former = &nation->formers.at[i];
        if (strcmp(former->old_province, province) != 0)
            continue;
        size_t at = boundary_set_find(nation->set, former->code);
        pilot.split += former->is_split;
        if (!seen[at])
            add_commune(&pilot, &nation->set->commune[at], now);
        seen[at] = true;
    }
    return pilot;
}

static int by_old_code(const void *a, const void *b)
{
    const struct former *x = *(const struct former *const *)a;
    const struct former *y = *(const struct former *const *)b;
    return strcmp(x->old_code, y->old_code);
}

// Old communes that went to several of now, into how many parts; and rows without an old code.
struct count {
    size_t split, parts, nameless;
};

static struct count count_split(const struct formers *formers)
{
    struct count count = {0};
    AUTO(mem_drop) const struct former **row = mem_new(formers->count, sizeof(*row));
    for (size_t i = 0; i < formers->count; i++)
        row[i] = &formers->at[i];
    qsort(row, formers->count, sizeof(*row), by_old_code);
    for (size_t i = 0, end; i < formers->count; i = end) {
        for (end = i + 1; end < formers->count && by_old_code(&row[i], &row[end]) == 0; end++)
            CHECK_INT(row[end]->is_split, row[i]->is_split);
        bool named = row[i]->old_code[0] != 0;
        count.nameless += named ? 0 : end - i;
        count.split += named && end - i > 1;
        count.parts += named && end - i > 1 ? end - i : 0;
        CHECK_INT(row[i]->is_split, named && end - i > 1);
    }
    return count;
}

static void test_pilots(void **state)
{
    (void)state;
    static const struct {
        const char *province, *now;
        struct pilot is;
    } rows[] = {
        {"Tỉnh Đắk Nông", "68", {28, 28, 0, 6531, 107.206, 108.116, 11.749, 12.812, {19, 1, 0}}},
        {"Tỉnh Bắc Kạn", "19", {37, 37, 0, 4865, 105.431, 106.247, 21.804, 22.741, {31, 5, 1}}},
    };
    if (!shared_is_there())
        return;
    AUTO(nation_free) struct nation nation = {0};
    load(&nation);
    CHECK_INT(nation.set->count, 3321);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].province);
        const struct pilot *is = &rows[i].is;
        struct pilot got = pilot_of(&nation, rows[i].province, rows[i].now);
        CHECK_INT(got.communes, is->communes);
        CHECK_INT(got.now, is->now);
        CHECK_INT(got.split, 0);
        CHECK_NEAR(got.area_km2 / is->area_km2, 1, 0.01);
        // The map is simplified to some hundred metres.
        CHECK_NEAR(got.west, is->west, 0.01);
        CHECK_NEAR(got.east, is->east, 0.01);
        CHECK_NEAR(got.south, is->south, 0.01);
        CHECK_NEAR(got.north, is->north, 0.01);
    }
    ROW("old communes that were split, and the empty code of the islands: 472 codes");
    struct count count = count_split(&nation.formers);
    CHECK_INT(count.split, 471);
    CHECK_INT(count.parts, 1033);
    CHECK_INT(count.split + (count.nameless > 1), 472);
    CHECK_INT(count.nameless, 5);
}

static void test_cells(void **state)
{
    (void)state;
    static const double rows[][3] = {{0.25, 12, 755.88}, {0.25, 22, 716.50}, {0.1, 12, 120.94},
                                     {0.1, 22, 114.64},  {0.05, 12, 30.24},  {0.05, 22, 28.66}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(rings_free) struct rings cell = {0};
        double half = rows[i][0] / 2, at = rows[i][1];
        add_box(&cell, 105, at - half, 105 + rows[i][0], at + half);
        CHECK_NEAR(rings_area_km2(&cell), rows[i][2], 0.0051);
    }
}

// Weights and values 0.25/40, 0.50/100, 0.20/10 and 0.05 of which nobody saw anything.
static void test_mean(void **state)
{
    (void)state;
    static uint32_t start[] = {0, 4}, cell[] = {0, 1, 2, 3};
    static double share[] = {0.25, 0.50, 0.20, 0.05};
    static const float value[] = {40, 100, 10, NAN};
    static const struct weights one = {1, 4, start, cell, share, {{0}}};
    struct aggregate *aggregate = aggregate_new(&one);
    int32_t milli = 0;
    uint16_t cover = 0;
    aggregate_step(aggregate, value, &milli, &cover);
    aggregate_free(&aggregate);
    CHECK_INT(milli, 65263); // 65.263158
    CHECK_INT(cover, 9500);
}

TEST_MAIN(cmocka_unit_test(test_codes), cmocka_unit_test(test_pilots), cmocka_unit_test(test_cells),
          cmocka_unit_test(test_mean))
