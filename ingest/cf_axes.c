#include "ingest/cf_axes.h"

#include "core/mem.h"
#include "core/text.h"
#include "core/units.h"
#include "ledger/reading.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    TEXT_SIZE = 128,
    AXIS_LEN_MAX = 100000, // of any axis: 0.0036 degrees around the globe
    MEMBERS_MAX = 1000,    // the largest operational ensembles have 51 to 200
    MEMBER_NUMBER_MAX = 1 << 20,
};
// 1850 to 2200: weather that gong could be asked about. A fill value read as a time is outside.
static const double TIME_MIN_S = -3786912000.0, TIME_MAX_S = 7258118400.0;

enum role { ROLE_OTHER, ROLE_LATITUDE, ROLE_LONGITUDE, ROLE_TIME, ROLE_MEMBER, ROLE_PROJECTED };

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcasecmp(text, *words) == 0)
            return true;
    }
    return false;
}

// CF 1.8 sections 4.1 to 4.4 and 6: by units first, then by standard_name.
static enum role role_of(const struct ncgrid *file, const struct ncvar *var)
{
    static const char *const north[] = {"degrees_north", "degree_north", "degrees_N", "degree_N",
                                        "degreesN",      "degreeN",      NULL};
    static const char *const east[] = {"degrees_east", "degree_east", "degrees_E", "degree_E",
                                       "degreesE",     "degreeE",     NULL};
    static const char *const member[] = {"realization", "member", "ensemble", "number", NULL};
    static const char *const projected[] = {"grid_latitude", "grid_longitude",
                                            "projection_x_coordinate", "projection_y_coordinate",
                                            NULL};
    char units[TEXT_SIZE], name[TEXT_SIZE];
    (void)ncgrid_text(file, var, "units", units, sizeof(units));
    (void)ncgrid_text(file, var, "standard_name", name, sizeof(name));
    if (is_one_of(name, projected))
        return ROLE_PROJECTED;
    if (is_one_of(units, north) || strcmp(name, "latitude") == 0)
        return ROLE_LATITUDE;
    if (is_one_of(units, east) || strcmp(name, "longitude") == 0)
        return ROLE_LONGITUDE;
    if (strcmp(name, "forecast_reference_time") == 0)
        return ROLE_OTHER;
    if (strcmp(name, "time") == 0 || strstr(units, " since ") || strcasecmp(var->name, "time") == 0)
        return ROLE_TIME;
    if (strcmp(name, "realization") == 0 || is_one_of(var->name, member))
        return ROLE_MEMBER;
    return ROLE_OTHER;
}

static enum err_kind refuse_grid(const struct ncgrid *file, const struct ncvar *var,
                                 const char *dim, struct err *err)
{
    char coordinates[TEXT_SIZE];
    struct ncvar flat;
    if (ncgrid_text(file, var, "coordinates", coordinates, sizeof(coordinates)) &&
        (ncgrid_beside(file, var, "lat", &flat) || ncgrid_beside(file, var, "latitude", &flat)) &&
        flat.dims == 2)
        return err_set(err, ERR_INPUT,
                       "\"%s\" is on a curvilinear grid (its latitudes have two dimensions); gong "
                       "reads latitude-longitude grids only",
                       var->name);
    return err_set(err, ERR_INPUT,
                   "\"%s\" has a dimension \"%s\" that gong does not know: its coordinate must be "
                   "a time, realization, latitude or longitude",
                   var->name, dim);
}

// Puts dimension i of the variable into its place.
static enum err_kind place(const struct ncgrid *file, const struct ncvar *var, size_t i,
                           struct cf_axes *axes, struct err *err)
{
    const struct ncdim *dim = &var->dim[i];
    struct ncvar coordinate;
    enum role role = ROLE_OTHER;
    if (dim->len > AXIS_LEN_MAX)
        return err_set(err, ERR_INPUT, "the dimension \"%s\" has %zu steps, at most %d", dim->name,
                       dim->len, AXIS_LEN_MAX);
    bool found = ncgrid_beside(file, var, dim->name, &coordinate) && coordinate.numeric;
    if (found && coordinate.dims == 1 && coordinate.dim[0].id == dim->id)
        role = role_of(file, &coordinate);
    size_t *index = NULL;
    struct ncvar *keep = NULL;
    switch (role) {
    case ROLE_LATITUDE:
        index = &axes->latitude;
        keep = &axes->latitude_var;
        break;
    case ROLE_LONGITUDE:
        index = &axes->longitude;
        keep = &axes->longitude_var;
        break;
    case ROLE_TIME:
        index = &axes->time;
        keep = &axes->time_var;
        break;
    case ROLE_MEMBER:
        index = &axes->member;
        keep = &axes->member_var;
        break;
    case ROLE_PROJECTED:
        return err_set(err, ERR_INPUT,
                       "\"%s\" is on a projected or rotated grid (dimension \"%s\"); gong reads "
                       "latitude-longitude grids only",
                       var->name, dim->name);
    case ROLE_OTHER: // one level, one height: it says nothing
        return dim->len == 1 ? OK : refuse_grid(file, var, dim->name, err);
    }
    if (*index != NO_AXIS)
        return err_set(err, ERR_INPUT, "\"%s\" has two axes of one kind, \"%s\" and \"%s\"",
                       var->name, keep->name, dim->name);
    *index = i;
    *keep = coordinate;
    return OK;
}

// A variable without a time dimension may have a scalar time beside it. Other scalars count "since"
// too (a blend time, a reference time), so it must be called the time.
static void find_scalar_time(const struct ncgrid *file, const struct ncvar *var,
                             struct cf_axes *axes)
{
    size_t cursor = 0;
    struct ncvar one;
    char name[TEXT_SIZE];
    while (ncgrid_next(file, var, &cursor, &one)) {
        (void)ncgrid_text(file, &one, "standard_name", name, sizeof(name));
        if (one.numeric && one.dims == 0 &&
            (strcmp(name, "time") == 0 || strcasecmp(one.name, "time") == 0)) {
            axes->time_var = one;
            return;
        }
    }
}

enum err_kind cf_axes_find(const struct ncgrid *file, const struct ncvar *var, struct cf_axes *out,
                           struct err *err)
{
    AUTO(mem_drop) struct cf_axes *axes = mem_new(1, sizeof(*axes));
    axes->latitude = axes->longitude = axes->time = axes->member = NO_AXIS;
    if (!var->numeric)
        return err_set(err, ERR_INPUT, "\"%s\" holds no numbers", var->name);
    for (size_t i = 0; i < var->dims; i++) {
        if (place(file, var, i, axes, err))
            return err->kind;
    }
    if (axes->latitude == NO_AXIS || axes->longitude == NO_AXIS)
        return err_set(err, ERR_INPUT, "\"%s\" is on no grid: it has no %s axis", var->name,
                       axes->latitude == NO_AXIS ? "latitude" : "longitude");
    if (axes->time == NO_AXIS)
        find_scalar_time(file, var, axes);
    if (axes->time_var.name[0] == '\0')
        return err_set(err, ERR_INPUT,
                       "\"%s\" has no time: neither a time axis nor a single time stands beside it",
                       var->name);
    *out = *axes;
    return OK;
}

// The coordinate's bounds as [count x 2], or NULL when there are none (a name that is given but
// leads nowhere is common, and counts as none). Either order of the two dimensions.
static enum err_kind read_bounds(const struct ncgrid *file, const struct ncvar *coordinate,
                                 double **out, struct err *err)
{
    char name[NCGRID_NAME_SIZE];
    struct ncvar var;
    *out = NULL;
    bool there = ncgrid_text(file, coordinate, "bounds", name, sizeof(name)) &&
                 ncgrid_beside(file, coordinate, name, &var);
    if (!there) {
        (void)snprintf(name, sizeof(name), "%.200s_bnds", coordinate->name);
        there = ncgrid_beside(file, coordinate, name, &var);
    }
    if (!there)
        return OK;
    size_t count = coordinate->dims ? coordinate->dim[0].len : 1;
    bool scalar = coordinate->dims == 0 && var.dims == 1 && var.dim[0].len == 2;
    bool pairs = coordinate->dims == 1 && var.dims == 2 && var.dim[1].len == 2 &&
                 var.dim[0].id == coordinate->dim[0].id;
    bool turned = coordinate->dims == 1 && var.dims == 2 && var.dim[0].len == 2 &&
                  var.dim[1].id == coordinate->dim[0].id;
    if (!var.numeric || (!scalar && !pairs && !turned))
        return err_set(err, ERR_INPUT, "the bounds \"%s\" are not two numbers for each \"%s\"",
                       var.name, coordinate->name);
    AUTO(mem_drop) double *values = mem_new(2 * count, sizeof(*values));
    AUTO(mem_drop) double *ordered = mem_new(2 * count, sizeof(*ordered));
    if (ncgrid_values(file, &var, NULL, NULL, values, err))
        return err->kind;
    for (size_t i = 0; i < count; i++) {
        ordered[2 * i] = values[pairs ? 2 * i : i];
        ordered[2 * i + 1] = values[pairs ? 2 * i + 1 : count + i];
    }
    *out = TAKE(ordered);
    return OK;
}

enum err_kind cf_axis_cells(const struct ncgrid *file, const struct ncvar *coordinate,
                            enum axis_kind kind, struct axis *out, struct err *err)
{
    size_t count = coordinate->dim[0].len;
    AUTO(mem_drop) double *centre = mem_new(count ? count : 1, sizeof(*centre));
    AUTO(mem_drop) double *bounds = NULL;
    if (ncgrid_values(file, coordinate, NULL, NULL, centre, err) ||
        read_bounds(file, coordinate, &bounds, err) ||
        axis_make(kind, centre, bounds, count, out, err))
        return err->kind;
    return OK;
}

// "julian" is what IMERG says of ordinary dates. Between 1901 and 2099 both calendars count the
// same days since an origin there, so that the dates meant come out.
static enum err_kind check_calendar(const struct ncgrid *file, const struct ncvar *time,
                                    const char *units, double origin_s, struct err *err)
{
    static const char *const ours[] = {"", "standard", "gregorian", "proleptic_gregorian", NULL};
    char calendar[TEXT_SIZE];
    (void)ncgrid_text(file, time, "calendar", calendar, sizeof(calendar));
    bool modern = origin_s >= -2177452800.0; // 1901-01-01
    if (strncasecmp(units, "month", 5) == 0 || strncasecmp(units, "year", 4) == 0)
        return err_set(err, ERR_INPUT,
                       "the time axis counts in \"%s\"; months and years have no fixed length",
                       units);
    if (is_one_of(calendar, ours) || (modern && strcasecmp(calendar, "julian") == 0))
        return OK;
    return err_set(err, ERR_INPUT, "the time axis uses the calendar \"%s\"; gong reads real dates",
                   calendar);
}

static enum err_kind to_utc(const struct ncgrid *file, const struct ncvar *time, double *values,
                            size_t count, struct err *err)
{
    char units[TEXT_SIZE];
    double step_s, origin_s;
    if (!ncgrid_text(file, time, "units", units, sizeof(units)))
        return err_set(err, ERR_INPUT, "the time axis \"%s\" has no units", time->name);
    if (units_time_axis(units, &step_s, &origin_s, err) ||
        check_calendar(file, time, units, origin_s, err))
        return err->kind;
    for (size_t i = 0; i < count; i++) {
        double seconds = round(origin_s + values[i] * step_s);
        if (!(seconds >= TIME_MIN_S && seconds <= TIME_MAX_S))
            return err_set(err, ERR_INPUT, "the time %g \"%s\" is not between 1850 and 2200",
                           values[i], units);
        values[i] = seconds;
    }
    return OK;
}

static enum err_kind bounded_steps(const struct ncgrid *file, const struct ncvar *time,
                                   struct cf_step *steps, size_t count, struct err *err)
{
    AUTO(mem_drop) double *bounds = NULL;
    if (read_bounds(file, time, &bounds, err))
        return err->kind;
    if (!bounds)
        return err_set(err, ERR_INPUT,
                       "the time axis has no bounds, as \"interval: bounds\" says; write the "
                       "interval of one step");
    if (to_utc(file, time, bounds, 2 * count, err))
        return err_add(err, "reading the bounds of time");
    for (size_t i = 0; i < count; i++) {
        steps[i].from.s = (int64_t)bounds[2 * i];
        steps[i].to.s = (int64_t)bounds[2 * i + 1];
        if (steps[i].to.s <= steps[i].from.s)
            return err_set(err, ERR_INPUT, "the bounds of time step %zu end before they start", i);
    }
    return OK;
}

static enum err_kind stamped_steps(const struct ncgrid *file, const struct ncvar *time,
                                   const struct wanted *wanted, struct cf_step *steps, size_t count,
                                   struct err *err)
{
    AUTO(mem_drop) double *stamps = mem_new(count, sizeof(*stamps));
    if (ncgrid_values(file, time, NULL, NULL, stamps, err) ||
        to_utc(file, time, stamps, count, err))
        return err->kind;
    for (size_t i = 0; i < count; i++) {
        struct utc stamp = {(int64_t)stamps[i]};
        if (wanted_step(wanted, stamp, &steps[i].from, &steps[i].to, err))
            return err->kind;
    }
    return OK;
}

enum err_kind cf_times(const struct ncgrid *file, const struct ncvar *var,
                       const struct cf_axes *axes, const struct wanted *wanted,
                       struct cf_step **out, size_t *count, struct err *err)
{
    size_t steps_count = axes->time == NO_AXIS ? 1 : var->dim[axes->time].len;
    if (steps_count == 0)
        return err_set(err, ERR_INPUT, "\"%s\" has no time step", var->name);
    AUTO(mem_drop) struct cf_step *steps = mem_new(steps_count, sizeof(*steps));
    if (wanted->interval == INTERVAL_BOUNDS
            ? bounded_steps(file, &axes->time_var, steps, steps_count, err)
            : stamped_steps(file, &axes->time_var, wanted, steps, steps_count, err))
        return err->kind;
    for (size_t i = 1; i < steps_count; i++) {
        if (steps[i].to.s <= steps[i - 1].to.s)
            return err_set(err, ERR_INPUT, "the time axis does not run on: %s stands after %s",
                           utc_text(steps[i].to).at, utc_text(steps[i - 1].to).at);
    }
    *out = TAKE(steps);
    *count = steps_count;
    return OK;
}

enum err_kind cf_issue(const struct ncgrid *file, const struct ncvar *var, struct utc *out,
                       struct err *err)
{
    size_t cursor = 0;
    struct ncvar one;
    char name[TEXT_SIZE];
    while (ncgrid_next(file, var, &cursor, &one)) {
        (void)ncgrid_text(file, &one, "standard_name", name, sizeof(name));
        if (!one.numeric || strcmp(name, "forecast_reference_time") != 0)
            continue;
        double seconds;
        if (one.dims > 1 || (one.dims == 1 && one.dim[0].len != 1))
            return err_set(err, ERR_INPUT, "the file holds several forecast runs (\"%s\")",
                           one.name);
        if (ncgrid_values(file, &one, NULL, NULL, &seconds, err) ||
            to_utc(file, &one, &seconds, 1, err))
            return err_add(err, "reading \"%s\"", one.name);
        out->s = (int64_t)seconds;
        return OK;
    }
    return err_set(err, ERR_INPUT,
                   "the file does not say when the forecast was issued (nothing in it is the "
                   "forecast_reference_time)");
}

enum err_kind cf_members(const struct ncgrid *file, const struct cf_axes *axes,
                         const struct ncvar *var, int32_t **out, size_t *count, struct err *err)
{
    size_t members = axes->member == NO_AXIS ? 1 : var->dim[axes->member].len;
    if (members == 0 || members > MEMBERS_MAX)
        return err_set(err, ERR_INPUT, "\"%s\" has %zu members, wanted are 1 to %d", var->name,
                       members, MEMBERS_MAX);
    AUTO(mem_drop) double *values = mem_new(members, sizeof(*values));
    AUTO(mem_drop) int32_t *numbers = mem_new(members, sizeof(*numbers));
    numbers[0] = MEMBER_NONE;
    if (axes->member != NO_AXIS && ncgrid_values(file, &axes->member_var, NULL, NULL, values, err))
        return err->kind;
    for (size_t i = 0; axes->member != NO_AXIS && i < members; i++) {
        if (!(values[i] >= 0 && values[i] <= MEMBER_NUMBER_MAX) || values[i] != round(values[i]) ||
            (i && values[i] <= values[i - 1]))
            return err_set(err, ERR_INPUT, "member %zu has the number %g", i, values[i]);
        numbers[i] = (int32_t)values[i];
    }
    *out = TAKE(numbers);
    *count = members;
    return OK;
}
