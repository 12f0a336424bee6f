#ifndef GONG_TESTS_LEDGER_FOLDER_H
#define GONG_TESTS_LEDGER_FOLDER_H

#include "core/mem.h"
#include "tests/check.h"
#include "tests/ledger/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// A folder that remembers, and that fails when it is told to: what disk.h is under SQLite, for the
// plain files and folders of a program. The C library's calls below stand in the test itself,
// before those of the library, for all that is linked; what is not under folder.root passes
// through.
//
// After a power cut: of bytes that were not synced each write is there, not there, or torn by
// sector; of names in a folder that was not synced each change is there or not, in any order
// (rename alone is one change); what stands in a folder whose name is gone is gone.
enum folder_op_kind {
    FOLDER_CREATE, // a name for a new, empty file
    FOLDER_MKDIR,
    FOLDER_RENAME,
    FOLDER_UNLINK,
    FOLDER_WRITE,
    FOLDER_CUT,       // to nothing
    FOLDER_SYNC,      // of a file's bytes
    FOLDER_SYNC_NAMES // of what stands in a folder
};
enum { FOLDER_PATH = 160, FOLDER_NAMES = 512, FOLDER_FDS = 256 };

struct folder_op {
    enum folder_op_kind kind;
    char path[FOLDER_PATH], to[FOLDER_PATH]; // from the root; "" is the root itself
    int file;                                // number of the file, whatever its name
    size_t at, size;
    uint8_t *bytes; // heap
};

static struct folder {
    const char *root; // NULL: nothing is logged, nothing fails
    const char *skip; // a part of a path that is of no interest: the calls pass through
    struct folder_op *op;
    size_t count, room;
    int files, fd[FOLDER_FDS]; // by descriptor: the number of its file + 1
    size_t at[FOLDER_FDS];     // where it writes
    // From call `fail_at` (1 is the first) on `fails` of them give `code`. 0: never.
    int64_t calls, fail_at, fails;
    int code;
    // A disk that lies: it does not do what it is asked for.
    bool no_sync_of_all, no_sync_of_files;
} folder;

static inline const char *folder_path(const char *path)
{
    size_t len = folder.root ? strlen(folder.root) : 0;
    if (!len || strncmp(path, folder.root, len) != 0 || (path[len] && path[len] != '/') ||
        (folder.skip && strstr(path, folder.skip)))
        return NULL;
    return path[len] ? path + len + 1 : path + len;
}

static inline bool folder_fails(void)
{
    int64_t call = ++folder.calls;
    bool now = folder.fail_at && call >= folder.fail_at && call < folder.fail_at + folder.fails;
    if (now)
        errno = folder.code;
    return now;
}

static inline struct folder_op *folder_log(enum folder_op_kind kind, const char *path, int file)
{
    if (folder.count == folder.room) {
        folder.room = folder.room ? folder.room * 2 : 256;
        folder.op = mem_resize(folder.op, folder.room, sizeof(*folder.op));
    }
    struct folder_op *op = &folder.op[folder.count++];
    *op = (struct folder_op){.kind = kind, .file = file};
    (void)snprintf(op->path, sizeof(op->path), "%s", path);
    return op;
}

// --- what is there: the log, or a part of it, played again

struct folder_name {
    char path[FOLDER_PATH];
    int file; // -1: a folder
};
struct folder_state {
    struct folder_name name[FOLDER_NAMES];
    int names;
    struct disk_image *image; // [folder.files]
};

static inline struct folder_name *folder_find(struct folder_state *state, const char *path)
{
    for (int i = 0; i < state->names; i++) {
        if (strcmp(state->name[i].path, path) == 0)
            return &state->name[i];
    }
    return NULL;
}

static inline void folder_give(struct folder_state *state, const char *path, int file)
{
    struct folder_name *name = folder_find(state, path);
    if (!name) {
        CHECK(state->names < FOLDER_NAMES);
        name = &state->name[state->names++];
        (void)snprintf(name->path, sizeof(name->path), "%s", path);
    }
    name->file = file;
}

// Only a name of that file: another may have it by now.
static inline void folder_drop(struct folder_state *state, const char *path, int file)
{
    struct folder_name *name = folder_find(state, path);
    if (name && name->file == file)
        *name = state->name[--state->names];
}

static inline void folder_play(struct folder_state *state, const struct folder_op *op)
{
    switch (op->kind) {
    case FOLDER_CREATE:
    case FOLDER_MKDIR:
        folder_give(state, op->path, op->kind == FOLDER_MKDIR ? -1 : op->file);
        return;
    case FOLDER_RENAME:
        folder_drop(state, op->path, op->file);
        folder_give(state, op->to, op->file);
        return;
    case FOLDER_UNLINK:
        folder_drop(state, op->path, op->file);
        return;
    case FOLDER_WRITE:
        image_put(&state->image[op->file], op->at, op->bytes, op->size);
        return;
    case FOLDER_CUT:
        image_apply(&state->image[op->file], &(struct disk_op){.kind = DISK_CUT});
        return;
    case FOLDER_SYNC:
    case FOLDER_SYNC_NAMES:
        return;
    }
}

static inline void folder_tear(struct folder_state *state, const struct folder_op *op,
                               uint64_t *seed)
{
    struct disk_op as = {.at = (int64_t)op->at, .size = (int64_t)op->size, .bytes = op->bytes};
    image_tear(&state->image[op->file], &as, seed);
}

// The file that has a name now, whatever reaches the disk; -1: none.
static inline int folder_file(const char *path)
{
    int file = -1;
    for (size_t i = 0; i < folder.count; i++) {
        const struct folder_op *op = &folder.op[i];
        if (op->kind == FOLDER_CREATE && strcmp(op->path, path) == 0)
            file = op->file;
        else if (op->kind == FOLDER_RENAME && strcmp(op->to, path) == 0)
            file = op->file;
        else if ((op->kind == FOLDER_RENAME || op->kind == FOLDER_UNLINK) &&
                 strcmp(op->path, path) == 0)
            file = -1;
    }
    return file;
}

static inline bool folder_is_in(const char *path, const char *in)
{
    size_t len = strlen(in);
    const char *name = strrchr(path, '/');
    return name ? (size_t)(name - path) == len && strncmp(path, in, len) == 0 : len == 0;
}

static inline bool folder_syncs(const struct folder_op *sync, const struct folder_op *op)
{
    if (op->kind == FOLDER_WRITE || op->kind == FOLDER_CUT)
        return sync->kind == FOLDER_SYNC && (sync->file == op->file || sync->file < 0);
    return sync->kind == FOLDER_SYNC_NAMES &&
           (sync->file < 0 ||
            folder_is_in(op->kind == FOLDER_RENAME ? op->to : op->path, sync->path));
}

// One state that a power cut after the first `count` ops may leave. `all`: only the program ended.
static inline void folder_state(size_t count, bool all, uint64_t *seed, struct folder_state *state)
{
    uint64_t kept = disk_dice(seed, 5);
    state->names = 0;
    for (int i = 0; i < folder.files; i++) {
        if (state->image[i].size)
            memset(state->image[i].at, 0, state->image[i].size);
        state->image[i].size = 0;
    }
    for (size_t i = 0; i < count; i++) {
        const struct folder_op *op = &folder.op[i];
        bool sure = all;
        for (size_t k = i + 1; k < count && !sure; k++)
            sure = folder_syncs(&folder.op[k], op);
        if (sure || disk_dice(seed, 4) < kept)
            folder_play(state, op);
        else if (op->kind == FOLDER_WRITE && disk_dice(seed, 3) == 0)
            folder_tear(state, op, seed);
    }
}

// Writes it into an empty folder; a name in a folder that is not there is not there.
static inline void folder_put(const char *to, const struct folder_state *state)
{
    for (size_t depth = 0; depth < 4; depth++) {
        for (int i = 0; i < state->names; i++) {
            const struct folder_name *name = &state->name[i];
            size_t slashes = 0;
            for (const char *c = name->path; *c; c++)
                slashes += *c == '/';
            if (slashes != depth)
                continue;
            char path[300];
            (void)snprintf(path, sizeof(path), "%s/%s", to, name->path);
            if (name->file < 0) {
                (void)mkdir(path, 0700);
                continue;
            }
            const struct disk_image *image = &state->image[name->file];
            int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
            if (fd < 0)
                continue;
            CHECK(image->size == 0 || write(fd, image->at, image->size) == (ssize_t)image->size);
            CHECK_INT(close(fd), 0);
        }
    }
}

static inline void folder_forget(void)
{
    for (size_t i = 0; i < folder.count; i++)
        mem_free(&folder.op[i].bytes);
    mem_free(&folder.op);
    folder = (struct folder){0};
}

// --- the calls

static inline void folder_opened(int fd, const char *path, int flags, bool was)
{
    int file = was ? folder_file(path) : folder.files++;
    if (fd >= FOLDER_FDS || file < 0)
        return;
    if (!was)
        (void)folder_log(FOLDER_CREATE, path, file);
    else if (flags & O_TRUNC)
        (void)folder_log(FOLDER_CUT, path, file);
    folder.fd[fd] = file + 1;
    folder.at[fd] = 0;
}

int open(const char *path, int flags, ...)
{
    const char *name = folder_path(path);
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list rest;
        va_start(rest, flags);
        mode = (mode_t)va_arg(rest, int);
        va_end(rest);
    }
    bool was = name && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (name && (flags & O_CREAT) && folder_fails())
        return -1;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fd < FOLDER_FDS)
        folder.fd[fd] = 0;
    if (fd >= 0 && name && (flags & O_CREAT))
        folder_opened(fd, name, flags, was);
    return fd;
}

static inline int folder_of(int fd) // number of its file + 1; 0: passes through
{
    return folder.root && fd >= 0 && fd < FOLDER_FDS ? folder.fd[fd] : 0;
}

static inline void folder_written(int file, size_t at, const void *bytes, size_t size)
{
    struct folder_op *op = folder_log(FOLDER_WRITE, "", file - 1);
    op->at = at;
    op->size = size;
    op->bytes = mem_new(size + 1, 1);
    memcpy(op->bytes, bytes, size);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    int file = folder_of(fd);
    if (file && folder_fails())
        return -1;
    if (file) {
        folder_written(file, folder.at[fd], bytes, size);
        folder.at[fd] += size;
    }
    return syscall(SYS_write, fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    int file = folder_of(fd);
    if (file && folder_fails())
        return -1;
    if (file)
        folder_written(file, (size_t)at, bytes, size);
    return syscall(SYS_pwrite64, fd, bytes, size, at);
}

int ftruncate(int fd, off_t size)
{
    int file = folder_of(fd);
    CHECK(!file || size == 0); // nothing else is asked for
    if (file && folder_fails())
        return -1;
    if (file)
        (void)folder_log(FOLDER_CUT, "", file - 1);
    return (int)syscall(SYS_ftruncate, fd, size);
}

int fsync(int fd)
{
    char link[64], path[300] = "";
    struct stat status;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const char *name =
        folder.root && fstat(fd, &status) == 0 && readlink(link, path, sizeof(path) - 1) > 0
            ? folder_path(path)
            : NULL;
    if (name && folder_fails())
        return -1;
    if (name && S_ISDIR(status.st_mode))
        (void)folder_log(FOLDER_SYNC_NAMES, name, 0);
    else if (name && fd < FOLDER_FDS && folder.fd[fd] && !folder.no_sync_of_files)
        (void)folder_log(FOLDER_SYNC, name, folder.fd[fd] - 1);
    return (int)syscall(SYS_fsync, fd);
}

int syncfs(int fd)
{
    if (folder.root && folder_fails())
        return -1;
    if (folder.root && !folder.no_sync_of_all) {
        (void)folder_log(FOLDER_SYNC, "", -1);
        (void)folder_log(FOLDER_SYNC_NAMES, "", -1);
    }
    (void)fd; // nothing of this program's needs it, and others are not to wait for us
    return 0;
}

int rename(const char *from, const char *to)
{
    const char *name = folder_path(from), *other = folder_path(to);
    if (name && other && folder_fails())
        return -1;
    if (name && other) {
        struct folder_op *op = folder_log(FOLDER_RENAME, name, folder_file(name));
        (void)snprintf(op->to, sizeof(op->to), "%s", other);
    }
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int mkdir(const char *path, mode_t mode)
{
    const char *name = folder_path(path);
    bool is_new = name && *name && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    if (is_new && folder_fails())
        return -1;
    if (is_new)
        (void)folder_log(FOLDER_MKDIR, name, -1);
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int unlink(const char *path)
{
    const char *name = folder_path(path);
    if (name && folder_file(name) >= 0)
        (void)folder_log(FOLDER_UNLINK, name, folder_file(name));
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

#endif
