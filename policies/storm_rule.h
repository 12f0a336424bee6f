#ifndef GONG_POLICIES_STORM_RULE_H
#define GONG_POLICIES_STORM_RULE_H

#include "core/err.h"

struct index_rule;
struct yaml;

// Where a storm counts: radius: 100 km around each commune, or box: {west: 104, east: 108.5,
// south: 20, north: 23.5} in degrees, the same for all of them. At most STORM_KM_MAX: farther
// storms are not looked at (triggers/storm.h).
enum { STORM_KM_MAX = 3000 };
MUST_USE enum err_kind storm_rule_read(const struct yaml *index, struct index_rule *out,
                                       struct err *err);

#endif
