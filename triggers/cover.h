#ifndef GONG_TRIGGERS_COVER_H
#define GONG_TRIGGERS_COVER_H

#include "triggers/look.h"

struct decision_result;
struct occasion;

// What an insurance pays in one commune for one period, as a share of the sum insured: by one
// index, by two, by phases, or by events with their limits. Fills everything of `out` but its
// trace, which is gaze->trace. Pure. The order of operations is domain-reference 7.
void cover_share(const struct gaze *gaze, const struct occasion *occasion,
                 struct decision_result *out);

#endif
