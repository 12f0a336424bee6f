// Calendars against cftime 1.6, and running totals that become amounts.
#include "ingest/calendar.h"

#include "ingest/totals.h"
#include "tests/check.h"

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *name, *units, *calendar;
        double number;
        const char *date;
    } rows[] = {
        {"hours since a date without zeros", "hours since 2017-9-6 00:00:00", "standard", 9,
         "2017-09-06T09:00:00Z"},
        {"a tenth of a second in the origin", "hours since 1900-01-01 00:00:0.0", "", 1058472,
         "2020-10-01T00:00:00Z"},
        {"a capital, a T and a Z", "Hour since 2001-12-31T23:00:00Z", "proleptic_gregorian", 1,
         "2002-01-01T00:00:00Z"},
        {"an origin in Viet Nam", "days since 2020-01-01 00:00:00 +07:00", "", 1,
         "2020-01-01T17:00:00Z"},
        {"an offset without a colon", "days since 2020-01-01 00:00 -0300", "", 0,
         "2020-01-01T03:00:00Z"},
        {"a date alone", "days since 1970-01-01", "gregorian", 18536, "2020-10-01T00:00:00Z"},
        {"half a day", "days since 2020-01-01", "", 0.5, "2020-01-01T12:00:00Z"},
        {"before the origin", "days since 2020-01-01", "", -1, "2019-12-31T00:00:00Z"},
        {"a year of 365 days", "days since 1950-01-01", "noleap", 52924.5, "2094-12-31T12:00:00Z"},
        {"the day after 28 February 2096", "days since 2096-02-28", "365_day", 1,
         "2096-03-01T00:00:00Z"},
        {"29 February where there is one", "days since 2000-01-01", "all_leap", 8843,
         "2024-02-29T00:00:00Z"},
        {"months of 30 days", "days since 1900-1-1", "360_day", 2299, "1906-05-20T00:00:00Z"},
        {"Julian, counted: 8 July 1959 of that calendar", "days since 1850-01-01", "julian", 40000,
         "1959-07-21T00:00:00Z"},
        {"what IMERG calls Julian", "seconds since 1970-01-01 00:00:00 UTC", "julian", 959817600,
         "2000-06-01T00:00:00Z"},
        {"days since the year 1, two calendars", "days since 0001-01-01", "standard", 730000,
         "1999-09-02T00:00:00Z"},
        {"days since the year 1, one calendar", "days since 0001-01-01", "proleptic_gregorian",
         730000, "1999-09-04T00:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct time_axis axis;
        struct utc at;
        CHECK_OK(calendar_axis(rows[i].units, rows[i].calendar, &axis, &err), err);
        CHECK_OK(calendar_utc(&axis, rows[i].number, &at, &err), err);
        CHECK_TEXT(utc_text(at).at, rows[i].date);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *units, *calendar;
        double number;
        const char *says;
    } rows[] = {
        {"30 February", "days since 2000-01-01", "360_day", 59,
         "names 2000-02-30, a date that its calendar has and the world has not"},
        {"29 February of no leap year", "days since 2001-01-01", "366_day", 59, "2001-02-29"},
        {"a fill value", "days since 2000-01-01", "", 9.96921e36, "is not between 1850 and 2200"},
        {"a fill value of 360 days", "days since 2000-01-01", "360_day", -1e30, "is not between"},
        {"not a number", "days since 2000-01-01", "", NAN, "is not between"},
        {"long ago", "days since 1500-01-01", "", 0, "is not between 1850 and 2200"},
        {"the moon", "days since 2000-01-01", "lunar", 0, "the calendar \"lunar\""},
        {"months", "months since 2000-01-01", "", 0, "no fixed length"},
        {"no date", "hours", "", 0, "\"hours\" has no \"since\""},
        {"half a date", "hours since 2000-01", "", 0, "begins on no date"},
        {"the thirteenth month", "hours since 2000-13-01", "", 0, "begins on no date"},
        {"words after it", "hours since 2000-01-01 at noon", "", 0, "begins on no date"},
        {"no unit of time", "metres since 2000-01-01", "", 0, "cannot be turned into \"s\""},
        {"an offset beyond the globe", "hours since 2000-01-01 00:00 +26:00", "", 0, "no date"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct time_axis axis;
        struct utc at;
        enum err_kind kind = calendar_axis(rows[i].units, rows[i].calendar, &axis, &err);
        if (kind == OK)
            kind = calendar_utc(&axis, rows[i].number, &at, &err);
        CHECK_INT(kind, ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

enum { NONE = -1 };

static void test_totals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum wanted_interval interval;
        int issued, before, stamp, after; // hours; NONE: there is none
        int from;                         // NONE: nothing can be said
        bool is_difference;
    } rows[] = {
        {"the first lead of a run", INTERVAL_SINCE_RUN, 6, NONE, 9, 12, 6, false},
        {"the second", INTERVAL_SINCE_RUN, 6, 9, 12, 15, 9, true},
        {"steps that grow longer", INTERVAL_SINCE_RUN, 6, 150, 156, NONE, 150, true},
        {"the run itself", INTERVAL_SINCE_RUN, 6, NONE, 6, 9, NONE, false},
        {"after the run itself", INTERVAL_SINCE_RUN, 6, 6, 9, 12, 6, false},
        {"no run", INTERVAL_SINCE_RUN, NONE, NONE, 9, 12, NONE, false},
        {"the first hour of a day", INTERVAL_SINCE_DAY, NONE, 24, 25, 26, 24, false},
        {"the second hour", INTERVAL_SINCE_DAY, NONE, 25, 26, 27, 25, true},
        {"midnight ends the day before", INTERVAL_SINCE_DAY, NONE, 47, 48, 49, 47, true},
        {"midnight first in a file of hours", INTERVAL_SINCE_DAY, NONE, NONE, 48, 49, NONE, false},
        {"midnight first in a file of days", INTERVAL_SINCE_DAY, NONE, NONE, 48, 72, 24, false},
        {"midnight alone in its file", INTERVAL_SINCE_DAY, NONE, NONE, 48, NONE, 24, false},
        {"one o'clock first in its file", INTERVAL_SINCE_DAY, NONE, NONE, 49, 50, 48, false},
        {"a hole over midnight", INTERVAL_SINCE_DAY, NONE, 40, 51, 52, 48, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct total_step step = {0};
        const int hours[] = {rows[i].issued, rows[i].before, rows[i].stamp, rows[i].after};
        struct utc at[COUNT_OF(hours)];
        for (size_t k = 0; k < COUNT_OF(hours); k++)
            at[k] = hours[k] == NONE ? UTC_NEVER : (struct utc){hours[k] * HOUR_S};
        bool told = total_step_of(rows[i].interval, at[0], at[1], at[2], at[3], &step);
        CHECK_INT(told, rows[i].from != NONE);
        if (!told)
            continue;
        CHECK_INT(step.from.s, rows[i].from * HOUR_S);
        CHECK_INT(step.is_difference, rows[i].is_difference);
    }
}

TEST_MAIN(cmocka_unit_test(test_dates), cmocka_unit_test(test_refusals),
          cmocka_unit_test(test_totals))
