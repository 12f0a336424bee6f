// Half-hourly rain in the layout of IMERG V07: HDF5 group Grid, precipitation(time, lon, lat) in
// mm/hr, times that begin the half hour, in seconds since the start of GPS time.
#include "data/season/weather.h"

#include "core/mem.h"
#include "core/text.h"
#include "data/season/ncwrite.h"

#include <math.h>

enum { STREAM = 2, COLUMNS = 20, ROWS = 18, CELLS = COLUMNS * ROWS, STEP_S = 1800 };

static const struct grid grid = {104.95, 21.45, 0.1, COLUMNS, ROWS};
static const int64_t FIRST_S = 1725580800;   // 2024-09-06T00:00:00Z
static const int64_t GPS_ZERO_S = 315964800; // 1980-01-06T00:00:00Z
static const double FILL = -9999.9;

struct field {
    double rain[CELLS], lon[COLUMNS], lat[ROWS], lon_bnds[COLUMNS * 2], lat_bnds[ROWS * 2];
    double time[1], time_bnds[2];
};

static void field_axes(struct field *field, struct utc start)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        field->lon[i] = grid.west + grid.step * (double)i;
        field->lon_bnds[2 * i] = field->lon[i] - grid.step / 2;
        field->lon_bnds[2 * i + 1] = field->lon[i] + grid.step / 2;
    }
    for (size_t j = 0; j < ROWS; j++) {
        field->lat[j] = grid.south + grid.step * (double)j;
        field->lat_bnds[2 * j] = field->lat[j] - grid.step / 2;
        field->lat_bnds[2 * j + 1] = field->lat[j] + grid.step / 2;
    }
    field->time[0] = field->time_bnds[0] = (double)(start.s - GPS_ZERO_S);
    field->time_bnds[1] = field->time[0] + STEP_S;
}

// The rate is that of the middle of the half hour.
static void field_rain(const struct season *season, const struct texture *texture, struct utc start,
                       struct field *field)
{
    struct utc middle = {start.s + STEP_S / 2};
    struct storm storm = track_at(season->fix, season->fixes, middle);
    double hours = (double)(middle.s - FIRST_S) / HOUR_S;
    for (size_t i = 0; i < COLUMNS; i++) {
        for (size_t j = 0; j < ROWS; j++)
            field->rain[i * ROWS + j] =
                storm_rain_mm_h(&storm, texture, field->lat[j], field->lon[i], hours);
    }
}

static enum err_kind field_write(const struct field *field, const char *path, struct err *err)
{
    const struct ncwrite_dimension dimension[] = {{"time", 1}, {"lon", COLUMNS}, {"lat", ROWS},
                                                  {"nv", 2},   {"lonv", 2},      {"latv", 2}};
    const char *since = "seconds since 1980-01-06 00:00:00 UTC";
    struct ncwrite_variable variable[] = {
        {.name = "time",
         .type = NCWRITE_INT,
         .dimension = {"time"},
         .attribute = {{.name = "units", .text = since},
                       {.name = "calendar", .text = "standard"},
                       {.name = "bounds", .text = "time_bnds"}}},
        {.name = "lon",
         .type = NCWRITE_FLOAT,
         .dimension = {"lon"},
         .attribute = {{.name = "units", .text = "degrees_east"},
                       {.name = "bounds", .text = "lon_bnds"}}},
        {.name = "lat",
         .type = NCWRITE_FLOAT,
         .dimension = {"lat"},
         .attribute = {{.name = "units", .text = "degrees_north"},
                       {.name = "bounds", .text = "lat_bnds"}}},
        {.name = "time_bnds", .type = NCWRITE_INT, .dimension = {"time", "nv"}},
        {.name = "lon_bnds", .type = NCWRITE_FLOAT, .dimension = {"lon", "lonv"}},
        {.name = "lat_bnds", .type = NCWRITE_FLOAT, .dimension = {"lat", "latv"}},
        {.name = "precipitation",
         .type = NCWRITE_FLOAT,
         .dimension = {"time", "lon", "lat"},
         .deflate = true,
         .attribute = {{.name = "units", .text = "mm/hr"},
                       {.name = "_FillValue", .number = FILL},
                       {.name = "coordinates", .text = "time lon lat"}}},
    };
    const double *values[] = {field->time,     field->lon,      field->lat, field->time_bnds,
                              field->lon_bnds, field->lat_bnds, field->rain};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        variable[i].values = values[i];
    const struct ncwrite file = {.format = NCWRITE_NETCDF4,
                                 .group = "Grid",
                                 .title = "DRILL: invented half-hourly rain",
                                 .dimension = dimension,
                                 .dimensions = COUNT_OF(dimension),
                                 .variable = variable,
                                 .variables = COUNT_OF(variable)};
    return ncwrite_file(path, &file, err);
}

enum err_kind observed_write(const struct season *season, const char *folder, struct err *err)
{
    struct random random = random_new(season->seed, STREAM);
    struct texture texture = texture_new(&random);
    AUTO(mem_drop) struct field *field = mem_new(1, sizeof(*field));
    for (int i = 0; i < OBSERVED_FILES; i++) {
        struct utc start = {FIRST_S + (int64_t)i * STEP_S};
        struct civil civil = utc_civil(start);
        AUTO(buf_free) struct buf path = buf_new(4096);
        buf_print(&path, "%s/drill-%04d%02d%02d-%02d%02d.nc4", folder, civil.year, civil.month,
                  civil.day, civil.hour, civil.minute);
        field_axes(field, start);
        field_rain(season, &texture, start, field);
        if (field_write(field, path.at, err))
            return err->kind;
    }
    return OK;
}
