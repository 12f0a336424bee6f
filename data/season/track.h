#ifndef GONG_DATA_SEASON_TRACK_H
#define GONG_DATA_SEASON_TRACK_H

#include "data/season/table.h"

#include <stddef.h>

// Where the storm is and how strong.
struct storm {
    double latitude, longitude, wind_kt;
};

// Linear between the two points around `time`; before the first and after the last point it stands
// there. `fix` is sorted by time, count > 0.
struct storm track_at(const struct fix *fix, size_t count, struct utc time);

// Great-circle distance on a sphere of 6,371 km.
double distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

#endif
