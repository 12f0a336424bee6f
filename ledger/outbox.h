#ifndef GONG_LEDGER_OUTBOX_H
#define GONG_LEDGER_OUTBOX_H

#include "core/date.h"
#include "core/doc.h"
#include "ledger/ledger.h"

#include <stddef.h>
#include <stdint.h>

// The outbox is the queue: what was decided and must therefore be sent is written in the same
// transaction. States:
//
//   ready -> leased -> done | dead
//   ready -> expired
//                  \-> ready again (lease over, or asked to wait), for a channel that may repeat
//                  \-> unknown (lease over), for "pay": left only by evidence (outbox_done,
//                      outbox_absent)
enum outbox_state {
    OUTBOX_READY,
    OUTBOX_LEASED,
    OUTBOX_UNKNOWN,
    OUTBOX_DONE,
    OUTBOX_DEAD,
    OUTBOX_EXPIRED,
};
const char *outbox_state_name(enum outbox_state state);
enum { OUTBOX_STATES = OUTBOX_EXPIRED + 1 };

struct outbox_item {
    int64_t id;
    char channel[16];   // "sms", "pay"
    char key[96];       // unique for good: a repeat with the same key is the same message
    char person[48];    // whom; the address is looked up when it is sent. "" for none
    char contract[48];  // "" for none
    int32_t lane;       // smaller goes first: 0 life-safety, 1 money, 2 the rest
    struct utc expires; // not sent after; UTC_NEVER: never stale
    int64_t cause;      // ledger entry that caused it
    int64_t attempt;    // of the lease in hand; 0 before the first
    bool ask;           // leased from `unknown`: the worker is to find out, not to send
    char *body;         // heap, canonical JSON; see notify/README.md, "bodies"
};
void outbox_item_free(struct outbox_item *item);
struct outbox_items {
    struct outbox_item *at;
    size_t count;
};
void outbox_items_free(struct outbox_items *items);

// Adds a message (id, attempt and ask are not looked at). The same key with the same body changes
// nothing (`*fresh` false); with another body ERR_BROKEN.
MUST_USE enum err_kind outbox_put(struct txn *txn, const struct outbox_item *item, bool *fresh,
                                  struct err *err);

struct outbox_claim {
    const char *channel, *worker;
    size_t max;
    struct utc now;                 // by the site's clock: what is past `expires` is not sent
    int64_t now_ms, lease_until_ms; // wall clock, milliseconds since 1970
};
// Leases up to claim->max due items of a channel: lane, then id. At most one item in flight per
// person. Items that were `unknown` come first and with ask set. Items past `expires` become
// expired. For "pay" the committed lease is the intent: it is there before anything is sent.
MUST_USE enum err_kind outbox_take(struct ledger *ledger, const struct outbox_claim *claim,
                                   struct outbox_items *out, struct err *err);

// The effect is proved: done. An old attempt's word counts as well (it is evidence). For "pay" an
// entry of kind "payment" is appended and the payout's state becomes "paid", in one commit.
// Done twice changes nothing. ERR_INPUT for an id or attempt that never was.
MUST_USE enum err_kind outbox_done(struct ledger *ledger, int64_t id, int64_t attempt,
                                   struct utc at, const char *result, struct err *err);

// The same for many, in one commit: a dispatcher gathers the acknowledgements that are there.
struct outbox_done {
    int64_t id, attempt;
    struct utc at;
    const char *result; // borrowed
};
MUST_USE enum err_kind outbox_done_many(struct ledger *ledger, const struct outbox_done *done,
                                        size_t count, struct err *err);

// It is proved that the effect did not happen (answer to an ask): ready again.
MUST_USE enum err_kind outbox_absent(struct ledger *ledger, int64_t id, int64_t attempt,
                                     struct err *err);

// The worker of this attempt could not; try again at not_before_ms, or dead after attempts_max.
// An old attempt's word changes nothing.
MUST_USE enum err_kind outbox_retry(struct ledger *ledger, int64_t id, int64_t attempt,
                                    int64_t not_before_ms, int64_t attempts_max, const char *why,
                                    struct err *err);

// It never will: dead, with the reason. For "pay" the payout becomes "rejected" with an entry.
MUST_USE enum err_kind outbox_refused(struct ledger *ledger, int64_t id, int64_t attempt,
                                      struct utc at, const char *why, struct err *err);

// Leases that are over at now_ms: "pay" becomes unknown, all else ready. With `worker` not NULL:
// all leases of that worker, over or not (it is gone). `*count` is how many.
MUST_USE enum err_kind outbox_reclaim(struct ledger *ledger, int64_t now_ms, const char *worker,
                                      size_t *count, struct err *err);

// How many items of a channel are in each state; channel NULL: all channels.
MUST_USE enum err_kind outbox_count(struct ledger *ledger, const char *channel,
                                    int64_t count[OUTBOX_STATES], struct err *err);

// When the next item of a channel is due, wall-clock ms; INT64_MAX when none waits.
MUST_USE enum err_kind outbox_next_due_ms(struct ledger *ledger, const char *channel,
                                          int64_t *due_ms, struct err *err);

#endif
