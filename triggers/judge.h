#ifndef GONG_TRIGGERS_JUDGE_H
#define GONG_TRIGGERS_JUDGE_H

#include "policies/trigger_rule.h"
#include "triggers/alert.h"
#include "triggers/look.h"

struct decision_result;
struct occasion;

// What one number says of an alert: on, or off where `clear` (of the policy or the stage; without
// one whatever is not on) speaks against it, or neither.
enum speech judge_speech(const struct trigger_rule *clear, bool on, int64_t value);

// What an alert says of one commune on one occasion: its condition, with members, several models,
// further conditions or stages. Fills everything of `out` but its trace, which is gaze->trace.
// Pure.
void judge_alert(const struct gaze *gaze, const struct occasion *occasion,
                 struct decision_result *out);

#endif
