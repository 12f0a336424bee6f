#ifndef GONG_NOTIFY_FOLLOWER_H
#define GONG_NOTIFY_FOLLOWER_H

#include "core/err.h"
#include "ledger/outbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

// Those who follow the ledger: workers of a channel "feed-NAME". Each gets every entry in order,
// again from its place when it was gone or could not. An entry may come twice (its number tells),
// none is left out.
enum { FOLLOWERS_MAX = 64, FOLLOWER_WINDOW = 4096 };

struct follower {
    char channel[16];
    char worker[64];        // that the last entries were handed to
    int64_t place;          // every entry up to here is acknowledged, and that is recorded
    int64_t next;           // the last entry that was handed out
    int64_t lease_until_ms; // wall clock
    int64_t not_before_ms;  // wall clock: it asked for a pause
    bool acknowledged[FOLLOWER_WINDOW]; // [entry % FOLLOWER_WINDOW], of those that are under way
};

struct followers {
    struct follower *at[FOLLOWERS_MAX]; // heap
    size_t count;
};
void followers_free(struct followers *followers); // serves as cleanup attribute

bool follower_is_channel(const char *channel);

// As outbox_take. Nothing for a channel that is one too many.
MUST_USE enum err_kind followers_take(struct followers *followers, struct ledger *ledger,
                                      const struct outbox_claim *claim, struct outbox_items *out,
                                      struct err *err);

// As outbox_settle; the answers of other channels are passed over.
MUST_USE enum err_kind followers_settle(struct followers *followers, struct ledger *ledger,
                                        const struct outbox_answer *answer, size_t count,
                                        struct err *err);

// What is under way goes out again when its lease is over at now_ms, or, with `worker` not NULL,
// when it was that worker's (it is gone). `*count` grows.
void followers_reclaim(struct followers *followers, int64_t now_ms, const char *worker,
                       size_t *count);

#endif
