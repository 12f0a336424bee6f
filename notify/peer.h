#ifndef GONG_NOTIFY_PEER_H
#define GONG_NOTIFY_PEER_H

#include "core/bus.h"
#include "notify/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The workers that a dispatcher knows, and what each may still be given.
struct peer {
    char name[48], channel[16];       // as its READY says
    char route[BUS_PEER_MAX];         // the connection it was heard on last; "" when that is gone
    char key[BUS_NAME_MAX];           // whose key it came by; "" for one on the Unix socket
    char public_key[BUS_KEY_LEN + 1]; // that key, on this connection
    bool is_guess;           // `route` is its by the key only: it did not say its name there yet
    bool is_local;           // on the Unix socket: when its connection is gone, so is its process
    bool has_ended;          // it is known only until what it held is free again
    int64_t credit, in_hand; // jobs
    int64_t heard_ms;        // ticks: when it last said anything
    int64_t paused_until_ms; // ticks: it said that nothing can go its way now
    int64_t lease_until_ms;  // wall clock: when the last of its leases ends
};

enum { PEERS_MAX = 256, PEER_SILENT_MS = 10000 };

struct peers {
    struct peer at[PEERS_MAX];
    size_t count;
};

// Who speaks on a connection; NULL when not known.
struct peer *peers_find(struct peers *peers, const char *route);

// Who says this on a connection that is not known: the one worker that came by the same key, whose
// connection broke then and is this one now. NULL when it cannot be told.
struct peer *peers_find_again(struct peers *peers, const struct bus_message *from);

// READY: known from now on, on this connection, with this credit. A name belongs to the key and the
// channel that it was said with first, and a connection that was guessed to be another's is whose
// name is said there. NULL when it is not to be served, `*why` says why.
struct peer *peers_meet(struct peers *peers, const struct bus_message *from,
                        const struct note *ready, const char **why);

// Takes one out; the last takes its place.
void peers_drop(struct peers *peers, struct peer *peer);

// A share of its credit is kept for life-safety: how many messages of the urgent lane, and how many
// of any lane, it may be given now. 0 when it is silent, paused, full or cannot be reached.
struct share {
    int64_t urgent, any;
};
struct share peer_share(const struct peer *peer);

#endif
