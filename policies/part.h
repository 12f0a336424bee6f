#ifndef GONG_POLICIES_PART_H
#define GONG_POLICIES_PART_H

#include "core/err.h"
#include "policies/unit.h"

#include <stdbool.h>

struct part;
struct policy;
struct yaml;

// The variables that a policy can look at, and their units: rain, wind, gust, temperature, stage,
// yield, mortality, loss.
MUST_USE enum err_kind variable_read(const struct yaml *map, char out[32], enum unit *unit,
                                     struct err *err);

// The unit of one of these; false when it is none of them.
bool variable_unit(const char *variable, enum unit *unit);

// minimum_coverage of a policy or a part, in 1/10000; "any" is 0.
MUST_USE enum err_kind coverage_read(const struct yaml *map, int64_t *out, struct err *err);

// Reads what makes a policy look more than once: `phases`, `also`, `stages`, or one of `any_of`,
// `all_of` and `at_least` with `of`. The policy's own source, index, period and ensemble were read
// before.
MUST_USE enum err_kind parts_read(const struct yaml *root, struct policy *policy, struct err *err);

void parts_free(struct policy *policy);

// "station": the gauge whose readings count for every commune; `out` is [STATION_SIZE], and stays
// as it was when there is none.
MUST_USE enum err_kind station_read(const struct yaml *map, const char *variable, char *out,
                                    struct err *err);

#endif
