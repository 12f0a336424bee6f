// What a confined process cannot do any more. Each try is made by a child of its own.
#include "ingest/confine.h"

#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int try_read_file(void)
{
    return open("/etc/passwd", O_RDONLY);
}
static int try_make_file(void)
{
    return open("/tmp/gong-escape", O_CREAT | O_WRONLY, 0600);
}
static int try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}
static int try_local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}
static int try_fork(void)
{
    return fork();
}
static int try_exec(void)
{
    return execl("/bin/true", "true", NULL);
}
static int try_kill_parent(void)
{
    return kill(getppid(), SIGKILL);
}
static int try_trace_parent(void)
{
    return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}
static int try_folder(void)
{
    return chdir("/");
}
static int try_rename(void)
{
    return rename("/tmp/a", "/tmp/b");
}
static int try_unlink(void)
{
    return unlink("/tmp/a");
}
static int try_memory_file(void)
{
    return memfd_create("x", 0);
}
// The control: what a decoder does must still work.
static int try_memory(void)
{
    char *bytes = malloc(1 << 24);
    return bytes && memset(bytes, 1, 1 << 24) ? 1 : -1;
}

static const struct {
    const char *name;
    int (*attempt)(void);
    bool works;
} rows[] = {
    {"memory", try_memory, true},
    {"reading a file", try_read_file, false},
    {"making a file", try_make_file, false},
    {"a socket to the world", try_socket, false},
    {"a socket to a neighbour", try_local_socket, false},
    {"another process", try_fork, false},
    {"another program", try_exec, false},
    {"ending the parent", try_kill_parent, false},
    {"looking into the parent", try_trace_parent, false},
    {"another folder", try_folder, false},
    {"renaming", try_rename, false},
    {"removing", try_unlink, false},
    {"a file in memory", try_memory_file, false},
};

// 0: the attempt failed with EPERM; 1: it worked; 2: it failed otherwise; 3: not confined.
static int in_child(int (*attempt)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        if (confine_process(&err))
            _exit(3);
        errno = 0;
        int result = attempt();
        _exit(result >= 0 ? 1 : errno == EPERM ? 0 : 2);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void test_attempts(void **state)
{
    (void)state;
    if (!confine_is_possible()) {
        (void)printf("SKIP confinement: a build with sanitizers is not confined\n");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(in_child(rows[i].attempt), rows[i].works ? 1 : 0);
    }
    CHECK(access("/tmp/gong-escape", F_OK) != 0);
}

TEST_MAIN(cmocka_unit_test(test_attempts))
