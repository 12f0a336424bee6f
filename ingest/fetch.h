#ifndef GONG_INGEST_FETCH_H
#define GONG_INGEST_FETCH_H

#include "core/err.h"
#include "ingest/work.h"

#include <stdbool.h>

// Brings what is new at the sources into the archive and the list of raw files: of `only`, or of
// all with NULL, side by side. One file is one commit, after its bytes are on the disk. What is
// there already is not fetched again, unless a file's size or time, or the server, says that it
// changed. With `dry` the addresses are printed and counted, and nothing is fetched.
//
// A file that cannot be fetched does not stop the others: it is counted in the report. Only
// ERR_BROKEN, or a stop, ends it early. A missing folder is counted as missing.
MUST_USE enum err_kind fetch_sources(const struct work *work, const struct source *only, bool dry,
                                     struct work_report *report, struct err *err);

// One address, or one path of this machine, for a source. It is recorded under `name`, an address
// of the source that says more than a path does; NULL: under its own.
MUST_USE enum err_kind fetch_url(const struct work *work, const struct source *source,
                                 const char *url, const char *name, struct work_report *report,
                                 struct err *err);

// Every file of the steps from..to of a source with times in its address. What is there is passed
// over, so that it may be ended and begun again at will.
struct fetch_range {
    struct utc from, to;
    bool dry;
};
MUST_USE enum err_kind fetch_backfill(const struct work *work, const struct source *source,
                                      const struct fetch_range *range, struct work_report *report,
                                      struct err *err);

#endif
