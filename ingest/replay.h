#ifndef GONG_INGEST_REPLAY_H
#define GONG_INGEST_REPLAY_H

#include "core/err.h"
#include "ingest/decode.h"
#include "ingest/work.h"

// Derives all readings again, from the archived raw files, into a new ledger.db in `folder` (made
// when it is not there; ERR_INPUT when it has a ledger): every raw file that was read or refused,
// in the order in which it came, with the time of its original entry. Both ledgers then hold the
// same readings, bit for bit, or somebody changed something. The site's own ledger is only read.
MUST_USE enum err_kind replay_into(const struct work *work, const char *folder,
                                   const struct decode_limits *limits, struct work_report *report,
                                   struct err *err);

#endif
