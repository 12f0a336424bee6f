#ifndef GONG_LEDGER_PAYMENT_CHECK_H
#define GONG_LEDGER_PAYMENT_CHECK_H

#include "core/err.h"

#include <stdint.h>

struct ledger;

// For ledger_verify, when payouts and the keys of their messages were found to be what the entries
// say: what follows from these alone. The reference of each intent is made from its message's key,
// its day from its time, and the sums that caps are held to are those of the intents whose payout
// was not rejected. ERR_BROKEN names the payout or the sum.
MUST_USE enum err_kind payments_verify(struct ledger *ledger, struct err *err);

// Each approval entry signs a plan, and its rows in the table of approvals are the payouts of that
// plan. `*bad_seq` is the entry, or 0.
MUST_USE enum err_kind approvals_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err);

#endif
