// Every real file, read in place: what it holds, or the sentence that refuses it.
#include "core/file.h"
#include "core/units.h"
#include "ingest/calendar.h"
#include "ingest/cf.h"
#include "ingest/ncgrid.h"
#include "ledger/reading.h"
#include "tests/ingest/every_file.h"
#include "tests/ingest/real_rows.h"

enum { BYTES_MAX = 64 << 20 };

static void load(const char *path, struct buf *out)
{
    struct err err = {0};
    AUTO(mem_drop) char *whole = file_join(SHARED_DATA, path);
    CHECK_OK(file_read(whole, out, &err), err);
}

// Whether a point lies in a cell: crossings of a ray to the east.
static bool holds(const double *corner, size_t corners, double longitude, double latitude)
{
    bool inside = false;
    for (size_t i = 0, j = corners - 1; i < corners; j = i++) {
        const double *a = corner + 2 * i, *b = corner + 2 * j;
        double along = longitude - a[0];
        if ((a[1] > latitude) != (b[1] > latitude) &&
            along < (b[0] - a[0]) * (latitude - a[1]) / (b[1] - a[1]))
            inside = !inside;
    }
    return inside;
}

static bool is_in(const struct grid *grid, size_t cell, double longitude, double latitude)
{
    size_t r = cell / grid->columns, c = cell % grid->columns;
    if (grid->corners)
        return holds(grid->corner + cell * grid->corners * 2, grid->corners, longitude, latitude);
    for (double turn = -360; turn <= 360; turn += 360) {
        if (latitude >= grid->latitude[r] && latitude < grid->latitude[r + 1] &&
            longitude + turn >= grid->longitude[c] && longitude + turn < grid->longitude[c + 1])
            return true;
    }
    return false;
}

// The value of the one cell that holds a point.
static double value_at(const struct frame *frame, size_t step, double longitude, double latitude)
{
    size_t cells = frame->grid.rows * frame->grid.columns, found = 0;
    double value = INFINITY;
    for (size_t i = 0; i < cells; i++) {
        if (!is_in(&frame->grid, i, longitude, latitude))
            continue;
        value = (double)frame->value[step * cells + i];
        found++;
    }
    CHECK_INT(found, 1);
    return value;
}

static void check_unit(struct buf *bytes, const struct real_row *row)
{
    struct err err = {0};
    struct ncvar var;
    char unit[64];
    AUTO(ncgrid_close) struct ncgrid *file = NULL;
    CHECK_OK(ncgrid_open(bytes->at, bytes->len, false, &file, &err), err);
    CHECK_OK(ncgrid_find(file, row->wanted.reads, &var, &err), err);
    (void)ncgrid_text(file, &var, "units", unit, sizeof(unit));
    CHECK_TEXT(unit, row->unit);
}

static void check_frame(const struct frame *frame, const struct real_row *row)
{
    size_t cells = frame->grid.rows * frame->grid.columns, holes = 0;
    CHECK_INT(frame->grid.rows, row->rows);
    CHECK_INT(frame->grid.columns, row->columns);
    CHECK_INT(frame->grid.corners, row->corners);
    CHECK_INT(frame->count, row->steps);
    for (size_t i = 0; i < frame->count * cells; i++)
        holes += isnan(frame->value[i]) ? 1 : 0;
    CHECK_INT(holes, row->holes);
    CHECK_TEXT(utc_text(frame->step[frame->count - 1].valid_from).at, row->from);
    CHECK_TEXT(utc_text(frame->step[frame->count - 1].valid_to).at, row->to);
    const struct grid_step *last = &frame->step[frame->count - 1];
    CHECK_INT(last->issued_at.s == UTC_NEVER.s, !row->issued);
    if (row->issued)
        CHECK_TEXT(utc_text(last->issued_at).at, row->issued);
    CHECK_INT(last->member, row->numbered ? row->last_member : MEMBER_NONE);
    for (size_t i = 0; i < SAMPLES; i++) {
        double want = row->sample[i].value;
        CHECK_NEAR(
            value_at(frame, row->sample[i].step, row->sample[i].longitude, row->sample[i].latitude),
            want, isnan(want) ? 0 : 1e-5 * fabs(want) + 1e-6);
    }
}

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; shared_is_there() && i < COUNT_OF(read_rows); i++) {
        const struct real_row *row = &read_rows[i];
        ROW(row->name);
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        struct wanted_list list = {
            .count = 1,
            .at = {row->wanted},
            .forecast = row->forecast,
            .has_issue = row->has_issue,
            .issued_at = {row->issued_at},
            .has_member = row->has_member,
            .member = row->member,
        };
        load(row->path, &bytes);
        check_unit(&bytes, row);
        CHECK_OK(cf_read(bytes.at, bytes.len, &list, &frame, &err), err);
        check_frame(&frame, row);
    }
}

#define REFUSED(path_, variable_, reads_, unit_, says_)                                            \
    {                                                                                              \
        .path = (path_), .says = (says_), .wanted = {                                              \
            .reads = reads_,                                                                       \
            .variable = variable_,                                                                 \
            .unit = unit_,                                                                         \
            .interval = INTERVAL_SPAN,                                                             \
            .interval_s = 3600,                                                                    \
        }                                                                                          \
    }

static const struct {
    const char *path, *says;
    struct wanted wanted;
    bool forecast;
} refused_rows[] = {
    REFUSED("rainfall/bcsd_obs_monthly_precip_1999.nc", "rain", "pr", "",
            "the unit \"mm/m\" does not fit rain (mm or mm day-1); give the right one with "
            "\"unit:\" in sources.yaml"),
    REFUSED(
        "rainfall/trmm_3b42_daily_19991231_lonlat.nc", "rain", "precipitation", "",
        "\"precipitation\" has no time: neither a time axis nor a single time stands beside it"),
    REFUSED(
        "rainfall/gsmap_daily_72points_20140302-20171231.nc", "rain", "precipitation", "",
        "\"precipitation\" stands at points along \"station\", without the bounds of their "
        "cells: points have no area; stations are read from CSV and JSON (\"format: stations\")"),
    REFUSED("forecast/geps_20members_caspar_2018.nc", "rain", "pr", "",
            "\"pr\" is on no grid: it has no latitude axis"),
    REFUSED("forecast/improver_wind_gust_percentiles.nc", "gust", "wind_speed_of_gust", "",
            "\"wind_speed_of_gust\" has a dimension \"percentile\" (50, 75, 95, 99, 100): choose "
            "one with \"pick: percentile=50\" in sources.yaml"),
    REFUSED("wind/ascat_swath_cut_20150702a.nc", "wind", "wind_speed", "",
            "\"wind_speed\" is a swath: each of its places has a time of its own (\"time\")"),
    REFUSED("wind/era5land_monthly_u10_vietnam_2020.nc", "wind", "u10", "",
            "\"u10\" is one component of the wind, not its speed; name both: \"reads: [eastward, "
            "northward]\", and \"file:\" where each is in a file of its own"),
    REFUSED("wind/era5land_monthly_v10_vietnam_2020.nc", "wind", "v10", "",
            "\"v10\" is one component of the wind, not its speed; name both: \"reads: [eastward, "
            "northward]\", and \"file:\" where each is in a file of its own"),
    REFUSED("netcdf_quirks/calendar_360_day.nc", "wind", "time", "m s-1",
            "\"time\" is on no grid: it has no latitude axis"),
    REFUSED("netcdf_quirks/classic_all_types.nc", "rain", "floatv", "mm",
            "\"floatv\" has a dimension \"d0\" that gong does not know: its coordinate must be a "
            "time, realization, latitude or longitude"),
    REFUSED("netcdf_quirks/classic_all_types.nc", "rain", "charv", "mm",
            "text in variable \"charv\": gong reads numbers only"),
    REFUSED("netcdf_quirks/compound_types.nc", "rain", "phony_compound_var", "",
            "compound type in variable \"phony_compound_var\": gong reads numbers only"),
    REFUSED("netcdf_quirks/curvilinear_wave_2dlatlon.nc", "wind", "wvh", "",
            "the unit \"meters\" does not fit wind (m s-1); give the right one with \"unit:\" in "
            "sources.yaml"),
    REFUSED("netcdf_quirks/dsg_timeseries_pr.nc", "rain", "pr", "",
            "\"pr\" stands at points along \"station\", without the bounds of their cells: points "
            "have no area; stations are read from CSV and JSON (\"format: stations\")"),
    REFUSED("netcdf_quirks/hours_without_since.nc", "rain", "pm10_conc", "mm",
            "\"hours\" has no \"since\" and a date: it is no time axis"),
    REFUSED("netcdf_quirks/hours_without_since.nc", "rain", "pm10_conc", "",
            "the unit \"\xc2\xb5g/m3\" does not fit rain (mm or mm day-1); give the right one with "
            "\"unit:\" in sources.yaml"),
    REFUSED("netcdf_quirks/icon_unstructured_radians.nc", "wind", "clat", "m s-1",
            "\"clat\" has no time: neither a time axis nor a single time stands beside it"),
    REFUSED("netcdf_quirks/packed_uv_levels.nc", "temperature", "u", "",
            "\"u\" has a dimension \"level\" (825, 850): choose one with \"pick: level=825\" in "
            "sources.yaml"),
    {
        .path = "netcdf_quirks/rotated_hirlam12.nc",
        .says = "the axis \"Yc\" counts plain degrees: the globe's, or a rotated one's? The file "
                "does not say (no grid mapping)",
        .wanted = {.reads = "x_wind",
                   .reads_north = "y_wind",
                   .variable = "wind",
                   .pick_count = 1,
                   .pick = {{"pressure", 10}}},
    },
    REFUSED("netcdf_quirks/string_variable.nc", "rain", "UTC_time", "",
            "strings in variable \"UTC_time\": gong reads numbers only"),
    REFUSED("netcdf_quirks/szip_compressed.h5", "rain", "dset_szip", "mm",
            "\"dset_szip\" has a dimension \"phony_dim_0\" that gong does not know: its coordinate "
            "must be a time, realization, latitude or longitude"),
    REFUSED("netcdf_quirks/time2d_reftime_offset.nc", "rain", "cloud_area_fraction", "mm",
            "\"cloud_area_fraction\" is \"time: point\": rain of a moment is no amount"),
    {
        .path = "rainfall/era5land_monthly_tp_vietnam_2020.nc",
        .says = "the file does not say when the forecast was issued (nothing in it is the "
                "forecast_reference_time)",
        .wanted = {.reads = "tp", .variable = "rain", .interval = INTERVAL_MONTH},
        .forecast = true,
    },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; shared_is_there() && i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].path);
        struct err err = {0};
        struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        struct wanted_list list = {
            .count = 1, .at = {refused_rows[i].wanted}, .forecast = refused_rows[i].forecast};
        load(refused_rows[i].path, &bytes);
        CHECK_INT(cf_read(bytes.at, bytes.len, &list, &frame, &err), ERR_INPUT);
        CHECK_TEXT(err.text, refused_rows[i].says);
        CHECK(!frame.value);
    }
}

// --- what the other rows do not reach: the quirk that a file is there for
// -------------------------

// All numbers of a variable, as the decoder takes them.
static size_t numbers_of(struct buf *bytes, const char *name, double *out, size_t max)
{
    struct err err = {0};
    struct ncvar var;
    size_t count = 1;
    AUTO(ncgrid_close) struct ncgrid *file = NULL;
    CHECK_OK(ncgrid_open(bytes->at, bytes->len, false, &file, &err), err);
    CHECK_OK(ncgrid_find(file, name, &var, &err), err);
    for (size_t i = 0; i < var.dims; i++)
        count *= var.dim[i].len;
    CHECK(count <= max);
    CHECK_OK(ncgrid_values(file, &var, NULL, NULL, out, &err), err);
    return count;
}

// Numbers that szip packed, of dimensions without a name.
static void test_szip(void **state)
{
    (void)state;
    enum { NUMBERS = 800 };
    double value[NUMBERS];
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    if (!shared_is_there())
        return;
    load("netcdf_quirks/szip_compressed.h5", &bytes);
    CHECK_INT(numbers_of(&bytes, "dset_szip", value, NUMBERS), NUMBERS);
    for (size_t i = 0; i < NUMBERS; i++)
        CHECK_NEAR(value[i], (double)i, 0);
}

// Every type of a classic file, with the attributes that say what is missing (ncdump's numbers).
static void test_types(void **state)
{
    (void)state;
    enum { NUMBERS = 6000 };
    static const struct {
        const char *name;
        size_t count;
        double first, second, last;
    } rows[] = {
        {"bytevar", 840, 0, 1, 0},
        {"shortvar", 840, -420, -419, 0},
        {"longvar", 840, -420, -419, 0},
        {"floatvar", 840, 1, 2, 1},
        {"doublev", 2, 0, 0, 0},
        {"floatv", 6, 1, 1, 1},
        {"longv", 30, -15, -14, 0},
        {"scalarv", 1, 0, 0, 0},
        {"bb: 0 to 100", 9, NAN, NAN, 0},
        {"uu: nothing but fill", 12, NAN, NAN, NAN},
        {"cd: of every record", 15, -4, -3, 0},
    };
    double value[NUMBERS];
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    if (!shared_is_there())
        return;
    load("netcdf_quirks/classic_all_types.nc", &bytes);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char name[20];
        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(rows[i].name, ":"), rows[i].name);
        CHECK_INT(numbers_of(&bytes, name, value, NUMBERS), rows[i].count);
        CHECK_NEAR(value[0], rows[i].first, 0);
        CHECK_NEAR(value[rows[i].count > 1 ? 1 : 0], rows[i].second, 0);
        CHECK_NEAR(value[rows[i].count - 1], rows[i].last, 0);
    }
}

// Dates of a year of twelve equal months, most of which are real ones.
static void test_360_day(void **state)
{
    (void)state;
    enum { DAYS = 2300 };
    static const struct {
        size_t day;
        const char *is; // NULL: it never was
    } rows[] = {{0, "1900-01-01T00:00:00Z"},
                {58, NULL},
                {59, NULL},
                {60, "1900-03-01T00:00:00Z"},
                {359, "1900-12-30T00:00:00Z"},
                {360, "1901-01-01T00:00:00Z"},
                {2299, "1906-05-20T00:00:00Z"}};
    double value[DAYS];
    struct err err = {0};
    struct time_axis axis;
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    if (!shared_is_there())
        return;
    load("netcdf_quirks/calendar_360_day.nc", &bytes);
    CHECK_INT(numbers_of(&bytes, "time", value, DAYS), DAYS);
    CHECK_OK(calendar_axis("days since 1900-1-1", "360_day", &axis, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct utc at;
        enum err_kind kind = calendar_utc(&axis, value[rows[i].day], &at, &err);
        CHECK_INT(kind, rows[i].is ? OK : ERR_INPUT);
        if (rows[i].is)
            CHECK_TEXT(utc_text(at).at, rows[i].is);
    }
}

static void test_every_file(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        size_t files;
    } folders[] = {{"rainfall", 14}, {"forecast", 14}, {"wind", 4}, {"netcdf_quirks", 12}};
    const char *path[COUNT_OF(read_rows) + COUNT_OF(refused_rows)];
    for (size_t i = 0; i < COUNT_OF(read_rows); i++)
        path[i] = read_rows[i].path;
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++)
        path[COUNT_OF(read_rows) + i] = refused_rows[i].path;
    for (size_t i = 0; shared_is_there() && i < COUNT_OF(folders); i++)
        CHECK_INT(check_every_file(folders[i].folder, path, COUNT_OF(path)), folders[i].files);
}

TEST_MAIN(cmocka_unit_test(test_every_file), cmocka_unit_test(test_read),
          cmocka_unit_test(test_refused), cmocka_unit_test(test_szip), cmocka_unit_test(test_types),
          cmocka_unit_test(test_360_day))
