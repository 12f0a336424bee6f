#include "triggers/pass.h"

#include "ledger/reading.h"
#include "policies/index_rule.h"
#include "triggers/index.h"
#include "triggers/lanes.h"
#include "triggers/quantile.h"

#include <assert.h>

// A stretch of communes has at most this many bytes.
enum { BLOCK_BYTES = 384 << 10 };
enum { DAY_MILLI = 1000 };

static bool is_plain(const struct index_rule *rule)
{
    if (rule->has_dekad_cap || rule->each_day != EACH_DAY_SUM || rule->start.kind != START_PERIOD ||
        rule->follow_s)
        return false;
    return rule->take == INDEX_TOTAL || rule->take == INDEX_MAXIMUM ||
           rule->take == INDEX_MAXIMUM_SUM || rule->take == INDEX_DRY_SPELL ||
           rule->take == INDEX_PERCENTILE;
}

// Steps without a hole from end to end; `*step_s` is 0 when they are not equally long.
static bool is_whole(const struct span *span, size_t count, struct utc from, struct utc to,
                     int64_t *step_s)
{
    if (count == 0 || span[0].from.s != from.s || span[count - 1].to.s != to.s)
        return false;
    *step_s = span[0].to.s - span[0].from.s;
    for (size_t i = 1; i < count; i++) {
        if (span[i].from.s != span[i - 1].to.s)
            return false;
        if (span[i].to.s - span[i].from.s != *step_s)
            *step_s = 0;
    }
    return true;
}

struct lie pass_lie(const struct index_rule *rule, const struct span *span, size_t count,
                    struct utc from, struct utc to)
{
    struct lie lie = {0};
    int64_t step_s = 0;
    if (!is_plain(rule) || !is_whole(span, count, from, to, &step_s))
        return lie;
    bool slides = rule->take == INDEX_MAXIMUM_SUM;
    if (rule->daily) {
        if (step_s <= 0 || DAY_S % step_s || (to.s - from.s) % DAY_S)
            return lie;
        lie.days =
            step_s == DAY_S && !rule->has_cap && !rule->has_floor ? 0 : (size_t)(DAY_S / step_s);
        step_s = DAY_S;
    }
    if (slides && (step_s <= 0 || rule->over_s % step_s))
        return lie;
    lie.over = slides ? (size_t)(rule->over_s / step_s) : 0;
    lie.plain = !slides || (lie.over > 0 && lie.over <= count);
    return lie;
}

bool pass_days(const struct index_rule *rule, const struct lie *lie, const struct rows *rows,
               int32_t *days, struct rows *out)
{
    size_t count = rows->count / lie->days, communes = rows->communes;
    int32_t low, high;
    roll_days(rows, lie->days, days, &low, &high);
    if (!roll_fits(low == INT32_MAX ? 0 : low, high == READING_NONE ? 0 : high, lie->days))
        return false;
    int64_t cap = rule->has_cap ? rule->cap_milli : INT32_MAX;
    int64_t floor = rule->has_floor ? rule->floor_milli : INT32_MIN;
    if (rule->has_cap || rule->has_floor)
        roll_trim(days, count * communes, cap < INT32_MAX ? (int32_t)cap : INT32_MAX,
                  floor < INT32_MAX ? (int32_t)floor : INT32_MAX);
    *out = (struct rows){.value = days, .count = count, .communes = communes, .stride = communes};
    return true;
}

void pass_run(const struct index_rule *rule, const struct lie *lie, const struct rows *rows,
              const struct roll *roll)
{
    struct band band;
    if (rule->take == INDEX_TOTAL) {
        roll_total(rows, roll);
    } else if (rule->take == INDEX_MAXIMUM) {
        roll_maximum(rows, roll);
    } else if (rule->take == INDEX_MAXIMUM_SUM) {
        roll_maximum_sum(rows, lie->over, NULL, roll);
    } else if (rule->take == INDEX_PERCENTILE) {
        struct quantile_rule quantile = {index_day_band(rule), rule->share_milli, rule->method};
        quantile_rows(rows, &quantile, roll);
    } else {
        if (!index_dry_band(rule, &band)) // no day can be dry
            band = (struct band){INT32_MAX, INT32_MAX};
        roll_run(rows, band, roll);
    }
}

struct roll_stand pass_stand(const struct index_rule *rule, const struct lie *lie, size_t steps,
                             int32_t unit)
{
    if (rule->take == INDEX_DRY_SPELL)
        return (struct roll_stand){DAY_MILLI, INT32_MAX, unit};
    size_t added = rule->take == INDEX_TOTAL         ? steps
                   : rule->take == INDEX_MAXIMUM_SUM ? lie->over
                                                     : 1;
    return (struct roll_stand){1, roll_most(added), unit};
}

size_t pass_width(size_t steps)
{
    size_t width = BLOCK_BYTES / 4 / (steps ? steps : 1) / TILE * TILE;
    return width > PASS_WIDTH_MOST    ? PASS_WIDTH_MOST
           : width < PASS_WIDTH_LEAST ? PASS_WIDTH_LEAST
                                      : width;
}
