// A dry flowering season over former Đắk Nông: a few showers, more in the east than in the west,
// packed in 16 bits with latitude running south, as many archives keep daily rain.
#include "data/season/weather.h"

#include "core/mem.h"
#include "core/text.h"
#include "data/season/ncwrite.h"

#include <math.h>

enum { STREAM = 3, DAYS = 121, COLUMNS = 11, ROWS = 12, CELLS = COLUMNS * ROWS, FILL = -32768 };

static const struct grid grid = {107.2, 11.75, 0.1, COLUMNS, ROWS};
static const double SCALE = 0.01, OFFSET = 100;

// Two days were not observed over the north-western corner, so that a drill also meets "not known".
enum { GAP_FIRST = 68, GAP_LAST = 69 };
static const double GAP_SOUTH = 12.62, GAP_EAST = 107.85;

struct days {
    double rain[DAYS * CELLS], time[DAYS], latitude[ROWS], longitude[COLUMNS];
};

// One day in eight has showers: more of them and stronger ones from March on.
static double shower_mm(struct random *random, int day)
{
    double chance = day < 60 ? 0.06 : 0.2, roll = random_unit(random), size = random_unit(random);
    return roll < chance ? -9 * log(1 - size) : 0;
}

static double packed(double rain_mm)
{
    return round((fmin(rain_mm, 300) - OFFSET) / SCALE);
}

static void days_fill(uint64_t seed, struct days *days)
{
    struct random random = random_new(seed, STREAM);
    struct texture texture = texture_new(&random);
    for (size_t j = 0; j < ROWS; j++)
        days->latitude[j] = grid.south + grid.step * (double)(ROWS - 1 - j);
    for (size_t i = 0; i < COLUMNS; i++)
        days->longitude[i] = grid.west + grid.step * (double)i;
    for (int day = 0; day < DAYS; day++) {
        double shower = shower_mm(&random, day);
        days->time[day] = day;
        for (size_t cell = 0; cell < CELLS; cell++) {
            double latitude = days->latitude[cell / COLUMNS];
            double longitude = days->longitude[cell % COLUMNS];
            double slope = 0.45 + 1.5 * (longitude - grid.west) / (COLUMNS * grid.step);
            double rain = shower * slope * texture_at(&texture, latitude, longitude, day * 24.0);
            bool gap =
                day >= GAP_FIRST && day <= GAP_LAST && latitude > GAP_SOUTH && longitude < GAP_EAST;
            days->rain[(size_t)day * CELLS + cell] = gap ? FILL : packed(rain);
        }
    }
}

static enum err_kind days_write(const struct days *days, const char *path, struct err *err)
{
    const struct ncwrite_dimension dimension[] = {
        {"time", DAYS}, {"latitude", ROWS}, {"longitude", COLUMNS}};
    const struct ncwrite_variable variable[] = {
        {.name = "time",
         .type = NCWRITE_INT,
         .dimension = {"time"},
         .attribute = {{.name = "units", .text = "days since 2024-01-01 00:00:00"},
                       {.name = "calendar", .text = "gregorian"}},
         .values = days->time},
        {.name = "latitude",
         .type = NCWRITE_FLOAT,
         .dimension = {"latitude"},
         .attribute = {{.name = "units", .text = "degrees_north"}},
         .values = days->latitude},
        {.name = "longitude",
         .type = NCWRITE_FLOAT,
         .dimension = {"longitude"},
         .attribute = {{.name = "units", .text = "degrees_east"}},
         .values = days->longitude},
        {.name = "rain",
         .type = NCWRITE_SHORT,
         .dimension = {"time", "latitude", "longitude"},
         .attribute = {{.name = "units", .text = "mm/day"},
                       {.name = "scale_factor", .number = SCALE, .as_double = true},
                       {.name = "add_offset", .number = OFFSET, .as_double = true},
                       {.name = "_FillValue", .number = FILL}},
         .values = days->rain},
    };
    const struct ncwrite file = {.format = NCWRITE_CLASSIC64,
                                 .title = "DRILL: invented daily rain",
                                 .dimension = dimension,
                                 .dimensions = COUNT_OF(dimension),
                                 .variable = variable,
                                 .variables = COUNT_OF(variable)};
    return ncwrite_file(path, &file, err);
}

enum err_kind daily_write(const struct season *season, const char *folder, struct err *err)
{
    AUTO(mem_drop) struct days *days = mem_new(1, sizeof(*days));
    AUTO(buf_free) struct buf path = buf_new(4096);
    days_fill(season->seed, days);
    buf_print(&path, "%s/drill-2024.nc", folder);
    return days_write(days, path.at, err);
}
