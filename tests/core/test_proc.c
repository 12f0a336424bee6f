// Programs that are started end with who started them, whenever that one ends.
#include "core/proc.h"
#include "tests/loopback.h"

#include <poll.h>
#include <sys/wait.h>

enum { STARTERS = 60, PATIENCE_MS = 20000 };

// Starts a program that goes on for a minute with the end of a pipe in its hands, and ends at once:
// the program is then, in one turn or another, at every step between fork and its own main.
static void start_and_end(void)
{
    const char *argv[] = {"/bin/sleep", "60", NULL};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_with_its_starter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
