// The typhoon of the drill: its track between the known points, its wind and rain by formula, and
// the places that it falls on.
#include "tests/check.h"

#include "data/season/rain.h"
#include "data/season/table.h"
#include "data/season/thiessen.h"
#include "data/season/track.h"
#include "data/season/wind.h"

static struct utc at(const char *text)
{
    struct err err = {0};
    struct utc time;
    CHECK_OK(utc_parse(str_of(text), &time, &err), err);
    return time;
}

static const struct track_row {
    const char *name, *time;
    double latitude, longitude, wind_kt;
} track_rows[] = {
    {"a known point is itself", "2024-09-07T06:00Z", 21.0, 107.0, 90},
    {"half way between two points", "2024-09-07T09:00Z", 21.0, 106.5, 72.5},
    {"a third of the way", "2024-09-07T02:00Z", 20.6, 108.1 - 1.1 / 3, 85 + 5.0 / 3},
    {"before the first point it stands there", "2024-01-01", 12.1, 128.9, 25},
    {"after the last point it stands there", "2025-01-01", 21.7, 100.7, 25},
    {"a wind that nobody gave is a weak one", "2024-09-08T12:00Z", 21.6, 104.1, 25},
};

static void test_track(void **state)
{
    (void)state;
    struct err err = {0};
    static struct fix fix[FIXES_MAX];
    size_t count = 0;
    CHECK_OK(fixes_load(fix, &count, &err), err);
    CHECK_INT(count, 37);
    for (size_t i = 0; i < COUNT_OF(track_rows); i++) {
        const struct track_row *row = &track_rows[i];
        ROW(row->name);
        struct storm storm = track_at(fix, count, at(row->time));
        CHECK_NEAR(storm.latitude, row->latitude, 1e-9);
        CHECK_NEAR(storm.longitude, row->longitude, 1e-9);
        CHECK_NEAR(storm.wind_kt, row->wind_kt, 1e-9);
    }
}

static const struct distance_row {
    const char *name;
    double latitude_a, longitude_a, latitude_b, longitude_b, km;
} distance_rows[] = {
    {"no way at all", 22, 105, 22, 105, 0},
    {"one degree of latitude", 22, 105, 23, 105, 111.1949},
    {"one degree of longitude at 60 north is half of one at the equator", 60, 10, 60, 11, 55.5934},
    {"half around", 0, 0, 0, 180, 20015.087},
};

static void test_distance(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(distance_rows); i++) {
        const struct distance_row *row = &distance_rows[i];
        ROW(row->name);
        CHECK_NEAR(
            distance_km(row->latitude_a, row->longitude_a, row->latitude_b, row->longitude_b),
            row->km, 0.01);
    }
}

// Worked by hand from table 2 (NHC) of Tuleya and others 2007: at 35 kt u = 1, at 68 kt u = 2.
static const struct rain_row {
    const char *name;
    double wind_kt, km, inch_day;
} rain_rows[] = {
    {"35 kt at the centre: -1.10 + 3.96", 35, 0, 2.86},
    {"35 kt where it rains most: -1.60 + 4.80 at 51.5 km", 35, 51.5, 3.20},
    {"35 kt half way to there", 35, 25.75, 3.03},
    {"35 kt one e-folding further: 51.5 + 134 km", 35, 185.5, 3.20 / 2.718281828459045},
    {"68 kt at the centre", 68, 0, 6.82},
    {"68 kt where it rains most: 38.5 km", 68, 38.5, 8.00},
    {"68 kt two e-foldings further: 38.5 + 2 x 118 km", 68, 274.5, 8.00 * 0.1353352832366127},
    {"a breath of wind rains nothing, never less", 5, 0, 0},
};

static void test_rain(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rain_rows); i++) {
        const struct rain_row *row = &rain_rows[i];
        ROW(row->name);
        struct rain_profile profile = rain_profile_of(row->wind_kt);
        CHECK_NEAR(rain_rate_mm_h(&profile, row->km), row->inch_day * 25.4 / 24, 1e-9);
    }
}

// v = vm sqrt((rm/r)^b exp(1 - (rm/r)^b)), worked by hand.
static const struct wind_row {
    const char *name;
    double max_m_s, radius_km, shape, km, m_s;
} wind_rows[] = {
    {"the greatest wind is at its radius", 40, 45, 1.3, 45, 40},
    {"the eye is calm", 40, 45, 1.3, 0, 0},
    {"b = 1 at twice the radius: sqrt(0.5 exp(0.5))", 40, 45, 1, 90, 40 * 0.9079430793},
    {"b = 2 at twice the radius: sqrt(0.25 exp(0.75))", 40, 45, 2, 90, 40 * 0.7274957073},
    {"b = 1 at half the radius: sqrt(2 exp(-1))", 40, 45, 1, 22.5, 40 * 0.8577638849},
};

static void test_wind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wind_rows); i++) {
        const struct wind_row *row = &wind_rows[i];
        ROW(row->name);
        CHECK_NEAR(wind_holland_m_s(row->max_m_s, row->radius_km, row->shape, row->km), row->m_s,
                   1e-7);
    }
    ROW("a knot is 1852 m an hour");
    CHECK_NEAR(wind_m_s_of_kt(100), 51.4444, 1e-4);
}

static void test_cells(void **state)
{
    (void)state;
    static const struct point site[] = {{1, 1}, {3, 1}, {2, 3}, {2.5, 2.5}, {0.5, 3}};
    struct cell box, cell;
    double sum = 0;
    cell_box(site, COUNT_OF(site), 0.5, &box);
    ROW("the box is the sites' and the margin");
    CHECK_NEAR(cell_area(&box), 3.5 * 3, 1e-12);
    ROW("cells fill the box and do not overlap");
    for (size_t i = 0; i < COUNT_OF(site); i++) {
        thiessen_cell(site, COUNT_OF(site), i, &box, &cell);
        CHECK(cell_area(&cell) > 0);
        sum += cell_area(&cell);
    }
    CHECK_NEAR(sum, cell_area(&box), 1e-12);
    ROW("two sites share the box at the line half way");
    cell_box(site, 2, 1, &box);
    thiessen_cell(site, 2, 0, &box, &cell);
    CHECK_NEAR(cell_area(&cell), 4, 1e-12);
    ROW("one site has all of it");
    thiessen_cell(site, 1, 0, &box, &cell);
    CHECK_NEAR(cell_area(&cell), cell_area(&box), 1e-12);
}

static void test_places(void **state)
{
    (void)state;
    struct err err = {0};
    static struct place place[PLACES_MAX];
    size_t count = 0, bac_kan = 0, dak_nong = 0;
    CHECK_OK(places_load(place, &count, &err), err);
    for (size_t i = 0; i < count; i++) {
        ROW(place[i].code);
        CHECK_INT(strlen(place[i].code), 5);
        CHECK(i == 0 || strcmp(place[i - 1].code, place[i].code) < 0);
        bac_kan += strcmp(place[i].zone, "former-bac-kan") == 0;
        dak_nong += strcmp(place[i].zone, "former-dak-nong") == 0;
    }
    ROW("37 communes of former Bắc Kạn, 28 of former Đắk Nông");
    CHECK_INT(bac_kan, 37);
    CHECK_INT(dak_nong, 28);
    CHECK_INT(count, 65);
}

TEST_MAIN(cmocka_unit_test(test_track), cmocka_unit_test(test_distance),
          cmocka_unit_test(test_rain), cmocka_unit_test(test_wind), cmocka_unit_test(test_cells),
          cmocka_unit_test(test_places))
