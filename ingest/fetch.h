#ifndef GONG_INGEST_FETCH_H
#define GONG_INGEST_FETCH_H

#include "core/err.h"
#include "ingest/work.h"

// Brings what is new at a source into the archive and the list of raw files. One file is one
// commit, after its bytes are on the disk. What is there already is not fetched again, unless a
// file's size or time says that it changed.
//
// A file that cannot be fetched does not stop the others: it is counted in the report. Only
// ERR_BROKEN, or a stop, ends it early. A missing folder is counted as missing.
MUST_USE enum err_kind fetch_source(const struct work *work, const struct source *source,
                                    struct work_report *report, struct err *err);

// One address, or one path of this machine, for a source.
MUST_USE enum err_kind fetch_url(const struct work *work, const struct source *source,
                                 const char *url, struct work_report *report, struct err *err);

#endif
