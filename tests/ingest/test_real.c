// Real files of many products, read in place. Each names what it has that others have not. The
// figures were read from them with netCDF4-python. Skipped, loudly, where the folder is absent.
#include "core/file.h"
#include "ingest/cf.h"
#include "tests/check.h"

#define DATA "../shared/data/"

enum { BYTES_MAX = 64 << 20 };

static bool is_there(void)
{
    if (file_exists(DATA "SOURCES.md"))
        return true;
    (void)printf("SKIP real files: there is no " DATA "\n");
    return false;
}

static enum err_kind read(const char *path, const struct wanted *wanted, bool forecast,
                          struct frame *out, struct err *err)
{
    AUTO(mem_drop) char *whole = file_join(DATA, path);
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    struct wanted_list list = {.count = 1, .at = {*wanted}, .forecast = forecast};
    CHECK_OK(file_read(whole, &bytes, err), *err);
    return cf_read(bytes.at, bytes.len, &list, out, err);
}

// The value of the cell that holds a point; NaN when the point is off the grid.
static double value_at(const struct frame *frame, size_t step, double latitude, double longitude)
{
    const struct grid *grid = &frame->grid;
    for (size_t r = 0; r < grid->rows; r++) {
        for (size_t c = 0; c < grid->columns; c++) {
            if (latitude >= grid->latitude[r] && latitude < grid->latitude[r + 1] &&
                longitude >= grid->longitude[c] && longitude < grid->longitude[c + 1])
                return (double)frame->value[(step * grid->rows + r) * grid->columns + c];
        }
    }
    return NAN;
}

static size_t count_holes(const struct frame *frame, size_t step)
{
    size_t cells = frame->grid.rows * frame->grid.columns, holes = 0;
    for (size_t i = 0; i < cells; i++)
        holes += isnan(frame->value[step * cells + i]) ? 1 : 0;
    return holes;
}

#define SPAN(seconds, ends) .interval = INTERVAL_SPAN, .interval_s = (seconds), .stamp_ends = (ends)

static const struct {
    const char *name, *path;
    struct wanted wanted;
    size_t steps, rows, columns, step, holes; // of that step
    const char *to;                           // valid_to of that step
    double latitude, longitude, value, by;
} read_rows[] = {
    {"ERA5-Land monthly: packed, \"m\" that is metres a day, October 2020",
     "rainfall/era5land_monthly_tp_vietnam_2020.nc",
     {"tp", "rain", "m day-1", INTERVAL_MONTH, 0, false},
     12,
     166,
     101,
     9,
     5744,
     "2020-11-01T00:00:00Z",
     18.2,
     106.1,
     2079.66303,
     1e-3},
    {"WFDE5 monthly: descending, classic model of NetCDF-4, October 2015",
     "rainfall/wfde5_gpcc_monthly_precip_vietnam_1979-2019.nc",
     {"precip_mean", "rain", "", INTERVAL_MONTH, 0, false},
     492,
     33,
     20,
     441,
     188,
     "2015-11-01T00:00:00Z",
     15.75,
     107.75,
     511.11,
     1e-2},
    {"IMERG monthly: longitude first, mm/hr times the hours of June",
     "rainfall/imerg_monthly_java_200006.nc4",
     {"precipitation", "rain", "", INTERVAL_MONTH, 0, false},
     1,
     38,
     113,
     0,
     0,
     "2000-07-01T00:00:00Z",
     -6.15,
     108.35,
     810.16711,
     1e-2},
    {"IMERG half-hourly: a group, bounds, \"julian\", every value missing",
     "rainfall/imerg_v06b_halfhourly_cut.HDF5",
     {.reads = "Grid/precipitationCal", .variable = "rain", .interval = INTERVAL_BOUNDS},
     1,
     10,
     10,
     0,
     100,
     "2000-06-01T00:30:00Z",
     -89.95,
     -179.95,
     NAN,
     0},
    {"the same after gpm_api: bounds the other way round, the stamp at the end",
     "rainfall/imerg_v06b_processed_grid.nc",
     {.reads = "precipitationCal", .variable = "rain", SPAN(1800, true)},
     1,
     10,
     10,
     0,
     100,
     "2000-06-01T00:30:00Z",
     -89.95,
     -179.95,
     NAN,
     0},
    {"GSMaP daily: 94 percent missing, packed, time bounds",
     "rainfall/gsmap_daily_sparse_grid_damrey_20171101-10.nc",
     {.reads = "precipitation", .variable = "rain", .interval = INTERVAL_BOUNDS},
     10,
     36,
     33,
     4,
     36 * 33 - 65,
     "2017-11-06T00:00:00Z",
     15.35,
     108.25,
     699.0,
     1e-3},
    {"ERA5 gust: the globe from 0 to 360, Muifa east of the Philippines",
     "wind/era5_gust_global_20110801.nc",
     {.reads = "i10fg", .variable = "gust"},
     1,
     721,
     1440,
     0,
     0,
     "2011-08-01T00:00:00Z",
     18.5,
     133.75,
     38.28312,
     1e-4},
    {"ERA5-Land hourly of the new store: valid_time, NaN as fill value",
     "forecast/new_cds_era5land_hourly_multi_valid_time.nc",
     {.reads = "t2m", .variable = "temperature"},
     48,
     19,
     28,
     0,
     0,
     "2025-10-01T00:00:00Z",
     -15.4,
     -55.9,
     303.2472,
     1e-3},
    {"CFS: a Gaussian grid, \"kg m**-2 s**-1\"",
     "forecast/ncep_cfs_flux_gaussian_20060401.nc",
     {.reads = "prate", .variable = "rain", SPAN(21600, false)},
     1,
     94,
     192,
     0,
     0,
     "2006-03-31T06:00:00Z",
     -21.9044,
     320.625,
     36.2016,
     1e-3},
};

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; is_there() && i < COUNT_OF(read_rows); i++) {
        ROW(read_rows[i].name);
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        CHECK_OK(read(read_rows[i].path, &read_rows[i].wanted, false, &frame, &err), err);
        CHECK_INT(frame.count, read_rows[i].steps);
        CHECK_INT(frame.grid.rows, read_rows[i].rows);
        CHECK_INT(frame.grid.columns, read_rows[i].columns);
        CHECK_INT(count_holes(&frame, read_rows[i].step), read_rows[i].holes);
        CHECK_TEXT(utc_text(frame.step[read_rows[i].step].valid_to).at, read_rows[i].to);
        CHECK_NEAR(
            value_at(&frame, read_rows[i].step, read_rows[i].latitude, read_rows[i].longitude),
            read_rows[i].value, read_rows[i].by);
    }
}

static const struct wanted rain = {.variable = "rain", SPAN(3600, false)};
static const struct wanted wind = {.variable = "wind"};
static const struct {
    const char *name, *path, *reads;
    const struct wanted *wanted;
    bool forecast;
    const char *says;
} refused_rows[] = {
    {"a calendar without leap days", "rainfall/canesm2_pr_365day_2095.nc", "pr", &rain, false,
     "calendar \"365_day\""},
    {"\"mm/m\"", "rainfall/bcsd_obs_monthly_precip_1999.nc", "pr", &rain, false,
     "the unit \"mm/m\" does not fit rain"},
    {"a rotated pole", "rainfall/rotated_pole_precipitation.nc", "pr", &rain, false, "\"rlat\""},
    {"a curvilinear grid", "rainfall/stageiv_hourly_precip_curvilinear.nc",
     "Total_precipitation_surface_1_Hour_Accumulation", &rain, false, "curvilinear"},
    {"no time at all", "rainfall/trmm_3b42_daily_19991231_lonlat.nc", "precipitation", &rain, false,
     "has no time"},
    {"a projection in metres", "rainfall/chirps_ha_tinh_flood_events_2016-2022.nc", "rain_3d",
     &rain, false, "curvilinear"},
    {"stations, not a grid", "rainfall/gsmap_daily_72points_20140302-20171231.nc", "precipitation",
     &rain, false, "\"station\""},
    {"Lambert equal-area", "forecast/improver_rain_accum_T+1.nc", "thickness_of_rainfall_amount",
     &rain, true, "projected or rotated grid"},
    {"Albers, with members", "forecast/improver_wind10m_5members.nc", "wind_speed", &wind, true,
     "projected or rotated grid"},
    {"percentiles", "forecast/improver_wind_gust_percentiles.nc", "wind_speed_of_gust", &wind, true,
     "\"percentile\""},
    {"members without a grid", "forecast/geps_20members_caspar_2018.nc", "pr", &rain, false,
     "a dimension \"member\""},
    {"a rotated grid with members", "forecast/cosmo_e_vmax10m_21members.nc", "VMAX_10M", &wind,
     false, "gong does not know"},
    {"two pressure levels", "netcdf_quirks/packed_uv_levels.nc", "u", &wind, false,
     "a dimension \"level\""},
    {"hours since nobody knows when", "netcdf_quirks/hours_without_since.nc", "pm10_conc", &rain,
     false, "does not fit rain"},
    {"time in two dimensions", "netcdf_quirks/time2d_reftime_offset.nc", "x_wind_10m", &wind, false,
     "curvilinear"},
    {"an unstructured grid", "netcdf_quirks/icon_unstructured_radians.nc", "clat", &wind, false,
     "a dimension \"clat\""},
    {"a compound type", "netcdf_quirks/compound_types.nc", "phony_compound_var", &wind, false,
     "holds no numbers"},
    {"strings", "netcdf_quirks/string_variable.nc", "UTC_time", &wind, false, "holds no numbers"},
    {"time alone", "netcdf_quirks/calendar_360_day.nc", "time", &wind, false, "no latitude axis"},
    {"an observation that is asked to be a forecast",
     "rainfall/era5land_monthly_tp_vietnam_2020.nc", "tp", &rain, true,
     "does not say when the forecast was issued"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; is_there() && i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].name);
        struct err err = {0};
        struct frame frame = {0};
        struct wanted wanted = *refused_rows[i].wanted;
        (void)snprintf(wanted.reads, sizeof(wanted.reads), "%s", refused_rows[i].reads);
        if (strstr(refused_rows[i].path, "era5land_monthly"))
            wanted.interval = INTERVAL_MONTH;
        CHECK_INT(read(refused_rows[i].path, &wanted, refused_rows[i].forecast, &frame, &err),
                  ERR_INPUT);
        CHECK_HAS(err.text, refused_rows[i].says);
    }
}

TEST_MAIN(cmocka_unit_test(test_read), cmocka_unit_test(test_refused))
