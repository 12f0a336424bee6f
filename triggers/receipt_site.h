#ifndef GONG_TRIGGERS_RECEIPT_SITE_H
#define GONG_TRIGGERS_RECEIPT_SITE_H

#include "core/doc.h"
#include "core/err.h"

struct boundary_set;
struct grounds;
struct policy;
struct receipt_report;

// What a receipt says, taken apart; all borrowed.
struct receipt_site {
    const struct doc *receipt, *basis;
    const struct policy *policy;
    const struct boundary_set *set; // the one commune, or all of its set
    const struct grounds *grounds;  // readings of these, then of gauges; tracks
};

// Makes a site of these communes in a temporary folder, lets gong-ingest read the raw files there,
// and compares what comes out with the values of the receipt; the folder is removed. ERR_MISSING
// names a raw file that is not in `raw_folder` (by its hash, or as an archive has it), ERR_REFUSED
// the first difference.
MUST_USE enum err_kind receipt_site_derive(const struct receipt_site *said, const char *raw_folder,
                                           struct receipt_report *report, struct err *err);

#endif
