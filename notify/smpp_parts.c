#include "notify/smpp_parts.h"

#include "core/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SENDER_DOWN_MS = 600000, HOUR_MIN = 60, DAY_MIN = 24 * HOUR_MIN };
enum { NAME_ROOM = 32 }; // for a name of ours: ten of them fit into job.ref

struct smpp_parts *smpp_parts_new(void)
{
    return mem_new(1, sizeof(struct smpp_parts));
}

void smpp_parts_free(struct smpp_parts **parts)
{
    if (!*parts)
        return;
    for (size_t i = 0; i < (*parts)->letters; i++)
        sms_letter_free(&(*parts)->letter[i]);
    mem_free(parts);
}

void smpp_parts_add(struct smpp_parts *parts, struct job *job, struct sms_letter *letter)
{
    assert(parts->letters < PARTS_LETTERS_MAX);
    size_t at = parts->letters++;
    parts->job[at] = job;
    parts->letter[at] = MOVE(*letter);
    struct str rest = buf_slice(&parts->letter[at].text), text;
    size_t number = 0;
    while (
        sms_take_part(&rest, parts->letter[at].size.coding, parts->letter[at].size.parts, &text)) {
        assert(parts->count < PARTS_MAX);
        parts->part[parts->count++] =
            (struct smpp_part){.letter = at, .number = number++, .text = text};
    }
    assert(number == parts->letter[at].size.parts);
}

enum smpp_part_state smpp_part_state_of(uint32_t status)
{
    static const struct {
        uint32_t first, last;
        enum smpp_part_state state;
    } classes[] = {
        {SMPP_OK, SMPP_OK, PART_ACCEPTED},
        {SMPP_THROTTLED, SMPP_THROTTLED, PART_WAITING},
        {SMPP_QUEUE_FULL, SMPP_QUEUE_FULL, PART_WAITING},
        {0x0a, 0x0a, PART_DOWN}, // source address: the brand name is not registered here
        {0x48, 0x49, PART_DOWN},
        {0x0b, 0x0b, PART_REFUSED}, // destination
        {0x50, 0x51, PART_REFUSED},
        {0x01, 0x03, PART_REFUSED}, // length, command: our own fault
        {0x43, 0x43, PART_REFUSED}, // esm_class
        {0x61, 0x62, PART_REFUSED}, // schedule, validity
        {0xc0, 0xc4, PART_REFUSED}, // parameters
    };
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (status >= classes[i].first && status <= classes[i].last)
            return classes[i].state;
    }
    return PART_RETRY; // system error, temporary error, and what carriers made up (0x400..0x4ff)
}

bool smpp_parts_is_begun(const struct smpp_parts *parts, size_t letter)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->part[i].letter == letter &&
            (parts->part[i].state != PART_WAITING || parts->part[i].status))
            return true;
    }
    return false;
}

// The worst of a letter's parts, and how many were accepted.
static const struct smpp_part *worst_of(const struct smpp_parts *parts, size_t letter,
                                        size_t *accepted)
{
    // From best to worst: what decides about the whole.
    static const int rank[] = {
        [PART_ACCEPTED] = 0, [PART_WAITING] = 1, [PART_DOWN] = 2,   [PART_RETRY] = 3,
        [PART_SENT] = 4,     [PART_UNKNOWN] = 4, [PART_REFUSED] = 5};
    const struct smpp_part *worst = NULL;
    *accepted = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct smpp_part *part = &parts->part[i];
        if (part->letter != letter)
            continue;
        *accepted += part->state == PART_ACCEPTED;
        if (!worst || rank[part->state] > rank[worst->state])
            worst = part;
    }
    return worst;
}

static bool has_id(const struct smpp_part *part)
{
    return part->state == PART_ACCEPTED && *part->id;
}

// What the parts of this try are called: by the carrier, or by us where it said no name: nobody
// will report those, and delivered is the message when all are, so not by those alone that were
// taken. Of a carrier that names nothing nothing is awaited.
static void join_refs(const struct smpp_parts *parts, size_t letter, struct job *job)
{
    AUTO(buf_free) struct buf refs = buf_new(sizeof(job->ref));
    bool named = false;
    for (size_t i = 0; i < parts->count; i++) {
        const struct smpp_part *part = &parts->part[i];
        if (part->letter != letter)
            continue;
        size_t after = parts->letter[letter].size.parts - part->number - 1;
        bool fits = refs.len + strlen(part->id) + after * NAME_ROOM + 2 < sizeof(job->ref);
        bool by_id = has_id(part) && fits;
        named |= by_id;
        buf_print(&refs, "%s%s", refs.len ? " " : "",
                  by_id ? part->id : sms_part_name(job, part->number + 1).at);
    }
    if (named)
        (void)snprintf(job->ref, sizeof(job->ref), "%s", refs.at);
}

static enum err_kind settle_one(struct smpp_parts *parts, size_t letter, struct sms_desk *desk,
                                const struct smpp_parts_end *end, struct err *err)
{
    struct job *job = parts->job[letter];
    size_t accepted, all = parts->letter[letter].size.parts;
    const struct smpp_part *worst = worst_of(parts, letter, &accepted);
    join_refs(parts, letter, job);
    switch (worst->state) {
    case PART_ACCEPTED:
        return sms_done(desk, job, &parts->letter[letter], "smpp", err);
    case PART_WAITING:
        if (accepted > 0)
            sms_settle(job, OUTCOME_RETRY, 0, "only %zu of %zu parts were taken", accepted, all);
        else if (*end->why)
            sms_settle(job, OUTCOME_DOWN, end->after_ms, "%.150s", end->why);
        else
            sms_settle(job, OUTCOME_BUSY, end->after_ms, "the carrier takes no more now");
        break;
    case PART_DOWN:
        sms_settle(job, OUTCOME_DOWN, SENDER_DOWN_MS,
                   "the carrier does not know our sender name (0x%02" PRIx32 "): check sms_sender",
                   worst->status);
        break;
    case PART_RETRY:
        sms_settle(job, OUTCOME_RETRY, 0,
                   "the carrier answered 0x%02" PRIx32 ", %zu of %zu parts "
                   "were taken",
                   worst->status, accepted, all);
        break;
    case PART_SENT:
    case PART_UNKNOWN:
        sms_settle(job, OUTCOME_UNKNOWN, 0, "sent without an answer, %zu of %zu parts were taken",
                   accepted, all);
        break;
    case PART_REFUSED:
        sms_settle(job, OUTCOME_REFUSED, 0,
                   "the carrier refused it: 0x%02" PRIx32 ", %zu of %zu parts were taken",
                   worst->status, accepted, all);
        break;
    }
    return OK;
}

enum err_kind smpp_parts_settle(struct smpp_parts *parts, struct sms_desk *desk,
                                const struct smpp_parts_end *end, struct err *err)
{
    for (size_t i = 0; i < parts->letters; i++) {
        if (settle_one(parts, i, desk, end, err))
            return err_of(err);
    }
    return OK;
}

// --- one submit
// ---------------------------------------------------------------------------------------

// Relative time, SMPP 3.4, 7.1.1: YYMMDDhhmmsstnnR.
static void write_validity(int64_t minutes, char out[18])
{
    unsigned days = (unsigned)(minutes / DAY_MIN) % 100;
    unsigned hours = (unsigned)(minutes % DAY_MIN / HOUR_MIN) % 24;
    (void)snprintf(out, 18, "0000%02u%02u%02u00000R", days, hours,
                   (unsigned)(minutes % HOUR_MIN) % 60);
}

void smpp_part_source(const char *sender, struct smpp_pdu *out)
{
    enum { ALPHANUMERIC = 5, INTERNATIONAL = 1, ISDN = 1, SHORT_CODE_MAX = 8 };
    bool digits = strspn(sender, "0123456789") == strlen(sender);
    bool code = strlen(sender) <= SHORT_CODE_MAX;
    out->source_ton = digits ? (code ? 0 : INTERNATIONAL) : ALPHANUMERIC;
    out->source_npi = digits && !code ? ISDN : 0;
    (void)snprintf(out->source, sizeof(out->source), "%.20s", sender);
}

void smpp_part_submit(const struct smpp_parts *parts, const struct smpp_part *part,
                      const struct smpp_part_route *route, struct smpp_pdu *out, struct buf *bytes)
{
    const struct sms_letter *letter = &parts->letter[part->letter];
    *out = (struct smpp_pdu){.command = SMPP_SUBMIT_SM,
                             .destination_ton = 1,
                             .destination_npi = 1,
                             .registered = 1,
                             .coding = letter->size.coding == SMS_UCS2 ? SMPP_CODING_UCS2
                                                                       : SMPP_CODING_DEFAULT};
    smpp_part_source(route->sender, out);
    write_validity(route->valid_min, out->validity);
    (void)snprintf(out->destination, sizeof(out->destination), "%s", letter->to);
    buf_clear(bytes);
    if (letter->size.parts > 1) {
        // 3GPP TS 23.040, 9.2.3.24.1: concatenated, 8-bit reference.
        char header[] = {
            5, 0, 3, (char)route->reference, (char)letter->size.parts, (char)(part->number + 1)};
        out->esm_class = SMPP_ESM_UDH;
        buf_add(bytes, header, sizeof(header));
    }
    sms_encode(part->text, letter->size.coding, bytes);
    out->message = buf_slice(bytes);
}
