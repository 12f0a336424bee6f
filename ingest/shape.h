#ifndef GONG_INGEST_SHAPE_H
#define GONG_INGEST_SHAPE_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/rings.h"

#include <stdbool.h>

// Makes the polygon that is kept (WKB, appended to `wkb`) out of rings as a file has them. Rings
// that cross themselves or lie wrongly are repaired by GEOS (MakeValid); then `*repaired` is true
// and `why` says what was wrong. ERR_INPUT when no area is left, with the reason.
MUST_USE enum err_kind shape_make(const struct rings *rings, struct buf *wkb, bool *repaired,
                                  char why[200], struct err *err);

#endif
