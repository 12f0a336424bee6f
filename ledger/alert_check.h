#ifndef GONG_LEDGER_ALERT_CHECK_H
#define GONG_LEDGER_ALERT_CHECK_H

#include "core/err.h"
#include "core/text.h"

#include <stdint.h>

struct ledger;

// For ledger_verify: where each alert stands is what the notes ("alert") of its decisions and the
// hands that cleared it come to, one after the other. `*bad_seq` is the last of these entries, or
// of its decisions, when the row says something else or is not there; else 0.
//   noted  the numbers of the entries that have a note, as a JSON array, in any order
MUST_USE enum err_kind alerts_verify(struct ledger *ledger, struct str noted, int64_t *bad_seq,
                                     struct err *err);

#endif
