#ifndef GONG_TESTS_NOTIFY_WORDS_H
#define GONG_TESTS_NOTIFY_WORDS_H

// Words of carriers as a dispatcher holds them, and the connection by which their worker is told
// what became of them.
#include "core/bus.h"
#include "core/file.h"
#include "core/mem.h"
#include "notify/peer.h"
#include "notify/protocol.h"
#include "notify/testimony.h"
#include "tests/ledger/place.h"

enum { WORDS = 3, WAIT_MS = 120000 };

// The dispatcher's end and a worker's, which have heard one another.
static inline void words_connect(struct place *place, struct bus **server, struct bus **worker,
                                 char route[BUS_PEER_MAX])
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(place->folder, "bus.sock");
    const struct note beat = {.type = NOTE_HB};
    bool got = false;
    CHECK_OK(bus_serve(path, server, &err), err);
    CHECK_OK(bus_join(path, worker, &err), err);
    while (note_send(*worker, NULL, &beat, &err))
        (void)usleep(1000); // not connected yet
    AUTO(bus_message_free) struct bus_message message = {0};
    CHECK_OK(bus_receive(*server, WAIT_MS, &message, &got, &err), err);
    CHECK(got);
    memcpy(route, message.peer, sizeof(message.peer));
}

// What the worker is told of each of the words.
static inline void words_told(struct bus *worker, const enum noted *wanted)
{
    struct err err = {0};
    struct notes notes;
    bool got = false;
    AUTO(bus_message_free) struct bus_message message = {0};
    CHECK_OK(bus_receive(worker, WAIT_MS, &message, &got, &err), err);
    CHECK(got);
    CHECK_OK(notes_open(&message, &notes, &err), err);
    for (int i = 0; i < WORDS; i++) {
        struct note note;
        CHECK_OK(notes_take(&notes, &note, &got, &err), err);
        CHECK(got);
        CHECK_INT(note.type, NOTE_NOTED);
        CHECK_INT(note.number, i + 1);
        CHECK_INT(note.noted, wanted[i]);
    }
}

// They are of a worker whose connection has that name.
static inline void words_add(struct testimony *testimony, const char *route)
{
    struct peer peer = {.name = "w-1", .channel = "sms"};
    (void)snprintf(peer.route, sizeof(peer.route), "%s", route);
    for (int n = 1; n <= WORDS; n++) {
        struct note note = {
            .type = NOTE_EVIDENCE, .number = n, .key = "alert/x", .evidence = EVIDENCE_DELIVERED};
        CHECK(testimony_add(testimony, &peer, &note, (struct utc){0}));
    }
}

#endif
