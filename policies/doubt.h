#ifndef GONG_POLICIES_DOUBT_H
#define GONG_POLICIES_DOUBT_H

#include "core/text.h"

#include <stddef.h>

struct policy;

// What is allowed in a policy and yet may not be meant: one line each, "doubt: what; why". Returns
// how many. `out` is appended to.
size_t policy_doubts(const struct policy *policy, struct buf *out);

#endif
