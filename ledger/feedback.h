#ifndef GONG_LEDGER_FEEDBACK_H
#define GONG_LEDGER_FEEDBACK_H

#include "ledger/decision.h"
#include "ledger/outbox.h"

#include <stdbool.h>

// What people said back, stored against the alert that they speak of; and what they may be told.

// The newest alert or question that went to a person. ERR_MISSING when there is none.
struct feedback_alert {
    char key[KEY_MAX], policy[64], commune[16], period[32];
    int64_t cause; // the decision's entry
};
MUST_USE enum err_kind feedback_alert_of(struct ledger *ledger, const char *person,
                                         struct feedback_alert *out, struct err *err);

// An entry of what a person said: kind "answer" when it is about an alert (rained: yes or no), else
// "inbound". `word` is what was understood; the words themselves stay in people.db.
struct feedback {
    const char *person, *carrier, *word;
    const struct feedback_alert *alert; // NULL: about none
    bool rained;
};
MUST_USE enum err_kind feedback_put(struct txn *txn, struct utc at, const struct feedback *feedback,
                                    int64_t *seq, struct err *err);

// Whether a message of this key is in the outbox: then this was done before.
MUST_USE enum err_kind feedback_is_sent(struct ledger *ledger, const char *key, bool *is,
                                        struct err *err);

// The newest index of each policy in a commune, beside its threshold; at most `max`.
struct feedback_index {
    char policy[64];
    struct utc as_of;
    bool known;
    int64_t index_milli, threshold_milli; // of `unit`
    char unit[16];                        // "mm"; "" when none is said
};
MUST_USE enum err_kind feedback_indexes(struct ledger *ledger, const char *boundary_set,
                                        const char *commune, struct feedback_index *out, size_t max,
                                        size_t *count, struct err *err);

#endif
