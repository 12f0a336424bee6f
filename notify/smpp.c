#include "notify/smpp.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/inbound.h"
#include "notify/smpp_await.h"
#include "notify/smpp_line.h"
#include "notify/smpp_parts.h"
#include "notify/smpp_said.h"

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
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    WAKE_DOWN_MS = 1000,
};

struct smpp {
    const struct host *host;
    struct sms_desk *desk;
    struct inbound_desk *inbound;
    struct smpp_line *line;
    struct smpp_said *said;
    struct smpp_await *await; // NULL: the carrier is never asked
    struct smpp_parts *parts; // of the batch in hand
    char *sender;
    int64_t valid_min;
    bool ids_hex_decimal;
    uint8_t reference;
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
    if (smpp->await && part->state == PART_ACCEPTED && *part->id)
        smpp_await_add(smpp->await, id, part->id, clock_ticks_ms());
}

static void on_unknown(void *self, uint64_t token)
{
    struct smpp *smpp = self;
    if (smpp->parts && token < smpp->parts->count)
        smpp->parts->part[token].state = PART_UNKNOWN;
}

static bool on_delivered(void *self, const struct smpp_pdu *pdu, uint64_t ticket)
{
    struct smpp *smpp = self;
    return smpp_said_add(smpp->said, pdu, ticket);
}

static void on_queried(void *self, uint64_t token, const struct smpp_pdu *answer)
{
    struct smpp *smpp = self;
    const char *ref = smpp->await ? smpp_await_ref(smpp->await, token) : NULL;
    if (!ref)
        return;
    bool known = answer->status == SMPP_OK && answer->state > 0 && answer->state < SMPP_STATES;
    if (known) // it is asked about until that is noted
        smpp_said_state(smpp->said, ref, (enum smpp_state)answer->state, answer->error_code);
    // A carrier that does not answer such questions is not asked about this one again.
    else if (smpp_part_state_of(answer->status) != PART_WAITING)
        smpp_await_end(smpp->await, ref);
}

// Asks about one part whose receipt has not come; what is to be sent goes first.
static void query_one(struct smpp *smpp)
{
    struct smpp_session *session = smpp_line_out(smpp->line);
    int64_t now_ms = clock_ticks_ms();
    const char *id = NULL;
    uint64_t token;
    if (!smpp->await || smpp_session_in_flight(session) > 0 ||
        !smpp_session_has_room(session, now_ms) ||
        !smpp_await_due(smpp->await, now_ms, &id, &token))
        return;
    struct smpp_pdu query = {.command = SMPP_QUERY_SM};
    (void)snprintf(query.message_id, sizeof(query.message_id), "%s", id);
    smpp_part_source(smpp->sender, &query);
    smpp_session_query(session, &query, token, now_ms);
}

void smpp_noted(void *self, int64_t number, enum err_kind kind)
{
    struct smpp *smpp = self;
    const char *ref = smpp_said_noted(smpp->said, number, kind);
    if (ref && smpp->await)
        smpp_await_end(smpp->await, ref);
}

enum err_kind smpp_step(void *self, struct err *err)
{
    (void)err;
    struct smpp *smpp = self;
    smpp_line_step(smpp->line, 0);
    smpp_said_step(smpp->said, smpp_line_in(smpp->line));
    query_one(smpp);
    smpp_line_step(smpp->line, 0); // their answers
    return OK;
}

size_t smpp_fds(void *self, int *fd, size_t max)
{
    struct smpp *smpp = self;
    return smpp_line_descriptors(smpp->line, fd, max);
}

// --- sending
// ------------------------------------------------------------------------------------------

// Submits what waits and may go now, in order: what was throttled stands before what comes after
// it.
static void submit_some(struct smpp *smpp, bool begins)
{
    struct smpp_session *session = smpp_line_out(smpp->line);
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
    smpp_line_step(smpp->line, 0);
    for (;;) {
        size_t sent = count_parts(smpp->parts, PART_SENT);
        size_t waiting = count_parts(smpp->parts, PART_WAITING);
        int64_t age_ms = clock_ticks_ms() - started_ms;
        const struct err *trouble = smpp_line_trouble(smpp->line);
        bool bound = smpp_session_standing(smpp_line_out(smpp->line)) == SMPP_BOUND;
        if (sent == 0 && (waiting == 0 || age_ms >= 2 * BATCH_MS))
            return;
        bool pausing = trouble->kind && !smpp_line_is_connected(smpp->line);
        if (sent == 0 && !bound && (pausing || age_ms >= CONNECT_MS)) {
            end->why = trouble->kind ? trouble->text : "the carrier does not answer our bind";
            end->after_ms = smpp_line_again_ms(smpp->line) + WAKE_DOWN_MS;
            return;
        }
        bool begins = age_ms < BATCH_MS;
        if (bound)
            submit_some(smpp, begins);
        if (sent == 0 && !begins && count_parts(smpp->parts, PART_SENT) == 0)
            return;
        smpp_line_step(smpp->line, STEP_MS);
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

// ca_file: heap, NULL for what the system believes; mem_free.
static struct smpp_place place_of(const struct site *site, char **ca_file)
{
    const char *file = site_text(site, "smpp_ca_file");
    *ca_file = strcmp(file, "system") == 0 ? NULL : site_path(site, file);
    return (struct smpp_place){.host = site_text(site, "smpp_host"),
                               .port = (uint16_t)site_whole(site, "smpp_port"),
                               .tls = strcmp(site_text(site, "smpp_tls"), "yes") == 0,
                               .ca_file = *ca_file};
}

static enum smpp_binds binds_of(const struct site *site)
{
    const char *name = site_text(site, "smpp_binds");
    for (size_t i = 0; smpp_binds_names[i]; i++) {
        if (strcmp(smpp_binds_names[i], name) == 0)
            return (enum smpp_binds)i;
    }
    return SMPP_BINDS_AUTO;
}

void smpp_close(void **self)
{
    struct smpp *smpp = *self;
    if (!smpp)
        return;
    if (smpp->line) {
        int64_t end_ms = clock_ticks_ms() + GOODBYE_MS;
        smpp_line_end(smpp->line);
        while (!smpp_line_has_ended(smpp->line) && clock_ticks_ms() < end_ms)
            smpp_line_step(smpp->line, STEP_MS);
        smpp_line_free(&smpp->line);
    }
    smpp_said_free(&smpp->said);
    smpp_await_free(&smpp->await);
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
    if (read_settings(site, &settings, err) || sms_desk_open(site, &smpp->desk, err) ||
        inbound_open(site, smpp->desk, &smpp->inbound, err)) {
        smpp_close(self);
        return err_of(err);
    }
    AUTO(mem_drop) char *ca_file = NULL;
    struct smpp_events events = {smpp, on_answer, on_unknown, on_delivered, on_queried};
    struct smpp_place place = place_of(site, &ca_file);
    int64_t query_s = site_whole(site, "smpp_query_s");
    smpp->said = smpp_said_new(host, smpp->inbound);
    if (query_s > 0)
        smpp->await = smpp_await_new(query_s * SECOND_MS, smpp->valid_min * MINUTE_MS);
    smpp->line = smpp_line_new(&place, &settings, binds_of(site), &events);
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

// Binds once in a role, and says good-bye.
static enum err_kind try_bind(const struct smpp_place *place, const struct smpp_settings *settings,
                              enum smpp_role role, struct err *err)
{
    struct smpp_events events = {NULL, on_answer, on_unknown, refuse_delivery, NULL};
    struct smpp_settings ours = *settings;
    ours.role = role;
    AUTO(smpp_link_free) struct smpp_link *link = smpp_link_new(place, &ours, &events);
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
        return err_set(err, ERR_LATER, "%s port %u does not answer our bind", place->host,
                       place->port);
    smpp_session_end(session, clock_ticks_ms());
    smpp_link_step(link, STEP_MS);
    return OK;
}

enum err_kind smpp_check(const struct site *site, struct doc *report, struct err *err)
{
    struct smpp_settings settings;
    struct err why = {0};
    AUTO(mem_drop) char *ca_file = NULL;
    if (read_settings(site, &settings, err))
        return err_of(err);
    struct smpp_place place = place_of(site, &ca_file);
    doc_put_text(report, "host", place.host);
    doc_put_int(report, "port", place.port);
    doc_put_bool(report, "tls", place.tls);
    if (try_bind(&place, &settings, SMPP_TRANSMITTER, err))
        return err_of(err);
    if (binds_of(site) == SMPP_BINDS_PAIR && try_bind(&place, &settings, SMPP_RECEIVER, &why))
        return err_set(err, why.kind, "the link that hears: %s", why.text);
    return OK;
}
