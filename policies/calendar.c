#include "policies/calendar.h"

#include "core/mem.h"
#include "policies/period.h"
#include "policies/policy.h"

#include <string.h>

bool calendar_covers(const struct policy *policy, struct civil first, struct civil last)
{
    return civil_days(policy->effective_from) <= civil_days(last) &&
           civil_days(first) <= civil_days(policy->effective_to);
}

bool calendar_period(const struct policy *policy, const char *name, struct occasion *out)
{
    AUTO(occasions_free) struct occasions all = {0};
    period_list(&policy->period, policy->effective_from, policy->effective_to, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (strcmp(all.at[i].period, name) != 0)
            continue;
        *out = all.at[i];
        return true;
    }
    return false;
}

struct occasion calendar_looks(const struct policy *policy, struct utc at)
{
    return policy->watch == WATCH_FORECAST ? calendar_looks_ahead(policy, at, 0)
                                           : occasion_of_step(at, policy->index.within_s);
}

struct occasion calendar_looks_ahead(const struct policy *policy, struct utc issued, int64_t lead_s)
{
    struct occasion run = occasion_of_run(issued, policy->index.within_s);
    run.from = period_day_from(&policy->period, (struct utc){issued.s + lead_s});
    run.to.s = run.from.s + policy->index.within_s;
    return run;
}

void calendar_stage(const struct policy *policy, const struct part *stage, struct utc as_of,
                    struct utc *from, struct utc *to)
{
    if (stage->watch == WATCH_OBSERVATION) {
        *to = period_day_to(&policy->period, as_of);
        from->s = to->s - stage->index.within_s;
        return;
    }
    *from = period_day_from(&policy->period, (struct utc){as_of.s + stage->lead_s});
    to->s = from->s + stage->index.within_s;
}

int64_t calendar_wait_s(const struct policy *policy)
{
    return policy->kind == POLICY_INSURANCE ? policy->settle_after_s : policy->next_update_s;
}

struct utc calendar_decided_by(const struct policy *policy, const struct occasion *occasion)
{
    return (struct utc){occasion->to.s + calendar_wait_s(policy)};
}

struct utc calendar_next(const struct policy *policy, struct utc issued)
{
    return (struct utc){issued.s + policy->next_update_s};
}
