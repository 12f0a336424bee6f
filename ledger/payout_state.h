#ifndef GONG_LEDGER_PAYOUT_STATE_H
#define GONG_LEDGER_PAYOUT_STATE_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/ledger.h"

struct db;

// The payout that a "pay" message of the outbox stands for follows the message; its states:
// ledger/payment.h. What counts against the caps follows too: what was rejected does not count.
// Within a transaction. ERR_REFUSED when it is paid (or was returned) and would be anything else:
// no lease, no dead letter that is sent again, no answer gets past that.
MUST_USE enum err_kind payout_state_put(struct db *db, int64_t message, const char *state,
                                        struct err *err);

// Ends it as "paid", "rejected" or "returned", with an entry of kind "payment".
MUST_USE enum err_kind payout_end(struct txn *txn, int64_t message, struct utc at,
                                  const char *outcome, const char *result, struct err *err);

#endif
