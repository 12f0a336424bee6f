// Group commit: single records of 32 threads through the ledger's writer, beside single records of
// one thread in commits of their own.

#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "ledger/ledger.h"
#include "ledger/writer.h"
#include "tests/bench/bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Rounds are short and many, in turn: what else the machine does falls on both.
enum { PRODUCERS = 32, EACH = 500, ALONE = 500, ROUNDS = 15 };

// The threads begin together, and are there until the last has appended: to make a thread and to
// take one down cost more than an append, and are none.
struct producer {
    pthread_t thread;
    pthread_barrier_t *gate;
    struct writer *writer;
    const struct doc *body;
    int64_t begin_ns, end_ns;
    int64_t took_ns[EACH];
};

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The microseconds that `percent` of a hundred are faster than.
static double share_us(int64_t *took_ns, size_t count, size_t percent)
{
    size_t at = count * percent / 100;
    qsort(took_ns, count, sizeof(*took_ns), by_size);
    return (double)took_ns[at] / 1e3;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), by_number);
    return values[ROUNDS / 2];
}

static void *produce(void *self)
{
    struct producer *producer = self;
    (void)writer_stay(producer->writer);
    (void)pthread_barrier_wait(producer->gate);
    producer->begin_ns = clock_ticks_ns();
    for (int i = 0; i < EACH; i++) {
        struct err err = {0};
        int64_t seq, start_ns = clock_ticks_ns();
        BENCH_OK(writer_append(producer->writer, "ingest", (struct utc){1725667200}, producer->body,
                               &seq, &err),
                 err);
        producer->took_ns[i] = clock_ticks_ns() - start_ns;
    }
    producer->end_ns = clock_ticks_ns();
    (void)pthread_barrier_wait(producer->gate);
    return NULL;
}

struct round {
    double alone_s, alone_us, alone_p99_us; // entries a second; median; 99 of 100 are faster
    double together_s, p99_us;
    double in_commit;
};

static void alone(struct ledger *ledger, const struct doc *body, struct round *round)
{
    static int64_t took_ns[ALONE];
    struct err err = {0};
    int64_t begin_ns = clock_ticks_ns();
    for (int i = 0; i < ALONE; i++) {
        AUTO(ledger_undo) struct txn *txn = NULL;
        int64_t seq, start_ns = clock_ticks_ns();
        BENCH_OK(ledger_begin(ledger, &txn, &err), err);
        BENCH_OK(ledger_append(txn, "ingest", (struct utc){1725667200}, body, &seq, NULL, &err),
                 err);
        BENCH_OK(ledger_commit(&txn, &err), err);
        took_ns[i] = clock_ticks_ns() - start_ns;
    }
    round->alone_s = ALONE / ((double)(clock_ticks_ns() - begin_ns) / 1e9);
    round->alone_us = share_us(took_ns, ALONE, 50);
    round->alone_p99_us = share_us(took_ns, ALONE, 99);
}

static void together(struct writer *writer, const struct doc *body, struct round *round)
{
    static struct producer producer[PRODUCERS];
    static int64_t took_ns[PRODUCERS * EACH];
    pthread_barrier_t gate;
    struct writer_report before = writer_report(writer);
    if (pthread_barrier_init(&gate, NULL, PRODUCERS) != 0)
        bench_fail("pthread_barrier_init", "no barrier");
    for (int i = 0; i < PRODUCERS; i++) {
        producer[i].gate = &gate;
        producer[i].writer = writer;
        producer[i].body = body;
        if (pthread_create(&producer[i].thread, NULL, produce, &producer[i]) != 0)
            bench_fail("pthread_create", "no thread");
    }
    for (int i = 0; i < PRODUCERS; i++)
        (void)pthread_join(producer[i].thread, NULL);
    (void)pthread_barrier_destroy(&gate);
    int64_t begin_ns = producer[0].begin_ns, end_ns = producer[0].end_ns;
    for (int i = 0; i < PRODUCERS; i++) {
        begin_ns = producer[i].begin_ns < begin_ns ? producer[i].begin_ns : begin_ns;
        end_ns = producer[i].end_ns > end_ns ? producer[i].end_ns : end_ns;
        memcpy(took_ns + i * EACH, producer[i].took_ns, sizeof(producer[i].took_ns));
    }
    round->together_s = PRODUCERS * EACH / ((double)(end_ns - begin_ns) / 1e9);
    round->p99_us = share_us(took_ns, (size_t)PRODUCERS * EACH, 99);
    struct writer_report after = writer_report(writer);
    round->in_commit =
        (double)(after.entries - before.entries) / (double)(after.commits - before.commits);
}

void bench_group(void)
{
    struct err err = {0};
    double gain[ROUNDS], tail[ROUNDS], alone_s[ROUNDS], together_s[ROUNDS], p99[ROUNDS],
        lone[ROUNDS], lone_p99[ROUNDS], tails[ROUNDS];
    double in_commit[ROUNDS];
    AUTO(mem_drop) char *folder = file_join(bench_folder(), "group");
    AUTO(mem_drop) char *lone_folder = file_join(bench_folder(), "lone");
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(writer_close) struct writer *writer = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "commune", "01840");
    doc_put_text(body, "policy", "bac-kan-heavy-rain");
    doc_put_text(
        body, "trace",
        "maximum 24 h sum within 72 h: 120.5 mm >= 100 mm in 14 of 20 members, all of them");
    BENCH_OK(file_make_folder(folder, 0700, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
    // In a ledger of their own: what is written back of the one's log is no time of the other.
    BENCH_OK(file_make_folder(lone_folder, 0700, &err), err);
    BENCH_OK(ledger_create(lone_folder, &err), err);
    BENCH_OK(ledger_open(lone_folder, LEDGER_WRITE, &ledger, &err), err);
    BENCH_OK(writer_open(folder, &writer, &err), err);
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        bench_fail("group", "it is not known where the threads may run");
    (void)writer_stay(writer);          // lone commits have the same place
    for (int i = -1; i < ROUNDS; i++) { // the first warms up
        struct round round;
        alone(ledger, body, &round);
        together(writer, body, &round);
        if (i < 0)
            continue;
        gain[i] = round.together_s / round.alone_s;
        tail[i] = round.p99_us / round.alone_us;
        alone_s[i] = round.alone_s;
        together_s[i] = round.together_s;
        p99[i] = round.p99_us;
        lone[i] = round.alone_us;
        lone_p99[i] = round.alone_p99_us;
        tails[i] = round.p99_us / round.alone_p99_us;
        in_commit[i] = round.in_commit;
    }
    (void)sched_setaffinity(0, sizeof(allowed), &allowed);
    double times = median(gain), longer = median(tail);
    (void)printf(
        "append (32 threads, single records): %.4g entries/s, %.3g in a commit; one thread, "
        "a commit each: %.4g entries/s; %.1f times (goal >= 12: %s)\n",
        median(together_s), median(in_commit), median(alone_s), times,
        times >= 12 ? "met" : "MISSED");
    (void)printf(
        "  of these the slowest of a hundred: %.4g us; a lone commit: %.4g us; %.2f x (goal "
        "<= 3: %s); the slowest of a hundred of these: %.4g us; %.2f x\n",
        median(p99), median(lone), longer, longer <= 3 ? "met" : "MISSED", median(lone_p99),
        median(tails));
}
