#include "notify/peer.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

enum { RESERVED_SHARE = 4 }; // a quarter, of a credit of 4 and more

struct peer *peers_find(struct peers *peers, const char *name)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (strcmp(peers->at[i].name, name) == 0)
            return &peers->at[i];
    }
    return NULL;
}

struct peer *peers_meet(struct peers *peers, const char *name, const struct note *ready)
{
    struct peer *peer = peers_find(peers, name);
    if (!peer && peers->count == PEERS_MAX)
        return NULL;
    if (!peer) {
        peer = &peers->at[peers->count++];
        *peer = (struct peer){0};
        (void)snprintf(peer->name, sizeof(peer->name), "%s", name);
        (void)snprintf(peer->channel, sizeof(peer->channel), "%s", ready->channel);
    }
    if (clock_wall_ms() > peer->lease_until_ms)
        peer->in_hand = 0; // whatever it did not answer is no longer its
    peer->credit = ready->credit;
    return peer;
}

void peers_drop(struct peers *peers, struct peer *peer)
{
    *peer = peers->at[--peers->count];
}

struct share peer_share(const struct peer *peer)
{
    int64_t now_ms = clock_ticks_ms(), free = peer->credit - peer->in_hand;
    int64_t kept = peer->credit / RESERVED_SHARE;
    if (peer->is_usurped || free <= 0 || now_ms < peer->paused_until_ms ||
        now_ms - peer->heard_ms >= PEER_SILENT_MS)
        return (struct share){0, 0};
    return (struct share){free, free > kept ? free - kept : 0};
}
