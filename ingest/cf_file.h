#ifndef GONG_INGEST_CF_FILE_H
#define GONG_INGEST_CF_FILE_H

#include "ingest/cf.h"
#include "ingest/ncgrid.h"

// All that is wanted of an open file, whichever way it was opened: into `out`, or, with a stream,
// step by step to it, and then `out` stays as it is.
MUST_USE enum err_kind cf_read_file(const struct ncgrid *file, const struct wanted_list *wanted,
                                    const struct cf_stream *sink, struct frame *out,
                                    struct err *err);

#endif
