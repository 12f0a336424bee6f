#ifndef GONG_TRIGGERS_AREA_LOOK_H
#define GONG_TRIGGERS_AREA_LOOK_H

#include "triggers/index.h"

#include <stddef.h>
#include <stdint.h>

struct doc;
struct gaze;
struct occasion;
struct part;

// What share of the area's communes pass by their own index (policies/share_rule.h), each looked at
// as the part looks, of one member or MEMBER_NONE. Written into `trace` when that is not NULL. All
// communes of an area have the same share: where the readings have a memo it is counted once.
struct index_value area_look(const struct gaze *gaze, const struct part *part,
                             const struct occasion *occasion, int32_t member, struct doc *trace);

// Bytes of an empty memo (readings.memo).
size_t area_look_memo_size(void);

#endif
