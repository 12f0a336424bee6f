#ifndef GONG_LEDGER_WAITING_H
#define GONG_LEDGER_WAITING_H

#include "core/doc.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Payouts that wait for people, as those look at them before they approve.

// In a query, of policy ?1: payouts p with their held messages o.
#define WAITING_PAYOUTS                                                                            \
    " FROM payout p JOIN outbox o ON o.key = 'pay/' || p.contract || '/' || p.period || '/' ||"    \
    " p.policy WHERE p.policy = ?1 AND o.channel = 'pay' AND o.state = 7"

struct waiting_row {
    char policy[64], period[32];
    int64_t count, total_vnd;
};
struct waiting_rows {
    struct waiting_row *at;
    size_t count;
};
void waiting_rows_free(struct waiting_rows *rows);
// policy NULL: of all. By policy, then in the order of their first payouts.
MUST_USE enum err_kind waiting_list(struct ledger *ledger, const char *policy,
                                    struct waiting_rows *out, struct err *err);

// Adds to `out`, of one policy and period:
//   replaced      how many of them stand on a decision that a later one took the place of, which
//   says
//                 that nothing is paid; what was promised stays, so people should know
//   approved_by   people who approved all that waits
//   needed        people who must, by the sum and the rules; at least `least`
//   communes      [{commune, count, total_vnd, most_vnd}], by code; most_vnd: the largest one
//   holds         [{hold, cause, why}] that stop them whoever approves
//   budget_vnd, set_aside_vnd   null without a budget; what is set aside of it so far
MUST_USE enum err_kind waiting_look(struct ledger *ledger, const char *policy, const char *period,
                                    int64_t least, struct doc *out, struct err *err);

#endif
