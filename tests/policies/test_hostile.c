// Over three hundred policy files that are wrong or hostile (tests/policies/hostile.h): each is
// refused with file, line and column (of a number those of its value), by a child that may use 16
// MiB more memory than it began with and a second of CPU. What the dearest of them used is printed,
// and how many used more than 50 ms, which is the goal.
#include "policies/policy.h"
#include "tests/check.h"
#include "tests/limit.h"
#include "tests/policies/hostile.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

// Of the processor, not of the clock on the wall. What others do to its caches only adds to it: so
// the least of three tries counts. Printed, not asserted: it is of this machine.
enum { GOAL_US = 50000 };

// "file:line:column: " and some words; of a number that place itself.
static bool has_place(const struct hostile *one, const char *text)
{
    const char *at = strstr(text, "hostile.yaml:");
    unsigned line = 0, column = 0;
    int used = 0;
    if (at != text)
        return false;
    at += strlen("hostile.yaml:");
    char *end;
    line = (unsigned)strtoul(at, &end, 10);
    if (*end != ':')
        return false;
    column = (unsigned)strtoul(end + 1, &end, 10);
    used = *end == ':' && end[1] == ' ' && end[2] != 0;
    if (one->line && (line != one->line || column != one->column))
        return false;
    return line > 0 && column > 0 && used;
}

static void limit_child(void)
{
    struct rlimit cpu = {1, 1};
    if (setrlimit(RLIMIT_CPU, &cpu))
        _exit(40);
    if (!limit_memory((size_t)16 << 20))
        _exit(41);
}

// 0: refused with its place.
static int refuse_in_child(const struct hostile *one, struct rusage *used)
{
    (void)fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        limit_child();
        struct err err = {0};
        struct policy *policy = NULL;
        enum err_kind kind = policy_parse(buf_slice(&one->text), "hostile.yaml", &policy, &err);
        if (kind != ERR_INPUT || policy)
            _exit(42);
        if (!has_place(one, err.text)) {
            (void)fprintf(stderr, "%s, wanted at %u:%u\n", err.text, one->line, one->column);
            _exit(43);
        }
        _exit(0);
    }
    int status = 0;
    CHECK(wait4(child, &status, 0, used) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static long refuse_in_us(const struct hostile *one)
{
    enum { TRIES = 3 };
    long least_us = LONG_MAX;
    for (int i = 0; i < TRIES && (i == 0 || (!SANITIZED && least_us > GOAL_US)); i++) {
        struct rusage used = {0};
        CHECK_INT(refuse_in_child(one, &used), 0);
        long us = (long)((used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
                         used.ru_utime.tv_usec + used.ru_stime.tv_usec);
        least_us = us < least_us ? us : least_us;
    }
    return least_us;
}

static void test_hostile(void **state)
{
    (void)state;
    AUTO(hostiles_free) struct hostiles pile;
    hostiles_make(&pile);
    // As they are both are taken, so that a row is refused for what it says. (The units are read
    // once, before the children.)
    static const char *const right[] = {hostile_alert, hostile_cover};
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        CHECK_OK(policy_parse(str_of(right[i]), "right.yaml", &policy, &err), err);
    }
    long dearest_us = 0;
    size_t over = 0;
    const char *dearest = "";
    for (size_t i = 0; i < pile.count; i++) {
        ROW(pile.at[i].name);
        long us = refuse_in_us(&pile.at[i]);
        if (us > dearest_us) {
            dearest_us = us;
            dearest = pile.at[i].name;
        }
        over += us > GOAL_US;
    }
    print_message("# %zu files refused; the dearest took %ld.%03ld ms of CPU: %.40s; %zu took over "
                  "50 ms\n",
                  pile.count, dearest_us / 1000, dearest_us % 1000, dearest, over);
    CHECK(pile.count >= 300);
}

TEST_MAIN(cmocka_unit_test(test_hostile))
