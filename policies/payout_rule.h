#ifndef GONG_POLICIES_PAYOUT_RULE_H
#define GONG_POLICIES_PAYOUT_RULE_H

#include "core/err.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stddef.h>
#include <stdint.h>

struct yaml;

// Which share of the sum insured an index pays. One row of the table in payout_rule.c per form;
// the arithmetic is triggers/payout.c.
enum payout_form {
    PAYOUT_LINEAR_DEFICIT, // nothing from strike up, all from exit down, in between in proportion
    PAYOUT_LINEAR_EXCESS,  // nothing up to strike, all from exit up
    PAYOUT_BINARY,         // all when the trigger holds
    PAYOUT_TIERS,          // the highest tier that is reached
    PAYOUT_FLOOR_LINEAR,   // nothing over strike; else min(1, floor + (strike - index) / strike)
};
extern const char *const payout_forms[]; // NULL-ended

enum { TIERS_MAX = 12 };
struct tier {
    int64_t threshold_milli;
    int64_t pay_milli; // thousandths of the sum insured
};

struct payout_rule {
    enum payout_form form;
    int64_t strike_milli, exit_milli; // of the index; 0 where the form has none
    int64_t floor_milli;              // thousandths of the sum insured
    enum compare tier_compare;        // index `tier_compare` threshold reaches a tier
    struct tier tier[TIERS_MAX];      // by rising pay
    size_t tiers;
    int64_t unit_vnd; // the amount is rounded half up to a multiple of this, once
};

// Reads `payout:` of an insurance policy whose index is in `unit`.
MUST_USE enum err_kind payout_rule_read(const struct yaml *policy, enum unit unit,
                                        struct payout_rule *out, struct err *err);

#endif
