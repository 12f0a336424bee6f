#include "notify/smpp_said.h"

#include "core/clock.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "notify/channel.h"
#include "notify/inbound.h"
#include "notify/smpp_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SAID_MAX = 500,
    TEXT_BYTES_MAX = 4096,
    ANSWER_MS = 5000, // then the carrier is answered; it would give up
    AGAIN_MS = 1000,  // until evidence that nobody matched, or answered, is told again
    TEND_MS = 30000,
    PARKED_MS = 600000, // a receipt may come before the answer to its submit was recorded
};

// A receipt or a message that came, until it is recorded.
struct one {
    uint64_t ticket; // 0: the carrier was answered, or waits for none
    int64_t came_ms, told_ms;
    int64_t number;     // of the evidence that was told; 0: none is on its way
    enum err_kind kind; // what became of it last; ERR_LATER before that
    bool is_receipt;
    struct smpp_receipt receipt;
    bool is_piece;
    struct smpp_piece piece;
    char from[22], to[22];
    char *text; // of a message; heap
    char id[48];
};

struct smpp_said {
    const struct host *host;
    struct inbound_desk *inbound;
    uint64_t word; // of this run: tells its inbound messages from those of another
    int64_t tended_ms;
    struct one one[SAID_MAX];
    size_t count;
};

struct smpp_said *smpp_said_new(const struct host *host, struct inbound_desk *inbound)
{
    struct smpp_said *said = mem_new(1, sizeof(*said));
    said->host = host;
    said->inbound = inbound;
    random_bytes(&said->word, sizeof(said->word));
    return said;
}

void smpp_said_free(struct smpp_said **said)
{
    if (!*said)
        return;
    for (size_t i = 0; i < (*said)->count; i++)
        mem_free(&(*said)->one[i].text);
    mem_free(said);
}

static struct one *add(struct smpp_said *said, uint64_t ticket)
{
    struct one *one = &said->one[said->count++];
    *one = (struct one){.ticket = ticket, .came_ms = clock_ticks_ms(), .kind = ERR_LATER};
    return one;
}

bool smpp_said_add(struct smpp_said *said, const struct smpp_pdu *pdu, uint64_t ticket)
{
    if (said->count == SAID_MAX)
        return false;
    struct one *one = add(said, ticket);
    one->is_receipt = smpp_is_receipt(pdu, &one->receipt);
    if (one->is_receipt)
        return true;
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    smpp_text(pdu, &text);
    one->is_piece = smpp_is_piece(pdu, &one->piece);
    one->text = buf_take(&text);
    memcpy(one->from, pdu->source, sizeof(one->from));
    memcpy(one->to, pdu->destination, sizeof(one->to));
    (void)snprintf(one->id, sizeof(one->id), "%016" PRIx64 "-%016" PRIx64, said->word, ticket);
    return true;
}

static bool is_waiting(const struct smpp_said *said, const char *ref, enum smpp_state state)
{
    for (size_t i = 0; i < said->count; i++) {
        const struct one *one = &said->one[i];
        if (one->is_receipt && one->receipt.state == state && strcmp(one->receipt.id, ref) == 0)
            return true;
    }
    return false;
}

void smpp_said_state(struct smpp_said *said, const char *ref, enum smpp_state state,
                     uint8_t error_code)
{
    if (said->count == SAID_MAX || is_waiting(said, ref, state))
        return; // it will be asked again, or is being told
    struct one *one = add(said, 0);
    one->is_receipt = true;
    one->receipt.state = state;
    (void)snprintf(one->receipt.id, sizeof(one->receipt.id), "%s", ref);
    (void)snprintf(one->receipt.error, sizeof(one->receipt.error), "%u asked", error_code);
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

// Tells a receipt; what becomes of it is noted later.
static void tell(struct smpp_said *said, struct one *one)
{
    int64_t now_ms = clock_ticks_ms();
    struct evidence evidence = {.kind = evidence_of(one->receipt.state)};
    if (evidence.kind == EVIDENCE_NONE || !*one->receipt.id || strchr(one->receipt.id, ' ')) {
        one->kind = OK; // of no message, or of no state: it says nothing
        return;
    }
    // Told again when nobody noted it: the dispatcher may have been gone.
    if (one->told_ms && now_ms - one->told_ms < (one->number ? ANSWER_MS : AGAIN_MS))
        return;
    (void)snprintf(evidence.ref, sizeof(evidence.ref), "%s", one->receipt.id);
    (void)snprintf(evidence.why, sizeof(evidence.why), "smpp: %s err:%s",
                   smpp_state_names[one->receipt.state], one->receipt.error);
    one->number = said->host->tell(said->host->self, &evidence);
    one->told_ms = now_ms;
}

const char *smpp_said_noted(struct smpp_said *said, int64_t number, enum err_kind kind)
{
    for (size_t i = 0; i < said->count; i++) {
        struct one *one = &said->one[i];
        if (one->number != number)
            continue;
        one->number = 0;
        one->kind = kind;
        // Of a message that is not known it stays here, and is told again.
        bool is_kept = kind == OK || kind == ERR_MISSING;
        return is_kept && smpp_state_is_final(one->receipt.state) ? one->receipt.id : NULL;
    }
    return NULL;
}

static void take_message(struct smpp_said *said, struct one *one)
{
    struct err err = {0};
    struct inbound inbound = {.carrier = "smpp",
                              .id = str_of(one->id),
                              .from = str_of(one->from),
                              .to = str_of(one->to),
                              .text = str_of(one->text)};
    struct inbound_piece piece = {one->piece.reference, one->piece.total, one->piece.number};
    one->kind = one->is_piece ? inbound_take_piece(said->inbound, &inbound, &piece, &err)
                              : inbound_take(said->inbound, &inbound, &err);
    if (one->kind)
        log_err("an inbound message", &err);
    if (one->kind == ERR_INPUT)
        one->kind = OK; // it can never be taken: the carrier may forget it
}

// Whether one is kept. Within ANSWER_MS the carrier hears that it is taken: when it is recorded, or
// is a receipt of a message that is not known (yet). What could not be recorded must come again;
// but a receipt that the carrier was told is taken, or that answered a question, does not.
static bool keep(struct one *one, struct smpp_session *session)
{
    int64_t age_ms = clock_ticks_ms() - one->came_ms;
    bool is_parked = one->is_receipt && (one->kind == ERR_MISSING || !one->ticket);
    bool is_late = age_ms >= ANSWER_MS;
    bool is_over = one->kind == OK || age_ms >= PARKED_MS || (is_late && !is_parked);
    if (one->ticket && (is_over || is_late)) {
        bool is_well = one->kind == OK || is_parked;
        smpp_session_stored(session, one->ticket, is_well ? SMPP_OK : SMPP_TRY_LATER);
        one->ticket = 0;
    }
    return !is_over;
}

// Parts of texts whose others do not come.
static void tend(struct smpp_said *said)
{
    struct err err = {0};
    if (clock_ticks_ms() - said->tended_ms < TEND_MS)
        return;
    said->tended_ms = clock_ticks_ms();
    if (inbound_tend(said->inbound, clock_system.now(clock_system.self), &err))
        log_err("parts of inbound messages", &err);
}

void smpp_said_step(struct smpp_said *said, struct smpp_session *session)
{
    size_t kept = 0;
    tend(said);
    for (size_t i = 0; i < said->count; i++) {
        struct one *one = &said->one[i];
        if (one->is_receipt && one->kind != OK)
            tell(said, one);
        else if (!one->is_receipt)
            take_message(said, one);
        if (keep(one, session)) {
            said->one[kept++] = *one;
            continue;
        }
        mem_free(&one->text);
    }
    said->count = kept;
}
