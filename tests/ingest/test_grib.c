// GRIB files that ecCodes writes, read by the same library in the sandbox: each field is a plain
// function of its place, so that what must come out is known beforehand. All go through
// gong-decode.
#include "ingest/confine.h"
#include "ingest/decode.h"

#include "core/file.h"
#include "core/proc.h"
#include "ledger/reading.h"
#include "tests/check.h"
#include "tests/ingest/decoded.h"

#include <eccodes.h>
#include <stdlib.h>

enum { BYTES_MAX = 16 << 20, CPU_S = 20, MIB_MAX = 512 };

static char *program;

// Degrees of latitude and a little of longitude: every place has a number of its own.
static double number_of(double latitude, double longitude)
{
    return latitude + 100 + longitude / 1000;
}

// One message: keys of integers are set on a sample in this order; values are number_of x factor.
struct message {
    const char *sample, *name;
    struct {
        const char *key;
        long value;
    } set[16];
    double factor;
    double hole; // this latitude has no values; 0: none
    const char *packing;
};

static void add_message(struct buf *out, const struct message *message)
{
    codes_handle *handle = codes_grib_handle_new_from_samples(NULL, message->sample);
    const void *bytes;
    size_t len, name_len = 8, count, one, two;
    CHECK(handle != NULL);
    for (size_t i = 0; i < COUNT_OF(message->set) && message->set[i].key; i++)
        CHECK_INT(codes_set_long(handle, message->set[i].key, message->set[i].value), 0);
    CHECK_INT(codes_set_string(handle, "shortName", message->name, &name_len), 0);
    // A grid of another size takes effect with the first values.
    long wide = 0, high = 0;
    bool sized = strncmp(message->sample, "regular", 7) == 0;
    CHECK_INT(codes_get_size(handle, "values", &count), 0);
    if (sized) {
        CHECK_INT(codes_get_long(handle, "Ni", &wide), 0);
        CHECK_INT(codes_get_long(handle, "Nj", &high), 0);
        count = (size_t)(wide * high);
    }
    AUTO(mem_drop) double *zeros = mem_new(count, sizeof(double));
    CHECK_INT(codes_set_double_array(handle, "values", zeros, count), 0);
    one = two = count;
    AUTO(mem_drop) double *latitude = mem_new(count, sizeof(double));
    AUTO(mem_drop) double *longitude = mem_new(count, sizeof(double));
    AUTO(mem_drop) double *value = mem_new(count, sizeof(double));
    CHECK_INT(codes_get_double_array(handle, "latitudes", latitude, &one), 0);
    CHECK_INT(codes_get_double_array(handle, "longitudes", longitude, &two), 0);
    CHECK_INT(codes_set_long(handle, "bitmapPresent", message->hole != 0), 0);
    CHECK_INT(codes_set_double(handle, "missingValue", -1), 0);
    for (size_t i = 0; i < count; i++)
        value[i] = message->hole != 0 && latitude[i] == message->hole
                       ? -1
                       : number_of(latitude[i], longitude[i]) * message->factor;
    CHECK_INT(codes_set_long(handle, "bitsPerValue", 24), 0);
    size_t packing_len = message->packing ? strlen(message->packing) : 0;
    if (message->packing)
        CHECK_INT(codes_set_string(handle, "packingType", message->packing, &packing_len), 0);
    CHECK_INT(codes_set_double_array(handle, "values", value, count), 0);
    CHECK_INT(codes_get_message(handle, &bytes, &len), 0);
    buf_add(out, bytes, len);
    (void)codes_handle_delete(handle);
}

#define VIETNAM                                                                                    \
    {"Ni", 11}, {"Nj", 21}, {"latitudeOfFirstGridPoint", 24000000},                                \
        {"longitudeOfFirstGridPoint", 100000000}, {"latitudeOfLastGridPoint", 4000000},            \
        {"longitudeOfLastGridPoint", 110000000}, {"iDirectionIncrement", 1000000},                 \
    {                                                                                              \
        "jDirectionIncrement", 1000000                                                             \
    }

static enum err_kind read_grib(const struct buf *bytes, const struct wanted_list *wanted,
                               struct frame *out, struct err *err)
{
    struct decode_limits limits = {.mib_max = MIB_MAX, .cpu_s = CPU_S, .program = program};
    return decode_once(buf_slice(bytes), wanted, &limits, out, err);
}

// The value of the cell of a rectilinear grid that holds a place.
static double value_at(const struct frame *frame, size_t step, double latitude, double longitude)
{
    const struct grid *grid = &frame->grid;
    size_t row = 0, column = 0;
    while (row + 1 < grid->rows && grid->latitude[row + 1] <= latitude)
        row++;
    while (column + 1 < grid->columns && grid->longitude[column + 1] <= longitude)
        column++;
    return (double)frame->value[(step * grid->rows + row) * grid->columns + column];
}

static struct wanted_list list_of(struct wanted wanted, bool forecast)
{
    return (struct wanted_list){.count = 1, .at = {wanted}, .forecast = forecast};
}

// Totals since the run, of two members, each message later than the one before; steps of 6 hours.
static void test_totals(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    AUTO(frame_free) struct frame frame = {0};
    for (long step = 6; step <= 18; step += 6) {
        for (long member = 1; member <= 2; member++) {
            struct message message = {"regular_ll_sfc_grib2",
                                      "tp",
                                      {{"productDefinitionTemplateNumber", 11},
                                       VIETNAM,
                                       {"dataDate", 20240907},
                                       {"perturbationNumber", member},
                                       {"numberOfForecastsInEnsemble", 30},
                                       {"startStep", 0},
                                       {"endStep", step}},
                                      (double)step * (double)member / 10,
                                      0,
                                      NULL};
            add_message(&bytes, &message);
        }
    }
    struct wanted_list list = list_of(
        (struct wanted){
            .reads = "tp", .variable = "rain", .unit = "mm", .interval = INTERVAL_SINCE_RUN},
        true);
    list.has_box = true; // central Viet Nam
    list.west_milli = 105000;
    list.east_milli = 109000;
    list.south_milli = 15000;
    list.north_milli = 19000;
    CHECK_OK(read_grib(&bytes, &list, &frame, &err), err);
    CHECK_INT(frame.count, 6);
    CHECK_INT(frame.grid.corners, 0);
    CHECK_INT(frame.grid.rows, 5);
    CHECK_INT(frame.grid.columns, 5);
    CHECK_NEAR(frame.grid.latitude[0], 14.5, 1e-9);
    CHECK_NEAR(frame.grid.longitude[5], 109.5, 1e-9);
    for (size_t i = 0; i < frame.count; i++) {
        const struct grid_step *step = &frame.step[i];
        CHECK_INT(step->member, 1 + i % 2);
        CHECK_INT(step->valid_to.s - step->valid_from.s, 6 * HOUR_S);
        CHECK_TEXT(utc_text(step->issued_at).at, "2024-09-07T12:00:00Z");
        CHECK_NEAR(value_at(&frame, i, 16, 108), number_of(16, 108) * 0.6 * (double)(1 + i % 2),
                   1e-2);
    }
    CHECK_TEXT(utc_text(frame.step[5].valid_to).at, "2024-09-08T06:00:00Z");
}

// One message each: what it is, what comes out at 16 N 108 E.
static const struct {
    const char *name;
    struct message message;
    struct wanted wanted;
    double value, by;
    int64_t hours; // of the step
} kinds[] = {
    {"edition 1",
     {"regular_ll_sfc_grib1",
      "2t",
      {{"Ni", 11},
       {"Nj", 21},
       {"latitudeOfFirstGridPoint", 24000},
       {"longitudeOfFirstGridPoint", 100000},
       {"latitudeOfLastGridPoint", 4000},
       {"longitudeOfLastGridPoint", 110000},
       {"iDirectionIncrement", 1000},
       {"jDirectionIncrement", 1000}},
      2.5,
      0,
      NULL},
     {.reads = "2t", .variable = "temperature"},
     290.27,
     1e-3,
     0},
    {"edition 2, JPEG 2000",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2.5, 0, "grid_jpeg"},
     {.reads = "2t", .variable = "temperature"},
     290.27,
     1e-3,
     0},
    {"edition 2, CCSDS",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2.5, 0, "grid_ccsds"},
     {.reads = "2t", .variable = "temperature"},
     290.27,
     1e-3,
     0},
    // Not "grid_complex": ecCodes 2.28 writes it wrongly (GDAL reads the same numbers from it).
    {"edition 2, second-order packing",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2.5, 0, "grid_second_order"},
     {.reads = "2t", .variable = "temperature"},
     290.27,
     1e-3,
     0},
    {"a place without a value",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2.5, 16, NULL},
     {.reads = "2t", .variable = "temperature"},
     NAN,
     0,
     0},
    {"rain of its own six hours, in metres",
     {"regular_ll_sfc_grib2",
      "tp",
      {{"productDefinitionTemplateNumber", 8}, VIETNAM, {"startStep", 12}, {"endStep", 18}},
      0.001,
      0,
      NULL},
     {.reads = "tp", .variable = "rain", .unit = "m", .interval = INTERVAL_BOUNDS},
     116.108,
     1e-3,
     6},
    {"the level that is picked",
     {"regular_ll_pl_grib2", "t", {VIETNAM, {"level", 850}}, 2.5, 0, NULL},
     {.reads = "t", .variable = "temperature", .pick_count = 1, .pick = {{"level", 850}}},
     290.27,
     1e-3,
     0},
};

static void test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        ROW(kinds[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        AUTO(frame_free) struct frame frame = {0};
        struct wanted_list list = list_of(kinds[i].wanted, false);
        add_message(&bytes, &kinds[i].message);
        CHECK_OK(read_grib(&bytes, &list, &frame, &err), err);
        CHECK_INT(frame.count, 1);
        CHECK_INT(frame.grid.rows, 21);
        CHECK_INT(frame.grid.columns, 11);
        CHECK_NEAR(value_at(&frame, 0, 16, 108), kinds[i].value, kinds[i].by);
        CHECK_NEAR(value_at(&frame, 0, 17, 108),
                   number_of(17, 108) * kinds[i].message.factor *
                       (strcmp(kinds[i].wanted.variable, "rain") ? 1 : 1000),
                   1e-2);
        CHECK_INT(frame.step[0].valid_to.s - frame.step[0].valid_from.s, kinds[i].hours * HOUR_S);
        CHECK_INT(frame.step[0].issued_at.s, UTC_NEVER.s);
        CHECK_INT(frame.step[0].member, MEMBER_NONE);
    }
}

static void test_wind(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    AUTO(frame_free) struct frame frame = {0};
    struct message east = {"regular_ll_sfc_grib2", "10u", {VIETNAM}, 0.03, 0, NULL};
    struct message north = {"regular_ll_sfc_grib2", "10v", {VIETNAM}, -0.04, 0, NULL};
    struct wanted_list list =
        list_of((struct wanted){.reads = "10u", .reads_north = "10v", .variable = "wind"}, false);
    add_message(&bytes, &north); // in any order
    add_message(&bytes, &east);
    CHECK_OK(read_grib(&bytes, &list, &frame, &err), err);
    CHECK_INT(frame.count, 1);
    CHECK_NEAR(value_at(&frame, 0, 16, 108), number_of(16, 108) * 0.05, 1e-4);
    ROW("one component alone");
    buf_clear(&bytes);
    add_message(&bytes, &east);
    CHECK_INT(read_grib(&bytes, &list, &frame, &err), ERR_INPUT);
    CHECK_HAS(err.text, "stands without its other component");
}

// Grids whose cells are polygons: each centre's value is found in the one cell that holds it.
static void test_polygons(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sample;
        size_t rows, corners;
    } rows[] = {
        {"a reduced Gaussian grid", "reduced_gg_sfc_grib2", 1, 4},
        {"a rotated grid", "rotated_ll_sfc_grib2", 31, 4},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        size_t shaped = 0, right = 0;
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        AUTO(frame_free) struct frame frame = {0};
        struct message message = {rows[i].sample, "2t", {{NULL, 0}}, 0.7, 0, NULL};
        struct wanted_list list =
            list_of((struct wanted){.reads = "2t", .variable = "wind", .unit = "m s-1"}, false);
        add_message(&bytes, &message);
        CHECK_OK(read_grib(&bytes, &list, &frame, &err), err);
        const struct grid *grid = &frame.grid;
        CHECK_INT(grid->rows, rows[i].rows);
        CHECK_INT(grid->corners, rows[i].corners);
        for (size_t c = 0; c < grid->rows * grid->columns; c++) {
            const double *corner = grid->corner + c * grid->corners * 2;
            double x = 0, y = 0;
            for (size_t k = 0; k < grid->corners; k++) {
                x += corner[2 * k] / (double)grid->corners;
                y += corner[2 * k + 1] / (double)grid->corners;
            }
            if (corner[0] == corner[2] && corner[1] == corner[3])
                continue; // without a shape
            shaped++;
            // The centre of a box is its point, but at the poles, where it is cut.
            right += fabs((double)frame.value[c] / 0.7 - number_of(y, x)) < 0.7;
        }
        CHECK(shaped + 4 >= grid->rows * grid->columns);
        CHECK(right >= shaped * 95 / 100);
    }
}

static const struct {
    const char *name;
    struct message message;
    struct wanted wanted;
    size_t cut; // bytes that are missing at the end
    bool twice;
    const char *says;
} refused_rows[] = {
    {"cut off",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2, 0, NULL},
     {.reads = "2t", .variable = "temperature"},
     10,
     false,
     "is cut off or damaged"},
    {"another name",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2, 0, NULL},
     {.reads = "tp", .variable = "rain", .interval = INTERVAL_BOUNDS},
     0,
     false,
     "the file has no \"tp\"; there are: 2t"},
    {"another level",
     {"regular_ll_pl_grib2", "t", {VIETNAM, {"level", 500}}, 2, 0, NULL},
     {.reads = "t", .variable = "temperature", .pick_count = 1, .pick = {{"level", 850}}},
     0,
     false,
     "the file has no \"t\" as it is picked"},
    {"two fields for one step",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2, 0, NULL},
     {.reads = "2t", .variable = "temperature"},
     0,
     true,
     "there are two fields \"2t\""},
    {"kelvin as rain",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2, 0, NULL},
     {.reads = "2t", .variable = "rain", .interval = INTERVAL_BOUNDS},
     0,
     false,
     "the unit \"K\" does not fit rain"},
    {"rain of a moment",
     {"regular_ll_sfc_grib2", "2t", {VIETNAM}, 2, 0, NULL},
     {.reads = "2t",
      .variable = "rain",
      .unit = "mm",
      .interval = INTERVAL_SPAN,
      .interval_s = 3600},
     0,
     false,
     "is of the kind \"instant\": no amount of rain"},
    {"spherical harmonics",
     {"sh_ml_grib2", "t", {{NULL, 0}}, 2, 0, NULL},
     {.reads = "t", .variable = "temperature"},
     0,
     false,
     "the GRIB grid \"sh\" is not read"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].name);
        struct err err = {0};
        struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        struct wanted_list list = list_of(refused_rows[i].wanted, false);
        if (strcmp(refused_rows[i].message.sample, "sh_ml_grib2") == 0) {
            const void *at;
            size_t len;
            codes_handle *handle = codes_grib_handle_new_from_samples(NULL, "sh_ml_grib2");
            CHECK_INT(codes_get_message(handle, &at, &len), 0);
            buf_add(&bytes, at, len);
            (void)codes_handle_delete(handle);
        } else {
            add_message(&bytes, &refused_rows[i].message);
        }
        if (refused_rows[i].twice)
            add_message(&bytes, &refused_rows[i].message);
        bytes.len -= refused_rows[i].cut;
        CHECK_INT(read_grib(&bytes, &list, &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, refused_rows[i].says);
        CHECK(!frame.value);
    }
}

int main(void)
{
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *own = proc_folder(); // BUILD/tests/ingest
    AUTO(mem_drop) char *beside = file_join(own, "../..");
    program = file_join(built ? built : beside, "gong-decode");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_totals), cmocka_unit_test(test_kinds),
                                       cmocka_unit_test(test_wind), cmocka_unit_test(test_polygons),
                                       cmocka_unit_test(test_refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mem_free(&program);
    return failed;
}
