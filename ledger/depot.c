#include "ledger/depot.h"

#include "core/file.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_SIZE = 1 << 20, FOLDER_MODE = 0700 };

static char *path_of(const char *folder, const struct hash *hash)
{
    struct hash_hex hex = hash_hex(*hash);
    char name[HASH_HEX_SIZE + 16];
    (void)snprintf(name, sizeof(name), "files/%.2s/%s", hex.at, hex.at);
    return file_join(folder, name);
}

static enum err_kind write_all(int fd, const char *path, const char *block, size_t len,
                               struct err *err)
{
    while (len) {
        ssize_t put = write(fd, block, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, ERR_BROKEN, "cannot write %s", path);
        block += put;
        len -= (size_t)put;
    }
    return OK;
}

// Reads a file to its end; `to` -1: only its hash is wanted.
static enum err_kind pour(const char *from, int to, const char *to_path, struct depot_file *out,
                          struct err *err)
{
    AUTO(file_close) int fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    AUTO(mem_drop) char *block = mem_new(BLOCK_SIZE, 1);
    struct hasher hasher = hasher_new();
    out->bytes = 0;
    if (fd < 0)
        return err_errno(err, ERR_LATER, "cannot open %s", from);
    for (;;) {
        ssize_t got = read(fd, block, BLOCK_SIZE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_LATER, "cannot read %s", from);
        if (got == 0)
            break;
        hasher_add(&hasher, block, (size_t)got);
        out->bytes += got;
        if (to >= 0 && write_all(to, to_path, block, (size_t)got, err))
            return err_of(err);
    }
    out->hash = hasher_end(&hasher);
    return OK;
}

// A whole copy at `to`, forced to the disk; what is left of a failed one is removed.
static enum err_kind copy(const char *from, const char *to, mode_t mode, struct depot_file *out,
                          struct err *err)
{
    AUTO(file_close) int fd = open(to, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return err_errno(err, ERR_REFUSED, "cannot make %s", to);
    enum err_kind kind = pour(from, fd, to, out, err);
    if (!kind && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        kind = err_errno(err, ERR_BROKEN, "cannot fsync %s", to);
    if (kind)
        (void)unlink(to);
    return kind;
}

static enum err_kind make_folder_of(const char *path, struct err *err)
{
    AUTO(mem_drop) char *folder = mem_text(path);
    char *slash = strrchr(folder, '/');
    *(slash ? slash : folder) = '\0';
    return *folder ? file_make_folder(folder, FOLDER_MODE, err) : OK;
}

static enum err_kind wrong_bytes(const char *path, struct err *err)
{
    return err_set(err, ERR_BROKEN, "%s has other bytes than its hash says; it was damaged", path);
}

enum err_kind depot_put(const char *folder, const char *path, const struct hash *known,
                        struct depot_file *out, struct err *err)
{
    AUTO(mem_drop) char *part = file_join(folder, "incoming.part");
    AUTO(mem_drop) char *kept = known ? path_of(folder, known) : NULL;
    struct stat status;
    if (kept && stat(kept, &status) == 0) {
        *out = (struct depot_file){.hash = *known, .bytes = status.st_size};
        return OK;
    }
    if (copy(path, part, 0600, out, err))
        return err_of(err);
    if (known && !hash_same(*known, out->hash)) {
        (void)unlink(part);
        return wrong_bytes(path, err);
    }
    AUTO(mem_drop) char *place = path_of(folder, &out->hash);
    out->fresh = !file_exists(place);
    if (!out->fresh)
        return unlink(part) == 0 ? OK : err_errno(err, ERR_BROKEN, "cannot remove %s", part);
    if (make_folder_of(place, err)) {
        (void)unlink(part);
        return err_of(err);
    }
    if (rename(part, place) != 0) {
        (void)unlink(part);
        return err_errno(err, ERR_BROKEN, "cannot keep %s", place);
    }
    return OK;
}

enum err_kind depot_has(const char *folder, const char *path, bool *out, struct err *err)
{
    struct sum sum;
    struct hash hash;
    if (sum_of_file(SUM_SHA256, path, &sum, err))
        return err_of(err);
    memcpy(hash.at, sum.at, sizeof(hash.at));
    AUTO(mem_drop) char *kept = path_of(folder, &hash);
    *out = file_exists(kept);
    return OK;
}

enum err_kind depot_get(const char *folder, const struct hash *hash, const char *path, mode_t mode,
                        struct err *err)
{
    AUTO(mem_drop) char *kept = path_of(folder, hash);
    struct depot_file file = {0};
    if (!file_exists(kept))
        return err_set(err, ERR_MISSING, "the backup lacks %s", kept);
    if (make_folder_of(path, err) || copy(kept, path, mode, &file, err))
        return err_of(err);
    return hash_same(*hash, file.hash) ? OK : wrong_bytes(kept, err);
}

enum err_kind depot_check(const char *folder, const struct hash *hash, struct err *err)
{
    AUTO(mem_drop) char *kept = path_of(folder, hash);
    struct depot_file file = {0};
    if (!file_exists(kept))
        return err_set(err, ERR_MISSING, "the backup lacks %s", kept);
    if (pour(kept, -1, NULL, &file, err))
        return err_of(err);
    return hash_same(*hash, file.hash) ? OK : wrong_bytes(kept, err);
}
