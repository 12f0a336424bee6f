#include "triggers/index.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/index_rule.h"
#include "triggers/daily.h"
#include "triggers/normal.h"
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
    int32_t result, at, scratch;
    uint32_t bits;
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
    line->roll = (struct roll){&line->result, &line->bits, &line->at, &line->scratch};
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

// Whether so many of its steps can be added up within 32 bits.
static bool fits(const struct line *line, size_t steps)
{
    int32_t low, high;
    if (roll_sure(line->bits, steps))
        return true;
    roll_ends(&line->rows, &low, &high);
    return roll_fits(low, high, steps);
}

static struct index_value total(const struct series *series, struct line *line)
{
    roll_total(&line->rows, &line->roll);
    if (!fits(line, series->count))
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
    if (!fits(line, longest))
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
    int64_t most = rule->day == COMPARE_LESS ? rule->day_milli - 1 : rule->day_milli;
    int32_t least = rule->missing == MISSING_DRY ? READING_NONE : READING_NONE + 1;
    *band = (struct band){least, most > INT32_MAX ? INT32_MAX : (int32_t)most};
    return most >= least;
}

struct band index_day_band(const struct index_rule *rule)
{
    int64_t day = rule->day_milli, least = READING_NONE + 1, most = INT32_MAX;
    if (rule->day == COMPARE_LESS || rule->day == COMPARE_LESS_OR_SAME)
        most = rule->day == COMPARE_LESS ? day - 1 : day;
    else
        least = rule->day == COMPARE_MORE ? day + 1 : day;
    // Beyond 32 bits there is no step: an empty band.
    if (least > INT32_MAX || most <= READING_NONE)
        return (struct band){INT32_MAX, READING_NONE};
    return (struct band){(int32_t)(least <= READING_NONE ? READING_NONE + 1 : least),
                         (int32_t)(most > INT32_MAX ? INT32_MAX : most)};
}

static struct index_value minimum(const struct series *series)
{
    struct index_value value = {.known = true};
    for (size_t i = 0; i < series->count; i++) {
        const struct step *step = &series->step[i];
        if (i && step->milli >= value.milli)
            continue;
        value.milli = step->milli;
        value.from = step->from;
        value.to = step->to;
    }
    return value;
}

static struct index_value minimum_sum(const struct series *series, int64_t over_s)
{
    struct index_value value = {0};
    AUTO(mem_drop) int32_t *first = mem_new(series->count, sizeof(*first));
    if (windows_of(series, over_s, first) == 0)
        return unknown(GAP_TILING, series->step[0].from);
    for (size_t i = 0; i < series->count; i++) {
        int64_t sum = 0;
        if (first[i] == SLIDE_NONE)
            continue;
        for (size_t k = (size_t)first[i]; k <= i; k++)
            sum += series->step[k].milli;
        if (value.known && sum >= value.milli)
            continue;
        value = (struct index_value){.known = true,
                                     .milli = sum,
                                     .from = series->step[first[i]].from,
                                     .to = series->step[i].to};
    }
    return value;
}

// All steps of a series without gaps, added up.
static struct index_value sum_of(const struct series *series)
{
    struct index_value value = {
        .known = true, .from = series->step[0].from, .to = series->step[series->count - 1].to};
    for (size_t i = 0; i < series->count; i++)
        value.milli += series->step[i].milli;
    return value;
}

// The mean over time of steps of any length, half away from zero.
static struct index_value mean(const struct index_rule *rule, const struct series *series)
{
    (void)rule;
    struct index_value value = sum_of(series);
    __int128 sum = 0;
    int64_t span_s = value.to.s - value.from.s;
    for (size_t i = 0; i < series->count; i++)
        sum += (__int128)series->step[i].milli * (series->step[i].to.s - series->step[i].from.s);
    __int128 size = sum < 0 ? -sum : sum;
    int64_t mean_milli = (int64_t)((size * 2 + span_s) / ((__int128)span_s * 2));
    value.milli = sum < 0 ? -mean_milli : mean_milli;
    return value;
}

// SPI and SPEI of the window's total.
static struct index_value standard(const struct index_rule *rule, const struct series *series)
{
    struct index_value value = sum_of(series);
    if (rule->take == INDEX_SPI) {
        value.milli = normal_spi(rule->base_value, rule->base_count, value.milli);
        return value;
    }
    if (!normal_spei(rule->base_value, rule->base_count, value.milli - rule->pet_milli,
                     &value.milli))
        return unknown(GAP_NO_FIT, value.from);
    return value;
}

static struct index_value reported(const struct index_rule *rule, const struct series *series)
{
    (void)rule;
    if (series->count != 1)
        return unknown(GAP_TILING, series->step[0].from);
    return sum_of(series);
}

// A spell may bridge or break at days that nobody saw; what was never seen at all says nothing.
static bool gaps_allowed(const struct index_rule *rule, const struct series *series)
{
    return (rule->take == INDEX_DRY_SPELL || rule->take == INDEX_SPELL) &&
           rule->missing != MISSING_UNKNOWN && series->known > 0 && series->gap != GAP_OVERLAP &&
           series->gap != GAP_TILING;
}

static struct index_value take_minimum(const struct index_rule *rule, const struct series *series)
{
    (void)rule;
    return minimum(series);
}

static struct index_value take_minimum_sum(const struct index_rule *rule,
                                           const struct series *series)
{
    return minimum_sum(series, rule->over_s);
}

// The four that the plan computes for all communes at once.
static bool is_rolled(const struct index_rule *rule)
{
    return rule->take == INDEX_MAXIMUM || rule->take == INDEX_STORM ||
           rule->take == INDEX_MAXIMUM_SUM || rule->take == INDEX_DRY_SPELL ||
           (rule->take == INDEX_TOTAL && !rule->has_dekad_cap);
}

static struct index_value take_rolled(const struct index_rule *rule, const struct series *series)
{
    AUTO(line_free) struct line line = {0};
    if (!line_of(series, &line))
        return unknown(GAP_RANGE, series->step[0].from);
    if (rule->take == INDEX_TOTAL)
        return total(series, &line);
    if (rule->take == INDEX_MAXIMUM || rule->take == INDEX_STORM)
        return maximum(series, &line);
    return rule->take == INDEX_MAXIMUM_SUM ? maximum_sum(series, rule->over_s, &line)
                                           : dry_spell(rule, series, &line);
}

static struct index_value take(const struct index_rule *rule, const struct series *series)
{
    // degree_days need two series of days: see growth(); those of take_rolled have no row.
    static struct index_value (*const makers[])(const struct index_rule *,
                                                const struct series *) = {
        [INDEX_TOTAL] = daily_dekads,
        [INDEX_MINIMUM] = take_minimum,
        [INDEX_MEAN] = mean,
        [INDEX_MINIMUM_SUM] = take_minimum_sum,
        [INDEX_SPELL] = daily_spell,
        [INDEX_DAY_COUNT] = daily_count,
        [INDEX_ANTECEDENT] = daily_antecedent,
        [INDEX_FIRST_RAIN] = daily_first_rain,
        [INDEX_COLD_DAYS] = daily_degrees,
        [INDEX_HEAT_DAYS] = daily_degrees,
        [INDEX_PERCENTILE] = daily_percentile,
        [INDEX_TOTAL_ABOVE] = daily_above,
        [INDEX_SHARE_ABOVE] = daily_above,
        [INDEX_SPI] = standard,
        [INDEX_SPEI] = standard,
        [INDEX_WRSI] = daily_water,
        [INDEX_REPORTED] = reported,
    };
    if (series->count == 0)
        return unknown(GAP_NO_READINGS, UTC_NEVER);
    if (series->gap != GAP_NONE && !gaps_allowed(rule, series))
        return unknown(series->gap, series->gap_at);
    if (is_rolled(rule))
        return take_rolled(rule, series);
    assert(makers[rule->take]);
    return makers[rule->take](rule, series);
}

// A spell that begins in the period is counted past its end: `days` begin a day before it.
static struct index_value take_followed(const struct index_rule *rule, const struct series *days)
{
    size_t after = (size_t)(rule->follow_s / DAY_S) + 1;
    if (days->count <= after)
        return unknown(GAP_NO_READINGS, UTC_NEVER);
    if (days->gap != GAP_NONE && !gaps_allowed(rule, days))
        return unknown(days->gap, days->gap_at);
    return daily_spell_begun(rule, days, 1, days->count - after);
}

static struct index_value take_started(const struct index_rule *rule, const struct series *days)
{
    if (days->count == 0)
        return unknown(GAP_NO_READINGS, UTC_NEVER);
    size_t gap_at;
    size_t start = daily_start(&rule->start, days, &gap_at);
    if (gap_at != SIZE_MAX)
        return unknown(days->step[gap_at].gap, days->step[gap_at].from);
    if (start >= days->count)
        return unknown(GAP_NO_START, days->step[0].from);
    size_t count = rule->start.days ? (size_t)rule->start.days : days->count - start;
    if (count > days->count - start)
        return unknown(GAP_TILING, days->step[start].from);
    AUTO(series_free) struct series part = {0};
    series_part(days, start, count, &part);
    return take(rule, &part);
}

static struct index_value growth(const struct index_rule *rule, const struct series *series,
                                 struct utc from, struct utc to)
{
    AUTO(series_free) struct series high = {0};
    AUTO(series_free) struct series low = {0};
    series_daily(series, from, to, &(struct day_make){.each = EACH_DAY_MAXIMUM}, &high);
    series_daily(series, from, to, &(struct day_make){.each = EACH_DAY_MINIMUM}, &low);
    if (high.count == 0)
        return unknown(GAP_NO_READINGS, UTC_NEVER);
    if (high.gap != GAP_NONE)
        return unknown(high.gap, high.gap_at);
    return daily_growth(rule, &high, &low);
}

// What stands for a day when the policy need not say it: the mean for cold, the maximum for heat.
static enum each_day day_of(const struct index_rule *rule)
{
    if (rule->take == INDEX_COLD_DAYS)
        return EACH_DAY_MEAN;
    return rule->take == INDEX_HEAT_DAYS ? EACH_DAY_MAXIMUM : rule->each_day;
}

static struct day_make make_of(const struct index_rule *rule)
{
    return (struct day_make){.each = day_of(rule),
                             .cap_milli = rule->has_cap ? rule->cap_milli : INT64_MAX,
                             .floor_milli = rule->has_floor ? rule->floor_milli : INT64_MIN};
}

static struct index_value compute(const struct index_rule *rule, const struct series *series,
                                  struct utc from, struct utc to)
{
    if (!rule->daily)
        return take(rule, series);
    if (rule->take == INDEX_DEGREE_DAYS)
        return growth(rule, series, from, to);
    struct day_make make = make_of(rule);
    AUTO(series_free) struct series days = {0};
    series_daily(series, from, to, &make, &days);
    if (rule->follow_s)
        return take_followed(rule, &days);
    return rule->start.kind == START_PERIOD ? take(rule, &days) : take_started(rule, &days);
}

struct index_value index_compute(const struct index_rule *rule, const struct series *series,
                                 struct utc from, struct utc to)
{
    assert(from.s < to.s);
    struct index_value value = compute(rule, series, from, to);
    if (value.known && rule->beaufort)
        value.milli = unit_beaufort(value.milli) * 1000;
    return value;
}

void index_moments_free(struct index_moments *moments)
{
    mem_free(&moments->at);
    moments->count = 0;
}

// The windows of maximum are single steps.
static void list_windows(const struct index_rule *rule, const struct series *series,
                         struct index_moments *out)
{
    AUTO(mem_drop) int32_t *first = mem_new(series->count + 1, sizeof(*first));
    if (rule->take == INDEX_MAXIMUM_SUM)
        (void)windows_of(series, rule->over_s, first);
    out->at = mem_new(series->count + 1, sizeof(*out->at));
    for (size_t i = 0; i < series->count; i++) {
        size_t from = rule->take == INDEX_MAXIMUM_SUM ? (size_t)first[i] : i;
        int64_t sum = 0;
        if (rule->take == INDEX_MAXIMUM_SUM && first[i] == SLIDE_NONE)
            continue;
        for (size_t k = from; k <= i; k++)
            sum += series->step[k].milli;
        out->at[out->count++] = (struct index_moment){
            series->step[i].to, rule->beaufort ? unit_beaufort(sum) * 1000 : sum};
    }
}

void index_list(const struct index_rule *rule, const struct series *series, struct utc from,
                struct utc to, struct index_moments *out)
{
    assert(rule->take == INDEX_MAXIMUM || rule->take == INDEX_MAXIMUM_SUM);
    *out = (struct index_moments){0};
    AUTO(series_free) struct series days = {0};
    const struct series *steps = series;
    if (rule->daily) {
        struct day_make make = make_of(rule);
        series_daily(series, from, to, &make, &days);
        steps = &days;
    }
    if (steps->gap == GAP_NONE)
        list_windows(rule, steps, out);
}

int64_t index_round(int64_t milli, int64_t unit_milli)
{
    assert(unit_milli > 0);
    int64_t size = milli < 0 ? -milli : milli;
    int64_t rounded = (size + unit_milli / 2) / unit_milli * unit_milli;
    return milli < 0 ? -rounded : rounded;
}
