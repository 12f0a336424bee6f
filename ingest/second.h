#ifndef GONG_INGEST_SECOND_H
#define GONG_INGEST_SECOND_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/ledger.h"

struct source;
struct sources;

// A second product beside the first ("second" of sources.yaml): what it and the source have of one
// variable is summed up over the same spans of time, from 00:00 UTC on: rain by its total,
// temperature by its mean, wind and gust by the largest. Where both are whole and these of a
// commune are further apart than the source states, all readings of the source in that span are
// doubted there (QUALITY_SECOND); where they are not, or no more, that doubt goes. A commune that
// one of them does not know is not compared.

// After the readings of a file of `source` were put, with valid times from `first` to `last`:
// whatever they have a part in, as the first product or as the second.
MUST_USE enum err_kind second_compare(struct txn *txn, const struct sources *sources,
                                      const struct source *source, struct utc first,
                                      struct utc last, struct err *err);

#endif
