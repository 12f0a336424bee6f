#include "core/doc.h"
#include "core/mem.h"
#include "core/xml.h"
#include "notify/cap_check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// Places as CAP writes them: "lat,lon lat,lon ...", degrees of WGS 84, latitude first.

enum {
    POINTS_MAX = 5000, // of a polygon; as numbers, of all figures of an alert together
    DECIMALS_MAX = 6,
    METRES = 1000,
    PLACES_MAX = 500,
    CODE_BYTES_MAX = 128,
};
static const int64_t MICRO = 1000000;

// Where Việt Nam and its sea lie, in millionths of a degree: what is outside is a slip of ours. The
// southernmost reef of Trường Sa lies at 7.9 degrees, south of the 8 that are often said.
static const int64_t LAT_MIN = 7 * 1000000, LAT_MAX = 24 * 1000000;
static const int64_t LON_MIN = 102 * 1000000, LON_MAX = 118 * 1000000;

struct point {
    int64_t lat, lon; // millionths of a degree
};

// A decimal with at most six decimals, as millionths.
static bool take_micro(struct str text, int64_t *out)
{
    bool minus = text.len && *text.at == '-';
    size_t i = minus, decimals = 0, digits = 0;
    int64_t value = 0;
    bool point = false;
    for (; i < text.len; i++) {
        if (text.at[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)text.at[i]) || digits++ > 9)
            return false;
        value = value * 10 + (text.at[i] - '0');
        decimals += point;
    }
    if (digits == 0 || decimals > DECIMALS_MAX)
        return false;
    for (; decimals < DECIMALS_MAX; decimals++)
        value *= 10;
    *out = minus ? -value : value;
    return true;
}

// Whole degrees of up to three digits and six decimals; more decimals are cut off by the caller's
// rule, so that foreign alerts can be read.
static bool take_degrees(struct str text, bool strict, int64_t *out)
{
    const char *point = text.len ? memchr(text.at, '.', text.len) : NULL;
    size_t whole = point ? (size_t)(point - text.at) : text.len;
    if (!strict && point && text.len - whole - 1 > DECIMALS_MAX) {
        for (size_t i = whole + 1 + DECIMALS_MAX; i < text.len; i++) {
            if (!isdigit((unsigned char)text.at[i]))
                return false;
        }
        text.len = whole + 1 + DECIMALS_MAX;
    }
    return whole <= 4 && take_micro(text, out);
}

static bool take_point(struct str pair, bool strict, struct point *out)
{
    struct str lat, rest = pair;
    if (!str_take_field(&rest, ',', &lat) || !rest.at)
        return false;
    return take_degrees(lat, strict, &out->lat) && take_degrees(rest, strict, &out->lon);
}

static bool on_earth(struct point p)
{
    return p.lat >= -90 * MICRO && p.lat <= 90 * MICRO && p.lon >= -180 * MICRO &&
           p.lon <= 180 * MICRO;
}

static bool in_vietnam(struct point p)
{
    return p.lat >= LAT_MIN && p.lat <= LAT_MAX && p.lon >= LON_MIN && p.lon <= LON_MAX;
}

// Which side of a-b the point c is on: exact, since products of two differences fit 64 bits.
static int side(struct point a, struct point b, struct point c)
{
    int64_t cross = (b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon);
    return (cross > 0) - (cross < 0);
}

static bool cross(struct point a, struct point b, struct point c, struct point d)
{
    return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

// A proper crossing of two sides; touching is left alone.
static bool crosses_itself(const struct point *point, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        for (size_t j = i + 2; j + 1 < count; j++) {
            if (cross(point[i], point[i + 1], point[j], point[j + 1]))
                return true;
        }
    }
    return false;
}

static size_t read_points(const struct xml_node *node, bool strict, struct point *point,
                          struct cap_findings *out)
{
    struct str rest = strict ? str_of(xml_text(node)) : xml_trimmed(node), pair;
    size_t count = 0;
    while (str_take_field(&rest, ' ', &pair)) {
        if (!strict)
            pair = str_trim(pair);
        if (!strict && pair.len == 0)
            continue;
        if (count == POINTS_MAX || !take_point(pair, strict, &point[count])) {
            cap_say(out, true, node,
                    "polygon: point %zu, \"%.*s\", is no lat,lon with one blank before the next",
                    count + 1, (int)(pair.len < 40 ? pair.len : 40), pair.at);
            return 0;
        }
        if (!on_earth(point[count])) {
            cap_say(out, true, node,
                    "polygon: point %zu lies nowhere on Earth; latitude comes first", count + 1);
            return 0;
        }
        count++;
    }
    return count;
}

static void check_polygon(const struct xml_node *node, enum cap_rules rules,
                          struct cap_findings *out)
{
    AUTO(mem_drop) struct point *point = mem_new(POINTS_MAX, sizeof(*point));
    size_t errors = out->errors;
    size_t count = read_points(node, rules == CAP_OURS, point, out);
    if (out->errors > errors)
        return;
    if (count == 0 && rules == CAP_FOREIGN) {
        cap_say(out, false, node, "polygon is empty");
        return;
    }
    if (count < 4) {
        cap_say(out, true, node, "polygon has %zu points, at least 4 are wanted", count);
        return;
    }
    if (point[0].lat != point[count - 1].lat || point[0].lon != point[count - 1].lon)
        cap_say(out, true, node, "polygon is not closed: its last point is not its first");
    else if (crosses_itself(point, count))
        cap_say(out, true, node, "polygon crosses itself");
    for (size_t i = 0; rules == CAP_OURS && i < count; i++) {
        if (!in_vietnam(point[i])) {
            cap_say(out, false, node, "polygon: point %zu lies outside of Việt Nam", i + 1);
            return;
        }
    }
}

static void check_circle(const struct xml_node *node, enum cap_rules rules,
                         struct cap_findings *out)
{
    struct str rest = xml_trimmed(node), pair;
    struct point centre;
    int64_t radius = 0;
    bool good = str_take_field(&rest, ' ', &pair) && rest.at &&
                take_point(pair, rules == CAP_OURS, &centre) && take_micro(rest, &radius) &&
                radius >= 0;
    if (!good || !on_earth(centre))
        cap_say(out, true, node, "circle: \"%.60s\" is no lat,lon and radius in km",
                xml_text(node));
}

void cap_check_place(const struct xml_node *area, enum cap_rules rules, struct cap_findings *out)
{
    for (const struct xml_node *node = xml_first(area); node; node = xml_next(node)) {
        if (xml_is(node, "polygon"))
            check_polygon(node, rules, out);
        else if (xml_is(node, "circle"))
            check_circle(node, rules, out);
    }
}

// --- as numbers
// -------------------------------------------------------------------------------------------

struct numbers {
    struct doc *polygons, *circles, *codes;
    struct point *point; // [POINTS_MAX], of the one at hand
    size_t points;       // of all that were put; a circle has one
    size_t places;
};

static void put_polygon(const struct xml_node *node, struct numbers *out)
{
    struct cap_findings ignored = {0};
    size_t count = read_points(node, false, out->point, &ignored);
    if (ignored.errors || count < 4 || count > POINTS_MAX - out->points)
        return;
    struct doc *one = doc_array();
    for (size_t i = 0; i < count; i++) {
        doc_push_int(one, out->point[i].lat);
        doc_push_int(one, out->point[i].lon);
    }
    doc_push(out->polygons, one);
    out->points += count;
}

static void put_circle(const struct xml_node *node, struct numbers *out)
{
    struct str rest = xml_trimmed(node), pair;
    struct point centre;
    int64_t radius = 0;
    if (!str_take_field(&rest, ' ', &pair) || !rest.at || !take_point(pair, false, &centre) ||
        !take_micro(str_trim(rest), &radius) || radius < 0 || !on_earth(centre) ||
        out->points == POINTS_MAX)
        return;
    struct doc *one = doc_array();
    doc_push_int(one, centre.lat);
    doc_push_int(one, centre.lon);
    doc_push_int(one, radius / (MICRO / METRES));
    doc_push(out->circles, one);
    out->points++;
}

static void put_code(const struct xml_node *node, struct doc *out)
{
    AUTO(buf_free) struct buf code = buf_new(CODE_BYTES_MAX);
    struct str name = xml_trimmed(xml_find(node, "valueName"));
    struct str value = xml_trimmed(xml_find(node, "value"));
    buf_print(&code, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));
    for (size_t i = 0; i < code.len; i++) {
        if (code.at[i] <= ' ' || code.at[i] > '~')
            return;
    }
    if (name.len && value.len && !code.full)
        doc_push_text(out, code.at);
}

static void put_area(const struct xml_node *area, struct numbers *out)
{
    for (const struct xml_node *node = xml_first(area); node && out->places < PLACES_MAX;
         node = xml_next(node)) {
        if (xml_is(node, "polygon"))
            put_polygon(node, out);
        else if (xml_is(node, "circle"))
            put_circle(node, out);
        else if (xml_is(node, "geocode"))
            put_code(node, out->codes);
        else
            continue;
        out->places++;
    }
}

struct doc *cap_area_numbers(const struct xml_node *alert)
{
    const struct xml_node *info = xml_find(alert, "info");
    struct str language = xml_trimmed(xml_find(info, "language"));
    AUTO(mem_drop) struct point *point = mem_new(POINTS_MAX, sizeof(*point));
    struct numbers numbers = {
        .polygons = doc_array(), .circles = doc_array(), .codes = doc_array(), .point = point};
    struct doc *out = doc_object();
    for (; info; info = xml_again(info)) {
        if (!str_same(xml_trimmed(xml_find(info, "language")), language))
            continue;
        for (const struct xml_node *area = xml_find(info, "area"); area; area = xml_again(area))
            put_area(area, &numbers);
    }
    bool is_none =
        !doc_count(numbers.polygons) && !doc_count(numbers.circles) && !doc_count(numbers.codes);
    doc_put(out, "circles", numbers.circles);
    doc_put(out, "geocodes", numbers.codes);
    doc_put(out, "polygons", numbers.polygons);
    if (is_none)
        doc_free(&out);
    return out;
}
