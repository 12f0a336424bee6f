#ifndef GONG_INGEST_DERIVE_REPORTS_H
#define GONG_INGEST_DERIVE_REPORTS_H

#include "core/err.h"
#include "ingest/derive.h"
#include "ingest/derive_points.h"
#include "ledger/raw.h"

struct boundary_set;

// As derive_raw, for a table of figures that people report (format: reports): readings of the
// communes of `set`, the ledger entry and the state, in one commit. A table that says a figure
// again makes a revision of it; of communes that it does not name what was known stays, and the
// table that said it becomes a base of this one (raw_base_put). A code that is none of the set
// refuses the table: a commune of before the reform has another area, and its harvest is not that
// of today's. So does a season that ends after `at`, unless `by_data`.
MUST_USE enum err_kind derive_reports(const struct derive_points *job,
                                      const struct boundary_set *set, const struct raw *raw,
                                      struct utc at, bool by_data, struct derived *out,
                                      struct err *err);

#endif
