// hostile: over three hundred policy files that are wrong or hostile, each refused by the program
// `gong policy check`: what the dearest of them costs, and how much memory the largest takes.
#include "core/file.h"
#include "core/mem.h"
#include "tests/bench/bench.h"
#include "tests/policies/hostile.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REFUSED = 3, TRIES = 3, PATH_BYTES_MAX = 4096 }; // exit code of an invalid file
#define GOAL_MS 50.0
#define GOAL_MIB 16.0

struct cost {
    double cpu_ms, peak_mib;
};

static double ms_of(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

// Whole process: its start, the table of units and all.
static struct cost refuse(const char *program, const char *path)
{
    struct rusage used;
    int status = 0;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        (void)execl(program, program, "check", path, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != REFUSED)
        bench_fail(path, "it was not refused");
    return (struct cost){ms_of(used.ru_utime) + ms_of(used.ru_stime),
                         (double)used.ru_maxrss / 1024};
}

// What others do to the processor's caches only adds: the least of some tries counts.
static struct cost refuse_cheaply(const char *program, const char *path)
{
    struct cost least = refuse(program, path);
    for (int i = 1; i < TRIES && least.cpu_ms > GOAL_MS; i++) {
        struct cost cost = refuse(program, path);
        least.cpu_ms = cost.cpu_ms < least.cpu_ms ? cost.cpu_ms : least.cpu_ms;
    }
    return least;
}

static char *file_of(const char *folder, size_t i)
{
    char name[40];
    (void)snprintf(name, sizeof(name), "hostile-%zu.yaml", i);
    return file_join(folder, name);
}

static void measure(const char *folder, size_t count)
{
    char text[120];
    struct cost most = {0};
    AUTO(mem_drop) char *program = bench_program("gong-policy");
    for (size_t i = 0; i < count; i++) {
        AUTO(mem_drop) char *path = file_of(folder, i);
        struct cost cost = refuse_cheaply(program, path);
        most.cpu_ms = cost.cpu_ms > most.cpu_ms ? cost.cpu_ms : most.cpu_ms;
        most.peak_mib = cost.peak_mib > most.peak_mib ? cost.peak_mib : most.peak_mib;
    }
    (void)snprintf(text, sizeof(text), "%zu hostile policies refused, whole process, the dearest",
                   count);
    bench_count(text, "ms of CPU", most.cpu_ms, GOAL_MS);
    (void)snprintf(text, sizeof(text), "%zu hostile policies refused, whole process, the largest",
                   count);
    bench_count(text, "MiB", most.peak_mib, GOAL_MIB);
}

// A child's peak begins with the memory of who started it: so this program starts itself afresh.
static void again(size_t count)
{
    int status = 0;
    char self[PATH_BYTES_MAX] = "", number[24];
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        bench_fail("hostile", "this program's own file is not found");
    (void)snprintf(number, sizeof(number), "%zu", count);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)setenv("BENCH_HOSTILE_FOLDER", bench_folder(), 1);
        (void)setenv("BENCH_HOSTILE_COUNT", number, 1);
        (void)execl(self, self, "hostile", (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_fail("hostile", "a file was not refused");
}

void bench_hostile(void)
{
    const char *folder = getenv("BENCH_HOSTILE_FOLDER"), *count = getenv("BENCH_HOSTILE_COUNT");
    if (folder && count) {
        measure(folder, strtoul(count, NULL, 10));
        return;
    }
    AUTO(hostiles_free) struct hostiles pile;
    hostiles_make(&pile);
    for (size_t i = 0; i < pile.count; i++) {
        struct err err = {0};
        AUTO(mem_drop) char *path = file_of(bench_folder(), i);
        BENCH_OK(file_write(path, buf_slice(&pile.at[i].text), 0644, &err), err);
    }
    again(pile.count);
}
