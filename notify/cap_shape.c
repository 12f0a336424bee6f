#include "notify/cap_shape.h"

#include "core/mem.h"
#include "notify/cap_check.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    WKB_POLYGON = 3,
    WKB_MULTI = 6,
    POINT_BYTES = 16,
    RING_POINTS_MAX = 2000, // as they are: 40 KB of text
    POINTS_MAX = 5000,      // of all rings and hulls: the text stands once for each language
    POINTS_FEW = 16,        // a hull of no more is written in any case
    POLYGON_BYTES_MAX = 64 * 1024,
    MICRO_A_STEP = 10 // five decimals: about a metre
};

struct cursor {
    struct str rest;
    bool bad;
};

static void take_bytes(struct cursor *cursor, void *out, size_t len)
{
    if (cursor->bad || cursor->rest.len < len) {
        cursor->bad = true;
        memset(out, 0, len);
        return;
    }
    memcpy(out, cursor->rest.at, len);
    cursor->rest.at += len;
    cursor->rest.len -= len;
}

static uint32_t take_u32(struct cursor *cursor)
{
    uint32_t number = 0;
    take_bytes(cursor, &number, sizeof(number));
    return number;
}

// Little-endian only: that is how the ingest room writes it.
static uint32_t take_head(struct cursor *cursor)
{
    uint8_t order = 0;
    take_bytes(cursor, &order, 1);
    cursor->bad |= order != 1;
    return take_u32(cursor);
}

// Points in millionths of a degree, as they are written.
struct outline {
    struct cap_point *at;
    size_t count, room;
};

static void outline_free(struct outline *outline)
{
    mem_free(&outline->at);
}

static void outline_add(struct outline *outline, struct cap_point point)
{
    if (outline->count == outline->room) {
        outline->room = outline->room ? 2 * outline->room : 64;
        outline->at = mem_resize(outline->at, outline->room, sizeof(*outline->at));
    }
    outline->at[outline->count++] = point;
}

static int64_t micro_of(double degrees)
{
    enum { STEPS_A_DEGREE = 100000 };
    return llround(degrees * STEPS_A_DEGREE) * MICRO_A_STEP;
}

static void take_ring(struct cursor *cursor, struct outline *out)
{
    uint32_t points = take_u32(cursor);
    cursor->bad |= points > cursor->rest.len / POINT_BYTES;
    for (uint32_t i = 0; i < points && !cursor->bad; i++) {
        double at[2];
        take_bytes(cursor, at, sizeof(at));
        cursor->bad |= !(fabs(at[0]) <= 180 && fabs(at[1]) <= 90);
        if (!cursor->bad)
            outline_add(out, (struct cap_point){micro_of(at[1]), micro_of(at[0])});
    }
}

// --- hulls
// -------------------------------------------------------------------------------------------

static int by_place(const void *a, const void *b)
{
    const struct cap_point *x = a, *y = b;
    if (x->lat != y->lat)
        return (x->lat > y->lat) - (x->lat < y->lat);
    return (x->lon > y->lon) - (x->lon < y->lon);
}

static bool turns_left(struct cap_point a, struct cap_point b, struct cap_point c)
{
    return (b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon) > 0;
}

static void hull_add(struct outline *hull, size_t least, struct cap_point point)
{
    while (hull->count >= least + 2 &&
           !turns_left(hull->at[hull->count - 2], hull->at[hull->count - 1], point))
        hull->count--;
    outline_add(hull, point);
}

// Closed; by A. M. Andrew's monotone chain (1979). `of` is sorted. Nothing (under 4 points) where
// all lie on one line.
static void hull_of(struct outline *of, struct outline *hull)
{
    qsort(of->at, of->count, sizeof(*of->at), by_place);
    for (size_t i = 0; i < of->count; i++)
        hull_add(hull, 0, of->at[i]);
    size_t there = hull->count;
    for (size_t i = of->count; i-- > 1;)
        hull_add(hull, there - 1, of->at[i - 1]);
}

// What everything lies in, where even the hull has more points than there is room for.
static void box_of(const struct outline *sorted, struct outline *box)
{
    struct cap_point low = sorted->at[0], high = sorted->at[sorted->count - 1];
    for (size_t i = 0; i < sorted->count; i++) {
        low.lon = sorted->at[i].lon < low.lon ? sorted->at[i].lon : low.lon;
        high.lon = sorted->at[i].lon > high.lon ? sorted->at[i].lon : high.lon;
    }
    box->count = 0;
    outline_add(box, low);
    outline_add(box, (struct cap_point){low.lat, high.lon});
    outline_add(box, high);
    outline_add(box, (struct cap_point){high.lat, low.lon});
    outline_add(box, low);
}

// --- polygons
// ----------------------------------------------------------------------------------------

struct shapes {
    char **polygon;
    size_t count, points;
};

static void put_point(struct buf *out, struct cap_point point)
{
    const double micro = 1e6;
    buf_print(out, "%s%.5f,%.5f", out->len ? " " : "", (double)point.lat / micro,
              (double)point.lon / micro);
}

static void put_text(struct shapes *shapes, const struct outline *outline)
{
    AUTO(buf_free) struct buf text = buf_new(POLYGON_BYTES_MAX);
    assert(shapes->count < CAP_POLYGONS_MAX);
    for (size_t i = 0; i < outline->count; i++)
        put_point(&text, outline->at[i]);
    assert(!text.full);
    shapes->polygon[shapes->count++] = buf_take(&text);
}

static void put_hull(struct shapes *shapes, struct outline *of)
{
    AUTO(outline_free) struct outline hull = {0};
    if (of->count == 0)
        return;
    hull_of(of, &hull);
    bool few = hull.count <= POINTS_FEW;
    if (!few && (hull.count > RING_POINTS_MAX || hull.count > POINTS_MAX - shapes->points))
        box_of(of, &hull);
    else if (!few)
        shapes->points += hull.count;
    if (hull.count >= 4)
        put_text(shapes, &hull);
}

static void put_ring(struct shapes *shapes, struct outline *ring)
{
    bool whole = ring->count <= RING_POINTS_MAX && ring->count <= POINTS_MAX - shapes->points &&
                 cap_ring_is_simple(ring->at, ring->count);
    if (ring->count < 4)
        return;
    if (!whole) {
        put_hull(shapes, ring);
        return;
    }
    shapes->points += ring->count;
    put_text(shapes, ring);
}

// The outer ring of one polygon: by itself, or into `rest`.
static void take_polygon(struct cursor *cursor, struct shapes *shapes, struct outline *rest)
{
    uint32_t rings = take_u32(cursor);
    for (uint32_t i = 0; i < rings && !cursor->bad; i++) {
        AUTO(outline_free) struct outline ring = {0};
        take_ring(cursor, i == 0 && rest ? rest : &ring);
        if (i == 0 && !rest && !cursor->bad)
            put_ring(shapes, &ring);
    }
}

void cap_polygons(struct str wkb, char *polygon[CAP_POLYGONS_MAX], size_t *count)
{
    struct cursor cursor = {wkb, wkb.at == NULL};
    struct shapes shapes = {.polygon = polygon};
    AUTO(outline_free) struct outline rest = {0};
    uint32_t kind = take_head(&cursor);
    cursor.bad |= kind != WKB_MULTI && kind != WKB_POLYGON;
    uint32_t parts = kind == WKB_MULTI ? take_u32(&cursor) : 1;
    for (uint32_t i = 0; i < parts && !cursor.bad; i++) {
        bool too_many = parts > CAP_POLYGONS_MAX && i + 1 >= CAP_POLYGONS_MAX;
        if (kind == WKB_MULTI && take_head(&cursor) != WKB_POLYGON)
            cursor.bad = true;
        else
            take_polygon(&cursor, &shapes, too_many ? &rest : NULL);
    }
    if (!cursor.bad)
        put_hull(&shapes, &rest);
    *count = shapes.count;
}
