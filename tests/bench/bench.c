#include "tests/bench/bench.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 99, LINE_MAX_BYTES = 4096 };

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

static char *under(const char *variable, const char *name)
{
    const char *place = getenv(variable);
    if (!place)
        bench_fail(name, "start the benchmarks by make bench");
    return file_join(place, name);
}

char *bench_data(const char *name)
{
    return under("BENCH_DATA", name);
}

char *bench_build(const char *name)
{
    return under("BENCH_BUILD", name);
}

char *bench_program(const char *name)
{
    return under("GONG_BIN", name);
}

char *bench_shared(const char *name)
{
    return file_join("../shared/data", name);
}

// --- numbers
// --------------------------------------------------------------------------------------

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

static double wall_s(void)
{
    return (double)clock_ticks_ns() / 1e9;
}

static double cpu_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int at_most(int rounds)
{
    return rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX;
}

static void print_goal(double ratio, double goal, double goal_over)
{
    if (goal > 0)
        (void)printf(" (goal <= %.2f: %s)", goal, ratio <= goal ? "met" : "MISSED");
    if (goal_over > 0)
        (void)printf(" (%.1f times faster; goal >= %g: %s)", 1 / ratio, goal_over,
                     1 / ratio >= goal_over ? "met" : "MISSED");
    (void)printf("\n");
    (void)fflush(stdout);
}

void bench_count(const char *name, const char *unit, double figure, double bound)
{
    (void)printf("%s: %.10g %s (bound <= %.10g: %s)\n", name, figure, unit, bound,
                 figure <= bound ? "met" : "MISSED");
    (void)fflush(stdout);
}

void bench_tell(const char *name, const char *unit, double figure, const char *why)
{
    (void)printf("%s: %.10g %s (%s)\n", name, figure, unit, why);
    (void)fflush(stdout);
}

void bench_skip(const char *name, const char *why)
{
    (void)printf("%s: not measured (%s)\n", name, why);
    (void)fflush(stdout);
}

// --- two functions
// --------------------------------------------------------------------------------

static double seconds(void (*run)(void *self), void *self)
{
    double start = wall_s();
    run(self);
    return wall_s() - start;
}

void bench_run(const struct bench *bench)
{
    double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
    int rounds = at_most(bench->rounds);
    for (int i = -1; i < rounds; i++) { // the first round warms up
        if (bench->before)
            bench->before(bench->self);
        double a = seconds(bench->ours, bench->self), b = seconds(bench->theirs, bench->self);
        if (i < 0)
            continue;
        ours[i] = bench->per_round / a;
        theirs[i] = bench->per_round / b;
        ratio[i] = a / b;
    }
    double middle = median(ratio, rounds);
    (void)printf("%s: %.4g %s; %s: %.4g %s; time %.2f x", bench->name, median(ours, rounds),
                 bench->unit, bench->reference, median(theirs, rounds), bench->unit, middle);
    print_goal(middle, bench->goal, 0);
}

// --- a function beside a program that prints its figure
// -------------------------------------------

// The text of a program that must end well; heap.
static char *output_of(const struct bench_beside *bench)
{
    int pipes[2];
    size_t len = 0, room = LINE_MAX_BYTES;
    AUTO(mem_drop) char *path = bench->command ? mem_text("/bin/sh") : bench_build(bench->program);
    const char *argv[32] = {path, "-c", bench->command};
    for (size_t i = 0, more = !bench->command; more && i + 2 < COUNT_OF(argv); i++)
        more = (argv[i + 1] = bench->args[i]) != NULL;
    if (pipe(pipes) != 0)
        bench_fail(bench->name, "no pipe");
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(pipes[1], STDOUT_FILENO);
        (void)close(pipes[0]);
        (void)execv(path, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(pipes[1]);
    char *text = mem_new(room + 1, 1);
    for (ssize_t got; (got = read(pipes[0], text + len, room - len)) > 0;) {
        len += (size_t)got;
        if (len == room)
            text = mem_resize(text, (room *= 2) + 1, 1);
    }
    (void)close(pipes[0]);
    text[len] = '\0';
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_fail(bench->name, "the reference program did not end well");
    return text;
}

static double printed_figure(const struct bench_beside *bench)
{
    AUTO(mem_drop) char *text = output_of(bench);
    char *end;
    const char *line = text;
    while (line && strncmp(line, bench->line, strlen(bench->line)) != 0) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    const char *mark = bench->after ? bench->after : ":";
    const char *at = line ? strstr(line + strlen(bench->line), mark) : NULL;
    double figure = at ? strtod(at + strlen(mark), &end) : 0;
    if (!(figure > 0))
        bench_fail(bench->name, "the reference did not print its figure");
    return figure;
}

static double own_figure(const struct bench_beside *bench)
{
    double took[ROUNDS_MAX];
    int times = at_most(bench->times);
    for (int i = -1; i < times; i++) {
        double start = bench->wall ? wall_s() : cpu_s();
        bench->ours(bench->self);
        if (i >= 0)
            took[i] = (bench->wall ? wall_s() : cpu_s()) - start;
    }
    return median(took, times) / bench->unit_s / (bench->per_run > 0 ? bench->per_run : 1);
}

double bench_median(double *figure, size_t count)
{
    return median(figure, (int)count);
}

double bench_printed(const char *program, const char *const *args, const char *line)
{
    struct bench_beside bench = {.name = program, .program = program, .args = args, .line = line};
    return printed_figure(&bench);
}

void bench_beside(const struct bench_beside *bench)
{
    double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
    int rounds = at_most(bench->rounds);
    for (int i = 0; i < rounds; i++) {
        ours[i] = own_figure(bench);
        theirs[i] = printed_figure(bench);
        ratio[i] = ours[i] / theirs[i];
    }
    double middle = median(ratio, rounds);
    (void)printf("%s: %.4g %s; %s: %.4g %s; time %.2f x", bench->name, median(ours, rounds),
                 bench->unit, bench->reference, median(theirs, rounds), bench->unit, middle);
    print_goal(middle, bench->goal, bench->goal_over);
}

// --- two processes
// --------------------------------------------------------------------------------

struct spent {
    double wall, cpu, peak_mib;
};

static struct spent process(const char *command)
{
    double start = wall_s();
    struct rusage used;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, STDOUT_FILENO);
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0)
        bench_fail(command, "it did not end well");
    return (struct spent){
        .wall = wall_s() - start,
        .cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
        .peak_mib = (double)used.ru_maxrss / 1024,
    };
}

void bench_processes(const struct bench_processes *bench)
{
    double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX], cpu[ROUNDS_MAX];
    double peak = 0;
    int rounds = at_most(bench->rounds);
    for (int i = -1; i < rounds; i++) {
        if (bench->before)
            (void)process(bench->before);
        struct spent a = process(bench->ours), b = process(bench->theirs);
        if (i < 0)
            continue;
        ours[i] = a.wall * 1e3;
        theirs[i] = b.wall * 1e3;
        ratio[i] = a.wall / b.wall;
        cpu[i] = a.cpu / b.cpu;
        peak = a.peak_mib > peak ? a.peak_mib : peak;
    }
    double middle = median(ratio, rounds);
    (void)printf("%s: %.4g ms, peak %.0f MiB; %s: %.4g ms; time %.3g x, cpu %.3g x", bench->name,
                 median(ours, rounds), peak, bench->reference, median(theirs, rounds), middle,
                 median(cpu, rounds));
    print_goal(middle, bench->goal, bench->goal_over);
}

void bench_difference(const struct bench_difference *bench)
{
    double more[ROUNDS_MAX];
    int rounds = at_most(bench->rounds);
    for (int i = -1; i < rounds; i++) {
        double ours = process(bench->ours).wall, theirs = process(bench->theirs).wall;
        if (i >= 0)
            more[i] = (ours - theirs) * 1e3;
    }
    bench_count(bench->name, "ms", median(more, rounds), bench->bound_ms);
}

void bench_peak(const char *name, const char *text, double bound_mib)
{
    bench_count(name, "MiB", process(text).peak_mib, bound_mib);
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
    } groups[] = {
        {"map", bench_map},         {"decode", bench_decode},   {"bulk", bench_bulk},
        {"day", bench_day},         {"engine", bench_engine},   {"rules", bench_rules},
        {"past", bench_past},       {"ledger", bench_ledger},   {"bus", bench_bus},
        {"fanout", bench_fanout},   {"million", bench_million}, {"sms", bench_sms},
        {"depth", bench_depth},     {"group", bench_group},     {"pg", bench_pg},
        {"claims", bench_claims},   {"kannel", bench_kannel},   {"dead", bench_dead},
        {"hostile", bench_hostile},
    };
    if (!mkdtemp(folder))
        return 1;
    mem_keep_freed();
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        int wanted = argc < 2;
        for (int j = 1; j < argc; j++)
            wanted |= strcmp(argv[j], groups[i].name) == 0;
        if (wanted)
            groups[i].run();
    }
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
}
