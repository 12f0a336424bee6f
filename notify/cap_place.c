#include "core/doc.h"
#include "core/mem.h"
#include "core/xml.h"
#include "notify/cap_check.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Places as CAP writes them: "lat,lon lat,lon ...", degrees of WGS 84, latitude first.

enum {
    RING_POINTS_MAX = 200 * 1000, // of a polygon: more than any coast of a commune, 3 MB
    // Pairs of boxes that are looked at for crossings, whatever the ring: all there are of 5,000
    // sides; and of more, some 20 times what a drawn outline of any size takes.
    LOOKS = 25 * 1000 * 1000,
    LOOKS_PER_POINT = 200,
    POINTS_MAX = 5000, // as numbers, of all polygons of an alert that are given whole
    POINTS_FEW = 16,   // a polygon of no more is given whole in any case
    PARTS_MAX = 1000,  // of all polygons that are not: each takes a quarter of those left
    PARTS_MIN = 8,
    DECIMALS_MAX = 6,
    METRES = 1000,
    FIGURES_MAX = 500, // that are given as they are
    BOXES_MAX = 2000,  // of those behind them; the last holds all that are left
    CODES_MAX = 4000,  // more than there are communes
    CODE_BYTES_MAX = 128,
};
static const int64_t MICRO = 1000000;

// Where Việt Nam and its sea lie, in millionths of a degree: what is outside is a slip of ours. The
// southernmost reef of Trường Sa lies at 7.9 degrees, south of the 8 that are often said.
static const int64_t LAT_MIN = 7 * 1000000, LAT_MAX = 24 * 1000000;
static const int64_t LON_MIN = 102 * 1000000, LON_MAX = 118 * 1000000;

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

static bool take_point(struct str pair, bool strict, struct cap_point *out)
{
    struct str lat, rest = pair;
    if (!str_take_field(&rest, ',', &lat) || !rest.at)
        return false;
    return take_degrees(lat, strict, &out->lat) && take_degrees(rest, strict, &out->lon);
}

static bool on_earth(struct cap_point p)
{
    return p.lat >= -90 * MICRO && p.lat <= 90 * MICRO && p.lon >= -180 * MICRO &&
           p.lon <= 180 * MICRO;
}

static bool in_vietnam(struct cap_point p)
{
    return p.lat >= LAT_MIN && p.lat <= LAT_MAX && p.lon >= LON_MIN && p.lon <= LON_MAX;
}

// Which side of a-b the point c is on: exact, since products of two differences fit 64 bits.
static int side(struct cap_point a, struct cap_point b, struct cap_point c)
{
    int64_t cross = (b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon);
    return (cross > 0) - (cross < 0);
}

static bool cross(struct cap_point a, struct cap_point b, struct cap_point c, struct cap_point d)
{
    return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

// What a run of sides lies in; nothing when low is above high.
struct box {
    struct cap_point low, high;
};

static const struct box no_box = {{INT64_MAX, INT64_MAX}, {INT64_MIN, INT64_MIN}};

static struct box box_of_both(struct box a, struct box b)
{
    return (struct box){{a.low.lat < b.low.lat ? a.low.lat : b.low.lat,
                         a.low.lon < b.low.lon ? a.low.lon : b.low.lon},
                        {a.high.lat > b.high.lat ? a.high.lat : b.high.lat,
                         a.high.lon > b.high.lon ? a.high.lon : b.high.lon}};
}

static bool boxes_meet(const struct box *a, const struct box *b)
{
    return a->low.lat <= b->high.lat && b->low.lat <= a->high.lat && a->low.lon <= b->high.lon &&
           b->low.lon <= a->high.lon;
}

// The sides of a ring in their order as the leaves of a binary tree: node i has 2i and 2i + 1, the
// leaves begin at `leaves`. Sides near each other on the ring are near each other on the ground.
struct sides {
    const struct cap_point *point;
    size_t leaves;
    struct box *box; // [2 * leaves]
};

static void sides_open(const struct cap_point *point, size_t count, struct sides *out)
{
    out->point = point;
    out->leaves = 1;
    while (out->leaves < count - 1)
        out->leaves *= 2;
    out->box = mem_new(2 * out->leaves, sizeof(*out->box));
    for (size_t i = 0; i < out->leaves; i++) {
        struct box *box = &out->box[out->leaves + i];
        *box = i + 1 < count ? box_of_both((struct box){point[i], point[i]},
                                           (struct box){point[i + 1], point[i + 1]})
                             : no_box;
    }
    for (size_t i = out->leaves - 1; i > 0; i--)
        out->box[i] = box_of_both(out->box[2 * i], out->box[2 * i + 1]);
}

static void sides_close(struct sides *sides)
{
    mem_free(&sides->box);
}

enum crossing { CROSSING_NONE, CROSSING_FOUND, CROSSING_UNKNOWN };

// A proper crossing of two sides; touching is left alone. Parts of the ring whose boxes do not meet
// are passed over whole, so that an outline takes about as many looks as it has points; one made so
// that all boxes meet is given up when the looks are.
static enum crossing crosses_itself(const struct cap_point *point, size_t count)
{
    enum { DEPTH_MAX = 20, WAITING_MAX = 4 * DEPTH_MAX }; // two nodes of one depth wait, or less
    AUTO(sides_close) struct sides sides = {0};
    size_t waiting[WAITING_MAX][2] = {{1, 1}}, left = 1;
    sides_open(point, count, &sides);
    for (size_t looks = LOOKS + LOOKS_PER_POINT * count; left > 0; looks--) {
        size_t a = waiting[--left][0], b = waiting[left][1];
        if (looks == 0)
            return CROSSING_UNKNOWN;
        if (!boxes_meet(&sides.box[a], &sides.box[b]))
            continue;
        if (a >= sides.leaves) {
            const struct cap_point *one = point + (a - sides.leaves),
                                   *two = point + (b - sides.leaves);
            if (a != b && cross(one[0], one[1], two[0], two[1]))
                return CROSSING_FOUND;
            continue;
        }
        assert(left + 4 <= WAITING_MAX);
        for (size_t k = 0; k < 4; k++) {
            size_t below_a = 2 * a + k / 2, below_b = 2 * b + k % 2;
            if (below_a > below_b) // of a node with itself each pair once
                continue;
            waiting[left][0] = below_a;
            waiting[left++][1] = below_b;
        }
    }
    return CROSSING_NONE;
}

static bool is_closed(const struct cap_point *point, size_t count)
{
    return point[0].lat == point[count - 1].lat && point[0].lon == point[count - 1].lon;
}

bool cap_ring_is_simple(const struct cap_point *point, size_t count)
{
    return count >= 4 && is_closed(point, count) && crosses_itself(point, count) == CROSSING_NONE;
}

// The points of a polygon, at most `max`; 0, and what is wrong, when they cannot be read.
static size_t read_points(const struct xml_node *node, bool strict, struct cap_point *point,
                          size_t max, struct cap_findings *out)
{
    struct str rest = strict ? str_of(xml_text(node)) : xml_trimmed(node), pair;
    size_t count = 0;
    while (str_take_field(&rest, ' ', &pair)) {
        if (!strict)
            pair = str_trim(pair);
        if (!strict && pair.len == 0)
            continue;
        if (count == max) {
            cap_say(out, true, node, "polygon has more than %zu points; draw it with fewer", max);
            return 0;
        }
        if (!take_point(pair, strict, &point[count])) {
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

static void check_ring(const struct xml_node *node, const struct cap_point *point, size_t count,
                       struct cap_findings *out)
{
    if (!is_closed(point, count)) {
        cap_say(out, true, node, "polygon is not closed: its last point is not its first");
        return;
    }
    switch (crosses_itself(point, count)) {
    case CROSSING_NONE:
        return;
    case CROSSING_FOUND:
        cap_say(out, true, node, "polygon crosses itself");
        return;
    case CROSSING_UNKNOWN:
        cap_say(out, true, node,
                "polygon has %zu sides so close to each other that it cannot be said whether they "
                "cross; draw it with fewer points",
                count - 1);
        return;
    }
}

static void check_polygon(const struct xml_node *node, enum cap_rules rules,
                          struct cap_findings *out)
{
    size_t room = str_count(str_of(xml_text(node)), ' ') + 1, errors = out->errors;
    if (room > RING_POINTS_MAX)
        room = RING_POINTS_MAX;
    AUTO(mem_drop) struct cap_point *point = mem_new(room, sizeof(*point));
    size_t count = read_points(node, rules == CAP_OURS, point, room, out);
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
    check_ring(node, point, count, out);
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
    struct cap_point centre;
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
    struct doc *polygons, *borders, *circles, *codes;
    struct cap_point *point; // [RING_POINTS_MAX], of the one at hand
    size_t points;           // of all polygons that were put whole
    size_t parts;            // of all the others
    size_t figures;
    size_t boxes;
    struct box rest; // of the figures that have no box of their own
};

// How many points of the outline go into one of its parts; 1: it is given whole.
static size_t points_a_part(struct numbers *numbers, size_t count)
{
    if (count <= POINTS_MAX - numbers->points) {
        numbers->points += count;
        return 1;
    }
    if (count <= POINTS_FEW)
        return 1;
    size_t parts = (PARTS_MAX - numbers->parts) / 4;
    numbers->parts += parts;
    parts = parts > PARTS_MIN ? parts : PARTS_MIN;
    return (count + parts - 1) / parts;
}

static void put_border(const struct box *box, struct numbers *out)
{
    struct doc *border = doc_array();
    doc_push_int(border, box->low.lat);
    doc_push_int(border, box->low.lon);
    doc_push_int(border, box->high.lat);
    doc_push_int(border, box->high.lon);
    doc_push(out->borders, border);
}

// One of too many points is given by the first point of each part of its outline, and by the box of
// each part. Between an outline and the straight line over a part of it nothing lies outside of
// that part's box: so the coarse polygon and the boxes hold all that the polygon holds.
static void put_polygon(const struct xml_node *node, struct numbers *out)
{
    struct cap_findings ignored = {0};
    size_t count = read_points(node, false, out->point, RING_POINTS_MAX, &ignored);
    if (ignored.errors || count < 4)
        return;
    struct doc *one = doc_array();
    for (size_t i = 0, each = points_a_part(out, count); i < count; i += each) {
        doc_push_int(one, out->point[i].lat);
        doc_push_int(one, out->point[i].lon);
        if (each == 1)
            continue;
        struct box box = no_box;
        for (size_t k = i; k <= i + each; k++) {
            struct cap_point at =
                out->point[k < count ? k : 0]; // closed, whether it says so or not
            box = box_of_both(box, (struct box){at, at});
        }
        put_border(&box, out);
    }
    doc_push(out->polygons, one);
}

// Its radius in millionths of a km; false when it cannot be read.
static bool read_circle(const struct xml_node *node, struct cap_point *centre, int64_t *radius)
{
    struct str rest = xml_trimmed(node), pair;
    return str_take_field(&rest, ' ', &pair) && rest.at && take_point(pair, false, centre) &&
           take_micro(str_trim(rest), radius) && *radius >= 0 && on_earth(*centre);
}

static void put_circle(const struct xml_node *node, struct numbers *out)
{
    struct cap_point centre;
    int64_t radius = 0;
    if (!read_circle(node, &centre, &radius))
        return;
    struct doc *one = doc_array();
    doc_push_int(one, centre.lat);
    doc_push_int(one, centre.lon);
    doc_push_int(one, radius / (MICRO / METRES));
    doc_push(out->circles, one);
}

// What a figure lies in; nothing where it cannot be read.
static struct box box_of_figure(const struct xml_node *node, struct numbers *numbers)
{
    static const double km_a_degree = 110, all = 180, half_turn = 180; // a degree has 110.6 or more
    struct cap_findings ignored = {0};
    struct cap_point centre;
    int64_t radius = 0;
    struct box box = no_box;
    if (xml_is(node, "polygon")) {
        size_t count = read_points(node, false, numbers->point, RING_POINTS_MAX, &ignored);
        for (size_t i = 0; !ignored.errors && count >= 4 && i < count; i++)
            box = box_of_both(box, (struct box){numbers->point[i], numbers->point[i]});
        return box;
    }
    if (!read_circle(node, &centre, &radius))
        return box;
    double lat = (double)radius / (double)MICRO / km_a_degree, edge = (double)centre.lat;
    double narrow = cos((fabs(edge) / (double)MICRO + lat) * acos(-1) / half_turn);
    double lon = narrow > 0 && lat / narrow < all ? lat / narrow : all;
    int64_t high = (int64_t)ceil(lat * (double)MICRO), wide = (int64_t)ceil(lon * (double)MICRO);
    return (struct box){{centre.lat - high, centre.lon - wide},
                        {centre.lat + high, centre.lon + wide}};
}

// Of more figures than are given as they are each is given by its box, and what is behind those
// by one: where an alert holds is never said too small.
static void put_box(const struct xml_node *node, struct numbers *out)
{
    struct box box = box_of_figure(node, out);
    if (box.low.lat > box.high.lat)
        return;
    if (out->boxes < BOXES_MAX - 1) {
        put_border(&box, out);
        out->boxes++;
    } else {
        out->rest = box_of_both(out->rest, box);
    }
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
    for (const struct xml_node *node = xml_first(area); node; node = xml_next(node)) {
        bool polygon = xml_is(node, "polygon"), circle = xml_is(node, "circle");
        if (polygon || circle)
            (out->figures++ >= FIGURES_MAX ? put_box
             : polygon                     ? put_polygon
                                           : put_circle)(node, out);
        else if (xml_is(node, "geocode") && doc_count(out->codes) < CODES_MAX)
            put_code(node, out->codes);
    }
}

struct doc *cap_area_numbers(const struct xml_node *alert)
{
    const struct xml_node *info = xml_find(alert, "info");
    struct str language = xml_trimmed(xml_find(info, "language"));
    AUTO(mem_drop) struct cap_point *point = mem_new(RING_POINTS_MAX, sizeof(*point));
    struct numbers numbers = {.polygons = doc_array(),
                              .borders = doc_array(),
                              .circles = doc_array(),
                              .codes = doc_array(),
                              .point = point,
                              .rest = no_box};
    struct doc *out = doc_object();
    for (; info; info = xml_again(info)) {
        if (!str_same(xml_trimmed(xml_find(info, "language")), language))
            continue;
        for (const struct xml_node *area = xml_find(info, "area"); area; area = xml_again(area))
            put_area(area, &numbers);
    }
    if (numbers.rest.low.lat <= numbers.rest.high.lat)
        put_border(&numbers.rest, &numbers);
    bool is_none = !doc_count(numbers.borders) && !doc_count(numbers.polygons) &&
                   !doc_count(numbers.circles) && !doc_count(numbers.codes);
    if (doc_count(numbers.borders))
        doc_put(out, "borders", numbers.borders);
    else
        doc_free(&numbers.borders);
    doc_put(out, "circles", numbers.circles);
    doc_put(out, "geocodes", numbers.codes);
    doc_put(out, "polygons", numbers.polygons);
    if (is_none)
        doc_free(&out);
    return out;
}
