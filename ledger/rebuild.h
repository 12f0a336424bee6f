#ifndef GONG_LEDGER_REBUILD_H
#define GONG_LEDGER_REBUILD_H

#include "core/err.h"
#include "core/text.h"
#include "ledger/ledger.h"

// A ledger made again from its entries, one canonical JSON a line, as `gong ledger export` and a
// bundle have them: what they say of policies, batches, decisions and payouts is put by the very
// functions that put it first, every other entry as it is; so the tables cannot say anything else
// than the entries. What is no entry (readings, raw files, outbox, register) is not made.
//
// The signatures of acts are held against the roles that the entries before gave, by the log's key
// in keys/log.vkey of the ledger's folder.
//
//   ledger        empty, LEDGER_WRITE
//   lines         entries from 1 on
//   policy_text   the text of the policy of a hash (64 digits); ERR_MISSING when it has none
//
// ERR_REFUSED names the line that is not what an entry of its kind and place would be.
MUST_USE enum err_kind rebuild_entries(struct ledger *ledger, struct str lines,
                                       enum err_kind (*policy_text)(void *self, const char *hash,
                                                                    struct str *out,
                                                                    struct err *err),
                                       void *self, struct err *err);

#endif
