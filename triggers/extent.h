#ifndef GONG_TRIGGERS_EXTENT_H
#define GONG_TRIGGERS_EXTENT_H

#include "core/text.h"

#include <stdbool.h>

struct doc;

// Where a bulletin that was passed on holds, in numbers ("area" of its entry, ledger/bulletin.h).
struct extent;

// NULL when it gives no numbers (`numbers` NULL), or none that can be read.
struct extent *extent_of(const struct doc *numbers);
void extent_free(struct extent **extent);

// Whether one of its geocodes is this commune: NAME is the boundary set's, VALUE the commune's
// code.
bool extent_has_code(const struct extent *extent, const char *set, const char *code);

// Whether it has polygons or circles.
bool extent_has_shapes(const struct extent *extent);

// Whether they hold a part of a commune's shape (WKB as the ingest room writes it): a twentieth of
// it or more, by points 12 by 12 over it, so that who draws along a border does not name the
// neighbours; or one of them lies all in it, or its circle's centre does. False for what is no
// shape. For naming, not for deciding: on the plane of longitude and latitude.
bool extent_meets(const struct extent *extent, struct str shape);

#endif
