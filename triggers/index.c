#include "triggers/index.h"

#include "core/mem.h"
#include "policies/index_rule.h"
#include "triggers/series.h"

#include <assert.h>

static struct index_value unknown(enum gap gap, struct utc at)
{
    return (struct index_value){.gap = gap, .at = at};
}

static struct index_value total(const struct series *series)
{
    struct index_value value = {
        .known = true, .from = series->step[0].from, .to = series->step[series->count - 1].to};
    for (size_t i = 0; i < series->count; i++)
        value.milli += series->step[i].milli;
    return value;
}

static struct index_value maximum(const struct series *series)
{
    struct index_value value = {.known = true, .milli = INT64_MIN};
    for (size_t i = 0; i < series->count; i++) {
        const struct step *step = &series->step[i];
        if (step->milli <= value.milli)
            continue;
        value.milli = step->milli;
        value.from = step->from;
        value.to = step->to;
    }
    return value;
}

// A window slides along the steps: `sum` is of steps [first, i].
static struct index_value maximum_sum(const struct series *series, int64_t over_s)
{
    struct index_value value = {.milli = INT64_MIN};
    size_t first = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < series->count; i++) {
        const struct step *last = &series->step[i];
        int64_t from_s = last->to.s - over_s;
        sum += last->milli;
        while (first <= i && series->step[first].from.s < from_s)
            sum -= series->step[first++].milli;
        bool tiled = first <= i && series->step[first].from.s == from_s;
        if (!tiled || sum <= value.milli)
            continue;
        value = (struct index_value){
            .known = true, .milli = sum, .from = series->step[first].from, .to = last->to};
    }
    return value.known ? value : unknown(GAP_TILING, series->step[0].from);
}

static struct index_value dry_spell(const struct index_rule *rule, const struct series *days)
{
    enum { DAY_MILLI = 1000 };
    struct index_value value = {.known = true, .from = days->step[0].from};
    value.to = value.from;
    struct utc start = value.from;
    int64_t run = 0;
    for (size_t i = 0; i < days->count; i++) {
        const struct step *day = &days->step[i];
        bool dry = day->gap == GAP_NONE ? compare_holds(rule->dry, day->milli, rule->dry_milli)
                                        : rule->missing == MISSING_DRY;
        if (!dry) {
            run = 0;
            continue;
        }
        if (run == 0)
            start = day->from;
        run += DAY_MILLI;
        if (run > value.milli) {
            value.milli = run;
            value.from = start;
            value.to = day->to;
        }
    }
    return value;
}

static struct index_value take(const struct index_rule *rule, const struct series *series)
{
    // A dry spell may bridge or break at days that nobody saw; what was never seen at all says
    // nothing of it.
    bool gaps_allowed = rule->take == INDEX_DRY_SPELL && rule->missing != MISSING_UNKNOWN &&
                        series->known > 0 && series->gap != GAP_OVERLAP &&
                        series->gap != GAP_TILING;
    if (series->count == 0)
        return unknown(GAP_NO_READINGS, UTC_NEVER);
    if (series->gap != GAP_NONE && !gaps_allowed)
        return unknown(series->gap, series->gap_at);
    switch (rule->take) {
    case INDEX_TOTAL:
        return total(series);
    case INDEX_MAXIMUM:
        return maximum(series);
    case INDEX_MAXIMUM_SUM:
        return maximum_sum(series, rule->over_s);
    case INDEX_DRY_SPELL:
        return dry_spell(rule, series);
    }
    return unknown(GAP_NO_READINGS, UTC_NEVER);
}

struct index_value index_compute(const struct index_rule *rule, const struct series *series,
                                 struct utc from, struct utc to)
{
    assert(from.s < to.s);
    if (!rule->daily)
        return take(rule, series);
    AUTO(series_free) struct series days = {0};
    series_daily(series, from, to, rule->has_cap ? rule->cap_milli : INT64_MAX,
                 rule->has_floor ? rule->floor_milli : 0, &days);
    return take(rule, &days);
}

int64_t index_round(int64_t milli, int64_t unit_milli)
{
    assert(unit_milli > 0);
    int64_t size = milli < 0 ? -milli : milli;
    int64_t rounded = (size + unit_milli / 2) / unit_milli * unit_milli;
    return milli < 0 ? -rounded : rounded;
}
