// Which worker speaks on which connection.
#include "notify/peer.h"
#include "core/clock.h"
#include "core/mem.h"
#include "tests/check.h"

#include <stdio.h>

static struct bus_message from(const char *connection, const char *key)
{
    struct bus_message message = {0};
    (void)snprintf(message.peer, sizeof(message.peer), "%s", connection);
    (void)snprintf(message.key, sizeof(message.key), "%s", key);
    (void)snprintf(message.role, sizeof(message.role), "%s", *key ? "sms" : "");
    return message;
}

// READY; why it is not served, "" when it is.
static const char *ready(struct peers *peers, const struct bus_message *message, const char *name)
{
    struct note note = {.type = NOTE_READY, .channel = "sms", .credit = 1};
    const char *why = NULL;
    (void)snprintf(note.worker, sizeof(note.worker), "%s", name);
    const struct peer *peer = peers_meet(peers, message, &note, &why);
    if (!peer)
        return why;
    CHECK_TEXT(peer->name, name);
    CHECK_TEXT(peer->route, message->peer);
    return "";
}

// The dispatcher was started anew: one of them said READY, the other is in a long batch.
static void two_workers_by_one_key(void **state)
{
    (void)state;
    AUTO(mem_drop) struct peers *peers = mem_new(1, sizeof(*peers));
    const struct bus_message first = from("#1", "hanoi"), second = from("#2", "hanoi");
    CHECK_TEXT(ready(peers, &first, "w-1"), "");
    ROW("what the second says is taken for the first's on a new connection");
    const struct peer *found = peers_find_again(peers, &second);
    CHECK(found && strcmp(found->name, "w-1") == 0);
    ROW("until it says who it is");
    CHECK_TEXT(ready(peers, &second, "w-2"), "");
    CHECK_INT(peers->count, 2);
    CHECK(!peers_find(peers, first.peer));
    ROW("the first is where it says");
    CHECK_TEXT(ready(peers, &first, "w-1"), "");
    CHECK_TEXT(peers_find(peers, first.peer)->name, "w-1");
    CHECK_TEXT(peers_find(peers, second.peer)->name, "w-2");
    ROW("now it cannot be told whose another connection is");
    const struct bus_message third = from("#3", "hanoi");
    CHECK(!peers_find_again(peers, &third));
    ROW("a name that was said on a connection is the only one there");
    CHECK_TEXT(ready(peers, &second, "w-3"), "you said another name before");
    CHECK_TEXT(ready(peers, &second, "w-1"), "you said another name before");
}

static void one_that_has_ended_is_not_taken_for_another(void **state)
{
    (void)state;
    AUTO(mem_drop) struct peers *peers = mem_new(1, sizeof(*peers));
    const struct bus_message first = from("#1", "hanoi"), second = from("#2", "hanoi");
    CHECK_TEXT(ready(peers, &first, "w-1"), "");
    peers->at[0].has_ended = true;
    CHECK(!peers_find_again(peers, &second));
    ROW("but by its name it is there again");
    CHECK_TEXT(ready(peers, &second, "w-1"), "");
    CHECK(!peers->at[0].has_ended);
}

// A quarter of the credit is for what warns of danger to life, and nobody is given more than it
// said.
static void what_may_be_given(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t credit, in_hand, silent_ms, paused_ms;
        const char *route;
        struct share share; // urgent, any
    } rows[] = {
        {"a quarter is kept", 64, 0, 0, 0, "#1", {64, 48}},
        {"what is in hand counts", 64, 40, 0, 0, "#1", {24, 8}},
        {"only the kept quarter is left", 64, 48, 0, 0, "#1", {16, 0}},
        {"some of it is in hand as well", 64, 60, 0, 0, "#1", {4, 0}},
        {"full", 64, 64, 0, 0, "#1", {0, 0}},
        {"more in hand than it can hold: its credit shrank", 8, 20, 0, 0, "#1", {0, 0}},
        {"a credit of four keeps one", 4, 0, 0, 0, "#1", {4, 3}},
        {"a credit of three keeps none", 3, 0, 0, 0, "#1", {3, 3}},
        {"payments, one by one", 1, 0, 0, 0, "#1", {1, 1}},
        {"payments, one in hand", 1, 1, 0, 0, "#1", {0, 0}},
        {"no credit", 0, 0, 0, 0, "#1", {0, 0}},
        {"heard a while ago", 64, 0, PEER_SILENT_MS - 2000, 0, "#1", {64, 48}},
        {"silent for too long", 64, 0, PEER_SILENT_MS, 0, "#1", {0, 0}},
        {"it said that nothing can go its way now", 64, 0, 0, 60000, "#1", {0, 0}},
        {"that was long ago", 64, 0, 0, -1, "#1", {64, 48}},
        {"its connection is gone", 64, 0, 0, 0, "", {0, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        int64_t now_ms = clock_ticks_ms();
        struct peer peer = {.credit = rows[i].credit,
                            .in_hand = rows[i].in_hand,
                            .heard_ms = now_ms - rows[i].silent_ms,
                            .paused_until_ms = now_ms + rows[i].paused_ms};
        (void)snprintf(peer.route, sizeof(peer.route), "%s", rows[i].route);
        struct share share = peer_share(&peer);
        CHECK_INT(share.urgent, rows[i].share.urgent);
        CHECK_INT(share.any, rows[i].share.any);
    }
}

TEST_MAIN(cmocka_unit_test(what_may_be_given), cmocka_unit_test(two_workers_by_one_key),
          cmocka_unit_test(one_that_has_ended_is_not_taken_for_another))
