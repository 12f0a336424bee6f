#ifndef GONG_LEDGER_BULLETIN_H
#define GONG_LEDGER_BULLETIN_H

#include "core/doc.h"
#include "ledger/ledger.h"

#include <stdbool.h>

// Official warnings that came from outside: relayed and quoted, never imitated, and nothing is
// decided by them. Each is one ledger entry of kind "bulletin" (source, raw, and what CAP calls
// identifier, sender, sent, status, msgType, event, urgency, severity, certainty, expires,
// headline, areaDesc).

// Adds one. The same source, identifier and sent again changes nothing (`*fresh` false).
MUST_USE enum err_kind bulletin_put(struct txn *txn, struct utc at, const struct doc *body,
                                    bool *fresh, struct err *err);

#endif
