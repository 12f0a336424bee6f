#include "ledger/writer.h"

#include "core/clock.h"
#include "core/mem.h"
#include "ledger/ledger.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>

enum {
    BATCH_MAX = 1000,        // entries in a commit
    GATHER_NS_MAX = 2000000, // waited for more, at most
};

// One entry that somebody waits for; on that thread's stack.
struct wish {
    struct wish *next;
    const char *kind;
    struct utc at;
    const struct doc *body;
    int64_t seq;
    enum err_kind result;
    struct err err;
    sem_t done;
};

struct writer {
    struct ledger *ledger;
    pthread_t thread;
    pthread_mutex_t lock; // of what follows
    pthread_cond_t work;
    struct wish *first, **last;
    size_t waiting;
    bool closing;
    struct writer_report report;
};

static enum err_kind append_one(struct txn *txn, struct wish *wish, struct err *err)
{
    return ledger_append(txn, wish->kind, wish->at, wish->body, &wish->seq, NULL, err);
}

// All or none.
static enum err_kind commit(struct writer *writer, struct wish *first, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(writer->ledger, &txn, err))
        return err_of(err);
    for (struct wish *wish = first; wish; wish = wish->next) {
        if (append_one(txn, wish, err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}

// When they fail together, each by itself, so that the good ones stand.
static int64_t write_all(struct writer *writer, struct wish *first)
{
    struct err err = {0};
    if (commit(writer, first, &err) == OK) {
        for (struct wish *wish = first; wish; wish = wish->next)
            wish->result = OK;
        return 1;
    }
    int64_t commits = 0;
    for (struct wish *wish = first, *next; wish; wish = next, commits++) {
        next = wish->next;
        wish->next = NULL;
        wish->result = commit(writer, wish, &wish->err);
        wish->next = next;
    }
    return commits;
}

// Takes up to BATCH_MAX of what waits; the lock is held.
static struct wish *take(struct writer *writer, size_t *count)
{
    struct wish *first = writer->first, **end = &writer->first;
    for (*count = 0; *end && *count < BATCH_MAX; ++*count)
        end = &(*end)->next;
    writer->first = *end;
    *end = NULL;
    if (!writer->first)
        writer->last = &writer->first;
    writer->waiting -= *count;
    return first;
}

// Those whom the last commit woke come again in a moment: a commit with all of them is worth more
// than one now.
static void gather(struct writer *writer, size_t expected, int64_t most_ns)
{
    int64_t until_ns = clock_ticks_ns() + (most_ns < GATHER_NS_MAX ? most_ns : GATHER_NS_MAX);
    while (writer->waiting < expected && !writer->closing && clock_ticks_ns() < until_ns) {
        (void)pthread_mutex_unlock(&writer->lock);
        (void)sched_yield();
        (void)pthread_mutex_lock(&writer->lock);
    }
}

static void *run(void *self)
{
    struct writer *writer = self;
    size_t count = 0;
    int64_t took_ns = 0;
    (void)pthread_mutex_lock(&writer->lock);
    for (;;) {
        while (!writer->first && !writer->closing)
            (void)pthread_cond_wait(&writer->work, &writer->lock);
        if (!writer->first)
            break;
        if (count > 1)
            gather(writer, count, took_ns);
        struct wish *wish = take(writer, &count);
        (void)pthread_mutex_unlock(&writer->lock);
        int64_t start_ns = clock_ticks_ns();
        int64_t commits = write_all(writer, wish);
        took_ns = clock_ticks_ns() - start_ns;
        for (struct wish *next; wish; wish = next) {
            next = wish->next; // the wish is its owner's again as soon as it is told
            (void)sem_post(&wish->done);
        }
        (void)pthread_mutex_lock(&writer->lock);
        writer->report.commits += commits;
        writer->report.entries += (int64_t)count;
    }
    (void)pthread_mutex_unlock(&writer->lock);
    return NULL;
}

enum err_kind writer_open(const char *folder, struct writer **out, struct err *err)
{
    struct ledger *ledger = NULL;
    if (ledger_open(folder, LEDGER_WRITE, &ledger, err))
        return err_of(err);
    struct writer *writer = mem_new(1, sizeof(*writer));
    writer->ledger = ledger;
    writer->last = &writer->first;
    (void)pthread_mutex_init(&writer->lock, NULL);
    (void)pthread_cond_init(&writer->work, NULL);
    int failed = pthread_create(&writer->thread, NULL, run, writer);
    assert(!failed);
    *out = writer;
    return OK;
}

void writer_close(struct writer **writer)
{
    if (!*writer)
        return;
    (void)pthread_mutex_lock(&(*writer)->lock);
    (*writer)->closing = true;
    (void)pthread_cond_signal(&(*writer)->work);
    (void)pthread_mutex_unlock(&(*writer)->lock);
    (void)pthread_join((*writer)->thread, NULL);
    (void)pthread_mutex_destroy(&(*writer)->lock);
    (void)pthread_cond_destroy(&(*writer)->work);
    ledger_close(&(*writer)->ledger);
    mem_free(writer);
}

enum err_kind writer_append(struct writer *writer, const char *kind, struct utc at,
                            const struct doc *body, int64_t *seq, struct err *err)
{
    struct wish wish = {.kind = kind, .at = at, .body = body};
    (void)sem_init(&wish.done, 0, 0);
    (void)pthread_mutex_lock(&writer->lock);
    assert(!writer->closing);
    *writer->last = &wish;
    writer->last = &wish.next;
    bool was_idle = writer->waiting++ == 0;
    (void)pthread_mutex_unlock(&writer->lock);
    if (was_idle)
        (void)pthread_cond_signal(&writer->work);
    while (sem_wait(&wish.done) != 0) { // a signal
    }
    (void)sem_destroy(&wish.done);
    if (wish.result) {
        *err = wish.err;
        return err_of(err);
    }
    *seq = wish.seq;
    return OK;
}

struct writer_report writer_report(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    struct writer_report report = writer->report;
    (void)pthread_mutex_unlock(&writer->lock);
    return report;
}
