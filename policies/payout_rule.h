#ifndef GONG_POLICIES_PAYOUT_RULE_H
#define GONG_POLICIES_PAYOUT_RULE_H

#include "core/err.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yaml;

// Which share of the sum insured an index pays. One row of the table in payout_rule.c per form;
// the arithmetic is triggers/payout.c.
enum payout_form {
    PAYOUT_LINEAR_DEFICIT, // nothing from strike up, all from exit down, in between in proportion
    PAYOUT_LINEAR_EXCESS,  // nothing up to strike, all from exit up
    PAYOUT_BINARY,         // all when the trigger holds
    PAYOUT_TIERS,          // the highest tier that is reached, or the sum of those (additive)
    PAYOUT_FLOOR_LINEAR,   // nothing over strike; else min(1, floor + (strike - index) / strike)
    PAYOUT_TICK_DEFICIT,   // min(limit, (strike - index) x tick / per) of the limit
    PAYOUT_TICK_EXCESS,    // min(limit, (index - strike) x tick / per) of the limit
    PAYOUT_AREA_YIELD,     // max(0, covered x average - index) / average
    PAYOUT_YIELD_RATIO,    // by index / average in whole millionths, as a public contract code does
    PAYOUT_MORTALITY,      // the share by which the index is over strike
    PAYOUT_LAYER,          // ceded x what of the loss lies between attach and exhaust
    PAYOUT_PHASES,         // the sum of the policy's phases, by weight
    PAYOUT_CIRCLES,        // the highest, or the sum, of what the policy's circles pay
};
extern const char *const payout_forms[]; // NULL-ended
// Whether a payout of that form may have the key.
bool payout_form_has(size_t form, const char *key);

enum { TIERS_MAX = 12 };
struct tier {
    int64_t threshold_milli;
    int64_t pay_milli; // thousandths of the sum insured
    bool has_also;     // only with the policy's second index:
    enum compare also;
    int64_t also_milli;
};

struct payout_rule {
    enum payout_form form;
    int64_t strike_milli, exit_milli; // of the index; 0 where the form has none. layer: attach and
                                      // exhaust; yield_ratio: thousandths of a per cent of average
    int64_t floor_milli;              // thousandths of the sum insured; layer: what is ceded,
                                      // area_yield: what is covered, yield_ratio: what is insured
    int64_t average_milli;            // area_yield, yield_ratio
    int64_t tick_vnd, limit_vnd, per_milli; // ticks
    bool additive;                          // tiers add up
    enum compare tier_compare;              // index `tier_compare` threshold reaches a tier
    struct tier tier[TIERS_MAX];            // by rising pay, unless additive
    size_t tiers;

    // What is done with the share, in this order. Thousandths of the sum insured; 0: not there.
    int64_t deductible_milli; // is taken off
    int64_t franchise_milli;  // less than this pays nothing
    int64_t minimum_milli;    // what pays anything pays at least this
    int64_t maximum_milli;    // no more than this

    int64_t unit_vnd; // the amount is rounded half up to a multiple of this, once; 0 in a phase
};

struct payout_terms {
    enum unit unit;   // of the index
    enum unit also;   // of the second index
    bool has_also;    //   if there is one
    bool is_phase;    // a phase has no rounding and is no sum of phases
    bool has_phases;  // the policy has: its form is phases
    bool has_circles; // its form is circles
};
// Reads `payout:` of a policy or of one of its phases.
MUST_USE enum err_kind payout_rule_read(const struct yaml *policy, const struct payout_terms *terms,
                                        struct payout_rule *out, struct err *err);

#endif
