#include "ingest/wanted.h"

#include "ingest/scale.h"
#include "tests/check.h"

static struct wanted_list sample(void)
{
    return (struct wanted_list){
        .count = 2,
        .at = {{.reads = "Grid/precipitation",
                .variable = "rain",
                .unit = "mm/hr",
                .interval = INTERVAL_SPAN,
                .interval_s = 1800},
               {.reads = "10fg",
                .variable = "gust",
                .interval = INTERVAL_MONTH,
                .stamp_ends = true,
                .pick_count = 2,
                .pick = {{"percentile", 50}, {"height", -2.5}},
                .where = "state/quality != cloud|ice"}},
        .forecast = true,
        .cdf5 = true,
        .has_issue = true,
        .issued_at = {-3600},
        .has_member = true,
        .member = 7,
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
    CHECK(back.cdf5 && back.has_issue && back.has_member);
    CHECK_INT(back.issued_at.s, -3600);
    CHECK_INT(back.member, 7);
    CHECK_TEXT(back.at[0].reads_north, "");
    CHECK_INT(back.at[0].pick_count, 0);
    CHECK_INT(back.at[1].pick_count, 2);
    CHECK_TEXT(back.at[1].pick[1].dim, "height");
    CHECK_TEXT(back.at[0].where, "");
    CHECK_TEXT(back.at[1].where, "state/quality != cloud|ice");
    CHECK_NEAR(back.at[1].pick[1].value, -2.5, 0);
    CHECK_INT(back.west_milli, -5000);
    CHECK_INT(back.south_milli, -1);
    CHECK_INT(back.east_milli, 110000);
    CHECK_INT(back.north_milli, 23500);
    for (size_t i = 0; args[i]; i++) {
        ROW(args[i]);
        CHECK(args[i][0] != '-'); // would be taken for an option
    }
    ROW("a part of a usual file");
    list.cdf5 = false;
    list.in_parts = true;
    list.first = 8760;
    wanted_args_free(&args);
    args = wanted_args(&list);
    CHECK_OK(wanted_parse((const char *const *)args, count_of(args), &back, &err), err);
    CHECK(back.in_parts && !back.cdf5);
    CHECK_INT(back.first, 8760);
    ROW("a part of a CDF-5 file");
    list.cdf5 = true;
    wanted_args_free(&args);
    args = wanted_args(&list);
    CHECK_OK(wanted_parse((const char *const *)args, count_of(args), &back, &err), err);
    CHECK(back.in_parts && back.cdf5);
    CHECK_INT(back.first, 8760);
    ROW("a part of a file with its cells beside it");
    list.cdf5 = false;
    list.cells = CELLS_BESIDE;
    wanted_args_free(&args);
    args = wanted_args(&list);
    CHECK_OK(wanted_parse((const char *const *)args, count_of(args), &back, &err), err);
    CHECK(back.in_parts && !back.cdf5 && back.cells == CELLS_BESIDE);
    CHECK_INT(back.first, 8760);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *at; // which argument is another
        size_t which;
        const char *says;
    } rows[] = {
        {"another kind", "guess", 0, "\"guess\" is neither observation nor forecast"},
        {"a box with a word", "1x", 1, "reading the box"},
        {"a box inside out", "1170000", 1, "inside out"},
        {"a run that is a word", "yesterday", 5, "reading the run"},
        {"a member below 0", "-1", 6, "reading the member"},
        {"a kind of file that is not known", "cdf6", 7, "neither usual, cdf5, beside nor cells"},
        {"a part from nowhere", "parts=", 7, "reading from where on"},
        {"a part from before the first", "parts=-1", 7, "reading from where on"},
        {"a part of a CDF-5 file from nowhere", "cdf5-parts=x", 7, "reading from where on"},
        {"a variable of nobody", "snow", 8, "\"snow\" is no variable"},
        {"no name", "", 9, "0 bytes where"},
        {"no interval", "", 12, "is no interval"},
        {"another stamp", "x", 13, "neither start nor end, while reading variable 1"},
        {"a choice without a number", "percentile", 14, "\"percentile\" chooses nothing"},
        {"a choice of a word", "level=top", 14, "\"level=top\" chooses nothing"},
        {"five choices", "a=1,b=2,c=3,d=4,e=5", 14, "more than 4 dimensions"},
        {"flags of nothing", "=good", 15, "\"=good\" names no flags"},
        {"a variable without flags", "quality", 15, "\"quality\" names no flags"},
        {"an empty flag", "quality=good|", 15, "\"quality=good|\" names no flags"},
        {"two conditions", "a=b=c", 15, "\"a=b=c\" names no flags"},
        {"a condition of a sign alone", "!=b", 15, "names no flags"},
    };
    struct wanted_list list = sample();
    AUTO(wanted_args_free) char **good = wanted_args(&list);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        const char *args[WANTED_HEAD_ARGS + WANTED_VARIABLE_ARGS];
        memcpy(args, good, sizeof(args));
        args[rows[i].which] = rows[i].at;
        CHECK_INT(wanted_parse(args, COUNT_OF(args), &list, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
    for (size_t count = 0; count < WANTED_HEAD_ARGS + WANTED_VARIABLE_ARGS; count++) {
        ROW("too few");
        struct err err = {0};
        CHECK_INT(wanted_parse((const char *const *)good, count, &list, &err), ERR_INPUT);
        CHECK_HAS(err.text, count == WANTED_HEAD_ARGS
                                ? "0 variables are wanted of a file of values"
                                : " arguments; wanted are 8 and 8 for each variable");
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
