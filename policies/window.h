#ifndef GONG_POLICIES_WINDOW_H
#define GONG_POLICIES_WINDOW_H

#include "core/err.h"

#include <stdint.h>

struct policy;
struct yaml;

// Whether the index of a policy can be made at all of what it looks at: its period, or so far as
// it says. Refused with place and what to write.
MUST_USE enum err_kind window_check(const struct yaml *root, const struct policy *policy,
                                    struct err *err);

// What is asked of a new text besides: SPI and SPEI look at the time of the year of their years.
MUST_USE enum err_kind window_check_new(const struct yaml *root, const struct policy *policy,
                                        struct err *err);

int64_t window_days(const struct policy *policy); // that the index looks at, at most

#endif
