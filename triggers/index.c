#include "triggers/index.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/index_rule.h"
#include "triggers/roll.h"
#include "triggers/series.h"

#include <assert.h>

static struct index_value unknown(enum gap gap, struct utc at)
{
    return (struct index_value){.gap = gap, .at = at};
}

// One commune's steps as the arithmetic of triggers/roll.h takes them.
struct line {
    int32_t *value; // [count] heap
    struct rows rows;
    struct roll roll;
    int32_t result, low, high, at, scratch;
};

static void line_free(struct line *line)
{
    mem_free(&line->value);
}

// False when a number is too large for it. `line` may not be moved afterwards.
static bool line_of(const struct series *series, struct line *line)
{
    line->value = mem_new(series->count, sizeof(*line->value));
    line->rows =
        (struct rows){.value = line->value, .count = series->count, .communes = 1, .stride = 1};
    line->roll = (struct roll){&line->result, &line->low, &line->high, &line->at, &line->scratch};
    for (size_t i = 0; i < series->count; i++) {
        const struct step *step = &series->step[i];
        if (step->gap == GAP_NONE && (step->milli > INT32_MAX || step->milli <= READING_NONE))
            return false;
        line->value[i] = step->gap == GAP_NONE ? (int32_t)step->milli : READING_NONE;
    }
    return true;
}

static struct index_value result_of(const struct series *series, const struct line *line,
                                    int32_t first)
{
    return (struct index_value){.known = true,
                                .milli = line->result,
                                .from = series->step[first].from,
                                .to = series->step[line->at].to};
}

static struct index_value total(const struct series *series, struct line *line)
{
    roll_total(&line->rows, &line->roll);
    if (!roll_fits(line->low, line->high, series->count))
        return unknown(GAP_RANGE, series->step[0].from);
    return result_of(series, line, 0);
}

static struct index_value maximum(const struct series *series, struct line *line)
{
    roll_maximum(&line->rows, &line->roll);
    return result_of(series, line, line->at);
}

// For each step the first one of the window that ends with it, where whole steps tile it; returns
// how many steps the longest has, 0 when there is none.
static size_t windows_of(const struct series *series, int64_t over_s, int32_t *first)
{
    size_t from = 0, longest = 0;
    for (size_t i = 0; i < series->count; i++) {
        int64_t from_s = series->step[i].to.s - over_s;
        while (from <= i && series->step[from].from.s < from_s)
            from++;
        bool tiled = from <= i && series->step[from].from.s == from_s;
        first[i] = tiled ? (int32_t)from : SLIDE_NONE;
        if (tiled && i + 1 - from > longest)
            longest = i + 1 - from;
    }
    return longest;
}

static struct index_value maximum_sum(const struct series *series, int64_t over_s,
                                      struct line *line)
{
    AUTO(mem_drop) int32_t *first = mem_new(series->count, sizeof(*first));
    size_t longest = windows_of(series, over_s, first);
    if (longest == 0)
        return unknown(GAP_TILING, series->step[0].from);
    roll_maximum_sum(&line->rows, 0, first, &line->roll);
    if (!roll_fits(line->low, line->high, longest))
        return unknown(GAP_RANGE, series->step[0].from);
    return result_of(series, line, first[line->at]);
}

static struct index_value dry_spell(const struct index_rule *rule, const struct series *days,
                                    struct line *line)
{
    enum { DAY_MILLI = 1000 };
    struct band band;
    if (!index_dry_band(rule, &band)) // no day can be dry
        band = (struct band){INT32_MAX, INT32_MAX};
    roll_run(&line->rows, band, &line->roll);
    if (line->result == 0)
        return (struct index_value){
            .known = true, .from = days->step[0].from, .to = days->step[0].from};
    struct index_value value = result_of(days, line, line->at + 1 - line->result);
    value.milli *= DAY_MILLI;
    return value;
}

bool index_dry_band(const struct index_rule *rule, struct band *band)
{
    int64_t most = rule->dry == COMPARE_LESS ? rule->dry_milli - 1 : rule->dry_milli;
    int32_t least = rule->missing == MISSING_DRY ? READING_NONE : READING_NONE + 1;
    *band = (struct band){least, most > INT32_MAX ? INT32_MAX : (int32_t)most};
    return most >= least;
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
    AUTO(line_free) struct line line = {0};
    if (!line_of(series, &line))
        return unknown(GAP_RANGE, series->step[0].from);
    switch (rule->take) {
    case INDEX_TOTAL:
        return total(series, &line);
    case INDEX_MAXIMUM:
        return maximum(series, &line);
    case INDEX_MAXIMUM_SUM:
        return maximum_sum(series, rule->over_s, &line);
    case INDEX_DRY_SPELL:
        return dry_spell(rule, series, &line);
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
