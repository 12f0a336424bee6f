#ifndef GONG_TESTS_BENCH_BENCH_H
#define GONG_TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

// A benchmark is one figure of gong beside a plain loop that does the bare work. Both run in turn,
// round by round, in one process; what is printed is the median of each and of their ratio: the
// ratio is what counts on a machine that others use too.
struct bench {
    const char *name, *unit, *reference; // "aggregate", "communes/s", "plain CSR loop"
    double per_round;                    // how many units one round does
    int rounds;
    void (*ours)(void *self);
    void (*theirs)(void *self);
    void *self;
};

// Prints "name: figure unit, reference figure unit (what it is), ratio x" on one line.
void bench_run(const struct bench *bench);

// The figures, each in a file of its own.
void bench_map(void);    // import, weights, aggregate
void bench_decode(void); // decode
void bench_engine(void); // evaluate
void bench_ledger(void); // append
void bench_bus(void);    // dispatch

// Ends the benchmark with a sentence when something fails.
#define BENCH_OK(call, err)                                                                        \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            bench_fail(#call, (err).text);                                                         \
    } while (0)
void bench_fail(const char *what, const char *why) __attribute__((noreturn));

// A folder for this run, removed at the end.
const char *bench_folder(void);

#endif
