#include "ledger/seriesfile.h"

#include "core/file.h"
#include "ledger/reading.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/gong-test-XXXXXX";
static char path[64];

static const struct series_place places[] = {
    {"01840", "Chợ Đồn", "former-bac-kan", 22.15, 105.59},
    {"24616", "Quảng Trực", "", NAN, NAN},
};
static const struct seriesfile_head head = {.variable = "rain",
                                            .source = "drill",
                                            .boundary_set = "two",
                                            .origin = "a test",
                                            .product = "Mưa của một thử nghiệm, bản 7",
                                            .place = places,
                                            .places = 2,
                                            .covers = true};

static struct span day(int64_t first)
{
    return (struct span){{first * DAY_S}, {(first + 1) * DAY_S}};
}

static void begin(void)
{
    CHECK(mkdtemp(strcpy(folder, "/tmp/gong-test-XXXXXX")) != NULL);
    (void)snprintf(path, sizeof(path), "%s/a.nc", folder);
}

static void end(void)
{
    (void)unlink(path);
    CHECK_INT(rmdir(folder), 0);
}

static int32_t value_at(const struct seriesfile *series, size_t step, size_t place)
{
    return cdf_int((const unsigned char *)(series->value + step * series->stride + place));
}

static void test_round_trip(void **state)
{
    (void)state;
    struct err err = {0};
    struct seriesfile_writer *writer = NULL;
    AUTO(seriesfile_close) struct seriesfile *series = NULL;
    begin();
    CHECK_OK(seriesfile_create(path, &head, &writer, &err), err);
    CHECK_OK(seriesfile_append(writer, day(-1), (int32_t[]){12300, READING_NONE},
                               (uint16_t[]){10000, 0}, &err),
             err);
    CHECK_OK(seriesfile_append(writer, day(5), (int32_t[]){0, 7}, (uint16_t[]){9000, 1}, &err),
             err);
    CHECK_OK(seriesfile_finish(&writer, &err), err);
    CHECK_OK(seriesfile_open(path, &series, &err), err);
    CHECK_INT(series->count, 2);
    CHECK_INT(series->places, 2);
    CHECK_TEXT(series->variable, "rain");
    CHECK_TEXT(series->source, "drill");
    CHECK_TEXT(series->product, "Mưa của một thử nghiệm, bản 7");
    CHECK_TEXT(series->boundary_set, "two");
    CHECK_INT(series->span[0].from.s, -DAY_S);
    CHECK_INT(series->span[1].to.s, 6 * DAY_S);
    CHECK_TEXT(series->place[0].name, "Chợ Đồn");
    CHECK_TEXT(series->place[0].zone, "former-bac-kan");
    CHECK_TEXT(series->place[1].zone, "");
    CHECK_NEAR(series->place[0].lat, 22.15, 0);
    CHECK_NEAR(series->place[1].lon, NAN, 0);
    CHECK_INT(value_at(series, 0, 0), 12300);
    CHECK_INT(value_at(series, 0, 1), READING_NONE);
    CHECK_INT(value_at(series, 1, 1), 7);
    CHECK_INT(__builtin_bswap16(series->cover[series->cover_stride]), 9000);
    CHECK_INT(seriesfile_find(series, "24616"), 1);
    CHECK(seriesfile_find(series, "24617") == SIZE_MAX);
    end();
}

static void test_order(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct span span;
    } rows[] = {
        {"the same step again", {{0}, {DAY_S}}},
        {"one before it", {{-DAY_S}, {0}}},
        {"one that reaches into it", {{DAY_S - 1}, {2 * DAY_S}}},
        {"one of no length", {{2 * DAY_S}, {2 * DAY_S}}},
    };
    struct err err = {0};
    AUTO(seriesfile_drop) struct seriesfile_writer *writer = NULL;
    int32_t value[2] = {0};
    uint16_t cover[2] = {0};
    begin();
    CHECK_OK(seriesfile_create(path, &head, &writer, &err), err);
    CHECK_OK(seriesfile_append(writer, day(0), value, cover, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(seriesfile_append(writer, rows[i].span, value, cover, &err), ERR_INPUT);
        CHECK_HAS(err.text, "does not come after the one to 1970-01-02T00:00:00Z");
    }
    ROW("a variable that no series has");
    struct seriesfile_head odd = head;
    struct seriesfile_writer *none = NULL;
    odd.variable = "snow";
    CHECK_INT(seriesfile_create(path, &odd, &none, &err), ERR_INPUT);
    CHECK_HAS(err.text, "\"snow\" is no variable of a series");
    seriesfile_drop(&writer);
    end();
}

// NetCDF files that gong did not write as a series are refused by what is missing.
static void test_refused(void **state)
{
    (void)state;
    static const struct cdf_attribute none[] = {{0}},
                                      named[] = {{.name = "variable", .text = "rain"},
                                                 {.name = "source", .text = "x"},
                                                 {.name = "boundary_set", .text = "y"},
                                                 {0}};
    static const struct cdf_dimension dimension[] = {{"time", 0}, {"bnds", 2}};
    static const struct cdf_variable bounds[] = {
        {"time_bnds", CDF_DOUBLE, {"time", "bnds"}, {{0}}, NULL}};
    static const struct {
        const char *name;
        const struct cdf_attribute *attribute;
        double from, to;
        const char *words;
    } rows[] = {
        {"no names", none, 0, 1, "does not name variable, source and boundary_set"},
        {"no values", named, 0, 1, "has no numbers (time, place) of its variable"},
        {"half seconds", named, 0, 0.5, "no whole seconds in order"},
        {"NaN for a time", named, NAN, 1, "no whole seconds in order"},
        {"steps that end before they begin", named, 1, 0, "no whole seconds in order"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct cdf_writer *writer = NULL;
        AUTO(seriesfile_close) struct seriesfile *series = NULL;
        const struct cdf_layout layout = {rows[i].attribute, dimension, bounds, 2, 1};
        begin();
        CHECK_OK(cdf_create(path, &layout, &writer, &err), err);
        CHECK_OK(cdf_append(writer, (const void *[]){(double[]){rows[i].from, rows[i].to}}, &err),
                 err);
        CHECK_OK(cdf_finish(&writer, &err), err);
        CHECK_INT(seriesfile_open(path, &series, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].words);
        end();
    }
}

TEST_MAIN(cmocka_unit_test(test_round_trip), cmocka_unit_test(test_order),
          cmocka_unit_test(test_refused))
