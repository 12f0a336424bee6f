#ifndef GONG_TRIGGERS_GUARD_H
#define GONG_TRIGGERS_GUARD_H

#include "ledger/ledger.h"
#include "policies/policy.h"
#include "triggers/anomaly.h"
#include "triggers/grounds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boundary_set;
struct due;

// Stands between the payouts of one batch of a live site and the way out: counts what they come to,
// asks a second source, and holds them, or lets them go by themselves when the rules say so.
struct guard {
    const struct anomaly_bounds *bounds; // NULL: a drill, nothing is counted
    struct anomaly_batch seen;
    bool has_second;
    struct policy second; // the policy on its second source; borrows from the policy
    struct grounds grounds;
};
void guard_free(struct guard *guard);

// The second source is the first one of the policy's `substitutes`, when it has data for the
// occasion.
MUST_USE enum err_kind guard_open(struct ledger *ledger, const struct due *due,
                                  const struct boundary_set *set,
                                  const struct anomaly_bounds *bounds, struct guard *out,
                                  struct err *err);
// One commune was decided.
void guard_commune(struct guard *guard, const struct due *due, size_t commune, bool yes,
                   bool doubted);
// What its contracts insure, and what is newly paid of it.
void guard_money(struct guard *guard, int64_t insured_vnd, int64_t pays_vnd);

// At the end, within the transaction: holds (a confirmation that the policy wants and that is not
// there; an anomaly), or allow_automatic.
MUST_USE enum err_kind guard_close(struct guard *guard, struct txn *txn, const struct due *due,
                                   struct err *err);

#endif
