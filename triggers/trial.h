#ifndef GONG_TRIGGERS_TRIAL_H
#define GONG_TRIGGERS_TRIAL_H

#include "core/err.h"

#include <stddef.h>

struct policy;

// Runs the cases that a policy carries through evaluate(), over its first period (a run that is
// issued on its first day). ERR_INPUT at the first one that comes out otherwise, with its place,
// its name and what came out. `*ran` is how many ran (may be NULL).
MUST_USE enum err_kind trial_run(const struct policy *policy, size_t *ran, struct err *err);

// policy_load, then trial_run: what every program does that decides something.
MUST_USE enum err_kind trial_load(const char *path, struct policy **out, struct err *err);

#endif
