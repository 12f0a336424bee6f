#include "notify/peer.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

enum { RESERVED_SHARE = 4 }; // a quarter, of a credit of 4 and more

struct peer *peers_find(struct peers *peers, const char *route)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (strcmp(peers->at[i].route, route) == 0)
            return &peers->at[i];
    }
    return NULL;
}

struct peer *peers_find_again(struct peers *peers, const struct bus_message *from)
{
    struct peer *found = NULL;
    for (size_t i = 0; *from->key && i < peers->count; i++) {
        struct peer *peer = &peers->at[i];
        if (peer->has_ended || strcmp(peer->key, from->key) != 0 ||
            strcmp(peer->channel, from->role) != 0)
            continue;
        if (found)
            return NULL;
        found = peer;
    }
    if (!found)
        return NULL;
    memcpy(found->route, from->peer, sizeof(found->route));
    memcpy(found->public_key, from->public_key, sizeof(found->public_key));
    found->is_guess = true;
    return found;
}

static struct peer *find_name(struct peers *peers, const char *name)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (strcmp(peers->at[i].name, name) == 0)
            return &peers->at[i];
    }
    return NULL;
}

struct peer *peers_meet(struct peers *peers, const struct bus_message *from,
                        const struct note *ready, const char **why)
{
    struct peer *peer = find_name(peers, ready->worker);
    struct peer *on_route = peers_find(peers, from->peer);
    bool is_other = on_route && on_route != peer;
    bool is_another =
        peer && (strcmp(peer->key, from->key) != 0 || strcmp(peer->channel, ready->channel) != 0);
    *why = *from->role && strcmp(from->role, ready->channel) != 0
               ? "your key is not for this channel"
           : is_another                         ? "this name is another worker's"
           : is_other && !on_route->is_guess    ? "you said another name before"
           : !peer && peers->count == PEERS_MAX ? "there are too many workers"
                                                : NULL;
    if (*why)
        return NULL;
    if (is_other)
        on_route->route[0] = '\0'; // until it says itself where it is
    if (!peer) {
        peer = &peers->at[peers->count++];
        *peer = (struct peer){.is_local = !*from->role};
        memcpy(peer->name, ready->worker, sizeof(peer->name));
        memcpy(peer->channel, ready->channel, sizeof(peer->channel));
        memcpy(peer->key, from->key, sizeof(peer->key));
    }
    memcpy(peer->route, from->peer, sizeof(peer->route));
    memcpy(peer->public_key, from->public_key, sizeof(peer->public_key));
    peer->is_guess = peer->has_ended = false;
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
    if (!*peer->route || free <= 0 || now_ms < peer->paused_until_ms ||
        now_ms - peer->heard_ms >= PEER_SILENT_MS)
        return (struct share){0, 0};
    return (struct share){free, free > kept ? free - kept : 0};
}
