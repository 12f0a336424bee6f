// Where an alert holds, in numbers.
#include "core/doc.h"
#include "core/xml.h"
#include "notify/cap_check.h"
#include "tests/check.h"

#include <inttypes.h>
#include <math.h>

// Where others say that theirs hold, as numbers.
static void test_area_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *infos, *numbers; // NULL: none
    } rows[] = {
        {"a polygon, a circle and a code",
         "<info><area><areaDesc>a</areaDesc><polygon>22.1,105.8 22.1,105.9 22.2,105.9 "
         "22.1,105.8</polygon><circle>22.1,105.8 "
         "12.5</circle><geocode><valueName>vn2025</valueName>"
         "<value>01843</value></geocode></area></info>",
         "{\"circles\":[[22100000,105800000,12500]],\"geocodes\":[\"vn2025=01843\"],\"polygons\":"
         "[[22100000,105800000,22100000,105900000,22200000,105900000,22100000,105800000]]}"},
        {"of all infos of its language",
         "<info><language>vi</language><area><circle>1,2 3</circle></area></info><info><language>en"
         "</language><area><circle>1,2 3</circle></area></info><info><language>vi</language><area>"
         "<circle>4,5 6</circle></area></info>",
         "{\"circles\":[[1000000,2000000,3000],[4000000,5000000,6000]],\"geocodes\":[],"
         "\"polygons\":"
         "[]}"},
        {"what cannot be read is left out",
         "<info><area><polygon>x</polygon><polygon>1,2 "
         "3,4</polygon><circle>1,2</circle><circle>91,2 "
         "3</circle><geocode><valueName>a "
         "b</valueName><value>1</value></geocode><geocode><valueName>"
         "n</valueName><value>1</value></geocode></area></info>",
         "{\"circles\":[],\"geocodes\":[\"n=1\"],\"polygons\":[]}"},
        {"words only", "<info><area><areaDesc>a</areaDesc></area></info>", NULL},
        {"no info", "", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(xml_free) struct xml *xml = NULL;
        AUTO(buf_free) struct buf text = buf_new(10000), said = buf_new(10000);
        buf_print(&text, "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">%s</alert>",
                  rows[i].infos);
        CHECK_OK(xml_parse(buf_slice(&text), "row", &xml, &err), err);
        AUTO(doc_free) struct doc *numbers = cap_area_numbers(xml_root(xml));
        CHECK(!numbers == !rows[i].numbers);
        if (!numbers)
            continue;
        doc_canonical(numbers, &said);
        CHECK_TEXT(said.at, rows[i].numbers);
    }
}

static struct doc *numbers_of(const struct buf *infos)
{
    struct err err = {0};
    AUTO(xml_free) struct xml *xml = NULL;
    AUTO(buf_free) struct buf text = buf_new(8 << 20);
    buf_print(&text, "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><info><area>%s",
              infos->at);
    buf_text(&text, "</area></info></alert>");
    CHECK_OK(xml_parse(buf_slice(&text), "row", &xml, &err), err);
    return cap_area_numbers(xml_root(xml));
}

// Polygons are given whole up to a limit of points, those that pass it with fewer: none is lost.
static void test_area_limit(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int points[3]; // of its polygons; 0: none
        size_t circles;
        const char *kept; // how many points each polygon has, how many circles, how many borders
    } rows[] = {
        {"two that fill it, and a circle", {2000, 3000, 0}, 1, "2000 3000 | 1 0"},
        {"two that leave a place", {2000, 2999, 0}, 2, "2000 2999 | 2 0"},
        {"one passes it", {3000, 2001, 4}, 1, "3000 223 4 | 1 223"},
        {"one that is all of it, and a small one", {5000, 16, 4}, 1, "5000 16 4 | 1 0"},
        {"one that is all of it, and one that is not that small",
         {5000, 17, 0},
         0,
         "5000 17 | 0 0"},
        {"one over it", {5001, 4, 0}, 1, "239 4 | 1 239"},
        {"all that the check takes", {200000, 9000, 4}, 0, "250 184 4 | 0 434"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf text = buf_new(8 << 20), said = buf_new(1000);
        for (size_t n = 0; n < COUNT_OF(rows[i].points) && rows[i].points[n]; n++) {
            buf_text(&text, "<polygon>");
            for (int point = 0; point < rows[i].points[n]; point++)
                buf_print(&text, "%s22.%06d,105.8", point ? " " : "", point);
            buf_text(&text, "</polygon>");
        }
        for (size_t n = 0; n < rows[i].circles; n++)
            buf_text(&text, "<circle>22.1,105.8 1</circle>");
        AUTO(doc_free) struct doc *numbers = numbers_of(&text);
        const struct doc *polygons = doc_get(numbers, "polygons");
        for (size_t n = 0; n < doc_count(polygons); n++)
            buf_print(&said, "%zu ", doc_count(doc_at(polygons, n)) / 2);
        buf_print(&said, "| %zu %zu", doc_count(doc_get(numbers, "circles")),
                  doc_count(doc_get(numbers, "borders")));
        CHECK_TEXT(said.at, rows[i].kept);
    }
    ROW("a code for each commune, and a polygon behind them");
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    for (int code = 0; code < 3400; code++)
        buf_print(&text, "<geocode><valueName>vn</valueName><value>%05d</value></geocode>", code);
    buf_text(&text, "<polygon>22,105 22,106 23,106 22,105</polygon>");
    AUTO(doc_free) struct doc *numbers = numbers_of(&text);
    CHECK_INT(doc_count(doc_get(numbers, "geocodes")), 3400);
    CHECK_INT(doc_count(doc_get(numbers, "polygons")), 1);
}

// Nor is a figure behind the first 500.
static void test_many_figures(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t figures, circles, borders;
    } many[] = {{"500 figures", 500, 500, 0},
                {"each behind them by its box", 501, 500, 1},
                {"all the boxes there may be", 2499, 500, 1999},
                {"and all that are left by one", 9000, 500, 2000}};
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        ROW(many[i].name);
        AUTO(buf_free) struct buf text = buf_new(8 << 20);
        for (size_t n = 0; n < many[i].figures - 1; n++)
            buf_text(&text, "<circle>22.1,105.8 1</circle>");
        buf_text(&text, "<polygon>9,103 9,104 10,104 9,103</polygon>");
        AUTO(doc_free) struct doc *numbers = numbers_of(&text);
        const struct doc *borders = doc_get(numbers, "borders");
        size_t polygons = doc_count(doc_get(numbers, "polygons"));
        CHECK_INT(doc_count(doc_get(numbers, "circles")) + polygons, many[i].circles);
        CHECK_INT(doc_count(borders), many[i].borders);
        const struct doc *last = many[i].borders ? doc_at(borders, many[i].borders - 1) : NULL;
        if (last)
            CHECK_INT(doc_int(doc_at(last, 0), 0), 9000000);
        // The boxes of circles hold 1 km in each direction, 1/111 of a degree and more.
        if (many[i].borders == 2000) {
            CHECK(doc_int(doc_at(last, 2), 0) >= 22109010);
            CHECK(doc_int(doc_at(last, 3), 0) >= 105809700);
        }
    }
}

enum { OUTLINE = 6000, LOOKS = 20000 };
static const double TURN = 6.283185307179586;

// A coast: bays upon bays, around 22 N, 105 E.
static double outline_radius(int i, int kind)
{
    double a = TURN * i / OUTLINE;
    return kind == 0 ? 0.5 : 0.5 + 0.2 * sin(3 * a) + 0.05 * sin(17 * a) + 0.005 * sin(401 * a);
}

static bool is_in_ring(const struct doc *ring, int64_t lat, int64_t lon)
{
    bool inside = false;
    size_t count = doc_count(ring) / 2;
    for (size_t i = 0, last = count - 1; i < count; last = i++) {
        double a_lat = (double)doc_int(doc_at(ring, 2 * i), 0),
               b_lat = (double)doc_int(doc_at(ring, 2 * last), 0);
        double a_lon = (double)doc_int(doc_at(ring, 2 * i + 1), 0),
               b_lon = (double)doc_int(doc_at(ring, 2 * last + 1), 0);
        if ((a_lat > (double)lat) != (b_lat > (double)lat) &&
            (double)lon < a_lon + ((double)lat - a_lat) / (b_lat - a_lat) * (b_lon - a_lon))
            inside = !inside;
    }
    return inside;
}

static bool is_in_border(const struct doc *borders, int64_t lat, int64_t lon)
{
    for (size_t i = 0; i < doc_count(borders); i++) {
        const struct doc *box = doc_at(borders, i);
        if (lat >= doc_int(doc_at(box, 0), 0) && lon >= doc_int(doc_at(box, 1), 0) &&
            lat <= doc_int(doc_at(box, 2), 0) && lon <= doc_int(doc_at(box, 3), 0))
            return true;
    }
    return false;
}

// One that is given with fewer points holds all that it held, and little more.
static void test_coarse_outline(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        ROW(kind ? "a coast of many bays" : "round");
        AUTO(buf_free) struct buf text = buf_new(1 << 20);
        AUTO(doc_free) struct doc *whole = doc_array();
        buf_text(&text, "<polygon>");
        for (int i = 0; i <= OUTLINE; i++) {
            double radius = outline_radius(i % OUTLINE, kind), a = TURN * (i % OUTLINE) / OUTLINE;
            int64_t lat = llround(1e6 * (22 + radius * cos(a))),
                    lon = llround(1e6 * (105 + radius * sin(a)));
            doc_push_int(whole, lat);
            doc_push_int(whole, lon);
            buf_print(&text, "%s%" PRId64 ".%06" PRId64 ",%" PRId64 ".%06" PRId64, i ? " " : "",
                      lat / 1000000, lat % 1000000, lon / 1000000, lon % 1000000);
        }
        buf_text(&text, "</polygon>");
        AUTO(doc_free) struct doc *numbers = numbers_of(&text);
        const struct doc *coarse = doc_at(doc_get(numbers, "polygons"), 0);
        CHECK(coarse && doc_count(coarse) / 2 <= OUTLINE / 20);
        int inside = 0, more = 0;
        uint32_t random = 1;
        for (int i = 0; i < LOOKS; i++) {
            random = random * 1664525 + 1013904223;
            int64_t lat = 21000000 + (int64_t)(random >> 8) % 2000000;
            random = random * 1664525 + 1013904223;
            int64_t lon = 104000000 + (int64_t)(random >> 8) % 2000000;
            bool holds =
                is_in_ring(coarse, lat, lon) || is_in_border(doc_get(numbers, "borders"), lat, lon);
            if (is_in_ring(whole, lat, lon)) {
                inside++;
                CHECK(holds);
            } else {
                more += holds;
            }
        }
        CHECK(inside > LOOKS / 10);
        CHECK(more < inside / 8);
    }
}

TEST_MAIN(cmocka_unit_test(test_area_numbers), cmocka_unit_test(test_area_limit),
          cmocka_unit_test(test_many_figures), cmocka_unit_test(test_coarse_outline))
