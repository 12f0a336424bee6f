#ifndef GONG_TRIGGERS_PAYOUT_H
#define GONG_TRIGGERS_PAYOUT_H

#include "core/date.h"
#include "core/money.h"
#include "triggers/share.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct payout_rule;
struct policy;
struct trigger_rule;

// Which share an index pays by the policy's payout form and what is done with it: deductible or
// franchise, minimum, maximum. Pure, integers only. Not for phases, nor for tiers that ask for a
// second index (assert): these are payout_rule_share's.
// Source: domain-reference 6, order of operations 7.
struct share payout_share(const struct policy *policy, int64_t index_milli);

// The same for any rule. `also` is the second index, NULL when it is not known; `*depends` is set
// when the share would be another one with it (may be NULL when no tier asks for one). `trigger` is
// for the form binary.
struct share payout_rule_share(const struct payout_rule *rule, const struct trigger_rule *trigger,
                               int64_t index_milli, const int64_t *also, bool *depends);

// What the form alone pays, before payout_after; a second index that is not known is taken to fail.
struct share payout_form_share(const struct payout_rule *rule, const struct trigger_rule *trigger,
                               int64_t index_milli, const int64_t *also);

// Deductible or franchise, minimum, maximum: what a form's share becomes.
struct share payout_after(const struct payout_rule *rule, struct share share);

// How many tiers the index reaches, 0 when none; second indices are not looked at.
size_t payout_tier(const struct policy *policy, int64_t index_milli);

// The money: the share of the sum insured, rounded half up to the policy's unit, once.
struct money payout_amount(const struct policy *policy, struct money sum_insured,
                           struct share share);

// The same as it is owed for a period whose last day is `last`: never over the sum insured, nor
// over the legal cap of that day. A cap that is no multiple of the unit is paid as it is: rounding
// may not lift over it.
struct money payout_due(const struct policy *policy, struct money sum_insured, struct share share,
                        struct civil last);

// An amount under the legal cap of that day and the sum insured: what payout_due does last.
int64_t payout_cap(const struct policy *policy, struct civil last); // the cap; INT64_MAX: none
struct money payout_capped(const struct policy *policy, struct money sum_insured,
                           struct money amount, struct civil last);

// What is still to be paid when `standing` was paid before: nothing with settle_once, and never
// less than nothing.
struct money payout_top_up(const struct policy *policy, struct money standing, struct money due);

#endif
