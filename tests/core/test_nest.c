// A program that stays and makes a fork for each request: this one, started again with --nest.
#include "core/nest.h"
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUT_MAX = 4000, WALL_MS = 60000, CPU_S = 20 };

// What a fork does by its first argument.
static int act(const char *const *args, size_t count)
{
    char line[100];
    const char *what = count ? args[0] : "";
    if (strcmp(what, "echo") == 0) {
        for (size_t i = 0; i < count; i++)
            (void)printf("%s|", args[i]);
        while (fgets(line, sizeof(line), stdin))
            (void)fputs(line, stdout);
    } else if (strcmp(what, "open") == 0) {
        struct stat info;
        for (int fd = 0; fd < 100; fd++)
            (void)printf("%s", fstat(fd, &info) == 0 ? "x" : "");
    } else if (strcmp(what, "files") == 0) {
        for (int fd = 0; fd < 100; fd++) {
            ssize_t got = fd == 1 || fd == 2 ? 0 : pread(fd, line, sizeof(line), 0);
            if (got > 0)
                (void)printf("%d %.*s|", fd, (int)got, line);
        }
    } else if (strcmp(what, "crash") == 0) {
        (void)raise(SIGABRT);
    } else if (strcmp(what, "spin") == 0) {
        for (volatile int turning = 1; turning;)
            ;
    } else if (strcmp(what, "flood") == 0) {
        for (;;)
            (void)puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    } else if (strcmp(what, "complain") == 0) {
        (void)fputs("it does not fit", stderr);
        return 3;
    }
    return 0;
}

static struct nest *start(void)
{
    struct err err = {0};
    struct nest *nest = NULL;
    AUTO(mem_drop) char *folder = proc_folder();
    char self[4096];
    (void)snprintf(self, sizeof(self), "%s/test_nest", folder);
    const char *const argv[] = {self, "--nest", NULL};
    CHECK_OK(nest_start(argv, &(struct proc_limits){0}, &nest, &err), err);
    return nest;
}

static void test_forks(void **state)
{
    (void)state;
    static const struct {
        const char *what, *out, *complaint;
        int code;
        struct proc_limits limits;
    } rows[] = {
        {"echo", "echo|two words||said to it", "", 0, {0}},
        {"open", "xxx", "", 0, {0}},
        {"complain", "", "it does not fit", 3, {0}},
        {"crash", "", "", PROC_SIGNAL + SIGABRT, {0}},
        {"spin", "", "", PROC_SIGNAL + SIGXCPU, {.cpu_s = 1}},
        {"spin", "", "", PROC_TOO_LONG, {.wall_ms = 200}},
        {"flood", NULL, "", PROC_TOO_MUCH, {0}},
        {"echo", "echo|two words||said to it", "", 0, {0}}, // and it lives on
    };
    struct nest *nest = start();
    char path[] = "/tmp/gong-nest-XXXXXX";
    int input = mkstemp(path);
    CHECK_INT(write(input, "said to it", 10), 10);
    (void)unlink(path);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].what);
        struct err err = {0};
        struct proc_child child = {0};
        AUTO(buf_free) struct buf out = buf_new(OUTPUT_MAX);
        AUTO(buf_free) struct buf complaint = buf_new(OUTPUT_MAX);
        struct proc_limits limits = rows[i].limits;
        const char *const args[] = {rows[i].what, "two words", "", NULL};
        int code = -1;
        limits.wall_ms = limits.wall_ms ? limits.wall_ms : WALL_MS;
        limits.cpu_s = limits.cpu_s ? limits.cpu_s : CPU_S;
        CHECK_INT(lseek(input, 0, SEEK_SET), 0);
        CHECK_OK(nest_begin(nest, args, input, &limits, &child, &err), err);
        CHECK_OK(proc_finish(&child, &out, &complaint, &code, &err), err);
        CHECK_INT(code, rows[i].code);
        CHECK_TEXT(complaint.at ? complaint.at : "", rows[i].complaint);
        if (rows[i].out)
            CHECK_TEXT(out.at ? out.at : "", rows[i].out);
    }
    (void)close(input);
    nest_end(&nest);
    CHECK(!nest);
}

// Several files for one fork: as many as are allowed, in their order, and nothing else.
static void test_files(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, NEST_FILES_MAX};
    struct nest *nest = start();
    int all[NEST_FILES_MAX];
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        char path[] = "/tmp/gong-nest-XXXXXX";
        all[i] = mkstemp(path);
        CHECK(dprintf(all[i], "file %zu", i) > 0);
        (void)unlink(path);
    }
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        struct err err = {0};
        struct proc_child child = {0};
        AUTO(buf_free) struct buf out = buf_new(OUTPUT_MAX);
        AUTO(buf_free) struct buf complaint = buf_new(OUTPUT_MAX);
        AUTO(buf_free) struct buf expected = buf_new(OUTPUT_MAX);
        struct proc_limits limits = {.wall_ms = WALL_MS, .cpu_s = CPU_S};
        const struct nest_files files = {all, counts[c]};
        const char *const args[] = {"files", NULL};
        int code = -1;
        for (size_t i = 0; i < counts[c]; i++)
            buf_print(&expected, "%zu file %zu|", i ? i + 2 : 0, i);
        CHECK_OK(nest_begin_files(nest, args, &files, &limits, &child, &err), err);
        CHECK_OK(proc_finish(&child, &out, &complaint, &code, &err), err);
        CHECK_INT(code, 0);
        CHECK_TEXT(out.at, expected.at);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++)
        (void)close(all[i]);
    nest_end(&nest);
}

// Several at a time; one that is dropped is gone before proc_drop returns.
static void test_side_by_side(void **state)
{
    (void)state;
    struct err err = {0};
    struct nest *nest = start();
    struct proc_limits limits = {.wall_ms = WALL_MS, .cpu_s = CPU_S};
    struct proc_child child[3] = {{0}};
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const char *const args[3][2] = {{"spin", NULL}, {"open", NULL}, {"complain", NULL}};
    for (size_t i = 0; i < COUNT_OF(child); i++)
        CHECK_OK(nest_begin(nest, args[i], nothing, &limits, &child[i], &err), err);
    pid_t spinning = child[0].pid;
    for (size_t i = 1; i < COUNT_OF(child); i++) {
        AUTO(buf_free) struct buf out = buf_new(OUTPUT_MAX);
        AUTO(buf_free) struct buf complaint = buf_new(OUTPUT_MAX);
        int code = -1;
        CHECK_OK(proc_finish(&child[i], &out, &complaint, &code, &err), err);
        CHECK_TEXT(out.at ? out.at : "", i == 1 ? "xxx" : "");
    }
    CHECK_INT(kill(spinning, 0), 0);
    proc_drop(&child[0]);
    CHECK(kill(spinning, 0) != 0);
    (void)close(nothing);
    nest_end(&nest);
}

static void test_refusals(void **state)
{
    (void)state;
    struct err err = {0};
    struct proc_child child = {0};
    struct nest *nest = start();
    struct proc_limits limits = {.wall_ms = WALL_MS};
    AUTO(mem_drop) char *long_text = mem_new(NEST_BYTES_MAX + 1, 1);
    memset(long_text, 'x', NEST_BYTES_MAX);
    const char *const long_args[] = {long_text, NULL}, *const args[] = {"open", NULL};
    CHECK_INT(nest_begin(nest, long_args, 0, &limits, &child, &err), ERR_LATER);
    CHECK_HAS(err.text, "more is asked of");
    nest_end(&nest);

    // A program that is no nest, and one that is not there: both are gone when they are asked.
    static const char *const others[] = {"/bin/true", "/bin/no-such-program"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ROW(others[i]);
        const char *const argv[] = {others[i], NULL};
        CHECK_OK(nest_start(argv, &limits, &nest, &err), err);
        CHECK_INT(nest_begin(nest, args, 0, &limits, &child, &err), ERR_LATER);
        CHECK_HAS(err.text, "is gone");
        CHECK_INT(child.pid, 0);
        nest_end(&nest);
    }
}

int main(int argc, char **argv)
{
    const char *args[8];
    if (argc == 2 && strcmp(argv[1], "--nest") == 0) {
        size_t count = nest_serve(args, COUNT_OF(args));
        int code = act(args, count);
        (void)fflush(stdout);
        _exit(code); // a fork has nothing to tidy up
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forks),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_side_by_side),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
