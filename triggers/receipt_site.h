#ifndef GONG_TRIGGERS_RECEIPT_SITE_H
#define GONG_TRIGGERS_RECEIPT_SITE_H

#include "core/doc.h"
#include "core/err.h"

struct readings;
struct receipt_report;

// Makes a site of one commune in a temporary folder, lets gong-ingest read the raw files there, and
// compares what comes out with the values of the receipt; the folder is removed. `readings` are the
// receipt's, of one commune. ERR_MISSING names a raw file that is not in `raw_folder` (by its hash,
// or as an archive has it), ERR_REFUSED the first difference.
MUST_USE enum err_kind receipt_site_derive(const struct doc *receipt, const struct doc *basis,
                                           const char *raw_folder, const struct readings *readings,
                                           struct receipt_report *report, struct err *err);

#endif
