#include "core/mem.h"
#include "ingest/points.h"
#include "ledger/reading.h"
#include "tests/check.h"

// Two crops by season, and a share by days.
#define YIELDS                                                                                            \
    "{\"format\":\"reports\",\"code\":\"xã\",\"name\":\"tên\",\"season\":\"vụ\",\"figure\":"          \
    "\"chỉ tiêu\",\"value\":\"số\",\"unit\":\"đơn vị\",\"missing\":[\"-\",\"…\"],\"others\":"  \
    "[\"năng suất ngô\"],\"figures\":[{\"reads\":\"năng suất lúa\",\"means\":\"yield\",\"from\":" \
    "\"06-01\",\"to\":\"10-31\",\"day\":\"local00\"},{\"reads\":\"tỷ lệ chết\",\"means\":"          \
    "\"mortality\",\"from\":\"11-01\",\"to\":\"03-31\",\"day\":\"utc00\"}]}"
#define LOSSES                                                                                     \
    "{\"format\":\"reports\",\"code\":\"c\",\"first_day\":\"a\",\"last_day\":\"b\",\"value\":"     \
    "\"v\",\"figures\":[{\"reads\":\"loss\",\"means\":\"loss\",\"day\":\"vnrain19\",\"unit\":"     \
    "\"%\"}]}"
#define HEAD "xã,tên,vụ,chỉ tiêu,số,đơn vị\n"
#define DAYS "c,a,b,v\n"

static enum err_kind parse(const char *text, const char *json, struct points *out, struct err *err)
{
    struct points_wanted wanted;
    AUTO(mem_drop) char *copy = mem_text(text);
    CHECK_OK(points_wanted_parse(str_of(json), &wanted, err), *err);
    return points_parse(copy, strlen(copy), &wanted, out, err);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *name, *wanted, *text, *variable;
        int32_t milli;
        const char *from, *to;
    } rows[] = {
        {"t/ha", YIELDS, HEAD "01840,A,2026,năng suất lúa,5.574,t/ha\n", "yield", 5574,
         "2026-05-31T17:00:00Z", "2026-10-31T17:00:00Z"},
        {"tạ/ha are 100 kg", YIELDS, HEAD "01840,,2026,năng suất lúa,57.4,tạ/ha\n", "yield", 5740,
         "2026-05-31T17:00:00Z", "2026-10-31T17:00:00Z"},
        {"kg/ha", YIELDS, HEAD "01840,,2026,năng suất lúa,5574,kg/ha\n", "yield", 5574,
         "2026-05-31T17:00:00Z", "2026-10-31T17:00:00Z"},
        {"tấn/ha, and lines that end as Windows has it", YIELDS,
         "xã,tên,vụ,chỉ tiêu,số,đơn vị\r\n01840,,2026,năng suất lúa,0,tấn/ha\r\n", "yield", 0,
         "2026-05-31T17:00:00Z", "2026-10-31T17:00:00Z"},
        {"10 kg/ha are a harvest", YIELDS, HEAD "01840,,2026,năng suất lúa,10,kg/ha\n", "yield", 10,
         "2026-05-31T17:00:00Z", "2026-10-31T17:00:00Z"},
        {"letters and marks apart (NFD), and a byte order mark", YIELDS,
         "\xEF\xBB\xBFxa\xCC\x83,te\xCC\x82n,vu\xCC\xA3,chi\xCC\x89 "
         "tie\xCC\x82u,so\xCC\x82\xCC\x81,"
         "\xC4\x91\x6F\xCC\x9Bn vi\xCC\xA3\n"
         "01840,,2026,na\xCC\x86ng sua\xCC\x82\xCC\x81t lu\xCC\x81\x61,5,ta\xCC\xA3/ha\n",
         "yield", 500, "2026-05-31T17:00:00Z", "2026-10-31T17:00:00Z"},
        {"a season that ends in the next year", YIELDS, HEAD "01840,,2026,tỷ lệ chết,22.04,%\n",
         "mortality", 22040, "2026-11-01T00:00:00Z", "2027-04-01T00:00:00Z"},
        {"days, as the counted rain has them", LOSSES, DAYS "01840,2026-08-01,2026-10-31,30\n",
         "loss", 30000, "2026-07-31T12:00:00Z", "2026-10-31T12:00:00Z"},
        {"one day, all of it lost", LOSSES, DAYS "01840,2024-02-29,2024-02-29,100\n", "loss",
         100000, "2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(points_free) struct points points = {0};
        CHECK_OK(parse(rows[i].text, rows[i].wanted, &points, &err), err);
        CHECK_INT(points.values, 1);
        CHECK_TEXT(points.station[0].code, "01840");
        CHECK_TEXT(points.variable[points.value[0].variable], rows[i].variable);
        CHECK_INT(points.value[0].milli, rows[i].milli);
        CHECK_TEXT(utc_text(points.value[0].from).at, rows[i].from);
        CHECK_TEXT(utc_text(points.value[0].to).at, rows[i].to);
        ROW("and what the child says, the parent believes");
        AUTO(buf_free) struct buf bytes = buf_new(100000);
        AUTO(points_free) struct points back = {0};
        points_write(&points, &bytes);
        CHECK_OK(points_read(buf_slice(&bytes), &back, &err), err);
        CHECK_INT(back.value[0].milli, rows[i].milli);
    }
}

static void test_passed_over(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(points_free) struct points points = {0};
    CHECK_OK(parse(HEAD "01840,A,2026,năng suất lúa,-,t/ha\n01840,A,2026,năng suất ngô,x,y\n"
                        "01843,B,2026,năng suất lúa,,t/ha\n01843,B,2025,năng suất lúa,…,t/ha\n"
                        "01843,B,2024,năng suất lúa,5,t/ha\n",
                   YIELDS, &points, &err),
             err);
    CHECK_INT(points.rows, 4);
    CHECK_INT(points.missing, 3);
    CHECK_INT(points.values, 1);
    CHECK_INT(points.stations, 2);
}

static const struct {
    const char *name, *wanted, *text, *says;
} refused[] = {
    {"nothing", YIELDS, "", "the table is empty"},
    {"a head only", YIELDS, HEAD, "there is not one row of data"},
    {"semicolons between the columns", YIELDS, "xã;tên;vụ;chỉ tiêu;số;đơn vị\n",
     "has no column \"xã\"; its first row names the columns, with commas"},
    {"a column that is not there", YIELDS, "xã,tên,vụ,chỉ tiêu,số\n", "has no column \"đơn vị\""},
    {"a column twice", LOSSES, "c,a,b,v,v\n", "has the column \"v\" twice"},
    {"bytes of another alphabet", YIELDS, HEAD "01840,\xD0\xE0,2026,năng suất lúa,5,t/ha\n",
     "save the table as CSV UTF-8, while reading row 2"},
    {"a row that is short", LOSSES, DAYS "01840,2026-08-01,2026-10-31\n",
     "it has 3 fields, the first row has 4, while reading row 2"},
    {"no code", YIELDS, HEAD ",A,2026,năng suất lúa,5,t/ha\n", "the commune's code is missing"},
    {"a commune of two names", YIELDS,
     HEAD "01840,A,2026,năng suất lúa,5,t/ha\n01840,B,2025,năng suất lúa,5,t/ha\n",
     "commune 01840 is called \"B\" here and \"A\" before, while reading row 3"},
    {"a figure that nobody named", YIELDS, HEAD "01840,A,2026,năng suất mía,5,t/ha\n",
     "the figure \"năng suất mía\" stands neither under"},
    {"a unit of another kind", YIELDS, HEAD "01840,A,2026,năng suất lúa,5,mm\n",
     "the unit \"mm\" does not fit yield; write t/ha, kg/ha or tạ/ha"},
    {"a weight that is of no area", YIELDS, HEAD "01840,A,2026,năng suất lúa,5,t\n",
     "the unit \"t\" does not fit yield"},
    {"a share in t/ha", YIELDS, HEAD "01840,A,2026,tỷ lệ chết,5,t/ha\n",
     "the unit \"t/ha\" does not fit mortality; write %"},
    {"no unit", YIELDS, HEAD "01840,A,2026,năng suất lúa,5,\n", "the unit \"\" does not fit"},
    {"below 0", YIELDS, HEAD "01840,A,2026,năng suất lúa,-5,t/ha\n",
     "-5 is below 0: there is no such yield"},
    {"a hair below 0", LOSSES, DAYS "01840,2026-08-01,2026-10-31,-0.0001\n", "is below 0"},
    {"over 100 %", LOSSES, DAYS "01840,2026-08-01,2026-10-31,100.1\n", "is beyond every loss"},
    {"kilograms called tonnes", YIELDS, HEAD "01840,A,2026,năng suất lúa,5574,t/ha\n",
     "5574 is beyond every yield; look at its unit"},
    {"thousands with a point", YIELDS, HEAD "01840,A,2026,năng suất lúa,5.574,kg/ha\n",
     "5.574 is a harvest of under 10 kg/ha; look at its unit and its decimal point"},
    {"a decimal comma", YIELDS, HEAD "01840,A,2026,năng suất lúa,\"5,57\",t/ha\n",
     "\"5,57\" is no number; write it as 5.57"},
    {"a power of ten", YIELDS, HEAD "01840,A,2026,năng suất lúa,5e0,t/ha\n", "is no number"},
    {"not a number", YIELDS, HEAD "01840,A,2026,năng suất lúa,nan,t/ha\n", "is no number"},
    {"a mark for nothing that nobody named", YIELDS, HEAD "01840,A,2026,năng suất lúa,..,t/ha\n",
     "name what stands for no figure under \"missing\""},
    {"a season with a word", YIELDS, HEAD "01840,A,vụ 2026,năng suất lúa,5,t/ha\n",
     "the season \"vụ 2026\" is no year; write the year in which it begins, 1900 to 2100"},
    {"a season of two years", YIELDS, HEAD "01840,A,2026-2027,tỷ lệ chết,5,%\n", "is no year"},
    {"a season that is far", YIELDS, HEAD "01840,A,2202,năng suất lúa,5,t/ha\n", "is no year"},
    {"the same figure twice", YIELDS,
     HEAD "01840,A,2026,năng suất lúa,5,t/ha\n01843,B,2026,năng suất lúa,5,t/ha\n"
          "01840,A,2026,năng suất lúa,5,t/ha\n",
     "rows 2 and 4 both say the yield of commune 01840 up to 00:00 01/11/2026; one row for each"},
    {"times that overlap", LOSSES,
     DAYS "01840,2026-08-01,2026-10-31,5\n01840,2026-10-31,2026-11-30,6\n",
     "rows 2 and 3 both say the loss of commune 01840"},
    {"a day that is none", LOSSES, DAYS "01840,2026-02-29,2026-10-31,5\n", "is not a date"},
    {"a day as people write it", LOSSES, DAYS "01840,01/08/2026,2026-10-31,5\n", "is not a date"},
    {"a last day before the first", LOSSES, DAYS "01840,2026-08-02,2026-08-01,5\n",
     "the figure is of 0 days; it is of 1 to 366"},
    {"more than a year", LOSSES, DAYS "01840,2026-08-01,2027-08-02,5\n", "is of 367 days"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        ROW(refused[i].name);
        struct err err = {0};
        AUTO(points_free) struct points points = {0};
        CHECK_INT(parse(refused[i].text, refused[i].wanted, &points, &err), ERR_INPUT);
        CHECK_HAS(err.text, refused[i].says);
        CHECK(!points.station && !points.value);
    }
}

TEST_MAIN(cmocka_unit_test(test_values), cmocka_unit_test(test_passed_over),
          cmocka_unit_test(test_refused))
