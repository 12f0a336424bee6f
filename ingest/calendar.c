#include "ingest/calendar.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/text.h"
#include "core/units.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { UNIT_SIZE = 64, MONTHS = 12, YEAR_MAX = 9999, ZONE_MAX_S = 18 * HOUR_S };
// 1850 to 2200: weather that gong could be asked about. A fill value read as a time is outside.
static const double TIME_MIN_S = -3786912000.0, TIME_MAX_S = 7258118400.0;
// Days from the origin of Julian dates to that of the Gregorian count: both begin on 1 March of
// year 0, which in the Julian calendar is two days before.
enum { JULIAN_SHIFT_DAYS = 2, GREGORIAN_START = 15821015 };

static const struct {
    const char *name;
    enum calendar calendar;
} names[] = {
    {"", CALENDAR_STANDARD},          {"standard", CALENDAR_STANDARD},
    {"gregorian", CALENDAR_STANDARD}, {"proleptic_gregorian", CALENDAR_PROLEPTIC},
    {"julian", CALENDAR_JULIAN},      {"noleap", CALENDAR_NOLEAP},
    {"365_day", CALENDAR_NOLEAP},     {"all_leap", CALENDAR_ALL_LEAP},
    {"366_day", CALENDAR_ALL_LEAP},   {"360_day", CALENDAR_360_DAY},
};

// --- the date of origin ------------------------------------------------------------------------

static bool take_int(struct str *rest, int max, int *out)
{
    int64_t number = 0;
    size_t digits = 0;
    while (digits < rest->len && isdigit((unsigned char)rest->at[digits]) && number <= max)
        number = number * 10 + (rest->at[digits++] - '0');
    rest->at += digits;
    rest->len -= digits;
    *out = (int)number;
    return digits > 0 && number <= max;
}

static bool take_char(struct str *rest, const char *any)
{
    if (rest->len == 0 || !strchr(any, rest->at[0]))
        return false;
    rest->at++;
    rest->len--;
    return true;
}

static bool take_clock(struct str *rest, struct civil *at)
{
    int ignored;
    if (!take_int(rest, 24, &at->hour))
        return false;
    if (!take_char(rest, ":"))
        return true;
    if (!take_int(rest, 59, &at->minute))
        return false;
    if (take_char(rest, ":") && !take_int(rest, 60, &at->second))
        return false;
    return !take_char(rest, ".") || rest->len == 0 || take_int(rest, 1 << 30, &ignored);
}

// "Z", "UTC", "+07:00", "+0700", "-3" or nothing.
static bool take_zone(struct str *rest, int64_t *offset_s)
{
    int hours = 0, minutes = 0;
    *rest = str_trim(*rest);
    *offset_s = 0;
    if (rest->len == 0 || str_is(*rest, "Z") || str_is(*rest, "UTC") || str_is(*rest, "GMT"))
        return true;
    bool west = rest->at[0] == '-';
    if (!take_char(rest, "+-") || !take_int(rest, 9999, &hours))
        return false;
    if (hours > 24) {
        minutes = hours % 100;
        hours /= 100;
    } else if (take_char(rest, ":") && !take_int(rest, 59, &minutes)) {
        return false;
    }
    *offset_s = (west ? -1 : 1) * ((int64_t)hours * HOUR_S + (int64_t)minutes * 60);
    return rest->len == 0 && llabs(*offset_s) <= ZONE_MAX_S;
}

static bool take_date(struct str *rest, struct civil *at)
{
    return take_int(rest, YEAR_MAX, &at->year) && take_char(rest, "-") &&
           take_int(rest, MONTHS, &at->month) && take_char(rest, "-") &&
           take_int(rest, 31, &at->day) && at->month >= 1 && at->day >= 1;
}

static bool parse_origin(struct str text, struct civil *at, int64_t *offset_s)
{
    struct str rest = str_trim(text);
    *at = (struct civil){0};
    if (!take_date(&rest, at))
        return false;
    struct str zone = str_trim(rest);
    if (zone.len && (isdigit((unsigned char)zone.at[0]) || zone.at[0] == 'T')) {
        rest = zone;
        (void)take_char(&rest, "T");
        if (!take_clock(&rest, at))
            return false;
    }
    return take_zone(&rest, offset_s);
}

// --- days in a calendar ------------------------------------------------------------------------

static int64_t month_start(int month, int february)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = 0;
    for (int m = 1; m < month; m++)
        days += m == 2 ? february : lengths[m - 1];
    return days;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

// Days since some origin of the calendar's own; and back, as what the calendar calls that day.
static int64_t fixed_days(const struct civil *at, int february)
{
    int year = 337 + february; // 365 or 366
    return (int64_t)at->year * year + month_start(at->month, february) + at->day - 1;
}

static void fixed_date(int64_t days, int february, struct civil *out)
{
    int year = 337 + february;
    out->year = (int)floor_div(days, year);
    int64_t rest = days - (int64_t)out->year * year;
    for (out->month = MONTHS; month_start(out->month, february) > rest;)
        out->month--;
    out->day = (int)(rest - month_start(out->month, february)) + 1;
}

// Days since 1970-01-01 (Gregorian) of a Julian date.
static int64_t julian_days(const struct civil *at)
{
    int year = at->month <= 2 ? at->year - 1 : at->year;
    int64_t months = (at->month + 9) % MONTHS, day = (153 * months + 2) / 5 + at->day - 1;
    return (int64_t)year * 365 + floor_div(year, 4) + day - 719468 - JULIAN_SHIFT_DAYS;
}

static int64_t days_of(enum calendar calendar, const struct civil *at)
{
    switch (calendar) {
    case CALENDAR_NOLEAP:
        return fixed_days(at, 28);
    case CALENDAR_ALL_LEAP:
        return fixed_days(at, 29);
    case CALENDAR_360_DAY:
        return (int64_t)at->year * 360 + (at->month - 1) * 30 + at->day - 1;
    case CALENDAR_STANDARD:
        if (at->year * 10000 + at->month * 100 + at->day >= GREGORIAN_START)
            break;
        return julian_days(at);
    case CALENDAR_JULIAN:
        return julian_days(at);
    case CALENDAR_PROLEPTIC:
        break;
    }
    return date_days(at->year, at->month, at->day);
}

static bool is_counted(enum calendar calendar)
{
    return calendar == CALENDAR_NOLEAP || calendar == CALENDAR_ALL_LEAP ||
           calendar == CALENDAR_360_DAY;
}

enum err_kind calendar_axis(const char *units, const char *calendar, struct time_axis *out,
                            struct err *err)
{
    char unit[UNIT_SIZE];
    double none;
    struct civil origin;
    int64_t zone_s;
    size_t which = 0;
    while (which < COUNT_OF(names) && strcasecmp(names[which].name, calendar) != 0)
        which++;
    if (which == COUNT_OF(names))
        return err_set(err, ERR_INPUT, "the time axis uses the calendar \"%s\", which is not read",
                       calendar);
    const char *since = strstr(units, " since ");
    if (!since || (size_t)(since - units) >= sizeof(unit))
        return err_set(err, ERR_INPUT, "\"%s\" has no \"since\" and a date: it is no time axis",
                       units);
    memcpy(unit, units, (size_t)(since - units));
    unit[since - units] = '\0';
    if (strncasecmp(unit, "month", 5) == 0 || strncasecmp(unit, "year", 4) == 0)
        return err_set(err, ERR_INPUT,
                       "the time axis counts in \"%s\"; months and years have no fixed length",
                       units);
    struct time_axis axis = {.calendar = names[which].calendar};
    if (units_convert(unit, "s", &axis.step_s, &none, err))
        return err_add(err, "reading the time axis \"%s\"", units);
    if (!parse_origin(str_of(since + strlen(" since ")), &origin, &zone_s))
        return err_set(err, ERR_INPUT, "the time axis \"%s\" begins on no date", units);
    // IMERG says "julian" of ordinary dates. Where both calendars were in use for long, it is what
    // people mean; only an origin before 1901 is counted as it is written.
    if (axis.calendar == CALENDAR_JULIAN && origin.year >= 1901)
        axis.calendar = CALENDAR_PROLEPTIC;
    axis.origin_s = (double)(days_of(axis.calendar, &origin) * DAY_S + origin.hour * HOUR_S +
                             origin.minute * 60 + origin.second - zone_s);
    *out = axis;
    return OK;
}

static bool is_real(const struct civil *at)
{
    return at->day <= date_days_in_month(at->year, at->month);
}

enum err_kind calendar_utc(const struct time_axis *axis, double number, struct utc *out,
                           struct err *err)
{
    double seconds = round(axis->origin_s + number * axis->step_s);
    if (is_counted(axis->calendar) && fabs(seconds) < 1e13) {
        int64_t whole = (int64_t)seconds, days = floor_div(whole, DAY_S);
        struct civil at = {0};
        if (axis->calendar == CALENDAR_360_DAY) {
            at.year = (int)floor_div(days, 360);
            at.month = (int)(days - (int64_t)at.year * 360) / 30 + 1;
            at.day = (int)(days - (int64_t)at.year * 360) % 30 + 1;
        } else {
            fixed_date(days, axis->calendar == CALENDAR_NOLEAP ? 28 : 29, &at);
        }
        if (!is_real(&at))
            return err_set(err, ERR_INPUT,
                           "the time axis names %d-%02d-%02d, a date that its calendar has and the "
                           "world has not",
                           at.year, at.month, at.day);
        seconds = (double)(date_days(at.year, at.month, at.day) * DAY_S + whole - days * DAY_S);
    }
    if (!(seconds >= TIME_MIN_S && seconds <= TIME_MAX_S))
        return err_set(err, ERR_INPUT, "the time %g is not between 1850 and 2200", number);
    out->s = (int64_t)seconds;
    return OK;
}
