#ifndef GONG_POLICIES_DESCRIBE_H
#define GONG_POLICIES_DESCRIBE_H

#include "core/text.h"
#include "policies/unit.h"

struct policy;

// What a policy promises, in plain words of one language: several lines, appended to `out`. Every
// number that decides is in it.
void policy_describe(const struct policy *policy, enum language language, struct buf *out);

#endif
