// Which worker speaks on which connection.
#include "notify/peer.h"
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

TEST_MAIN(cmocka_unit_test(two_workers_by_one_key),
          cmocka_unit_test(one_that_has_ended_is_not_taken_for_another))
