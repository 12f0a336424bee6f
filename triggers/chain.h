#ifndef GONG_TRIGGERS_CHAIN_H
#define GONG_TRIGGERS_CHAIN_H

#include "core/doc.h"
#include "core/err.h"
#include "core/text.h"
#include "ledger/decision.h"

// What belongs to one settlement (a policy, a commune, a period): each decision that was made of
// it, whatever data it stood on, and all that came of these. Appends to `entries` every such ledger
// entry as it is, a line each, in order, but first what stood before the first decision:
//
//   basis, decision, payout      the first, and those that took its place or added to it
//   held, hold, release          what stopped it, also when that stood before
//   confirmation                 of the event by an office; its file is in the site's archive by
//   the
//                                hash in it, not here: it may name people
//   approval, reserve            who let the money go, and what was set aside
//   payment, pay_word            what became of the money; a word of a person about it
//   dispute, .._answer, .._close
//   answer                       what people said when they were asked
//
// `causes` (array) gets the numbers of the decisions and payouts: what was told goes by these.
// Source: domain-reference 12.
MUST_USE enum err_kind chain_find(struct ledger *ledger, const struct decision_row *decision,
                                  struct buf *entries, struct doc *causes, struct err *err);

// Whether a payout's or plan's period is `period` or what is added to it: "2024", "2024+1".
bool chain_is_of_period(const char *said, const char *period);

#endif
