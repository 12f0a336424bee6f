#include "core/proc.h"

#include "core/clock.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 4096, COMPLAINT_MAX = 500, EXEC_FAILED = 127 };

extern char **environ;

char *proc_folder(void)
{
    char path[PATH_BYTES_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0)
        return mem_text(".");
    path[len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return mem_text(path);
}

char *proc_program(const char *name)
{
    AUTO(mem_drop) char *folder = proc_folder();
    struct buf path = buf_new(PATH_BYTES_MAX);
    buf_print(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

char *proc_shipped(const char *name)
{
    static const char *const places[] = {"../share/gong", "../../data"};
    AUTO(mem_drop) char *folder = proc_folder();
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        AUTO(buf_free) struct buf path = buf_new(PATH_BYTES_MAX);
        buf_print(&path, "%s/%s/%s", folder, places[i], name);
        if (!path.full && access(path.at, F_OK) == 0)
            return buf_take(&path);
    }
    return NULL;
}

// The hard limit lies one above: processor time that is over is told by SIGXCPU, not by the SIGKILL
// that anybody may have sent.
static void limit(int what, int64_t value)
{
    struct rlimit both = {(rlim_t)value, (rlim_t)value + (what == RLIMIT_CPU)};
    if (value > 0)
        (void)setrlimit((__rlimit_resource_t)what, &both);
}

bool proc_has_landlock(void)
{
    enum { ASK_VERSION = 1 }; // LANDLOCK_CREATE_RULESET_VERSION
    return syscall(__NR_landlock_create_ruleset, NULL, 0, ASK_VERSION) >= 1;
}

void proc_limit_self(const struct proc_limits *limits)
{
    struct rlimit none = {0, 0};
    limit(RLIMIT_AS, limits->memory_bytes);
    limit(RLIMIT_CPU, limits->cpu_s);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

// In a child: it gets the signal when its parent ends. One that ended before this was asked for
// sends none, and the child would go on for ever with nobody to stop it: it ends here.
static void end_with(pid_t parent, int signal)
{
    if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0 || getppid() != parent)
        _exit(EXEC_FAILED);
}

// In the child, between fork and exec: only calls that are safe there.
static void become_confined(const char *const *argv, const int ends[3],
                            const struct proc_limits *limits, pid_t parent)
{
    static char *const empty[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
    if (dup2(ends[0], STDIN_FILENO) < 0 || dup2(ends[1], STDOUT_FILENO) < 0 ||
        dup2(ends[2], STDERR_FILENO) < 0)
        _exit(EXEC_FAILED);
    (void)syscall(SYS_close_range, 3U, ~0U, 0U);
    proc_limit_self(limits);
    end_with(parent, SIGKILL);
    (void)execve(argv[0], (char *const *)(uintptr_t)argv, empty);
    _exit(EXEC_FAILED);
}

enum err_kind proc_between(const char *const *argv, const int ends[3],
                           const struct proc_limits *limits, pid_t *out, struct err *err)
{
    pid_t self = getpid(), child = fork();
    if (child < 0)
        return err_errno(err, ERR_LATER, "cannot start %s", argv[0]);
    if (child == 0)
        become_confined(argv, ends, limits, self);
    *out = child;
    return OK;
}

struct pipes {
    int out[2], complain[2];
};

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            (void)close(pair[i]);
        pair[i] = -1;
    }
}

static void pipes_close(struct pipes *pipes)
{
    close_pair(pipes->out);
    close_pair(pipes->complain);
}

// Takes what is there; false when the other end is closed.
static bool drain(int fd, struct buf *into, bool *too_much)
{
    char block[65536];
    ssize_t got = read(fd, block, sizeof(block));
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    if (got == 0)
        return false;
    if (into)
        buf_add(into, block, (size_t)got);
    if (too_much && into && into->full)
        *too_much = true;
    return true;
}

// Collects both streams until they close; kills the child past its wall time or output limit, and
// says which (0: neither).
static int collect(const struct proc_child *child, struct buf *out, struct buf *complaint)
{
    struct pollfd ends[2] = {{child->out, POLLIN, 0}, {child->complain, POLLIN, 0}};
    int killed = 0;
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        int ready = poll(ends, 2, 100);
        if (ready < 0 && errno != EINTR)
            break;
        bool too_much = false;
        if (ready > 0 && ends[0].revents && !drain(ends[0].fd, out, &too_much))
            ends[0].fd = -1;
        if (ready > 0 && ends[1].revents && !drain(ends[1].fd, complaint, NULL))
            ends[1].fd = -1;
        if (!killed && (too_much || clock_ticks_ms() > child->end_ms)) {
            (void)kill(child->pid, SIGKILL);
            killed = too_much ? PROC_TOO_MUCH : PROC_TOO_LONG;
        }
    }
    return killed;
}

static int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

enum err_kind proc_begin(const char *const *argv, int input_fd, const struct proc_limits *limits,
                         struct proc_child *child, struct err *err)
{
    AUTO(pipes_close) struct pipes pipes = {{-1, -1}, {-1, -1}};
    if (pipe2(pipes.out, O_CLOEXEC) != 0 || pipe2(pipes.complain, O_CLOEXEC) != 0)
        return err_errno(err, ERR_LATER, "cannot make a pipe for %s", argv[0]);
    int in = input_fd >= 0 ? input_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int ends[3] = {in, pipes.out[1], pipes.complain[1]};
    struct proc_child begun = {.name = argv[0]};
    enum err_kind kind = proc_between(argv, ends, limits, &begun.pid, err);
    if (input_fd < 0)
        (void)close(in);
    if (kind)
        return kind;
    begun.end_ms = limits->wall_ms ? clock_ticks_ms() + limits->wall_ms : INT64_MAX;
    begun.out = take_fd(&pipes.out[0]);
    begun.complain = take_fd(&pipes.complain[0]);
    *child = begun;
    return OK;
}

enum err_kind proc_finish(struct proc_child *child, struct buf *out, struct buf *complaint,
                          int *exit_code, struct err *err)
{
    int status = 0;
    complaint->max = COMPLAINT_MAX < complaint->max ? COMPLAINT_MAX : complaint->max;
    int killed = collect(child, out, complaint);
    struct proc_child ended = *child;
    *child = (struct proc_child){0};
    (void)close(ended.out);
    (void)close(ended.complain);
    while (waitpid(ended.pid, &status, 0) < 0) {
        if (errno != EINTR)
            return err_errno(err, ERR_BROKEN, "lost the child %s", ended.name);
    }
    *exit_code = killed              ? killed
                 : WIFEXITED(status) ? WEXITSTATUS(status)
                                     : PROC_SIGNAL + WTERMSIG(status);
    if (*exit_code == EXEC_FAILED)
        return err_set(err, ERR_LATER, "cannot start %s; is gong installed whole?", ended.name);
    return OK;
}

void proc_drop(struct proc_child *child)
{
    if (child->pid == 0)
        return;
    (void)kill(child->pid, SIGKILL);
    (void)close(child->out);
    (void)close(child->complain);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *child = (struct proc_child){0};
}

enum err_kind proc_run(const char *const *argv, int input_fd, const struct proc_limits *limits,
                       struct buf *out, struct buf *complaint, int *exit_code, struct err *err)
{
    AUTO(proc_drop) struct proc_child child = {0};
    if (proc_begin(argv, input_fd, limits, &child, err))
        return err_of(err);
    return proc_finish(&child, out, complaint, exit_code, err);
}

enum err_kind proc_start(const char *const *argv, pid_t *out, struct err *err)
{
    pid_t self = getpid(), child = fork();
    if (child < 0)
        return err_errno(err, ERR_LATER, "cannot start %s", argv[0]);
    if (child == 0) {
        end_with(self, SIGTERM);
        (void)execve(argv[0], (char *const *)(uintptr_t)argv, environ);
        _exit(EXEC_FAILED);
    }
    *out = child;
    return OK;
}

bool proc_ended(pid_t child, int *exit_code)
{
    int status = 0;
    pid_t got = waitpid(child, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return false;
    // No such child any more: somebody waited for it, or it never was ours.
    *exit_code = got < 0             ? EXEC_FAILED
                 : WIFEXITED(status) ? WEXITSTATUS(status)
                                     : PROC_SIGNAL + WTERMSIG(status);
    return true;
}

bool proc_went_first(int *exit_code)
{
    int status = 0;
    pid_t self = getpid(), child = fork();
    *exit_code = PROC_NO_FORK;
    if (child == 0) {
        end_with(self, SIGKILL);
        return false;
    }
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            *exit_code = PROC_LOST;
            return true;
        }
    }
    if (child > 0)
        *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : PROC_SIGNAL + WTERMSIG(status);
    return true;
}

void proc_end(pid_t child, int64_t grace_ms)
{
    enum { STEP_MS = 10 };
    int exit_code = 0;
    (void)kill(child, SIGTERM);
    for (int64_t waited_ms = 0; waited_ms < grace_ms; waited_ms += STEP_MS) {
        if (proc_ended(child, &exit_code))
            return;
        clock_system.pause_ms(clock_system.self, STEP_MS);
    }
    (void)kill(child, SIGKILL);
    while (!proc_ended(child, &exit_code))
        clock_system.pause_ms(clock_system.self, STEP_MS);
}

enum err_kind proc_become(const char *const *argv, struct err *err)
{
    (void)execve(argv[0], (char *const *)(uintptr_t)argv, environ);
    return err_errno(err, ERR_MISSING, "cannot start %s", argv[0]);
}
