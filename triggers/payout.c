#include "triggers/payout.h"

#include "core/mem.h"
#include "policies/policy.h"

#include <assert.h>
#include <string.h>

enum { PERCENT_MILLI = 100000 }; // 100 %, in thousandths of a per cent

size_t payout_tier(const struct policy *policy, int64_t index_milli)
{
    const struct payout_rule *rule = &policy->payout;
    size_t reached = 0;
    while (reached < rule->tiers &&
           compare_holds(rule->tier_compare, index_milli, rule->tier[reached].threshold_milli))
        reached++;
    return reached;
}

// The second index as it is known: `also`, or not known and taken to hold or to fail.
struct second {
    const int64_t *also;
    bool taken_to_hold;
};

static bool also_holds(const struct tier *tier, const struct second *second)
{
    if (!tier->has_also)
        return true;
    return second->also ? compare_holds(tier->also, *second->also, tier->also_milli)
                        : second->taken_to_hold;
}

static struct share tiers(const struct payout_rule *rule, int64_t index_milli,
                          const struct second *second)
{
    int64_t best = 0, sum = 0;
    for (size_t i = 0; i < rule->tiers; i++) {
        const struct tier *tier = &rule->tier[i];
        if (!compare_holds(rule->tier_compare, index_milli, tier->threshold_milli) ||
            !also_holds(tier, second))
            continue;
        sum += tier->pay_milli;
        best = tier->pay_milli > best ? tier->pay_milli : best;
    }
    return SHARE_MILLI(rule->additive ? sum : best);
}

static struct share linear(int64_t done, int64_t whole)
{
    if (done <= 0)
        return SHARE_NOTHING;
    return done >= whole ? SHARE_ALL : (struct share){done, whole};
}

// min(1, floor + (strike - index) / strike), nothing over the strike.
static struct share floor_linear(const struct payout_rule *rule, int64_t index_milli)
{
    if (index_milli > rule->strike_milli)
        return SHARE_NOTHING;
    struct share share = {rule->floor_milli * rule->strike_milli +
                              1000 * (rule->strike_milli - index_milli),
                          1000 * rule->strike_milli};
    return share.part >= share.whole ? SHARE_ALL : share;
}

static struct share tick(const struct payout_rule *rule, int64_t over_milli)
{
    if (over_milli <= 0)
        return SHARE_NOTHING;
    struct share ticks = {over_milli, rule->per_milli};
    return share_min(share_times(ticks, (struct share){rule->tick_vnd, rule->limit_vnd}),
                     SHARE_ALL);
}

// max(0, covered x average - yield) of the average.
static struct share area_yield(const struct payout_rule *rule, int64_t yield_milli)
{
    int64_t lost = rule->floor_milli * rule->average_milli - 1000 * yield_milli;
    return linear(lost, 1000 * rule->average_milli);
}

// Whole millionths throughout, divisions cut off: as the public contract code does it.
static struct share yield_ratio(const struct payout_rule *rule, int64_t yield_milli)
{
    const int64_t million = 1000000;
    __int128 of_yield = (__int128)yield_milli * million;
    int64_t begin = rule->strike_milli * 10, end = rule->exit_milli * 10;
    int64_t insured = rule->floor_milli * 1000;
    if (of_yield >= (__int128)rule->average_milli * begin)
        return SHARE_NOTHING;
    if (of_yield <= (__int128)rule->average_milli * end)
        return (struct share){insured, million};
    int64_t ratio = (int64_t)(of_yield / rule->average_milli);
    return (struct share){insured * (begin - ratio) / (end < begin ? begin - end : 1), million};
}

static struct share layer(const struct payout_rule *rule, int64_t loss_milli)
{
    int64_t in = loss_milli < rule->exit_milli ? loss_milli : rule->exit_milli;
    if (in <= rule->strike_milli)
        return SHARE_NOTHING;
    return share_times((struct share){in - rule->strike_milli, PERCENT_MILLI},
                       SHARE_MILLI(rule->floor_milli));
}

static struct share form_share(const struct payout_rule *rule, const struct trigger_rule *trigger,
                               int64_t index_milli, const struct second *second)
{
    int64_t strike = rule->strike_milli, limit = rule->exit_milli;
    switch (rule->form) {
    case PAYOUT_LINEAR_DEFICIT:
        return linear(strike - index_milli, strike - limit);
    case PAYOUT_LINEAR_EXCESS:
        return linear(index_milli - strike, limit - strike);
    case PAYOUT_BINARY:
        return compare_holds(trigger->compare, index_milli, trigger->threshold_milli)
                   ? SHARE_ALL
                   : SHARE_NOTHING;
    case PAYOUT_TIERS:
        return tiers(rule, index_milli, second);
    case PAYOUT_FLOOR_LINEAR:
        return floor_linear(rule, index_milli);
    case PAYOUT_TICK_DEFICIT:
        return tick(rule, strike - index_milli);
    case PAYOUT_TICK_EXCESS:
        return tick(rule, index_milli - strike);
    case PAYOUT_AREA_YIELD:
        return area_yield(rule, index_milli);
    case PAYOUT_YIELD_RATIO:
        return yield_ratio(rule, index_milli);
    case PAYOUT_MORTALITY:
        return linear(index_milli - strike, PERCENT_MILLI);
    case PAYOUT_LAYER:
        return layer(rule, index_milli);
    case PAYOUT_PHASES:
    case PAYOUT_CIRCLES:
        break;
    }
    assert(rule->form < PAYOUT_PHASES); // phases and circles are cover.c's
    return SHARE_NOTHING;
}

struct share payout_after(const struct payout_rule *rule, struct share share)
{
    share = share_less(share, SHARE_MILLI(rule->deductible_milli));
    if (share_compare(share, SHARE_MILLI(rule->franchise_milli)) < 0)
        share = SHARE_NOTHING;
    if (share.part > 0)
        share = share_max(share, SHARE_MILLI(rule->minimum_milli));
    if (rule->maximum_milli)
        share = share_min(share, SHARE_MILLI(rule->maximum_milli));
    return share_min(share, SHARE_ALL);
}

struct share payout_rule_share(const struct payout_rule *rule, const struct trigger_rule *trigger,
                               int64_t index_milli, const int64_t *also, bool *depends)
{
    struct second fails = {also, false}, holds = {also, true};
    struct share share = payout_after(rule, form_share(rule, trigger, index_milli, &fails));
    struct share other = payout_after(rule, form_share(rule, trigger, index_milli, &holds));
    bool differs = share_compare(share, other) != 0;
    assert(depends || !differs);
    if (depends)
        *depends = differs;
    return share;
}

struct share payout_form_share(const struct payout_rule *rule, const struct trigger_rule *trigger,
                               int64_t index_milli, const int64_t *also)
{
    const struct second second = {also, false};
    return form_share(rule, trigger, index_milli, &second);
}

struct share payout_share(const struct policy *policy, int64_t index_milli)
{
    return payout_rule_share(&policy->payout, &policy->trigger, index_milli, NULL, NULL);
}

struct money payout_amount(const struct policy *policy, struct money sum_insured,
                           struct share share)
{
    assert(share.part >= 0 && share.part <= share.whole && share.whole > 0);
    return money_share(sum_insured, share.part, share.whole, policy->payout.unit_vnd);
}

struct money payout_due(const struct policy *policy, struct money sum_insured, struct share share,
                        struct civil last)
{
    return payout_capped(policy, sum_insured, payout_amount(policy, sum_insured, share), last);
}

int64_t payout_cap(const struct policy *policy, struct civil last)
{
    int64_t day = policy->caps ? civil_days(last) : 0, most = INT64_MAX;
    for (size_t i = 0; i < policy->caps; i++) {
        const struct legal_cap *cap = &policy->cap[i];
        if (civil_days(cap->from) <= day && day <= civil_days(cap->to) && cap->most_vnd < most)
            most = cap->most_vnd;
    }
    return most;
}

struct money payout_capped(const struct policy *policy, struct money sum_insured,
                           struct money amount, struct civil last)
{
    struct money due = amount;
    // Rounding to the unit may not lift it over what is insured.
    if (due.minor > sum_insured.minor)
        due.minor = sum_insured.minor;
    int64_t cap = payout_cap(policy, last);
    if (due.minor > cap)
        due.minor = cap;
    return due;
}

struct money payout_top_up(const struct policy *policy, struct money standing, struct money due)
{
    assert(strcmp(standing.currency, due.currency) == 0);
    bool more = policy->true_up && due.minor > standing.minor;
    due.minor = more ? due.minor - standing.minor : 0;
    return due;
}
