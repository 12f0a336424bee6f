#include "ingest/cf_times.h"

#include "core/mem.h"
#include "core/text.h"
#include "core/units.h"
#include "ingest/calendar.h"
#include "ledger/reading.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_SIZE = 128,
    STEPS_MAX = 1000000,
    MEMBERS_MAX = 1000, // the largest operational ensembles have 51 to 200
    MEMBER_NUMBER_MAX = 9999,
};
// A lead beyond a year is no lead.
static const double LEAD_S_MAX = 366.0 * DAY_S;

void cf_times_free(struct cf_times *times)
{
    mem_free(&times->issued_at);
    mem_free(&times->from);
    mem_free(&times->to);
}

static enum err_kind read_calendar(const struct ncgrid *file, const struct ncvar *time,
                                   struct time_axis *out, struct err *err)
{
    char units[TEXT_SIZE], calendar[TEXT_SIZE];
    (void)ncgrid_text(file, time, "calendar", calendar, sizeof(calendar));
    if (!ncgrid_text(file, time, "units", units, sizeof(units)))
        return err_set(err, ERR_INPUT, "the time axis \"%s\" has no units", time->name);
    return calendar_axis(units, calendar, out, err);
}

// All dates of a variable: heap. Bounds take the units and calendar of their coordinate.
static enum err_kind read_dates(const struct ncgrid *file, const struct ncvar *time,
                                const double *numbers, size_t count, struct utc **out,
                                struct err *err)
{
    struct time_axis axis;
    AUTO(mem_drop) struct utc *dates = mem_new(count + 1, sizeof(*dates));
    if (read_calendar(file, time, &axis, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++) {
        if (calendar_utc(&axis, numbers[i], &dates[i], err))
            return err_add(err, "reading \"%s\"", time->name);
    }
    *out = TAKE(dates);
    return OK;
}

static size_t size_of(const struct ncvar *var)
{
    size_t count = 1;
    for (size_t i = 0; i < var->dims; i++)
        count = count > STEPS_MAX ? count : count * var->dim[i].len;
    return count;
}

static enum err_kind read_stamps(const struct ncgrid *file, const struct ncvar *time,
                                 struct utc **out, struct err *err)
{
    size_t count = size_of(time);
    if (count == 0 || count > STEPS_MAX)
        return err_set(err, ERR_INPUT, "\"%s\" has %zu steps, wanted are 1 to %d", time->name,
                       count, STEPS_MAX);
    AUTO(mem_drop) double *numbers = mem_new(count, sizeof(*numbers));
    if (ncgrid_values(file, time, NULL, NULL, numbers, err))
        return err_of(err);
    return read_dates(file, time, numbers, count, out, err);
}

// --- runs
// ---------------------------------------------------------------------------------------

// The one forecast_reference_time that stands beside the variable.
static enum err_kind find_issue(const struct ncgrid *file, const struct ncvar *var, struct utc *out,
                                struct err *err)
{
    size_t cursor = 0;
    struct ncvar one;
    char name[TEXT_SIZE];
    while (ncgrid_next(file, var, NCGRID_DIMS_MAX, &cursor, &one)) {
        (void)ncgrid_text(file, &one, "standard_name", name, sizeof(name));
        if (!one.numeric || strcmp(name, "forecast_reference_time") != 0)
            continue;
        if (size_of(&one) != 1)
            return err_set(err, ERR_INPUT,
                           "the file holds several forecast runs (\"%s\"), but \"%s\" has no axis "
                           "of them",
                           one.name, var->name);
        AUTO(mem_drop) struct utc *issued = NULL;
        if (read_stamps(file, &one, &issued, err))
            return err_of(err);
        assert(issued);
        *out = issued[0];
        return OK;
    }
    return err_set(err, ERR_INPUT,
                   "the file does not say when the forecast was issued (nothing in it is the "
                   "forecast_reference_time)");
}

static enum err_kind find_runs(const struct ncgrid *file, const struct ncvar *var,
                               const struct cf_axes *axes, const struct wanted_list *list,
                               struct cf_times *times, struct err *err)
{
    times->runs = axes->run == NO_AXIS ? 1 : var->dim[axes->run].len;
    if (axes->run != NO_AXIS && !list->forecast)
        return err_set(err, ERR_INPUT,
                       "\"%s\" has an axis of forecast runs, \"%s\"; write \"kind: forecast\" in "
                       "sources.yaml",
                       var->name, axes->run_var.name);
    if (axes->run != NO_AXIS)
        return read_stamps(file, &axes->run_var, &times->issued_at, err);
    times->issued_at = mem_new(1, sizeof(*times->issued_at));
    times->issued_at[0] = UTC_NEVER;
    if (!list->forecast)
        return OK;
    if (list->has_issue) {
        times->issued_at[0] = list->issued_at;
        return OK;
    }
    return find_issue(file, var, &times->issued_at[0], err);
}

// --- stamps
// -------------------------------------------------------------------------------------

static enum err_kind read_leads(const struct ncgrid *file, const struct ncvar *lead, double **out,
                                struct err *err)
{
    char units[TEXT_SIZE];
    double factor, offset;
    size_t count = size_of(lead);
    AUTO(mem_drop) double *leads = mem_new(count + 1, sizeof(*leads));
    (void)ncgrid_text(file, lead, "units", units, sizeof(units));
    if (count == 0 || count > STEPS_MAX)
        return err_set(err, ERR_INPUT, "\"%s\" has %zu steps, wanted are 1 to %d", lead->name,
                       count, STEPS_MAX);
    if (units_convert(units, "s", &factor, &offset, err) ||
        ncgrid_values(file, lead, NULL, NULL, leads, err))
        return err_add(err, "reading \"%s\"", lead->name);
    for (size_t i = 0; i < count; i++) {
        leads[i] = round(leads[i] * factor);
        if (!(fabs(leads[i]) <= LEAD_S_MAX))
            return err_set(err, ERR_INPUT, "\"%s\" says a lead of %g s", lead->name, leads[i]);
    }
    *out = TAKE(leads);
    return OK;
}

// The stamps of all runs, [runs x count], into times->to.
static enum err_kind find_stamps(const struct ncgrid *file, const struct cf_axes *axes,
                                 struct cf_times *times, struct err *err)
{
    AUTO(mem_drop) struct utc *stamps = NULL;
    AUTO(mem_drop) double *leads = NULL;
    bool flat = axes->time_var.dims == 2;
    if (axes->time_is_lead ? read_leads(file, &axes->time_var, &leads, err)
                           : read_stamps(file, &axes->time_var, &stamps, err))
        return err_of(err);
    assert(leads || stamps);
    if (axes->time_is_lead && times->issued_at[0].s == UTC_NEVER.s)
        return err_set(err, ERR_INPUT, "\"%s\" counts from a forecast run, which is not asked for",
                       axes->time_var.name);
    for (size_t r = 0; r < times->runs; r++) {
        for (size_t i = 0; i < times->count; i++) {
            struct utc *to = &times->to[r * times->count + i];
            if (leads)
                to->s = times->issued_at[r].s + (int64_t)leads[i];
            else
                *to = stamps[flat ? r * times->count + i : i];
        }
    }
    return OK;
}

static enum err_kind bound_steps(const struct ncgrid *file, const struct cf_axes *axes,
                                 struct cf_times *times, struct err *err)
{
    AUTO(mem_drop) double *bounds = NULL;
    AUTO(mem_drop) struct utc *dates = NULL;
    if (axes->time_is_lead || axes->time_var.dims == 2)
        return err_set(err, ERR_INPUT, "the times of \"%s\" have no bounds; write the interval",
                       axes->time_var.name);
    if (cf_bounds(file, &axes->time_var, &bounds, err))
        return err_of(err);
    if (!bounds)
        return err_set(err, ERR_INPUT,
                       "the time axis has no bounds, as \"interval: bounds\" says; write the "
                       "interval of one step");
    if (read_dates(file, &axes->time_var, bounds, 2 * times->count, &dates, err))
        return err_add(err, "reading the bounds of time");
    for (size_t i = 0; i < times->runs * times->count; i++) {
        size_t step = i % times->count;
        times->from[i] = dates[2 * step];
        times->to[i] = dates[2 * step + 1];
        if (times->to[i].s <= times->from[i].s)
            return err_set(err, ERR_INPUT, "the bounds of time step %zu end before they start",
                           step);
    }
    return OK;
}

static enum err_kind span_steps(const struct wanted *wanted, struct cf_times *times,
                                struct err *err)
{
    for (size_t i = 0; i < times->runs * times->count; i++) {
        struct utc stamp = times->to[i];
        if (wanted->interval == INTERVAL_SINCE_RUN || wanted->interval == INTERVAL_SINCE_DAY)
            times->from[i] = stamp;
        else if (wanted_step(wanted, stamp, &times->from[i], &times->to[i], err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind check_order(const struct cf_times *times, struct err *err)
{
    for (size_t i = 0; i < times->runs * times->count; i++) {
        if (i % times->count && times->to[i].s <= times->to[i - 1].s)
            return err_set(err, ERR_INPUT, "the time axis does not run on: %s stands after %s",
                           utc_text(times->to[i]).at, utc_text(times->to[i - 1]).at);
    }
    for (size_t r = 1; r < times->runs; r++) {
        if (times->issued_at[r].s <= times->issued_at[r - 1].s)
            return err_set(err, ERR_INPUT, "the forecast runs do not run on: %s stands after %s",
                           utc_text(times->issued_at[r]).at, utc_text(times->issued_at[r - 1]).at);
    }
    return OK;
}

enum err_kind cf_times_find(const struct ncgrid *file, const struct ncvar *var,
                            const struct cf_axes *axes, const struct wanted_list *list,
                            const struct wanted *wanted, struct cf_times *out, struct err *err)
{
    AUTO(cf_times_free) struct cf_times times = {0};
    if (find_runs(file, var, axes, list, &times, err))
        return err_of(err);
    times.count = axes->time == NO_AXIS ? 1 : var->dim[axes->time].len;
    if (times.count == 0 || times.runs == 0 || times.count > STEPS_MAX / times.runs)
        return err_set(err, ERR_INPUT, "\"%s\" has no time step, or more than %d", var->name,
                       STEPS_MAX);
    times.from = mem_new(times.runs * times.count, sizeof(*times.from));
    times.to = mem_new(times.runs * times.count, sizeof(*times.to));
    bool bounded = wanted->interval == INTERVAL_BOUNDS;
    if (bounded ? bound_steps(file, axes, &times, err)
                : find_stamps(file, axes, &times, err) || span_steps(wanted, &times, err))
        return err_of(err);
    if (check_order(&times, err))
        return err_of(err);
    *out = MOVE(times);
    return OK;
}

// --- members
// ------------------------------------------------------------------------------------

// The number of the only member, when the file says it in a scalar.
static int32_t lone_member(const struct ncgrid *file, const struct ncvar *var)
{
    size_t cursor = 0;
    struct ncvar one;
    char name[TEXT_SIZE];
    double number;
    struct err why = {0};
    while (ncgrid_next(file, var, 0, &cursor, &one)) {
        (void)ncgrid_text(file, &one, "standard_name", name, sizeof(name));
        if (one.numeric && one.dims == 0 && strcmp(name, "realization") == 0 &&
            ncgrid_values(file, &one, NULL, NULL, &number, &why) == OK && number >= 0 &&
            number <= MEMBER_NUMBER_MAX && number == round(number))
            return (int32_t)number;
    }
    return MEMBER_NONE;
}

enum err_kind cf_members(const struct ncgrid *file, const struct ncvar *var,
                         const struct cf_axes *axes, const struct wanted_list *list, int32_t **out,
                         size_t *count, struct err *err)
{
    size_t members = axes->member == NO_AXIS ? 1 : var->dim[axes->member].len;
    if (members == 0 || members > MEMBERS_MAX)
        return err_set(err, ERR_INPUT, "\"%s\" has %zu members, wanted are 1 to %d", var->name,
                       members, MEMBERS_MAX);
    if (list->has_member && members > 1)
        return err_set(err, ERR_INPUT,
                       "\"%s\" has %zu members, but its address says it is member %d", var->name,
                       members, (int)list->member);
    AUTO(mem_drop) double *values = mem_new(members, sizeof(*values));
    AUTO(mem_drop) int32_t *numbers = mem_new(members, sizeof(*numbers));
    for (size_t i = 0; i < members; i++)
        values[i] = (double)i; // members that are only counted
    if (axes->member != NO_AXIS && axes->member_var.name[0] &&
        ncgrid_values(file, &axes->member_var, NULL, NULL, values, err))
        return err_of(err);
    for (size_t i = 0; i < members; i++) {
        if (!(values[i] >= 0 && values[i] <= MEMBER_NUMBER_MAX) || values[i] != round(values[i]) ||
            (i && values[i] <= values[i - 1]))
            return err_set(err, ERR_INPUT, "member %zu has the number %g", i, values[i]);
        numbers[i] = (int32_t)values[i];
    }
    if (axes->member == NO_AXIS)
        numbers[0] = list->forecast ? lone_member(file, var) : MEMBER_NONE;
    if (list->has_member)
        numbers[0] = list->member;
    *out = TAKE(numbers);
    *count = members;
    return OK;
}
