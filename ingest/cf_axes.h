#ifndef GONG_INGEST_CF_AXES_H
#define GONG_INGEST_CF_AXES_H

#include "core/date.h"
#include "core/err.h"
#include "ingest/axis.h"
#include "ingest/ncgrid.h"
#include "ingest/wanted.h"

#include <stddef.h>
#include <stdint.h>

// Which dimension of a variable is which axis: its place among the dimensions, or NO_AXIS.
#define NO_AXIS SIZE_MAX
struct cf_axes {
    size_t latitude, longitude, time, member; // the first two are always there
    struct ncvar latitude_var, longitude_var, time_var, member_var;
};

// ERR_INPUT names the dimension that is not known, or the kind of grid that is not read.
MUST_USE enum err_kind cf_axes_find(const struct ncgrid *file, const struct ncvar *var,
                                    struct cf_axes *out, struct err *err);

// One horizontal axis as cells.
MUST_USE enum err_kind cf_axis_cells(const struct ncgrid *file, const struct ncvar *coordinate,
                                     enum axis_kind kind, struct axis *out, struct err *err);

struct cf_step {
    struct utc from, to;
};
// The steps of the time axis: heap, mem_free. A scalar time is one step.
MUST_USE enum err_kind cf_times(const struct ncgrid *file, const struct ncvar *var,
                                const struct cf_axes *axes, const struct wanted *wanted,
                                struct cf_step **out, size_t *count, struct err *err);

// The one forecast_reference_time that stands beside the variable.
MUST_USE enum err_kind cf_issue(const struct ncgrid *file, const struct ncvar *var, struct utc *out,
                                struct err *err);

// The numbers of the members: heap, mem_free; one MEMBER_NONE when there is no such axis.
MUST_USE enum err_kind cf_members(const struct ncgrid *file, const struct cf_axes *axes,
                                  const struct ncvar *var, int32_t **out, size_t *count,
                                  struct err *err);

#endif
