#ifndef GONG_INGEST_CF_AXES_H
#define GONG_INGEST_CF_AXES_H

#include "core/err.h"
#include "ingest/ncgrid.h"
#include "ingest/wanted.h"

#include <stddef.h>

// Which dimension of a variable is which axis: its place among the dimensions, or NO_AXIS.
#define NO_AXIS SIZE_MAX

// How the places of a variable are given.
enum cf_places {
    CF_RECTILINEAR, // one latitude a row, one longitude a column
    CF_PROJECTED,   // x and y of a map, or of a rotated globe; a grid mapping says which
    CF_CURVED,      // a latitude and a longitude for each cell, over two dimensions
    CF_SCATTERED,   // the same over one dimension
};

struct cf_axes {
    enum cf_places places;
    size_t y, x; // rows and columns; scattered: x is the dimension, y NO_AXIS
    size_t time, run, member;
    size_t pick[NCGRID_DIMS_MAX]; // of the other dimensions, the place that is wanted
    struct ncvar y_var, x_var;    // latitude and longitude; projected: the map's y and x
    struct ncvar time_var;        // name "" when there is none
    struct ncvar run_var;         // name "" when there is no such axis
    struct ncvar member_var;      // name "" for members that are only counted
    bool time_is_lead;            // time_var counts from the run, not from a date
};

// By units first, then by standard_name, then by the usual names (CF 1.8 chapter 4 and 5).
// ERR_INPUT names the dimension or the axis that is not understood.
MUST_USE enum err_kind cf_axes_find(const struct ncgrid *file, const struct ncvar *var,
                                    const struct wanted *wanted, struct cf_axes *out,
                                    struct err *err);

// The coordinate's bounds as [count x 2], heap, or NULL when there are none (a name that is given
// but leads nowhere is common, and counts as none). Either order of the two dimensions.
MUST_USE enum err_kind cf_bounds(const struct ncgrid *file, const struct ncvar *coordinate,
                                 double **out, struct err *err);

// The variable that the coordinate's "bounds" names; false when there is none.
bool cf_bounds_find(const struct ncgrid *file, const struct ncvar *coordinate, struct ncvar *out);

#endif
