#include "tests/ledger/place.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/station.h"
#include "ledger/track.h"

static size_t put_station(struct place *place, const char *code, int32_t latitude, unsigned flags)
{
    struct station station = {.name = "", .latitude_micro = latitude, .longitude_micro = latitude};
    (void)snprintf(station.code, sizeof(station.code), "%s", code);
    station.flags = flags;
    size_t at = SIZE_MAX;
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(station_put(txn, "gauges", &station, &at, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return at;
}

static struct hash put_step(struct place *place, int64_t to_s, const int32_t *value,
                            const uint16_t *cover, size_t count)
{
    struct reading reading = {.meta = {.source = "gauges",
                                       .variable = "rain",
                                       .boundary_set = STATION_SET,
                                       .valid_from = {to_s - DAY_S},
                                       .valid_to = {to_s},
                                       .issued_at = UTC_NEVER,
                                       .member = MEMBER_NONE},
                              .communes = count,
                              .value = value,
                              .cover = cover};
    return place_keep(place, &reading);
}

static void stations_keep_their_places(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    ROW("places are given in the order of arrival, and kept");
    CHECK_INT(put_station(&place, "Ky Anh", STATION_NOWHERE, 0), 0);
    CHECK_INT(put_station(&place, "An Khe", 13950000, 0), 1);
    CHECK_INT(put_station(&place, "Ky Anh", 18070000, STATION_DUPLICATE), 0);
    ROW("a position that was not known is taken over, one that was known stays; flags are added");
    CHECK_INT(put_station(&place, "Ky Anh", 1, STATION_SCRAMBLED), 0);
    AUTO(stations_free) struct stations stations = {0};
    CHECK_OK(station_list(place.ledger, "gauges", &stations, &place.err), place.err);
    CHECK_INT(stations.count, 2);
    CHECK_TEXT(stations.at[0].code, "Ky Anh");
    CHECK_INT(stations.at[0].latitude_micro, 18070000);
    CHECK_INT(stations.at[0].flags, STATION_DUPLICATE | STATION_SCRAMBLED);
    CHECK_INT(stations.at[1].flags, 0);
    ROW("the list of the first place is not the list of both");
    CHECK(!hash_same(stations_hash(&stations, 1), stations_hash(&stations, 2)));
}

static void readings_of_named_stations(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    put_station(&place, "A", 1, 0);
    put_step(&place, DAY_S, (const int32_t[]){1000}, (const uint16_t[]){10000}, 1);
    put_station(&place, "B", 2, 0);
    struct hash second =
        put_step(&place, 2 * DAY_S, (const int32_t[]){2000, 3000}, (const uint16_t[]){10000, 0}, 2);
    const char *const both[] = {"B", "A"};
    struct station_choice choice = {"gauges", both, 2};
    struct reading_query query = {
        .variable = "rain", .issued_at = UTC_NEVER, .from = {INT64_MIN}, .to = {INT64_MAX}};
    AUTO(readings_free) struct readings readings = {0};
    CHECK_OK(station_load(place.ledger, &choice, &query, &readings, &place.err), place.err);
    CHECK_INT(readings.count, 2);
    CHECK_INT(readings.communes, 2);
    ROW("a station that was not known then was not observed");
    CHECK_INT(readings.value[0], READING_NONE);
    CHECK_INT(readings.cover[0], 0);
    CHECK_INT(readings.value[1], 1000);
    CHECK_INT(readings.cover[1], 10000);
    ROW("a doubted value is kept, with no coverage");
    CHECK_INT(readings.value[2], 3000);
    CHECK_INT(readings.cover[2], 0);
    CHECK_INT(readings.value[3], 2000);
    ROW("by name");
    AUTO(readings_free) struct readings named = {0};
    CHECK_OK(station_load_named(place.ledger, &choice, &second, 1, &named, &place.err), place.err);
    CHECK_INT(named.count, 1);
    CHECK_INT(named.value[1], 2000);
    CHECK(hash_same(named.hash[0], second));
    ROW("a station that is not there");
    const char *const none[] = {"C"};
    struct station_choice wrong = {"gauges", none, 1};
    CHECK_INT(station_load(place.ledger, &wrong, &query, &named, &place.err), ERR_MISSING);
    CHECK_HAS(place.err.text, "source gauges has no station \"C\"; gong ingest stations");
}

static void the_newest_step_is_found(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    put_step(&place, DAY_S, (const int32_t[]){1}, (const uint16_t[]){10000}, 1);
    put_step(&place, DAY_S, (const int32_t[]){1, 7}, (const uint16_t[]){10000, 10000}, 2);
    struct reading_meta key = {.source = "gauges",
                               .variable = "rain",
                               .boundary_set = STATION_SET,
                               .valid_to = {DAY_S},
                               .issued_at = UTC_NEVER,
                               .member = MEMBER_NONE};
    AUTO(mem_drop) int32_t *value = NULL;
    AUTO(mem_drop) uint16_t *cover = NULL;
    size_t count = 0;
    bool found = false;
    CHECK_OK(reading_newest_step(place.ledger, &key, &found, &value, &cover, &count, &place.err),
             place.err);
    CHECK(found);
    CHECK_INT(count, 2);
    CHECK_INT(value[1], 7);
    CHECK_INT(cover[1], 10000);
    key.valid_to.s++;
    CHECK_OK(reading_newest_step(place.ledger, &key, &found, &value, &cover, &count, &place.err),
             place.err);
    CHECK(!found);
}

static struct hash put_track(struct place *place, const char *storm, int64_t issued_s,
                             int64_t first_s, size_t count, bool want_fresh)
{
    struct track_fix fix[4];
    for (size_t i = 0; i < count; i++)
        fix[i] = (struct track_fix){.at = {first_s + (int64_t)i * 6 * HOUR_S},
                                    .latitude_milli = 17000 + (int32_t)i,
                                    .longitude_milli = 108000,
                                    .wind_milli = 30867,
                                    .gust_milli = TRACK_NONE,
                                    .wind_average_s = 600,
                                    .pressure_pa = 97000,
                                    .radius_34_m = TRACK_NONE,
                                    .radius_50_m = TRACK_NONE};
    struct track track = {.source = "jma",
                          .name = "DAMREY",
                          .raw = {{1}},
                          .issued_at = {issued_s},
                          .member = MEMBER_NONE,
                          .count = count,
                          .fix = fix};
    (void)snprintf(track.storm, sizeof(track.storm), "%s", storm);
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct hash hash;
    bool fresh = !want_fresh;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(track_put(txn, &track, &fresh, &hash, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    CHECK_INT(fresh, want_fresh);
    return hash;
}

static void tracks_come_back(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    put_track(&place, "1723", INT64_MIN, 0, 3, true);
    put_track(&place, "1723", INT64_MIN, 0, 3, false);
    ROW("a track that grew is a revision");
    struct hash grown = put_track(&place, "1723", INT64_MIN, 0, 4, true);
    put_track(&place, "1724", INT64_MIN, 40 * HOUR_S, 2, true);
    put_track(&place, "1723", 12 * HOUR_S, 12 * HOUR_S, 2, true);
    put_track(&place, "1723", 18 * HOUR_S, 18 * HOUR_S, 2, true);
    static const struct {
        const char *name;
        int64_t issued_s, from_s, to_s;
        size_t count;
    } rows[] = {
        {"everything", INT64_MIN, INT64_MIN, INT64_MAX, 2},
        {"the window begins when the first storm ends", INT64_MIN, 18 * HOUR_S, INT64_MAX, 1},
        {"a second before", INT64_MIN, 18 * HOUR_S - 1, INT64_MAX, 2},
        {"the window ends before the second begins", INT64_MIN, -1, 40 * HOUR_S - 1, 1},
        {"the window ends as the second begins", INT64_MIN, -1, 40 * HOUR_S, 2},
        {"one forecast", 12 * HOUR_S, INT64_MIN, INT64_MAX, 1},
        {"a run that is not there", 13 * HOUR_S, INT64_MIN, INT64_MAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct track_query query = {"jma", {rows[i].issued_s}, {rows[i].from_s}, {rows[i].to_s}};
        AUTO(tracks_free) struct tracks tracks = {0};
        CHECK_OK(track_load(place.ledger, &query, &tracks, &place.err), place.err);
        CHECK_INT(tracks.count, rows[i].count);
    }
    ROW("the newest revision, whole");
    AUTO(tracks_free) struct tracks named = {0};
    CHECK_OK(track_load_named(place.ledger, &grown, 1, &named, &place.err), place.err);
    CHECK_INT(named.at[0].revision, 1);
    CHECK_INT(named.at[0].count, 4);
    CHECK_INT(named.at[0].fix[3].latitude_milli, 17003);
    CHECK_TEXT(named.at[0].name, "DAMREY");
    ROW("runs");
    AUTO(mem_drop) struct utc *runs = NULL;
    size_t count = 0;
    CHECK_OK(track_runs(place.ledger, "jma", UTC_NEVER, &runs, &count, &place.err), place.err);
    CHECK_INT(count, 2);
    CHECK_INT(runs[1].s, 18 * HOUR_S);
    AUTO(mem_drop) struct hash *names = NULL;
    CHECK_OK(track_names(place.ledger, &names, &count, &place.err), place.err);
    CHECK_INT(count, 5);
    CHECK_OK(tracks_verify(place.ledger, &place.err), place.err);
    ROW("a track that is not there");
    struct hash nothing = {{0}};
    CHECK_INT(track_load_named(place.ledger, &nothing, 1, &named, &place.err), ERR_MISSING);
}

static void a_changed_track_is_found(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    put_track(&place, "1723", INT64_MIN, 0, 3, true);
    static const char *const edits[] = {
        "UPDATE track SET storm = '1722'",        "UPDATE track SET name = ''",
        "UPDATE track SET issued_at = 0",         "UPDATE track SET member = 3",
        "UPDATE track SET revision = 1",          "UPDATE track SET fixes = zeroblob(144)",
        "UPDATE track SET fixes = zeroblob(145)", "UPDATE track SET raw = zeroblob(32)",
    };
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        ROW(edits[i]);
        CHECK_OK(db_begin(ledger_db(place.ledger), DB_WRITE, &place.err), place.err);
        CHECK_OK(db_run(ledger_db(place.ledger), edits[i], &place.err), place.err);
        CHECK_INT(tracks_verify(place.ledger, &place.err), ERR_BROKEN);
        db_undo(ledger_db(place.ledger));
    }
}

TEST_MAIN(cmocka_unit_test(stations_keep_their_places),
          cmocka_unit_test(readings_of_named_stations), cmocka_unit_test(the_newest_step_is_found),
          cmocka_unit_test(tracks_come_back), cmocka_unit_test(a_changed_track_is_found))
