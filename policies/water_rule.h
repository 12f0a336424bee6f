#ifndef GONG_POLICIES_WATER_RULE_H
#define GONG_POLICIES_WATER_RULE_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

struct yaml;

// The soil and the crop of INDEX_WRSI; rain and water in thousandths of mm, kc in thousandths.
enum { DEKADS_MAX = 37 };
struct water_rule {
    int64_t holds_milli, start_milli; // the soil's capacity, and what is in it at the start
    int64_t easy_milli;               // share of the capacity that is taken up without stress
    size_t dekads;
    int64_t pet_milli[DEKADS_MAX], kc_milli[DEKADS_MAX];
};

// Reads what wrsi needs of the map of `index:`; the caller owns `*out` (mem_free).
MUST_USE enum err_kind water_rule_read(const struct yaml *map, struct water_rule **out,
                                       struct err *err);

#endif
