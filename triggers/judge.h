#ifndef GONG_TRIGGERS_JUDGE_H
#define GONG_TRIGGERS_JUDGE_H

#include "triggers/look.h"

struct decision_result;
struct occasion;

// What an alert says of one commune on one occasion: its condition, with members, several models,
// further conditions or stages. Fills everything of `out` but its trace, which is gaze->trace.
// Pure.
void judge_alert(const struct gaze *gaze, const struct occasion *occasion,
                 struct decision_result *out);

#endif
