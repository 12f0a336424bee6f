#ifndef GONG_NOTIFY_QUEUE_H
#define GONG_NOTIFY_QUEUE_H

#include "core/err.h"
#include "core/site.h"
#include "ledger/outbox.h"
#include "notify/follower.h"
#include "ledger/payment.h"

#include <stdbool.h>
#include <stddef.h>

// Where a dispatcher takes messages from and where it records what became of them: the outbox of a
// site (queue_of_outbox), or another store with the same rules (a benchmark's list in memory).
struct queue {
    void *self;
    // As outbox_take, outbox_settle, outbox_testify and outbox_reclaim.
    MUST_USE enum err_kind (*take)(void *self, const struct outbox_claim *claim,
                                   struct outbox_items *out, struct err *err);
    MUST_USE enum err_kind (*settle)(void *self, const struct outbox_answer *answer, size_t count,
                                     struct err *err);
    MUST_USE enum err_kind (*testify)(void *self, const struct outbox_evidence *evidence,
                                      size_t count, enum err_kind *noted, struct err *err);
    MUST_USE enum err_kind (*reclaim)(void *self, int64_t now_ms, const char *worker, size_t *count,
                                      struct err *err);
    // True when nothing waits, nothing is in hand and nothing is unknown, of what anybody serves.
    MUST_USE enum err_kind (*is_empty)(void *self, bool *empty, struct err *err);
    // As outbox_record, where that saves a commit. ERR_INPUT: not together; `settle` and `testify`
    // take what is good, and say what is not. NULL: never together.
    MUST_USE enum err_kind (*record)(void *self, const struct outbox_news *news, struct err *err);
};

struct ledger;
struct post;
enum {
    QUEUE_CHANNELS_MAX = 16,
    POST_MS = 15000, // how long a dispatcher that died on one machine keeps another one waiting
};

#define QUEUE_DISK_FULL                                                                            \
    "the disk is full: warnings go out from the space kept for them, all else waits; free some, "  \
    "then start again"

// `attempts_max` tries make a dead letter; payments over the caps are held. Borrows the ledger.
// Channels "feed-NAME" get its entries.
struct outbox_queue {
    struct ledger *ledger;
    int64_t attempts_max;
    struct channel_name
        served[QUEUE_CHANNELS_MAX]; // those that have a driver; the others' messages
    size_t served_count;            // wait, and the queue is empty without them
    struct payment_caps caps;
    int64_t post_next_ms;       // when its time is moved on next
    const struct post *post;    // ours, kept while we work; NULL: nobody else can be there
    struct followers followers; // nobody at first
    bool warnings_only;         // the disk was full: see core/reserve.h
};
void outbox_queue_free(struct outbox_queue *outbox); // what it made; serves as cleanup attribute
struct queue queue_of_outbox(struct outbox_queue *outbox);

#endif
