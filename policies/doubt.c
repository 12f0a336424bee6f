#include "policies/doubt.h"

#include "core/mem.h"
#include "policies/describe.h"
#include "policies/policy.h"
#include "policies/share_rule.h"

#include <inttypes.h>
#include <string.h>

static size_t doubt_phases(const struct policy *policy, struct buf *out)
{
    size_t count = 0;
    int64_t weights = 0;
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i], *next = part + 1;
        weights += part->weight_milli;
        if (i + 1 == policy->parts)
            break;
        enum { PLAIN_YEAR = 2023 };
        int64_t end = date_days(PLAIN_YEAR, part->to_month, part->to_day);
        int64_t begin = date_days(PLAIN_YEAR, next->from_month, next->from_day);
        if (begin > end + 1) {
            buf_print(out, "doubt: %" PRId64 " days between %s and %s belong to no phase\n",
                      begin - end - 1, part->name, next->name);
            count++;
        }
    }
    if (weights < 1000) {
        buf_print(out,
                  "doubt: the weights of the phases are %" PRId64 ".%" PRId64
                  " %% together: the whole sum can never be paid\n",
                  weights / 10, weights % 10);
        count++;
    }
    return count;
}

// To fall back, what is driven by should be at least a tenth on the quiet side (4.2).
static size_t doubt_clear(const struct policy *policy, struct buf *out)
{
    const struct trigger_rule *clear = &policy->clear;
    bool members = policy->ensemble.members && !policy->ensemble.quantile_milli;
    int64_t on = members ? policy->ensemble.probability_milli : policy->trigger.threshold_milli;
    int64_t apart =
        on > clear->threshold_milli ? on - clear->threshold_milli : clear->threshold_milli - on;
    int64_t size = on < 0 ? -on : on;
    if (!clear->there || apart * 10 >= size)
        return 0;
    buf_text(out,
             "doubt: clear is less than a tenth away from the threshold: the alert may flutter\n");
    return 1;
}

// Who hears that it is over must hear that it is on again: then nothing is left to be quiet about.
static size_t doubt_cool_down(const struct policy *policy, struct buf *out)
{
    if (!policy->cool_down_s || !policy->has_cancel)
        return 0;
    buf_text(
        out,
        "doubt: cool_down has no effect: the policy tells when it is over (cancel), so it also "
        "tells when it is on again; take one of the two out\n");
    return 1;
}

static size_t doubt_tiers(const struct policy *policy, struct buf *out)
{
    const struct payout_rule *rule = &policy->payout;
    int64_t sum = 0, highest = rule->tier[rule->tiers - 1].pay_milli;
    for (size_t i = 0; i < rule->tiers; i++)
        sum += rule->tier[i].pay_milli;
    int64_t most = rule->additive ? sum : highest;
    if (most >= 1000)
        return 0;
    if (rule->additive)
        buf_print(out,
                  "doubt: the tiers pay %" PRId64 ".%" PRId64
                  " %% together: the whole sum can never be paid\n",
                  most / 10, most % 10);
    else
        buf_print(out,
                  "doubt: the highest tier pays %" PRId64 ".%" PRId64
                  " %%: the whole sum can never be paid\n",
                  most / 10, most % 10);
    return 1;
}

// A period that ends on a day without a cap is paid without one.
static size_t doubt_caps(const struct policy *policy, struct buf *out)
{
    int64_t day = civil_days(policy->effective_from), last = civil_days(policy->effective_to);
    if (policy->caps == 0)
        return 0;
    for (size_t i = 0; i < policy->caps; i++) { // one after the other, never over another
        if (civil_days(policy->cap[i].from) <= day && day <= civil_days(policy->cap[i].to))
            day = civil_days(policy->cap[i].to) + 1;
    }
    if (day > last)
        return 0;
    buf_print(out, "doubt: no legal cap is named for %s: what is paid then has none\n",
              date_text(date_of_days(day)).at);
    return 1;
}

static size_t doubt_limits(const struct policy *policy, struct buf *out)
{
    enum { WHOLE_MILLI = 1000 };
    if (!policy->limits.reinstated || policy->limits.year_milli < WHOLE_MILLI)
        return 0;
    buf_text(out,
             "doubt: the period of limits: may pay the whole sum insured already: what is "
             "restored can never be paid; write a smaller share, or \"reinstatement: none\"\n");
    return 1;
}

static size_t doubt_rounding(const struct policy *policy, struct buf *out)
{
    int64_t threshold = policy->trigger.there              ? policy->trigger.threshold_milli
                        : policy->kind == POLICY_INSURANCE ? policy->payout.strike_milli
                                                           : 0;
    if (threshold == 0 || threshold % policy->rounding_milli == 0)
        return 0;
    buf_text(out,
             "doubt: the threshold is no multiple of the rounding: the index can never be equal "
             "to it\n");
    return 1;
}

static size_t doubt_coverage(const struct policy *policy, struct buf *out)
{
    // What people report, a gauge or a distance is no mean over a commune.
    bool report = policy->index.take == INDEX_REPORTED || policy->station[0] ||
                  strncmp(policy->variable, "storm_", 6) == 0;
    if (policy->kind != POLICY_INSURANCE || report || policy->minimum_coverage)
        return 0;
    buf_text(out, "doubt: minimum_coverage: any lets a corner of a commune decide for all of it\n");
    return 1;
}

// --- numbers that no source can measure

// The most that is known to have fallen in so long a time anywhere: the World Meteorological
// Organization's archive of extremes; of a month, Cherrapunji in July 1861. Beyond a year nothing.
static int64_t most_rain(int64_t span_s)
{
    static const struct {
        int64_t hours, mm;
    } records[] = {
        {12, 1144}, {24, 1825},      {48, 2493},        {72, 3930},
        {96, 4936}, {31 * 24, 9300}, {366 * 24, 26470},
    };
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        if (span_s <= records[i].hours * HOUR_S)
            return records[i].mm * 1000;
    }
    return INT64_MAX;
}

static void doubt_reach(int64_t milli, enum unit unit, int64_t span_s, struct buf *out,
                        size_t *count)
{
    const int64_t gust = 113200, tip = 100; // the largest known; what a gauge reads
    int64_t most = unit == UNIT_WIND ? gust : span_s ? most_rain(span_s) : INT64_MAX;
    bool finer = unit == UNIT_RAIN && milli > 0 && milli < tip;
    if ((unit != UNIT_RAIN && unit != UNIT_WIND) || (milli <= most && !finer))
        return;
    buf_text(out, "doubt: ");
    unit_say(out, milli, unit, LANGUAGE_EN);
    if (finer) {
        buf_text(out, " is less than sources resolve: a gauge reads 0.1 mm\n");
    } else {
        buf_text(out, " is more than was ever measured anywhere");
        if (unit == UNIT_RAIN) {
            buf_text(out, " in ");
            describe_span(out, span_s, LANGUAGE_EN);
        }
        buf_text(out, " (");
        unit_say(out, most, unit, LANGUAGE_EN);
        buf_text(out, "): the index can never reach it\n");
    }
    (*count)++;
}

// How long the rain of one value of the index may fall, of `window_s`; 0: it is no sum of a time.
static int64_t rain_span(const struct index_rule *rule, int64_t window_s)
{
    enum index_take take = rule->take;
    if (take == INDEX_TOTAL || take == INDEX_TOTAL_ABOVE)
        return window_s;
    if (take == INDEX_MAXIMUM_SUM || take == INDEX_MINIMUM_SUM)
        return rule->over_s;
    bool step = take == INDEX_MAXIMUM || take == INDEX_MINIMUM || take == INDEX_MEAN ||
                take == INDEX_PERCENTILE;
    return step ? DAY_S : 0;
}

static int64_t window_of(const struct policy *policy, const struct part *part)
{
    enum { PLAIN_YEAR = 2023, PLAIN_DAYS = 365 };
    if (part->index.within_s)
        return part->index.within_s;
    if (part->from_month == 0)
        return policy->period.kind == PERIOD_NONE ? policy->index.within_s
                                                  : period_span_s(&policy->period);
    int64_t days = date_days(PLAIN_YEAR, part->to_month, part->to_day) -
                   date_days(PLAIN_YEAR, part->from_month, part->from_day) + 1;
    return (days > 0 ? days : days + PLAIN_DAYS) * DAY_S;
}

// Of one look: what its days must have, its threshold, and where its payout begins and ends.
static size_t doubt_look(const struct policy *policy, const struct part *part,
                         const struct payout_rule *payout, struct buf *out)
{
    const struct index_rule *rule = &part->index;
    int64_t span_s = rain_span(rule, window_of(policy, part));
    size_t count = 0;
    doubt_reach(rule->day_milli, rule->input, DAY_S, out, &count);
    doubt_reach(part->trigger.threshold_milli, rule->unit, span_s, out, &count);
    doubt_reach(payout->strike_milli, rule->unit, span_s, out, &count);
    doubt_reach(payout->exit_milli, rule->unit, span_s, out, &count);
    for (size_t i = 0; i < payout->tiers; i++)
        doubt_reach(payout->tier[i].threshold_milli, rule->unit, span_s, out, &count);
    return count;
}

// What each commune of a share is asked for.
static size_t doubt_share(const struct policy *policy, struct buf *out)
{
    const struct payout_rule none = {0};
    const struct share_rule *share = policy->index.share;
    if (!share)
        return 0;
    struct part inner = {.index = share->index, .trigger = share->trigger};
    size_t count = doubt_look(policy, &inner, &none, out);
    if (share->trigger.threshold_milli % share->rounding_milli == 0)
        return count;
    buf_text(out, "doubt: a commune's threshold is no multiple of its rounding: its index can "
                  "never be equal to it\n");
    return count + 1;
}

// What a ladder fills with: of a month no more than the wettest that is known, for a day.
static size_t doubt_ladder(const struct policy *policy, struct buf *out)
{
    enum { MONTH_DAYS = 31 };
    const struct substitute *usual = substitute_of(policy, RUNG_CLIMATOLOGY);
    const int64_t most = most_rain(MONTH_DAYS * DAY_S) / MONTH_DAYS;
    if (!usual || policy->index.input != UNIT_RAIN)
        return 0;
    for (size_t i = 0; i < MONTHS; i++) {
        if (usual->climate_milli[i] <= most)
            continue;
        buf_text(out, "doubt: climatology says ");
        unit_say(out, usual->climate_milli[i], UNIT_RAIN, LANGUAGE_EN);
        buf_print(out,
                  " for a day of month %zu, which is more than the wettest month that was ever "
                  "measured anywhere: write what falls on a day, not in the month\n",
                  i + 1);
        return 1;
    }
    return 0;
}

static size_t doubt_looks(const struct policy *policy, struct buf *out)
{
    struct part own = policy_main_part(policy);
    size_t count = doubt_look(policy, &own, &policy->payout, out);
    count += doubt_share(policy, out) + doubt_ladder(policy, out);
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        count += doubt_look(policy, part, &part->payout, out);
        for (size_t k = 0; policy->has_also && k < policy->payout.tiers; k++) {
            const struct tier *tier = &policy->payout.tier[k];
            if (tier->has_also)
                doubt_reach(tier->also_milli, part->index.unit,
                            rain_span(&part->index, window_of(policy, part)), out, &count);
        }
    }
    return count;
}

// An alert stays until it is known that it is over; a day that is taken for none ends a spell.
static size_t doubt_missing(const struct policy *policy, struct buf *out)
{
    const struct index_rule *rule = &policy->index;
    bool spell = rule->take == INDEX_SPELL || rule->take == INDEX_DRY_SPELL;
    bool more =
        policy->trigger.compare == COMPARE_MORE || policy->trigger.compare == COMPARE_MORE_OR_SAME;
    if (policy->stages || !spell || !more || rule->missing != MISSING_BREAK)
        return 0;
    buf_text(out, "doubt: missing: break lets a day that nobody saw end this alert; write missing: "
                  "unknown, which changes nothing\n");
    return 1;
}

// A text that is signed and never said.
static size_t doubt_message(const struct policy *policy, struct buf *out)
{
    size_t own = 0;
    for (size_t i = 0; i < policy->parts; i++)
        own += policy->part[i].has_message;
    if (own == 0 || own < policy->parts)
        return 0;
    buf_text(out, "doubt: each stage has a message of its own: the policy's is never said; write "
                  "that of one stage there, and take it out of the stage\n");
    return 1;
}

static bool says(const struct policy *policy, const char *placeholder)
{
    for (int i = 0; i < LANGUAGES; i++) {
        if (strstr(policy->message.at[i], placeholder))
            return true;
    }
    return false;
}

// A number that is not why people are warned: of conditions of which one is enough, another may
// hold, and the message has the words of the policy's own.
static size_t doubt_reason(const struct policy *policy, struct buf *out)
{
    const struct index_rule *own = &policy->index;
    bool index = says(policy, "{index}"), threshold = says(policy, "{threshold}");
    if (policy->combine != COMBINE_ANY && policy->combine != COMBINE_AT_LEAST)
        return 0;
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        bool other = part->index.take != own->take || part->index.unit != own->unit ||
                     part->index.over_s != own->over_s || part->index.within_s != own->within_s;
        bool bound = part->trigger.threshold_milli != policy->trigger.threshold_milli;
        if (!(other && (index || threshold)) && !(bound && threshold))
            continue;
        buf_print(out,
                  "doubt: the message says %s of the policy's own condition, and people may be "
                  "warned because of \"%s\", which looks at another; write two policies\n",
                  other && index ? "{index}" : "{threshold}", part->name);
        return 1;
    }
    return 0;
}

size_t policy_doubts(const struct policy *policy, struct buf *out)
{
    size_t count = doubt_rounding(policy, out) + doubt_coverage(policy, out);
    count += doubt_looks(policy, out);
    if (policy->phases)
        count += doubt_phases(policy, out);
    if (policy->kind == POLICY_ALERT)
        return count + doubt_clear(policy, out) + doubt_cool_down(policy, out) +
               doubt_message(policy, out) + doubt_reason(policy, out) + doubt_missing(policy, out);
    count += doubt_caps(policy, out) + doubt_limits(policy, out);
    return count + (policy->payout.form == PAYOUT_TIERS ? doubt_tiers(policy, out) : 0);
}
