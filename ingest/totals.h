#ifndef GONG_INGEST_TOTALS_H
#define GONG_INGEST_TOTALS_H

#include "core/date.h"
#include "ingest/wanted.h"

#include <stdbool.h>

// A running total that becomes amounts. Pure.
struct total_step {
    struct utc from;    // the amount is over (from, stamp]
    bool is_difference; // the total of the stamp before it is taken off
};

// What can be said of the stamp, given the one before it in the file and the one after it
// (UTC_NEVER: none). False when nothing can: at the start itself, and for the first stamp of a file
// that stands for more of a day than one step (its other part is in the file before).
//   INTERVAL_SINCE_RUN  totals since `issued_at`
//   INTERVAL_SINCE_DAY  totals since 00:00 UTC; what is stamped 00:00 is of the day before
bool total_step_of(enum wanted_interval interval, struct utc issued_at, struct utc before,
                   struct utc stamp, struct utc after, struct total_step *out);

#endif
