#ifndef GONG_CORE_UNITS_H
#define GONG_CORE_UNITS_H

#include "core/err.h"

#include <stdbool.h>

// How to turn a number of unit `from` into unit `to` (udunits2 spelling): to = from * scale +
// offset. ERR_INPUT when a unit is not known or the two are of different kinds. "VND" is no unit.
MUST_USE enum err_kind units_convert(const char *from, const char *to, double *scale,
                                     double *offset, struct err *err);

// Reads the library's database of units now, for who cannot open files later; ERR_BROKEN when there
// is none.
MUST_USE enum err_kind units_open_database(struct err *err);

// From now on the library's database of units is not read (no file can be opened any more): what is
// beyond the common units is then unknown, and units_missed is true once that was so.
void units_close_database(void);
bool units_missed(void);

// A CF time axis, "hours since 1900-01-01 00:00:0.0": seconds in one step of it, and its origin in
// seconds since 1970 UTC (standard calendar). ERR_INPUT when it is none.
MUST_USE enum err_kind units_time_axis(const char *text, double *step_s, double *origin_s,
                                       struct err *err);

#endif
