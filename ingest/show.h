#ifndef GONG_INGEST_SHOW_H
#define GONG_INGEST_SHOW_H

#include "core/err.h"
#include "ingest/work.h"

// The verb gong ingest origin HASH: where bytes of the archive came from, each time that they were
// brought: source, address, server, time, status, headers, how they were proved; and what became of
// them. ERR_MISSING when there is no raw file of that hash.
MUST_USE enum err_kind show_origin(const struct work *work, struct err *err);

#endif
