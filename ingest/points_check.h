#ifndef GONG_INGEST_POINTS_CHECK_H
#define GONG_INGEST_POINTS_CHECK_H

#include "core/err.h"
#include "ingest/points.h"

// What a table of stations says, looked at as a whole. Pure.
//
//   refused     one high value stands again and again: a code for "no value" that nobody named
//               (999.8 in the rain of the Mekong River Commission, 64 % of all values)
//   duplicate   two stations whose series are the same, value by value
//   scrambled   stations do not resemble their neighbours more than far ones: the names have been
//               mixed up. Measured: the mean correlation of the nearest tenth of all pairs less
//               that of the farthest tenth is 0.30 to 0.51 in sound tables of Viet Nam and the
//               Mekong, and 0.02 in one whose columns were mixed up; under 0.10 it is called
//               scrambled
//   same place  two stations at one point; a warning only
//
// Flags go into station[].flags; the values of duplicate and scrambled stations become doubted.
struct points_doubts {
    size_t duplicate, scrambled, same_place; // stations
    size_t doubted;                          // values, with those that were said twice
    double near, far; // mean correlations, NaN when there was too little to tell
};
MUST_USE enum err_kind points_check(struct points *points, struct points_doubts *out,
                                    struct err *err);

#endif
