#include "core/nest.h"

#include "core/clock.h"
#include "core/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct nest {
    int fd; // the other end is the nest's standard input
    pid_t pid;
    char *name;
};

// A request: this head, then the arguments, each with its NUL, and its descriptors: input, output,
// complaints, and the files beyond the first. The answer is the number of the fork, or -errno.
struct head {
    int64_t memory_bytes, cpu_s;
    size_t streams;
};
enum { STREAMS = 3, STREAMS_MAX = STREAMS + NEST_FILES_MAX - 1 };

union control {
    char bytes[CMSG_SPACE(sizeof(int[STREAMS_MAX]))];
    struct cmsghdr align;
};

// --- who asks ------------------------------------------------------------------------------------

static void close_both(int (*pair)[2])
{
    for (int i = 0; i < 2; i++) {
        if ((*pair)[i] >= 0)
            (void)close((*pair)[i]);
    }
}

static int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

enum err_kind nest_start(const char *const *argv, const struct proc_limits *limits,
                         struct nest **out, struct err *err)
{
    AUTO(close_both) int pair[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return err_errno(err, ERR_LATER, "cannot make a socket for %s", argv[0]);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int ends[STREAMS] = {pair[1], nothing, nothing};
    pid_t pid = 0;
    enum err_kind kind = proc_between(argv, ends, limits, &pid, err);
    if (nothing >= 0)
        (void)close(nothing);
    if (kind)
        return kind;
    struct nest *nest = mem_new(1, sizeof(*nest));
    *nest = (struct nest){.fd = take_fd(&pair[0]), .pid = pid, .name = mem_text(argv[0])};
    *out = nest;
    return OK;
}

void nest_end(struct nest **nest)
{
    if (!*nest)
        return;
    (void)close((*nest)->fd);
    (void)kill((*nest)->pid, SIGKILL); // it holds nothing
    while (waitpid((*nest)->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    mem_free(&(*nest)->name);
    mem_free(nest);
}

// Sends a request and hears the number of the fork.
static enum err_kind ask(struct nest *nest, const struct buf *request, const int *streams,
                         size_t count, pid_t *out, struct err *err)
{
    union control control = {0};
    struct iovec part = {request->at, request->len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(rights), streams, count * sizeof(int));
    ssize_t moved;
    do
        moved = sendmsg(nest->fd, &message, MSG_NOSIGNAL);
    while (moved < 0 && errno == EINTR);
    int answer = 0;
    while (moved >= 0) {
        moved = recv(nest->fd, &answer, sizeof(answer), 0);
        if (moved >= 0 || errno != EINTR)
            break;
        moved = 0;
    }
    if (moved != sizeof(answer))
        return err_set(err, ERR_LATER, "%s is gone; it is started again when it is needed",
                       nest->name);
    errno = answer < 0 ? -answer : 0;
    if (answer <= 0)
        return err_errno(err, ERR_LATER, "%s cannot make a fork of itself", nest->name);
    *out = answer;
    return OK;
}

enum err_kind nest_begin(struct nest *nest, const char *const *args, int input_fd,
                         const struct proc_limits *limits, struct proc_child *child,
                         struct err *err)
{
    struct nest_files one = {&input_fd, 1};
    return nest_begin_files(nest, args, &one, limits, child, err);
}

enum err_kind nest_begin_files(struct nest *nest, const char *const *args,
                               const struct nest_files *files, const struct proc_limits *limits,
                               struct proc_child *child, struct err *err)
{
    assert(files->count >= 1 && files->count <= NEST_FILES_MAX);
    AUTO(close_both) int out[2] = {-1, -1};
    AUTO(close_both) int complain[2] = {-1, -1};
    size_t count = files->count + STREAMS - 1;
    struct head head = {limits->memory_bytes, limits->cpu_s, count};
    AUTO(buf_free) struct buf request = buf_new(NEST_BYTES_MAX);
    buf_add(&request, (const char *)&head, sizeof(head));
    for (size_t i = 0; args[i]; i++)
        buf_add(&request, args[i], strlen(args[i]) + 1);
    if (request.full)
        return err_set(err, ERR_LATER, "more is asked of %s than fits into a message", nest->name);
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(complain, O_CLOEXEC) != 0)
        return err_errno(err, ERR_LATER, "cannot make a pipe for %s", nest->name);
    int streams[STREAMS_MAX] = {files->fd[0], out[1], complain[1]};
    memcpy(streams + STREAMS, files->fd + 1, (files->count - 1) * sizeof(*streams));
    struct proc_child begun = {.name = nest->name};
    if (ask(nest, &request, streams, count, &begun.pid, err))
        return err_of(err);
    begun.end_ms = limits->wall_ms ? clock_ticks_ms() + limits->wall_ms : INT64_MAX;
    begun.out = take_fd(&out[0]);
    begun.complain = take_fd(&complain[0]);
    *child = begun;
    return OK;
}

// --- the nest ------------------------------------------------------------------------------------

// As fork(), but the child belongs to our parent, who waits for it. There is one thread here, so
// that nothing has to be told of it.
static pid_t fork_for_parent(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0L, 0L, 0L, 0L);
}

// A request as it came.
struct request {
    char *bytes; // [NEST_BYTES_MAX + 1]
    size_t len;
    struct head head;
    int stream[STREAMS_MAX]; // [streams]
    size_t streams;
};

// The next request; false at the end, or when not all of it came.
static bool hear(struct request *out)
{
    union control control = {0};
    struct iovec part = {out->bytes, NEST_BYTES_MAX};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t got;
    do
        got = recvmsg(STDIN_FILENO, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < (ssize_t)sizeof(struct head))
        return false;
    out->len = (size_t)got;
    out->bytes[out->len] = '\0';
    memcpy(&out->head, out->bytes, sizeof(out->head));
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    out->streams = 0;
    if (rights && rights->cmsg_type == SCM_RIGHTS)
        out->streams = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    if (out->streams < STREAMS || out->streams > STREAMS_MAX || out->streams != out->head.streams)
        return false;
    memcpy(out->stream, CMSG_DATA(rights), out->streams * sizeof(int));
    return true;
}

// In the fork. What it was given is all that it has. Its descriptors came in ascending order, to
// places that nothing else had: what is moved down meets none that is still to be moved.
static void settle_in(const struct request *request)
{
    for (size_t i = 0; i < request->streams; i++) {
        if (request->stream[i] < (int)i || dup2(request->stream[i], (int)i) < 0)
            _exit(1);
    }
    (void)syscall(SYS_close_range, (unsigned)request->streams, ~0U, 0U);
    struct proc_limits limits = {.memory_bytes = request->head.memory_bytes,
                                 .cpu_s = request->head.cpu_s};
    proc_limit_self(&limits);
}

static size_t split(const char *bytes, size_t len, const char **args, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < len && count < max; i += strlen(bytes + i) + 1)
        args[count++] = bytes + i;
    return count;
}

size_t nest_serve(const char **args, size_t max)
{
    struct request request = {.bytes = mem_new(NEST_BYTES_MAX + 1, 1)}; // stays: args point into it
    while (hear(&request)) {
        pid_t child = fork_for_parent();
        if (child == 0) {
            settle_in(&request);
            return split(request.bytes + sizeof(request.head), request.len - sizeof(request.head),
                         args, max);
        }
        int answer = child > 0 ? child : -errno;
        for (size_t i = 0; i < request.streams; i++)
            (void)close(request.stream[i]);
        if (send(STDIN_FILENO, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
            break;
    }
    _exit(0);
}
