#ifndef GONG_INGEST_CF_TIMES_H
#define GONG_INGEST_CF_TIMES_H

#include "core/date.h"
#include "core/err.h"
#include "ingest/cf_axes.h"
#include "ingest/ncgrid.h"
#include "ingest/wanted.h"

#include <stddef.h>
#include <stdint.h>

// When the values of a variable are valid, run by run.
struct cf_times {
    size_t runs, count;    // a file without an axis of runs has 1; stamps of each run
    struct utc *issued_at; // [runs] UTC_NEVER for observations
    struct utc *from, *to; // [runs x count]; of a running total both are its stamp
};
void cf_times_free(struct cf_times *times); // frees what is in it; serves as cleanup attribute

// A scalar time is one step; time may be a date, or a lead that is added to the run; times over two
// dimensions, (run, lead), are taken as they are. ERR_INPUT when stamps do not ascend, a calendar
// or a date is not real, or a forecast does not say its run.
MUST_USE enum err_kind cf_times_find(const struct ncgrid *file, const struct ncvar *var,
                                     const struct cf_axes *axes, const struct wanted_list *list,
                                     const struct wanted *wanted, struct cf_times *out,
                                     struct err *err);

// The numbers of the members: heap, mem_free; one MEMBER_NONE when there is no such axis. A file
// with one member may say its number in a scalar (realization, number); what the address says of
// it goes first.
MUST_USE enum err_kind cf_members(const struct ncgrid *file, const struct ncvar *var,
                                  const struct cf_axes *axes, const struct wanted_list *list,
                                  int32_t **out, size_t *count, struct err *err);

#endif
