#ifndef GONG_POLICIES_EXAMPLE_H
#define GONG_POLICIES_EXAMPLE_H

#include "core/text.h"
#include "policies/unit.h"

struct policy;

// The cases that a policy carries, in plain words of one language, appended to `out`, a line each.

// Those of one occasion, with every number that they are made of.
void example_cases(const struct policy *policy, enum language language, struct buf *out);

// Those over time and by the calendar.
void example_courses(const struct policy *policy, enum language language, struct buf *out);
void example_calendar(const struct policy *policy, enum language language, struct buf *out);

#endif
