#ifndef GONG_TRIGGERS_EVENT_H
#define GONG_TRIGGERS_EVENT_H

#include "core/err.h"
#include "policies/period.h"

struct decision_result;
struct policy;
struct policy_case;

// Decides a case that is a dated event: the steps of one place of a series file that lies in the
// folder `files`. `*occasion` is when it was; the caller frees *out by decision_result_free.
// ERR_INPUT with the case's place when the file is not there or is another one, or has no such
// place or period.
MUST_USE enum err_kind event_decide(const struct policy *policy, const struct policy_case *one,
                                    const char *files, struct occasion *occasion,
                                    struct decision_result *out, struct err *err);

#endif
