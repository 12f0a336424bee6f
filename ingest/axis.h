#ifndef GONG_INGEST_AXIS_H
#define GONG_INGEST_AXIS_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

enum axis_kind { AXIS_LATITUDE, AXIS_LONGITUDE };

// One axis of a grid as cells: from what a file says of its centres, whatever way it runs, to
// ascending edges, and to the part of it that is needed. Pure.
struct axis {
    enum axis_kind kind;
    bool descending; // the file runs from north to south, or from east to west
    size_t first;    // of the cells that are kept, the first one's place in the file
    size_t count;    // how many are kept
    double *edge;    // [count + 1] degrees, ascending, rounded to 0.00001 (a metre)
};
void axis_free(struct axis *axis); // frees what is in it; serves as cleanup attribute

// The whole axis.
//   centre  [count]      degrees as in the file; a longitude may pass from 359.9 to 0
//   bounds  [count x 2]  the cells' edges in the file's order, or NULL: halfway between centres,
//                        the outer ones mirrored
// Latitudes are cut at the poles. ERR_INPUT when the values are not finite, not strictly one way,
// outside the globe, span more than 360 degrees, when cells leave gaps, or when there is one cell
// and no bounds.
MUST_USE enum err_kind axis_make(enum axis_kind kind, const double *centre, const double *bounds,
                                 size_t count, struct axis *out, struct err *err);

// Keeps the cells that overlap low..high (degrees; a longitude in -180..180, to which the axis is
// turned by whole circles). ERR_INPUT when none does, or when the axis has its seam in there.
MUST_USE enum err_kind axis_cut(struct axis *axis, double low, double high, struct err *err);

#endif
