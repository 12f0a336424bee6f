#include "ledger/writer.h"

#include "core/clock.h"
#include "core/mem.h"
#include "ledger/ledger.h"
#include "ledger/seat.h"

#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    GATHER_NS_MAX = 2000000, // waited for more, at most
    CLOSING = INT_MAX / 2,   // added to those who wait: more than there will ever be
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
    atomic_bool done;
};

struct writer {
    struct ledger *ledger;
    pthread_t thread;
    _Atomic(struct wish *) newest; // a list, newest first; no lock: whoever waits pushes one
    // How many are in the list. It may be taken before it is counted: then this is below 0 for a
    // moment. The writer sleeps on it until it is `wanted`; who makes it so wakes the writer.
    atomic_int waiting, wanted;
    atomic_int commits_seen; // those who wait sleep on it: one call of the system wakes them all
    atomic_int_least64_t entries, commits;
    pthread_mutex_t seating; // for the next two
    bool seated;
    int seat; // the writer's processor, when somebody stays with it; below 0: any
};

// Sleeps while `*word` is `seen`, at most `most_ns` (below 0: no limit); may wake for nothing.
static void sleep_on(atomic_int *word, int seen, int64_t most_ns)
{
    enum { NS = 1000000000 };
    struct timespec most = {most_ns / NS, most_ns % NS};
    (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, most_ns < 0 ? NULL : &most, NULL, 0);
}

static void wake(atomic_int *word, int sleepers)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, sleepers, NULL, NULL, 0);
}

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
static struct wish *take(struct writer *writer, int *count)
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

// Sleeps until `wanted` wait, or the writer closes, at most `most_ns` (below 0: no limit).
static void wait_for(struct writer *writer, int wanted, int64_t most_ns)
{
    int64_t until_ns = clock_ticks_ns() + most_ns;
    atomic_store(&writer->wanted, wanted);
    for (int waiting; (waiting = atomic_load(&writer->waiting)) < wanted;) {
        int64_t left_ns = until_ns - clock_ticks_ns();
        if (most_ns >= 0 && left_ns <= 0)
            break;
        sleep_on(&writer->waiting, waiting, most_ns < 0 ? most_ns : left_ns);
    }
    atomic_store(&writer->wanted, 0);
}

// A wish is its owner's again as soon as it is told.
static void tell(struct writer *writer, struct wish *wish)
{
    for (struct wish *next; wish; wish = next) {
        next = wish->next;
        atomic_store(&wish->done, true);
    }
    atomic_fetch_add(&writer->commits_seen, 1);
    wake(&writer->commits_seen, INT_MAX);
}

// Those whom a commit woke come again in a moment: one with all of them, and with those who came
// meanwhile, is worth more than one now.
static void *run(void *self)
{
    struct writer *writer = self;
    int count = 0, expected = 1;
    for (int64_t took_ns = 0;;) {
        wait_for(writer, 1, -1);
        if (expected > 1)
            wait_for(writer, expected, took_ns < GATHER_NS_MAX ? took_ns : GATHER_NS_MAX);
        struct wish *wish = take(writer, &count);
        if (!wish)
            return NULL; // it closes
        int64_t start_ns = clock_ticks_ns();
        atomic_fetch_add(&writer->commits, write_all(writer, wish));
        atomic_fetch_add(&writer->entries, count);
        took_ns = clock_ticks_ns() - start_ns;
        expected = count + atomic_load(&writer->waiting);
        tell(writer, wish);
    }
}

enum err_kind writer_open(const char *folder, struct writer **out, struct err *err)
{
    struct ledger *ledger = NULL;
    if (ledger_open(folder, LEDGER_WRITE, &ledger, err))
        return err_of(err);
    struct writer *writer = mem_new(1, sizeof(*writer));
    writer->ledger = ledger;
    int failed = pthread_mutex_init(&writer->seating, NULL);
    assert(!failed);
    failed = pthread_create(&writer->thread, NULL, run, writer);
    assert(!failed);
    *out = writer;
    return OK;
}

void writer_close(struct writer **writer)
{
    if (!*writer)
        return;
    atomic_fetch_add(&(*writer)->waiting, CLOSING);
    wake(&(*writer)->waiting, 1);
    (void)pthread_join((*writer)->thread, NULL);
    (void)pthread_mutex_destroy(&(*writer)->seating);
    ledger_close(&(*writer)->ledger);
    mem_free(writer);
}

static void seat(struct writer *writer)
{
    cpu_set_t only;
    writer->seat = seat_find(ledger_folder(writer->ledger));
    if (writer->seat < 0)
        return;
    CPU_ZERO(&only);
    CPU_SET((size_t)writer->seat, &only);
    if (pthread_setaffinity_np(writer->thread, sizeof(only), &only) != 0)
        writer->seat = -1;
}

bool writer_stay(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->seating);
    if (!writer->seated)
        seat(writer);
    writer->seated = true;
    (void)pthread_mutex_unlock(&writer->seating);
    return writer->seat >= 0 && seat_take(writer->seat);
}

enum err_kind writer_append(struct writer *writer, const char *kind, struct utc at,
                            const struct doc *body, int64_t *seq, struct err *err)
{
    struct wish wish = {.kind = kind, .at = at, .body = body};
    wish.next = atomic_load(&writer->newest);
    while (!atomic_compare_exchange_weak(&writer->newest, &wish.next, &wish)) {
    }
    int waiting = atomic_fetch_add(&writer->waiting, 1) + 1;
    assert(waiting < CLOSING);
    if (waiting == atomic_load(&writer->wanted))
        wake(&writer->waiting, 1);
    for (;;) {
        int seen = atomic_load(&writer->commits_seen);
        if (atomic_load(&wish.done))
            break;
        sleep_on(&writer->commits_seen, seen, -1);
    }
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
