#ifndef GONG_INGEST_RINGS_H
#define GONG_INGEST_RINGS_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// The rings of a polygon or of several: an outer ring, then its holes, then the next outer ring.
// Points are longitude, latitude in degrees; each ring is closed (its last point is its first).
struct ring {
    size_t points;
    double *xy;   // [points x 2], heap
    bool is_hole; // of the outer ring before it
};
struct rings {
    size_t count;
    struct ring *at;
};
void rings_free(struct rings *rings); // frees what is in it; serves as cleanup attribute

// A new ring at the end; its points are not set yet.
struct ring *rings_add(struct rings *rings, size_t points, bool is_hole);

// Reads WKB, little-endian: a polygon or a multipolygon. ERR_INPUT when it is anything else, is cut
// off, or holds a point off the globe or a ring that is not closed.
MUST_USE enum err_kind rings_of_wkb(struct str wkb, struct rings *out, struct err *err);

// Area on the sphere in km2 (authalic radius 6371.0072 km), edges straight in longitude and
// latitude; outer rings count, holes are taken off, whatever their direction.
double rings_area_km2(const struct rings *rings);

// Twice the plane area, positive when the ring runs against the clock.
double ring_turn(const struct ring *ring);

// The mean of sin(latitude) - sin(base) along a straight edge from latitude a to b, all in radians:
// times the edge's width in longitude it is the area on the unit sphere between edge and base.
// Without loss of digits for short edges near the base.
double rings_mean_height(double a, double b, double base);

#endif
