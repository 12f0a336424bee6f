#ifndef GONG_POLICIES_TRIGGER_RULE_H
#define GONG_POLICIES_TRIGGER_RULE_H

#include "core/err.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stdint.h>

struct yaml;

struct trigger_rule {
    bool there;
    enum compare compare; // index `compare` threshold
    int64_t threshold_milli;
};

// Forecasts with members: the index is made per member first; then the share of members whose
// index passes the trigger is compared.
struct ensemble_rule {
    int64_t members; // nominal; 0: no ensemble
    int64_t minimum; // fewer present ones are no answer
    enum compare compare;
    int64_t probability_milli;
};

MUST_USE enum err_kind trigger_rule_read(const struct yaml *policy, enum unit unit,
                                         struct trigger_rule *out, struct err *err);
MUST_USE enum err_kind ensemble_rule_read(const struct yaml *policy, struct ensemble_rule *out,
                                          struct err *err);

// `clear:` of an alert, what speaks for switching it off: {probability: "<", threshold: 40 %} with
// an ensemble, {index: "<", threshold: 80 mm} without; not there: whatever does not pass.
MUST_USE enum err_kind clear_rule_read(const struct yaml *policy, enum unit unit,
                                       const struct ensemble_rule *ensemble,
                                       const struct trigger_rule *trigger, struct trigger_rule *out,
                                       struct err *err);

#endif
