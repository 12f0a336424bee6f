#ifndef GONG_NOTIFY_PEER_H
#define GONG_NOTIFY_PEER_H

#include "core/bus.h"
#include "notify/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The workers that a dispatcher knows, and what each may still be given.
struct peer {
    char name[BUS_PEER_MAX], channel[16];
    bool is_local;           // on a Unix socket: when its connection is gone, so is its process
    int64_t credit, in_hand; // jobs
    int64_t heard_ms;        // ticks: when it last said anything
    int64_t paused_until_ms; // ticks: it said that nothing can go its way now
    int64_t lease_until_ms;  // wall clock: when the last of its leases ends
    bool is_usurped;         // a key of another channel has its name now: until its own is heard
                             // again, nothing more goes out to it, and its leases stay its
};

enum { PEERS_MAX = 256, PEER_SILENT_MS = 10000 };

struct peers {
    struct peer at[PEERS_MAX];
    size_t count;
};

struct peer *peers_find(struct peers *peers, const char *name); // NULL when not known

// READY: known from now on, with this credit. NULL when there are too many.
struct peer *peers_meet(struct peers *peers, const char *name, const struct note *ready);

// Takes one out; the last takes its place.
void peers_drop(struct peers *peers, struct peer *peer);

// A share of its credit is kept for life-safety: how many messages of the urgent lane, and how many
// of any lane, it may be given now. 0 when it is silent, paused, full or usurped.
struct share {
    int64_t urgent, any;
};
struct share peer_share(const struct peer *peer);

#endif
