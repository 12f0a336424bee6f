#include "triggers/daily.h"

#include "core/mem.h"
#include "policies/index_rule.h"
#include "policies/water_rule.h"
#include "triggers/normal.h"
#include "triggers/series.h"
#include "triggers/water.h"

#include <assert.h>

enum { DAY_MILLI = 1000 };

static struct index_value whole(const struct series *days, int64_t milli)
{
    return (struct index_value){.known = true,
                                .milli = milli,
                                .from = days->step[0].from,
                                .to = days->step[days->count - 1].to};
}

static bool counts(const struct index_rule *rule, const struct step *day)
{
    return day->gap == GAP_NONE ? compare_holds(rule->day, day->milli, rule->day_milli)
                                : rule->missing == MISSING_DRY;
}

struct index_value daily_spell_begun(const struct index_rule *rule, const struct series *days,
                                     size_t first, size_t count)
{
    struct index_value value = {.known = true, .from = days->step[0].from};
    value.to = value.from;
    struct utc start = value.from;
    int64_t run = 0;
    bool begun = false;
    for (size_t i = 0; i < days->count; i++) {
        const struct step *day = &days->step[i];
        if (!counts(rule, day)) {
            run = 0;
            continue;
        }
        if (run == 0) {
            start = day->from;
            begun = i >= first && i < first + count;
        }
        run += DAY_MILLI;
        if (begun && run > value.milli) {
            value.milli = run;
            value.from = start;
            value.to = day->to;
        }
    }
    return value;
}

struct index_value daily_spell(const struct index_rule *rule, const struct series *days)
{
    return daily_spell_begun(rule, days, 0, days->count);
}

struct index_value daily_count(const struct index_rule *rule, const struct series *days)
{
    int64_t count = 0;
    for (size_t i = 0; i < days->count; i++)
        count += compare_holds(rule->day, days->step[i].milli, rule->day_milli);
    return whole(days, count * DAY_MILLI);
}

// Of the calendar, by the day's name. However a policy counts its days, noon after a day's start
// in UTC lies in the day that it is called by.
static int dekad_of(const struct step *day)
{
    struct civil civil = utc_civil((struct utc){day->from.s + (int64_t)12 * HOUR_S});
    int dekad = civil.day <= 10 ? 0 : civil.day <= 20 ? 1 : 2;
    return (civil.year * 12 + civil.month) * 3 + dekad;
}

size_t daily_dekad_sums(const struct series *days, int64_t *out)
{
    size_t count = 0;
    int last = -1;
    for (size_t i = 0; i < days->count; i++) {
        int dekad = dekad_of(&days->step[i]);
        if (count == 0 || dekad != last)
            out[count++] = 0;
        out[count - 1] += days->step[i].milli;
        last = dekad;
    }
    return count;
}

struct index_value daily_dekads(const struct index_rule *rule, const struct series *days)
{
    AUTO(mem_drop) int64_t *sum = mem_new(days->count, sizeof(*sum));
    size_t count = daily_dekad_sums(days, sum);
    int64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += sum[i] < rule->dekad_cap_milli ? sum[i] : rule->dekad_cap_milli;
    return whole(days, total);
}

struct index_value daily_antecedent(const struct index_rule *rule, const struct series *days)
{
    enum { MICRO = 1000, SHARE = 1000 };
    int64_t kept = 0;
    for (size_t i = 0; i < days->count; i++)
        kept = (kept * rule->keep_milli + SHARE / 2) / SHARE + days->step[i].milli * MICRO;
    return whole(days, (kept + MICRO / 2) / MICRO);
}

struct index_value daily_first_rain(const struct index_rule *rule, const struct series *days)
{
    size_t over = (size_t)(rule->over_s / DAY_S);
    int64_t sum = 0;
    for (size_t i = 0; i < days->count; i++) {
        sum += days->step[i].milli;
        if (i >= over)
            sum -= days->step[i - over].milli;
        if (i + 1 < over || !compare_holds(rule->day, sum, rule->rain_milli))
            continue;
        struct index_value value = whole(days, (int64_t)(i + 1) * DAY_MILLI);
        value.from = days->step[i + 1 - over].from;
        value.to = days->step[i].to;
        return value;
    }
    return whole(days, (int64_t)(days->count + 1) * DAY_MILLI);
}

struct index_value daily_degrees(const struct index_rule *rule, const struct series *days)
{
    int64_t sum = 0;
    for (size_t i = 0; i < days->count; i++) {
        int64_t over = days->step[i].milli - rule->base_milli;
        if (rule->take == INDEX_COLD_DAYS)
            over = -over;
        sum += over > 0 ? over : 0;
    }
    return whole(days, sum);
}

static int64_t clip(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

struct index_value daily_growth(const struct index_rule *rule, const struct series *high,
                                const struct series *low)
{
    assert(high->count == low->count);
    int64_t twice = 0;
    for (size_t i = 0; i < high->count; i++) {
        int64_t most = high->step[i].milli, least = low->step[i].milli;
        if (rule->has_limit) {
            most = clip(most, rule->base_milli, rule->limit_milli);
            least = clip(least, rule->base_milli, rule->limit_milli);
        }
        int64_t over = most + least - 2 * rule->base_milli;
        twice += over > 0 ? over : 0;
    }
    return whole(high, (twice + 1) / 2);
}

struct index_value daily_percentile(const struct index_rule *rule, const struct series *days)
{
    AUTO(mem_drop) int64_t *value = mem_new(days->count, sizeof(*value));
    size_t count = 0;
    for (size_t i = 0; i < days->count; i++) {
        if (compare_holds(rule->day, days->step[i].milli, rule->day_milli))
            value[count++] = days->step[i].milli;
    }
    return whole(days,
                 count ? normal_percentile(value, count, rule->share_milli, rule->method) : 0);
}

struct index_value daily_above(const struct index_rule *rule, const struct series *days)
{
    int64_t above = 0, all = 0;
    for (size_t i = 0; i < days->count; i++) {
        int64_t milli = days->step[i].milli;
        bool wet = rule->take == INDEX_TOTAL_ABOVE || milli >= rule->wet_milli;
        all += wet ? milli : 0;
        above += wet && compare_holds(rule->day, milli, rule->day_milli) ? milli : 0;
    }
    if (rule->take == INDEX_TOTAL_ABOVE)
        return whole(days, above);
    return whole(days, all ? (above * 100000 * 2 + all) / (all * 2) : 0);
}

struct index_value daily_water(const struct index_rule *rule, const struct series *days)
{
    AUTO(mem_drop) int64_t *sum = mem_new(days->count, sizeof(*sum));
    size_t count = daily_dekad_sums(days, sum);
    if (count > rule->water->dekads)
        count = rule->water->dekads;
    return whole(days, water_satisfied(rule->water, sum, count, NULL));
}

static size_t start_by_total(const struct start_rule *rule, const struct series *days,
                             size_t *gap_at)
{
    int64_t sum = 0;
    for (size_t i = 0; i < days->count && (int64_t)i < rule->latest; i++) {
        if (days->step[i].gap != GAP_NONE) {
            *gap_at = i;
            return SIZE_MAX;
        }
        sum += days->step[i].milli;
        if (sum > rule->first_milli)
            return i;
    }
    return SIZE_MAX;
}

// The first day of dekad `wanted`, from 0; days->count when there is none.
static size_t dekad_begin(const struct series *days, size_t wanted)
{
    size_t dekad = 0;
    for (size_t i = 0; i < days->count; i++) {
        if (i && dekad_of(&days->step[i]) != dekad_of(&days->step[i - 1]))
            dekad++;
        if (dekad == wanted)
            return i;
    }
    return days->count;
}

static size_t start_by_dekads(const struct start_rule *rule, const struct series *days,
                              size_t *gap_at)
{
    AUTO(mem_drop) int64_t *sum = mem_new(days->count, sizeof(*sum));
    size_t count = daily_dekad_sums(days, sum);
    for (size_t i = 0; i + 2 < count && (int64_t)i < rule->latest; i++) {
        size_t end = dekad_begin(days, i + 3);
        for (size_t d = dekad_begin(days, i); d < end; d++) {
            if (days->step[d].gap != GAP_NONE) {
                *gap_at = d;
                return SIZE_MAX;
            }
        }
        if (sum[i] >= rule->first_milli && sum[i + 1] + sum[i + 2] >= rule->next_milli)
            return dekad_begin(days, i);
    }
    return SIZE_MAX;
}

size_t daily_start(const struct start_rule *rule, const struct series *days, size_t *gap_at)
{
    *gap_at = SIZE_MAX;
    size_t start = rule->kind == START_TOTAL ? start_by_total(rule, days, gap_at)
                                             : start_by_dekads(rule, days, gap_at);
    if (start != SIZE_MAX || *gap_at != SIZE_MAX || rule->otherwise != NO_START_LATEST)
        return start;
    size_t latest = (size_t)rule->latest - 1;
    return rule->kind == START_TOTAL ? latest : dekad_begin(days, latest);
}
