#include "notify/smpp.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/inbound.h"
#include "notify/smpp_link.h"
#include "notify/smpp_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PASSWORD_BYTES_MAX = 256,
    STEP_MS = 50,
    BATCH_MS = 20000,   // a batch takes no longer, but for answers that are awaited
    CONNECT_MS = 15000, // for a link that is being made
    GOODBYE_MS = 1000,
    SAID_MAX = 500,     // receipts and messages that wait to be recorded
    ANSWER_MS = 5000,   // then the carrier is told that a receipt is taken, matched or not
    PARKED_MS = 600000, // a receipt may come before the answer to its submit was recorded
    WAKE_DOWN_MS = 1000,
};

// A receipt or a message that came, until it is recorded.
struct said {
    uint64_t ticket; // 0: the carrier was answered
    int64_t came_ms;
    bool is_receipt;
    struct smpp_receipt receipt;
    char from[22], to[22];
    char *text; // of a message; heap
    char id[48];
};

struct smpp {
    const struct host *host;
    struct sms_desk *desk;
    struct inbound_desk *inbound;
    struct smpp_link *link;
    struct smpp_parts *parts; // of the batch in hand
    char *sender;
    int64_t valid_min;
    bool ids_hex_decimal;
    uint8_t reference;
    uint64_t word; // of this run: tells its inbound messages from those of another
    struct said said[SAID_MAX];
    size_t said_count;
};

// --- what the session says
// ------------------------------------------------------------------------------

static void on_answer(void *self, uint64_t token, uint32_t status, const char *id)
{
    struct smpp *smpp = self;
    if (!smpp->parts || token >= smpp->parts->count)
        return;
    struct smpp_part *part = &smpp->parts->part[token];
    part->state = smpp_part_state_of(status);
    part->status = status;
    // A carrier that writes its ids in hexadecimal and its receipts in decimal is met in decimal.
    if (status != SMPP_OK || !smpp->ids_hex_decimal || !smpp_other_id(id, true, part->id))
        (void)snprintf(part->id, sizeof(part->id), "%s", strchr(id, ' ') ? "" : id);
}

static void on_unknown(void *self, uint64_t token)
{
    struct smpp *smpp = self;
    if (smpp->parts && token < smpp->parts->count)
        smpp->parts->part[token].state = PART_UNKNOWN;
}

static bool on_delivered(void *self, const struct smpp_pdu *pdu, uint64_t ticket)
{
    enum { TEXT_BYTES_MAX = 4096 };
    struct smpp *smpp = self;
    if (smpp->said_count == SAID_MAX)
        return false;
    struct said *said = &smpp->said[smpp->said_count++];
    *said = (struct said){.ticket = ticket, .came_ms = clock_ticks_ms()};
    said->is_receipt = smpp_is_receipt(pdu, &said->receipt);
    if (said->is_receipt)
        return true;
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    smpp_text(pdu, &text);
    said->text = buf_take(&text);
    memcpy(said->from, pdu->source, sizeof(said->from));
    memcpy(said->to, pdu->destination, sizeof(said->to));
    (void)snprintf(said->id, sizeof(said->id), "%016" PRIx64 "-%016" PRIx64, smpp->word, ticket);
    return true;
}

static enum evidence_kind evidence_of(enum smpp_state state)
{
    switch (state) {
    case SMPP_DELIVERED:
        return EVIDENCE_DELIVERED;
    case SMPP_EXPIRED:
    case SMPP_DELETED:
    case SMPP_UNDELIVERABLE:
    case SMPP_REJECTED:
        return EVIDENCE_FAILED;
    case SMPP_ENROUTE:
    case SMPP_STATE_UNKNOWN:
        return EVIDENCE_BUFFERED;
    case SMPP_ACCEPTED:
        return EVIDENCE_ACCEPTED;
    case SMPP_STATE_NONE:
        return EVIDENCE_NONE;
    }
    return EVIDENCE_NONE;
}

// Hands a receipt on: OK when it is over, ERR_MISSING and ERR_LATER when it is to be tried again.
static enum err_kind take_receipt(struct smpp *smpp, const struct said *said, struct err *err)
{
    struct evidence evidence = {.kind = evidence_of(said->receipt.state)};
    if (evidence.kind == EVIDENCE_NONE || !*said->receipt.id || strchr(said->receipt.id, ' '))
        return OK; // of no message, or of no state: it says nothing
    (void)snprintf(evidence.ref, sizeof(evidence.ref), "%s", said->receipt.id);
    (void)snprintf(evidence.why, sizeof(evidence.why), "smpp: %s err:%s",
                   smpp_state_names[said->receipt.state], said->receipt.error);
    return smpp->host->evidence(smpp->host->self, &evidence, err);
}

static enum err_kind take_message(struct smpp *smpp, const struct said *said, struct err *err)
{
    struct inbound inbound = {.carrier = "smpp",
                              .id = str_of(said->id),
                              .from = str_of(said->from),
                              .to = str_of(said->to),
                              .text = str_of(said->text)};
    enum err_kind kind = inbound_take(smpp->inbound, &inbound, err);
    if (kind)
        log_err("an inbound message", err);
    return kind == ERR_INPUT ? OK : kind;
}

// Whether one that could not be recorded is kept. The carrier's answer: taken when it is recorded
// or parked; a message that cannot be stored must come again.
static bool keep(struct smpp *smpp, struct said *said, enum err_kind kind)
{
    int64_t age_ms = clock_ticks_ms() - said->came_ms;
    uint32_t status = said->is_receipt || kind == OK ? SMPP_OK : SMPP_TRY_LATER;
    bool over = kind == OK || age_ms >= PARKED_MS || (!said->is_receipt && age_ms >= ANSWER_MS);
    if (said->ticket && (over || age_ms >= ANSWER_MS)) {
        smpp_session_stored(smpp_link_session(smpp->link), said->ticket, status);
        said->ticket = 0;
    }
    return !over;
}

static void take_said(struct smpp *smpp)
{
    size_t kept = 0;
    for (size_t i = 0; i < smpp->said_count; i++) {
        struct err err = {0};
        struct said *said = &smpp->said[i];
        enum err_kind kind =
            said->is_receipt ? take_receipt(smpp, said, &err) : take_message(smpp, said, &err);
        if (keep(smpp, said, kind)) {
            smpp->said[kept++] = *said;
            continue;
        }
        mem_free(&said->text);
    }
    smpp->said_count = kept;
}

enum err_kind smpp_step(void *self, struct err *err)
{
    (void)err;
    struct smpp *smpp = self;
    smpp_link_step(smpp->link, 0);
    take_said(smpp);
    smpp_link_step(smpp->link, 0); // their answers
    return OK;
}

size_t smpp_fds(void *self, int *fd, size_t max)
{
    struct smpp *smpp = self;
    if (max == 0 || smpp_link_descriptor(smpp->link) < 0)
        return 0;
    fd[0] = smpp_link_descriptor(smpp->link);
    return 1;
}

// --- sending
// ------------------------------------------------------------------------------------------

// Submits what waits and may go now, in order: what was throttled stands before what comes after
// it.
static void submit_some(struct smpp *smpp, bool begins)
{
    struct smpp_session *session = smpp_link_session(smpp->link);
    AUTO(buf_free) struct buf bytes = buf_new(SMPP_MESSAGE_MAX);
    for (size_t i = 0; i < smpp->parts->count; i++) {
        struct smpp_part *part = &smpp->parts->part[i];
        int64_t now_ms = clock_ticks_ms();
        if (part->state != PART_WAITING)
            continue;
        if (!smpp_session_has_room(session, now_ms))
            return;
        bool is_begun = smpp_parts_is_begun(smpp->parts, part->letter);
        const struct note *note = smpp->parts->job[part->letter]->note;
        if (!is_begun && (!begins || clock_wall_ms() >= note->deadline_ms))
            continue;
        struct smpp_part_route route = {.sender = smpp->sender,
                                        .valid_min = smpp->valid_min,
                                        .reference = (uint8_t)(smpp->reference + part->letter)};
        struct smpp_pdu pdu;
        smpp_part_submit(smpp->parts, part, &route, &pdu, &bytes);
        part->state = PART_SENT;
        smpp_session_submit(session, &pdu, i, now_ms);
    }
}

static size_t count_parts(const struct smpp_parts *parts, enum smpp_part_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < parts->count; i++)
        count += parts->part[i].state == state;
    return count;
}

// Sends the batch; how it ended for what was not sent is in `end`.
static void send_parts(struct smpp *smpp, struct smpp_parts_end *end)
{
    int64_t started_ms = clock_ticks_ms();
    static const char no_time[] = "";
    *end = (struct smpp_parts_end){.why = no_time};
    smpp_link_step(smpp->link, 0);
    for (;;) {
        size_t sent = count_parts(smpp->parts, PART_SENT);
        size_t waiting = count_parts(smpp->parts, PART_WAITING);
        int64_t age_ms = clock_ticks_ms() - started_ms;
        const struct err *trouble = smpp_link_trouble(smpp->link);
        bool bound = smpp_session_standing(smpp_link_session(smpp->link)) == SMPP_BOUND;
        if (sent == 0 && (waiting == 0 || age_ms >= 2 * BATCH_MS))
            return;
        bool pausing = trouble->kind && smpp_link_descriptor(smpp->link) < 0;
        if (sent == 0 && !bound && (pausing || age_ms >= CONNECT_MS)) {
            end->why = trouble->kind ? trouble->text : "the carrier does not answer our bind";
            end->after_ms = smpp_link_again_ms(smpp->link) + WAKE_DOWN_MS;
            return;
        }
        bool begins = age_ms < BATCH_MS;
        if (bound)
            submit_some(smpp, begins);
        if (sent == 0 && !begins && count_parts(smpp->parts, PART_SENT) == 0)
            return;
        smpp_link_step(smpp->link, STEP_MS);
        (void)smpp->host->beat(smpp->host->self);
    }
}

static enum err_kind write_letters(struct smpp *smpp, struct job *job, size_t count,
                                   struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(sms_letter_free) struct sms_letter letter = {0};
        bool ready = false;
        if (job[i].note->ask) {
            sms_settle(&job[i], OUTCOME_UNKNOWN, 0, "no receipt came");
            continue;
        }
        if (clock_wall_ms() >= job[i].note->deadline_ms) { // somebody else may have it by now
            sms_settle(&job[i], OUTCOME_BUSY, 0, "its time was over before it was begun");
            continue;
        }
        if (sms_write(smpp->desk, &job[i], &letter, &ready, err))
            return err_of(err);
        if (ready)
            smpp_parts_add(smpp->parts, &job[i], &letter);
    }
    return OK;
}

enum err_kind smpp_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct smpp *smpp = self;
    struct smpp_parts_end end;
    assert(count <= PARTS_LETTERS_MAX);
    AUTO(smpp_parts_free) struct smpp_parts *parts = smpp_parts_new();
    smpp->parts = parts;
    enum err_kind kind = write_letters(smpp, job, count, err);
    if (!kind) {
        send_parts(smpp, &end);
        kind = smpp_parts_settle(parts, smpp->desk, &end, err);
    }
    smpp->reference = (uint8_t)(smpp->reference + parts->letters);
    smpp->parts = NULL;
    return kind;
}

// --- opening and checking
// -----------------------------------------------------------------------------

static enum err_kind copy_short(const char *what, struct str text, char *out, size_t size,
                                struct err *err)
{
    if (text.len >= size)
        return err_set(err, ERR_INPUT, "%s: at most %zu characters in SMPP", what, size - 1);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return OK;
}

static enum err_kind read_settings(const struct site *site, struct smpp_settings *out,
                                   struct err *err)
{
    AUTO(buf_free) struct buf password = buf_new(PASSWORD_BYTES_MAX);
    struct str type = str_of(site_text(site, "smpp_system_type"));
    *out = (struct smpp_settings){.role = SMPP_TRANSCEIVER,
                                  .window = (size_t)site_whole(site, "smpp_window"),
                                  .per_second = site_whole(site, "sms_per_second")};
    if (str_is(type, "none"))
        type = STR("");
    if (site_secret(site, "smpp", &password, err) ||
        copy_short("keys/smpp", buf_slice(&password), out->password, sizeof(out->password), err) ||
        copy_short("smpp_system_id", str_of(site_text(site, "smpp_system_id")), out->system_id,
                   sizeof(out->system_id), err) ||
        copy_short("smpp_system_type", type, out->system_type, sizeof(out->system_type), err))
        return err_of(err);
    return OK;
}

static struct smpp_place place_of(const struct site *site)
{
    return (struct smpp_place){site_text(site, "smpp_host"),
                               (uint16_t)site_whole(site, "smpp_port")};
}

void smpp_close(void **self)
{
    struct smpp *smpp = *self;
    if (!smpp)
        return;
    if (smpp->link) {
        int64_t end_ms = clock_ticks_ms() + GOODBYE_MS;
        smpp_session_end(smpp_link_session(smpp->link), clock_ticks_ms());
        while (smpp_session_standing(smpp_link_session(smpp->link)) == SMPP_ENDING &&
               clock_ticks_ms() < end_ms)
            smpp_link_step(smpp->link, STEP_MS);
        smpp_link_free(&smpp->link);
    }
    for (size_t i = 0; i < smpp->said_count; i++)
        mem_free(&smpp->said[i].text);
    inbound_close(&smpp->inbound);
    sms_desk_close(&smpp->desk);
    mem_free(&smpp->sender);
    mem_free(self);
}

enum err_kind smpp_open(const struct site *site, const struct host *host, void **self,
                        struct err *err)
{
    struct smpp_settings settings;
    struct smpp *smpp = mem_new(1, sizeof(*smpp));
    *self = smpp;
    smpp->host = host;
    smpp->sender = mem_text(site_text(site, "sms_sender"));
    smpp->valid_min = site_whole(site, "sms_valid_min");
    smpp->ids_hex_decimal = strcmp(site_text(site, "smpp_ids"), "hex-decimal") == 0;
    random_bytes(&smpp->reference, sizeof(smpp->reference));
    random_bytes(&smpp->word, sizeof(smpp->word));
    if (read_settings(site, &settings, err) || sms_desk_open(site, &smpp->desk, err) ||
        inbound_open(site, smpp->desk, &smpp->inbound, err)) {
        smpp_close(self);
        return err_of(err);
    }
    struct smpp_events events = {smpp, on_answer, on_unknown, on_delivered};
    struct smpp_place place = place_of(site);
    smpp->link = smpp_link_new(&place, &settings, &events);
    return OK;
}

// A bind of its own takes no receipts in: they come again to the worker.
static bool refuse_delivery(void *self, const struct smpp_pdu *pdu, uint64_t ticket)
{
    (void)self;
    (void)pdu;
    (void)ticket;
    return false;
}

enum err_kind smpp_check(const struct site *site, struct doc *report, struct err *err)
{
    struct smpp_settings settings;
    struct smpp_events events = {NULL, on_answer, on_unknown, refuse_delivery};
    if (read_settings(site, &settings, err))
        return err_of(err);
    settings.role = SMPP_TRANSMITTER;
    struct smpp_place place = place_of(site);
    doc_put_text(report, "host", place.host);
    doc_put_int(report, "port", place.port);
    AUTO(smpp_link_free) struct smpp_link *link = smpp_link_new(&place, &settings, &events);
    struct smpp_session *session = smpp_link_session(link);
    for (int64_t end_ms = clock_ticks_ms() + CONNECT_MS; clock_ticks_ms() < end_ms;) {
        smpp_link_step(link, STEP_MS);
        if (smpp_link_trouble(link)->kind) {
            *err = *smpp_link_trouble(link);
            return err_of(err);
        }
        if (smpp_session_standing(session) == SMPP_BOUND)
            break;
    }
    if (smpp_session_standing(session) != SMPP_BOUND)
        return err_set(err, ERR_LATER, "%s port %u does not answer our bind", place.host,
                       place.port);
    smpp_session_end(session, clock_ticks_ms());
    smpp_link_step(link, STEP_MS);
    return OK;
}
