#include "core/num.h"

#include "core/money.h"
#include "core/units.h"
#include "tests/check.h"

static void test_milli(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
        const char *error; // NULL: taken
    } rows[] = {
        {"0", 0, NULL},
        {"12.5", 12500, NULL},
        {"-3.125", -3125, NULL},
        {"0.001", 1, NULL},
        {"999999999999", 999999999999000, NULL},
        {"1,5", 0, "use a point for decimals; write 1.5"},
        {"12,75", 0, "use a point for decimals; write 12.75"},
        {"1,500", 0, "write 1.500, or 1500 if thousands are meant"},
        {"1,500,000", 0, "use a point for decimals: 1.5"},
        {",5", 0, "use a point for decimals: 1.5"},
        {"1_50", 0, "write digits"},
        {"010", 0, "take the leading zero out; write 10"},
        {"-007.5", 0, "take the leading zero out; write -7.5"},
        {"00", 0, "take the leading zero out; write 0"},
        {"0x18", 0, "write digits"},
        {"nan", 0, "write digits"},
        {"1e400", 0, "write digits"},
        {"1e3", 0, "write digits"},
        {"+5", 0, "write digits"},
        {" 5", 0, "write digits"},
        {"5 ", 0, "write digits"},
        {"", 0, "write digits"},
        {"-", 0, "write digits"},
        {".5", 0, "write digits"},
        {"5.", 0, "after the point"},
        {"1.2.3", 0, "after the point"},
        {"1.2345", 0, "at most three decimals"},
        {"9999999999999", 0, "too large"},
        {"150mm", 0, "write digits"},
        {"１５", 0, "write digits"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        struct err err = {0};
        int64_t milli = -1;
        CHECK_INT(num_milli(str_of(rows[i].text), &milli, &err), rows[i].error ? ERR_INPUT : OK);
        CHECK_INT(milli, rows[i].error ? -1 : rows[i].want);
        if (rows[i].error)
            CHECK_HAS(err.text, rows[i].error);
    }
}

static void test_whole(void **state)
{
    (void)state;
    struct err err = {0};
    int64_t out = -1;
    CHECK_OK(num_whole(STR("20"), 1, 20, &out, &err), err);
    CHECK_INT(out, 20);
    CHECK_INT(num_whole(STR("21"), 1, 20, &out, &err), ERR_INPUT);
    CHECK_HAS(err.text, "write 1 to 20");
    CHECK_INT(num_whole(STR("2.0"), 1, 20, &out, &err), ERR_INPUT);
    CHECK_HAS(err.text, "write a whole number");
    CHECK_INT(num_whole(STR("1.000"), 1, 20, &out, &err), ERR_INPUT);
    CHECK_HAS(err.text, "write 1000 if thousands are meant");
    CHECK_INT(num_whole(STR("1 500 000"), 1, 20, &out, &err), ERR_INPUT);
    CHECK_HAS(err.text, "no blank within it; write 1500000");
}

struct quantity_row {
    const char *text;
    enum quantity kind;
    int64_t want;
    const char *error;
};

static void check_quantities(const struct quantity_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ROW(rows[i].text);
        struct err err = {0};
        int64_t milli = -1;
        CHECK_INT(num_quantity(str_of(rows[i].text), rows[i].kind, &milli, &err),
                  rows[i].error ? ERR_INPUT : OK);
        CHECK_INT(milli, rows[i].error ? -1 : rows[i].want);
        if (rows[i].error)
            CHECK_HAS(err.text, rows[i].error);
    }
}

static void test_quantity(void **state)
{
    (void)state;
    static const struct quantity_row rows[] = {
        {"150 mm", QUANTITY_RAIN, 150000, NULL},
        {"15 cm", QUANTITY_RAIN, 150000, NULL},
        {"0.1 mm", QUANTITY_RAIN, 100, NULL},
        {"62 km/h", QUANTITY_WIND, 17222, NULL},
        {"17.2 m/s", QUANTITY_WIND, 17200, NULL},
        {"35 °C", QUANTITY_TEMPERATURE, 35000, NULL},
        {"308.15 K", QUANTITY_TEMPERATURE, 35000, NULL},
        {"72 h", QUANTITY_TIME, 259200000, NULL},
        {"3 days", QUANTITY_TIME, 259200000, NULL},
        {"30 min", QUANTITY_TIME, 1800000, NULL},
        {"90 %", QUANTITY_SHARE, 900, NULL},
        {"150", QUANTITY_RAIN, 0, "has no unit; write \"150 mm\""},
        {"150mm", QUANTITY_RAIN, 0, "\"150mm\" has no blank before its unit; write \"150 mm\""},
        {"-1.5mm", QUANTITY_RAIN, 0, "has no blank before its unit; write \"-1.5 mm\""},
        {"37°C", QUANTITY_TEMPERATURE, 0, "has no blank before its unit; write \"37 °C\""},
        {"90%", QUANTITY_SHARE, 0, "has no blank before its unit; write \"90 %\""},
        {"62km/h", QUANTITY_WIND, 0, "has no blank before its unit; write \"62 km/h\""},
        {"62km/h", QUANTITY_RAIN, 0, "\"62km/h\" is not a number gong reads"},
        {"7d", QUANTITY_TIME, 0, "write \"7 d\""},
        {"25\u00a0mm", QUANTITY_RAIN, 0, "a blank in it is not that of the space bar"},
        {"25\u200b mm", QUANTITY_RAIN, 0, "a blank in it is not that of the space bar"},
        {"1_50", QUANTITY_RAIN, 0, "\"1_50\" is not a number gong reads; write digits"},
        {"nan", QUANTITY_RAIN, 0, "\"nan\" is not a number gong reads; write digits"},
        {"1e400", QUANTITY_RAIN, 0, "\"1e400\" is not a number gong reads; write digits"},
        {"010", QUANTITY_RAIN, 0, "take the leading zero out; write 10"},
        {"0x18", QUANTITY_RAIN, 0, "\"0x18\" is not a number gong reads; write digits"},
        {"1,5", QUANTITY_RAIN, 0, "use a point for decimals; write 1.5"},
        {"150 ", QUANTITY_RAIN, 0, "has no unit"},
        {"150 °C", QUANTITY_RAIN, 0, "the unit \"°C\" does not fit here"},
        {"150 furry", QUANTITY_RAIN, 0, "the unit \"furry\" does not fit here"},
        {"1,5 mm", QUANTITY_RAIN, 0, "use a point"},
        {"10 m s-1", QUANTITY_WIND, 10000, NULL},
        {"10 m s**-1", QUANTITY_WIND, 10000, NULL},
        {"36 km h-1", QUANTITY_WIND, 10000, NULL},
        {"10 knots", QUANTITY_WIND, 5144, NULL},
        {"95 degF", QUANTITY_TEMPERATURE, 35000, NULL},
        {"150000 µm", QUANTITY_RAIN, 150000, NULL},
        {"132.5 m", QUANTITY_STAGE, 132500, NULL},
        {"100000 m", QUANTITY_DISTANCE, 100000, NULL},
        {"90 mm", QUANTITY_SHARE, 0, "does not fit here; write \"90 %\""},
        {"0.15 m", QUANTITY_RAIN, 150000, NULL},
        {"120 km", QUANTITY_RAIN, 0, "the unit \"km\" does not fit here; write \"150 mm\""},
        {"1 nm", QUANTITY_RAIN, 0, "the unit \"nm\" does not fit here"},
        {"1 parsec", QUANTITY_RAIN, 0, "does not fit here"},
        {"60 nautical_miles", QUANTITY_DISTANCE, 111120, NULL},
        {"100 mm", QUANTITY_DISTANCE, 0, "\"mm\" does not fit here; write \"100 km\""},
        {"1325 mm", QUANTITY_STAGE, 1325, NULL},
        {"1 km", QUANTITY_STAGE, 0, "\"km\" does not fit here; write \"132.5 m\""},
        {"20 ft/s", QUANTITY_WIND, 6096, NULL},
        {"50 mm/h", QUANTITY_WIND, 0, "\"mm/h\" does not fit here; write \"17.2 m/s\""},
        {"1 km/s", QUANTITY_WIND, 0, "does not fit here"},
    };
    check_quantities(rows, COUNT_OF(rows));
}

// What udunits would read as a number within the unit.
static void test_number_in_unit(void **state)
{
    (void)state;
    static const struct quantity_row rows[] = {
        {"1 500 mm", QUANTITY_RAIN, 0, "no blank within a number; write \"1500 mm\""},
        {"-1 500 mm", QUANTITY_RAIN, 0, "no blank within a number; write \"-1500 mm\""},
        {"1 500 000 mm", QUANTITY_RAIN, 0, "no blank within a number; write \"1500000 mm\""},
        {"1 500.5 mm", QUANTITY_RAIN, 0, "no blank within a number; write \"150 mm\""},
        {"1 50 %", QUANTITY_SHARE, 0, "no blank within a number; write \"90 %\""},
        {"1 7 days", QUANTITY_TIME, 0, "no blank within a number; write \"72 h\""},
        {"1 -5 mm", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm 5", QUANTITY_RAIN, 0, "\"mm 5\" is no single unit; write \"150 mm\""},
        {"100 mm*3", QUANTITY_RAIN, 0, "\"mm*3\" is no single unit"},
        {"100 mm.3", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm·3", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm/3", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm pi", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm %", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm/%", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 (mm)", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm1", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm²", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm @ 5", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm from 5", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm after 5", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm since 5", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 lg(re 1 mm)", QUANTITY_RAIN, 0, "is no single unit"},
        {"100  mm", QUANTITY_RAIN, 0, "is no single unit"},
        {"100 mm ", QUANTITY_RAIN, 0, "is no single unit"},
        {"24 h 2", QUANTITY_TIME, 0, "is no single unit; write \"72 h\""},
        {"24 hours since 2024-01-01", QUANTITY_TIME, 0, "is no single unit"},
        {"35 °C 2", QUANTITY_TEMPERATURE, 0, "is no single unit"},
        {"35 K @ 273.15", QUANTITY_TEMPERATURE, 0, "is no single unit"},
        {"0.5 1", QUANTITY_SHARE, 0, "no blank within a number"},
        {"0.5 rad", QUANTITY_SHARE, 0, "does not fit here; write \"90 %\""},
        {"10 m s-2", QUANTITY_WIND, 0, "is no single unit"},
        {"10 m s-1 2", QUANTITY_WIND, 0, "is no single unit"},
        {"10 km/h/2", QUANTITY_WIND, 0, "is no single unit"},
        {"100 mm/pi", QUANTITY_RAIN, 0, "does not fit here"},
        {"100 knot/pi", QUANTITY_WIND, 0, "does not fit here"},
        {"10 m/s", QUANTITY_RAIN, 0, "does not fit here"},
    };
    check_quantities(rows, COUNT_OF(rows));
}

// A share of a new text has one decimal: a second would be rounded away in silence.
static void test_tenths(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"33.3 %", NULL},
        {"100 %", NULL},
        {"0.50 %", NULL},
        {"47.058 %", "\"47.058 %\" has more than one decimal; write \"47.0 %\" or \"47.1 %\""},
        {"99.95 %", "write \"99.9 %\" or \"100.0 %\""},
        {"0.04 %", "write \"0.0 %\" or \"0.1 %\""},
        {"0,5 %", "use a point"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        struct err err = {0};
        CHECK_INT(num_tenths(str_of(rows[i].text), &err), rows[i].error ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].error ? rows[i].error : "");
    }
}

static void test_units(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        double scale, offset;
        const char *error;
    } rows[] = {
        {"m", "mm", 1000, 0, NULL},
        {"mm", "m", 0.001, 0, NULL},
        {"m day-1", "mm s-1", 1000.0 / 86400, 0, NULL},
        {"kg m-2 s-1", "kg m-2 s-1", 1, 0, NULL},
        {"degC", "K", 1, 273.15, NULL},
        {"m s**-1", "m/s", 1, 0, NULL},
        {"knot", "m/s", 1852.0 / 3600, 0, NULL},
        {"m", "K", 0, 0, "cannot be turned into"},
        {"furlong per fortnite", "m", 0, 0, "unknown unit"},
        {"", "mm", 0, 0, "cannot be turned into"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].from);
        struct err err = {0};
        double scale = NAN, offset = NAN;
        CHECK_INT(units_convert(rows[i].from, rows[i].to, &scale, &offset, &err),
                  rows[i].error ? ERR_INPUT : OK);
        if (rows[i].error) {
            CHECK_HAS(err.text, rows[i].error);
            continue;
        }
        CHECK_NEAR(scale, rows[i].scale, 1e-12 * rows[i].scale);
        CHECK_NEAR(offset, rows[i].offset, 1e-9);
    }
}

static void test_time_axis(void **state)
{
    (void)state;
    struct err err = {0};
    double step_s, origin_s;
    CHECK_OK(units_time_axis("hours since 1900-01-01 00:00:0.0", &step_s, &origin_s, &err), err);
    CHECK_NEAR(step_s, 3600, 0);
    CHECK_NEAR(origin_s, -2208988800.0, 0);
    CHECK_OK(units_time_axis("Hour since 2001-12-31T23:00:00Z", &step_s, &origin_s, &err), err);
    CHECK_NEAR(origin_s, 1009839600.0, 0);
    CHECK_OK(units_time_axis("seconds since 1970-01-01 00:00:00 UTC", &step_s, &origin_s, &err),
             err);
    CHECK_NEAR(origin_s, 0, 0);
    CHECK_INT(units_time_axis("hours", &step_s, &origin_s, &err), ERR_INPUT);
    CHECK_HAS(err.text, "no \"since\"");
    CHECK_INT(units_time_axis("mm since 1970-01-01", &step_s, &origin_s, &err), ERR_INPUT);
}

static void test_money(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t of, part, whole, unit, want;
    } rows[] = {
        {"deficit 83.7 of 100..40 on 10 million", 10000000, 163, 600, 1, 2716667},
        {"the same to the thousand", 10000000, 163, 600, 1000, 2717000},
        {"half is rounded up", 1, 1, 2, 1, 1},
        {"just under half is rounded down", 1000, 4999, 10000000, 1, 0},
        {"nothing of it", 10000000, 0, 600, 1, 0},
        {"all of it", 15000000, 550, 550, 1, 15000000},
        {"the floating-point trap: all is all", 15000000, 680, 680, 1, 15000000},
        {"a product over 64 bits", 120000000000000, 999999999, 1000000000, 1, 119999999880000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct money got = money_share(VND(rows[i].of), rows[i].part, rows[i].whole, rows[i].unit);
        CHECK_INT(got.minor, rows[i].want);
        CHECK_TEXT(got.currency, "VND");
    }
    struct err err = {0};
    struct money money = VND(-1);
    CHECK_OK(money_parse_vnd(STR("1500000"), &money, &err), err);
    CHECK_INT(money.minor, 1500000);
    static const char *const bad[] = {"1500000.00", "-5",    "1,500", "01",
                                      "",           "1 500", "1e6",   "1000000000000000"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW(bad[i]);
        CHECK_INT(money_parse_vnd(str_of(bad[i]), &money, &err), ERR_INPUT);
        CHECK_HAS(err.text, "write 1500000");
    }
    CHECK_INT(money_add(VND(2), VND(3)).minor, 5);
}

// The common units mean what the library says of the same units in other words.
static void test_common_units(void **state)
{
    (void)state;
    static const struct {
        const char *common, *words, *to;
    } rows[] = {
        {"mm/hr", "millimeter/hour", "mm day-1"},
        {"mm day-1", "millimeter/day", "mm day-1"},
        {"m s-1", "meter/second", "mm day-1"},
        {"mm s-1", "millimeter/second", "mm day-1"},
        {"m day-1", "meter/day", "mm day-1"},
        {"m", "meter", "mm"},
        {"kg m-2", "kilogram/meter^2", "kg m-2"},
        {"degC", "degree_Celsius", "K"},
        {"K", "kelvin", "K"},
        {"hours", "60 minute", "s"},
        {"h", "60 minute", "s"},
        {"min", "60 second", "s"},
        {"d", "24 hour", "s"},
        {"days", "24 hour", "s"},
        {"minutes", "60 second", "s"},
        {"kg m-2 s-1", "kilogram/meter^2/second", "kg m-2 day-1"},
        {"kg m-2 day-1", "kilogram/meter^2/day", "kg m-2 day-1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].common);
        struct err err = {0};
        double scale, offset, same_scale, same_offset;
        CHECK_OK(units_convert(rows[i].common, rows[i].to, &scale, &offset, &err), err);
        CHECK_OK(units_convert(rows[i].words, rows[i].to, &same_scale, &same_offset, &err), err);
        CHECK_NEAR(scale, same_scale, 0);
        CHECK_NEAR(offset, same_offset, 1e-12);
    }
    ROW("of different kinds");
    struct err err = {0};
    double scale, offset;
    CHECK_INT(units_convert("mm", "K", &scale, &offset, &err), ERR_INPUT);
    CHECK_HAS(err.text, "\"mm\" cannot be turned into \"K\"");
}

TEST_MAIN(cmocka_unit_test(test_common_units), cmocka_unit_test(test_milli),
          cmocka_unit_test(test_whole), cmocka_unit_test(test_quantity),
          cmocka_unit_test(test_tenths), cmocka_unit_test(test_number_in_unit),
          cmocka_unit_test(test_units), cmocka_unit_test(test_time_axis),
          cmocka_unit_test(test_money))
