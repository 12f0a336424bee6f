#include "ledger/writer.h"

#include "core/clock.h"
#include "core/mem.h"
#include "ledger/ledger.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { GATHER_NS_MAX = 2000000 }; // waited for more, at most

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
    _Atomic(struct wish *) newest; // a list, newest first; no lock: whoever waits pushes one
    atomic_size_t waiting;
    atomic_bool asleep, closing;
    sem_t wake;
    atomic_int_least64_t entries, commits;
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

// All that waits, oldest first. No more than there are threads.
static struct wish *take(struct writer *writer, size_t *count)
{
    struct wish *wish = atomic_exchange(&writer->newest, NULL), *first = NULL;
    *count = 0;
    for (struct wish *older; wish; wish = older, ++*count) {
        older = wish->next;
        wish->next = first;
        first = wish;
    }
    atomic_fetch_sub(&writer->waiting, *count);
    return first;
}

// Those whom the last commit woke come again in a moment: a commit with all of
// them is worth more than one now.
static void gather(struct writer *writer, size_t expected, int64_t most_ns)
{
    int64_t until_ns = clock_ticks_ns() + (most_ns < GATHER_NS_MAX ? most_ns : GATHER_NS_MAX);
    while (atomic_load(&writer->waiting) < expected && !atomic_load(&writer->closing) &&
           clock_ticks_ns() < until_ns)
        (void)sched_yield();
}

// False when there will be no more.
static bool wait_for_work(struct writer *writer)
{
    while (!atomic_load(&writer->newest)) {
        if (atomic_load(&writer->closing))
            return false;
        atomic_store(&writer->asleep, true);
        if (!atomic_load(&writer->newest) && !atomic_load(&writer->closing))
            (void)sem_wait(&writer->wake);
        atomic_store(&writer->asleep, false);
    }
    return true;
}

static void *run(void *self)
{
    struct writer *writer = self;
    size_t count = 0;
    int64_t took_ns = 0;
    while (wait_for_work(writer)) {
        if (count > 1)
            gather(writer, count, took_ns);
        struct wish *wish = take(writer, &count);
        int64_t start_ns = clock_ticks_ns();
        atomic_fetch_add(&writer->commits, write_all(writer, wish));
        atomic_fetch_add(&writer->entries, (int64_t)count);
        took_ns = clock_ticks_ns() - start_ns;
        for (struct wish *next; wish; wish = next) {
            next = wish->next; // the wish is its owner's again as soon as it is told
            (void)sem_post(&wish->done);
        }
    }
    return NULL;
}

enum err_kind writer_open(const char *folder, struct writer **out, struct err *err)
{
    struct ledger *ledger = NULL;
    if (ledger_open(folder, LEDGER_WRITE, &ledger, err))
        return err_of(err);
    struct writer *writer = mem_new(1, sizeof(*writer));
    writer->ledger = ledger;
    (void)sem_init(&writer->wake, 0, 0);
    int failed = pthread_create(&writer->thread, NULL, run, writer);
    assert(!failed);
    *out = writer;
    return OK;
}

void writer_close(struct writer **writer)
{
    if (!*writer)
        return;
    atomic_store(&(*writer)->closing, true);
    (void)sem_post(&(*writer)->wake);
    (void)pthread_join((*writer)->thread, NULL);
    (void)sem_destroy(&(*writer)->wake);
    ledger_close(&(*writer)->ledger);
    mem_free(writer);
}

enum err_kind writer_append(struct writer *writer, const char *kind, struct utc at,
                            const struct doc *body, int64_t *seq, struct err *err)
{
    struct wish wish = {.kind = kind, .at = at, .body = body};
    (void)sem_init(&wish.done, 0, 0);
    assert(!atomic_load(&writer->closing));
    wish.next = atomic_load(&writer->newest);
    while (!atomic_compare_exchange_weak(&writer->newest, &wish.next, &wish)) {
    }
    atomic_fetch_add(&writer->waiting, 1);
    if (atomic_exchange(&writer->asleep, false))
        (void)sem_post(&writer->wake);
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
    return (struct writer_report){atomic_load(&writer->entries), atomic_load(&writer->commits)};
}
