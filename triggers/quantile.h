#ifndef GONG_TRIGGERS_QUANTILE_H
#define GONG_TRIGGERS_QUANTILE_H

#include "triggers/roll.h"

#include <stddef.h>
#include <stdint.h>

// Percentiles by selection, for all communes at once: the same numbers as normal_percentile, which
// sorts. Pure.

// Of value [count], count > 0, which is put into another order; share_milli and method as in
// triggers/normal.h.
struct quantile_rule {
    struct band band; // which steps are looked at
    int64_t share_milli, method;
};
int32_t quantile_of(int32_t *value, size_t count, const struct quantile_rule *rule);

// Of each commune's steps of the kind; 0 where there is none. value and bits of `roll` as
// elsewhere (triggers/roll.h); `at` must be NULL.
void quantile_rows(const struct rows *rows, const struct quantile_rule *rule,
                   const struct roll *roll);

#endif
