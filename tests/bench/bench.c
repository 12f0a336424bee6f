#include "tests/bench/bench.h"

#include "core/clock.h"
#include "core/mem.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/gong-bench-XXXXXX";

const char *bench_folder(void)
{
    return folder;
}

void bench_fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench: %s failed: %s\n", what, why);
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), by_size);
    return values[count / 2];
}

static double seconds(void (*run)(void *self), void *self)
{
    int64_t start = clock_ticks_ns();
    run(self);
    return (double)(clock_ticks_ns() - start) / 1e9;
}

void bench_run(const struct bench *bench)
{
    enum { ROUNDS_MAX = 99 };
    double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
    int rounds = bench->rounds < ROUNDS_MAX ? bench->rounds : ROUNDS_MAX;
    for (int i = -1; i < rounds; i++) { // the first round warms up
        double a = seconds(bench->ours, bench->self), b = seconds(bench->theirs, bench->self);
        if (i < 0)
            continue;
        ours[i] = bench->per_round / a;
        theirs[i] = bench->per_round / b;
        ratio[i] = theirs[i] / ours[i];
    }
    (void)printf("%s: %.4g %s; %s: %.4g %s; time %.2f x\n", bench->name, median(ours, rounds),
                 bench->unit, bench->reference, median(theirs, rounds), bench->unit,
                 median(ratio, rounds));
    (void)fflush(stdout);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

// bench [NAME...]: all figures, or those of the groups named.
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } groups[] = {{"map", bench_map},
                  {"decode", bench_decode},
                  {"engine", bench_engine},
                  {"ledger", bench_ledger},
                  {"bus", bench_bus}};
    if (!mkdtemp(folder))
        return 1;
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        int wanted = argc < 2;
        for (int j = 1; j < argc; j++)
            wanted |= strcmp(argv[j], groups[i].name) == 0;
        if (wanted)
            groups[i].run();
    }
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
}
