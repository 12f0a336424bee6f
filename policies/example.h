#ifndef GONG_POLICIES_EXAMPLE_H
#define GONG_POLICIES_EXAMPLE_H

#include "core/text.h"
#include "policies/unit.h"

struct course;
struct policy;
struct policy_case;
struct policy_cases;

// The cases that a policy carries, in plain words of one language, appended to `out`, a line each.

// Those of one occasion, with every number that they are made of.
void example_cases(const struct policy *policy, enum language language, struct buf *out);

// What one of them is made of, and the runs of one over time, within a line.
void example_input(const struct policy *policy, const struct policy_case *one,
                   enum language language, struct buf *out);
void example_runs(const struct policy_cases *cases, const struct course *course,
                  enum language language, struct buf *out);

// Those over time and by the calendar.
void example_courses(const struct policy *policy, enum language language, struct buf *out);
void example_calendar(const struct policy *policy, enum language language, struct buf *out);

#endif
