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
    BATCH_MAX = 256,        // jobs done at once
    CREDIT = 64,            // where neither site nor driver says
    WAITING_MAX = 1024,     // jobs taken in and not begun: no more than the credit
    SPARE_BYTES_MAX = 4096, // larger bodies are not kept for the next job
    POLL_MS = 500,
    READY_EVERY_MS = 1000,
    BEAT_EVERY_MS = 500,
    JOIN_MS = 20,
    TOLD_MS = 1,     // what waits longer is polled by its carrier meanwhile, which costs more
    NOTED_MS = 5000, // evidence that nobody confirms in this time is not recorded
};

char *worker_socket(const struct site *site)
{
    return site_path(site, "run/notify.sock");
}

int64_t worker_credit(const struct site *site, const struct channel *channel)
{
    int64_t said = site_whole(site, "credit");
    if (strcmp(channel->name, "pay") == 0)
        return 1;
    if (said > 0)
        return said;
    return channel->credit > 0 ? channel->credit : CREDIT;
}

// A job that was taken in: its note, and the body with it on the heap. One that is done with serves
// again.
struct waiting {
    struct job job; // of one that was handed out beside a batch; the first member
    struct note note;
    struct buf body;
};

struct worker {
    const struct channel *channel;
    struct host host;
    bool (*stopped)(void);
    void *driver;
    struct bus *bus;
    char name[48]; // the channel and a random word: never used twice
    int64_t credit, ready_at_ms, beat_at_ms, number;
    bool is_drill, is_heard, drained, noted;
    int64_t awaited; // number of the evidence that host_evidence waits for
    enum noted answer;
    struct buf told; // evidence that goes out together, and since when it waits
    int64_t told_ms;
    struct waiting *waiting[WAITING_MAX]; // [(first + i) % WAITING_MAX], those that were not begun
    size_t first, count;
    struct waiting *spare[WAITING_MAX];
    size_t spares;
    struct recall *recall;
    struct waiting *batch[BATCH_MAX]; // those in hand, and the same for the driver; an answered one
    struct job job[BATCH_MAX];        // has no note any more
    struct buf ack, nak;              // answers that go out with the next message
    int64_t answered_ms;              // since when the first of them waits
    struct note said;                 // the answer that is being added; none is cleared for each
};

static void waiting_free(struct waiting **waiting)
{
    if (*waiting)
        buf_free(&(*waiting)->body);
    mem_free(waiting);
}

static struct waiting *waiting_new(struct worker *worker)
{
    if (worker->spares > 0) {
        worker->spares--;
        return TAKE(worker->spare[worker->spares]);
    }
    struct waiting *waiting = mem_new(1, sizeof(*waiting));
    waiting->body = buf_new(BUS_BYTES_MAX);
    return waiting;
}

static void waiting_done(struct worker *worker, struct waiting **waiting)
{
    if (!*waiting || worker->spares == WAITING_MAX || (*waiting)->body.room > SPARE_BYTES_MAX) {
        waiting_free(waiting);
        return;
    }
    worker->spare[worker->spares++] = TAKE(*waiting);
}

static void worker_free(struct worker **worker)
{
    if (!*worker)
        return;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        waiting_free(&(*worker)->waiting[i]);
        waiting_free(&(*worker)->spare[i]);
    }
    for (size_t i = 0; i < BATCH_MAX; i++)
        waiting_free(&(*worker)->batch[i]);
    if ((*worker)->driver)
        (*worker)->channel->close(&(*worker)->driver);
    bus_close(&(*worker)->bus);
    recall_free(&(*worker)->recall);
    buf_free(&(*worker)->told);
    buf_free(&(*worker)->ack);
    buf_free(&(*worker)->nak);
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
static void take_job(struct worker *worker, const struct note *note, int64_t now_ms)
{
    if (now_ms >= note->deadline_ms || worker->count == WAITING_MAX)
        return;
    struct waiting *waiting = waiting_new(worker);
    worker->waiting[(worker->first + worker->count++) % WAITING_MAX] = waiting;
    memcpy(&waiting->note, note, offsetof(struct note, ref)); // a job has neither ref nor why
    buf_clear(&waiting->body);
    buf_str(&waiting->body, note->body);
    waiting->note.body = buf_slice(&waiting->body);
}

static void take_noted(struct worker *worker, const struct note *note)
{
    static const enum err_kind kinds[] = {
        [NOTED_RECORDED] = OK, [NOTED_NOT_FOUND] = ERR_MISSING, [NOTED_NOT_NOW] = ERR_LATER};
    if (note->number == worker->awaited) {
        worker->noted = true;
        worker->answer = note->noted;
    } else if (worker->channel->noted) {
        worker->channel->noted(worker->driver, note->number, kinds[note->noted]);
    }
}

static void take_note(struct worker *worker, const struct note *note, int64_t now_ms)
{
    switch (note->type) {
    case NOTE_JOB:
        take_job(worker, note, now_ms);
        return;
    case NOTE_DRAIN:
        worker->drained = true;
        return;
    case NOTE_NOTED:
        take_noted(worker, note);
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
    int64_t now_ms = clock_wall_ms();
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
            take_note(worker, &note, now_ms);
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
    int64_t wait_ms = worker->count      ? 0
                      : worker->told.len ? TOLD_MS
                      : worker->is_heard ? POLL_MS
                                         : JOIN_MS;
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

static void send_all_answers(struct worker *worker)
{
    send_answers(worker, NOTE_ACK, &worker->ack);
    send_answers(worker, NOTE_NAK, &worker->nak);
}

static void answer_job(struct worker *worker, const struct job *job)
{
    struct note *note = &worker->said;
    note->type = is_ack(job->outcome) ? NOTE_ACK : NOTE_NAK;
    note->id = job->note->id;
    note->attempt = job->note->attempt;
    note->outcome = job->outcome;
    note->after_ms = job->after_ms;
    struct buf *batch = note->type == NOTE_ACK ? &worker->ack : &worker->nak;
    text_copy(note->ref, sizeof(note->ref), job->ref);
    text_copy(note->why, sizeof(note->why), job->why);
    if (worker->ack.len == 0 && worker->nak.len == 0)
        worker->answered_ms = clock_ticks_ms();
    if (!note_add(batch, note)) {
        send_answers(worker, note->type, batch);
        bool fits = note_add(batch, note);
        assert(fits);
        (void)fits;
    }
}

static void begin_job(struct job *job, const struct note *note)
{
    job->note = note;
    job->outcome = OUTCOME_UNKNOWN;
    job->after_ms = 0;
    job->ref[0] = job->why[0] = '\0';
}

static void settle_job(struct worker *worker, const struct job *job)
{
    recall_keep(worker->recall, job);
    answer_job(worker, job);
}

// Whether a message is of a drill and this worker's site is live, or the reverse: a dispatcher
// elsewhere may be of another mode. Bodies are canonical JSON, in whose texts these marks are
// escaped.
static bool is_of_other_mode(const struct worker *worker, const struct note *note)
{
    struct str mark = str_of(worker->is_drill ? "\"drill\":false" : "\"drill\":true");
    return memmem(note->body.at, note->body.len, mark.at, mark.len) != NULL;
}

// Whether a job needs no driver, and is answered: what was done and comes again, because its answer
// was lost, what is not for this site, and what waited here (for its turn, or while this process
// stood still) until its time was over.
static bool is_answered(struct worker *worker, struct job *job, int64_t now_ms)
{
    if (is_of_other_mode(worker, job->note)) {
        job->outcome = OUTCOME_DOWN;
        text_copy(job->why, sizeof(job->why),
                  worker->is_drill ? "it is in earnest, and this worker's site is a drill"
                                   : "it is of a drill, and this worker's site is live");
        answer_job(worker, job);
        return true;
    }
    if (job->note->attempt > 1 && recall_find(worker->recall, job)) {
        answer_job(worker, job);
        return true;
    }
    if (job->note->ask || now_ms < job->note->deadline_ms)
        return false;
    job->outcome = OUTCOME_BUSY;
    text_copy(job->why, sizeof(job->why), "its time was over before it was begun");
    answer_job(worker, job);
    return true;
}

// The first that waits and is to be done, which is then the caller's; NULL when there is none.
static struct waiting *next_waiting(struct worker *worker, int64_t now_ms)
{
    while (worker->count > 0) {
        struct waiting *first = TAKE(worker->waiting[worker->first]);
        worker->first = (worker->first + 1) % WAITING_MAX;
        worker->count--;
        begin_job(&first->job, &first->note);
        if (!is_answered(worker, &first->job, now_ms))
            return first;
        waiting_done(worker, &first);
    }
    return NULL;
}

static enum err_kind work_batch(struct worker *worker, struct err *err)
{
    size_t count = 0;
    int64_t now_ms = worker->count ? clock_wall_ms() : 0;
    while (count < BATCH_MAX && (worker->batch[count] = next_waiting(worker, now_ms))) {
        begin_job(&worker->job[count], &worker->batch[count]->note);
        count++;
    }
    if (count > 0 && worker->channel->deliver(worker->driver, worker->job, count, err)) {
        send_all_answers(worker); // of those that were settled before: they were sent
        return err_add(err, "delivering %zu messages", count);
    }
    for (size_t i = 0; i < count; i++) {
        if (worker->job[i].note)
            settle_job(worker, &worker->job[i]);
        waiting_done(worker, &worker->batch[i]);
    }
    send_all_answers(worker);
    return OK;
}

// --- what the driver is offered
// ----------------------------------------------------------------------

// What was told goes out; lost words are said again by who told them.
static void send_told(struct worker *worker)
{
    struct err err = {0};
    if (worker->told.len &&
        notes_send(worker->bus, NULL, NOTE_EVIDENCE, buf_slice(&worker->told), &err))
        log_err("evidence was not taken", &err);
    buf_clear(&worker->told);
}

// Some milliseconds after the first of it, so that many words share one commit.
static void send_told_due(struct worker *worker)
{
    if (worker->told.len && clock_ticks_ms() - worker->told_ms >= TOLD_MS)
        send_told(worker);
}

// Takes in what has come, without waiting. Answers too wait for one another, and share a message
// and a commit.
static void pump(struct worker *worker)
{
    bool got = true;
    if (clock_ticks_ms() - worker->answered_ms >= TOLD_MS)
        send_all_answers(worker);
    send_told_due(worker);
    while (got) {
        struct err err = {0};
        if (receive(worker, 0, &got, &err))
            return; // it will be met again where it can be told
    }
}

static bool host_beat(void *self)
{
    struct worker *worker = self;
    if (clock_ticks_ms() - worker->beat_at_ms >= BEAT_EVERY_MS) {
        worker->beat_at_ms = clock_ticks_ms();
        (void)say(worker, &(struct note){.type = NOTE_HB});
    }
    if (worker->channel->noted)
        pump(worker);
    return !worker->stopped();
}

static struct note note_of(struct worker *worker, const struct evidence *evidence)
{
    struct note note = {
        .type = NOTE_EVIDENCE, .number = ++worker->number, .evidence = evidence->kind};
    assert(*evidence->ref || *evidence->key);
    (void)snprintf(note.ref, sizeof(note.ref), "%s", evidence->ref);
    memcpy(note.key, evidence->key, sizeof(note.key));
    memcpy(note.why, evidence->why, sizeof(note.why));
    return note;
}

static struct job *host_more(void *self)
{
    struct worker *worker = self;
    if (worker->stopped() || worker->drained)
        return NULL;
    struct waiting *next = next_waiting(worker, clock_wall_ms());
    return next ? &next->job : NULL;
}

static void host_settled(void *self, struct job *job)
{
    struct worker *worker = self;
    bool is_of_batch = job >= worker->job && job < worker->job + BATCH_MAX;
    settle_job(worker, job);
    if (is_of_batch) {
        job->note = NULL;
        return;
    }
    struct waiting *done = (struct waiting *)job;
    waiting_done(worker, &done);
}

static int64_t host_tell(void *self, const struct evidence *evidence)
{
    struct worker *worker = self;
    struct note note = note_of(worker, evidence);
    if (worker->told.len == 0)
        worker->told_ms = clock_ticks_ms();
    if (!note_add(&worker->told, &note)) {
        send_told(worker);
        bool fits = note_add(&worker->told, &note);
        assert(fits);
        (void)fits;
    }
    return note.number;
}

static enum err_kind host_evidence(void *self, const struct evidence *evidence, struct err *err)
{
    struct worker *worker = self;
    int64_t until_ms = clock_ticks_ms() + NOTED_MS;
    struct note note = note_of(worker, evidence);
    worker->noted = false;
    worker->awaited = note.number;
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
    send_told_due(worker);
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
        return bus_join(socket, &worker->bus, err);
    if (bus_key_load(work->key_path, false, &key, err))
        return err_of(err);
    return bus_join_tcp(work->address, &key, &worker->bus, err);
}

enum err_kind worker_run(const struct work *work, struct err *err)
{
    AUTO(worker_free) struct worker *worker = mem_new(1, sizeof(*worker));
    uint64_t word;
    random_bytes(&word, sizeof(word));
    (void)snprintf(worker->name, sizeof(worker->name), "%.8s-%016" PRIx64, work->channel, word);
    worker->recall = recall_new();
    worker->stopped = work->stopped;
    worker->told = buf_new(NOTES_BYTES_MAX);
    worker->ack = buf_new(NOTES_BYTES_MAX);
    worker->nak = buf_new(NOTES_BYTES_MAX);
    worker->host =
        (struct host){worker, host_beat, host_evidence, host_tell, host_more, host_settled};
    worker->channel = work->with;
    if ((!work->with && channel_find(work->site, work->channel, &worker->channel, err)) ||
        worker->channel->open(work->site, &worker->host, &worker->driver, err) ||
        join(work, worker, err))
        return err_of(err);
    worker->credit = worker_credit(work->site, worker->channel);
    worker->is_drill = site_is_drill(work->site);
    return serve(worker, err);
}
