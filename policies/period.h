#ifndef GONG_POLICIES_PERIOD_H
#define GONG_POLICIES_PERIOD_H

#include "core/date.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yaml;

// PERIOD_NONE: each forecast run, or each observed step, is an occasion of its own.
enum period_kind { PERIOD_NONE, PERIOD_SEASON, PERIOD_MONTH, PERIOD_DAY };

struct period_rule {
    enum period_kind kind;
    enum day_boundary day;
    int from_month, from_day, to_month, to_day; // PERIOD_SEASON, both inclusive
    bool whole_days; // PERIOD_NONE, of runs: the window begins with the first whole day after one
    int before;      // PERIOD_DAY, PERIOD_MONTH: so many days or months before it are looked at too
};

// One time that a policy is to be decided: a season, a month, a forecast run.
struct occasion {
    char period[32];          // "2024", "2020-10", "2024-09-06", "2024-09-06T00:00:00Z"
    struct utc from, to;      // the window, (from, to]
    struct utc as_of;         // as of when it is decided
    struct civil first, last; // first and last day of it (Vietnamese days for a run); what it
                              // looks back on lies before them
};

struct occasions {
    struct occasion *at;
    size_t count;
};
void occasions_free(struct occasions *occasions);

// Reads `period:` of a policy; PERIOD_NONE when there is none.
MUST_USE enum err_kind period_read(const struct yaml *policy, struct period_rule *out,
                                   struct err *err);

// A day of every year, "01-15"; 29 February is refused.
MUST_USE enum err_kind period_day_read(const struct yaml *map, const char *key, int *month,
                                       int *day, struct err *err);

// Every whole season, month or day from `first` to `last` inclusive, in order; as_of is its end.
// A season that crosses the new year is named by its start year.
void period_list(const struct period_rule *rule, struct civil first, struct civil last,
                 struct occasions *out);

// The longest a period can be, in seconds.
int64_t period_span_s(const struct period_rule *rule);

// An occasion that is one forecast run: (issued, issued + within]; or one observed step:
// (end - within, end].
struct occasion occasion_of_run(struct utc issued, int64_t within_s);
struct occasion occasion_of_step(struct utc end, int64_t within_s);

// The first moment from `at` on with which a day begins, by the boundary of a rule of whole days;
// `at` itself by any other. And the last one up to it.
struct utc period_day_from(const struct period_rule *rule, struct utc at);
struct utc period_day_to(const struct period_rule *rule, struct utc at);

// The Vietnamese date of a moment; midnight belongs to the day that begins.
struct civil local_date(struct utc time);
int64_t civil_days(struct civil date); // days since 1970

#endif
