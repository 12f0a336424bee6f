#include "ingest/geojson.h"

#include "core/file.h"
#include "ingest/rings.h"
#include "tests/check.h"

#define SQUARE "[[[105,20],[106,20],[106,21],[105,21],[105,20]]]"
#define POLYGON(coordinates) "{\"type\":\"Polygon\",\"coordinates\":" coordinates "}"
#define MULTI(coordinates) "{\"type\":\"MultiPolygon\",\"coordinates\":" coordinates "}"
#define FEATURE(properties, geometry)                                                              \
    "{\"type\":\"Feature\",\"properties\":" properties ",\"geometry\":" geometry "}"
#define WHOLE(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define NAMED(code, name) "{\"code\":\"" code "\",\"name\":\"" name "\",\"zone\":\"z\"}"
#define ONE(geometry) WHOLE(FEATURE(NAMED("00004", "A"), geometry))
#define IN_CRS(crs)                                                                                \
    "{\"type\":\"FeatureCollection\",\"crs\":" crs                                                 \
    ",\"features\":[" FEATURE(NAMED("00004", "A"), POLYGON(SQUARE)) "]}"
#define CRS(name) IN_CRS("{\"type\":\"name\",\"properties\":{\"name\":\"" name "\"}}")
#define RING(ring) ONE(POLYGON("[" ring "]"))

static const struct geojson_keys keys = {"code", "name", "zone"};

// One degree by one degree from 20 to 21 north: R^2 x (1 degree) x (sin 21 - sin 20).
static double square_km2(double width, double south, double north)
{
    double radians = M_PI / 180;
    return 6371.0072 * 6371.0072 * width * radians * (sin(north * radians) - sin(south * radians));
}

static const struct {
    const char *name, *text;
    double width; // of an area between 20 and 21 north that is as large
    size_t rings, notes;
    const char *note;
} good[] = {
    {"a square", ONE(POLYGON(SQUARE)), 1, 1, 0, NULL},
    {"a square that says what goes without saying", CRS("urn:ogc:def:crs:OGC:1.3:CRS84"), 1, 1, 0,
     NULL},
    {"or says it in another way", CRS("urn:ogc:def:crs:EPSG::4326"), 1, 1, 0, NULL},
    {"the same square, with the clock", RING("[[105,20],[105,21],[106,21],[106,20],[105,20]]"), 1,
     1, 0, NULL},
    {"heights are left out", RING("[[105,20,7],[106,20,7],[106,21,7],[105,21,7],[105,20,9]]"), 1, 1,
     0, NULL},
    {"a hole that touches its ring three times parts it in three",
     ONE(POLYGON("[[[105,20],[106,20],[106,21],[105,21],[105,20]],"
                 "[[105.25,20],[105.5,20.5],[105.25,21],[105,20.5],[105.25,20]]]")),
     NAN, 3, 1, "repaired"},
    {"an island and its mainland",
     ONE(MULTI("[" SQUARE ",[[[107,20],[107.5,20],[107.5,21],[107,21],[107,20]]]]")), 1.5, 2, 0,
     NULL},
    {"two features of one code and one name are one commune",
     WHOLE(FEATURE(NAMED("00004", "A"), POLYGON(SQUARE)) "," FEATURE(
         NAMED("00004", "A"), POLYGON("[[[107,20],[108,20],[108,21],[107,21],[107,20]]]"))),
     2, 2, 1, "joined"},
    {"a ring that crosses itself is repaired",
     RING("[[105,20],[106,21],[106,20],[105,21],[105,20]]"), NAN, 2, 1, "Self-intersection"},
    {"a spike has no area and is cut off",
     RING("[[105,20],[106,20],[106,21],[106,23],[106,21],[105,21],[105,20]]"), 1, 1, 1, "repaired"},
    {"a point that stands twice", RING("[[105,20],[106,20],[106,20],[106,21],[105,21],[105,20]]"),
     1, 1, 0, NULL},
    {"cut in two at the date line",
     ONE(MULTI("[[[[179.5,20],[180,20],[180,21],[179.5,21],[179.5,20]]],"
               "[[[-180,20],[-179.5,20],[-179.5,21],[-180,21],[-180,20]]]]")),
     1, 2, 0, NULL},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        ROW(good[i].name);
        struct err err = {0};
        AUTO(boundary_set_free) struct boundary_set *set = NULL;
        AUTO(geojson_notes_free) struct geojson_notes notes = {0};
        AUTO(rings_free) struct rings rings = {0};
        CHECK_OK(geojson_read(str_of(good[i].text), "f.json", &keys, &set, &notes, &err), err);
        CHECK_INT(set->count, 1);
        CHECK_TEXT(set->commune[0].code, "00004");
        CHECK_TEXT(set->commune[0].zone, "z");
        CHECK_OK(rings_of_wkb(set->commune[0].shape, &rings, &err), err);
        CHECK_INT(rings.count, good[i].rings);
        if (!isnan(good[i].width))
            CHECK_NEAR(set->commune[0].area_km2, square_km2(good[i].width, 20, 21), 1e-6);
        CHECK_INT(notes.count, good[i].notes);
        if (notes.count) {
            CHECK_TEXT(notes.at[0].code, "00004");
            CHECK_HAS(notes.at[0].text, good[i].note);
        }
    }
}

static void test_areas(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    static const char text[] = WHOLE(
        FEATURE("{\"code\":\"2\",\"name\":\"A\"}",
                POLYGON("[[[105,20],[106,20],[106,21],[105,21],[105,20]],"
                        "[[105.25,20.25],[105.75,20.25],[105.75,20.75],[105.25,20.75],"
                        "[105.25,20.25]]]")) "," FEATURE("{\"code\":\"10\",\"name\":\"A\"}",
                                                         POLYGON("[[[-180,-90],[0,-90],[180,-90],"
                                                                 "[180,90],[0,90],[-180,90],"
                                                                 "[-180,-90]]]")));
    struct geojson_keys no_zone = {"code", "name", NULL};
    CHECK_OK(geojson_read(str_of(text), "f.json", &no_zone, &set, &notes, &err), err);
    CHECK_INT(set->count, 2);
    CHECK_TEXT(set->commune[0].code, "10"); // sorted as text
    CHECK_TEXT(set->commune[1].zone, "");
    CHECK_NEAR(set->commune[0].area_km2, 4 * M_PI * 6371.0072 * 6371.0072, 1e-3);
    CHECK_NEAR(set->commune[1].area_km2, square_km2(1, 20, 21) - square_km2(0.5, 20.25, 20.75),
               1e-6);
}

static const struct {
    const char *name, *text, *words, *more;
} bad[] = {
    {"no JSON", "commune,code\n", "f.json", ""},
    {"no collection", POLYGON(SQUARE), "f.json is no GeoJSON FeatureCollection", ""},
    {"an empty collection", WHOLE(""), "no GeoJSON FeatureCollection with features", ""},
    {"a feature that is a number", WHOLE("7"), "no property \"code\"", "feature 1"},
    {"a code that is a number", WHOLE(FEATURE("{\"code\":4,\"name\":\"A\"}", POLYGON(SQUARE))),
     "\"00004\" keeps its zeros", "feature 1"},
    {"a code of blanks", WHOLE(FEATURE(NAMED("  ", "A"), POLYGON(SQUARE))), "\"code\" is empty",
     "feature 1"},
    {"a code that is a tale", WHOLE(FEATURE(NAMED("0000400004000040", "A"), POLYGON(SQUARE))),
     "\"code\" is too long", "feature 1"},
    {"no name", WHOLE(FEATURE("{\"code\":\"00004\",\"ten\":\"A\"}", POLYGON(SQUARE))),
     "no property \"name\"; it has code, ten", "feature 1"},
    {"no zone where zones are asked for",
     WHOLE(FEATURE("{\"code\":\"00004\",\"name\":\"A\"}", POLYGON(SQUARE))), "no property \"zone\"",
     "commune 00004"},
    {"one code, two names",
     WHOLE(FEATURE(NAMED("00004", "A"), POLYGON(SQUARE)) "," FEATURE(NAMED("00004", "B"),
                                                                     POLYGON(SQUARE))),
     "features 1 and 2 have the code 00004 but two names (A, B)", ""},
    {"VN-2000, whose numbers look the same", CRS("urn:ogc:def:crs:EPSG::4756"),
     "its coordinates are of the system \"urn:ogc:def:crs:EPSG::4756\"", "-t_srs EPSG:4326"},
    {"a system without a name", IN_CRS("null"), "\"one without a name\"", "reading f.json"},
    {"no geometry", ONE("null"), "its geometry is \"null\"", "commune 00004"},
    {"a point", ONE("{\"type\":\"Point\",\"coordinates\":[105,20]}"), "a Polygon or a MultiPolygon",
     "commune 00004"},
    {"an empty multipolygon", ONE(MULTI("[]")), "geometry is empty", "commune 00004"},
    {"a polygon without rings", ONE(POLYGON("[]")), "has no rings", "commune 00004"},
    {"coordinates that are none", ONE("{\"type\":\"Polygon\"}"), "has no rings", "commune 00004"},
    {"three positions", RING("[[105,20],[106,20],[105,20]]"), "a ring has 3 positions",
     "commune 00004"},
    {"a ring that is not closed", RING("[[105,20],[106,20],[106,21],[105,21]]"), "not closed",
     "commune 00004"},
    {"a ring that almost closes", RING("[[105,20],[106,20],[106,21],[105,20.0000001]]"),
     "not closed", "commune 00004"},
    {"latitude before longitude", RING("[[20,105],[20,106],[21,106],[20,105]]"),
     "position [20, 105] is not on the globe", "longitude first"},
    {"metres instead of degrees", RING("[[585000,2325000],[1,1],[2,2],[585000,2325000]]"),
     "not on the globe", "commune 00004"},
    {"NaN is no JSON", RING("[[NaN,20],[106,20],[106,21],[NaN,20]]"), "f.json", ""},
    {"a number beyond all numbers", RING("[[1e999,20],[106,20],[106,21],[1e999,20]]"), "f.json",
     ""},
    {"null instead of a number", RING("[[null,20],[106,20],[106,21],[null,20]]"),
     "not [longitude, latitude]", "commune 00004"},
    {"a position of one number", RING("[[105],[106,20],[106,21],[105]]"),
     "not [longitude, latitude]", "commune 00004"},
    {"over the date line without a cut", RING("[[179,20],[-179,20],[-179,21],[179,21],[179,20]]"),
     "leaps from longitude 179 to -179", "commune 00004"},
    {"a line there and back", RING("[[105,20],[106,20],[105.5,20],[105,20]]"), "no area",
     "commune 00004"},
    {"a polygon that is one point", RING("[[105,20],[105,20],[105,20],[105,20]]"), "no area",
     "commune 00004"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW(bad[i].name);
        struct err err = {0};
        struct boundary_set *set = NULL;
        AUTO(geojson_notes_free) struct geojson_notes notes = {0};
        CHECK_INT(geojson_read(str_of(bad[i].text), "f.json", &keys, &set, &notes, &err),
                  ERR_INPUT);
        CHECK_HAS(err.text, bad[i].words);
        CHECK_HAS(err.text, bad[i].more);
        CHECK_HAS(err.text, "f.json");
        CHECK(!set);
    }
}

static void test_names_become_nfc(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    static const char text[] =
        WHOLE(FEATURE(NAMED("00004", "Ba \xC4\x90i\xCC\x80nh"), POLYGON(SQUARE)));
    CHECK_OK(geojson_read(str_of(text), "f.json", &keys, &set, &notes, &err), err);
    CHECK_TEXT(set->commune[0].name, "Ba \xC4\x90\xC3\xACnh");
}

// All communes of Việt Nam: their number, and the country's area as official figures have it.
static void test_country(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(64 << 20);
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    struct geojson_keys real = {"code", "full_name", NULL};
    static const char path[] = "../shared/data/boundaries/communes_2025_simplified.geojson";
    if (file_read(path, &text, &err)) {
        print_message("SKIPPED: %s is not there\n", path);
        return;
    }
    CHECK_OK(geojson_read(buf_slice(&text), path, &real, &set, &notes, &err), err);
    CHECK_INT(set->count, 3321);
    CHECK_TEXT(set->commune[0].code, "00004");
    CHECK_NEAR(set->commune[0].area_km2, 2.97, 0.4); // simplified; the full polygon's is 2.97
    CHECK_INT(notes.count, 1);
    CHECK_TEXT(notes.at[0].code, "28948");
    double sum = 0;
    for (size_t i = 0; i < set->count; i++)
        sum += set->commune[i].area_km2;
    CHECK_NEAR(sum, 331345, 331345 * 0.015);
}

TEST_MAIN(cmocka_unit_test(test_good), cmocka_unit_test(test_areas), cmocka_unit_test(test_bad),
          cmocka_unit_test(test_names_become_nfc), cmocka_unit_test(test_country))
