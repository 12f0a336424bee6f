#include "core/date.h"

#include <stdio.h>

int64_t date_days(int year, int month, int day)
{
    // Years are counted from March, so that the leap day is the last of its year.
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil date_of_days(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct civil civil = {0};
    civil.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    civil.month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    civil.year = (int)(year_of_era + era * 400 + (civil.month <= 2));
    return civil;
}

struct utc utc_of_civil(struct civil civil)
{
    int64_t days = date_days(civil.year, civil.month, civil.day);
    return (struct utc){days * DAY_S + civil.hour * HOUR_S + civil.minute * 60 + civil.second};
}

struct civil utc_civil(struct utc time)
{
    int64_t days = time.s / DAY_S - (time.s % DAY_S < 0);
    int second = (int)(time.s - days * DAY_S);
    struct civil civil = date_of_days(days);
    civil.hour = second / HOUR_S;
    civil.minute = second / 60 % 60;
    civil.second = second % 60;
    return civil;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int date_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

int date_day_of_year(struct civil civil)
{
    return (int)(date_days(civil.year, civil.month, civil.day) - date_days(civil.year, 1, 1)) + 1;
}

struct utc date_months_on(struct utc time, int64_t months)
{
    struct civil civil = utc_civil(time);
    int64_t month = (int64_t)civil.year * 12 + civil.month - 1 + months;
    civil.year = (int)(month / 12);
    civil.month = (int)(month % 12) + 1;
    return utc_of_civil(civil);
}

// Takes exactly `count` digits.
static bool take_digits(struct str *text, int count, int *out)
{
    int number = 0;
    if (text->len < (size_t)count)
        return false;
    for (int i = 0; i < count; i++) {
        char c = text->at[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    text->at += count;
    text->len -= (size_t)count;
    *out = number;
    return true;
}

static bool take_char(struct str *text, char c)
{
    if (text->len == 0 || text->at[0] != c)
        return false;
    text->at++;
    text->len--;
    return true;
}

static bool take_date(struct str *text, struct civil *out)
{
    return take_digits(text, 4, &out->year) && take_char(text, '-') &&
           take_digits(text, 2, &out->month) && take_char(text, '-') &&
           take_digits(text, 2, &out->day) && out->month >= 1 && out->month <= 12 &&
           out->day >= 1 && out->day <= date_days_in_month(out->year, out->month);
}

static bool take_zone(struct str *text, int *offset_s)
{
    *offset_s = 0;
    if (take_char(text, 'Z'))
        return true;
    bool minus = text->len && text->at[0] == '-';
    int hours, minutes;
    if (!take_char(text, minus ? '-' : '+') || !take_digits(text, 2, &hours) ||
        !take_char(text, ':') || !take_digits(text, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *offset_s = (hours * HOUR_S + minutes * 60) * (minus ? -1 : 1);
    return true;
}

static bool take_time(struct str *text, struct civil *out, int *offset_s)
{
    if (!take_char(text, 'T') || !take_digits(text, 2, &out->hour) || !take_char(text, ':') ||
        !take_digits(text, 2, &out->minute) || out->hour > 23 || out->minute > 59)
        return false;
    if (take_char(text, ':') && (!take_digits(text, 2, &out->second) || out->second > 59))
        return false;
    return take_zone(text, offset_s);
}

enum err_kind utc_parse(struct str text, struct utc *out, struct err *err)
{
    struct civil civil = {0};
    struct str rest = text;
    int offset_s = 0;
    bool good = take_date(&rest, &civil);
    if (good && rest.len)
        good = take_time(&rest, &civil, &offset_s) && rest.len == 0;
    if (!good)
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" is not a time; write 2024-09-07 or 2024-09-07T06:00:00Z",
                       STR_ARG(text));
    out->s = utc_of_civil(civil).s - offset_s;
    return OK;
}

enum err_kind date_parse(struct str text, struct civil *out, struct err *err)
{
    struct civil civil = {0};
    struct str rest = text;
    if (!take_date(&rest, &civil) || rest.len)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is not a date; write 2024-09-07",
                       STR_ARG(text));
    *out = civil;
    return OK;
}

enum err_kind date_year_day_parse(struct str text, int *month, int *day, struct err *err)
{
    struct civil civil = {.year = 2023}; // no leap year
    struct str rest = text;
    bool good = take_digits(&rest, 2, &civil.month) && take_char(&rest, '-') &&
                take_digits(&rest, 2, &civil.day) && rest.len == 0 && civil.month >= 1 &&
                civil.month <= 12 && civil.day >= 1 &&
                civil.day <= date_days_in_month(civil.year, civil.month);
    if (!good)
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" is no day of every year; write month and day as 01-15",
                       STR_ARG(text));
    *month = civil.month;
    *day = civil.day;
    return OK;
}

const char *const day_boundaries[] = {"utc00", "local00", "vnrain19", NULL};

int64_t day_offset_s(enum day_boundary day)
{
    switch (day) {
    case DAY_UTC00:
        return 0;
    case DAY_LOCAL00:
        return -VIETNAM_OFFSET_S;
    case DAY_VNRAIN19:
        return -(int64_t)12 * HOUR_S;
    }
    return 0;
}

struct date_text date_text(struct civil civil)
{
    struct date_text text;
    (void)snprintf(text.at, sizeof(text.at), "%04d-%02d-%02d", civil.year % 10000,
                   civil.month % 100, civil.day % 100);
    return text;
}

struct utc_text utc_text(struct utc time)
{
    struct utc_text text = {"never"};
    if (time.s == UTC_NEVER.s)
        return text;
    struct civil c = utc_civil(time);
    (void)snprintf(text.at, sizeof(text.at), "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month,
                   c.day, c.hour, c.minute, c.second);
    return text;
}

void utc_print(struct buf *out, struct utc time)
{
    buf_text(out, utc_text(time).at);
}

struct utc_text utc_local_text(struct utc time)
{
    struct utc_text text = {"never"};
    if (time.s == UTC_NEVER.s)
        return text;
    struct civil c = utc_civil((struct utc){time.s + VIETNAM_OFFSET_S});
    (void)snprintf(text.at, sizeof(text.at), "%02d:%02d %02d/%02d/%04d", c.hour, c.minute, c.day,
                   c.month, c.year);
    return text;
}
