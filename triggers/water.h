#ifndef GONG_TRIGGERS_WATER_H
#define GONG_TRIGGERS_WATER_H

#include <stddef.h>
#include <stdint.h>

struct water_rule;

// One dekad of the bucket; water in millionths of mm.
struct water_step {
    int64_t required, used, left; // WR, AET, SW at the end
    int64_t satisfied_milli;      // WRSI so far, in thousandths of a per cent
};

// Water requirement satisfaction index: 100 x used / required, over `dekads` of rain (thousandths
// of mm), dekads <= rule->dekads. Whole arithmetic; AET and the index are rounded half up.
// `steps` [dekads] may be NULL. Source: FAO's bucket, domain-reference 5.5.
int64_t water_satisfied(const struct water_rule *rule, const int64_t *rain_milli, size_t dekads,
                        struct water_step *steps);

#endif
