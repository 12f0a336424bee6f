#ifndef GONG_TRIGGERS_STORM_H
#define GONG_TRIGGERS_STORM_H

#include "core/date.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct readings;
struct tracks;

// Readings that are made from the tracks of tropical cyclones: how far the nearest centre is from
// each commune (storm_distance, thousandths of a km), and the wind of that storm (storm_wind,
// thousandths of m/s, as its agency averages it). They are not kept: the tracks are, and a decision
// lists them. Pure.
//
//   - A step ends at each full hour from the window's start on. Between two fixes the centre moves
//     evenly in longitude and latitude, and the wind changes evenly; fixes more than a day apart
//     say nothing of the time between.
//   - A storm is there from its first fix to its last. Where none is there, or all are over 3,000
//   km
//     from every commune, the distance is STORM_AWAY_MILLI and the wind 0, in steps of up to a day.
//   - Distances are great circles from the commune's centre (core/sphere.h), rounded to the metre.
//   - Best tracks list what was, and not what was not: a window is known up to the last fix that
//     the source has, or as a whole once it was waited for.
//   - Without any track nothing is made: a source that never spoke does not say that it is quiet.
//   - An agency that does not say the wind leaves it not observed.
#define STORM_SET "@tracks" // boundary_set of such readings
enum { STORM_AWAY_MILLI = 20015000, STORM_FAR_MILLI = 3000000 };

struct storm_point {
    double latitude, longitude;
};
// In thousandths of a degree. The distance of a box is 0 while the centre is in it, borders
// included, and STORM_AWAY_MILLI else, for every commune.
struct storm_box {
    int64_t west, east, south, north;
};
struct storm_query {
    const char *source;
    struct utc issued_at; // of the forecast run; UTC_NEVER: best tracks
    struct utc from, to;
    bool waited;                 // for best tracks: what did not come is not waited for any more
    const struct storm_box *box; // NULL: distances
    const struct storm_point *point; // [points] of the communes
    size_t points;
};

// `tracks` are those of the source and run, and at least one beside the window that says how far
// they reach. `out` is appended to: all steps of one variable and member in order of time. Members
// are those that have a track.
void storm_readings(const struct tracks *tracks, const struct storm_query *query,
                    struct readings *out);

// "storm_distance" and "storm_wind".
bool storm_is_variable(const char *variable);

#endif
