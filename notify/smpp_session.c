#include "notify/smpp_session.h"

#include "core/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    INPUT_BYTES_MAX = 2 * SMPP_PDU_MAX,
    OUTPUT_BYTES_MAX =
        1 << 20, // 3,000 submits, or 60,000 answers: over that the peer does not read
    SECOND_MS = 1000,
    QUEUE_FULL_MS = 15000,
    VERSION = 0x34,
};

struct waiting {
    uint64_t token;
    uint32_t sequence; // 0: the place is free
    int64_t sent_ms;
    bool is_query;
};

struct smpp_session {
    struct smpp_settings settings;
    struct smpp_events events;
    enum smpp_standing standing;
    struct buf input, output;
    struct waiting waiting[SMPP_WINDOW_MAX];
    size_t in_flight;
    uint32_t sequence, generation, bind_status;
    uint32_t asked_sequence; // of an enquire_link or a bind that waits for its answer; 0: none
    int64_t asked_ms, heard_ms;
    // Rate: a bucket of thousandths of a submit.
    int64_t rate, bucket_milli, filled_ms, paused_until_ms, good_since_ms;
};

struct smpp_session *smpp_session_new(const struct smpp_settings *settings,
                                      const struct smpp_events *events)
{
    assert(settings->window >= 1 && settings->window <= SMPP_WINDOW_MAX);
    assert(settings->per_second >= 1);
    struct smpp_session *session = mem_new(1, sizeof(*session));
    session->settings = *settings;
    session->events = *events;
    session->input = buf_new(INPUT_BYTES_MAX);
    session->output = buf_new(OUTPUT_BYTES_MAX);
    session->rate = settings->per_second;
    return session;
}

void smpp_session_free(struct smpp_session **session)
{
    if (!*session)
        return;
    buf_free(&(*session)->input);
    buf_free(&(*session)->output);
    mem_free(session);
}

enum smpp_standing smpp_session_standing(const struct smpp_session *session)
{
    return session->standing;
}

uint32_t smpp_session_bind_status(const struct smpp_session *session)
{
    return session->bind_status;
}

size_t smpp_session_in_flight(const struct smpp_session *session)
{
    return session->in_flight;
}

int64_t smpp_session_rate(const struct smpp_session *session)
{
    return session->rate;
}

struct str smpp_session_output(const struct smpp_session *session)
{
    return buf_slice(&session->output);
}

void smpp_session_sent(struct smpp_session *session, size_t len)
{
    struct buf *output = &session->output;
    assert(len <= output->len);
    if (len == 0)
        return;
    memmove(output->at, output->at + len, output->len - len);
    output->len -= len;
}

static uint32_t next_sequence(struct smpp_session *session)
{
    session->sequence = session->sequence >= SMPP_SEQUENCE_MAX ? 1 : session->sequence + 1;
    return session->sequence;
}

static void say(struct smpp_session *session, uint32_t command, uint32_t status, uint32_t sequence)
{
    struct smpp_pdu pdu = {.command = command, .status = status, .sequence = sequence};
    smpp_write(&pdu, &session->output);
}

// A question of ours that must be answered for the link to count as alive.
static void ask(struct smpp_session *session, uint32_t command, int64_t now_ms)
{
    session->asked_sequence = next_sequence(session);
    session->asked_ms = now_ms;
    say(session, command, SMPP_OK, session->asked_sequence);
}

void smpp_session_begin(struct smpp_session *session, int64_t now_ms)
{
    static const uint32_t commands[] = {SMPP_BIND_TRANSCEIVER, SMPP_BIND_TRANSMITTER,
                                        SMPP_BIND_RECEIVER};
    assert(session->standing == SMPP_CLOSED);
    buf_clear(&session->input);
    buf_clear(&session->output);
    session->generation++;
    session->sequence = 0;
    session->standing = SMPP_BINDING;
    session->heard_ms = now_ms;
    session->filled_ms = now_ms;
    session->good_since_ms = now_ms;
    session->bind_status = 0;
    struct smpp_pdu bind = {.command = commands[session->settings.role],
                            .sequence = next_sequence(session),
                            .version = VERSION};
    memcpy(bind.system_id, session->settings.system_id, sizeof(session->settings.system_id));
    memcpy(bind.password, session->settings.password, sizeof(session->settings.password));
    memcpy(bind.system_type, session->settings.system_type, sizeof(session->settings.system_type));
    smpp_write(&bind, &session->output);
    session->asked_sequence = bind.sequence;
    session->asked_ms = now_ms;
}

void smpp_session_lost(struct smpp_session *session)
{
    session->standing = SMPP_CLOSED;
    session->asked_sequence = 0;
    buf_clear(&session->input);
    buf_clear(&session->output);
    for (size_t i = 0; i < SMPP_WINDOW_MAX; i++) {
        struct waiting lost = session->waiting[i];
        if (!lost.sequence)
            continue;
        session->waiting[i] = (struct waiting){0};
        session->in_flight--;
        if (!lost.is_query)
            session->events.unknown(session->events.self, lost.token);
    }
}

// --- the rate
// ----------------------------------------------------------------------------------------

// Fills the bucket for the time that passed; a second that went well is one more submit a second.
static void fill(struct smpp_session *session, int64_t now_ms)
{
    int64_t passed_ms = now_ms - session->filled_ms;
    if (passed_ms > SECOND_MS)
        passed_ms = SECOND_MS; // the bucket holds one second
    session->filled_ms = now_ms;
    session->bucket_milli += passed_ms * session->rate;
    if (session->bucket_milli > SECOND_MS * session->rate)
        session->bucket_milli = SECOND_MS * session->rate;
    if (session->rate < session->settings.per_second &&
        now_ms - session->good_since_ms >= SECOND_MS) {
        session->rate++;
        session->good_since_ms = now_ms;
    }
}

static void slow_down(struct smpp_session *session, int64_t pause_ms, int64_t now_ms)
{
    if (now_ms < session->paused_until_ms)
        return; // answers to submits of the same burst: it has been halved for them
    session->rate = session->rate > 1 ? session->rate / 2 : 1;
    session->bucket_milli = 0;
    session->paused_until_ms = now_ms + pause_ms;
    session->good_since_ms = session->paused_until_ms;
}

bool smpp_session_has_room(struct smpp_session *session, int64_t now_ms)
{
    if (session->standing != SMPP_BOUND || session->in_flight >= session->settings.window ||
        session->output.full || session->output.len > OUTPUT_BYTES_MAX / 2)
        return false;
    fill(session, now_ms);
    return now_ms >= session->paused_until_ms && session->bucket_milli >= 1000;
}

// Sends what waits for its answer.
static void put_waiting(struct smpp_session *session, const struct smpp_pdu *pdu, uint64_t token,
                        int64_t now_ms)
{
    assert(session->standing == SMPP_BOUND && session->in_flight < session->settings.window);
    struct smpp_pdu numbered = *pdu;
    numbered.sequence = next_sequence(session);
    for (size_t i = 0; i < SMPP_WINDOW_MAX; i++) {
        if (session->waiting[i].sequence)
            continue;
        session->waiting[i] =
            (struct waiting){token, numbered.sequence, now_ms, pdu->command == SMPP_QUERY_SM};
        break;
    }
    session->in_flight++;
    session->bucket_milli -= 1000;
    smpp_write(&numbered, &session->output);
}

void smpp_session_submit(struct smpp_session *session, const struct smpp_pdu *pdu, uint64_t token,
                         int64_t now_ms)
{
    assert(pdu->command == SMPP_SUBMIT_SM);
    put_waiting(session, pdu, token, now_ms);
}

void smpp_session_query(struct smpp_session *session, const struct smpp_pdu *pdu, uint64_t token,
                        int64_t now_ms)
{
    assert(pdu->command == SMPP_QUERY_SM);
    put_waiting(session, pdu, token, now_ms);
}

// --- what came
// ---------------------------------------------------------------------------------------

static struct waiting *find_waiting(struct smpp_session *session, uint32_t sequence)
{
    for (size_t i = 0; i < SMPP_WINDOW_MAX; i++) {
        if (session->waiting[i].sequence && session->waiting[i].sequence == sequence)
            return &session->waiting[i];
    }
    return NULL;
}

// An answer to a submit or a question; one that nobody waits for (any more) says nothing.
static void take_answer(struct smpp_session *session, const struct smpp_pdu *pdu, int64_t now_ms)
{
    struct waiting *waiting = find_waiting(session, pdu->sequence);
    uint32_t asked = waiting && waiting->is_query ? SMPP_QUERY_SM : SMPP_SUBMIT_SM;
    bool fits = pdu->command == SMPP_GENERIC_NACK || pdu->command == (asked | SMPP_RESPONSE);
    if (!waiting || !fits)
        return;
    struct waiting answered = *waiting;
    *waiting = (struct waiting){0};
    session->in_flight--;
    if (answered.is_query) {
        if (session->events.queried)
            session->events.queried(session->events.self, answered.token, pdu);
        return;
    }
    if (pdu->status == SMPP_THROTTLED)
        slow_down(session, SECOND_MS, now_ms);
    else if (pdu->status == SMPP_QUEUE_FULL)
        slow_down(session, QUEUE_FULL_MS, now_ms);
    session->events.answered(session->events.self, answered.token, pdu->status, pdu->message_id);
}

static enum err_kind take_bind_answer(struct smpp_session *session, const struct smpp_pdu *pdu,
                                      struct err *err)
{
    if (session->standing != SMPP_BINDING || pdu->sequence != session->asked_sequence)
        return OK;
    session->asked_sequence = 0;
    session->bind_status = pdu->status;
    if (pdu->status != SMPP_OK)
        return err_set(err, ERR_REFUSED,
                       "the carrier refused the bind with status 0x%02" PRIx32 "; check system_id, "
                       "password and system_type with it",
                       pdu->status);
    session->standing = SMPP_BOUND;
    return OK;
}

static void take_delivery(struct smpp_session *session, const struct smpp_pdu *pdu)
{
    uint64_t ticket = (uint64_t)session->generation << 32 | pdu->sequence;
    if (!session->events.delivered(session->events.self, pdu, ticket))
        say(session, SMPP_DELIVER_SM | SMPP_RESPONSE, SMPP_TRY_LATER, pdu->sequence);
}

static void take_unbind(struct smpp_session *session, const struct smpp_pdu *pdu)
{
    say(session, SMPP_UNBIND | SMPP_RESPONSE, SMPP_OK, pdu->sequence);
    session->standing = session->in_flight ? SMPP_ENDING : SMPP_ENDED;
}

static void take_question(struct smpp_session *session, const struct smpp_pdu *pdu)
{
    switch (pdu->command) {
    case SMPP_ENQUIRE_LINK:
        say(session, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, SMPP_OK, pdu->sequence);
        break;
    case SMPP_UNBIND:
        take_unbind(session, pdu);
        break;
    case SMPP_DELIVER_SM:
        if (session->standing == SMPP_BOUND || session->standing == SMPP_ENDING)
            take_delivery(session, pdu);
        break;
    case SMPP_ALERT_NOTIFICATION: // has no answer
        break;
    default:
        say(session, SMPP_GENERIC_NACK, SMPP_BAD_COMMAND, pdu->sequence);
    }
}

static enum err_kind take_pdu(struct smpp_session *session, const struct smpp_pdu *pdu,
                              int64_t now_ms, struct err *err)
{
    if (!(pdu->command & SMPP_RESPONSE)) {
        take_question(session, pdu);
        return OK;
    }
    if (pdu->sequence == session->asked_sequence && session->standing != SMPP_BINDING)
        session->asked_sequence = 0;
    switch (pdu->command) {
    case SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE:
    case SMPP_BIND_TRANSMITTER | SMPP_RESPONSE:
    case SMPP_BIND_RECEIVER | SMPP_RESPONSE:
        return take_bind_answer(session, pdu, err);
    case SMPP_SUBMIT_SM | SMPP_RESPONSE:
    case SMPP_QUERY_SM | SMPP_RESPONSE:
        take_answer(session, pdu, now_ms);
        break;
    case SMPP_UNBIND | SMPP_RESPONSE:
        session->standing = SMPP_ENDED;
        break;
    case SMPP_GENERIC_NACK: // "I do not understand": to a bind or to a submit
        if (session->standing == SMPP_BINDING)
            return take_bind_answer(session, pdu, err);
        take_answer(session, pdu, now_ms);
        break;
    }
    if (session->standing == SMPP_ENDING && session->in_flight == 0)
        session->standing = SMPP_ENDED;
    return OK;
}

// A packet that cannot be read is answered: a submit's answer is then never understood, which its
// timer says.
static void refuse_pdu(struct smpp_session *session, const struct smpp_pdu *pdu)
{
    if (pdu->command & SMPP_RESPONSE)
        return;
    if (pdu->command == SMPP_DELIVER_SM)
        say(session, SMPP_DELIVER_SM | SMPP_RESPONSE, SMPP_BAD_LENGTH, pdu->sequence);
    else
        say(session, SMPP_GENERIC_NACK, SMPP_BAD_LENGTH, pdu->sequence);
}

static enum err_kind take_frames(struct smpp_session *session, int64_t now_ms, struct err *err)
{
    struct str rest = buf_slice(&session->input);
    for (size_t len; rest.len; rest.at += len, rest.len -= len) {
        struct smpp_pdu pdu;
        struct err why = {0};
        if (smpp_frame(rest, &len, err))
            return err_of(err);
        if (len == 0)
            break;
        if (smpp_read((struct str){rest.at, len}, &pdu, &why))
            refuse_pdu(session, &pdu);
        else if (take_pdu(session, &pdu, now_ms, err))
            return err_of(err);
        if (session->output.full)
            return err_set(err, ERR_LATER, "the carrier asks and does not read the answers");
    }
    size_t used = session->input.len - rest.len;
    if (used) {
        memmove(session->input.at, session->input.at + used, rest.len);
        session->input.len = rest.len;
    }
    return OK;
}

enum err_kind smpp_session_take(struct smpp_session *session, struct str bytes, int64_t now_ms,
                                struct err *err)
{
    assert(session->standing != SMPP_CLOSED);
    session->heard_ms = now_ms;
    while (bytes.len) {
        size_t room = INPUT_BYTES_MAX - session->input.len;
        size_t piece = bytes.len < room ? bytes.len : room;
        buf_add(&session->input, bytes.at, piece);
        bytes.at += piece;
        bytes.len -= piece;
        if (take_frames(session, now_ms, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind smpp_session_tick(struct smpp_session *session, int64_t now_ms, struct err *err)
{
    if (session->standing == SMPP_CLOSED)
        return OK;
    for (size_t i = 0; i < SMPP_WINDOW_MAX; i++) {
        struct waiting late = session->waiting[i];
        if (!late.sequence || now_ms - late.sent_ms < SMPP_ANSWER_MS)
            continue;
        session->waiting[i] = (struct waiting){0};
        session->in_flight--;
        if (!late.is_query)
            session->events.unknown(session->events.self, late.token);
    }
    if (session->asked_sequence && now_ms - session->asked_ms >= SMPP_ANSWER_MS)
        return err_set(err, ERR_LATER, "the carrier did not answer within %d s",
                       SMPP_ANSWER_MS / SECOND_MS);
    if (session->standing == SMPP_ENDING && session->in_flight == 0 && !session->asked_sequence)
        session->standing = SMPP_ENDED;
    if (session->standing == SMPP_BOUND && !session->asked_sequence &&
        now_ms - session->heard_ms >= SMPP_IDLE_MS)
        ask(session, SMPP_ENQUIRE_LINK, now_ms);
    return OK;
}

void smpp_session_stored(struct smpp_session *session, uint64_t ticket, uint32_t status)
{
    bool is_ours = (uint32_t)(ticket >> 32) == session->generation;
    if (is_ours && (session->standing == SMPP_BOUND || session->standing == SMPP_ENDING))
        say(session, SMPP_DELIVER_SM | SMPP_RESPONSE, status, (uint32_t)ticket);
}

void smpp_session_end(struct smpp_session *session, int64_t now_ms)
{
    if (session->standing != SMPP_BOUND)
        return;
    ask(session, SMPP_UNBIND, now_ms);
    session->standing = SMPP_ENDING;
}
