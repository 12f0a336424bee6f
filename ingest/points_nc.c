#include "core/mem.h"
#include "core/units.h"
#include "ingest/ncgrid.h"
#include "ingest/points_build.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// IBTrACS in NetCDF: variables (storm, date_time) and, for radii, (storm, date_time, quadrant);
// characters with one more dimension. What is missing is the file's _FillValue.
enum { STORMS_MAX = 20000, TIMES_MAX = 2000, QUADRANTS = 4, NAMES_SIZE = 32, SIX_HOURS_S = 21600 };
enum { CELLS_MAX = 20 * 1000 * 1000 };

struct file {
    struct ncgrid *nc;
    size_t storms, times;
    double *time, *latitude, *longitude, *wind, *gust, *pressure, *radius_34, *radius_50; // heap
    char *sid, *name, *flag;
    size_t sid_len, name_len, flag_len;
    double time_step_s, time_origin_s;
};

static void file_close(struct file *file)
{
    double **const numbers[] = {&file->time, &file->latitude, &file->longitude, &file->wind,
                                &file->gust, &file->pressure, &file->radius_34, &file->radius_50};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        mem_free(numbers[i]);
    mem_free(&file->sid);
    mem_free(&file->name);
    mem_free(&file->flag);
    ncgrid_close(&file->nc);
}

// A variable with `dims` dimensions, of which the first two are storms and times (only storms for
// dims_time false); the last one's length is `*last`.
static enum err_kind find(const struct file *file, const char *name, size_t dims, bool with_time,
                          struct ncvar *out, struct err *err)
{
    if (ncgrid_find(file->nc, name, out, err))
        return err_of(err);
    bool good = out->dims == dims && out->dim[0].len == file->storms &&
                (!with_time || out->dim[1].len == file->times);
    size_t cells = 1;
    for (size_t i = 0; good && i < dims; i++) {
        good = out->dim[i].len > 0 && out->dim[i].len <= CELLS_MAX / cells;
        cells *= good ? out->dim[i].len : 1;
    }
    if (!good)
        return err_set(err, ERR_INPUT, "variable %s is not of the shape (storm, date_time ...)",
                       name);
    return OK;
}

static size_t cells_of(const struct ncvar *var)
{
    size_t cells = 1;
    for (size_t i = 0; i < var->dims; i++)
        cells *= var->dim[i].len;
    return cells;
}

static enum err_kind numbers(const struct file *file, const char *name, size_t dims, double **out,
                             struct err *err)
{
    struct ncvar var;
    if (find(file, name, dims, true, &var, err))
        return err_of(err);
    if (!var.numeric || (dims == 3 && var.dim[2].len != QUADRANTS))
        return err_set(err, ERR_INPUT, "variable %s holds no numbers for each time", name);
    *out = mem_new(cells_of(&var), sizeof(**out));
    return ncgrid_values(file->nc, &var, NULL, NULL, *out, err);
}

// The same, NULL when the file does not have it.
static enum err_kind may_numbers(const struct file *file, const char *agency, const char *what,
                                 size_t dims, double **out, struct err *err)
{
    struct err why = {0};
    struct ncvar var;
    char name[NAMES_SIZE];
    (void)snprintf(name, sizeof(name), "%s_%s", agency, what);
    if (ncgrid_find(file->nc, name, &var, &why))
        return OK;
    return numbers(file, name, dims, out, err);
}

static enum err_kind characters(const struct file *file, const char *name, size_t dims, char **out,
                                size_t *len, struct err *err)
{
    struct ncvar var;
    if (find(file, name, dims, dims == 3, &var, err))
        return err_of(err);
    *len = var.dim[dims - 1].len;
    *out = mem_new(cells_of(&var), 1);
    return ncgrid_chars(file->nc, &var, *out, err);
}

static enum err_kind read_all(struct file *file, const struct points_wanted *wanted,
                              struct err *err)
{
    struct ncvar time;
    char units[NCGRID_NAME_SIZE], name[NAMES_SIZE];
    if (ncgrid_find(file->nc, "time", &time, err))
        return err_of(err);
    if (time.dims != 2 || time.dim[0].len > STORMS_MAX || time.dim[1].len > TIMES_MAX ||
        !ncgrid_text(file->nc, &time, "units", units, sizeof(units)))
        return err_set(err, ERR_INPUT,
                       "variable time is not of the shape (storm, date_time), at most %d by %d, "
                       "with units; is it IBTrACS?",
                       STORMS_MAX, TIMES_MAX);
    file->storms = time.dim[0].len;
    file->times = time.dim[1].len;
    (void)snprintf(name, sizeof(name), "%s_wind", wanted->agency);
    if (units_time_axis(units, &file->time_step_s, &file->time_origin_s, err) ||
        numbers(file, "time", 2, &file->time, err) ||
        numbers(file, "lat", 2, &file->latitude, err) ||
        numbers(file, "lon", 2, &file->longitude, err) ||
        numbers(file, name, 2, &file->wind, err) ||
        may_numbers(file, wanted->agency, "gust", 2, &file->gust, err) ||
        may_numbers(file, wanted->agency, "pres", 2, &file->pressure, err) ||
        may_numbers(file, wanted->agency, "r34", 3, &file->radius_34, err) ||
        may_numbers(file, wanted->agency, "r50", 3, &file->radius_50, err) ||
        characters(file, "sid", 2, &file->sid, &file->sid_len, err) ||
        characters(file, "name", 2, &file->name, &file->name_len, err))
        return err_of(err);
    struct err why = {0};
    struct ncvar flag;
    if (ncgrid_find(file->nc, "iflag", &flag, &why) == OK)
        return characters(file, "iflag", 3, &file->flag, &file->flag_len, err);
    return OK;
}

static void copy_text(const char *from, size_t len, char *out, size_t size)
{
    size_t used = 0;
    while (used < len && used < size - 1 && from[used] > ' ' && from[used] <= '~')
        used++;
    memcpy(out, from, used);
    out[used] = '\0';
}

// The farthest of the four quadrants.
static int32_t reach(const double *radius, size_t cell)
{
    double most = NAN;
    for (size_t i = 0; radius && i < QUADRANTS; i++) {
        double one = radius[cell * QUADRANTS + i];
        if (one >= 0 && one < 5000 && !(one <= most))
            most = one;
    }
    return isnan(most) ? TRACK_NONE : miles_m(most);
}

static int32_t wind_of(const double *knots, size_t cell)
{
    return knots && knots[cell] >= 0 && knots[cell] <= 250 ? knots_milli(knots[cell]) : TRACK_NONE;
}

static enum err_kind add_fix(const struct build *build, const struct file *file, size_t cell,
                             struct track *track, struct err *err)
{
    double longitude = file->longitude[cell], latitude = file->latitude[cell];
    double seconds = file->time_origin_s + file->time[cell] * file->time_step_s;
    if (!(fabs(latitude) <= 90) || !(fabs(longitude) <= 360) || !(fabs(seconds) < 1e11))
        return err_set(err, ERR_INPUT, "storm %s has a time or position that is none",
                       track->storm);
    longitude -= longitude > 180 ? 360 : 0;
    longitude += longitude < -180 ? 360 : 0;
    struct track_fix fix = {
        .at = {llround(seconds)},
        .latitude_milli = (int32_t)lround(latitude * 1000),
        .longitude_milli = (int32_t)lround(longitude * 1000),
        .wind_milli = wind_of(file->wind, cell),
        .gust_milli = wind_of(file->gust, cell),
        .wind_average_s = build->wanted->wind_average_s,
        .pressure_pa = TRACK_NONE,
        .radius_34_m = reach(file->radius_34, cell),
        .radius_50_m = reach(file->radius_50, cell),
    };
    if (file->pressure && file->pressure[cell] >= 800 && file->pressure[cell] <= 1100)
        fix.pressure_pa = (int32_t)lround(file->pressure[cell] * 100);
    const char *flag = file->flag ? file->flag + cell * file->flag_len : NULL;
    bool between = flag ? !memchr(flag, 'O', file->flag_len)
                        : fix.at.s % SIX_HOURS_S != 0 && fix.wind_milli == TRACK_NONE;
    fix.kind = between ? TRACK_INTERPOLATED : TRACK_FIX;
    return build_fix(track, &fix, err);
}

static enum err_kind add_storm(struct build *build, const struct file *file, size_t storm,
                               struct err *err)
{
    struct track *track;
    if (build_track(build, &track, err))
        return err_of(err);
    copy_text(file->sid + storm * file->sid_len, file->sid_len, track->storm, sizeof(track->storm));
    copy_text(file->name + storm * file->name_len, file->name_len, track->name,
              sizeof(track->name));
    if (!track->storm[0])
        return err_set(err, ERR_INPUT, "storm %zu has no sid", storm + 1);
    for (size_t i = 0; i < file->times; i++) {
        size_t cell = storm * file->times + i;
        if (isnan(file->time[cell]))
            continue;
        build->points.rows++;
        if (add_fix(build, file, cell, track, err))
            return err_of(err);
    }
    if (track->count == 0)
        return err_set(err, ERR_INPUT, "storm %s has no position", track->storm);
    return OK;
}

enum err_kind track_read_netcdf(struct build *build, void *bytes, size_t size, struct err *err)
{
    AUTO(file_close) struct file file = {0};
    if (ncgrid_open(bytes, size, false, &file.nc, err) || read_all(&file, build->wanted, err))
        return err_of(err);
    for (size_t storm = 0; storm < file.storms; storm++) {
        if (add_storm(build, &file, storm, err))
            return err_of(err);
    }
    return OK;
}
