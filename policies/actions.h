#ifndef GONG_POLICIES_ACTIONS_H
#define GONG_POLICIES_ACTIONS_H

#include "core/err.h"
#include "core/text.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stdbool.h>

struct policy;
struct yaml;

// What a household does while an alert is on, in the two steps that people know (domain-reference
// 4.3, 4.4): it prepares (lists, stocks: cheap, days ahead), or it acts now.
enum action_step { ACTION_PREPARE, ACTION_NOW };
extern const char *const action_steps[]; // "prepare", "now", NULL

struct actions {
    bool there;
    enum action_step step;
    struct texts texts; // owned
};

// `actions: {step: prepare, vi: ..., en: ...}` of a policy or a stage; leaves `out` as it was where
// there are none. ERR_INPUT for a text that actions_check refuses.
MUST_USE enum err_kind actions_read(const struct yaml *map, struct actions *out, struct err *err);
void actions_free(struct actions *actions);

// One or two actions in plain words: not blank, no placeholder, no more than 200 bytes, and nothing
// of advertising.
MUST_USE enum err_kind actions_check(const char *text, struct err *err);

// Those of the stage with this name, or of a policy without stages; NULL when none are said.
const struct actions *actions_of(const struct policy *policy, const char *stage);

// Whether a policy says any: then each of its stages does.
bool actions_there(const struct policy *policy);

const char *actions_step(const struct actions *actions, enum language language); // "Chuẩn bị"

// "Chuẩn bị: ...", "Làm ngay: ..."; appended to `out`.
void actions_say(const struct actions *actions, enum language language, struct buf *out);

#endif
