#include "notify/testimony.h"

#include "core/log.h"
#include "core/mem.h"
#include "notify/peer.h"
#include "notify/protocol.h"
#include "notify/queue.h"

#include <assert.h>
#include <string.h>

enum { EVIDENCE_MAX = 1024 }; // in one commit

// One word, with its texts.
struct word {
    char peer[BUS_PEER_MAX], channel[16], ref[REF_MAX], key[KEY_MAX], why[WHY_MAX];
    int64_t number;
};

struct testimony {
    size_t count;
    struct word word[EVIDENCE_MAX];
    struct outbox_evidence evidence[EVIDENCE_MAX];
    enum err_kind noted[EVIDENCE_MAX];
};

struct testimony *testimony_new(void)
{
    return mem_new(1, sizeof(struct testimony));
}

void testimony_free(struct testimony **testimony)
{
    mem_free(testimony);
}

bool testimony_add(struct testimony *testimony, const struct peer *peer, const struct note *note,
                   struct utc at)
{
    assert(testimony->count < EVIDENCE_MAX);
    size_t i = testimony->count++;
    struct word *word = &testimony->word[i];
    text_copy(word->peer, sizeof(word->peer), peer->route);
    text_copy(word->channel, sizeof(word->channel), peer->channel);
    text_copy(word->ref, sizeof(word->ref), note->ref);
    text_copy(word->key, sizeof(word->key), note->key);
    text_copy(word->why, sizeof(word->why), note->why);
    word->number = note->number;
    testimony->evidence[i] = (struct outbox_evidence){word->channel,  word->ref, word->key,
                                                      note->evidence, at,        word->why};
    return testimony->count < EVIDENCE_MAX;
}

static bool is_lie(enum err_kind kind)
{
    return kind == ERR_INPUT || kind == ERR_REFUSED;
}

// Words from `first` on, `count` of them, in one commit. A commit that failed says nothing of any
// of its words, least of all that their messages are not known.
static enum err_kind record_some(struct testimony *testimony, const struct queue *queue,
                                 size_t first, size_t count, struct err *err)
{
    enum err_kind *noted = &testimony->noted[first];
    enum err_kind kind =
        queue->testify(queue->self, &testimony->evidence[first], count, noted, err);
    for (size_t i = 0; kind && i < count; i++)
        noted[i] = kind == ERR_MISSING ? ERR_LATER : kind;
    return kind;
}

// In one commit; when one of them is a lie, each in its own, so that the good ones stand. When the
// store takes nothing now, none is tried alone: each try may wait as long as the first did.
static enum err_kind record(struct testimony *testimony, const struct queue *queue, struct err *err)
{
    size_t count = testimony->count;
    enum err_kind kind = record_some(testimony, queue, 0, count, err);
    for (size_t i = 0; is_lie(kind) && i < count; i++) {
        enum err_kind one = record_some(testimony, queue, i, 1, err);
        if (!one || is_lie(one))
            continue;
        kind = one;
        for (size_t rest = i; rest < count; rest++)
            testimony->noted[rest] = ERR_LATER;
    }
    if (kind == ERR_BROKEN)
        return kind;
    if (kind)
        log_err("evidence was not recorded", err);
    return OK;
}

static enum noted noted_of(enum err_kind kind)
{
    switch (kind) {
    case OK:
        return NOTED_RECORDED;
    case ERR_MISSING:
        return NOTED_NOT_FOUND;
    case ERR_LATER:
    case ERR_INPUT:
    case ERR_REFUSED:
    case ERR_BROKEN:
        break;
    }
    return NOTED_NOT_NOW;
}

// Tells one worker of all its words from `first` on; they are marked by an empty name.
static void tell(struct testimony *testimony, size_t first, struct bus *bus)
{
    char peer[BUS_PEER_MAX];
    struct err why = {0};
    AUTO(buf_free) struct buf batch = buf_new(NOTES_BYTES_MAX);
    memcpy(peer, testimony->word[first].peer, sizeof(peer));
    for (size_t i = first; i < testimony->count; i++) {
        if (strcmp(testimony->word[i].peer, peer) != 0)
            continue;
        struct note note = {.type = NOTE_NOTED,
                            .number = testimony->word[i].number,
                            .noted = noted_of(testimony->noted[i])};
        bool fits = note_add(&batch, &note); // EVIDENCE_MAX of them are some kilobytes
        assert(fits);
        (void)fits;
        testimony->word[i].peer[0] = '\0';
    }
    if (notes_send(bus, peer, NOTE_NOTED, buf_slice(&batch), &why))
        log_err("a worker was not told that its evidence was recorded", &why);
}

static void tell_all(struct testimony *testimony, struct bus *bus)
{
    for (size_t i = 0; i < testimony->count; i++) {
        if (*testimony->word[i].peer)
            tell(testimony, i, bus);
    }
    testimony->count = 0;
}

void testimony_put_off(struct testimony *testimony, struct bus *bus)
{
    for (size_t i = 0; i < testimony->count; i++)
        testimony->noted[i] = ERR_LATER;
    tell_all(testimony, bus);
}

void testimony_open(struct testimony *testimony, struct outbox_news *out)
{
    out->evidence = testimony->evidence;
    out->words = testimony->count;
    out->noted = testimony->noted;
}

void testimony_recorded(struct testimony *testimony, struct bus *bus, size_t *recorded)
{
    for (size_t i = 0; i < testimony->count; i++)
        *recorded += testimony->noted[i] == OK;
    tell_all(testimony, bus);
}

enum err_kind testimony_record(struct testimony *testimony, const struct queue *queue,
                               struct bus *bus, size_t *recorded, struct err *err)
{
    if (testimony->count == 0)
        return OK;
    if (record(testimony, queue, err))
        return err_of(err);
    testimony_recorded(testimony, bus, recorded);
    return OK;
}
