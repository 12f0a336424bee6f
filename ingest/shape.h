#ifndef GONG_INGEST_SHAPE_H
#define GONG_INGEST_SHAPE_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/rings.h"

#include <stdbool.h>
#include <stddef.h>

// Makes the polygon that is kept (WKB, appended to `wkb`) out of rings as a file has them. Rings
// that cross themselves or lie wrongly are repaired by GEOS (MakeValid); then `*repaired` is true
// and `why` says what was wrong. ERR_INPUT when no area is left, with the reason.
MUST_USE enum err_kind shape_make(const struct rings *rings, struct buf *wkb, bool *repaired,
                                  char why[200], struct err *err);

// Shapes (WKB as shape_make writes it), by number.
struct shapes {
    const struct str *at;
    size_t count;
};

// What two shapes have in common.
struct shape_pair {
    size_t a, b;
    double area_km2; // on the sphere, more than 0
};
struct shape_pairs {
    size_t count;
    struct shape_pair *at; // [count] by a, then b
};
void shape_pairs_free(struct shape_pairs *pairs); // frees what is in it; a cleanup attribute

// Every pair of a shape of `a` and one of `b` that share some area (no matter how little); with `b`
// NULL, every two of `a` (a.a < a.b): in a boundary set there should be none. ERR_INPUT when GEOS
// cannot, with its reason.
MUST_USE enum err_kind shape_cross(const struct shapes *a, const struct shapes *b,
                                   struct shape_pairs *out, struct err *err);

// What of each shape lies in one before it as well, where `pairs` (of shape_cross without `b`) says
// that some does: without these parts the shapes lie beside one another, whatever three of them
// share. WKB as shape_make writes it, in the order of the shapes.
struct shape_parts {
    size_t count;
    struct str *at; // [count] heap
    size_t *of;     // [count] which shape each is a part of
};
void shape_parts_free(struct shape_parts *parts); // frees what is in it; a cleanup attribute
MUST_USE enum err_kind shape_twice(const struct shapes *shapes, const struct shape_pairs *pairs,
                                   struct shape_parts *out, struct err *err);

// What of a box (west, south, east, north in degrees) no shape covers, as WKB appended to `wkb`;
// nothing when all is covered.
MUST_USE enum err_kind shape_outside(const struct shapes *shapes, const double box[4],
                                     struct buf *wkb, struct err *err);

#endif
