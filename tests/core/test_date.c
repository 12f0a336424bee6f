#include "core/date.h"

#include "tests/check.h"

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want; // want NULL: refused
    } rows[] = {
        {"a date is its midnight", "2024-09-07", "2024-09-07T00:00:00Z"},
        {"minutes only", "2024-09-07T06:30Z", "2024-09-07T06:30:00Z"},
        {"seconds", "2024-09-07T06:30:15Z", "2024-09-07T06:30:15Z"},
        {"Vietnamese time", "2024-09-07T06:30:00+07:00", "2024-09-06T23:30:00Z"},
        {"west of Greenwich", "2024-01-01T00:00:00-05:30", "2024-01-01T05:30:00Z"},
        {"29 February of a leap year", "2024-02-29", "2024-02-29T00:00:00Z"},
        {"before 1970", "1900-03-01T00:00:00Z", "1900-03-01T00:00:00Z"},
        {"past 2038", "2100-12-31T23:59:59Z", "2100-12-31T23:59:59Z"},
        {"29 February of another year", "2023-02-29", NULL},
        {"29 February 1900", "1900-02-29", NULL},
        {"30 February", "2024-02-30", NULL},
        {"month 13", "2024-13-01", NULL},
        {"no zone", "2024-09-07T06:30:00", NULL},
        {"24 hours", "2024-09-07T24:00:00Z", NULL},
        {"text behind it", "2024-09-07T06:30Zx", NULL},
        {"day first", "07/09/2024", NULL},
        {"nothing", "", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct utc time = {-1};
        CHECK_INT(utc_parse(str_of(rows[i].text), &time, &err), rows[i].want ? OK : ERR_INPUT);
        if (rows[i].want)
            CHECK_TEXT(utc_text(time).at, rows[i].want);
        else
            CHECK_HAS(err.text, "write 2024-09-07");
    }
}

static void test_every_day_of_400_years_there_and_back(void **state)
{
    (void)state;
    int64_t days = date_days(1899, 12, 31);
    for (int year = 1900; year < 2300; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= date_days_in_month(year, month); day++) {
                CHECK_INT(date_days(year, month, day), ++days);
                struct civil civil = date_of_days(days);
                CHECK(civil.year == year && civil.month == month && civil.day == day);
            }
        }
    }
    CHECK_INT(date_days(1970, 1, 1), 0);
}

static void test_civil(void **state)
{
    (void)state;
    struct civil civil = utc_civil((struct utc){-1});
    CHECK(civil.year == 1969 && civil.month == 12 && civil.day == 31 && civil.second == 59);
    CHECK_INT(date_day_of_year((struct civil){.year = 2024, .month = 12, .day = 31}), 366);
    CHECK_TEXT(utc_local_text((struct utc){0}).at, "07:00 01/01/1970");
    CHECK_TEXT(utc_text(UTC_NEVER).at, "never");
}

TEST_MAIN(cmocka_unit_test(test_parse),
          cmocka_unit_test(test_every_day_of_400_years_there_and_back),
          cmocka_unit_test(test_civil))
