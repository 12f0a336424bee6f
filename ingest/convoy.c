#include "ingest/convoy.h"

#include "core/clock.h"
#include "core/mem.h"
#include "core/nest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Two children keep two processors at work, as much as reading gains by it. A pipe of a mebibyte is
// the most that Linux gives without asking: a child goes on while the other is listened to.
enum { LANES = 2, MIB = 1 << 20, PIPE_BYTES = MIB };

struct convoy {
    struct decode_limits limits;
    struct nest *nest;             // NULL: it could not be started
    struct proc_child lane[LANES]; // pid 0: gone
    int64_t wall_ms[LANES];        // for each of its files
    size_t count, next;            // of the files that were begun with
};

struct convoy *convoy_new(const char *program)
{
    struct convoy *convoy = mem_new(1, sizeof(*convoy));
    struct err why = {0};
    AUTO(mem_drop) char *path = program ? mem_text(program) : proc_program("gong-plain");
    const char *const argv[] = {path, "--nest", NULL};
    if (nest_start(argv, &(struct proc_limits){0}, &convoy->nest, &why))
        convoy->nest = NULL; // then each file has a child of its own
    return convoy;
}

static void drop_lanes(struct convoy *convoy)
{
    for (size_t i = 0; i < LANES; i++)
        proc_drop(&convoy->lane[i]);
    convoy->count = convoy->next = 0;
}

void convoy_free(struct convoy **convoy)
{
    if (!*convoy)
        return;
    drop_lanes(*convoy);
    nest_end(&(*convoy)->nest);
    mem_free(convoy);
}

// Every second file is one lane's: they are taken in turn.
static void begin_lane(struct convoy *convoy, const char *const *args, const int *files, size_t i)
{
    int own[CONVOY_FILES_MAX / LANES];
    struct nest_files list = {own, 0};
    struct err why = {0};
    struct stat info;
    int64_t bytes = 0;
    for (size_t k = i; k < convoy->count; k += LANES) {
        bytes += fstat(files[k], &info) == 0 ? info.st_size : 0;
        own[list.count++] = files[k];
    }
    struct proc_limits limits = decode_child(&convoy->limits, bytes);
    convoy->wall_ms[i] = limits.wall_ms;
    if (list.count == 0 || !convoy->nest)
        return;
    if (nest_begin_files(convoy->nest, args, &list, &limits, &convoy->lane[i], &why))
        nest_end(&convoy->nest);
    else
        (void)fcntl(convoy->lane[i].out, F_SETPIPE_SZ, (int)PIPE_BYTES); // a smaller one will do
}

void convoy_begin(struct convoy *convoy, const struct decode_limits *limits,
                  const struct wanted_list *wanted, const int *files, size_t count)
{
    static_assert(CONVOY_FILES_MAX / LANES <= NEST_FILES_MAX, "a lane's files go in one message");
    assert(count <= CONVOY_FILES_MAX);
    drop_lanes(convoy);
    convoy->limits = *limits;
    convoy->count = count;
    AUTO(wanted_args_free) char **args = wanted_args(wanted);
    for (size_t i = 0; i < LANES; i++)
        begin_lane(convoy, (const char *const *)args, files, i);
}

// As many bytes as are asked for, before the time is over.
static bool hear(const struct proc_child *lane, void *out, size_t size)
{
    char *at = out;
    while (size > 0) {
        struct pollfd end = {lane->out, POLLIN, 0};
        int64_t left_ms = lane->end_ms - clock_ticks_ms();
        if (left_ms <= 0 || (poll(&end, 1, (int)left_ms) < 0 && errno != EINTR))
            return false;
        ssize_t got = end.revents ? read(lane->out, at, size) : 0;
        if (end.revents && (got == 0 || (got < 0 && errno != EINTR)))
            return false;
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool convoy_next(struct convoy *convoy, struct frame *out)
{
    assert(convoy->next < convoy->count);
    size_t turn = convoy->next++ % LANES;
    struct proc_child *lane = &convoy->lane[turn];
    struct convoy_head head = {0};
    struct err why = {0};
    if (lane->pid == 0)
        return false;
    lane->end_ms = clock_ticks_ms() + convoy->wall_ms[turn];
    bool heard = hear(lane, &head, sizeof(head));
    if (heard && head.bytes == 0)
        return false;
    AUTO(mem_drop) char *bytes = NULL;
    heard = heard && head.bytes <= (uint64_t)convoy->limits.mib_max * MIB;
    if (heard) {
        bytes = mem_resize(NULL, head.bytes, 1);
        heard = hear(lane, bytes, head.bytes);
    }
    if (heard && frame_read((struct str){bytes, head.bytes}, out, &why) == OK)
        return true;
    proc_drop(lane); // nothing more is believed of it
    return false;
}
