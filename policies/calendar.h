#ifndef GONG_POLICIES_CALENDAR_H
#define GONG_POLICIES_CALENDAR_H

#include "core/date.h"
#include "policies/period.h"

#include <stdbool.h>
#include <stdint.h>

struct part;
struct policy;

// What follows from a policy's dates and spans alone, without weather. The programs that decide and
// the cases that a policy carries (policies/dated.h) ask the same functions.

// Whether it is effective on any day from `first` to `last`, both inclusive.
bool calendar_covers(const struct policy *policy, struct civil first, struct civil last);

// The period of that name that lies wholly within its dates; false when it has none.
bool calendar_period(const struct policy *policy, const char *name, struct occasion *out);

// How long whole data are waited for after a period: settle_after, of an alert next_update.
int64_t calendar_wait_s(const struct policy *policy);
// When a period is decided at the latest, with the data that are there then.
struct utc calendar_decided_by(const struct policy *policy, const struct occasion *occasion);

// What an alert without periods looks at when it is decided at that moment: what is forecast for
// the time after it, or what was seen in the time before it.
struct occasion calendar_looks(const struct policy *policy, struct utc at);

// What is forecast by a run from so long after it on.
struct occasion calendar_looks_ahead(const struct policy *policy, struct utc issued,
                                     int64_t lead_s);

// Between which moments a stage looks when it is decided at `as_of`: (*from, *to].
void calendar_stage(const struct policy *policy, const struct part *stage, struct utc as_of,
                    struct utc *from, struct utc *to);

// By when people hear again, of a message that an alert issued then.
struct utc calendar_next(const struct policy *policy, struct utc issued);

#endif
