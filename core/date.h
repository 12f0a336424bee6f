#ifndef GONG_CORE_DATE_H
#define GONG_CORE_DATE_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// Wall time in UTC, whole seconds since 1970-01-01T00:00:00Z (no leap seconds).
struct utc {
    int64_t s;
};

// A civil date and time of day; proleptic Gregorian.
struct civil {
    int year, month, day; // month 1..12, day 1..31
    int hour, minute, second;
};

enum { HOUR_S = 3600, DAY_S = 86400, VIETNAM_OFFSET_S = 7 * HOUR_S };

#define UTC_NEVER ((struct utc){INT64_MIN}) // "not set": readings that are no forecast, say

struct utc utc_of_civil(struct civil civil);
struct civil utc_civil(struct utc time);

int date_days_in_month(int year, int month);
int date_day_of_year(struct civil civil); // 1..366

// Days since 1970-01-01 of a civil date, and back.
int64_t date_days(int year, int month, int day);
struct civil date_of_days(int64_t days);

// The same moment of the month so many months on or back; `time` is on a day up to the 28th.
struct utc date_months_on(struct utc time, int64_t months);

struct date_text {
    char at[16];
};
struct date_text date_text(struct civil civil); // 2024-09-07

// Reads 2024-09-07, 2024-09-07T06:00Z, 2024-09-07T06:00:00Z or with +07:00. A date alone is its
// 00:00 UTC. ERR_INPUT for anything else, also for 30 February.
MUST_USE enum err_kind utc_parse(struct str text, struct utc *out, struct err *err);

// Reads 2024-09-07 only. ERR_INPUT as above.
MUST_USE enum err_kind date_parse(struct str text, struct civil *out, struct err *err);

// 2024-09-07T06:00:00Z; UTC_NEVER is "never".
void utc_print(struct buf *out, struct utc time);

struct utc_text {
    char at[32];
};
struct utc_text utc_text(struct utc time); // the same, by value: utc_text(t).at

// Reads 01-15, a day of every year. ERR_INPUT for anything else, also for 29 February.
MUST_USE enum err_kind date_year_day_parse(struct str text, int *month, int *day, struct err *err);

// Where a day begins, as a term of policies and of what people report.
//   utc00     00-24 UTC
//   local00   00-24 in Việt Nam: day D is (D-1 17:00Z, D 17:00Z]
//   vnrain19  19-19 in Việt Nam, as bulletins count: day D is (D-1 12:00Z, D 12:00Z]
enum day_boundary { DAY_UTC00, DAY_LOCAL00, DAY_VNRAIN19 };
extern const char *const day_boundaries[];   // NULL-ended
int64_t day_offset_s(enum day_boundary day); // from D 00:00Z to the start of day D

// For people, in Vietnamese local time: 13:00 07/09/2024.
struct utc_text utc_local_text(struct utc time);

#endif
