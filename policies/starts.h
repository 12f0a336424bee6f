#ifndef GONG_POLICIES_STARTS_H
#define GONG_POLICIES_STARTS_H

#include "core/date.h"

struct policy;

// From which day on a policy is in force that got its last signature on the day `signed_on`: not
// before its own date, not before the day after it was signed, and never inside a risk window (a
// period, of it or of `old`, the version in force so far; NULL: none) that has begun: then from the
// day after that window. `*why` says which, in one sentence.
struct policy_start {
    struct civil day;
    char why[200];
};
struct policy_start policy_starts(const struct policy *policy, const struct policy *old,
                                  struct civil signed_on);

#endif
