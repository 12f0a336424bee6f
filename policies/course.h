#ifndef GONG_POLICIES_COURSE_H
#define GONG_POLICIES_COURSE_H

#include "core/err.h"
#include "policies/field.h"

#include <stddef.h>
#include <stdint.h>

struct policy;
struct policy_cases;
struct yaml;

// Cases over time: what an alert is after each of several runs, one after another. What a single
// run cannot show stands here: persistence, the two thresholds together, cool-down, cut-off.
//
//   over_time:
//     - name: behind the cut-off it stays on
//       runs:
//         - {at: 0 h, like: six of twenty make ready, level: 1, told: yes}
//         - {at: 30 h, like: nothing, level: 1}
//         - {at: 36 h, cleared: yes, level: 0}
//
// A run has the values of the case that it is `like`, so long after the first; or a person clears
// the alert then. `level` is what it is after that, 0: off; `told` whether people are told of it.
struct course_run {
    int64_t at_s;
    size_t like;   // one of the policy's cases; CASE_CLEARED: a person clears it
    int64_t level; // 0: off
    int told;      // 0 no, 1 yes, -1 not said
};
#define CASE_CLEARED SIZE_MAX

struct course {
    struct texts name;
    char *where; // "file:line:column"
    size_t runs;
    struct course_run *run; // [runs] owned
};

// Reads `over_time` of `cases:` into `out`, whose cases were read; the caller frees it by
// cases_free also when reading fails.
MUST_USE enum err_kind courses_read(const struct yaml *cases, const struct policy *policy,
                                    struct policy_cases *out, struct err *err);

void courses_free(struct policy_cases *cases);

#endif
