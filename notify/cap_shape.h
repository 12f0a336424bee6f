#ifndef GONG_NOTIFY_CAP_SHAPE_H
#define GONG_NOTIFY_CAP_SHAPE_H

#include "core/text.h"
#include "notify/cap.h"

#include <stddef.h>

// The outer rings of a commune's shape (WKB of a polygon or multipolygon, longitude first) as
// polygons of CAP, each a text on the heap; `*count` 0 for what is no such shape. All of them
// together hold the whole commune, so that who reads polygons only is warned: a ring of too many
// points, or one that crosses itself once it is rounded to five decimals, becomes its convex hull,
// and its box where the alert would grow too long even so;
// where there are more rings than CAP_POLYGONS_MAX, as of many islets, the last polygon is the hull
// of all that are left. Holes are passed over: who is in one is warned as well.
void cap_polygons(struct str wkb, char *polygon[CAP_POLYGONS_MAX], size_t *count);

#endif
