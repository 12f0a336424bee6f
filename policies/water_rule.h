#ifndef GONG_POLICIES_WATER_RULE_H
#define GONG_POLICIES_WATER_RULE_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

struct yaml;

// The soil and the crop of INDEX_WRSI; rain and water in thousandths of mm, kc in thousandths, of a
// named crop at the middle of each dekad.
enum { DEKADS_MAX = 37 };
struct water_rule {
    int64_t holds_milli, start_milli; // the soil's capacity, and what is in it at the start
    int64_t easy_milli;               // share of the capacity that is taken up without stress
    size_t dekads;
    int64_t pet_milli[DEKADS_MAX], kc_milli[DEKADS_MAX];
};

// Crops whose coefficients gong knows, NULL-ended: "kc: maize" stands for a list.
extern const char *const water_crops[];
// Crop coefficient of maize in thousandths at `season_milli` (0 to 1000) of its season: 0.3 up to
// 16 %, 1.2 from 44 % to 76 %, 0.35 at its end, linear between. Source: FAO 56.
int64_t water_kc_maize(int64_t season_milli);

// Reads what wrsi needs of the map of `index:`; the caller owns `*out` (mem_free).
MUST_USE enum err_kind water_rule_read(const struct yaml *map, struct water_rule **out,
                                       struct err *err);

#endif
