// Grids as files state them: small files that are written here, one for each quirk. All hold the
// same field, so that what comes out must be the same.
#include "core/file.h"
#include "ingest/cf.h"
#include "ledger/reading.h"
#include "tests/ingest/ncfile.h"

#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 3, COLUMNS = 4, TIMES = 2, BYTES_MAX = 1 << 20 };

struct spec {
    int format; // NC_CLOBBER: classic
    bool longitude_first, descending, grouped, reference, time_bounds, cell_bounds, scalar_level;
    double longitude_turn;
    nc_type type;                                    // 0: float
    double factor, offset, fill, missing, valid_max; // 0: no such attribute
    double valid_min, range[2];                      // 0: none
    nc_type range_type;                              // 0: as the numbers are stored
    size_t members;                                  // 0: no axis
    const char *unit, *time_unit, *calendar, *north;
    double hole; // put at row 1, column 1 of every step, as stored; 0: none
};

static char folder[] = "/tmp/gong-test-XXXXXX";

static double field(size_t time, size_t member, size_t row, size_t column)
{
    return (double)(8 * time + 16 * member + row) + (double)column / 4;
}

static void add_number(int file, int var, const char *name, nc_type type, double value)
{
    if (value != 0)
        NC(nc_put_att_double(file, var, name, type, 1, &value));
}

static void add_bounds(int file, const char *name, int dim, size_t count, const double *low,
                       const double *high)
{
    int var, dims[2] = {dim, -1};
    double pairs[2 * COLUMNS];
    if (nc_inq_dimid(file, "nv", &dims[1]))
        NC(nc_def_dim(file, "nv", 2, &dims[1]));
    NC(nc_def_var(file, name, NC_DOUBLE, 2, dims, &var));
    for (size_t i = 0; i < count; i++) {
        pairs[2 * i] = low[i];
        pairs[2 * i + 1] = high[i];
    }
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, pairs));
    NC(nc_redef(file));
}

struct dims {
    int time, member, level, latitude, longitude;
};

static struct dims add_axes(int file, const struct spec *spec)
{
    struct dims dims = {-1, -1, -1, -1, -1};
    double latitude[ROWS], longitude[COLUMNS], low[COLUMNS], high[COLUMNS];
    static const double times[] = {6, 12}, before[] = {0, 6}, members[] = {0, 1, 2};
    for (size_t r = 0; r < ROWS; r++)
        latitude[spec->descending ? ROWS - 1 - r : r] = 10 + 0.5 * (double)r;
    for (size_t c = 0; c < COLUMNS; c++)
        longitude[c] = 105 + 0.5 * (double)c + spec->longitude_turn;
    NC(nc_def_dim(file, "time", TIMES, &dims.time));
    NC(nc_def_dim(file, "lat", ROWS, &dims.latitude));
    NC(nc_def_dim(file, "lon", COLUMNS, &dims.longitude));
    int time =
        add_axis(file, "time", dims.time,
                 spec->time_unit ? spec->time_unit : "hours since 2024-09-06 00:00:00", times);
    put_text(file, time, "calendar", spec->calendar);
    (void)add_axis(file, "lat", dims.latitude, spec->north ? spec->north : "degrees_north",
                   latitude);
    (void)add_axis(file, "lon", dims.longitude, "degrees_east", longitude);
    if (spec->members) {
        NC(nc_def_dim(file, "realization", spec->members, &dims.member));
        int member = add_axis(file, "realization", dims.member, "1", members);
        put_text(file, member, "standard_name", "realization");
    }
    if (spec->scalar_level)
        NC(nc_def_dim(file, "height", 1, &dims.level));
    if (spec->time_bounds)
        add_bounds(file, "time_bnds", dims.time, TIMES, before, times);
    for (size_t c = 0; spec->cell_bounds && c < COLUMNS; c++) {
        low[c] = longitude[c] - 0.25;
        high[c] = longitude[c] + 0.25;
    }
    if (spec->cell_bounds)
        add_bounds(file, "lon_bnds", dims.longitude, COLUMNS, low, high);
    return dims;
}

static void put_field(int file, int var, const struct spec *spec)
{
    double factor = spec->factor != 0 ? spec->factor : 1;
    size_t members = spec->members ? spec->members : 1;
    for (size_t i = 0; i < TIMES * members * ROWS * COLUMNS; i++) {
        size_t c = i % COLUMNS, r = i / COLUMNS % ROWS, m = i / COLUMNS / ROWS % members;
        size_t t = i / COLUMNS / ROWS / members, at[NC_MAX_VAR_DIMS], n = 0;
        double stored = (field(t, m, r, c) - spec->offset) / factor;
        if (spec->hole != 0 && r == 1 && c == 1)
            stored = spec->hole;
        size_t row = spec->descending ? ROWS - 1 - r : r;
        at[n++] = t;
        if (spec->members)
            at[n++] = m;
        if (spec->scalar_level)
            at[n++] = 0;
        at[n++] = spec->longitude_first ? c : row;
        at[n++] = spec->longitude_first ? row : c;
        NC(nc_put_var1_double(file, var, at, &stored));
    }
}

static void add_reference(int file)
{
    int var;
    double zero = 0;
    NC(nc_def_var(file, "forecast_reference_time", NC_DOUBLE, 0, NULL, &var));
    put_text(file, var, "standard_name", "forecast_reference_time");
    put_text(file, var, "units", "hours since 2024-09-06 00:00:00");
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, &zero));
    NC(nc_redef(file));
}

static void add_field(int file, const struct spec *spec, const struct dims *dims)
{
    int var, list[5], n = 0;
    nc_type type = spec->type ? spec->type : NC_FLOAT;
    list[n++] = dims->time;
    if (spec->members)
        list[n++] = dims->member;
    if (spec->scalar_level)
        list[n++] = dims->level;
    list[n++] = spec->longitude_first ? dims->longitude : dims->latitude;
    list[n++] = spec->longitude_first ? dims->latitude : dims->longitude;
    NC(nc_def_var(file, "rain", type, n, list, &var));
    put_text(file, var, "units", spec->unit ? spec->unit : "mm");
    add_number(file, var, "scale_factor", NC_DOUBLE, spec->factor);
    add_number(file, var, "add_offset", NC_DOUBLE, spec->offset);
    add_number(file, var, "_FillValue", type, spec->fill);
    add_number(file, var, "missing_value", type, spec->missing);
    add_number(file, var, "valid_max", type, spec->valid_max);
    add_number(file, var, "valid_min", type, spec->valid_min);
    if (spec->range[1] != 0)
        NC(nc_put_att_double(file, var, "valid_range", spec->range_type ? spec->range_type : type,
                             2, spec->range));
    NC(nc_enddef(file));
    put_field(file, var, spec);
}

static struct buf make(const struct spec *spec)
{
    int root, file;
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    NC(nc_create(path, spec->format | NC_CLOBBER, &root));
    file = root;
    if (spec->grouped)
        NC(nc_def_grp(root, "Grid", &file));
    struct dims dims = add_axes(file, spec);
    if (spec->reference)
        add_reference(file);
    add_field(file, spec, &dims);
    NC(nc_close(root));
    struct buf bytes = buf_new(BYTES_MAX);
    CHECK_OK(file_read(path, &bytes, &err), err);
    return bytes;
}

static struct wanted_list wanted_of(const struct spec *spec)
{
    struct wanted_list list = {
        .count = 1,
        .at = {{.reads = "rain",
                .variable = "rain",
                .interval = spec->time_bounds ? INTERVAL_BOUNDS : INTERVAL_SPAN,
                .interval_s = 6 * HOUR_S,
                .stamp_ends = true}},
        .forecast = spec->reference,
    };
    if (spec->grouped)
        (void)snprintf(list.at[0].reads, sizeof(list.at[0].reads), "Grid/rain");
    return list;
}

static const struct {
    const char *name;
    struct spec spec;
    double times; // the field is times as much
} goods[] = {
    {"a plain classic file", {0}, 1},
    {"64-bit offset", {.format = NC_64BIT_OFFSET}, 1},
    {"NetCDF-4", {.format = NC_NETCDF4}, 1},
    {"NetCDF-4, classic model", {.format = NC_NETCDF4 | NC_CLASSIC_MODEL}, 1},
    {"longitude before latitude", {.longitude_first = true}, 1},
    {"north to south", {.descending = true}, 1},
    {"both", {.longitude_first = true, .descending = true, .format = NC_NETCDF4}, 1},
    {"in a group, as IMERG", {.format = NC_NETCDF4, .grouped = true, .longitude_first = true}, 1},
    {"packed into shorts", {.type = NC_SHORT, .factor = 0.25, .offset = 100}, 1},
    {"packed into bytes", {.type = NC_BYTE, .factor = 0.25, .offset = 10}, 1},
    {"doubles", {.type = NC_DOUBLE}, 1},
    {"64-bit whole numbers", {.format = NC_NETCDF4, .type = NC_INT64, .factor = 0.25}, 1},
    {"unsigned shorts", {.format = NC_NETCDF4, .type = NC_USHORT, .factor = 0.25}, 1},
    {"a hole by _FillValue", {.fill = -9999.9, .hole = -9999.9}, 1},
    {"a hole by missing_value", {.missing = -1, .hole = -1}, 1},
    {"a hole by the library's own fill value", {.hole = (double)NC_FILL_FLOAT}, 1},
    {"a hole by valid_max", {.valid_max = 500, .hole = 900}, 1},
    {"a hole by valid_min", {.valid_min = -0.5, .hole = -1}, 1},
    {"a hole by the lower end of valid_range", {.range = {-0.5, 500}, .hole = -1}, 1},
    {"a hole by the upper end of valid_range", {.range = {-0.5, 500}, .hole = 900}, 1},
    {"valid_max of packed numbers counts what is stored",
     {.type = NC_SHORT, .factor = 0.25, .valid_max = 100, .hole = 200},
     1},
    {"so does valid_min", {.type = NC_SHORT, .factor = 0.25, .valid_min = -1, .hole = -2}, 1},
    {"so does valid_range", {.type = NC_SHORT, .factor = 0.25, .range = {-1, 100}, .hole = 200}, 1},
    {"but not one of real numbers, which counts what they stand for",
     {.type = NC_SHORT, .factor = 0.25, .range = {-1, 20}, .range_type = NC_DOUBLE, .hole = 100},
     1},
    {"a hole in packed numbers",
     {.type = NC_SHORT, .factor = 0.25, .fill = -32767, .hole = -32767},
     1},
    {"three members", {.format = NC_NETCDF4, .members = 3, .reference = true}, 1},
    {"a forecast without members", {.reference = true}, 1},
    {"a level that is one", {.scalar_level = true}, 1},
    {"time bounds", {.time_bounds = true}, 1},
    {"cell bounds", {.cell_bounds = true}, 1},
    {"days as the step of time", {.time_unit = "days since 2024-09-06"}, 1},
    {"metres", {.unit = "m"}, 1000},
    {"a rate", {.unit = "mm/hr"}, 6},
    {"a mass rate", {.unit = "kg m-2 h-1"}, 6},
    {"the calendar that IMERG states", {.calendar = "julian"}, 1},
    {"another spelling of north", {.north = "degree_N"}, 1},
};

static void check_frame(const struct frame *frame, const struct spec *spec, double times)
{
    size_t members = spec->members ? spec->members : 1;
    bool days = spec->time_unit != NULL;
    CHECK_INT(frame->count, TIMES * members);
    CHECK_INT(frame->grid.rows, ROWS);
    CHECK_INT(frame->grid.columns, COLUMNS);
    for (size_t e = 0; e <= ROWS; e++)
        CHECK_NEAR(frame->grid.latitude[e], 9.75 + 0.5 * (double)e, 1e-9);
    for (size_t e = 0; e <= COLUMNS; e++)
        CHECK_NEAR(frame->grid.longitude[e], 104.75 + 0.5 * (double)e, 1e-9);
    for (size_t i = 0; i < frame->count * ROWS * COLUMNS; i++) {
        size_t c = i % COLUMNS, r = i / COLUMNS % ROWS, s = i / COLUMNS / ROWS;
        double want = field(s / members, s % members, r, c) * times;
        if (spec->hole != 0 && r == 1 && c == 1)
            want = NAN;
        CHECK_NEAR(frame->value[i], want, fabs(want) * 1e-6);
    }
    for (size_t s = 0; s < frame->count; s++) {
        const struct grid_step *step = &frame->step[s];
        CHECK_TEXT(step->variable, "rain");
        CHECK_INT(step->valid_to.s - step->valid_from.s, 6 * HOUR_S);
        CHECK_INT(step->member, spec->members ? (int)(s % members) : MEMBER_NONE);
        CHECK_TEXT(utc_text(step->issued_at).at,
                   spec->reference ? "2024-09-06T00:00:00Z" : "never");
    }
    CHECK_TEXT(utc_text(frame->step[0].valid_to).at,
               days ? "2024-09-12T00:00:00Z" : "2024-09-06T06:00:00Z");
}

static void test_same_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(goods); i++) {
        ROW(goods[i].name);
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = make(&goods[i].spec);
        struct wanted_list wanted = wanted_of(&goods[i].spec);
        CHECK_OK(cf_read(bytes.at, bytes.len, &wanted, &frame, &err), err);
        check_frame(&frame, &goods[i].spec, goods[i].times);
    }
}

// Only the cells that touch the box, wherever they lie in the file, whatever the longitudes are.
static void test_box(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct spec spec;
    } rows[] = {
        {"south to north", {0}},
        {"north to south", {.descending = true}},
        {"longitude first", {.longitude_first = true, .format = NC_NETCDF4}},
        {"longitudes from 0 to 360 and beyond", {.longitude_turn = 360}},
        {"longitudes west of -180", {.longitude_turn = -360, .descending = true}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = make(&rows[i].spec);
        struct wanted_list wanted = wanted_of(&rows[i].spec);
        wanted.has_box = true;
        wanted.south_milli = 10300;
        wanted.north_milli = 10700;
        wanted.west_milli = 105300;
        wanted.east_milli = 106100;
        CHECK_OK(cf_read(bytes.at, bytes.len, &wanted, &frame, &err), err);
        CHECK_INT(frame.grid.rows, 1);
        CHECK_INT(frame.grid.columns, 2);
        CHECK_NEAR(frame.grid.latitude[0], 10.25, 1e-9);
        CHECK_NEAR(frame.grid.longitude[0], 105.25, 1e-9);
        CHECK_NEAR(frame.grid.longitude[2], 106.25, 1e-9);
        CHECK_NEAR(frame.value[0], field(0, 0, 1, 1), 1e-6);
        CHECK_NEAR(frame.value[1], field(0, 0, 1, 2), 1e-6);
        CHECK_NEAR(frame.value[3], field(1, 0, 1, 2), 1e-6);
    }
}

static const struct {
    const char *name;
    struct spec spec;
    const char *reads, *unit, *says;
    bool forecast;
    int32_t south_milli;
} refused_rows[] = {
    {"a name that is not there",
     {0},
     "rian",
     "",
     "no variable \"rian\"; there are: time, lat",
     false,
     0},
    {"a group that is not there", {0}, "Grid/rain", "", "no group \"Grid\"", false, 0},
    {"a variable that is an axis", {0}, "lat", "", "it has no longitude axis", false, 0},
    {"another unit", {.unit = "K"}, "rain", "", "the unit \"K\" does not fit rain", false, 0},
    {"an override that does not fit", {0}, "rain", "m s-1 kg", "does not fit rain", false, 0},
    {"a calendar of the moon",
     {.calendar = "lunar"},
     "rain",
     "",
     "the calendar \"lunar\"",
     false,
     0},
    {"months as the step of time",
     {.time_unit = "months since 2024-01-01"},
     "rain",
     "",
     "no fixed length",
     false,
     0},
    {"no origin of time", {.time_unit = "hours"}, "rain", "", "has no \"since\"", false, 0},
    {"a time of long ago",
     {.time_unit = "days since 1500-01-01"},
     "rain",
     "",
     "is not between 1850 and 2200",
     false,
     0},
    {"a forecast that does not say when",
     {0},
     "rain",
     "",
     "does not say when the forecast was issued",
     true,
     0},
    {"an axis of unknown kind",
     {.north = "furlongs"},
     "rain",
     "",
     "a dimension \"lat\" (10, 10.5, 11): choose one with",
     false,
     0},
    {"a fill value that is not named",
     {.hole = -9999},
     "rain",
     "",
     "rain of -9999 at 10.25 N 105.25 E cannot be",
     false,
     0},
    {"a unit that lies", {.unit = "km"}, "rain", "", "does the file name its fill value", false, 0},
    {"a grid of another country", {0}, "rain", "", "do not touch the area, 40 to 60", false, 40000},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].name);
        struct err err = {0};
        struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = make(&refused_rows[i].spec);
        struct wanted_list wanted = wanted_of(&refused_rows[i].spec);
        (void)snprintf(wanted.at[0].reads, sizeof(wanted.at[0].reads), "%s", refused_rows[i].reads);
        (void)snprintf(wanted.at[0].unit, sizeof(wanted.at[0].unit), "%s", refused_rows[i].unit);
        wanted.forecast = refused_rows[i].forecast;
        wanted.has_box = refused_rows[i].south_milli != 0;
        wanted.south_milli = refused_rows[i].south_milli;
        wanted.north_milli = 60000;
        wanted.east_milli = 180000;
        CHECK_INT(cf_read(bytes.at, bytes.len, &wanted, &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, refused_rows[i].says);
        CHECK(!frame.value && !frame.step); // untouched
    }
}

static void test_foreign(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes, *says;
    } rows[] = {
        {"nothing", "", "the file is empty"},
        {"a web page", "<!DOCTYPE html><html>", "a web page or XML"},
        {"JSON", "{\"error\": \"login\"}", "JSON, not a grid"},
        {"gzip", "\x1f\x8b\x08....", "compressed with gzip"},
        {"CDF-5", "CDF\x05....", "CDF-5"},
        {"words", "rain: much", "it is no NetCDF file"},
        {"the first bytes only", "CDF\x01", "header is cut off"},
        {"the first bytes of HDF5 only", "\x89HDF\r\n\x1a\n", "cannot be read"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct frame frame = {0};
        struct wanted_list wanted = wanted_of(&(struct spec){0});
        AUTO(mem_drop) char *bytes = mem_text(rows[i].bytes);
        CHECK_INT(cf_read(bytes, strlen(bytes), &wanted, &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

// A file that is cut off anywhere before its last numbers is refused, never read as zeros.
static void test_cut_off(void **state)
{
    (void)state;
    static const int formats[] = {0, NC_64BIT_OFFSET, NC_NETCDF4};
    for (size_t f = 0; f < COUNT_OF(formats); f++) {
        ROW("cut off");
        AUTO(buf_free) struct buf bytes = make(&(struct spec){.format = formats[f]});
        struct wanted_list wanted = wanted_of(&(struct spec){0});
        for (size_t len = 0; len + 4 < bytes.len; len += formats[f] == NC_NETCDF4 ? 97 : 7) {
            struct err err = {0};
            struct frame frame = {0};
            CHECK_INT(cf_read(bytes.at, len, &wanted, &frame, &err), ERR_INPUT);
            CHECK(err.text[0] != '\0');
        }
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    return unlink(path) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_field),
                                       cmocka_unit_test(test_box), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_foreign),
                                       cmocka_unit_test(test_cut_off)};
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
