#include "tests/ledger/place.h"

#include "core/mem.h"
#include "ledger/raw.h"
#include "ledger/reading.h"

static struct reading_query query = {.source = "drill",
                                     .variable = "rain",
                                     .boundary_set = "two",
                                     .issued_at = {INT64_MIN},
                                     .from = {INT64_MIN},
                                     .to = {INT64_MAX}};

static struct hash put_of(struct place *place, const char *source, int64_t to_s, int32_t member,
                          int64_t issued_s, int32_t value, bool want_fresh)
{
    int32_t values[2] = {value, READING_NONE};
    uint16_t cover[2] = {READING_COVER_FULL, 0};
    struct reading reading = {.meta = {.variable = "rain",
                                       .boundary_set = "two",
                                       .valid_from = {to_s - 3600},
                                       .valid_to = {to_s},
                                       .issued_at = {issued_s},
                                       .member = member},
                              .communes = 2,
                              .value = values,
                              .cover = cover};
    (void)snprintf(reading.meta.source, sizeof(reading.meta.source), "%s", source);
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct hash hash;
    bool fresh = !want_fresh;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(reading_put(txn, &reading, &fresh, &hash, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    CHECK_INT(fresh, want_fresh);
    return hash;
}

static struct hash put(struct place *place, int64_t to_s, int32_t member, int64_t issued_s,
                       int32_t value, bool want_fresh)
{
    return put_of(place, "drill", to_s, member, issued_s, value, want_fresh);
}

static void a_corrected_step_is_a_revision(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct hash first = put(&place, 3600, MEMBER_NONE, INT64_MIN, 100, true);
    CHECK(hash_same(first, put(&place, 3600, MEMBER_NONE, INT64_MIN, 100, false)));
    CHECK(!hash_same(first, put(&place, 3600, MEMBER_NONE, INT64_MIN, 200, true)));
    ROW("back to the first value is a third revision");
    CHECK(!hash_same(first, put(&place, 3600, MEMBER_NONE, INT64_MIN, 100, true)));
    put(&place, 7200, MEMBER_NONE, INT64_MIN, 5, true);
    AUTO(readings_free) struct readings readings = {0};
    CHECK_OK(reading_load(place.ledger, &query, &readings, &place.err), place.err);
    CHECK_INT(readings.count, 2);
    CHECK_INT(readings.communes, 2);
    CHECK_INT(readings.meta[0].revision, 2);
    CHECK_INT(readings.value[0], 100);
    CHECK_INT(readings.value[1], READING_NONE);
    CHECK_INT(readings.cover[1], 0);
    CHECK_INT(readings.value[2], 5);
    CHECK_OK(readings_verify(place.ledger, &place.err), place.err);
}

static void a_window_is_open_below_and_closed_above(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    for (int64_t hour = 1; hour <= 4; hour++)
        put(&place, hour * 3600, MEMBER_NONE, INT64_MIN, (int32_t)hour, true);
    struct reading_query part = query;
    part.from.s = 3600;
    part.to.s = 3 * 3600;
    AUTO(readings_free) struct readings readings = {0};
    CHECK_OK(reading_load(place.ledger, &part, &readings, &place.err), place.err);
    CHECK_INT(readings.count, 2);
    CHECK_INT(readings.value[0], 2);
    AUTO(mem_drop) struct utc *steps = NULL;
    size_t count = 0;
    CHECK_OK(reading_steps(place.ledger, &part, &steps, &count, &place.err), place.err);
    CHECK_INT(count, 3);
    CHECK_INT(steps[0].s, 7200);
}

static void forecasts_stand_apart_from_observations(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    put(&place, 3600, MEMBER_NONE, INT64_MIN, 1, true);
    for (int32_t member = 0; member < 3; member++) {
        put(&place, 3600, member, 0, 10 + member, true);
        put(&place, 7200, member, 1800, 20 + member, true);
    }
    AUTO(mem_drop) struct utc *runs = NULL;
    size_t count = 0;
    CHECK_OK(reading_runs(place.ledger, &query, &runs, &count, &place.err), place.err);
    CHECK_INT(count, 2);
    CHECK_INT(runs[0].s, 0);
    CHECK_INT(runs[1].s, 1800);
    struct reading_query run = query;
    run.issued_at = runs[1];
    AUTO(readings_free) struct readings readings = {0};
    CHECK_OK(reading_load(place.ledger, &run, &readings, &place.err), place.err);
    CHECK_INT(readings.count, 3);
    CHECK_INT(readings.meta[2].member, 2);
    struct utc newest;
    CHECK_OK(reading_newest(place.ledger, "drill", &newest, &place.err), place.err);
    CHECK_INT(newest.s, 3600);
    CHECK_INT(reading_newest(place.ledger, "none", &newest, &place.err), ERR_MISSING);
}

static void the_basis_is_the_hash_of_what_was_used(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(readings_free) struct readings none = {0};
    AUTO(readings_free) struct readings one = {0};
    put(&place, 3600, MEMBER_NONE, INT64_MIN, 1, true);
    CHECK_OK(reading_load(place.ledger, &query, &one, &place.err), place.err);
    struct hash before = readings_basis(&one);
    CHECK(!hash_same(before, readings_basis(&none)));
    readings_free(&one);
    put(&place, 3600, MEMBER_NONE, INT64_MIN, 2, true);
    CHECK_OK(reading_load(place.ledger, &query, &one, &place.err), place.err);
    CHECK(!hash_same(before, readings_basis(&one)));
}

// What a decision on two sources stood on comes back by name as both, also when each is one step.
static void the_same_step_of_two_sources_is_two_readings(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(readings_free) struct readings named = {0};
    struct hash names[] = {
        put_of(&place, "drill", 3600, MEMBER_NONE, INT64_MIN, 1, true),
        put_of(&place, "other", 3600, MEMBER_NONE, INT64_MIN, 2, true),
    };
    CHECK_OK(reading_load_named(place.ledger, names, 2, &named, &place.err), place.err);
    CHECK_INT(named.count, 2);
    CHECK_TEXT(named.meta[0].source, "drill");
    CHECK_TEXT(named.meta[1].source, "other");
    CHECK_INT(named.value[0], 1);
    CHECK_INT(named.value[2], 2);
}

static void raw_files_arrive_in_order_and_are_settled(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(ledger_undo) struct txn *txn = NULL;
    char url[] = "file:season/a.nc";
    struct raw raw = {.hash = hash_of(STR("a")), .source = "drill", .url = url, .bytes = 1};
    bool fresh = false, known = false;
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(raw_put(txn, &raw, &fresh, &place.err), place.err);
    CHECK(fresh);
    CHECK_OK(raw_put(txn, &raw, &fresh, &place.err), place.err);
    CHECK(!fresh);
    raw.hash = hash_of(STR("b"));
    CHECK_OK(raw_put(txn, &raw, &fresh, &place.err), place.err);
    CHECK_OK(raw_settle(txn, raw.hash, "drill", RAW_REFUSED, "truncated", 9, &place.err),
             place.err);
    CHECK_INT(raw_settle(txn, hash_of(STR("c")), "drill", RAW_READ, "", 9, &place.err),
              ERR_MISSING);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    CHECK_OK(raw_known_url(place.ledger, "drill", url, &known, &place.err), place.err);
    CHECK(known);
    CHECK_OK(raw_known_url(place.ledger, "other", url, &known, &place.err), place.err);
    CHECK(!known);
    AUTO(raws_free) struct raws refused = {0};
    AUTO(raws_free) struct raws waiting = {0};
    CHECK_OK(raw_list(place.ledger, NULL, RAW_REFUSED, 0, &refused, &place.err), place.err);
    CHECK_INT(refused.count, 1);
    CHECK_TEXT(refused.at[0].why, "truncated");
    CHECK_INT(refused.at[0].entry, 9);
    CHECK_OK(raw_list(place.ledger, "drill", RAW_FETCHED, 0, &waiting, &place.err), place.err);
    CHECK_INT(waiting.count, 1);
    CHECK_INT(waiting.at[0].position, 1);
}

static void a_boundary_set_never_changes(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct commune communes[2] = {
        {.code = "01", .name = "A", .zone = "", .area_km2 = 1.5, .shape = STR("shape")},
        {.code = "02", .name = "B", .zone = "z", .area_km2 = 2.5, .shape = STR("a\0b")}};
    struct boundary_set set = {.name = "two", .count = 2, .commune = communes};
    bool fresh = false;
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    CHECK(fresh);
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    CHECK(!fresh);
    communes[1].shape = STR("other");
    CHECK_INT(boundary_set_put(place.map, &set, &fresh, &place.err), ERR_REFUSED);
    CHECK_HAS(place.err.text, "never changes");
    AUTO(boundary_set_free) struct boundary_set *back = NULL;
    CHECK_OK(boundary_set_load(place.map, "two", true, &back, &place.err), place.err);
    CHECK_INT(back->count, 2);
    CHECK_INT(back->commune[1].shape.len, 3);
    CHECK_NEAR(back->commune[1].area_km2, 2.5, 0);
    CHECK_INT(boundary_set_find(back, "02"), 1);
    CHECK(boundary_set_find(back, "2") == SIZE_MAX);
    boundary_set_free(&back);
    CHECK_INT(boundary_set_load(place.map, "three", true, &back, &place.err), ERR_MISSING);
    CHECK_HAS(place.err.text, "gong boundary import");
    struct hash a = hash_of(STR("a")), b = hash_of(STR("b")), got;
    AUTO(buf_free) struct buf bytes = buf_new(100);
    CHECK_INT(map_weights_get(place.map, a, b, &got, &bytes, &place.err), ERR_MISSING);
    CHECK_OK(map_weights_put(place.map, a, b, a, STR("w\0w"), &place.err), place.err);
    CHECK_OK(map_weights_get(place.map, a, b, &got, &bytes, &place.err), place.err);
    CHECK_INT(bytes.len, 3);
    CHECK(hash_same(got, a));
}

TEST_MAIN(cmocka_unit_test(a_corrected_step_is_a_revision),
          cmocka_unit_test(a_window_is_open_below_and_closed_above),
          cmocka_unit_test(forecasts_stand_apart_from_observations),
          cmocka_unit_test(the_basis_is_the_hash_of_what_was_used),
          cmocka_unit_test(the_same_step_of_two_sources_is_two_readings),
          cmocka_unit_test(raw_files_arrive_in_order_and_are_settled),
          cmocka_unit_test(a_boundary_set_never_changes))
