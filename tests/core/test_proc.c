// Programs that are started end with who started them, whenever that one ends. A fork that went
// first is never taken for one that was not made.
#include "core/proc.h"
#include "tests/check.h"
#include "tests/loopback.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { STARTERS = 60, PATIENCE_MS = 120000 };

// The C library's call stands here: it fails when it is told to, once the child has ended.
static bool waits_in_vain;

pid_t waitpid(pid_t pid, int *status, int options)
{
    pid_t got = wait4(pid, status, options, NULL);
    if (got <= 0 || !waits_in_vain)
        return got;
    errno = ECHILD;
    return -1;
}

// Starts a program that goes on for ten minutes with the end of a pipe in its hands, and ends at
// once: the program is then, in one turn or another, at every step between fork and its own main.
static void start_and_end(void)
{
    const char *argv[] = {"/bin/sleep", "600", NULL};
    struct err err = {0};
    pid_t pid;
    _exit(proc_start(argv, &pid, &err) ? 1 : 0);
}

static void run_a_starter(void)
{
    int status = -1;
    pid_t starter = fork();
    CHECK(starter >= 0);
    if (starter == 0)
        start_and_end();
    CHECK(waitpid(starter, &status, 0) == starter);
    CHECK(status == 0);
}

static void test_ends_with_its_starter(void **state)
{
    (void)state;
    int held[2];
    CHECK(pipe(held) == 0); // not closed by exec: who was started holds it
    for (int i = 0; i < STARTERS; i++)
        run_a_starter();
    CHECK(close(held[1]) == 0);
    struct pollfd end = {.fd = held[0], .events = POLLIN};
    // The end of the pipe comes when the last of them has ended.
    CHECK(poll(&end, 1, PATIENCE_MS) == 1);
    CHECK((end.revents & POLLHUP) != 0);
    CHECK(close(held[0]) == 0);
}

static void test_a_fork_went_first(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool in_vain;
        int ends_with, signal, told;
    } rows[] = {
        {"an exit code", false, 7, 0, 7},
        {"a signal", false, 0, SIGKILL, PROC_SIGNAL + SIGKILL},
        {"a fork that was lost", true, 7, 0, PROC_LOST},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int code = 0;
        ROW(rows[i].name);
        waits_in_vain = rows[i].in_vain;
        if (!proc_went_first(&code)) {
            if (rows[i].signal)
                (void)raise(rows[i].signal);
            _exit(rows[i].ends_with);
        }
        waits_in_vain = false;
        CHECK_INT(code, rows[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_with_its_starter),
        cmocka_unit_test(test_a_fork_went_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
