#ifndef GONG_TRIGGERS_TRIAL_H
#define GONG_TRIGGERS_TRIAL_H

#include "core/err.h"

#include <stddef.h>

struct decision_result;
struct policy;

// Runs the cases that a policy carries through evaluate(), over its first period (a run that is
// issued on its first day). ERR_INPUT at the first one that comes out otherwise, with its place,
// its name and what came out. `*ran` is how many ran (may be NULL). Cases of series files look for
// them in the folder `files`; with NULL they are left out, as for policies that people signed:
// those were tried when they were proposed, and a file that is lost since must leave nobody without
// cover.
MUST_USE enum err_kind trial_run(const struct policy *policy, const char *files, size_t *ran,
                                 struct err *err);

// What one case of several communes or one comes out as, without asking whether it is what the case
// says. Not for one of a series file.
void trial_case(const struct policy *policy, size_t which, struct decision_result *out);

// policy_load, then trial_run with the files that lie beside it: what every program does that
// decides something.
MUST_USE enum err_kind trial_load(const char *path, struct policy **out, struct err *err);

#endif
