#include "ingest/points.h"

#include "ingest/points_check.h"
#include "ingest/points_text.h"
#include "ledger/reading.h"
#include "tests/check.h"

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        double value;
    } rows[] = {
        {"12.5", true, 12.5},
        {"-3", true, -3},
        {".5", true, 0.5},
        {"7.", true, 7},
        {"+2", true, 2},
        {"1.2e-3", true, 0.0012},
        {"1E3", true, 1000},
        {"0.1", true, 0.1},
        {"10.5774193548387", true, 10.5774193548387},
        {"00012", true, 12},
        {"", false, 0},
        {".", false, 0},
        {"-", false, 0},
        {"1,5", false, 0},
        {"nan", false, 0},
        {"inf", false, 0},
        {"0x10", false, 0},
        {"1 ", false, 0},
        {" 1", false, 0},
        {"1e", false, 0},
        {"1e400", false, 0},
        {"1e99", true, 1e99},
        {"12mm", false, 0},
        {"--1", false, 0},
        {"1.2.3", false, 0},
        {"123456789012345678901234567890123456789012", false, 0},
        {"1234567890123456789012", true, 1234567890123456789012.0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        double value = -1;
        CHECK_INT(text_real(str_of(rows[i].text), &value), rows[i].good);
        if (rows[i].good)
            CHECK_NEAR(value, rows[i].value, fabs(rows[i].value) * 1e-15);
    }
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pattern, *time; // NULL: refused
    } rows[] = {
        {"2020-10-01", "YYYY-MM-DD", "2020-10-01T00:00:00Z"},
        {"1/11/2019 7:05", "DD/MM/YYYY hh:mm", "2019-11-01T07:05:00Z"},
        {"15011306", "YYMMDDhh", "2015-01-13T06:00:00Z"},
        {"51011306", "YYMMDDhh", "1951-01-13T06:00:00Z"},
        {"1961 2", "YYYY MM", "1961-02-01T00:00:00Z"},
        {"2024-02-29T23:59:59Z", "YYYY-MM-DDThh:mm:ssZ", "2024-02-29T23:59:59Z"},
        {"2023-02-29", "YYYY-MM-DD", NULL},
        {"2020-13-01", "YYYY-MM-DD", NULL},
        {"2020-10-01 24:00", "YYYY-MM-DD hh:mm", NULL},
        {"2020-10-01x", "YYYY-MM-DD", NULL},
        {"20-10-01", "YYYY-MM-DD", NULL},
        {"", "YYYY", NULL},
        {"0000", "YYYY", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].text);
        struct err err = {0};
        struct utc time;
        enum err_kind kind = text_time(str_of(rows[i].text), rows[i].pattern, &time, &err);
        CHECK_INT(kind, rows[i].time ? OK : ERR_INPUT);
        if (rows[i].time)
            CHECK_TEXT(utc_text(time).at, rows[i].time);
        else
            CHECK_HAS(err.text, "is no time of the form");
    }
    CHECK(text_is_pattern("DD/MM/YY hh"));
    CHECK(!text_is_pattern("DD/MM hh"));
    CHECK(!text_is_pattern("YYYY MM MM"));
}

#define GAUGES                                                                                     \
    "{\"format\":\"csv\",\"code\":\"id\",\"latitude\":\"y\",\"longitude\":\"x\",\"time\":\"t\","   \
    "\"time_format\":\"YYYY-MM-DD\",\"missing\":[\"999.8\",\"-\"],\"variables\":[{\"reads\":"      \
    "\"mm\",\"means\":\"rain\",\"unit\":\"mm\",\"interval\":\"day\",\"stamp\":\"start\"}]}"
#define JSON                                                                                       \
    "{\"format\":\"json\",\"rows\":\"a.b\",\"code\":\"id\",\"time\":\"t\",\"time_format\":"        \
    "\"YYYY-MM-DD\",\"variables\":[{\"reads\":\"mm\",\"means\":\"rain\",\"unit\":\"mm\","          \
    "\"interval\":\"day\",\"stamp\":\"start\"}]}"
#define JMA "{\"format\":\"jma\",\"wind_average\":\"10 min\"}"
#define IBTRACS "{\"format\":\"ibtracs-csv\",\"agency\":\"wmo\",\"wind_average\":\"10 min\"}"
#define ATCF "{\"format\":\"atcf\",\"agency\":\"AP\",\"wind_average\":\"1 min\"}"
#define HEAD "id,y,x,t,mm\n"

static enum err_kind parse(const char *text, const char *json, struct points *out, struct err *err)
{
    struct points_wanted wanted;
    AUTO(mem_drop) char *copy = mem_text(text);
    CHECK_OK(points_wanted_parse(str_of(json), &wanted, err), *err);
    return points_parse(copy, strlen(copy), &wanted, out, err);
}

static const struct {
    const char *name, *wanted, *text, *says;
} refused[] = {
    {"nothing", GAUGES, "", "the table ends before row 1"},
    {"a head only", GAUGES, HEAD, "there is not one row of data"},
    {"a column is not there", GAUGES, "id,y,x,t,rain\n", "row 1 has no column \"mm\""},
    {"a column twice", GAUGES, "id,y,x,t,mm,mm\n", "row 1 names column \"mm\" twice"},
    {"a field too many", GAUGES, HEAD "A,1,2,2020-10-01,3,4\n",
     "it has 6 fields, the header has 5, while reading row 2"},
    {"a number with a comma", GAUGES, HEAD "A,1,2,2020-10-01,\"1,5\"\n",
     "\"1,5\" is no number; if it stands for no value, name it under \"missing\""},
    {"a time of another form", GAUGES, HEAD "A,1,2,01/10/2020,3\n",
     "\"01/10/2020\" is no time of the form YYYY-MM-DD, while reading row 2"},
    {"no code", GAUGES, HEAD ",1,2,2020-10-01,3\n", "a station's code has 0 bytes"},
    {"no such latitude", GAUGES, HEAD "A,91,2,2020-10-01,3\n", "\"91\" is no position"},
    {"rain that never was", GAUGES, HEAD "A,1,2,2020-10-01,99999\n",
     "99999 is beyond every record of rain; if it stands for no value, name it"},
    {"rain below nothing", GAUGES, HEAD "A,1,2,2020-10-01,-99\n", "-99 is beyond every record"},
    {"a quote that never ends", GAUGES, HEAD "\"A,1,2,2020-10-01,3\n", "while reading row"},
    {"no JSON", JSON, "{", "the file"},
    {"no list where it should be", JSON, "{\"a\":{\"c\":[]}}", "there is no list at \"a.b\""},
    {"a row that is a number", JSON, "{\"a\":{\"b\":[7]}}",
     "it is no object, while reading item 1"},
    {"a value that is a list", JSON,
     "{\"a\":{\"b\":[{\"id\":\"A\",\"t\":\"2020-10-01\",\"mm\":[1]}]}}",
     "\"mm\" is neither text nor number"},
    {"IBTrACS without its columns", IBTRACS, "a,b\n", "row 1 lacks one of SID, ISO_TIME"},
    {"a storm that comes twice", IBTRACS,
     "SID,ISO_TIME,LAT,LON,WMO_WIND\nA,2020-10-01 00:00:00,1,2,30\nB,2020-10-01 "
     "00:00:00,1,2,30\nA,2020-10-01 06:00:00,1,2,30\n",
     "storm A comes a second time, while reading row 4"},
    {"a track that goes back in time", IBTRACS,
     "SID,ISO_TIME,LAT,LON,WMO_WIND\nA,2020-10-01 06:00:00,1,2,30\nA,2020-10-01 "
     "00:00:00,1,2,30\n",
     "does not come after"},
    {"a wind that never was", IBTRACS,
     "SID,ISO_TIME,LAT,LON,WMO_WIND\nA,2020-10-01 06:00:00,1,2,900\n",
     "a wind of 900 knots is beyond every record"},
    {"a line of no storm", JMA, "15011306 002 2 085 1424 1004     000\n",
     "line 1: a line belongs to no storm"},
    {"a storm that is cut off", JMA,
     "66666 1501  002 0001 1501 0 6             A                     20150217\n"
     "15011306 002 2 085 1424 1004     000\n",
     "the file ends 1 lines before its last storm does"},
    {"an ATCF line without fields", ATCF, "WP, 01, 2020101500\n", "it has 3 fields"},
    {"an ATCF position", ATCF, "WP, 20, 2020101512, 03, AP01, 0, 135, 1170E, 35, 1004\n",
     "a position ends in N or S"},
    {"a warning that is none", "{\"format\":\"cap\"}", "<a/>", "it is \"a\", neither a CAP alert"},
    {"a warning with an entity", "{\"format\":\"cap\"}",
     "<!DOCTYPE a [<!ENTITY x \"y\">]><alert><identifier>&x;</identifier></alert>", "the file"},
};
static void refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        ROW(refused[i].name);
        struct err err = {0};
        AUTO(points_free) struct points points = {0};
        CHECK_INT(parse(refused[i].text, refused[i].wanted, &points, &err), ERR_INPUT);
        CHECK_HAS(err.text, refused[i].says);
        CHECK(!points.station && !points.value && !points.track);
    }
}

static void what_is_said_twice(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(points_free) struct points points = {0};
    CHECK_OK(parse(HEAD
                   "A,16.2,107.5,2020-10-01,1\nA,,,2020-10-01,1\nB,,,2020-10-01,2\n"
                   "B,,,2020-10-01,3\nC,,,2020-10-01,999.8\nC,,,2020-10-02,-\nC,,,2020-10-03,\n"
                   "D,,190.5,2020-10-03,0\n",
                   GAUGES, &points, &err),
             err);
    CHECK_INT(points.stations, 4);
    CHECK_INT(points.values, 3);
    CHECK_INT(points.repeated, 1);
    CHECK_INT(points.clashing, 1);
    CHECK_INT(points.missing, 3);
    CHECK_INT(points.station[0].latitude_micro, 16200000);
    CHECK_INT(points.station[1].latitude_micro, STATION_NOWHERE);
    ROW("the last word counts, and is doubted");
    CHECK_INT(points.value[1].milli, 3000);
    CHECK_INT(points.value[1].doubted, 1);
    CHECK_INT(points.value[0].doubted, 0);
}

static void an_ensemble_of_tracks(void **state)
{
    (void)state;
    static const char text[] = "WP, 20, 2020101512, 03, AP01,   0, 135N, 1170E,  35, 1004, TS,  "
                               "34, NEQ,   60,    0,    0,   "
                               "90\n"
                               "WP, 20, 2020101512, 03, AP01,   0, 135N, 1170E,  35, 1004, TS,  "
                               "50, NEQ,   20,    0,    0,   "
                               "10\n"
                               "WP, 20, 2020101512, 03, AP01,   6, 136N, 1790W,   0,    0, TS,  "
                               "34, NEQ,    0,    0,    0,    "
                               "0\n"
                               "WP, 20, 2020101512, 03, AC00,   0, 135N, 1170E,  35, 1004, TS\n"
                               "WP, 20, 2020101512, 03, AP02,   0, 135N, 1170E,  35, 1004, TS\n";
    struct err err = {0};
    AUTO(points_free) struct points points = {0};
    CHECK_OK(parse(text, ATCF, &points, &err), err);
    ROW("two members; the other technique is passed over");
    CHECK_INT(points.tracks, 2);
    const struct track *first = &points.track[0];
    CHECK_TEXT(first->storm, "WP202020");
    CHECK_TEXT(utc_text(first->issued_at).at, "2020-10-15T12:00:00Z");
    CHECK_INT(first->member, 1);
    CHECK_INT(points.track[1].member, 2);
    ROW("two lines of one time are one fix");
    CHECK_INT(first->count, 2);
    CHECK_INT(first->fix[0].radius_34_m, 166680);
    CHECK_INT(first->fix[0].radius_50_m, 37040);
    CHECK_INT(first->fix[0].wind_milli, 18006);
    ROW("0 stands for not known; the date line");
    CHECK_INT(first->fix[1].wind_milli, TRACK_NONE);
    CHECK_INT(first->fix[1].longitude_milli, -179000);
    CHECK_TEXT(utc_text(first->fix[1].at).at, "2020-10-15T18:00:00Z");
}

TEST_MAIN(cmocka_unit_test(numbers), cmocka_unit_test(times), cmocka_unit_test(refusals),
          cmocka_unit_test(what_is_said_twice), cmocka_unit_test(an_ensemble_of_tracks))
