#ifndef GONG_DATA_SEASON_THIESSEN_H
#define GONG_DATA_SEASON_THIESSEN_H

#include "core/text.h"
#include "data/season/table.h"

#include <stddef.h>

struct point {
    double x, y; // longitude, latitude
};

enum { CELL_POINTS_MAX = 64 };

// A convex polygon, counter-clockwise, not closed.
struct cell {
    struct point at[CELL_POINTS_MAX];
    size_t count;
};

// What of the convex `area` is nearer to site `own` than to any other (degrees taken as flat). By
// cutting with the half-plane of each other site. Sites differ; more than 64 corners asserts.
void thiessen_cell(const struct point *site, size_t sites, size_t own, const struct cell *area,
                   struct cell *out);

double cell_area(const struct cell *cell); // in square degrees; > 0 when counter-clockwise

// The smallest box around the sites, wider by `margin` on each side.
void cell_box(const struct point *site, size_t sites, double margin, struct cell *out);

// The communes as a GeoJSON FeatureCollection with properties code, full_name and zone: schematic
// cells, each zone in its own box. Six decimals.
void thiessen_geojson(const struct place *place, size_t count, struct buf *out);

#endif
