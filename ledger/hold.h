#ifndef GONG_LEDGER_HOLD_H
#define GONG_LEDGER_HOLD_H

#include "core/date.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

// What is stopped: messages of a channel ("" every one), a policy, a period ("" each). A person
// does it at any time (an act), the engine when a batch looks wrong or a confirmation is missing
// (an entry of kind "held"). While a hold stands nothing that it covers is leased, by any
// dispatcher; what was leased before is not called back, and what is unknown is still asked about.
struct hold_row {
    int64_t seq;
    char channel[16], policy[64], period[32];
    char cause[16];   // "person", "anomaly", "confirmation", "reconcile"
    char why[1604];   // 400 letters, as people may write (reason.h)
    int64_t released; // the entry; 0: it stands
};
struct hold_rows {
    struct hold_row *at;
    size_t count;
};
void hold_rows_free(struct hold_rows *rows);
MUST_USE enum err_kind hold_list(struct ledger *ledger, bool standing_only, struct hold_rows *out,
                                 struct err *err);

void hold_word(struct act *act, const char *channel, const char *policy, const char *why);
MUST_USE enum err_kind hold_put(struct ledger *ledger, const struct act *act, struct utc at,
                                int64_t *seq, struct err *err);
void hold_word_release(struct act *act, int64_t seq, const char *why);
// ERR_REFUSED for who made the hold, and for one that waits for a confirmation; ERR_MISSING when
// there is none of that number, or it was released.
MUST_USE enum err_kind hold_release(struct ledger *ledger, const struct act *act, struct utc at,
                                    struct err *err);

// The engine's: of payments of one policy and period. Once for each cause while it stands.
MUST_USE enum err_kind hold_place(struct txn *txn, struct utc at, const char *policy,
                                  const char *period, const char *cause, const char *why,
                                  struct err *err);
// Ends those of a policy, period and cause, by the entry of what was waited for.
MUST_USE enum err_kind hold_lift(struct txn *txn, const char *policy, const char *period,
                                 const char *cause, int64_t entry, struct err *err);
// Whether payments of a policy and period are stopped by anything.
MUST_USE enum err_kind hold_stops_payments(struct ledger *ledger, const char *policy,
                                           const char *period, bool *stopped, struct err *err);

// A message of the outbox, by the name that it has in a query, that no hold covers, as a condition;
// a top-up ("2024+1") belongs to its period.
#define HOLD_NOT_STOPPED_IS(o)                                                                     \
    " NOT EXISTS (SELECT 1 FROM hold AS h WHERE h.released = 0 AND h.channel IN ('', " o           \
    ".channel) AND (h.policy = '' OR h.policy = " o ".body ->> 'policy') AND (h.period = '' OR"    \
    " h.period = " o ".body ->> 'period' OR " o ".body ->> 'period' LIKE h.period || '+%'))"
#define HOLD_NOT_STOPPED HOLD_NOT_STOPPED_IS("o")

#endif
