#include "triggers/payout.h"

#include "policies/policy.h"

#include <assert.h>

enum { SHARE_MILLI = 1000 };

static struct share nothing(void)
{
    return (struct share){0, 1};
}

static struct share everything(void)
{
    return (struct share){1, 1};
}

size_t payout_tier(const struct policy *policy, int64_t index_milli)
{
    const struct payout_rule *rule = &policy->payout;
    size_t reached = 0;
    while (reached < rule->tiers &&
           compare_holds(rule->tier_compare, index_milli, rule->tier[reached].threshold_milli))
        reached++;
    return reached;
}

static struct share tiers(const struct policy *policy, int64_t index_milli)
{
    size_t reached = payout_tier(policy, index_milli);
    if (reached == 0)
        return nothing();
    return (struct share){policy->payout.tier[reached - 1].pay_milli, SHARE_MILLI};
}

static struct share linear(int64_t done, int64_t whole)
{
    if (done <= 0)
        return nothing();
    return done >= whole ? everything() : (struct share){done, whole};
}

// min(1, floor + (strike - index) / strike), nothing over the strike.
static struct share floor_linear(const struct payout_rule *rule, int64_t index_milli)
{
    if (index_milli > rule->strike_milli)
        return nothing();
    struct share share = {rule->floor_milli * rule->strike_milli +
                              SHARE_MILLI * (rule->strike_milli - index_milli),
                          SHARE_MILLI * rule->strike_milli};
    return share.part >= share.whole ? everything() : share;
}

struct share payout_share(const struct policy *policy, int64_t index_milli)
{
    const struct payout_rule *rule = &policy->payout;
    int64_t strike = rule->strike_milli, limit = rule->exit_milli;
    switch (rule->form) {
    case PAYOUT_LINEAR_DEFICIT:
        return linear(strike - index_milli, strike - limit);
    case PAYOUT_LINEAR_EXCESS:
        return linear(index_milli - strike, limit - strike);
    case PAYOUT_BINARY:
        return compare_holds(policy->trigger.compare, index_milli, policy->trigger.threshold_milli)
                   ? everything()
                   : nothing();
    case PAYOUT_TIERS:
        return tiers(policy, index_milli);
    case PAYOUT_FLOOR_LINEAR:
        return floor_linear(rule, index_milli);
    }
    return nothing();
}

struct money payout_amount(const struct policy *policy, struct money sum_insured,
                           struct share share)
{
    assert(share.part >= 0 && share.part <= share.whole && share.whole > 0);
    return money_share(sum_insured, share.part, share.whole, policy->payout.unit_vnd);
}
