#include "core/mem.h"
#include "notify/protocol.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

// A note that is read is within its limits; a batch that is read and written again reads the same.
static void look_at(const struct note *note)
{
    assert(strlen(note->key) < KEY_MAX && strlen(note->ref) < REFS_MAX &&
           strlen(note->why) < WHY_MAX);
    assert(note->type != NOTE_READY || (note->credit >= 0 && note->credit <= 1000));
    if (note->type != NOTE_JOB && note->type != NOTE_ACK && note->type != NOTE_NAK)
        return;
    assert(note->id > 0 && note->attempt > 0);
    AUTO(buf_free) struct buf again = buf_new(NOTES_BYTES_MAX);
    assert(note_add(&again, note));
    struct notes notes = {.type = note->type, .rest = buf_slice(&again)};
    struct note back;
    struct err err = {0};
    bool got = false;
    enum err_kind kind = notes_take(&notes, &back, &got, &err);
    assert(kind == OK && got && back.id == note->id && back.outcome == note->outcome);
    assert(str_same(back.body, note->body) && strcmp(back.why, note->why) == 0);
    (void)kind;
}

// The first six bytes are the first frame, the rest the second.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bus_message message = {.count = 2};
    struct notes notes;
    struct err err = {0};
    bool got = true;
    size_t first = len < 6 ? len : 6;
    message.frame[0] = str_copy((struct str){(const char *)bytes, first});
    message.frame[1] = str_copy((struct str){(const char *)bytes + first, len - first});
    message.len[0] = first;
    message.len[1] = len - first;
    enum err_kind kind = notes_open(&message, &notes, &err);
    while (!kind && got) {
        struct note note;
        kind = notes_take(&notes, &note, &got, &err);
        if (!kind && got)
            look_at(&note);
    }
    assert(!kind || *err.text);
    bus_message_free(&message);
    return 0;
}
