#include "notify/dispatch.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "ledger/outbox.h"
#include "notify/channel.h"
#include "notify/protocol.h"
#include "notify/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    PEERS_MAX = 256,
    ANSWERS_MAX = 256, // gathered into one commit
    SILENT_MS = 10000, // a worker that says nothing for so long is gone
    HOUSEKEEPING_MS = 500,
    IDLE_MS = 200,
    DEADLINE_SHARE = 10, // a job is not begun in the last tenth of its lease
    RETRY_FIRST_MS = 2000,
    RETRY_MOST_MS = 600000,
};

struct peer {
    char name[BUS_PEER_MAX], channel[16];
    int64_t credit, in_hand, heard_ms;
    int64_t until_ms; // wall clock: when the last lease ends
};

struct state {
    const struct dispatch *dispatch;
    struct dispatch_report *report;
    struct bus *bus;
    int lock;
    struct peer peer[PEERS_MAX];
    size_t peers;
    struct outbox_done done[ANSWERS_MAX];
    struct note answer[ANSWERS_MAX]; // holds the texts of `done`
    size_t answers;
    int64_t kept_ms; // of the last housekeeping
    struct utc now;
    bool idle; // the last look found nothing to hand out
};

static void state_free(struct state **state)
{
    if (!*state)
        return;
    bus_close(&(*state)->bus);
    if ((*state)->lock >= 0)
        (void)close((*state)->lock);
    mem_free(state);
}

// --- workers
// ----------------------------------------------------------------------------------------

static struct peer *find_peer(struct state *state, const char *name)
{
    for (size_t i = 0; i < state->peers; i++) {
        if (strcmp(state->peer[i].name, name) == 0)
            return &state->peer[i];
    }
    return NULL;
}

// What a worker that is gone held is free again (or, for pay, to be asked about).
static enum err_kind drop_peer(struct state *state, struct peer *peer, struct err *err)
{
    size_t count = 0;
    if (outbox_reclaim(state->dispatch->ledger, clock_wall_ms(), peer->name, &count, err))
        return err_of(err);
    state->report->reclaimed += count;
    *peer = state->peer[--state->peers];
    return OK;
}

static void meet(struct state *state, const char *name, const struct note *note)
{
    struct peer *peer = find_peer(state, name);
    if (!peer && state->peers == PEERS_MAX) {
        log_warn("more than %d workers; one is not heard", PEERS_MAX);
        return;
    }
    if (!peer) {
        peer = &state->peer[state->peers++];
        *peer = (struct peer){0};
        (void)snprintf(peer->name, sizeof(peer->name), "%s", name);
        (void)snprintf(peer->channel, sizeof(peer->channel), "%s", note->channel);
    }
    if (clock_wall_ms() > peer->until_ms)
        peer->in_hand = 0; // whatever it did not answer is no longer its
    peer->credit = note->credit;
    peer->heard_ms = clock_ticks_ms();
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

static enum err_kind record(struct state *state, size_t first, size_t count, struct err *err)
{
    if (outbox_done_many(state->dispatch->ledger, state->done + first, count, err))
        return err_of(err);
    state->report->done += count;
    return OK;
}

// Every message that was done is recorded in one commit; when one of the answers is a lie, each in
// its own, so that the good ones stand. What is not recorded now is lost: its lease runs out.
static enum err_kind flush(struct state *state, struct err *err)
{
    size_t count = state->answers;
    state->answers = 0;
    if (count == 0)
        return OK;
    for (size_t i = 0; i < count; i++) {
        const struct note *note = &state->answer[i];
        state->done[i] = (struct outbox_done){note->id, note->attempt, state->now, note->why};
    }
    enum err_kind kind = record(state, 0, count, err);
    if (kind != ERR_INPUT)
        return forgive(kind, err);
    for (size_t i = 0; i < count; i++) {
        struct err why = {0};
        if (forgive(record(state, i, 1, &why), &why)) {
            *err = why;
            return err_of(err);
        }
    }
    return OK;
}

static int64_t retry_at_ms(const struct note *note)
{
    int64_t wait_ms = RETRY_FIRST_MS;
    for (int64_t i = 1; i < note->attempt && wait_ms < RETRY_MOST_MS; i++)
        wait_ms *= 2;
    return clock_wall_ms() + (wait_ms < RETRY_MOST_MS ? wait_ms : RETRY_MOST_MS);
}

static enum err_kind take_nak(struct state *state, const struct note *note, struct err *err)
{
    struct ledger *ledger = state->dispatch->ledger;
    log_warn("message %" PRId64 ", attempt %" PRId64 ": %s", note->id, note->attempt, note->why);
    if (!note->retry) {
        state->report->refused++;
        return outbox_refused(ledger, note->id, note->attempt, state->now, note->why, err);
    }
    state->report->retried++;
    return outbox_retry(ledger, note->id, note->attempt, retry_at_ms(note),
                        site_whole(state->dispatch->site, "attempts_max"), note->why, err);
}

static enum err_kind take_ack(struct state *state, const struct note *note, struct err *err)
{
    if (note->absent) {
        state->report->absent++;
        return outbox_absent(state->dispatch->ledger, note->id, note->attempt, err);
    }
    state->answer[state->answers++] = *note;
    return state->answers == ANSWERS_MAX ? flush(state, err) : OK;
}

static enum err_kind take_note(struct state *state, const char *name, const struct note *note,
                               struct err *err)
{
    struct peer *peer = find_peer(state, name);
    if (peer)
        peer->heard_ms = clock_ticks_ms();
    switch (note->type) {
    case NOTE_READY:
        meet(state, name, note);
        return OK;
    case NOTE_BYE:
        return peer ? drop_peer(state, peer, err) : OK;
    case NOTE_ACK:
    case NOTE_NAK:
        if (peer && peer->in_hand > 0)
            peer->in_hand--;
        return note->type == NOTE_ACK ? take_ack(state, note, err) : take_nak(state, note, err);
    case NOTE_JOB:
    case NOTE_DRAIN:
        break;
    }
    log_warn("worker %s sent what only a dispatcher sends", name);
    return OK;
}

static enum err_kind listen(struct state *state, int64_t wait_ms, struct err *err)
{
    for (size_t i = 0; i < ANSWERS_MAX; i++, wait_ms = 0) {
        AUTO(bus_message_free) struct bus_message message = {0};
        struct note note;
        struct err why = {0};
        bool got = false;
        if (bus_receive(state->bus, wait_ms, &message, &got, err))
            return err_of(err);
        if (!got)
            break;
        if (note_read(&message, &note, &why)) {
            log_err("a message was dropped", &why);
            continue;
        }
        note.body = (struct str){NULL, 0}; // it goes with the message
        if (forgive(take_note(state, message.peer, &note, err), err))
            return err_of(err);
    }
    return flush(state, err);
}

// --- handing out
// --------------------------------------------------------------------------------------

static bool send_job(struct state *state, const struct peer *peer, const struct outbox_item *item,
                     int64_t deadline_ms)
{
    struct err err = {0};
    struct note note = {.type = NOTE_JOB,
                        .id = item->id,
                        .attempt = item->attempt,
                        .deadline_ms = deadline_ms,
                        .at = state->now,
                        .ask = item->ask,
                        .body = str_of(item->body)};
    (void)snprintf(note.key, sizeof(note.key), "%s", item->key);
    (void)snprintf(note.person, sizeof(note.person), "%s", item->person);
    (void)snprintf(note.contract, sizeof(note.contract), "%s", item->contract);
    if (note_send(state->bus, peer->name, &note, &err) == OK)
        return true;
    log_err("a worker is gone", &err);
    return false;
}

static enum err_kind hand_out(struct state *state, struct peer *peer, bool *gone, struct err *err)
{
    int64_t now_ms = clock_wall_ms();
    int64_t until_ms = now_ms + site_whole(state->dispatch->site, "lease_s") * 1000;
    struct outbox_claim claim = {.channel = peer->channel,
                                 .worker = peer->name,
                                 .max = (size_t)(peer->credit - peer->in_hand),
                                 .now = state->now,
                                 .now_ms = now_ms,
                                 .lease_until_ms = until_ms};
    AUTO(outbox_items_free) struct outbox_items items = {0};
    enum err_kind kind = outbox_take(state->dispatch->ledger, &claim, &items, err);
    if (kind == ERR_LATER)
        return OK; // somebody else is writing for long: next time
    if (kind)
        return kind;
    int64_t deadline_ms = until_ms - (until_ms - now_ms) / DEADLINE_SHARE;
    if (items.count)
        peer->until_ms = until_ms;
    for (size_t i = 0; i < items.count && !*gone; i++) {
        *gone = !send_job(state, peer, &items.at[i], deadline_ms);
        peer->in_hand += !*gone;
        state->report->handed_out += !*gone;
    }
    if (items.count)
        state->idle = false;
    return OK;
}

static enum err_kind hand_out_all(struct state *state, struct err *err)
{
    state->idle = true;
    for (size_t i = 0; i < state->peers;) {
        struct peer *peer = &state->peer[i];
        bool gone = false;
        if (peer->in_hand < peer->credit && hand_out(state, peer, &gone, err))
            return err_of(err);
        if (!gone)
            i++;
        else if (drop_peer(state, peer, err))
            return err_of(err);
    }
    return OK;
}

// --- housekeeping
// -------------------------------------------------------------------------------------

static enum err_kind keep_house(struct state *state, struct err *err)
{
    int64_t ticks_ms = clock_ticks_ms();
    if (ticks_ms - state->kept_ms < HOUSEKEEPING_MS)
        return OK;
    state->kept_ms = ticks_ms;
    for (size_t i = 0; i < state->peers;) {
        if (ticks_ms - state->peer[i].heard_ms < SILENT_MS)
            i++;
        else if (drop_peer(state, &state->peer[i], err))
            return err_of(err);
    }
    size_t count = 0;
    if (outbox_reclaim(state->dispatch->ledger, clock_wall_ms(), NULL, &count, err))
        return forgive(err->kind, err);
    state->report->reclaimed += count;
    return state->dispatch->now(state->dispatch->self, &state->now, err);
}

static enum err_kind is_empty(struct state *state, bool *empty, struct err *err)
{
    int64_t count[OUTBOX_STATES];
    if (outbox_count(state->dispatch->ledger, NULL, count, err))
        return err_of(err);
    *empty = count[OUTBOX_READY] + count[OUTBOX_LEASED] + count[OUTBOX_UNKNOWN] == 0;
    return OK;
}

static void send_drain(struct state *state)
{
    struct note drain = {.type = NOTE_DRAIN};
    for (size_t i = 0; i < state->peers; i++) {
        struct err ignored = {0};
        if (note_send(state->bus, state->peer[i].name, &drain, &ignored))
            log_info("worker %s was gone first", state->peer[i].name);
    }
}

static enum err_kind open_state(const struct dispatch *dispatch, struct dispatch_report *report,
                                struct state **out, struct err *err)
{
    AUTO(state_free) struct state *state = mem_new(1, sizeof(*state));
    AUTO(mem_drop) char *lock = site_path(dispatch->site, "run/dispatch.lock");
    AUTO(mem_drop) char *socket = worker_socket(dispatch->site);
    state->dispatch = dispatch;
    state->report = report;
    state->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", lock);
    if (flock(state->lock, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, ERR_REFUSED,
                       "another dispatcher works at this site (gong up or gong notify); stop that "
                       "one first");
    if (dispatch->now(dispatch->self, &state->now, err) || bus_serve(socket, &state->bus, err))
        return err_of(err);
    *out = TAKE(state);
    return OK;
}

enum err_kind dispatch_run(const struct dispatch *dispatch, struct dispatch_report *report,
                           struct err *err)
{
    AUTO(state_free) struct state *state = NULL;
    *report = (struct dispatch_report){0};
    if (open_state(dispatch, report, &state, err))
        return err_of(err);
    while (!dispatch->stopped()) {
        bool empty = false;
        if (keep_house(state, err) || hand_out_all(state, err))
            return err_of(err);
        if (dispatch->until_empty && state->idle && is_empty(state, &empty, err))
            return err_of(err);
        if (empty)
            break;
        if (listen(state, IDLE_MS, err))
            return err_of(err);
    }
    send_drain(state);
    return OK;
}
