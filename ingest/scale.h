#ifndef GONG_INGEST_SCALE_H
#define GONG_INGEST_SCALE_H

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

// How the numbers of a file become the canonical unit of a variable: rain in mm over the step,
// wind and gust in m/s, temperature in K; of what people report: yield in t/ha, shares in per cent.
struct scale {
    double factor, offset;  // canonical = number * factor + offset
    bool per_day;           // the number is a rate: factor gives mm a day, times the step in days
    double lowest, highest; // what can be, in the canonical unit: beyond it the file lies
};

// ERR_INPUT when the unit (udunits2 spelling) does not fit the variable. A mass of water per area
// counts as its depth: 1 kg m-2 is 1 mm.
MUST_USE enum err_kind scale_for(const char *variable, const char *unit, struct scale *out,
                                 struct err *err);

// The same of a figure (wanted_figures), also in words of Vietnamese tables: "tạ/ha" is 100 kg/ha.
MUST_USE enum err_kind scale_of_figure(const char *figure, const char *unit, struct scale *out,
                                       struct err *err);

// The same for a step of step_s seconds: a rate becomes an amount. ERR_INPUT for a rate over a
// step of no length.
MUST_USE enum err_kind scale_over(const struct scale *scale, int64_t step_s, struct scale *out,
                                  struct err *err);

#endif
