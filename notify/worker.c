#include "notify/worker.h"

#include "core/bus_key.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "notify/channel.h"
#include "notify/protocol.h"
#include "notify/recall.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    BATCH_MAX = 256,    // jobs done at once
    WAITING_MAX = 1024, // jobs taken in and not begun: no more than the credit
    POLL_MS = 500,
    READY_EVERY_MS = 1000,
    BEAT_EVERY_MS = 500,
    JOIN_MS = 20,
    NOTED_MS = 5000, // evidence that nobody confirms in this time is not recorded
};

char *worker_socket(const struct site *site)
{
    return site_path(site, "run/notify.sock");
}

int64_t worker_credit(const struct site *site, const char *channel)
{
    return strcmp(channel, "pay") == 0 ? 1 : site_whole(site, "credit");
}

// A job that was taken in: its note, and the body with it on the heap.
struct waiting {
    struct note note;
    char *body;
};

struct worker {
    const struct channel *channel;
    struct host host;
    bool (*stopped)(void);
    void *driver;
    struct bus *bus;
    char name[48]; // the channel and a random word: never used twice
    int64_t credit, ready_at_ms, beat_at_ms, number;
    bool is_heard, drained, noted;
    enum noted answer;
    struct waiting *waiting; // [WAITING_MAX]
    size_t count;
    struct recall *recall;
    struct job job[BATCH_MAX];
};

static void drop_first(struct worker *worker, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(&worker->waiting[i].body);
    worker->count -= count;
    memmove(worker->waiting, worker->waiting + count, worker->count * sizeof(*worker->waiting));
}

static void worker_free(struct worker **worker)
{
    if (!*worker)
        return;
    drop_first(*worker, (*worker)->count);
    if ((*worker)->driver)
        (*worker)->channel->close(&(*worker)->driver);
    bus_close(&(*worker)->bus);
    mem_free(&(*worker)->waiting);
    recall_free(&(*worker)->recall);
    mem_free(worker);
}

static bool say(struct worker *worker, const struct note *note)
{
    struct err err = {0};
    return note_send(worker->bus, NULL, note, &err) == OK; // lost words are said again
}

// Says who we are, now and then: a dispatcher that was started anew does not know us.
static void say_ready(struct worker *worker)
{
    struct note note = {.type = NOTE_READY, .credit = worker->credit};
    (void)snprintf(note.worker, sizeof(note.worker), "%s", worker->name);
    (void)snprintf(note.channel, sizeof(note.channel), "%s", worker->channel->name);
    worker->is_heard = say(worker, &note);
    worker->ready_at_ms = worker->beat_at_ms = clock_ticks_ms();
}

// --- what comes in
// -----------------------------------------------------------------------------------

// A job that is past its deadline is left alone: somebody else may have it by now.
static void take_job(struct worker *worker, const struct note *note)
{
    if (clock_wall_ms() >= note->deadline_ms || worker->count == WAITING_MAX)
        return;
    struct waiting *waiting = &worker->waiting[worker->count++];
    memcpy(&waiting->note, note, offsetof(struct note, ref)); // a job has neither ref nor why
    waiting->note.ref[0] = waiting->note.why[0] = '\0';
    waiting->body = str_copy(note->body);
    waiting->note.body.at = waiting->body;
}

static void take_note(struct worker *worker, const struct note *note)
{
    switch (note->type) {
    case NOTE_JOB:
        take_job(worker, note);
        return;
    case NOTE_DRAIN:
        worker->drained = true;
        return;
    case NOTE_NOTED:
        if (note->number == worker->number) {
            worker->noted = true;
            worker->answer = note->noted;
        }
        return;
    case NOTE_ERR:
        log_error("the dispatcher does not serve us: %s", note->why);
        return;
    case NOTE_HB:
        return;
    case NOTE_READY:
    case NOTE_ACK:
    case NOTE_NAK:
    case NOTE_EVIDENCE:
    case NOTE_BYE:
        break;
    }
    log_warn("a message was dropped: only workers send it");
}

static void take_message(struct worker *worker, const struct bus_message *message)
{
    struct err err = {0};
    struct notes notes;
    bool got = true;
    if (notes_open(message, &notes, &err)) {
        log_err("a message was dropped", &err);
        return;
    }
    while (got) {
        struct note note;
        if (notes_take(&notes, &note, &got, &err)) {
            log_err("the rest of a message was dropped", &err);
            return;
        }
        if (got)
            take_note(worker, &note);
    }
}

// Takes in one message; false when none came in time.
static enum err_kind receive(struct worker *worker, int64_t wait_ms, bool *got, struct err *err)
{
    AUTO(bus_message_free) struct bus_message message = {0};
    if (bus_receive(worker->bus, wait_ms, &message, got, err))
        return err_of(err);
    if (*got)
        take_message(worker, &message);
    return OK;
}

// Gathers the jobs that are there: they share one fsync.
static enum err_kind gather(struct worker *worker, struct err *err)
{
    int64_t wait_ms = worker->count ? 0 : worker->is_heard ? POLL_MS : JOIN_MS;
    bool got = true;
    for (; got && worker->count < BATCH_MAX; wait_ms = 0) {
        if (receive(worker, wait_ms, &got, err))
            return err_of(err);
    }
    return OK;
}

// --- what goes out
// -----------------------------------------------------------------------------------

static bool is_ack(enum outcome outcome)
{
    return outcome == OUTCOME_DONE || outcome == OUTCOME_PENDING || outcome == OUTCOME_ABSENT;
}

static void send_answers(struct worker *worker, enum note_type type, struct buf *batch)
{
    struct err err = {0};
    // Lost answers are well: the lease runs out, the key is found, the answer is given again.
    if (batch->len && notes_send(worker->bus, NULL, type, buf_slice(batch), &err))
        log_err("answers were not taken", &err);
    buf_clear(batch);
}

// As far as it goes: snprintf takes longer than all the rest of an answer.
static void copy_text(char *to, const char *from, size_t size)
{
    size_t len = strnlen(from, size - 1);
    memcpy(to, from, len);
    to[len] = '\0';
}

static void answer_jobs(struct worker *worker, size_t count)
{
    AUTO(buf_free) struct buf ack = buf_new(NOTES_BYTES_MAX);
    AUTO(buf_free) struct buf nak = buf_new(NOTES_BYTES_MAX);
    struct note note = {.type = NOTE_ACK};
    for (size_t i = 0; i < count; i++) {
        const struct job *job = &worker->job[i];
        note.type = is_ack(job->outcome) ? NOTE_ACK : NOTE_NAK;
        note.id = job->note->id;
        note.attempt = job->note->attempt;
        note.outcome = job->outcome;
        note.after_ms = job->after_ms;
        copy_text(note.ref, job->ref, sizeof(note.ref));
        copy_text(note.why, job->why, sizeof(note.why));
        struct buf *batch = note.type == NOTE_ACK ? &ack : &nak;
        if (!note_add(batch, &note)) {
            send_answers(worker, note.type, batch);
            bool fits = note_add(batch, &note);
            assert(fits);
            (void)fits;
        }
    }
    send_answers(worker, NOTE_ACK, &ack);
    send_answers(worker, NOTE_NAK, &nak);
}

static void begin_job(struct job *job, const struct note *note)
{
    job->note = note;
    job->outcome = OUTCOME_UNKNOWN;
    job->after_ms = 0;
    job->ref[0] = job->why[0] = '\0';
}

// What was done and comes again, because its answer was lost, is answered and not done again.
static void answer_recalled(struct worker *worker)
{
    size_t kept = 0;
    for (size_t i = 0; i < worker->count; i++) {
        struct waiting *waiting = &worker->waiting[i];
        begin_job(&worker->job[0], &waiting->note);
        if (waiting->note.attempt > 1 && recall_find(worker->recall, &worker->job[0])) {
            answer_jobs(worker, 1);
            mem_free(&waiting->body);
        } else if (kept++ != i) {
            worker->waiting[kept - 1] = *waiting;
        }
    }
    worker->count = kept;
}

static enum err_kind work_batch(struct worker *worker, struct err *err)
{
    size_t count = 0;
    answer_recalled(worker);
    for (; count < worker->count && count < BATCH_MAX; count++)
        begin_job(&worker->job[count], &worker->waiting[count].note);
    if (count == 0)
        return OK;
    if (worker->channel->deliver(worker->driver, worker->job, count, err))
        return err_add(err, "delivering %zu messages", count);
    for (size_t i = 0; i < count; i++)
        recall_keep(worker->recall, &worker->job[i]);
    answer_jobs(worker, count);
    drop_first(worker, count);
    return OK;
}

// --- what the driver is offered
// ----------------------------------------------------------------------

static bool host_beat(void *self)
{
    struct worker *worker = self;
    if (clock_ticks_ms() - worker->beat_at_ms >= BEAT_EVERY_MS) {
        worker->beat_at_ms = clock_ticks_ms();
        (void)say(worker, &(struct note){.type = NOTE_HB});
    }
    return !worker->stopped();
}

static enum err_kind host_evidence(void *self, const struct evidence *evidence, struct err *err)
{
    struct worker *worker = self;
    int64_t until_ms = clock_ticks_ms() + NOTED_MS;
    struct note note = {
        .type = NOTE_EVIDENCE, .number = ++worker->number, .evidence = evidence->kind};
    assert(*evidence->ref || *evidence->key);
    (void)snprintf(note.ref, sizeof(note.ref), "%s", evidence->ref);
    memcpy(note.key, evidence->key, sizeof(note.key));
    memcpy(note.why, evidence->why, sizeof(note.why));
    worker->noted = false;
    if (note_send(worker->bus, NULL, &note, err))
        return err_set(err, ERR_LATER, "no dispatcher takes evidence now");
    while (!worker->noted && clock_ticks_ms() < until_ms) {
        bool got = false;
        if (receive(worker, JOIN_MS, &got, err))
            return err_of(err);
        (void)host_beat(worker);
    }
    if (!worker->noted || worker->answer == NOTED_NOT_NOW)
        return err_set(err, ERR_LATER, "the evidence was not recorded now");
    return worker->answer == NOTED_RECORDED
               ? OK
               : err_set(err, ERR_MISSING, "no message is known by that name");
}

static enum err_kind step(struct worker *worker, struct err *err)
{
    int fd[BUS_WATCHED_MAX];
    if (worker->channel->step && worker->channel->step(worker->driver, err))
        return err_add(err, "listening to the carrier");
    if (worker->channel->fds)
        bus_watch(worker->bus, fd, worker->channel->fds(worker->driver, fd, BUS_WATCHED_MAX));
    return OK;
}

static enum err_kind serve(struct worker *worker, struct err *err)
{
    while (!worker->stopped() && !worker->drained) {
        if (!worker->is_heard || clock_ticks_ms() - worker->ready_at_ms >= READY_EVERY_MS)
            say_ready(worker);
        if (step(worker, err) || gather(worker, err) || work_batch(worker, err))
            return err_of(err);
    }
    if (!say(worker, &(struct note){.type = NOTE_BYE}))
        log_info("the dispatcher was gone first");
    return OK;
}

static enum err_kind join(const struct work *work, struct worker *worker, struct err *err)
{
    AUTO(mem_drop) char *socket = worker_socket(work->site);
    struct bus_key key;
    if (!work->address)
        return bus_join(socket, worker->name, &worker->bus, err);
    if (bus_key_load(work->key_path, false, &key, err))
        return err_of(err);
    return bus_join_tcp(work->address, worker->name, &key, &worker->bus, err);
}

enum err_kind worker_run(const struct work *work, struct err *err)
{
    AUTO(worker_free) struct worker *worker = mem_new(1, sizeof(*worker));
    uint64_t word;
    random_bytes(&word, sizeof(word));
    (void)snprintf(worker->name, sizeof(worker->name), "%.8s-%016" PRIx64, work->channel, word);
    worker->credit = worker_credit(work->site, work->channel);
    worker->waiting = mem_new(WAITING_MAX, sizeof(*worker->waiting));
    worker->recall = recall_new();
    worker->stopped = work->stopped;
    worker->host = (struct host){worker, host_beat, host_evidence};
    worker->channel = work->with;
    if ((!work->with && channel_find(work->site, work->channel, &worker->channel, err)) ||
        worker->channel->open(work->site, &worker->host, &worker->driver, err) ||
        join(work, worker, err))
        return err_of(err);
    return serve(worker, err);
}
