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
    return policy->watch == WATCH_FORECAST ? occasion_of_run(at, policy->index.within_s)
                                           : occasion_of_step(at, policy->index.within_s);
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
