#include "notify/protocol.h"

#include "core/doc.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>

// The first frame: magic with the version, then one letter for the type.
static const char MAGIC[] = "GONG1";
static const char letters[NOTE_TYPES + 1] = "RJANDB";

enum { MAGIC_LEN = sizeof(MAGIC) - 1, HEADER_BYTES_MAX = 4096, CREDIT_MAX = 1000 };

static struct doc *header_of(const struct note *note)
{
    struct doc *header = doc_object();
    switch (note->type) {
    case NOTE_READY:
        doc_put_text(header, "worker", note->worker);
        doc_put_text(header, "channel", note->channel);
        doc_put_int(header, "credit", note->credit);
        break;
    case NOTE_JOB:
        doc_put_int(header, "id", note->id);
        doc_put_int(header, "attempt", note->attempt);
        doc_put_int(header, "deadline_ms", note->deadline_ms);
        doc_put_text(header, "at", utc_text(note->at).at);
        doc_put_bool(header, "ask", note->ask);
        doc_put_text(header, "key", note->key);
        doc_put_text(header, "person", note->person);
        doc_put_text(header, "contract", note->contract);
        break;
    case NOTE_ACK:
        doc_put_int(header, "id", note->id);
        doc_put_int(header, "attempt", note->attempt);
        doc_put_bool(header, "absent", note->absent);
        doc_put_text(header, "why", note->why);
        break;
    case NOTE_NAK:
        doc_put_int(header, "id", note->id);
        doc_put_int(header, "attempt", note->attempt);
        doc_put_bool(header, "retry", note->retry);
        doc_put_text(header, "why", note->why);
        break;
    case NOTE_DRAIN:
    case NOTE_BYE:
        break;
    }
    return header;
}

enum err_kind note_send(struct bus *bus, const char *peer, const struct note *note, struct err *err)
{
    char first[MAGIC_LEN + 1];
    memcpy(first, MAGIC, MAGIC_LEN);
    first[MAGIC_LEN] = letters[note->type];
    AUTO(doc_free) struct doc *header = header_of(note);
    AUTO(buf_free) struct buf text = buf_new(HEADER_BYTES_MAX);
    doc_canonical(header, &text);
    struct str frames[] = {{first, sizeof(first)}, buf_slice(&text), note->body};
    return bus_send(bus, peer, frames, note->type == NOTE_JOB ? 3 : 2, err);
}

static enum err_kind take_text(const struct doc *header, const char *key, char *out, size_t size,
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

static enum err_kind take_id(const struct doc *header, struct note *out, struct err *err)
{
    if (doc_need_int(header, "id", &out->id, err) ||
        doc_need_int(header, "attempt", &out->attempt, err))
        return err_of(err);
    if (out->id < 1 || out->attempt < 1)
        return err_set(err, ERR_INPUT, "\"id\" and \"attempt\" count from 1");
    return OK;
}

static enum err_kind take_ready(const struct doc *header, struct note *out, struct err *err)
{
    if (take_text(header, "worker", out->worker, sizeof(out->worker), err) ||
        take_text(header, "channel", out->channel, sizeof(out->channel), err) ||
        doc_need_int(header, "credit", &out->credit, err))
        return err_of(err);
    if (out->credit < 0 || out->credit > CREDIT_MAX)
        return err_set(err, ERR_INPUT, "\"credit\" is 0 to %d", CREDIT_MAX);
    return OK;
}

static enum err_kind take_job(const struct doc *header, struct note *out, struct err *err)
{
    const char *at = NULL;
    if (take_id(header, out, err) || doc_need_int(header, "deadline_ms", &out->deadline_ms, err) ||
        doc_need_text(header, "at", &at, err) || utc_parse(str_of(at), &out->at, err) ||
        take_text(header, "key", out->key, sizeof(out->key), err) ||
        take_text(header, "person", out->person, sizeof(out->person), err) ||
        take_text(header, "contract", out->contract, sizeof(out->contract), err))
        return err_of(err);
    out->ask = doc_bool(doc_get(header, "ask"), false);
    return OK;
}

static enum err_kind take_answer(const struct doc *header, struct note *out, struct err *err)
{
    out->absent = doc_bool(doc_get(header, "absent"), false);
    out->retry = doc_bool(doc_get(header, "retry"), false);
    if (take_id(header, out, err) || take_text(header, "why", out->why, sizeof(out->why), err))
        return err_of(err);
    return OK;
}

static enum err_kind take_type(struct str first, enum note_type *out, struct err *err)
{
    const char *letter = NULL;
    if (first.len == MAGIC_LEN + 1 && memcmp(first.at, MAGIC, MAGIC_LEN) == 0 &&
        first.at[MAGIC_LEN] != '\0')
        letter = strchr(letters, first.at[MAGIC_LEN]);
    if (!letter)
        return err_set(err, ERR_INPUT, "the first frame is no %s and letter", MAGIC);
    *out = (enum note_type)(letter - letters);
    return OK;
}

enum err_kind note_read(const struct bus_message *message, struct note *out, struct err *err)
{
    AUTO(doc_free) struct doc *header = NULL;
    struct str text = bus_frame(message, 1);
    *out = (struct note){.body = bus_frame(message, 2)};
    if (take_type(bus_frame(message, 0), &out->type, err))
        return err_of(err);
    if (text.len > HEADER_BYTES_MAX)
        return err_set(err, ERR_INPUT, "the header is over %d bytes", HEADER_BYTES_MAX);
    if (doc_parse(text, "header", &header, err))
        return err_of(err);
    switch (out->type) {
    case NOTE_READY:
        return take_ready(header, out, err);
    case NOTE_JOB:
        return take_job(header, out, err);
    case NOTE_ACK:
    case NOTE_NAK:
        return take_answer(header, out, err);
    case NOTE_DRAIN:
    case NOTE_BYE:
        return OK;
    }
    return OK;
}
