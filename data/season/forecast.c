// An ensemble forecast: each member is the true storm on a track and of a strength that go wrong
// more and more with the lead time.
#include "data/season/weather.h"

#include "core/mem.h"
#include "core/text.h"
#include "data/season/ncwrite.h"

#include <math.h>

enum {
    STREAM = 100, // and the run's number
    MEMBERS = 20,
    STEPS = 12,
    STEP_H = 6,
    COLUMNS = 9,
    ROWS = 8,
    CELLS = COLUMNS * ROWS,
    VALUES = STEPS * MEMBERS * CELLS,
};

static const struct grid grid = {105.0, 21.5, 0.25, COLUMNS, ROWS};
static const int64_t FIRST_S = 1725408000; // 2024-09-04T00:00:00Z, the first run
static const int64_t EVERY_S = 12 * HOUR_S;

// Invented, near what tropical cyclone forecasts go wrong by: 1.2 degrees and 25 % after 72 hours.
static const double TRACK_DEGREES_A_HOUR = 1.2 / 72, STRENGTH_A_HOUR = 0.25 / 72;

struct run {
    double rain[VALUES], gust[VALUES];
    double latitude[ROWS], longitude[COLUMNS], member[MEMBERS];
    double time[STEPS], time_bnds[STEPS * 2], issued[1];
};

struct member {
    double north, east, strength; // standard normal
    struct texture texture;
};

static struct storm member_storm(const struct season *season, const struct member *member,
                                 struct utc time, double lead_h)
{
    struct storm storm = track_at(season->fix, season->fixes, time);
    storm.latitude += member->north * TRACK_DEGREES_A_HOUR * lead_h;
    storm.longitude += member->east * TRACK_DEGREES_A_HOUR * lead_h;
    storm.wind_kt *= exp(member->strength * STRENGTH_A_HOUR * lead_h);
    return storm;
}

// Rain is summed over the hours of the step, the gust is the strongest of them.
static void member_step(const struct season *season, const struct member *member, struct utc issued,
                        int step, double *rain, double *gust)
{
    for (size_t cell = 0; cell < CELLS; cell++)
        rain[cell] = gust[cell] = 0;
    for (int hour = 0; hour < STEP_H; hour++) {
        double lead_h = step * STEP_H + hour + 0.5;
        struct utc time = {issued.s + (int64_t)(lead_h * HOUR_S)};
        struct storm storm = member_storm(season, member, time, lead_h);
        double hours = (double)(time.s - FIRST_S) / HOUR_S;
        for (size_t cell = 0; cell < CELLS; cell++) {
            size_t row = cell / COLUMNS, column = cell % COLUMNS;
            double latitude = grid.south + grid.step * (double)row;
            double longitude = grid.west + grid.step * (double)column;
            rain[cell] += storm_rain_mm_h(&storm, &member->texture, latitude, longitude, hours);
            gust[cell] = fmax(gust[cell], storm_gust_m_s(&storm, latitude, longitude));
        }
    }
}

static void run_fill(const struct season *season, int number, struct run *run)
{
    struct random random = random_new(season->seed, STREAM + (uint64_t)number);
    struct utc issued = {FIRST_S + number * EVERY_S};
    for (size_t m = 0; m < MEMBERS; m++) {
        struct member member = {.north = random_normal(&random)};
        member.east = random_normal(&random);
        member.strength = random_normal(&random);
        member.texture = texture_new(&random);
        run->member[m] = (double)m;
        for (int step = 0; step < STEPS; step++) {
            size_t at = ((size_t)step * MEMBERS + m) * CELLS;
            member_step(season, &member, issued, step, &run->rain[at], &run->gust[at]);
        }
    }
    for (size_t j = 0; j < ROWS; j++)
        run->latitude[j] = grid.south + grid.step * (double)j;
    for (size_t i = 0; i < COLUMNS; i++)
        run->longitude[i] = grid.west + grid.step * (double)i;
    run->issued[0] = (double)(issued.s - FIRST_S) / HOUR_S;
    for (size_t step = 0; step < STEPS; step++) {
        run->time_bnds[2 * step] = run->issued[0] + (double)(step * STEP_H);
        run->time[step] = run->time_bnds[2 * step + 1] =
            run->issued[0] + (double)((step + 1) * STEP_H);
    }
}

#define HOURS_SINCE "hours since 2024-09-04 00:00:00"
// The values are set by run_write.
static const struct ncwrite_variable variables[] = {
    {.name = "time",
     .type = NCWRITE_DOUBLE,
     .dimension = {"time"},
     .attribute = {{.name = "standard_name", .text = "time"},
                   {.name = "units", .text = HOURS_SINCE},
                   {.name = "calendar", .text = "standard"},
                   {.name = "bounds", .text = "time_bnds"}}},
    {.name = "time_bnds", .type = NCWRITE_DOUBLE, .dimension = {"time", "nv"}},
    {.name = "forecast_reference_time",
     .type = NCWRITE_DOUBLE,
     .attribute = {{.name = "standard_name", .text = "forecast_reference_time"},
                   {.name = "units", .text = HOURS_SINCE},
                   {.name = "calendar", .text = "standard"}}},
    {.name = "realization",
     .type = NCWRITE_INT,
     .dimension = {"realization"},
     .attribute = {{.name = "standard_name", .text = "realization"},
                   {.name = "units", .text = "1"}}},
    {.name = "latitude",
     .type = NCWRITE_DOUBLE,
     .dimension = {"latitude"},
     .attribute = {{.name = "standard_name", .text = "latitude"},
                   {.name = "units", .text = "degrees_north"}}},
    {.name = "longitude",
     .type = NCWRITE_DOUBLE,
     .dimension = {"longitude"},
     .attribute = {{.name = "standard_name", .text = "longitude"},
                   {.name = "units", .text = "degrees_east"}}},
    {.name = "rain",
     .type = NCWRITE_FLOAT,
     .dimension = {"time", "realization", "latitude", "longitude"},
     .deflate = true,
     .attribute = {{.name = "standard_name", .text = "precipitation_amount"},
                   {.name = "units", .text = "mm"},
                   {.name = "cell_methods", .text = "time: sum"},
                   {.name = "coordinates", .text = "forecast_reference_time"}}},
    {.name = "gust",
     .type = NCWRITE_FLOAT,
     .dimension = {"time", "realization", "latitude", "longitude"},
     .deflate = true,
     .attribute = {{.name = "standard_name", .text = "wind_speed_of_gust"},
                   {.name = "units", .text = "m s-1"},
                   {.name = "cell_methods", .text = "time: maximum"},
                   {.name = "coordinates", .text = "forecast_reference_time"}}},
};

static enum err_kind run_write(const struct run *run, const char *path, struct err *err)
{
    const struct ncwrite_dimension dimension[] = {{"time", STEPS},
                                                  {"realization", MEMBERS},
                                                  {"latitude", ROWS},
                                                  {"longitude", COLUMNS},
                                                  {"nv", 2}};
    const double *values[] = {run->time,     run->time_bnds, run->issued, run->member,
                              run->latitude, run->longitude, run->rain,   run->gust};
    struct ncwrite_variable variable[COUNT_OF(variables)];
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        variable[i] = variables[i];
        variable[i].values = values[i];
    }
    const struct ncwrite file = {.format = NCWRITE_NETCDF4,
                                 .title = "DRILL: invented ensemble forecast",
                                 .dimension = dimension,
                                 .dimensions = COUNT_OF(dimension),
                                 .variable = variable,
                                 .variables = COUNT_OF(variable)};
    return ncwrite_file(path, &file, err);
}

enum err_kind forecast_write(const struct season *season, const char *folder, struct err *err)
{
    AUTO(mem_drop) struct run *run = mem_new(1, sizeof(*run));
    for (int i = 0; i < FORECAST_RUNS; i++) {
        struct civil civil = utc_civil((struct utc){FIRST_S + i * EVERY_S});
        AUTO(buf_free) struct buf path = buf_new(4096);
        buf_print(&path, "%s/drill-%04d%02d%02d%02d.nc", folder, civil.year, civil.month, civil.day,
                  civil.hour);
        run_fill(season, i, run);
        if (run_write(run, path.at, err))
            return err->kind;
    }
    return OK;
}
