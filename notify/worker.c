#include "notify/worker.h"

#include "core/clock.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "notify/channel.h"
#include "notify/protocol.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BATCH_MAX = 256, POLL_MS = 500, READY_EVERY_MS = 1000, JOIN_MS = 20 };

char *worker_socket(const struct site *site)
{
    return site_path(site, "run/notify.sock");
}

int64_t worker_credit(const struct site *site, const char *channel)
{
    return strcmp(channel, "pay") == 0 ? 1 : site_whole(site, "credit");
}

struct worker {
    const struct channel *channel;
    void *driver;
    struct bus *bus;
    char name[48]; // the channel and a random word: never used twice
    int64_t credit, ready_at_ms;
    bool is_heard, drained;
    struct bus_message message[BATCH_MAX];
    struct note note[BATCH_MAX];
    struct job job[BATCH_MAX];
    size_t count;
};

static void worker_free(struct worker **worker)
{
    if (!*worker)
        return;
    for (size_t i = 0; i < (*worker)->count; i++)
        bus_message_free(&(*worker)->message[i]);
    if ((*worker)->driver)
        (*worker)->channel->close(&(*worker)->driver);
    bus_close(&(*worker)->bus);
    mem_free(worker);
}

// Says who we are, now and then: a dispatcher that was started anew does not know us.
static void say_ready(struct worker *worker)
{
    struct err err = {0};
    struct note note = {.type = NOTE_READY, .credit = worker->credit};
    (void)snprintf(note.worker, sizeof(note.worker), "%s", worker->name);
    (void)snprintf(note.channel, sizeof(note.channel), "%s", worker->channel->name);
    // No dispatcher there: said again soon.
    worker->is_heard = note_send(worker->bus, NULL, &note, &err) == OK;
    worker->ready_at_ms = clock_ticks_ms();
}

// Takes one message in; a job that is past its deadline is left alone, because somebody else may
// have it by now.
static void take_message(struct worker *worker, struct bus_message *message)
{
    struct err err = {0};
    struct note *note = &worker->note[worker->count];
    if (note_read(message, note, &err)) {
        log_err("a message was dropped", &err);
    } else if (note->type == NOTE_DRAIN) {
        worker->drained = true;
    } else if (note->type == NOTE_JOB && clock_wall_ms() < note->deadline_ms) {
        worker->job[worker->count] = (struct job){.note = note};
        worker->message[worker->count++] = MOVE(*message);
        return;
    }
    bus_message_free(message);
}

// Gathers the jobs that are there: they share one fsync.
static enum err_kind gather(struct worker *worker, struct err *err)
{
    int64_t first_ms = worker->is_heard ? POLL_MS : JOIN_MS;
    for (int64_t wait_ms = first_ms; worker->count < BATCH_MAX; wait_ms = 0) {
        struct bus_message message = {0};
        bool got = false;
        if (bus_receive(worker->bus, wait_ms, &message, &got, err))
            return err_of(err);
        if (!got)
            break;
        take_message(worker, &message);
    }
    return OK;
}

static void answer(struct worker *worker, const struct job *job)
{
    struct err err = {0};
    bool good = job->outcome == OUTCOME_DONE || job->outcome == OUTCOME_ABSENT;
    struct note note = {.type = good ? NOTE_ACK : NOTE_NAK,
                        .id = job->note->id,
                        .attempt = job->note->attempt,
                        .absent = job->outcome == OUTCOME_ABSENT,
                        .retry = job->outcome == OUTCOME_RETRY};
    (void)snprintf(note.why, sizeof(note.why), "%s", job->why);
    // Lost answers are well: the lease runs out, the key is found, the answer is given again.
    if (note_send(worker->bus, NULL, &note, &err))
        log_err("an answer was not taken", &err);
}

static enum err_kind work_batch(struct worker *worker, struct err *err)
{
    if (worker->count == 0)
        return OK;
    if (worker->channel->deliver(worker->driver, worker->job, worker->count, err))
        return err_add(err, "delivering %zu messages", worker->count);
    for (size_t i = 0; i < worker->count; i++) {
        answer(worker, &worker->job[i]);
        bus_message_free(&worker->message[i]);
    }
    worker->count = 0;
    return OK;
}

enum err_kind worker_run(const struct site *site, const char *channel, bool (*stopped)(void),
                         struct err *err)
{
    AUTO(worker_free) struct worker *worker = mem_new(1, sizeof(*worker));
    AUTO(mem_drop) char *socket = worker_socket(site);
    uint64_t word;
    random_bytes(&word, sizeof(word));
    (void)snprintf(worker->name, sizeof(worker->name), "%.8s-%016" PRIx64, channel, word);
    worker->credit = worker_credit(site, channel);
    if (channel_find(site, channel, &worker->channel, err) ||
        worker->channel->open(site, &worker->driver, err) ||
        bus_join(socket, worker->name, &worker->bus, err))
        return err_of(err);
    while (!stopped() && !worker->drained) {
        if (!worker->is_heard || clock_ticks_ms() - worker->ready_at_ms >= READY_EVERY_MS)
            say_ready(worker);
        if (gather(worker, err) || work_batch(worker, err))
            return err_of(err);
    }
    struct note bye = {.type = NOTE_BYE};
    struct err ignored = {0};
    if (note_send(worker->bus, NULL, &bye, &ignored))
        log_info("the dispatcher was gone first");
    return OK;
}
