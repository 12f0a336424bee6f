#ifndef GONG_NOTIFY_CAP_STANDING_H
#define GONG_NOTIFY_CAP_STANDING_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/subscriber.h"

#include <stdbool.h>

struct doc;
struct txn;

// The official bulletins that stand, as a list that is kept for screens (TO/official, MQTT).
// It is made from the ledger, not from what one round of fetching brought: what was one to be told
// (status, and signature where one is asked for), has not ended (a day after it was heard where it
// gives no end) and was not taken back by a later one.
struct standing_ask {
    const struct subscribers *to; // those of mqtt who want bulletins get it
    struct utc now;
    bool drill, must_be_signed;
    bool unset; // no feed is asked any more: nothing stands
};

// Whether an alert or an entry of one has the status and the seal of what is told here.
bool cap_is_for_telling(const struct standing_ask *ask, const struct doc *one);

// Puts the list, newest first, where it is another than the one that was put last: an entry
// "standing" (source, from, seqs) and the messages: kind, drill, topic, zone "", as_of, bulletins
// [identifier, sent, expires, by, status, seal, quote], left_out (how many of the oldest had no
// room in 60 KiB). In the caller's commit, with what else it has in it; `*put` whether it did.
MUST_USE enum err_kind cap_standing_put(struct txn *txn, const struct standing_ask *ask, bool *put,
                                        struct err *err);

#endif
