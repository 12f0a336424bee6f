#ifndef GONG_POLICIES_TRIGGER_RULE_H
#define GONG_POLICIES_TRIGGER_RULE_H

#include "core/err.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yaml;

// A threshold that a law sets: "vn-2021-18/heavy-rain/over-200-1-2-days" (policies/preset.h).
enum { PRESET_PATH_SIZE = 104 };

struct trigger_rule {
    bool there;
    enum compare compare; // index `compare` threshold
    int64_t threshold_milli;
    char preset[PRESET_PATH_SIZE]; // whose row says the same; "" for none
};

// Another forecast model beside the policy's own source.
enum { MODELS_MAX = 8 };
struct model {
    char source[64];
    int64_t members, minimum; // one member: a forecast that has none
    int64_t weight_milli;     // MODELS_WEIGHTED
};

// How several models become one probability.
enum models_how {
    MODELS_ONE,      // there is only the policy's own
    MODELS_WEIGHTED, // sum of weight x (members that pass / members)
    MODELS_POOLED,   // all members as one ensemble
    MODELS_AGREE,    // so many models each reach the threshold by themselves
};
extern const char *const models_hows[];

// Forecasts with members: the index is made per member first; then the share of members whose
// index passes the trigger is compared. With a quantile, that quantile of the members' indices
// (type 7) is compared with the trigger instead.
struct ensemble_rule {
    int64_t members; // nominal; 0: no ensemble
    int64_t minimum; // fewer present ones are no answer
    enum compare compare;
    int64_t probability_milli;
    int64_t quantile_milli; // 0: by probability
    enum models_how how;
    int64_t agree;        // MODELS_AGREE: how many
    int64_t weight_milli; // of the policy's own source
    struct model model[MODELS_MAX];
    size_t models;
};

MUST_USE enum err_kind trigger_rule_read(const struct yaml *policy, enum unit unit,
                                         struct trigger_rule *out, struct err *err);
// `of_stages`: the threshold stands in the stages, not here.
MUST_USE enum err_kind ensemble_rule_read(const struct yaml *policy, bool of_stages,
                                          struct ensemble_rule *out, struct err *err);

// "probability" and "threshold" of a map: over 0 %, a high one.
MUST_USE enum err_kind probability_read(const struct yaml *map, struct ensemble_rule *out,
                                        struct err *err);

// `clear:` of an alert or `stop:` of a stage, what speaks for switching it off: {probability: "<",
// threshold: 40 %} with an ensemble, {index: "<", threshold: 80 mm} without; not there: whatever
// does not pass.
struct clear_terms {
    const char *key;
    enum unit unit;
    const struct ensemble_rule *ensemble;
    const struct trigger_rule *trigger;
};
MUST_USE enum err_kind clear_rule_read(const struct yaml *policy, const struct clear_terms *terms,
                                       struct trigger_rule *out, struct err *err);

#endif
