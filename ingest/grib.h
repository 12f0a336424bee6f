#ifndef GONG_INGEST_GRIB_H
#define GONG_INGEST_GRIB_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/grid.h"
#include "ingest/wanted.h"

// What the messages of a GRIB file mean together: as cf_read, for the other format.
//
//   reads     the shortName of ecCodes ("tp", "10u", "i10fg"); with pick only messages whose keys
//             have these values ("level=10, percentile=50")
//   time      the step's own start and end; with "interval: since run" totals since the run,
//             with "since day" since 00:00 UTC; "month", "30 min" and the like count back from its
//             end. Observations and analyses are valid at their date.
//   members   perturbationNumber, where the message says that it is of an ensemble
//   grids     latitude-longitude and Gaussian (also reduced), rotated, Lambert, stereographic,
//             Mercator
//
// ERR_INPUT: a variable that is not there, fields on several grids, two fields for one step.
MUST_USE enum err_kind grib_read(struct str bytes, const struct wanted_list *wanted,
                                 struct frame *out, struct err *err);

#endif
