#ifndef GONG_LEDGER_PAYMENT_CHECK_H
#define GONG_LEDGER_PAYMENT_CHECK_H

#include "core/err.h"

struct ledger;

// For ledger_verify, when payouts and the keys of their messages were found to be what the entries
// say: what follows from these alone. The reference of each intent is made from its message's key,
// its day from its time, and the sums that caps are held to are those of the intents whose payout
// was not rejected. ERR_BROKEN names the payout or the sum.
MUST_USE enum err_kind payments_verify(struct ledger *ledger, struct err *err);

#endif
