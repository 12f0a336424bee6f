#include "core/file.h"

#include "core/clock.h"
#include "core/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_SIZE = 64 * 1024, COPY_BYTES_MAX = 1 << 30 };

void file_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

enum err_kind file_lock(int fd, const char *path, int how, int64_t wait_ms, bool *held,
                        struct err *err)
{
    enum { STEP_MS = 50 };
    int64_t left_ms = wait_ms;
    while (flock(fd, how | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return err_errno(err, ERR_REFUSED, "cannot lock %s", path);
        if (left_ms <= 0) {
            *held = false;
            return OK;
        }
        clock_system.pause_ms(clock_system.self, STEP_MS);
        left_ms -= STEP_MS;
    }
    *held = true;
    return OK;
}

static enum err_kind read_all(const char *path, int flags, struct buf *out, struct err *err)
{
    // Not waiting: to open a pipe that nobody writes into would never end.
    AUTO(file_close) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0)
        return err_errno(err, ERR_LATER, "cannot open %s", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_INPUT, "%s is %s, not a file; name a file", path,
                       S_ISDIR(status.st_mode) ? "a folder" : "a pipe or a device");
    AUTO(mem_drop) char *block = mem_new(BLOCK_SIZE, 1);
    for (;;) {
        ssize_t got = read(fd, block, BLOCK_SIZE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_LATER, "cannot read %s", path);
        if (got == 0)
            break;
        buf_add(out, block, (size_t)got);
        if (out->full)
            return err_set(err, ERR_INPUT, "%s is larger than the limit of %zu bytes", path,
                           out->max);
    }
    if (!out->at)
        buf_add(out, "", 0);
    return OK;
}

enum err_kind file_read(const char *path, struct buf *out, struct err *err)
{
    return read_all(path, 0, out, err);
}

enum err_kind file_read_itself(const char *path, struct buf *out, struct err *err)
{
    return read_all(path, O_NOFOLLOW, out, err);
}

static enum err_kind write_all(int fd, struct str bytes, const char *path, struct err *err)
{
    while (bytes.len) {
        ssize_t put = write(fd, bytes.at, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, ERR_BROKEN, "cannot write %s", path);
        bytes.at += put;
        bytes.len -= (size_t)put;
    }
    return OK;
}

enum err_kind file_sync_name(const char *path, struct err *err)
{
    AUTO(mem_drop) char *folder = mem_text(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *(slash == folder ? slash + 1 : slash) = '\0';
    const char *name = slash ? folder : ".";
    AUTO(file_close) int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return err_errno(err, ERR_BROKEN, "cannot fsync folder %s", name);
    return OK;
}

enum err_kind file_may_be_replaced(const char *path, struct err *err)
{
    struct stat link, there;
    bool is_there = lstat(path, &link) == 0 && stat(path, &there) == 0;
    bool is_device = is_there && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
    // /dev/stdout is a link, to whatever that is just now.
    bool is_stream = is_there && S_ISLNK(link.st_mode) && strncmp(path, "/dev/", 5) == 0;
    if (is_device || is_stream)
        return err_set(err, ERR_INPUT, "%s is a device, a pipe or a socket; name a file", path);
    return OK;
}

// A new file beside it, then the rename.
static enum err_kind replace(const char *path, struct str bytes, mode_t mode, bool sync,
                             struct err *err)
{
    AUTO(buf_free) struct buf fresh = buf_new(4096);
    buf_print(&fresh, "%s.%ld.part", path, (long)getpid());
    if (fresh.full)
        return err_set(err, ERR_INPUT, "the path %.80s... is too long", path);
    if (file_may_be_replaced(path, err))
        return err_of(err);
    AUTO(file_close) int fd = open(fresh.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return err_errno(err, ERR_BROKEN, "cannot create %s", fresh.at);
    enum err_kind kind = write_all(fd, bytes, fresh.at, err);
    if (!kind && sync && fsync(fd) != 0)
        kind = err_errno(err, ERR_BROKEN, "cannot fsync %s", fresh.at);
    if (!kind && rename(fresh.at, path) != 0)
        kind = err_errno(err, ERR_BROKEN, "cannot rename %s to %s", fresh.at, path);
    if (kind) {
        (void)unlink(fresh.at);
        return kind;
    }
    return sync ? file_sync_name(path, err) : OK;
}

enum err_kind file_write(const char *path, struct str bytes, mode_t mode, struct err *err)
{
    return replace(path, bytes, mode, true, err);
}

enum err_kind file_note(const char *path, struct str bytes, mode_t mode, struct err *err)
{
    return replace(path, bytes, mode, false, err);
}

enum err_kind file_make_folder(const char *path, mode_t mode, struct err *err)
{
    AUTO(mem_drop) char *each = mem_text(path);
    for (char *slash = each + 1;; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        bool last = *slash == '\0';
        *slash = '\0';
        if (mkdir(each, mode) != 0 && errno != EEXIST)
            return err_errno(err, ERR_BROKEN, "cannot make folder %s", each);
        if (last)
            return OK;
        *slash = '/';
    }
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

char *file_join(const char *folder, const char *name)
{
    size_t len = strlen(folder);
    struct buf path = buf_new(len + strlen(name) + 2);
    buf_text(&path, folder);
    if (len == 0 || folder[len - 1] != '/')
        buf_char(&path, '/');
    buf_text(&path, name);
    return buf_take(&path);
}

// Whether that is what has the name: who was waited for may have removed or renamed it.
static bool has_name(int fd, const char *path)
{
    struct stat own, named;
    return fstat(fd, &own) == 0 && lstat(path, &named) == 0 && own.st_dev == named.st_dev &&
           own.st_ino == named.st_ino;
}

static enum err_kind wait_for(int fd, const char *path, struct err *err)
{
    while (flock(fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            return err_errno(err, ERR_LATER, "cannot lock %s", path);
    }
    return OK;
}

enum err_kind file_hold(const char *path, int *fd, struct err *err)
{
    for (bool ours = false; !ours;) {
        int one = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (one < 0)
            return err_errno(err, ERR_BROKEN, "cannot create %s", path);
        enum err_kind kind = wait_for(one, path, err);
        ours = !kind && has_name(one, path);
        if (ours && ftruncate(one, 0) != 0)
            kind = err_errno(err, ERR_BROKEN, "cannot empty %s", path);
        if (kind || !ours)
            (void)close(one);
        else
            *fd = one;
        if (kind)
            return kind;
    }
    return OK;
}

int file_hold_left(const char *path)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct err ignored = {0}; // where there are no locks nobody is known to be gone
    bool held = false;
    if (fd < 0 || (!file_lock(fd, path, LOCK_EX, 0, &held, &ignored) && held && has_name(fd, path)))
        return fd;
    (void)close(fd);
    return -1;
}

char *file_bare(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return str_copy((struct str){path, len});
}

char *file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_text(".");
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    return str_copy((struct str){path, len});
}

bool file_same(const char *a, const char *b)
{
    struct stat one, other;
    bool is_a = stat(a, &one) == 0, is_b = stat(b, &other) == 0;
    if (!is_a && !is_b) {
        AUTO(mem_drop) char *folder_a = file_folder(a), *folder_b = file_folder(b);
        const char *name_a = strrchr(a, '/'), *name_b = strrchr(b, '/');
        if (strcmp(name_a ? name_a + 1 : a, name_b ? name_b + 1 : b) != 0)
            return false;
        is_a = stat(folder_a, &one) == 0;
        is_b = stat(folder_b, &other) == 0;
    }
    return is_a && is_b ? one.st_dev == other.st_dev && one.st_ino == other.st_ino
                        : strcmp(a, b) == 0;
}

static int by_byte(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err_kind file_names(const char *folder, char ***names, struct err *err)
{
    DIR *open_folder = opendir(folder);
    if (!open_folder)
        return err_errno(err, ERR_LATER, "cannot list folder %s", folder);
    size_t count = 0, room = 16;
    char **list = mem_new(room, sizeof(*list));
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (count + 2 > room) {
            room *= 2;
            list = mem_resize(list, room, sizeof(*list));
        }
        list[count++] = mem_text(entry->d_name);
    }
    list[count] = NULL;
    (void)closedir(open_folder);
    qsort(list, count, sizeof(*list), by_byte);
    *names = list;
    return OK;
}

void file_names_free(char ***names)
{
    for (char **name = *names; name && *name; name++)
        mem_free(name);
    mem_free(names);
}

enum err_kind file_copy(const char *from, const char *to, mode_t mode, struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(COPY_BYTES_MAX);
    if (file_read(from, &bytes, err))
        return err->kind;
    return file_write(to, buf_slice(&bytes), mode, err);
}
