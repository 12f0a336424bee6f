#ifndef GONG_INGEST_REPORTS_WANTED_H
#define GONG_INGEST_REPORTS_WANTED_H

#include "core/err.h"

struct doc;
struct points_wanted;

// The part of points_wanted_parse that is of figures (POINTS_REPORTS): columns, figures with their
// seasons, and what is passed over. ERR_INPUT names the key that is wrong or missing, and what to
// write.
MUST_USE enum err_kind reports_wanted_read(const struct doc *doc, struct points_wanted *out,
                                           struct err *err);

#endif
