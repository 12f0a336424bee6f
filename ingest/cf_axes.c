#include "ingest/cf_axes.h"

#include "core/mem.h"
#include "core/text.h"
#include "core/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    TEXT_SIZE = 128,
    AXIS_LEN_MAX = 100000,       // of any axis: 0.0036 degrees around the globe
    CELLS_MAX = 5 * 1000 * 1000, // of an unstructured grid: ICON's globe at 13 km has 2,949,120
    SHOWN_MAX = 8,
};
// Thresholds and percentiles are asked for with three decimals at most.
static const double PICK_SLACK = 0.0005;

enum role {
    ROLE_OTHER,
    ROLE_LATITUDE,
    ROLE_LONGITUDE,
    ROLE_MAP_Y,
    ROLE_MAP_X,
    ROLE_TIME,
    ROLE_RUN,
    ROLE_LEAD,
    ROLE_MEMBER,
};

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcasecmp(text, *words) == 0)
            return true;
    }
    return false;
}

static bool begins(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

// Radians as well: ICON's clat and clon.
static enum role role_of_place(const char *units, const char *name, const char *own)
{
    static const char *const north[] = {"degrees_north", "degree_north", "degrees_N", "degree_N",
                                        "degreesN",      "degreeN",      NULL};
    static const char *const east[] = {"degrees_east", "degree_east", "degrees_E", "degree_E",
                                       "degreesE",     "degreeE",     NULL};
    bool radian = begins(units, "radian");
    if (strcmp(name, "grid_latitude") == 0 || strcmp(name, "projection_y_coordinate") == 0)
        return ROLE_MAP_Y;
    if (strcmp(name, "grid_longitude") == 0 || strcmp(name, "projection_x_coordinate") == 0)
        return ROLE_MAP_X;
    if (is_one_of(units, north) || (radian && begins(own, "clat")))
        return ROLE_LATITUDE;
    if (is_one_of(units, east) || (radian && begins(own, "clon")))
        return ROLE_LONGITUDE;
    // Plain "degree" is also what a rotated axis counts in: the name must say it twice.
    if (strcmp(name, "latitude") == 0 && begins(own, "lat"))
        return ROLE_LATITUDE;
    if (strcmp(name, "longitude") == 0 && begins(own, "lon"))
        return ROLE_LONGITUDE;
    return ROLE_OTHER;
}

static bool is_duration(const char *units)
{
    double factor, offset;
    struct err why = {0};
    return *units && !strstr(units, "since") &&
           units_convert(units, "s", &factor, &offset, &why) == OK;
}

static enum role role_of(const struct ncgrid *file, const struct ncvar *var)
{
    static const char *const members[] = {"realization",     "member", "members", "ensemble",
                                          "number",          "epsd",   "epsd_1",  "ens",
                                          "ensemble_member", NULL};
    static const char *const leads[] = {
        "step",   "lead",       "lead_time",     "leadtime", "forecast_period",
        "offset", "offsettime", "forecast_hour", NULL};
    char units[TEXT_SIZE], name[TEXT_SIZE];
    (void)ncgrid_text(file, var, "units", units, sizeof(units));
    (void)ncgrid_text(file, var, "standard_name", name, sizeof(name));
    enum role place = role_of_place(units, name, var->name);
    if (place != ROLE_OTHER)
        return place;
    if (strcmp(name, "forecast_reference_time") == 0)
        return ROLE_RUN;
    if ((strcmp(name, "forecast_period") == 0 || is_one_of(var->name, leads)) && is_duration(units))
        return ROLE_LEAD;
    if (strcmp(name, "time") == 0 || strstr(units, " since ") || strcasecmp(var->name, "time") == 0)
        return ROLE_TIME;
    if (strcmp(name, "realization") == 0 || is_one_of(var->name, members))
        return ROLE_MEMBER;
    return ROLE_OTHER;
}

// --- one dimension after another ----------------------------------------------------------------

struct finder {
    const struct ncgrid *file;
    const struct ncvar *var;
    const struct wanted *wanted;
    struct cf_axes axes;
    bool open[NCGRID_DIMS_MAX]; // of no role so far
};

// The slot of a role, and where its variable is kept.
static size_t *slot_of(struct cf_axes *axes, enum role role, struct ncvar **keep)
{
    switch (role) {
    case ROLE_LATITUDE:
    case ROLE_MAP_Y:
        *keep = &axes->y_var;
        return &axes->y;
    case ROLE_LONGITUDE:
    case ROLE_MAP_X:
        *keep = &axes->x_var;
        return &axes->x;
    case ROLE_TIME:
    case ROLE_LEAD:
        *keep = &axes->time_var;
        return &axes->time;
    case ROLE_RUN:
        *keep = &axes->run_var;
        return &axes->run;
    case ROLE_MEMBER:
        *keep = &axes->member_var;
        return &axes->member;
    case ROLE_OTHER:
        break;
    }
    return NULL;
}

// The coordinate of a dimension: the variable of its name, or else one along it that is a time, a
// run or a member (an "event" may have its "time").
static enum role find_coordinate(const struct finder *finder, const struct ncdim *dim,
                                 struct ncvar *out)
{
    static const char *const members[] = {"realization", "member", "ensemble", "number", NULL};
    bool found = ncgrid_beside(finder->file, finder->var, dim->name, out) && out->numeric;
    if (found && out->dims == 1 && out->dim[0].id == dim->id)
        return role_of(finder->file, out);
    size_t cursor = 0;
    while (ncgrid_next(finder->file, finder->var, 1, &cursor, out)) {
        if (!out->numeric || out->dims != 1 || out->dim[0].id != dim->id)
            continue;
        enum role role = role_of(finder->file, out);
        if (role == ROLE_TIME || role == ROLE_RUN || role == ROLE_LEAD || role == ROLE_MEMBER)
            return role;
    }
    out->name[0] = '\0';
    return is_one_of(dim->name, members) ? ROLE_MEMBER : ROLE_OTHER;
}

// Whether the latitude, or longitude, of a dimension has the other beside it along the same one.
static bool is_scattered(const struct finder *finder, const struct ncdim *dim, enum role other)
{
    size_t cursor = 0;
    struct ncvar one;
    while (ncgrid_next(finder->file, finder->var, 1, &cursor, &one)) {
        if (one.numeric && one.dims == 1 && one.dim[0].id == dim->id &&
            role_of(finder->file, &one) == other)
            return true;
    }
    return false;
}

// Puts dimension i of the variable into its place.
static enum err_kind place(struct finder *finder, size_t i, struct err *err)
{
    const struct ncdim *dim = &finder->var->dim[i];
    struct cf_axes *axes = &finder->axes;
    struct ncvar coordinate, *keep = NULL;
    enum role role = find_coordinate(finder, dim, &coordinate);
    size_t *index = slot_of(axes, role, &keep);
    if (!index) {
        finder->open[i] = true;
        return OK;
    }
    if (*index != NO_AXIS)
        return err_set(err, ERR_INPUT, "\"%s\" has two axes of one kind, \"%s\" and \"%s\"",
                       finder->var->name, keep->name, dim->name);
    *index = i;
    *keep = coordinate;
    axes->time_is_lead = axes->time_is_lead || role == ROLE_LEAD;
    if (role == ROLE_MAP_X || role == ROLE_MAP_Y) {
        axes->places = CF_PROJECTED;
        finder->open[i] = true; // two-dimensional coordinates go before it
    }
    return OK;
}

// Both along one dimension, and none along another: cells in any order.
static void open_scattered(struct finder *finder)
{
    struct cf_axes *axes = &finder->axes;
    size_t *only = axes->x == NO_AXIS ? &axes->y : &axes->x;
    enum role other = axes->x == NO_AXIS ? ROLE_LONGITUDE : ROLE_LATITUDE;
    if (axes->places == CF_PROJECTED || (axes->x == NO_AXIS) == (axes->y == NO_AXIS) ||
        !is_scattered(finder, &finder->var->dim[*only], other))
        return;
    finder->open[*only] = true;
    *only = NO_AXIS;
}

static size_t place_of(const struct ncvar *var, int dim_id)
{
    for (size_t i = 0; i < var->dims; i++) {
        if (var->dim[i].id == dim_id)
            return i;
    }
    return NO_AXIS;
}

// Coordinates over two open dimensions, or over one.
static void find_curved(struct finder *finder)
{
    struct cf_axes *axes = &finder->axes;
    size_t cursor = 0, found[2][2];
    bool has[2] = {false, false}, any = false;
    struct ncvar one;
    for (size_t i = 0; i < finder->var->dims; i++)
        any = any || finder->open[i];
    while (any && ncgrid_next(finder->file, finder->var, 2, &cursor, &one)) {
        enum role role = one.numeric && one.dims ? role_of(finder->file, &one) : ROLE_OTHER;
        size_t which = role == ROLE_LONGITUDE;
        if ((role != ROLE_LATITUDE && role != ROLE_LONGITUDE) || one.dims > 2 || has[which])
            continue;
        size_t first = place_of(finder->var, one.dim[0].id);
        size_t last = place_of(finder->var, one.dim[one.dims - 1].id);
        if (first == NO_AXIS || last == NO_AXIS || !finder->open[first] || !finder->open[last])
            continue;
        has[which] = true;
        found[which][0] = first;
        found[which][1] = last;
        *(which ? &axes->x_var : &axes->y_var) = one;
    }
    if (!has[0] || !has[1] || found[0][0] != found[1][0] || found[0][1] != found[1][1])
        return;
    bool flat = found[0][0] != found[0][1];
    axes->places = flat ? CF_CURVED : CF_SCATTERED;
    axes->y = flat ? found[0][0] : NO_AXIS;
    axes->x = found[0][1];
    finder->open[found[0][0]] = finder->open[found[0][1]] = false;
}

// --- what is left over --------------------------------------------------------------------------

static enum err_kind refuse_dim(const struct finder *finder, const struct ncdim *dim,
                                const double *values, size_t count, struct err *err)
{
    AUTO(buf_free) struct buf shown = buf_new(TEXT_SIZE);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
        buf_print(&shown, "%s%g", i ? ", " : "", values[i]);
    if (count)
        return err_set(err, ERR_INPUT,
                       "\"%s\" has a dimension \"%s\" (%s%s): choose one with \"pick: %s=%g\" in "
                       "sources.yaml",
                       finder->var->name, dim->name, shown.at, count > SHOWN_MAX ? " ..." : "",
                       dim->name, values[0]);
    return err_set(err, ERR_INPUT,
                   "\"%s\" has a dimension \"%s\" that gong does not know: its coordinate must be "
                   "a time, realization, latitude or longitude",
                   finder->var->name, dim->name);
}

static bool is_named_place(const struct finder *finder, const struct ncvar *coordinate)
{
    char name[TEXT_SIZE];
    (void)ncgrid_text(finder->file, coordinate, "standard_name", name, sizeof(name));
    return strcmp(name, "latitude") == 0 || strcmp(name, "longitude") == 0;
}

// A percentile, a threshold, a level: one of them, or the only one.
static enum err_kind pick(struct finder *finder, size_t i, struct err *err)
{
    const struct ncdim *dim = &finder->var->dim[i];
    const struct wanted *wanted = finder->wanted;
    const struct wanted_pick *choice = NULL;
    struct ncvar coordinate;
    for (size_t p = 0; p < wanted->pick_count; p++) {
        if (strcmp(wanted->pick[p].dim, dim->name) == 0)
            choice = &wanted->pick[p];
    }
    if (dim->len == 1 && !choice)
        return OK;
    bool numbered = ncgrid_beside(finder->file, finder->var, dim->name, &coordinate) &&
                    coordinate.numeric && coordinate.dims == 1 && coordinate.dim[0].id == dim->id &&
                    dim->len <= AXIS_LEN_MAX;
    if (numbered && is_named_place(finder, &coordinate))
        return err_set(err, ERR_INPUT,
                       "the axis \"%s\" counts plain degrees: the globe's, or a rotated one's? The "
                       "file does not say (no grid mapping)",
                       coordinate.name);
    AUTO(mem_drop) double *values = mem_new(numbered ? dim->len : 1, sizeof(*values));
    if (numbered && ncgrid_values(finder->file, &coordinate, NULL, NULL, values, err))
        return err_of(err);
    for (size_t k = 0; choice && numbered && k < dim->len; k++) {
        if (fabs(values[k] - choice->value) <= PICK_SLACK) {
            finder->axes.pick[i] = k;
            return OK;
        }
    }
    return refuse_dim(finder, dim, values, numbered ? dim->len : 0, err);
}

static enum err_kind check_picks(const struct finder *finder, struct err *err)
{
    for (size_t p = 0; p < finder->wanted->pick_count; p++) {
        const char *name = finder->wanted->pick[p].dim;
        bool there = false;
        for (size_t i = 0; i < finder->var->dims; i++)
            there = there || (finder->open[i] && strcmp(finder->var->dim[i].name, name) == 0);
        if (!there)
            return err_set(err, ERR_INPUT, "\"%s\" has no dimension \"%s\" to choose from",
                           finder->var->name, name);
    }
    return OK;
}

static enum err_kind check_places(const struct finder *finder, struct err *err)
{
    const struct cf_axes *axes = &finder->axes;
    const char *name = finder->var->name;
    for (size_t i = 0; i < finder->var->dims; i++) {
        size_t most = axes->places == CF_SCATTERED && i == axes->x ? CELLS_MAX : AXIS_LEN_MAX;
        if (finder->var->dim[i].len > most)
            return err_set(err, ERR_INPUT, "the dimension \"%s\" has %zu steps, at most %zu",
                           finder->var->dim[i].name, finder->var->dim[i].len, most);
    }
    if (axes->x == NO_AXIS || (axes->y == NO_AXIS && axes->places != CF_SCATTERED))
        return err_set(err, ERR_INPUT, "\"%s\" is on no grid: it has no %s axis", name,
                       axes->y == NO_AXIS ? "latitude" : "longitude");
    return OK;
}

// The time of a variable without a time axis, or times over two dimensions, run and lead. Other
// scalars count "since" too (a blend time), so it must be called the time.
static void find_time(struct finder *finder)
{
    struct cf_axes *axes = &finder->axes;
    size_t cursor = 0;
    struct ncvar one;
    char name[TEXT_SIZE];
    bool wants = axes->time == NO_AXIS || axes->time_is_lead;
    while (wants && ncgrid_next(finder->file, finder->var, 2, &cursor, &one)) {
        (void)ncgrid_text(finder->file, &one, "standard_name", name, sizeof(name));
        if (!one.numeric || (strcmp(name, "time") != 0 && strcasecmp(one.name, "time") != 0 &&
                             strcasecmp(one.name, "valid_time") != 0))
            continue;
        bool scalar = one.dims == 0 && axes->time == NO_AXIS;
        bool flat = one.dims == 2 && axes->run != NO_AXIS && axes->time != NO_AXIS &&
                    one.dim[0].id == finder->var->dim[axes->run].id &&
                    one.dim[1].id == finder->var->dim[axes->time].id;
        if (scalar || flat) {
            axes->time_var = one;
            axes->time_is_lead = false;
            return;
        }
    }
}

static enum err_kind check_time(const struct finder *finder, struct err *err)
{
    size_t cursor = 0;
    struct ncvar one;
    if (finder->axes.time_var.name[0])
        return OK;
    while (ncgrid_next(finder->file, finder->var, NCGRID_DIMS_MAX, &cursor, &one)) {
        if (one.numeric && one.dims > 1 && role_of(finder->file, &one) == ROLE_TIME)
            return err_set(err, ERR_INPUT,
                           "\"%s\" is a swath: each of its places has a time of its own (\"%s\")",
                           finder->var->name, one.name);
    }
    return err_set(err, ERR_INPUT,
                   "\"%s\" has no time: neither a time axis nor a single time stands beside it",
                   finder->var->name);
}

static enum err_kind find_all(struct finder *finder, struct err *err)
{
    for (size_t i = 0; i < finder->var->dims; i++) {
        if (place(finder, i, err))
            return err_of(err);
    }
    open_scattered(finder);
    find_curved(finder);
    for (size_t i = 0; finder->axes.places == CF_PROJECTED && i < finder->var->dims; i++)
        finder->open[i] = finder->open[i] && i != finder->axes.x && i != finder->axes.y;
    if (check_picks(finder, err))
        return err_of(err);
    for (size_t i = 0; i < finder->var->dims; i++) {
        if (finder->open[i] && pick(finder, i, err))
            return err_of(err);
    }
    if (check_places(finder, err))
        return err_of(err);
    find_time(finder);
    return check_time(finder, err);
}

enum err_kind cf_axes_find(const struct ncgrid *file, const struct ncvar *var,
                           const struct wanted *wanted, struct cf_axes *out, struct err *err)
{
    if (!var->numeric)
        return err_set(err, ERR_INPUT, "%s in variable \"%s\": gong reads numbers only", var->holds,
                       var->name);
    AUTO(mem_drop) struct finder *finder = mem_new(1, sizeof(*finder));
    *finder = (struct finder){.file = file, .var = var, .wanted = wanted};
    struct cf_axes *axes = &finder->axes;
    axes->y = axes->x = axes->time = axes->run = axes->member = NO_AXIS;
    if (find_all(finder, err))
        return err_of(err);
    *out = *axes;
    return OK;
}

bool cf_bounds_find(const struct ncgrid *file, const struct ncvar *coordinate, struct ncvar *out)
{
    char name[NCGRID_NAME_SIZE];
    if (ncgrid_text(file, coordinate, "bounds", name, sizeof(name)) &&
        ncgrid_beside(file, coordinate, name, out))
        return true;
    (void)snprintf(name, sizeof(name), "%.200s_bnds", coordinate->name);
    return ncgrid_beside(file, coordinate, name, out);
}

enum err_kind cf_bounds(const struct ncgrid *file, const struct ncvar *coordinate, double **out,
                        struct err *err)
{
    struct ncvar var;
    *out = NULL;
    if (!cf_bounds_find(file, coordinate, &var))
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
        return err_of(err);
    for (size_t i = 0; i < count; i++) {
        ordered[2 * i] = values[pairs ? 2 * i : i];
        ordered[2 * i + 1] = values[pairs ? 2 * i + 1 : count + i];
    }
    *out = TAKE(ordered);
    return OK;
}
