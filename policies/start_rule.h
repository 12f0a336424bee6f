#ifndef GONG_POLICIES_START_RULE_H
#define GONG_POLICIES_START_RULE_H

#include "core/err.h"

#include <stdint.h>

struct yaml;

// A window that begins when the season does: the rule is looked for from the period's first day.
enum start_kind {
    START_PERIOD, // no rule: at the period's first day
    START_TOTAL,  // on the first day on which the sum since then is over `first_milli`
    START_DEKADS, // with the first dekad of `first_milli` or more whose next two have `next_milli`
};
enum no_start { NO_START_LATEST, NO_START_PAYS, NO_START_REFUND };
extern const char *const no_starts[];
struct start_rule {
    enum start_kind kind;
    int64_t first_milli, next_milli;
    int64_t latest; // last day (dekad) it may begin with, counted from 1
    int64_t days;   // how long the window is from there; 0: to the period's end
    enum no_start otherwise;
    int64_t pays_milli; // NO_START_PAYS: this share of the sum insured
};

// Reads the map of `start:`. Whether it fits the period is for policy.c to say.
MUST_USE enum err_kind start_rule_read(const struct yaml *map, struct start_rule *out,
                                       struct err *err);

#endif
