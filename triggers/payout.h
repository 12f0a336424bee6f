#ifndef GONG_TRIGGERS_PAYOUT_H
#define GONG_TRIGGERS_PAYOUT_H

#include "core/money.h"

#include <stddef.h>
#include <stdint.h>

struct policy;

// An exact share of the sum insured: part / whole, 0 <= part <= whole, whole > 0. It is never
// rounded before it is money.
struct share {
    int64_t part, whole;
};

// Which share an index pays by the policy's payout form. Pure, integers only.
// Source: domain-reference 6.
struct share payout_share(const struct policy *policy, int64_t index_milli);

// How many tiers the index reaches, 0 when none.
size_t payout_tier(const struct policy *policy, int64_t index_milli);

// The money: the share of the sum insured, rounded half up to the policy's unit, once.
struct money payout_amount(const struct policy *policy, struct money sum_insured,
                           struct share share);

#endif
