// Typhoon Damrey, 1-10 November 2017, on 300 communes of central Viet Nam: sums of ten days and the
// wettest day, to 0.1 mm, against the overlap of polygons and cells worked out beside gong (GDAL's
// intersections, areas on the sphere by numpy; the mean over what is observed, as "cdo remapcon"
// takes it): damrey.csv.
#include "core/file.h"
#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/cf.h"
#include "ingest/geojson.h"
#include "ingest/weights.h"
#include "ledger/reading.h"
#include "tests/ingest/every_file.h"

#include <stdlib.h>

enum { BYTES_MAX = 64 << 20, DAYS = 10, COMMUNES = 300, COLUMNS = 6 };
static const double NEAR_MM = 0.1, NEAR_COVER = 1e-3;

// Ten days of one grid as sums over the communes of a set.
struct sums {
    int64_t *total, *wettest; // [communes] thousandths of mm; -1: not observed
    uint16_t *cover;          // [communes]
};

static void sums_free(struct sums *sums)
{
    mem_free(&sums->total);
    mem_free(&sums->wettest);
    mem_free(&sums->cover);
}

static struct sums sums_of(const char *path, const struct boundary_set *set)
{
    struct err err = {0};
    struct wanted_list list = {
        .count = 1,
        .at = {{.reads = "precipitation", .variable = "rain", .interval = INTERVAL_BOUNDS}}};
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    AUTO(frame_free) struct frame frame = {0};
    AUTO(weights_free) struct weights *weights = NULL;
    AUTO(aggregate_free) struct aggregate *aggregate = NULL;
    AUTO(mem_drop) int32_t *milli = mem_new(set->count, sizeof(*milli));
    struct sums sums = {mem_new(set->count, sizeof(int64_t)), mem_new(set->count, sizeof(int64_t)),
                        mem_new(set->count, sizeof(uint16_t))};
    CHECK_OK(file_read(path, &bytes, &err), err);
    CHECK_OK(cf_read(bytes.at, bytes.len, &list, &frame, &err), err);
    CHECK_INT(frame.count, DAYS);
    CHECK_OK(weights_make(set, &frame.grid, &weights, &err), err);
    aggregate = aggregate_new(weights);
    for (size_t day = 0; day < DAYS; day++) {
        aggregate_step(aggregate, frame.value + day * weights->cells, milli, sums.cover);
        for (size_t c = 0; c < set->count; c++) {
            bool seen = milli[c] != READING_NONE && sums.total[c] >= 0;
            sums.total[c] = seen ? sums.total[c] + milli[c] : -1;
            sums.wettest[c] = seen && milli[c] > sums.wettest[c] ? milli[c] : sums.wettest[c];
        }
    }
    return sums;
}

static size_t commune_of(const struct boundary_set *set, struct str code)
{
    size_t c = 0;
    while (c < set->count && !str_is(code, set->commune[c].code))
        c++;
    CHECK(c < set->count);
    return c;
}

static double number(struct str text)
{
    char copy[32];
    (void)snprintf(copy, sizeof(copy), STR_FMT, STR_ARG(text));
    return strtod(copy, NULL);
}

static void check_mm(int64_t milli, struct str mm)
{
    if (mm.len == 0)
        CHECK_INT(milli, -1);
    else
        CHECK_NEAR((double)milli / 1000, number(mm), NEAR_MM);
}

static void test_damrey(void **state)
{
    (void)state;
    static const char *const names[] = {"DERIVED_gsmap_idw_grid_damrey_20171101-10.nc",
                                        "gsmap_daily_sparse_grid_damrey_20171101-10.nc"};
    struct err err = {0};
    if (!shared_is_there())
        return;
    struct geojson_keys keys = {.code = "code", .name = "full_name"};
    struct geojson_notes notes = {0};
    AUTO(buf_free) struct buf text = buf_new(BYTES_MAX), table = buf_new(BYTES_MAX);
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    CHECK_OK(file_read(SHARED_DATA "boundaries/communes_2025_simplified.geojson", &text, &err),
             err);
    CHECK_OK(file_read("tests/ingest/damrey.csv", &table, &err), err);
    CHECK_OK(geojson_read(buf_slice(&text), "communes", &keys, &set, &notes, &err), err);
    geojson_notes_free(&notes);
    AUTO(sums_free) struct sums idw = {0};
    AUTO(sums_free) struct sums sparse = {0};
    AUTO(mem_drop) char *one = file_join(SHARED_DATA "rainfall", names[0]);
    AUTO(mem_drop) char *two = file_join(SHARED_DATA "rainfall", names[1]);
    idw = sums_of(one, set);
    sparse = sums_of(two, set);
    struct str rest = buf_slice(&table), line;
    CHECK(str_take_line(&rest, &line)); // the head
    size_t rows = 0, observed = 0;
    for (; str_take_line(&rest, &line); rows++) {
        struct str field[COLUMNS];
        for (size_t i = 0; i < COLUMNS; i++)
            CHECK(str_take_field(&line, ',', &field[i]));
        size_t c = commune_of(set, field[0]);
        ROW(set->commune[c].code);
        check_mm(idw.total[c], field[1]);
        check_mm(idw.wettest[c], field[2].len ? field[2] : STR("0"));
        CHECK_NEAR(idw.cover[c] / 10000.0, number(field[3]), NEAR_COVER);
        check_mm(sparse.total[c], field[4]);
        CHECK_NEAR(sparse.cover[c] / 10000.0, number(field[5]), NEAR_COVER);
    }
    CHECK_INT(rows, COMMUNES);
    ROW("no commune beside these is observed");
    for (size_t c = 0; c < set->count; c++)
        observed += idw.total[c] >= 0 || sparse.total[c] >= 0;
    CHECK_INT(observed, COMMUNES);
}

TEST_MAIN(cmocka_unit_test(test_damrey))
