#ifndef GONG_TESTS_BENCH_BENCH_H
#define GONG_TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

// A benchmark is one figure of gong beside a reference that does the bare work. Both run in turn,
// round by round, in one run; what is printed is the median of each and the median of their ratio,
// taken round by round: the ratio is what counts on a machine that others use too.
//
// How to add a figure: a bench_x.c of the room with `void bench_x(void)`, a line below, a row in
// the table of bench.c. It calls one of
//   bench_run        ours and the reference are functions of this program
//   bench_beside     the reference is a program that prints its own figure (../shared/bench/c)
//   bench_processes  both are commands, measured as whole processes
//   bench_count      something counted, beside a bound: no noise, no reference
// Reference programs and their data are made by tests/bench/run.sh (a new one: its list there).
// Each line reads "name: figure unit; reference: figure unit; time R x (goal <= G)".

struct bench {
    const char *name, *unit, *reference; // "aggregate", "communes/s", "plain CSR loop"
    double per_round;                    // how many units one round does
    int rounds;
    void (*ours)(void *self);
    void (*theirs)(void *self);
    void (*before)(void *self); // before each of ours, not measured; or NULL
    void *self;
    double goal; // highest ratio of time that is wanted; 0: none was set
};
void bench_run(const struct bench *bench);

// The reference program runs once a round and prints, among others, a line that begins with
// `line`, a colon, and its figure. `ours` runs `times` times after a warm-up; the median of its
// processor time (of all threads), divided by `per_run`, is compared.
struct bench_beside {
    const char *name, *unit, *reference; // "weights (3,321 communes)", "ms", "bare C"
    const char *program;                 // file in bench_build()
    const char *command;                 // a shell command instead; NULL: the program
    const char *const *args;             // NULL-ended
    const char *line;                    // "netcdf-c box"
    const char *after;                   // the figure stands after this text instead; NULL: ":"
    double unit_s;                       // seconds in the unit of both figures
    double per_run;                      // how many figures one run of ours is; 0: one
    int rounds, times;
    void (*ours)(void *self);
    void *self;
    double goal;
    double goal_over; // theirs must need at least this many times as long; 0: none
    int wall;         // compare the wall clock, not processor time
};
void bench_beside(const struct bench_beside *bench);

// What a reference program prints on such a line, once; and the median of `count` figures, which
// are put in order.
double bench_printed(const char *program, const char *const *args, const char *line);
double bench_median(double *figure, size_t count);

// Shell commands, measured from start to end by wall and processor time; the first is ours. The
// ratio is of wall time.
struct bench_processes {
    const char *name, *reference;
    const char *ours, *theirs;
    const char *before; // before each of ours, not measured; NULL: nothing
    int rounds;
    double goal;      // highest ratio of time; 0: none
    double goal_over; // theirs must need at least this many times as long; 0: none
};
void bench_processes(const struct bench_processes *bench);

// Heap allocations of this process so far, by anybody in it.
size_t bench_allocations(void);

// Calls of fdatasync and fsync by this process so far, by anybody in it.
int64_t bench_syncs(void);

// "name: figure unit (bound <= B)".
void bench_count(const char *name, const char *unit, double figure, double bound);

// "name: figure unit (why)": what no bound was set for, and how to read it.
void bench_tell(const char *name, const char *unit, double figure, const char *why);

// How many milliseconds longer ours takes than theirs, from start to end; at most bound_ms.
struct bench_difference {
    const char *name, *ours, *theirs;
    int rounds;
    double bound_ms;
};
void bench_difference(const struct bench_difference *bench);

// The largest memory of a command and of what it starts, in MiB.
void bench_peak(const char *name, const char *text, double bound_mib);

// Says on the line of a figure why there is none.
void bench_skip(const char *name, const char *why);

// The figures, each in a file of its own.
void bench_map(void);     // import, weights, aggregate
void bench_decode(void);  // decode
void bench_bulk(void);    // whole archives to readings
void bench_day(void);     // whole processes: a day of half-hours, the decoder's start
void bench_engine(void);  // evaluate
void bench_rules(void);   // windows, indices, rules
void bench_past(void);    // backtests
void bench_hostile(void); // wrong policies
void bench_ledger(void);  // append
void bench_group(void);   // group commit
void bench_pg(void);      // append on PostgreSQL
void bench_claims(void);  // claims from outboxes of 1,000 to a million, on PostgreSQL
void bench_depth(void);   // long ledgers: append, verify, prove
void bench_bus(void);     // dispatch
void bench_fanout(void);  // fan-out with acknowledgement, kept and not
void bench_million(void); // a million events while workers are killed
void bench_dead(void);    // the others beside a worker that is dead
void bench_sms(void);     // 100,000 alert messages
void bench_kannel(void);  // SMS through Kannel

// A real PostgreSQL, for groups that measure one: its URL; or NULL, when it was started and the
// group was run in a program of its own. And an empty ledger in a schema of that name: the site's
// folder, heap, mem_free.
const char *bench_pg_store(const char *group);
char *bench_pg_site(const char *name);

// Ends the benchmark with a sentence when something fails.
#define BENCH_OK(call, err)                                                                        \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            bench_fail(#call, (err).text);                                                         \
    } while (0)
void bench_fail(const char *what, const char *why) __attribute__((noreturn));

// A folder for this run, removed at the end.
const char *bench_folder(void);

// A file of the generated workload (BENCH_DATA), a reference program (BENCH_BUILD), a program of
// gong (GONG_BIN), a file of ../shared/data: heap, mem_free.
char *bench_data(const char *name);
char *bench_build(const char *name);
char *bench_program(const char *name);
char *bench_shared(const char *name);

#endif
