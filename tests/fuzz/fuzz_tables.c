#include "core/hash.h"
#include "core/mem.h"
#include "ingest/points.h"
#include "ingest/points_check.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

// Every text format of stations, tracks and figures; the first byte chooses. (NetCDF is not here:
// its library is known to fail, which is what the sandbox is for.)
static const char *const formats[] = {
    "{\"format\":\"csv\",\"code\":\"c\",\"latitude\":\"y\",\"longitude\":\"x\",\"time\":\"t\","
    "\"time_format\":\"YYYY-MM-DD\",\"missing\":[\"-9\"],\"variables\":[{\"reads\":\"r\","
    "\"means\":\"rain\",\"unit\":\"mm\",\"interval\":\"day\",\"stamp\":\"start\"}]}",
    "{\"format\":\"csv\",\"layout\":\"wide\",\"time\":\"t\",\"time_format\":\"DD/MM/YY\","
    "\"variables\":[{\"reads\":\"*\",\"means\":\"rain\",\"unit\":\"mm\",\"interval\":\"day\","
    "\"stamp\":\"start\"}]}",
    "{\"format\":\"csv\",\"layout\":\"months\",\"code\":\"c\",\"time\":\"t\","
    "\"time_format\":\"YYYY\",\"variables\":[{\"reads\":\"*\",\"means\":\"rain\",\"unit\":\"mm\","
    "\"interval\":\"month\",\"stamp\":\"start\"}]}",
    "{\"format\":\"json\",\"code\":\"c\",\"time\":\"t\",\"time_format\":\"YYYY-MM-DD\",\"rows\":"
    "\"d\","
    "\"variables\":[{\"reads\":\"r\",\"means\":\"temperature\",\"unit\":\"degC\","
    "\"interval\":\"instant\"}]}",
    "{\"format\":\"ibtracs-csv\",\"agency\":\"wmo\",\"wind_average\":\"10 min\"}",
    "{\"format\":\"jma\",\"wind_average\":\"10 min\"}",
    "{\"format\":\"atcf\",\"agency\":\"AP\",\"wind_average\":\"1 min\"}",
    "{\"format\":\"cap\"}",
    "{\"format\":\"reports\",\"code\":\"c\",\"name\":\"n\",\"season\":\"s\",\"figure\":\"f\","
    "\"value\":\"v\",\"unit\":\"u\",\"missing\":[\"-\"],\"others\":[\"x\"],\"figures\":[{\"reads\":"
    "\"r\","
    "\"means\":\"yield\",\"from\":\"11-01\",\"to\":\"03-31\",\"day\":\"local00\"},{\"reads\":\"d\","
    "\"means\":\"mortality\",\"from\":\"01-01\",\"to\":\"12-31\",\"day\":\"utc00\"}]}",
    ("{\"format\":\"reports\",\"code\":\"c\",\"first_day\":\"a\",\"last_day\":\"b\",\"value\":"
     "\"v\","
     "\"figures\":[{\"reads\":\"r\",\"means\":\"loss\",\"day\":\"vnrain19\",\"unit\":\"%\"}]}"),
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {0};
    struct points_wanted wanted;
    struct points_doubts doubts;
    if (len == 0)
        return 0;
    enum err_kind kind =
        points_wanted_parse(str_of(formats[bytes[0] % COUNT_OF(formats)]), &wanted, &err);
    assert(kind == OK);
    AUTO(mem_drop) char *copy = mem_new(len, 1);
    memcpy(copy, bytes + 1, len - 1);
    AUTO(points_free) struct points points = {0};
    if (points_parse(copy, len - 1, &wanted, &points, &err)) {
        assert(err.text[0]);
        return 0;
    }
    // What a child reads, a parent believes.
    AUTO(buf_free) struct buf out = buf_new((size_t)1 << 30);
    AUTO(points_free) struct points back = {0};
    points_write(&points, &out);
    kind = points_read(buf_slice(&out), &back, &err);
    assert(kind == OK);
    if (points_check(&back, &doubts, &err) == OK)
        assert(doubts.doubted <= back.values);
    return 0;
}
