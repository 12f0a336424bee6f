#include "policies/starts.h"

#include "core/mem.h"
#include "policies/policy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

// A window is at most a year and some days long; two rules can push one another on a few times.
enum { LOOK_DAYS = 800, PUSHES_MAX = 20 };

// Moves the day out of a window that began before it; true when it did.
static bool leave_window(const struct policy *policy, struct policy_start *start)
{
    AUTO(occasions_free) struct occasions all = {0};
    int64_t day = civil_days(start->day);
    bool moved = false;
    if (policy->period.kind == PERIOD_NONE)
        return false;
    period_list(&policy->period, date_of_days(day - LOOK_DAYS), date_of_days(day + LOOK_DAYS),
                &all);
    for (size_t i = 0; i < all.count && !moved; i++) {
        const struct occasion *one = &all.at[i];
        if (civil_days(one->first) >= day || day > civil_days(one->last))
            continue;
        start->day = date_of_days(civil_days(one->last) + 1);
        (void)snprintf(start->why, sizeof(start->why),
                       "%s would be inside the risk window %s to %s of version %" PRId64
                       ", which has begun: from the next one on",
                       date_text(date_of_days(day)).at, date_text(one->first).at,
                       date_text(one->last).at, policy->version);
        moved = true;
    }
    return moved;
}

struct policy_start policy_starts(const struct policy *policy, const struct policy *old,
                                  struct civil signed_on)
{
    struct policy_start start = {policy->effective_from, "its own date"};
    int64_t next_day = civil_days(signed_on) + 1;
    if (next_day > civil_days(start.day)) {
        start.day = date_of_days(next_day);
        (void)snprintf(start.why, sizeof(start.why), "the day after the last signature");
    }
    for (int i = 0; i < PUSHES_MAX; i++) {
        bool of_old = old && civil_days(old->effective_to) >= civil_days(start.day) &&
                      leave_window(old, &start);
        if (!leave_window(policy, &start) && !of_old)
            break;
    }
    return start;
}
