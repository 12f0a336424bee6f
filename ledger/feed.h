#ifndef GONG_LEDGER_FEED_H
#define GONG_LEDGER_FEED_H

#include "core/err.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"

#include <stddef.h>
#include <stdint.h>

// The ledger as a feed: whoever has a key for it (an insurer, a monitor) gets every entry in order.
// An entry is kept once, however many read it; of each reader only its place is kept: all entries
// up to there it has acknowledged.

// A reader's place; 0 for one that is new.
MUST_USE enum err_kind feed_place(struct ledger *ledger, const char *reader, int64_t *place,
                                  struct err *err);

// Up to `max` entries after `after`, as messages: the id is the entry's number, the body its text.
MUST_USE enum err_kind feed_read(struct ledger *ledger, int64_t after, size_t max,
                                 struct outbox_items *out, struct err *err);

// Readers have come on; all in one commit, which is on the disk with the next entry's at the
// latest: a power cut before that may set a place back, and its reader gets those entries again.
// Else a place never goes back.
struct feed_step {
    const char *reader; // borrowed
    int64_t place;
};
MUST_USE enum err_kind feed_advance(struct ledger *ledger, const struct feed_step *step,
                                    size_t count, struct err *err);

#endif
