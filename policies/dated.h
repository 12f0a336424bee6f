#ifndef GONG_POLICIES_DATED_H
#define GONG_POLICIES_DATED_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>

struct policy;
struct policy_cases;
struct yaml;

// Cases by the calendar: what a policy's dates, period and spans come to, which no weather shows.
//
//   calendar:
//     - {name: its last day, day: 2028-12-31, in_force: "yes"}
//     - {name: no season after it, period: "2029", in_force: "no"}
//     - {name: the first season, period: "2026", first: 2026-06-15, last: 2026-08-15,
//        decided_by: 2026-12-13T19:00+07:00}
//     - {name: twice a day, issued: 2026-09-06T07:00+07:00, next: 2026-09-06T19:00+07:00}
//
// An alert that looks so far at each run or step may say between which moments it then looks:
//     - {name: the next two days, issued: 2026-09-06T07:00+07:00, next: 2026-09-06T19:00+07:00,
//        from: 2026-09-06T07:00+07:00, to: 2026-09-08T07:00+07:00}
//
// `first` and `last` are the period's days, `decided_by` is when it is decided though data are
// missing, `next` by when an alert's message says that people hear again.
enum dated_kind { DATED_DAY, DATED_PERIOD, DATED_ISSUED };
struct dated {
    struct texts name;
    char *where; // "file:line:column"
    enum dated_kind kind;
    bool in_force;            // of a day or a period
    struct civil first, last; // of a period; a day is both
    char period[32];          // struct occasion
    struct utc issued, then;  // then: decided_by, next
    bool has_window;          // of what is issued: it looks from, to
    struct utc from, to;
};

// Reads `calendar` of `cases:` into `out`; the caller frees it by cases_free also when reading
// fails.
MUST_USE enum err_kind dated_read(const struct yaml *cases, const struct policy *policy,
                                  struct policy_cases *out, struct err *err);

// ERR_INPUT with the case's place and name, what it says and what it is, when it comes out
// otherwise.
MUST_USE enum err_kind dated_try(const struct policy *policy, const struct dated *one,
                                 struct err *err);

// What it says, without its name: "31/12/2028: in force".
void dated_say(const struct dated *one, enum language language, struct buf *out);

void dated_free(struct policy_cases *cases);

#endif
