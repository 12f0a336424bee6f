#include "notify/protocol.h"

#include "core/doc.h"
#include "core/mem.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

// The first frame: magic with the version, then one letter for the type.
static const char MAGIC[] = "GONG2";
static const char letters[NOTE_TYPES + 1] = "RJANEKHDBX";

enum {
    MAGIC_LEN = sizeof(MAGIC) - 1,
    SIZE_BYTES = 4, // of a record, before it
    HEADER_BYTES_MAX = 4096,
    CREDIT_MAX = 1000,
    AFTER_MS_MAX = 86400000,
};

bool note_is_batch(enum note_type type)
{
    return type == NOTE_JOB || type == NOTE_ACK || type == NOTE_NAK || type == NOTE_EVIDENCE ||
           type == NOTE_NOTED;
}

// --- writing
// --------------------------------------------------------------------------------------

// A record is written in one go: `at` moves over room that was asked for once.
static void put_whole(char **at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        (*at)[i] = (char)(value >> (8 * (bytes - 1 - i)));
    *at += bytes;
}

static void put_bytes(char **at, struct str bytes, int len_bytes)
{
    put_whole(at, bytes.len, len_bytes);
    if (bytes.len)
        memcpy(*at, bytes.at, bytes.len);
    *at += bytes.len;
}

static void put_text(char **at, const char *text, int len_bytes)
{
    put_bytes(at, str_of(text), len_bytes);
}

// No record of this note is longer.
static size_t record_most(const struct note *note)
{
    return sizeof(*note) + note->body.len;
}

static void put_record(char **at, const struct note *note)
{
    switch (note->type) {
    case NOTE_JOB:
        put_whole(at, (uint64_t)note->id, 8);
        put_whole(at, (uint64_t)note->attempt, 4);
        put_whole(at, (uint64_t)note->deadline_ms, 8);
        put_whole(at, (uint64_t)note->at.s, 8);
        put_whole(at, note->ask, 1);
        put_text(at, note->key, 1);
        put_text(at, note->person, 1);
        put_text(at, note->contract, 1);
        put_bytes(at, note->body, 4);
        break;
    case NOTE_ACK:
    case NOTE_NAK:
        put_whole(at, (uint64_t)note->id, 8);
        put_whole(at, (uint64_t)note->attempt, 4);
        put_whole(at, note->outcome, 1);
        put_whole(at, (uint64_t)note->after_ms, 4);
        put_text(at, note->ref, 2);
        put_text(at, note->why, 1);
        break;
    case NOTE_EVIDENCE:
        put_whole(at, (uint64_t)note->number, 8);
        put_whole(at, note->evidence, 1);
        put_text(at, note->ref, 1);
        put_text(at, note->key, 1);
        put_text(at, note->why, 1);
        break;
    case NOTE_NOTED:
        put_whole(at, (uint64_t)note->number, 8);
        put_whole(at, note->noted, 1);
        break;
    case NOTE_READY:
    case NOTE_HB:
    case NOTE_DRAIN:
    case NOTE_BYE:
    case NOTE_ERR:
        assert(false && "a note that is no record");
    }
}

bool note_add(struct buf *batch, const struct note *note)
{
    char *start = buf_room(batch, SIZE_BYTES + record_most(note));
    if (!start) {
        batch->full = false;
        return false;
    }
    char *end = start + SIZE_BYTES;
    put_record(&end, note);
    put_whole(&start, (uint64_t)(end - start) - SIZE_BYTES, SIZE_BYTES);
    buf_wrote(batch, end);
    return true;
}

static enum err_kind send_frames(struct bus *bus, const char *peer, enum note_type type,
                                 struct str second, struct err *err)
{
    char first[MAGIC_LEN + 1];
    memcpy(first, MAGIC, MAGIC_LEN);
    first[MAGIC_LEN] = letters[type];
    struct str frames[] = {{first, sizeof(first)}, second};
    return bus_send(bus, peer, frames, COUNT_OF(frames), err);
}

enum err_kind notes_send(struct bus *bus, const char *peer, enum note_type type, struct str batch,
                         struct err *err)
{
    assert(note_is_batch(type));
    return send_frames(bus, peer, type, batch, err);
}

enum err_kind note_send(struct bus *bus, const char *peer, const struct note *note, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(NOTES_BYTES_MAX);
    if (note_is_batch(note->type)) {
        if (!note_add(&text, note))
            return err_set(err, ERR_INPUT, "a note is over %d bytes", NOTES_BYTES_MAX);
        return send_frames(bus, peer, note->type, buf_slice(&text), err);
    }
    AUTO(doc_free) struct doc *header = doc_object();
    if (note->type == NOTE_READY) {
        doc_put_text(header, "worker", note->worker);
        doc_put_text(header, "channel", note->channel);
        doc_put_int(header, "credit", note->credit);
    } else if (note->type == NOTE_ERR) {
        doc_put_text(header, "why", note->why);
    }
    doc_canonical(header, &text);
    return send_frames(bus, peer, note->type, buf_slice(&text), err);
}

// --- reading: nothing that a peer says is believed
// ------------------------------------------------

static uint64_t take_whole(struct str *rest, int bytes, bool *good)
{
    uint64_t value = 0;
    if (rest->len < (size_t)bytes) {
        *good = false;
        return 0;
    }
    for (int i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)rest->at[i];
    rest->at += bytes;
    rest->len -= (size_t)bytes;
    return value;
}

static void take_text(struct str *rest, int len_bytes, char *out, size_t size, bool *good)
{
    size_t len = take_whole(rest, len_bytes, good);
    if (!*good || len > rest->len || len >= size || memchr(rest->at, '\0', len)) {
        *good = false;
        return;
    }
    memcpy(out, rest->at, len);
    out[len] = '\0';
    rest->at += len;
    rest->len -= len;
}

// A text that began with a carrier: its bytes may be of any coding, or cut within a letter.
static void take_said(struct str *rest, int len_bytes, char *out, size_t size, bool *good)
{
    take_text(rest, len_bytes, out, size, good);
    if (*good)
        text_clean(out);
}

static bool take_job(struct str *rest, struct note *out)
{
    bool good = true;
    out->id = (int64_t)take_whole(rest, 8, &good);
    out->attempt = (int64_t)take_whole(rest, 4, &good);
    out->deadline_ms = (int64_t)take_whole(rest, 8, &good);
    out->at.s = (int64_t)take_whole(rest, 8, &good);
    out->ask = take_whole(rest, 1, &good) & 1;
    take_text(rest, 1, out->key, sizeof(out->key), &good);
    take_text(rest, 1, out->person, sizeof(out->person), &good);
    take_text(rest, 1, out->contract, sizeof(out->contract), &good);
    size_t len = take_whole(rest, 4, &good);
    if (!good || len > rest->len)
        return false;
    out->body = (struct str){rest->at, len};
    return true;
}

static bool is_ack(enum outcome outcome)
{
    return outcome == OUTCOME_DONE || outcome == OUTCOME_PENDING || outcome == OUTCOME_ABSENT;
}

static bool take_answer(struct str *rest, struct note *out)
{
    bool good = true;
    out->id = (int64_t)take_whole(rest, 8, &good);
    out->attempt = (int64_t)take_whole(rest, 4, &good);
    uint64_t outcome = take_whole(rest, 1, &good);
    out->after_ms = (int64_t)take_whole(rest, 4, &good);
    take_said(rest, 2, out->ref, sizeof(out->ref), &good);
    take_said(rest, 1, out->why, sizeof(out->why), &good);
    if (!good || outcome >= OUTCOMES || out->after_ms > AFTER_MS_MAX)
        return false;
    out->outcome = (enum outcome)outcome;
    return is_ack(out->outcome) == (out->type == NOTE_ACK);
}

static bool take_evidence(struct str *rest, struct note *out)
{
    bool good = true;
    out->number = (int64_t)take_whole(rest, 8, &good);
    uint64_t kind = take_whole(rest, 1, &good);
    take_said(rest, 1, out->ref, REF_MAX, &good);
    take_said(rest, 1, out->key, sizeof(out->key), &good);
    take_said(rest, 1, out->why, sizeof(out->why), &good);
    if (!good || kind <= EVIDENCE_NONE || kind >= EVIDENCE_KINDS || (!*out->ref && !*out->key))
        return false;
    out->evidence = (enum evidence_kind)kind;
    return true;
}

static bool take_noted(struct str *rest, struct note *out)
{
    bool good = true;
    out->number = (int64_t)take_whole(rest, 8, &good);
    uint64_t noted = take_whole(rest, 1, &good);
    if (!good || noted > NOTED_NOT_NOW)
        return false;
    out->noted = (enum noted)noted;
    return true;
}

static bool take_record(struct str rest, struct note *out)
{
    switch (out->type) {
    case NOTE_JOB:
        return take_job(&rest, out) && out->id > 0 && out->attempt > 0;
    case NOTE_ACK:
    case NOTE_NAK:
        return take_answer(&rest, out) && out->id > 0 && out->attempt > 0;
    case NOTE_EVIDENCE:
        return take_evidence(&rest, out);
    case NOTE_NOTED:
        return take_noted(&rest, out);
    case NOTE_READY:
    case NOTE_HB:
    case NOTE_DRAIN:
    case NOTE_BYE:
    case NOTE_ERR:
        break;
    }
    return false;
}

static enum err_kind copy_text(const struct doc *header, const char *key, char *out, size_t size,
                               struct err *err)
{
    const char *text = NULL;
    if (doc_need_text(header, key, &text, err))
        return err_of(err);
    if (strlen(text) >= size)
        return err_set(err, ERR_INPUT, "\"%s\" is over %zu bytes", key, size - 1);
    (void)snprintf(out, size, "%s", text);
    return OK;
}

static enum err_kind take_header(struct str text, struct note *out, struct err *err)
{
    AUTO(doc_free) struct doc *header = NULL;
    if (text.len > HEADER_BYTES_MAX)
        return err_set(err, ERR_INPUT, "the header is over %d bytes", HEADER_BYTES_MAX);
    if (doc_parse(text, "header", &header, err))
        return err_of(err);
    if (out->type == NOTE_ERR)
        return copy_text(header, "why", out->why, sizeof(out->why), err);
    if (out->type != NOTE_READY)
        return OK;
    if (copy_text(header, "worker", out->worker, sizeof(out->worker), err) ||
        copy_text(header, "channel", out->channel, sizeof(out->channel), err) ||
        doc_need_int(header, "credit", &out->credit, err))
        return err_of(err);
    if (!*out->worker)
        return err_set(err, ERR_INPUT, "\"worker\" is empty");
    if (out->credit < 0 || out->credit > CREDIT_MAX)
        return err_set(err, ERR_INPUT, "\"credit\" is 0 to %d", CREDIT_MAX);
    return OK;
}

enum err_kind notes_open(const struct bus_message *message, struct notes *out, struct err *err)
{
    struct str first = bus_frame(message, 0);
    if (first.len != MAGIC_LEN + 1 || memcmp(first.at, MAGIC, MAGIC_LEN - 1) != 0)
        return err_set(err, ERR_INPUT, "the first frame is no %s and letter", MAGIC);
    if (first.at[MAGIC_LEN - 1] != MAGIC[MAGIC_LEN - 1])
        return err_set(err, ERR_INPUT, "version \"%c\" of the protocol is not spoken here, only %s",
                       first.at[MAGIC_LEN - 1], MAGIC);
    const char *letter = first.at[MAGIC_LEN] ? strchr(letters, first.at[MAGIC_LEN]) : NULL;
    if (!letter)
        return err_set(err, ERR_INPUT, "the first frame is no %s and letter", MAGIC);
    *out =
        (struct notes){.type = (enum note_type)(letter - letters), .rest = bus_frame(message, 1)};
    return OK;
}

// Empties a note: each text at its first byte, for there are many notes and they are long.
static void clear(struct note *note, enum note_type type)
{
    memset(note, 0, offsetof(struct note, key));
    note->type = type;
    note->key[0] = note->person[0] = note->contract[0] = note->ref[0] = note->why[0] = '\0';
    note->body = (struct str){NULL, 0};
    note->outcome = OUTCOME_UNKNOWN;
    note->after_ms = note->number = 0;
    note->evidence = EVIDENCE_NONE;
    note->noted = NOTED_RECORDED;
}

enum err_kind notes_take(struct notes *notes, struct note *out, bool *got, struct err *err)
{
    clear(out, notes->type);
    *got = note_is_batch(notes->type) ? notes->rest.len > 0 : !notes->taken;
    notes->taken = true;
    if (!*got)
        return OK;
    if (!note_is_batch(notes->type))
        return take_header(notes->rest, out, err);
    bool good = true;
    size_t size = take_whole(&notes->rest, SIZE_BYTES, &good);
    if (!good || size > notes->rest.len)
        return err_set(err, ERR_INPUT, "a record is cut off");
    struct str record = {notes->rest.at, size};
    notes->rest.at += size;
    notes->rest.len -= size;
    if (!take_record(record, out))
        return err_set(err, ERR_INPUT, "a record of type %c is not as it should be",
                       letters[notes->type]);
    return OK;
}
