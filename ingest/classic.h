#ifndef GONG_INGEST_CLASSIC_H
#define GONG_INGEST_CLASSIC_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>

// True when bytes begin as a classic or 64-bit NetCDF file (CDF-1, CDF-2, CDF-5).
bool classic_is(struct str bytes);

// Classic files have no checksum and no length: one that was cut off reads as zeros, which for rain
// is a drought. Reads the header (NetCDF classic format specification, Unidata) and checks that all
// numbers it speaks of are there. ERR_INPUT with both sizes when not, or when the header makes no
// sense. Pure.
MUST_USE enum err_kind classic_check(struct str bytes, struct err *err);

#endif
