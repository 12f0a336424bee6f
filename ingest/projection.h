#ifndef GONG_INGEST_PROJECTION_H
#define GONG_INGEST_PROJECTION_H

#include "core/err.h"

// Map projections of weather models, the way back only: from a file's x and y to longitude and
// latitude. J. P. Snyder, Map Projections: A Working Manual (USGS Professional Paper 1395, 1987),
// on the ellipsoid; the rotated pole as CF 1.8 appendix F defines it. Pure.
enum projection_kind {
    PROJECTION_ROTATED_POLE,      // x, y are degrees
    PROJECTION_LAMBERT_AZIMUTHAL, // equal area, oblique; x, y of this and the others are metres
    PROJECTION_ALBERS,            // equal area, conic
    PROJECTION_LAMBERT_CONIC,     // conformal
    PROJECTION_POLAR_STEREOGRAPHIC,
    PROJECTION_MERCATOR,
    PROJECTION_TRANSVERSE_MERCATOR,
};

// As the file's grid mapping says it; what a kind does not use is 0.
struct projection {
    enum projection_kind kind;
    double major_m, flattening; // of the earth; 0: a sphere
    double longitude, latitude; // degrees: origin; of a rotated grid: its north pole
    double parallel[2];         // degrees: standard parallels
    double scale;               // at the origin or central meridian; 0: from the parallel
    double east_m, north_m;     // false easting and northing
    double grid_longitude;      // degrees: of a rotated grid, its north_pole_grid_longitude
};

// The kind of a CF grid_mapping_name. ERR_INPUT names the one that is not read.
MUST_USE enum err_kind projection_named(const char *name, enum projection_kind *out,
                                        struct err *err);

// ERR_INPUT when the numbers make no projection (an earth of no size, parallels that cancel, a
// polar aspect where there is none).
MUST_USE enum err_kind projection_check(const struct projection *projection, struct err *err);

// NaN, NaN for a point that lies beside the map. `projection` was checked.
void projection_back(const struct projection *projection, double x, double y, double *longitude,
                     double *latitude);

#endif
