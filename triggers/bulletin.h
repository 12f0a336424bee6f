#ifndef GONG_TRIGGERS_BULLETIN_H
#define GONG_TRIGGERS_BULLETIN_H

#include "core/err.h"
#include "core/money.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alert_state;
struct notice;
struct subscribers;
struct txn;

// What subscribers (ledger/subscriber.h) are told of one batch: the communes whose alert was told,
// the payouts, and for state that is kept (MQTT) every commune of a zone in which an alert is on.
// One message for each subscriber and up to BULLETIN_ROWS_MAX communes (fewer where their texts are
// long), without what communes were before, in the commit of the decisions.
struct bulletin;
enum { BULLETIN_ROWS_MAX = 60 };

// NULL when nobody subscribed; every function takes that as "nobody is told".
struct bulletin *bulletin_new(const struct subscribers *to);
void bulletin_free(struct bulletin **bulletin);

// The state of a commune's alert after this batch, and whether people were told of it.
void bulletin_note_alert(struct bulletin *bulletin, const struct notice *notice,
                         const struct alert_state *state, bool told);
void bulletin_note_payout(struct bulletin *bulletin, const struct notice *notice,
                          struct money amount);

// Puts the messages; `cause` is the entry that they are about, part of their keys. `notice` gives
// policy, occasion and whether it is a drill (its commune and result are not looked at).
MUST_USE enum err_kind bulletin_send(struct txn *txn, const struct bulletin *bulletin,
                                     const struct notice *notice, int64_t cause, struct err *err);

#endif
