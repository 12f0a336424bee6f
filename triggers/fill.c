#include "triggers/fill.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/look.h"
#include "triggers/series.h"

#include <assert.h>

static int64_t divide_half_away(int64_t part, int64_t whole)
{
    int64_t size = part < 0 ? -part : part;
    int64_t result = (size + whole / 2) / whole;
    return part < 0 ? -result : result;
}

// --- neighbours
// ------------------------------------------------------------------------------------

// The series of the commune's neighbours; returns how many there are.
static size_t take_near(const struct gaze *gaze, const struct series_query *query,
                        struct series *near)
{
    const struct readings *readings = gaze->readings;
    size_t count = 0;
    if (!readings->near)
        return 0;
    assert(readings->near_count <= NEIGHBOURS_MAX);
    for (size_t i = 0; i < readings->near_count; i++) {
        struct series_query other = *query;
        other.commune = readings->near[gaze->commune * readings->near_count + i];
        if (other.commune != SIZE_MAX)
            series_take(readings, &other, &near[count++]);
    }
    return count;
}

// The mean of a step over those that know it; false when none does. All communes have the same
// steps, so that each stands at the same place of every series.
static bool mean_of(const struct series *near, size_t count, size_t at, int64_t *out)
{
    int64_t sum = 0, known = 0;
    for (size_t k = 0; k < count; k++) {
        const struct step *step = &near[k].step[at];
        known += step->gap == GAP_NONE;
        sum += step->gap == GAP_NONE ? step->milli : 0;
    }
    if (known > 0)
        *out = divide_half_away(sum, known);
    return known > 0;
}

static size_t fill_near(const struct gaze *gaze, const struct series_query *query,
                        struct series *series)
{
    struct series near[NEIGHBOURS_MAX] = {0};
    size_t count = take_near(gaze, query, near), put = 0, at = 0;
    for (size_t i = 0; count > 0 && i < series->count; i++) {
        const struct step *step = &series->step[i];
        int64_t mean;
        // A rung before this one may have filled a step in several parts.
        while (at < near[0].count && near[0].step[at].from.s < step->from.s)
            at++;
        bool same = at < near[0].count && near[0].step[at].from.s == step->from.s &&
                    near[0].step[at].to.s == step->to.s;
        if (step->gap == GAP_NONE || !same || !mean_of(near, count, at, &mean))
            continue;
        series_put(series, i, mean);
        put++;
    }
    for (size_t k = 0; k < count; k++)
        series_free(&near[k]);
    return put;
}

// --- what is usual
// ---------------------------------------------------------------------------------

// The day of the window that holds a time.
static struct utc day_of(struct utc first, struct utc at)
{
    return (struct utc){at.s - (at.s - first.s) % DAY_S};
}

// In which month a day lies, whatever hour it begins at: where its middle is in Việt Nam.
static int month_of(struct utc day)
{
    return utc_civil((struct utc){day.s + DAY_S / 2 + VIETNAM_OFFSET_S}).month;
}

// What of a day's rain has fallen after so many seconds of it; other weather is the same all day.
static int64_t usual(const struct substitute *rung, enum unit unit, struct utc day, struct utc from,
                     struct utc to)
{
    int64_t value = rung->climate_milli[month_of(day) - 1];
    if (unit != UNIT_RAIN)
        return value;
    return divide_half_away(value * (to.s - day.s), DAY_S) -
           divide_half_away(value * (from.s - day.s), DAY_S);
}

static int64_t step_of(const struct series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        int64_t span_s = series->step[i].to.s - series->step[i].from.s;
        if (series->step[i].gap == GAP_NONE)
            return DAY_S % span_s == 0 ? span_s : DAY_S;
    }
    return DAY_S;
}

static size_t fill_usual(const struct substitute *rung, const struct series_query *query,
                         struct series *series)
{
    int64_t step_s = step_of(series), span_s = query->to.s - query->from.s;
    struct series other = {0};
    other.step = mem_new((size_t)(span_s / step_s) + 2 * series->count + 2, sizeof(*other.step));
    for (size_t i = 0; i < series->count; i++) {
        const struct step *hole = &series->step[i];
        if (hole->gap == GAP_NONE)
            continue;
        struct utc at = hole->from;
        while (at.s < hole->to.s) {
            struct utc day = day_of(query->from, at), to = {day.s + step_s};
            while (to.s <= at.s)
                to.s += step_s;
            if (to.s > hole->to.s)
                to = hole->to;
            other.step[other.count++] =
                (struct step){.from = at, .to = to, .milli = usual(rung, query->unit, day, at, to)};
            at = to;
        }
    }
    size_t put = series_fill(series, &other, 1000);
    series_free(&other);
    return put;
}

// --- all
// -------------------------------------------------------------------------------------------

static size_t fill_by(const struct gaze *gaze, const struct substitute *rung,
                      const struct series_query *query, struct series *series)
{
    struct series_query other = *query;
    AUTO(series_free) struct series filling = {0};
    switch (rung->rung) {
    case RUNG_SOURCE:
        other.source = rung->source;
        series_take(gaze->readings, &other, &filling);
        return series_fill(series, &filling, rung->ratio_milli);
    case RUNG_NEIGHBOURS:
        return fill_near(gaze, query, series);
    case RUNG_CLIMATOLOGY:
        return fill_usual(rung, query, series);
    }
    return 0;
}

void fill_ladder(const struct gaze *gaze, const struct series_query *query, struct series *series,
                 struct doc *trace)
{
    const struct policy *policy = gaze->policy;
    int64_t span_s = query->to.s - query->from.s, missing_s = series_missing_s(series);
    if (missing_s == 0 || missing_s * 1000 > span_s * policy->missing_milli)
        return;
    for (size_t i = 0; i < policy->substitutes && series->gap != GAP_NONE; i++) {
        const struct substitute *rung = &policy->substitute[i];
        size_t put = fill_by(gaze, rung, query, series);
        if (put == 0 || !trace)
            continue;
        struct doc *step = trace_new(TRACE_SUBSTITUTED);
        doc_put_int(step, "rung", (int64_t)i + 1);
        doc_put_text(step, "by", rungs[rung->rung]);
        doc_put_int(step, "value", (int64_t)put);
        if (rung->rung == RUNG_SOURCE) {
            doc_put_text(step, "source", rung->source);
            doc_put_int(step, "ratio", rung->ratio_milli);
        }
        doc_push(trace, step);
    }
}
