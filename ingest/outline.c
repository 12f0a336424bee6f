#include "ingest/outline.h"

#include "core/mem.h"
#include "ingest/rings.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double RADIANS = M_PI / 180;

enum { WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6, WKB_LITTLE = 1, RING_POINTS_MIN = 4 };

void outline_free(struct outline *outline)
{
    mem_free(&outline->xy);
    mem_free(&outline->ring);
    *outline = (struct outline){0};
}

static double *room_for(struct outline *outline, size_t points)
{
    if (outline->points + points > outline->point_room) {
        outline->point_room = 2 * (outline->points + points);
        outline->xy = mem_resize(outline->xy, outline->point_room, 2 * sizeof(double));
    }
    if (outline->rings == outline->ring_room) {
        outline->ring_room = outline->ring_room ? 2 * outline->ring_room : 16;
        outline->ring = mem_resize(outline->ring, outline->ring_room, sizeof(*outline->ring));
    }
    return outline->xy + 2 * outline->points;
}

// Widens the box by a ring and gives twice the ring's plane area, about its first point so that a
// small ring far from the origin keeps its digits. NaN when a point is off the globe.
static double measure(struct outline *outline, const double *xy, size_t points)
{
    double west = outline->west, east = outline->east, south = outline->south,
           north = outline->north, sum = 0, x0 = 0, y0 = 0;
    bool good = true;
    for (size_t i = 0; i < points; i++) {
        double x = xy[2 * i], y = xy[2 * i + 1];
        double x1 = x - xy[0], y1 = y - xy[1];
        good = good && fabs(x) <= 360 && fabs(y) <= 90;
        west = x < west ? x : west;
        east = x > east ? x : east;
        south = y < south ? y : south;
        north = y > north ? y : north;
        sum += x0 * y1 - x1 * y0;
        x0 = x1;
        y0 = y1;
    }
    outline->west = west;
    outline->east = east;
    outline->south = south;
    outline->north = north;
    return good ? sum : NAN;
}

static bool take_ring(struct outline *outline, struct str *rest, bool is_hole)
{
    uint32_t points;
    if (!str_take_bytes(rest, &points, sizeof(points)) || points < RING_POINTS_MIN ||
        points > rest->len / (2 * sizeof(double)))
        return false;
    double *xy = room_for(outline, points);
    (void)str_take_bytes(rest, xy, points * 2 * sizeof(double));
    const double *last = xy + 2 * ((size_t)points - 1);
    double turn = measure(outline, xy, points);
    if (isnan(turn) || xy[0] != last[0] || xy[1] != last[1])
        return false;
    outline->ring[outline->rings++] =
        (struct outline_ring){outline->points, points, (turn < 0) != is_hole ? 1 : -1};
    outline->points += points;
    return true;
}

static bool take_polygon(struct outline *outline, struct str *rest, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!take_ring(outline, rest, i > 0))
            return false;
    }
    return true;
}

// The head of a geometry: byte order and type; then how many parts it has.
static bool take_head(struct str *rest, uint32_t *type, uint32_t *count)
{
    uint8_t order;
    return str_take_bytes(rest, &order, sizeof(order)) && order == WKB_LITTLE &&
           str_take_bytes(rest, type, sizeof(*type)) && str_take_bytes(rest, count, sizeof(*count));
}

bool outline_set(struct outline *outline, struct str wkb)
{
    uint32_t type, count, inner, rings;
    outline->points = outline->rings = 0;
    outline->west = outline->south = INFINITY;
    outline->east = outline->north = -INFINITY;
    if (!take_head(&wkb, &type, &count))
        return false;
    if (type == WKB_POLYGON && !take_polygon(outline, &wkb, count))
        return false;
    for (uint32_t i = 0; type == WKB_MULTIPOLYGON && i < count; i++) {
        if (!take_head(&wkb, &inner, &rings) || inner != WKB_POLYGON ||
            !take_polygon(outline, &wkb, rings))
            return false;
    }
    return wkb.len == 0 && outline->rings > 0;
}

double outline_area(const struct outline *outline)
{
    double total = 0;
    for (size_t r = 0; r < outline->rings; r++) {
        const struct outline_ring *ring = &outline->ring[r];
        const double *xy = outline->xy + 2 * ring->first;
        double base = xy[1] * RADIANS, sum = 0;
        for (size_t i = 1; i < ring->points; i++) {
            double width = (xy[2 * i] - xy[2 * i - 2]) * RADIANS;
            sum +=
                width * rings_mean_height(xy[2 * i - 1] * RADIANS, xy[2 * i + 1] * RADIANS, base);
        }
        total += ring->sign * sum;
    }
    return total;
}

// A ray to the east crosses the border an odd number of times; holes and parts come by themselves.
bool outline_holds(const struct outline *outline, double longitude, double latitude)
{
    bool inside = false;
    for (size_t r = 0; r < outline->rings; r++) {
        const double *xy = outline->xy + 2 * outline->ring[r].first;
        for (size_t i = 1; i < outline->ring[r].points; i++) {
            const double *a = xy + 2 * i - 2, *b = xy + 2 * i;
            if ((a[1] > latitude) == (b[1] > latitude))
                continue;
            double along = (latitude - a[1]) / (b[1] - a[1]);
            if (longitude < a[0] + along * (b[0] - a[0]))
                inside = !inside;
        }
    }
    return inside;
}
