// Readings that are made of storm tracks: where the centre is between fixes, how far it is, where
// no storm is, and how far a source has come.
#include "triggers/storm.h"

#include "core/mem.h"
#include "core/sphere.h"
#include "ledger/centre.h"
#include "ledger/reading.h"
#include "ledger/track.h"
#include "tests/check.h"

#define H(hours) ((int64_t)(hours)*HOUR_S)

static struct track_fix fixes[][4] = {
    // six hours from 12 N 110 E to 12 N 107 E, then a day and more without a fix
    {{{H(2)}, 12000, 110000, 30000, TRACK_NONE, 600, TRACK_NONE, TRACK_NONE, TRACK_NONE, 0},
     {{H(8)}, 12000, 107000, 18000, TRACK_NONE, 600, TRACK_NONE, TRACK_NONE, TRACK_NONE, 0},
     {{H(34)}, 12000, 100000, 18000, TRACK_NONE, 600, TRACK_NONE, TRACK_NONE, TRACK_NONE, 0}},
    // over the date line, its wind not told at the end
    {{{H(2)}, 0, 179500, 20000, TRACK_NONE, 600, TRACK_NONE, TRACK_NONE, TRACK_NONE, 0},
     {{H(4)}, 0, -179500, TRACK_NONE, TRACK_NONE, 600, TRACK_NONE, TRACK_NONE, TRACK_NONE, 0}},
};

static struct track track_of(size_t i, size_t count, int32_t member)
{
    return (struct track){
        .issued_at = UTC_NEVER, .member = member, .count = count, .fix = fixes[i]};
}

// The value of the step that ends at `hour`, and how long it is.
static int32_t value_at(const struct readings *readings, const char *variable, int32_t member,
                        int64_t hour, int64_t *span_s)
{
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        if (strcmp(meta->variable, variable) != 0 || meta->member != member ||
            meta->valid_from.s >= H(hour) || meta->valid_to.s < H(hour))
            continue;
        *span_s = meta->valid_to.s - meta->valid_from.s;
        CHECK_TEXT(meta->boundary_set, STORM_SET);
        CHECK_INT(readings->cover[i * readings->communes],
                  readings->value[i * readings->communes] == READING_NONE ? 0 : READING_COVER_FULL);
        return readings->value[i * readings->communes];
    }
    CHECK_FAILED("no step of %s ends at hour %lld", variable, (long long)hour);
    return 0;
}

static void test_steps(void **state)
{
    (void)state;
    static const struct storm_point at = {12, 108};
    static const struct {
        const char *name;
        int64_t hour;
        double longitude; // of the centre, NAN: away
        int32_t wind;
        int64_t span_s;
    } rows[] = {
        {"before the first fix", 1, NAN, 0, H(1)},
        {"at the first fix", 2, 110, 30000, H(1)},
        {"half way", 5, 108.5, 24000, H(1)},
        {"five sixths of the way", 7, 107.5, 20000, H(1)},
        {"at the second fix", 8, 107, 18000, H(1)},
        {"after the last", 9, NAN, 0, H(16)},
        {"the rest of the day is one step", 24, NAN, 0, H(16)},
        {"and the next day another", 25, NAN, 0, H(24)},
    };
    struct track track = track_of(0, 2, MEMBER_NONE);
    struct tracks tracks = {&track, 1};
    struct storm_query query = {"s", UTC_NEVER, {0}, {H(60)}, true, NULL, &at, 1};
    AUTO(readings_free) struct readings readings = {0};
    storm_readings(&tracks, &query, &readings);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        int64_t span_s;
        int32_t distance =
            value_at(&readings, "storm_distance", MEMBER_NONE, rows[i].hour, &span_s);
        CHECK_INT(span_s, rows[i].span_s);
        CHECK_NEAR(distance / 1000.0,
                   isnan(rows[i].longitude) ? STORM_AWAY_MILLI / 1000.0
                                            : sphere_km(12, rows[i].longitude, 12, 108),
                   0.0006);
        CHECK_INT(value_at(&readings, "storm_wind", MEMBER_NONE, rows[i].hour, &span_s),
                  rows[i].wind);
    }
    ROW("the steps of each variable follow one another from end to end");
    struct utc at_s[2] = {{0}, {0}};
    for (size_t i = 0; i < readings.count; i++) {
        struct utc *next = &at_s[strcmp(readings.meta[i].variable, "storm_wind") == 0];
        CHECK_INT(readings.meta[i].valid_from.s, next->s);
        *next = readings.meta[i].valid_to;
    }
    CHECK_INT(at_s[0].s, H(60));
    CHECK_INT(at_s[1].s, H(60));
}

static void test_gaps(void **state)
{
    (void)state;
    static const struct storm_point at = {12, 108}, line = {0, 180};
    int64_t span_s;
    ROW("fixes more than a day apart say nothing of the time between");
    struct track track = track_of(0, 3, MEMBER_NONE);
    struct tracks tracks = {&track, 1};
    struct storm_query query = {"s", UTC_NEVER, {0}, {H(40)}, true, NULL, &at, 1};
    AUTO(readings_free) struct readings far = {0};
    storm_readings(&tracks, &query, &far);
    CHECK_INT(value_at(&far, "storm_distance", MEMBER_NONE, 20, &span_s), READING_NONE);
    CHECK_INT(value_at(&far, "storm_wind", MEMBER_NONE, 20, &span_s), READING_NONE);
    CHECK(value_at(&far, "storm_distance", MEMBER_NONE, 34, &span_s) > 800000);

    ROW("over the date line, and a wind that is not told");
    struct track other = track_of(1, 2, MEMBER_NONE);
    struct tracks over = {&other, 1};
    query.point = &line;
    AUTO(readings_free) struct readings east = {0};
    storm_readings(&over, &query, &east);
    CHECK_INT(value_at(&east, "storm_distance", MEMBER_NONE, 3, &span_s), 0);
    CHECK_INT(value_at(&east, "storm_wind", MEMBER_NONE, 3, &span_s), READING_NONE);
    CHECK_INT(value_at(&east, "storm_wind", MEMBER_NONE, 2, &span_s), 20000);

    ROW("not waited for, best tracks are known up to their last fix");
    query.waited = false;
    AUTO(readings_free) struct readings half = {0};
    storm_readings(&over, &query, &half);
    CHECK_INT(half.meta[half.count - 1].valid_to.s, H(4));

    ROW("a forecast is known as far as it is asked for");
    query.issued_at = (struct utc){0};
    AUTO(readings_free) struct readings forecast = {0};
    storm_readings(&over, &query, &forecast);
    CHECK_INT(forecast.meta[forecast.count - 1].valid_to.s, H(40));

    ROW("a source that never spoke says nothing");
    struct tracks none = {NULL, 0};
    AUTO(readings_free) struct readings nothing = {0};
    storm_readings(&none, &query, &nothing);
    CHECK_INT(nothing.count, 0);
}

static void test_box_and_members(void **state)
{
    (void)state;
    static const struct storm_point at[] = {{12, 108}, {60, 0}};
    static const struct storm_box box = {108000, 109000, 11000, 12000};
    struct track track[] = {track_of(0, 2, 0), track_of(1, 2, 1)};
    struct tracks tracks = {track, 2};
    struct storm_query query = {"s", {0}, {0}, {H(12)}, false, &box, at, 2};
    AUTO(readings_free) struct readings readings = {0};
    storm_readings(&tracks, &query, &readings);
    int64_t span_s;
    ROW("the centre in the box, on its border, beside it: the same for every commune");
    CHECK_INT(value_at(&readings, "storm_distance", 0, 5, &span_s), 0);
    CHECK_INT(value_at(&readings, "storm_distance", 0, 6, &span_s), 0); // 108 E, 12 N
    CHECK_INT(value_at(&readings, "storm_distance", 0, 3, &span_s), STORM_AWAY_MILLI);
    CHECK_INT(value_at(&readings, "storm_wind", 0, 5, &span_s), 24000);
    CHECK_INT(readings.communes, 2);
    for (size_t i = 0; i < readings.count; i++)
        CHECK_INT(readings.value[2 * i], readings.value[2 * i + 1]);
    ROW("the other member's storm is never there");
    CHECK_INT(value_at(&readings, "storm_distance", 1, 5, &span_s), STORM_AWAY_MILLI);
}

// Little-endian WKB of a square, with a square hole in its east half or without.
static void put_ring(struct buf *out, double west, double south, double size)
{
    const uint32_t points = 5;
    const double xy[] = {west,         south, west + size,  south, west + size,
                         south + size, west,  south + size, west,  south};
    buf_add(out, &points, sizeof(points));
    buf_add(out, xy, sizeof(xy));
}

static void test_centre(void **state)
{
    (void)state;
    const uint8_t order = 1;
    const uint32_t kind = 3, one = 1, two = 2;
    double latitude = 0, longitude = 0;
    AUTO(buf_free) struct buf plain = buf_new(1000), holed = buf_new(1000);
    buf_add(&plain, &order, 1);
    buf_add(&plain, &kind, 4);
    buf_add(&plain, &one, 4);
    put_ring(&plain, 105, 20, 2);
    CHECK(centre_of_shape(buf_slice(&plain), &latitude, &longitude));
    CHECK_NEAR(latitude, 21, 1e-12);
    CHECK_NEAR(longitude, 106, 1e-12);
    ROW("a hole moves it to the other side");
    buf_add(&holed, &order, 1);
    buf_add(&holed, &kind, 4);
    buf_add(&holed, &two, 4);
    put_ring(&holed, 105, 20, 2);
    put_ring(&holed, 106, 20.5, 1);
    CHECK(centre_of_shape(buf_slice(&holed), &latitude, &longitude));
    CHECK_NEAR(latitude, 21, 1e-12);
    CHECK_NEAR(longitude, 106 - 0.5 / 3, 1e-12);
    ROW("cut off, or longer than it says");
    for (size_t len = 0; len < plain.len; len++)
        CHECK(!centre_of_shape((struct str){plain.at, len}, &latitude, &longitude));
    buf_char(&plain, 0);
    CHECK(!centre_of_shape(buf_slice(&plain), &latitude, &longitude));
}

TEST_MAIN(cmocka_unit_test(test_steps), cmocka_unit_test(test_gaps),
          cmocka_unit_test(test_box_and_members), cmocka_unit_test(test_centre))
