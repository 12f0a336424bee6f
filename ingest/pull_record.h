#ifndef GONG_INGEST_PULL_RECORD_H
#define GONG_INGEST_PULL_RECORD_H

#include "ingest/pull_file.h"

// Whether what came has the provider's sum. STAGE_SUM: as its file says; else as a header of
// `answer` says, where the source wants that (true when it does not).
MUST_USE enum err_kind pull_prove(const struct pull_file *file,
                                  const struct transfer_answer *answer, bool *proved,
                                  struct err *err);

// What the ledger keeps of a file that came: the raw file, and where its bytes are from. `answer`
// NULL: an earlier process had it all but this. `*fresh` false: these bytes were there already.
MUST_USE enum err_kind pull_record(struct txn *txn, const struct pull_file *file, struct hash hash,
                                   const struct transfer_answer *answer, struct utc now,
                                   bool *fresh, struct err *err);

#endif
