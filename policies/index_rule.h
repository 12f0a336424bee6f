#ifndef GONG_POLICIES_INDEX_RULE_H
#define GONG_POLICIES_INDEX_RULE_H

#include "core/err.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stdint.h>

struct yaml;

// Which single number is made of a commune's readings within a window. One row of the table in
// index_rule.c per kind; how each is computed is triggers/index.c.
enum index_take { INDEX_TOTAL, INDEX_MAXIMUM, INDEX_MAXIMUM_SUM, INDEX_DRY_SPELL };
extern const char *const index_takes[]; // names in the policy language, NULL-ended

// How a day that is not observed is read by longest_dry_spell; it has no default that is not said.
enum missing { MISSING_BREAK, MISSING_DRY, MISSING_UNKNOWN };
extern const char *const index_missings[];

struct index_rule {
    enum index_take take;
    enum unit input;  // of the readings
    enum unit unit;   // of the index
    int64_t over_s;   // maximum_sum: the length that is summed, 0 else
    int64_t within_s; // how far it looks, 0: the whole period
    bool daily;       // sums of days come first: over in days, a cap or floor, or a dry spell
    bool has_cap, has_floor;
    int64_t cap_milli, floor_milli; // of a day: at most; and a day under the floor counts as none
    int64_t dry_milli;              // longest_dry_spell: a day is dry when its sum
    enum compare dry;               //   is < (dry_below) or <= (dry_up_to) this
    enum missing missing;
};

// Reads `index:` of a policy over a variable of unit `input`.
MUST_USE enum err_kind index_rule_read(const struct yaml *policy, enum unit input,
                                       struct index_rule *out, struct err *err);

#endif
