#ifndef GONG_INGEST_PRUNE_H
#define GONG_INGEST_PRUNE_H

#include "core/err.h"
#include "ingest/work.h"

// Lets go of raw files that are older than their source's `retention` and that no decision refers
// to (ledger/keep.h); of `only`, or of all sources with NULL. The ledger says so first, then the
// bytes go; what a killed run left is taken by the next. With `dry` it is counted and printed only.
struct prune_report {
    int64_t released, bytes, kept; // kept: old enough, but needed
};
MUST_USE enum err_kind prune_archive(const struct work *work, const struct source *only, bool dry,
                                     struct prune_report *report, struct err *err);

#endif
