#include "notify/dispatch.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "notify/answers.h"
#include "notify/pause.h"
#include "notify/peer.h"
#include "notify/protocol.h"
#include "notify/testimony.h"
#include "notify/turn.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    MESSAGES_MAX = 1024, // taken in before what they say is recorded
    HOUSEKEEPING_MS = 500,
    IDLE_MS = 200,
    NUDGED_MS = 2,       // who commits is seen to write before what it wrote can be read
    DEADLINE_SHARE = 10, // a job is not begun in the last tenth of its lease
    UNREACHED_MS = 1000, // a worker whose queue is full is left alone so long
    LANE_URGENT = 0,
    REFUSALS_LOGGED_MS = 1000, // one line in this time, however much is not heard
    LAST_WORDS_MS = 2000,      // for what is in hand when we are stopped; gong up grants 5000
};

struct state {
    const struct dispatch *dispatch;
    struct dispatch_report *report;
    struct peers peers;
    struct answers *answers;
    struct testimony *testimony;
    struct buf batch;
    struct note job;             // the one that is being added; none is cleared for each
    int64_t kept_ms;             // of the last housekeeping
    int64_t unheard, unheard_ms; // messages by keys that were dropped; ticks of the last line
    struct utc now;
    bool idle;           // the last look found nothing to hand out
    int64_t patience_ms; // until the next look, when nothing comes
};

static void state_free(struct state **state)
{
    if (!*state)
        return;
    answers_free(&(*state)->answers);
    testimony_free(&(*state)->testimony);
    buf_free(&(*state)->batch);
    mem_free(state);
}

static enum err_kind flush(struct state *state, struct err *err)
{
    return answers_record(state->answers, &state->dispatch->queue, state->report, err);
}

// What a worker that has ended held is free again (or, for pay, to be asked about), once what it
// said before that is recorded. While the store takes no answers, that waits for a later beat.
static enum err_kind drop_peer(struct state *state, struct peer *peer, struct err *err)
{
    const struct queue *queue = &state->dispatch->queue;
    size_t count = 0;
    peer->has_ended = true;
    peer->route[0] = '\0';
    peer->in_hand = 0;
    if (flush(state, err))
        return err_of(err);
    if (answers_wait(state->answers))
        return OK;
    if (queue->reclaim(queue->self, clock_wall_ms(), peer->name, &count, err))
        return err_of(err);
    state->report->reclaimed += count;
    peers_drop(&state->peers, peer);
    return OK;
}

static void refuse_peer(struct state *state, const char *route, const char *why)
{
    struct note note = {.type = NOTE_ERR};
    struct err ignored = {0};
    (void)snprintf(note.why, sizeof(note.why), "%.*s", (int)sizeof(note.why) - 1, why);
    if (note_send(state->dispatch->bus, route, &note, &ignored))
        log_info("a worker that is refused was gone first");
}

// --- answers
// ----------------------------------------------------------------------------------------

// An answer that speaks of what never was does no harm; anything else ends the dispatcher.
static enum err_kind forgive(enum err_kind kind, struct err *err)
{
    if (kind != ERR_INPUT && kind != ERR_LATER)
        return kind;
    log_err("an answer was not recorded", err);
    return OK;
}

static enum err_kind flush_all(struct state *state, struct err *err)
{
    return turn_record(state->answers, state->testimony, &state->dispatch->queue,
                       state->dispatch->bus, state->report, err);
}

// What became of a job counts before a READY as well, from one who was at work while we were
// started anew: the key (`role`) says for which channel, and the Unix socket is trusted.
static enum err_kind take_answer(struct state *state, struct peer *peer, const char *role,
                                 const struct note *note, struct err *err)
{
    int64_t pause_ms = pause_of(note, state->dispatch->retry_first_ms);
    if (peer && peer->in_hand > 0)
        peer->in_hand--;
    if (peer && note->outcome == OUTCOME_DOWN) {
        log_error("channel %s is down: %s", peer->channel, note->why);
        peer->paused_until_ms = clock_ticks_ms() + pause_ms;
    } else if (note->type == NOTE_NAK) {
        log_warn("message %" PRId64 ", attempt %" PRId64 ": %s", note->id, note->attempt,
                 note->why);
    }
    const char *channel = peer ? peer->channel : *role ? role : NULL;
    int64_t due_ms = pause_ms ? clock_wall_ms() + pause_ms : 0;
    if (answers_add(state->answers, channel, note, due_ms, state->now))
        return OK;
    if (!answers_wait(state->answers) && flush(state, err))
        return err_of(err);
    if (!answers_add(state->answers, channel, note, due_ms, state->now))
        log_warn("message %" PRId64 ": the store takes nothing, its answer is lost", note->id);
    return OK;
}

// --- workers
// ----------------------------------------------------------------------------------------

static void meet(struct state *state, const struct bus_message *message, const struct note *note)
{
    const char *why = NULL;
    struct peer *peer = peers_meet(&state->peers, message, note, &why);
    if (peer) {
        peer->heard_ms = clock_ticks_ms();
        return;
    }
    log_warn("a worker with a key for \"%s\" wanted channel \"%s\" as %s: %s", message->role,
             note->channel, note->worker, why);
    refuse_peer(state, message->peer, why);
}

static enum err_kind take_note(struct state *state, const struct bus_message *message,
                               const struct note *note, struct err *err)
{
    struct peer *peer = peers_find(&state->peers, message->peer);
    if (!peer && note->type != NOTE_READY && note->type != NOTE_BYE)
        peer = peers_find_again(&state->peers, message);
    if (peer)
        peer->heard_ms = clock_ticks_ms();
    switch (note->type) {
    case NOTE_READY:
        meet(state, message, note);
        return OK;
    case NOTE_BYE:
        return peer ? drop_peer(state, peer, err) : OK;
    case NOTE_ACK:
    case NOTE_NAK:
        return take_answer(state, peer, message->role, note, err);
    case NOTE_EVIDENCE:
        if (peer && !testimony_add(state->testimony, peer, note, state->now))
            return flush_all(state, err);
        return OK;
    case NOTE_HB:
        return OK;
    case NOTE_JOB:
    case NOTE_NOTED:
    case NOTE_DRAIN:
    case NOTE_ERR:
        break;
    }
    log_warn("worker %s sent what only a dispatcher sends", message->peer);
    return OK;
}

static void refuse_revoked(struct state *state, const struct bus_message *message)
{
    struct peer *peer = peers_find(&state->peers, message->peer);
    if (peer)
        peer->route[0] = '\0';
    refuse_peer(state, message->peer, "your key was dropped");
    state->unheard++;
    if (state->unheard > 1 && clock_ticks_ms() - state->unheard_ms < REFUSALS_LOGGED_MS)
        return;
    state->unheard_ms = clock_ticks_ms();
    log_warn("%" PRId64 " messages by keys that were dropped are not heard, the last by %s",
             state->unheard, message->key);
}

static enum err_kind take_message(struct state *state, const struct bus_message *message,
                                  struct err *err)
{
    struct err why = {0};
    struct notes notes;
    bool got = true;
    if (message->is_named) {
        log_warn("a worker that chose its routing id is not served: %s", message->peer);
        refuse_peer(state, message->peer, "set no routing id: your name is said by READY");
        return OK;
    }
    if (message->is_revoked) {
        refuse_revoked(state, message);
        return OK;
    }
    if (notes_open(message, &notes, &why)) {
        log_err("a message was dropped", &why);
        refuse_peer(state, message->peer, why.text);
        return OK;
    }
    while (got) {
        struct note note;
        if (notes_take(&notes, &note, &got, &why)) {
            log_err("the rest of a message was dropped", &why);
            return OK;
        }
        if (got && forgive(take_note(state, message, &note, err), err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind listen(struct state *state, int64_t wait_ms, struct err *err)
{
    for (size_t i = 0; i < MESSAGES_MAX; i++, wait_ms = 0) {
        AUTO(bus_message_free) struct bus_message message = {0};
        bool got = false;
        if (bus_receive(state->dispatch->bus, wait_ms, &message, &got, err))
            return err_of(err);
        if (!got)
            break;
        if (take_message(state, &message, err))
            return err_of(err);
    }
    return flush_all(state, err);
}

// --- handing out
// --------------------------------------------------------------------------------------

// What goes to one worker at once: the first `sent` of its items have gone, up to `packed` are in
// the batch.
struct parcel {
    struct outbox_items items;
    size_t sent, packed;
};

static void parcel_free(struct parcel *parcel)
{
    outbox_items_free(&parcel->items);
}

static enum err_kind send_batch(struct state *state, const struct peer *peer, struct parcel *parcel,
                                struct err *err)
{
    if (state->batch.len == 0)
        return OK;
    enum err_kind kind =
        notes_send(state->dispatch->bus, peer->route, NOTE_JOB, buf_slice(&state->batch), err);
    buf_clear(&state->batch);
    if (kind == OK)
        parcel->sent = parcel->packed;
    return kind;
}

static enum err_kind send_job(struct state *state, const struct peer *peer, struct parcel *parcel,
                              int64_t deadline_ms, struct err *err)
{
    const struct outbox_item *item = &parcel->items.at[parcel->packed];
    struct note *note = &state->job;
    note->type = NOTE_JOB;
    note->id = item->id;
    note->attempt = item->attempt;
    note->deadline_ms = deadline_ms;
    note->at = state->now;
    note->ask = item->ask;
    note->body = str_of(item->body);
    memcpy(note->key, item->key, sizeof(note->key));
    memcpy(note->person, item->person, sizeof(note->person));
    memcpy(note->contract, item->contract, sizeof(note->contract));
    if (!note_add(&state->batch, note)) {
        if (send_batch(state, peer, parcel, err))
            return err_of(err);
        bool fits = note_add(&state->batch, note);
        assert(fits); // a body is far smaller than a batch
        (void)fits;
    }
    parcel->packed++;
    return OK;
}

// What did not go out was begun by nobody: it is free at once.
static enum err_kind take_back(struct state *state, const struct peer *peer,
                               const struct parcel *parcel, struct err *err)
{
    const struct queue *queue = &state->dispatch->queue;
    size_t count = parcel->items.count - parcel->sent;
    AUTO(mem_drop) struct outbox_answer *answer = mem_new(count, sizeof(*answer));
    for (size_t i = 0; i < count; i++) {
        const struct outbox_item *item = &parcel->items.at[parcel->sent + i];
        answer[i] = (struct outbox_answer){.id = item->id,
                                           .attempt = item->attempt,
                                           .outcome = OUTCOME_BUSY,
                                           .channel = peer->channel,
                                           .due_ms = clock_wall_ms(),
                                           .at = state->now,
                                           .ref = "",
                                           .why = "its worker could not be reached"};
    }
    return forgive(queue->settle(queue->self, answer, count, err), err);
}

// A worker whose connection is gone gets no more until it is heard again; whether it has ended, the
// next beat says.
static enum err_kind hand_over(struct state *state, struct peer *peer, struct parcel *parcel,
                               int64_t deadline_ms, struct err *err)
{
    struct err why = {0};
    enum err_kind kind = OK;
    while (!kind && parcel->packed < parcel->items.count)
        kind = send_job(state, peer, parcel, deadline_ms, &why);
    if (!kind)
        kind = send_batch(state, peer, parcel, &why);
    peer->in_hand += (int64_t)parcel->sent;
    state->report->handed_out += parcel->sent;
    if (!kind)
        return OK;
    log_err("a worker could not be reached", &why);
    if (kind == ERR_MISSING)
        peer->route[0] = '\0';
    else
        peer->paused_until_ms = clock_ticks_ms() + UNREACHED_MS;
    state->kept_ms = 0;
    return take_back(state, peer, parcel, err);
}

static enum err_kind hand_out_lanes(struct state *state, struct peer *peer, int64_t max,
                                    int32_t lane_max, struct err *err)
{
    const struct dispatch *dispatch = state->dispatch;
    int64_t now_ms = clock_wall_ms();
    int64_t lease_ms =
        strcmp(peer->channel, "pay") == 0 ? dispatch->pay_lease_ms : dispatch->lease_ms;
    struct outbox_claim claim = {.channel = peer->channel,
                                 .worker = peer->name,
                                 .max = (size_t)max,
                                 .lane_max = lane_max,
                                 .now = state->now,
                                 .now_ms = now_ms,
                                 .lease_until_ms = now_ms + lease_ms};
    AUTO(parcel_free) struct parcel parcel = {0};
    enum err_kind kind = dispatch->queue.take(dispatch->queue.self, &claim, &parcel.items, err);
    if (kind == ERR_LATER)
        return OK; // somebody else is writing for long: next time
    if (kind)
        return kind;
    if (parcel.items.count == 0)
        return OK;
    state->idle = false;
    peer->lease_until_ms = claim.lease_until_ms;
    return hand_over(state, peer, &parcel, claim.lease_until_ms - lease_ms / DEADLINE_SHARE, err);
}

static enum err_kind hand_out(struct state *state, struct peer *peer, struct err *err)
{
    struct share share = peer_share(peer);
    if (share.urgent > 0 && !peer->is_local &&
        bus_is_revoked(state->dispatch->bus, peer->channel, peer->key, peer->public_key)) {
        log_warn("worker %s is given nothing more: its key %s was dropped", peer->name, peer->key);
        peer->route[0] = '\0';
        return OK;
    }
    if (share.any > 0 && hand_out_lanes(state, peer, share.any, INT32_MAX, err))
        return err_of(err);
    share = peer_share(peer);
    if (share.any == 0 && share.urgent > 0)
        return hand_out_lanes(state, peer, share.urgent, LANE_URGENT, err);
    return OK;
}

static enum err_kind hand_out_all(struct state *state, struct err *err)
{
    state->idle = true;
    for (size_t i = 0; i < state->peers.count; i++) {
        if (hand_out(state, &state->peers.at[i], err))
            return err_of(err);
    }
    return OK;
}

// --- housekeeping
// -------------------------------------------------------------------------------------

// Says that we live, and learns who does not: a local worker whose connection is gone has ended,
// and what it held is free at once. One beyond a network may be at work unheard: its leases run
// out.
static enum err_kind beat(struct state *state, struct err *err)
{
    for (size_t i = state->peers.count; i-- > 0;) { // one that is dropped is the last from then on
        struct peer *peer = &state->peers.at[i];
        struct note note = {.type = NOTE_HB};
        struct err why = {0};
        bool had_route = *peer->route != '\0';
        if (had_route && note_send(state->dispatch->bus, peer->route, &note, &why) == ERR_MISSING)
            peer->route[0] = '\0';
        if (had_route && !*peer->route)
            log_warn("the connection of worker %s is gone", peer->name);
        bool has_ended = peer->has_ended || (peer->is_local && !*peer->route);
        bool over = clock_ticks_ms() - peer->heard_ms >= PEER_SILENT_MS &&
                    clock_wall_ms() > peer->lease_until_ms;
        if ((over || has_ended) && drop_peer(state, peer, err))
            return err_of(err);
    }
    return OK;
}

// What the store does not take now is done the next time.
static enum err_kind put_off(enum err_kind kind, struct err *err)
{
    if (kind != ERR_LATER)
        return kind;
    log_err("put off", err);
    return OK;
}

static enum err_kind keep_house(struct state *state, struct err *err)
{
    const struct queue *queue = &state->dispatch->queue;
    int64_t ticks_ms = clock_ticks_ms();
    size_t count = 0;
    if (ticks_ms - state->kept_ms < HOUSEKEEPING_MS)
        return OK;
    state->kept_ms = ticks_ms;
    if (beat(state, err) || flush(state, err))
        return put_off(err->kind, err);
    if (answers_wait(
            state->answers)) // the store is away; and what was answered has no lease to end
        return OK;
    if (queue->reclaim(queue->self, clock_wall_ms(), NULL, &count, err))
        return put_off(err->kind, err);
    state->report->reclaimed += count;
    return put_off(state->dispatch->now(state->dispatch->self, &state->now, err), err);
}

static bool is_at_work(const struct state *state)
{
    for (size_t i = 0; i < state->peers.count; i++) {
        if (state->peers.at[i].in_hand > 0)
            return true;
    }
    return false;
}

static void send_drain(struct state *state)
{
    struct note drain = {.type = NOTE_DRAIN};
    for (size_t i = 0; i < state->peers.count; i++) {
        const struct peer *peer = &state->peers.at[i];
        struct err ignored = {0};
        if (!*peer->route || note_send(state->dispatch->bus, peer->route, &drain, &ignored))
            log_info("worker %s was gone first", peer->name);
    }
}

// Workers end with us: they finish what they have and answer, and that is recorded.
static enum err_kind see_off(struct state *state, struct err *err)
{
    int64_t until_ms = clock_ticks_ms() + LAST_WORDS_MS;
    send_drain(state);
    while ((is_at_work(state) || answers_wait(state->answers)) && clock_ticks_ms() < until_ms) {
        if (listen(state, IDLE_MS, err))
            return err_of(err);
    }
    return OK;
}

// A nudge is a hint to look, and looks follow: at once, soon, and then ever later.
static void forget_nudges(struct state *state)
{
    const struct dispatch *dispatch = state->dispatch;
    char hints[4096];
    ssize_t got = sizeof(hints);
    while (dispatch->nudge && got == sizeof(hints)) {
        got = read(dispatch->nudge, hints, sizeof(hints));
        if (got > 0)
            state->patience_ms = NUDGED_MS;
    }
    if (dispatch->nudge && got == 0) // who would nudge is gone: it is looked for now and then
        bus_watch(dispatch->bus, &dispatch->nudge, 0);
}

enum err_kind dispatch_run(const struct dispatch *dispatch, struct dispatch_report *report,
                           struct err *err)
{
    AUTO(state_free) struct state *state = mem_new(1, sizeof(*state));
    *report = (struct dispatch_report){0};
    state->dispatch = dispatch;
    state->report = report;
    state->batch = buf_new(NOTES_BYTES_MAX);
    state->answers = answers_new();
    state->testimony = testimony_new();
    state->patience_ms = IDLE_MS;
    if (dispatch->now(dispatch->self, &state->now, err))
        return err_of(err);
    if (dispatch->nudge)
        bus_watch(dispatch->bus, &dispatch->nudge, 1);
    while (!dispatch->stopped()) {
        bool empty = false;
        forget_nudges(state);
        if (keep_house(state, err) || hand_out_all(state, err))
            return err_of(err);
        if (dispatch->until_empty && state->idle &&
            dispatch->queue.is_empty(dispatch->queue.self, &empty, err))
            return err_of(err);
        if (empty)
            break;
        if (listen(state, state->patience_ms, err))
            return err_of(err);
        state->patience_ms = pause_doubled(state->patience_ms, 2, IDLE_MS);
    }
    return see_off(state, err);
}
