#ifndef GONG_INGEST_OUTLINE_H
#define GONG_INGEST_OUTLINE_H

#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// The rings of one commune, flat, in memory that serves one commune after another.
struct outline_ring {
    size_t first, points; // of xy; the last point is the first
    double sign;          // an edge that runs east counts as above (1) or below (-1) the area
};
struct outline {
    double *xy; // longitude, latitude in degrees
    struct outline_ring *ring;
    size_t points, rings, point_room, ring_room;
    double west, east, south, north; // the box around it
};
void outline_free(struct outline *outline); // frees what is in it; serves as cleanup attribute

// Takes the place of what was there. WKB, little-endian, a polygon or multipolygon; false when it
// is anything else, is cut off, or holds a point off the globe or a ring that is not closed. The
// direction of a ring does not matter: the first of a polygon is outside, the others are holes.
bool outline_set(struct outline *outline, struct str wkb);

// Area on the unit sphere, edges straight in longitude and latitude.
double outline_area(const struct outline *outline);

// Whether a point lies inside; on a border, on one side of it only.
bool outline_holds(const struct outline *outline, double longitude, double latitude);

#endif
