#include "core/cdf.h"

#include "core/file.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/gong-test-XXXXXX";
static char path[64];

static const struct cdf_attribute own[] = {{.name = "title", .text = "mưa"}, {0}};
static const struct cdf_dimension dimension[] = {{"time", 0}, {"place", 3}, {"text", 5}};
static const struct cdf_variable variable[] = {
    {"time", CDF_DOUBLE, {"time"}, {{.name = "units", .text = "seconds"}}, NULL},
    {"code", CDF_CHAR, {"place", "text"}, {{0}}, "a\0\0\0\0bb\0\0\0ccccc"},
    {"height", CDF_SHORT, {"place"}, {{0}}, (const int16_t[]){1, -2, 300}},
    {"rain",
     CDF_INT,
     {"time", "place"},
     {{.name = "scale_factor", .number = 0.001, .type = CDF_DOUBLE},
      {.name = "_FillValue", .number = INT32_MIN, .type = CDF_INT},
      {.name = "least", .number = -7, .type = CDF_SHORT}},
     NULL},
    {"cover", CDF_SHORT, {"time", "place"}, {{0}}, NULL},
};
static const struct cdf_layout layout = {.attribute = own,
                                         .dimension = dimension,
                                         .dimensions = COUNT_OF(dimension),
                                         .variable = variable,
                                         .variables = COUNT_OF(variable)};

static void write_file(size_t records)
{
    struct err err = {0};
    struct cdf_writer *writer = NULL;
    CHECK(mkdtemp(strcpy(folder, "/tmp/gong-test-XXXXXX")) != NULL);
    (void)snprintf(path, sizeof(path), "%s/a.nc", folder);
    CHECK_OK(cdf_create(path, &layout, &writer, &err), err);
    for (size_t i = 0; i < records; i++) {
        double time = 0.5 * (double)i;
        int32_t rain[] = {(int32_t)i, -1, INT32_MIN};
        int16_t cover[] = {10000, (int16_t)-1, (int16_t)i};
        CHECK_OK(cdf_append(writer, (const void *[]){&time, rain, cover}, &err), err);
    }
    CHECK(!file_exists(path));
    CHECK_OK(cdf_finish(&writer, &err), err);
}

static void remove_all(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(cdf_close) struct cdf *file = NULL;
    struct str text;
    double number;
    write_file(1000);
    CHECK_OK(cdf_open(path, &file, &err), err);
    CHECK_INT(cdf_records(file), 1000);
    CHECK(cdf_text(file, NULL, "title", &text) && str_is(text, "mưa"));
    const struct cdf_view *rain = cdf_find(file, "rain"), *code = cdf_find(file, "code");
    CHECK(rain && rain->records && rain->dimensions == 2 && rain->length[0] == 1000 &&
          rain->length[1] == 3);
    CHECK(cdf_number(file, rain, "scale_factor", &number) && number == 0.001);
    CHECK(cdf_number(file, rain, "_FillValue", &number) && number == INT32_MIN);
    CHECK(cdf_number(file, rain, "least", &number) && number == -7);
    CHECK(!cdf_number(file, rain, "most", &number));
    CHECK(!cdf_text(file, rain, "scale_factor", &text));
    CHECK_INT(cdf_int(rain->at + 999 * rain->stride), 999);
    CHECK_INT(cdf_int(rain->at + 999 * rain->stride + 4), -1);
    CHECK_INT(cdf_int(rain->at + 999 * rain->stride + 8), INT32_MIN);
    CHECK_NEAR(cdf_double(cdf_find(file, "time")->at + 7 * rain->stride), 3.5, 0);
    CHECK(memcmp(code->at + 5, "bb", 3) == 0);
    CHECK(memcmp(cdf_find(file, "height")->at, "\0\1\xff\xfe\x01\x2c", 6) == 0);
    CHECK(cdf_find(file, "wind") == NULL);
    remove_all();
}

// A file that is cut off anywhere is refused or shorter, and nothing leads outside of it.
static void test_cut_off(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    write_file(3);
    CHECK_OK(file_read(path, &bytes, &err), err);
    for (size_t len = 0; len < bytes.len; len++) {
        AUTO(cdf_close) struct cdf *file = NULL;
        ROW("cut off");
        CHECK_INT(cdf_parse((struct str){bytes.at, len}, "a.nc", &file, &err), ERR_INPUT);
        CHECK_HAS(err.text, "a.nc is ");
    }
    ROW("a file of another kind says how to make one");
    AUTO(cdf_close) struct cdf *file = NULL;
    CHECK_INT(cdf_parse(STR("\x89HDF\r\n\x1a\n"), "b.nc", &file, &err), ERR_INPUT);
    CHECK_HAS(err.text, "b.nc is no classic NetCDF file (64-bit offset); make it by");
    ROW("records that the file does not have");
    bytes.at[7] = 4;
    CHECK_INT(cdf_parse(buf_slice(&bytes), "a.nc", &file, &err), ERR_INPUT);
    bytes.at[4] = '\xff';
    CHECK_INT(cdf_parse(buf_slice(&bytes), "a.nc", &file, &err), ERR_INPUT);
    ROW("a file that is not there");
    remove_all();
    CHECK_INT(cdf_open(path, &file, &err), ERR_MISSING);
}

// Given up, nothing is left; the same data give the same bytes.
static void test_whole_or_not(void **state)
{
    (void)state;
    struct err err = {0};
    struct cdf_writer *writer = NULL;
    AUTO(buf_free) struct buf a = buf_new(1 << 20);
    AUTO(buf_free) struct buf b = buf_new(1 << 20);
    write_file(5);
    CHECK_OK(file_read(path, &a, &err), err);
    remove_all();
    write_file(5);
    CHECK_OK(file_read(path, &b, &err), err);
    CHECK(str_same(buf_slice(&a), buf_slice(&b)));
    CHECK_OK(cdf_create(path, &layout, &writer, &err), err);
    cdf_drop(&writer);
    buf_clear(&b);
    CHECK_OK(file_read(path, &b, &err), err);
    CHECK(str_same(buf_slice(&a), buf_slice(&b)));
    remove_all();
    CHECK(access(folder, F_OK) != 0);
}

TEST_MAIN(cmocka_unit_test(test_round_trip), cmocka_unit_test(test_cut_off),
          cmocka_unit_test(test_whole_or_not))
