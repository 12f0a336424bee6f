#include "policies/doubt.h"

#include "policies/policy.h"

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

size_t policy_doubts(const struct policy *policy, struct buf *out)
{
    size_t count = doubt_rounding(policy, out) + doubt_coverage(policy, out);
    if (policy->phases)
        count += doubt_phases(policy, out);
    if (policy->kind == POLICY_ALERT)
        return count + doubt_clear(policy, out);
    count += doubt_caps(policy, out) + doubt_limits(policy, out);
    return count + (policy->payout.form == PAYOUT_TIERS ? doubt_tiers(policy, out) : 0);
}
