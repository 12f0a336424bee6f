#include "ingest/archive.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ingest/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char COMING[] = ".coming-"; // and the process that copies it
enum { PATH_MAX_BYTES = 8192, FILE_MODE = 0600, FOLDER_MODE = 0700, SENT_AT_ONCE = 1 << 30 };

static char *shelf(const char *folder, struct hash hash)
{
    struct buf path = buf_new(PATH_MAX_BYTES);
    struct hash_hex hex = hash_hex(hash);
    buf_print(&path, "%s/%.2s", folder, hex.at);
    return buf_take(&path);
}

char *archive_path(const char *folder, struct hash hash)
{
    AUTO(mem_drop) char *in = shelf(folder, hash);
    struct hash_hex hex = hash_hex(hash);
    return file_join(in, hex.at);
}

// The name in its shelf, and the shelf's own: also when another process, which may have ended
// since, made them. The bytes are on the disk before they have the name.
enum err_kind archive_sync(const char *folder, struct hash hash, struct err *err)
{
    AUTO(mem_drop) char *in = shelf(folder, hash);
    AUTO(mem_drop) char *path = archive_path(folder, hash);
    return file_sync_name(path, err) ? err_of(err) : file_sync_name(in, err);
}

enum err_kind archive_put(const char *folder, struct str bytes, struct hash *out, struct err *err)
{
    struct hash hash = hash_of(bytes);
    AUTO(mem_drop) char *in = shelf(folder, hash);
    AUTO(mem_drop) char *path = archive_path(folder, hash);
    if (file_exists(path)) {
        // So that the source's file, which was read again just now, does not look newer.
        (void)utimensat(AT_FDCWD, path, NULL, 0);
    } else if (file_make_folder(in, FOLDER_MODE, err) || file_write(path, bytes, FILE_MODE, err)) {
        return err_add(err, "keeping %zu bytes in the archive", bytes.len);
    }
    *out = hash;
    return archive_sync(folder, hash, err);
}

enum err_kind archive_adopt(const char *folder, const char *path, struct hash hash, struct err *err)
{
    AUTO(mem_drop) char *in = shelf(folder, hash);
    AUTO(mem_drop) char *to = archive_path(folder, hash);
    if (file_exists(to)) {
        (void)utimensat(AT_FDCWD, to, NULL, 0);
        (void)unlink(path);
        return archive_sync(folder, hash, err);
    }
    // The shelf first: moved into one that a power cut takes away, the file would be gone.
    if (file_make_folder(in, FOLDER_MODE, err) || file_sync_name(in, err))
        return err_add(err, "keeping %s in the archive", path);
    if (rename(path, to) != 0)
        return err_errno(err, ERR_BROKEN, "cannot move %s into the archive", path);
    return file_sync_name(to, err);
}

// From where they are read to where they are written, through the hash.
static enum err_kind copy_bytes(int from, int to, struct hash *hash, int64_t *bytes,
                                struct err *err)
{
    enum { AT_ONCE = 1 << 20 };
    AUTO(mem_drop) char *some = mem_new(AT_ONCE, 1);
    struct hasher hasher = hasher_new();
    ssize_t got;
    *bytes = 0;
    while ((got = pread(from, some, AT_ONCE, *bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_BROKEN, "cannot read it");
        hasher_add(&hasher, some, (size_t)got);
        for (ssize_t put = 0, one; put<got; put += one> 0 ? one : 0) {
            one = write(to, some + put, (size_t)(got - put));
            if (one < 0 && errno != EINTR)
                return err_errno(err, ERR_BROKEN, "cannot write it into the archive");
        }
        *bytes += got;
    }
    *hash = hasher_end(&hasher);
    return fsync(to) ? err_errno(err, ERR_BROKEN, "cannot fsync it in the archive") : OK;
}

// Of processes that were ended while they copied.
static enum err_kind clear_copies(const char *folder, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (file_names(folder, &names, err))
        return err_of(err);
    for (size_t i = 0; names[i]; i++) {
        struct err unknown = {0};
        int64_t process;
        if (!str_starts(str_of(names[i]), COMING) ||
            num_whole(str_of(names[i] + strlen(COMING)), 1, INT_MAX, &process, &unknown) ||
            kill((pid_t)process, 0) == 0 || errno != ESRCH)
            continue;
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        (void)unlink(path);
    }
    return OK;
}

// Under the lock of the archive: no other process takes this one's copy for that of a dead one of
// the same number.
static enum err_kind begin_copy(const char *folder, const char *copy, int *to, struct err *err)
{
    AUTO(sealed_close) int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", folder);
    while (flock(lock, LOCK_EX) != 0) {
        if (errno != EINTR)
            return err_errno(err, ERR_LATER, "cannot lock %s", folder);
    }
    if (clear_copies(folder, err))
        return err_of(err);
    *to = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    return *to < 0 ? err_errno(err, ERR_BROKEN, "cannot create %s", copy) : OK;
}

enum err_kind archive_copy(const char *folder, int fd, char **path, struct hash *hash,
                           int64_t *bytes, struct err *err)
{
    AUTO(buf_free) struct buf name = buf_new(100);
    buf_print(&name, "%s%ld", COMING, (long)getpid());
    AUTO(mem_drop) char *copy = file_join(folder, name.at);
    AUTO(sealed_close) int to = -1;
    if (file_make_folder(folder, FOLDER_MODE, err) || begin_copy(folder, copy, &to, err))
        return err_of(err);
    if (copy_bytes(fd, to, hash, bytes, err)) {
        (void)unlink(copy);
        return err_of(err);
    }
    *path = TAKE(copy);
    return OK;
}

int64_t archive_size(const char *folder, struct hash hash)
{
    struct stat info;
    AUTO(mem_drop) char *path = archive_path(folder, hash);
    return stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
}

enum err_kind archive_get(const char *folder, struct hash hash, struct buf *out, struct err *err)
{
    AUTO(mem_drop) char *path = archive_path(folder, hash);
    size_t before = out->len;
    if (file_read(path, out, err))
        return err->kind;
    struct str bytes = {out->at + before, out->len - before};
    if (!hash_same(hash_of(bytes), hash))
        return err_set(err, ERR_BROKEN, "the archive's %s holds other bytes than its name says",
                       path);
    return OK;
}

// Without a way through this process.
static enum err_kind copy(int from, int to, size_t *size, struct err *err)
{
    ssize_t moved;
    *size = 0;
    while ((moved = sendfile(to, from, NULL, SENT_AT_ONCE)) != 0) {
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved < 0)
            return err_errno(err, ERR_LATER, "cannot copy it into memory");
        *size += (size_t)moved;
    }
    return OK;
}

static enum err_kind check(int fd, size_t size, struct hash hash, struct err *err)
{
    void *bytes = size ? mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0) : NULL;
    if (bytes == MAP_FAILED)
        return err_errno(err, ERR_LATER, "cannot map it");
    bool same = hash_same(hash_of((struct str){bytes, size}), hash);
    if (bytes)
        (void)munmap(bytes, size);
    return same ? OK : err_set(err, ERR_BROKEN, "it holds other bytes than its name says");
}

enum err_kind archive_lend(const char *folder, struct hash hash, int *fd, struct err *err)
{
    AUTO(mem_drop) char *path = archive_path(folder, hash);
    AUTO(sealed_close) int from = open(path, O_RDONLY | O_CLOEXEC), to = -1;
    size_t size = 0;
    if (from < 0)
        return err_errno(err, ERR_MISSING, "cannot open %s", path);
    if (sealed_new(&to, err) || copy(from, to, &size, err) || sealed_seal(to, err) ||
        check(to, size, hash, err))
        return err_add(err, "taking %s out of the archive", path);
    *fd = to;
    to = -1;
    return OK;
}
