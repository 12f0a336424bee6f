#include "ingest/wanted.h"

#include "ingest/scale.h"
#include "tests/check.h"

static struct wanted_list sample(void)
{
    return (struct wanted_list){
        .count = 2,
        .at =
            {{.reads = "Grid/precipitation",
              .variable = "rain",
              .unit = "mm/hr",
              .interval = INTERVAL_SPAN,
              .interval_s = 1800},
             {.reads = "10fg", .variable = "gust", .interval = INTERVAL_MONTH, .stamp_ends = true}},
        .forecast = true,
        .has_box = true,
        .west_milli = -5000,
        .south_milli = -1,
        .east_milli = 110000,
        .north_milli = 23500,
    };
}

static size_t count_of(char *const *args)
{
    size_t count = 0;
    while (args[count])
        count++;
    return count;
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct err err = {0};
    struct wanted_list list = sample(), back;
    AUTO(wanted_args_free) char **args = wanted_args(&list);
    CHECK_OK(wanted_parse((const char *const *)args, count_of(args), &back, &err), err);
    CHECK_INT(back.count, 2);
    CHECK_TEXT(back.at[0].reads, "Grid/precipitation");
    CHECK_TEXT(back.at[0].unit, "mm/hr");
    CHECK_INT(back.at[0].interval, INTERVAL_SPAN);
    CHECK_INT(back.at[0].interval_s, 1800);
    CHECK_TEXT(back.at[1].unit, "");
    CHECK_INT(back.at[1].interval, INTERVAL_MONTH);
    CHECK(back.at[1].stamp_ends && !back.at[0].stamp_ends && back.forecast && back.has_box);
    CHECK_INT(back.west_milli, -5000);
    CHECK_INT(back.south_milli, -1);
    CHECK_INT(back.east_milli, 110000);
    CHECK_INT(back.north_milli, 23500);
    for (size_t i = 0; args[i]; i++) {
        ROW(args[i]);
        CHECK(args[i][0] != '-'); // would be taken for an option
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *args[12], *says;
    } rows[] = {
        {"nothing", {NULL}, "0 arguments"},
        {"half a variable", {"forecast", "all", "all", "all", "all", "rain"}, "6 arguments"},
        {"another kind",
         {"guess", "all", "all", "all", "all", "rain", "tp", "mm", "day", "end"},
         "\"guess\" is neither observation nor forecast"},
        {"a variable of nobody",
         {"forecast", "all", "all", "all", "all", "snow", "tp", "mm", "day", "end"},
         "\"snow\" is no variable"},
        {"a box with a word",
         {"forecast", "1", "all", "all", "all", "rain", "tp", "mm", "day", "end"},
         "reading the box"},
        {"a box inside out",
         {"forecast", "1005000", "1000000", "1004000", "1000000", "rain", "tp", "mm", "day", "end"},
         "inside out"},
        {"no interval",
         {"forecast", "all", "all", "all", "all", "rain", "tp", "mm", "", "end"},
         "is no interval"},
        {"no name",
         {"forecast", "all", "all", "all", "all", "rain", "", "mm", "day", "end"},
         "0 bytes where"},
        {"another stamp",
         {"forecast", "all", "all", "all", "all", "rain", "tp", "mm", "day", "x"},
         "neither start nor end, while reading variable 1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct wanted_list list;
        size_t count = 0;
        while (rows[i].args[count])
            count++;
        CHECK_INT(wanted_parse(rows[i].args, count, &list, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

static void test_steps(void **state)
{
    (void)state;
    static const struct {
        const char *name, *interval;
        bool ends;
        const char *stamp, *from, *to;
    } rows[] = {
        {"a half hour from its start", "30 min", false, "2024-09-07T23:30Z", "2024-09-07T23:30:00Z",
         "2024-09-08T00:00:00Z"},
        {"six hours to their end", "6 h", true, "2024-09-07T00:00Z", "2024-09-06T18:00:00Z",
         "2024-09-07T00:00:00Z"},
        {"a month of 31 days", "month", false, "2020-10-01", "2020-10-01T00:00:00Z",
         "2020-11-01T00:00:00Z"},
        {"December goes on into January", "month", false, "2020-12-01", "2020-12-01T00:00:00Z",
         "2021-01-01T00:00:00Z"},
        {"February of a leap year, by its end", "month", true, "2020-03-01", "2020-02-01T00:00:00Z",
         "2020-03-01T00:00:00Z"},
        {"January, by its end", "month", true, "2020-02-01", "2020-01-01T00:00:00Z",
         "2020-02-01T00:00:00Z"},
        {"a moment", "instant", false, "2020-02-01", "2020-02-01T00:00:00Z",
         "2020-02-01T00:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct wanted wanted = {.stamp_ends = rows[i].ends};
        struct utc stamp, from, to;
        CHECK_OK(wanted_interval_parse(str_of(rows[i].interval), &wanted, &err), err);
        CHECK_OK(utc_parse(str_of(rows[i].stamp), &stamp, &err), err);
        CHECK_OK(wanted_step(&wanted, stamp, &from, &to, &err), err);
        CHECK_TEXT(utc_text(from).at, rows[i].from);
        CHECK_TEXT(utc_text(to).at, rows[i].to);
    }
    ROW("a month that begins in its middle");
    struct err err = {0};
    struct wanted month = {.interval = INTERVAL_MONTH};
    struct utc from, to;
    CHECK_INT(wanted_step(&month, (struct utc){15 * DAY_S}, &from, &to, &err), ERR_INPUT);
    CHECK_HAS(err.text, "1970-01-16T00:00:00Z is not the first moment of a month");
}

// Units as files state them; what 2 of them are over the step.
static void test_scale(void **state)
{
    (void)state;
    static const struct {
        const char *name, *variable, *unit;
        int64_t step_s;
        double two;
    } rows[] = {
        {"metres a day over October", "rain", "m day-1", 31 * DAY_S, 62000},
        {"mm an hour over half an hour, as IMERG says it", "rain", "mm/hr", 1800, 1},
        {"kg of water a square metre", "rain", "kg m-2", DAY_S, 2},
        {"kg of water a second", "rain", "kg m**-2 s**-1", 3600, 7200},
        {"millimetres are an amount already", "rain", "mm", 31 * DAY_S, 2},
        {"metres", "rain", "m", HOUR_S, 2000},
        {"wind in knots", "wind", "knot", 0, 2 * 1852.0 / 3600},
        {"wind as ECMWF writes it", "gust", "m s**-1", 0, 2},
        {"degrees Celsius", "temperature", "degC", 0, 275.15},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct scale scale;
        CHECK_OK(scale_for(rows[i].variable, rows[i].unit, &scale, &err), err);
        CHECK_OK(scale_over(&scale, rows[i].step_s, &scale, &err), err);
        CHECK_NEAR(2 * scale.factor + scale.offset, rows[i].two, 1e-9 * rows[i].two);
    }
    static const struct {
        const char *name, *variable, *unit, *says;
    } bad[] = {
        {"rain in kelvin", "rain", "K", "the unit \"K\" does not fit rain (mm or mm day-1)"},
        {"no such unit", "rain", "furlongs!", "\"furlongs!\" does not fit"},
        {"wind in mm", "wind", "mm", "give the right one with \"unit:\""},
        {"snow", "snow", "mm", "no variable"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW(bad[i].name);
        struct err err = {0};
        struct scale scale;
        CHECK_INT(scale_for(bad[i].variable, bad[i].unit, &scale, &err), ERR_INPUT);
        CHECK_HAS(err.text, bad[i].says);
    }
    ROW("a rate over a moment");
    struct err err = {0};
    struct scale scale;
    CHECK_OK(scale_for("rain", "mm/hr", &scale, &err), err);
    CHECK_INT(scale_over(&scale, 0, &scale, &err), ERR_INPUT);
    CHECK_HAS(err.text, "a rate, which needs \"interval:\"");
}

TEST_MAIN(cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_refusals),
          cmocka_unit_test(test_steps), cmocka_unit_test(test_scale))
