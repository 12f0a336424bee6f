#ifndef GONG_TESTS_LEDGER_DISK_H
#define GONG_TESTS_LEDGER_DISK_H

#include "core/file.h"
#include "core/mem.h"
#include "tests/check.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A disk under SQLite that remembers, and that fails when it is told to: a sqlite3_vfs over the
// real one, for all files of this process once disk_begin made it the default. It logs what is
// written, cut, synced and deleted, in order, with the bytes; its user adds marks between (what was
// acknowledged, what was paid), and names that files take (disk_rename) or folders that are synced.
// From any part of the log past_state makes the files that a power cut at that moment may leave.
enum disk_op_kind {
    DISK_WRITE,
    DISK_CUT,
    DISK_SYNC,
    DISK_DELETE,
    DISK_RENAME, // another file takes the name
    DISK_FOLDER,
    DISK_MARK
};
struct disk_op {
    enum disk_op_kind kind;
    int file;         // index into disk_names
    int64_t at, size; // offset and length; the new length of a cut
    uint8_t *bytes;   // of a write, or of the file that takes the name; heap
    bool synced;      // the bytes of that file were, before it took the name
    int mark;         // what the user says
    int64_t number;
};

static const char *const disk_names[] = {"ledger.db",        "ledger.db-wal", "ledger.db-journal",
                                         "checkpoint",       "people.db",     "people.db-wal",
                                         "people.db-journal"};
enum { DISK_FILES = 7, DISK_SECTOR = 512 };

struct disk {
    sqlite3_vfs vfs, *real;
    struct disk_op *op;
    size_t count, room;
    bool logs;
    void (*tell)(int mark, int64_t number); // whom marks are told as well; or NULL
    // The failing: counts calls of writing and syncing; from number `fail_at` (1 is the first) on
    // `fails` of them give `code`. 0: never.
    int64_t calls, syncs, fail_at, fails;
    int code;
    const char *full_while; // writes find no space as long as this file is there; NULL: never
};
static struct disk disk;

struct disk_file {
    sqlite3_file base;
    int number;   // -1: none of ours
    bool unnamed; // made anew: SQLite syncs the folder with its first sync
    sqlite3_file *real;
};

static inline sqlite3_file *disk_real(sqlite3_file *file)
{
    return ((struct disk_file *)file)->real;
}

static inline struct disk_op *disk_log(enum disk_op_kind kind, int file)
{
    if (disk.count == disk.room) {
        disk.room = disk.room ? disk.room * 2 : 1024;
        disk.op = mem_resize(disk.op, disk.room, sizeof(*disk.op));
    }
    struct disk_op *op = &disk.op[disk.count++];
    *op = (struct disk_op){.kind = kind, .file = file};
    return op;
}

static inline void disk_mark(int mark, int64_t number)
{
    if (disk.tell)
        disk.tell(mark, number);
    if (!disk.logs)
        return;
    struct disk_op *op = disk_log(DISK_MARK, -1);
    op->mark = mark;
    op->number = number;
}

static inline int disk_number(const char *path)
{
    const char *name = path ? strrchr(path, '/') : NULL;
    for (int i = 0; name && i < DISK_FILES; i++) {
        if (strcmp(name + 1, disk_names[i]) == 0)
            return i;
    }
    return -1;
}

// A file takes the name `to`, if that is one of ours: before, when the bytes are still at `from`.
static inline void disk_rename(const char *from, const char *to, bool synced)
{
    int number = disk_number(to);
    if (!disk.logs || number < 0)
        return;
    struct err err = {0};
    AUTO(buf_free) struct buf bytes = buf_new(1 << 16);
    CHECK_OK(file_read(from, &bytes, &err), err);
    struct disk_op *op = disk_log(DISK_RENAME, number);
    op->size = (int64_t)bytes.len;
    op->bytes = (uint8_t *)buf_take(&bytes);
    op->synced = synced;
}

// The call in hand fails.
static inline int disk_fails(void)
{
    int64_t call = ++disk.calls;
    if (disk.full_while && access(disk.full_while, F_OK) == 0)
        return SQLITE_FULL;
    bool now = disk.fail_at && call >= disk.fail_at && call < disk.fail_at + disk.fails;
    return now ? disk.code : SQLITE_OK;
}

static inline int disk_close(sqlite3_file *file)
{
    sqlite3_file *real = disk_real(file);
    int code = real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
    sqlite3_free(real);
    return code;
}

static inline int disk_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    return disk_real(file)->pMethods->xRead(disk_real(file), out, size, at);
}

static inline int disk_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    struct disk_file *own = (struct disk_file *)file;
    int failed = disk_fails();
    if (failed)
        return failed;
    if (disk.logs && own->number >= 0) {
        struct disk_op *op = disk_log(DISK_WRITE, own->number);
        op->at = at;
        op->size = size;
        op->bytes = mem_new((size_t)size, 1);
        memcpy(op->bytes, bytes, (size_t)size);
    }
    return own->real->pMethods->xWrite(own->real, bytes, size, at);
}

static inline int disk_cut(sqlite3_file *file, sqlite3_int64 size)
{
    struct disk_file *own = (struct disk_file *)file;
    if (disk.logs && own->number >= 0)
        disk_log(DISK_CUT, own->number)->size = size;
    return own->real->pMethods->xTruncate(own->real, size);
}

static inline int disk_sync(sqlite3_file *file, int flags)
{
    struct disk_file *own = (struct disk_file *)file;
    int failed = disk_fails();
    disk.syncs++;
    if (failed)
        return failed == SQLITE_FULL ? SQLITE_OK : SQLITE_IOERR_FSYNC;
    if (disk.logs && own->number >= 0)
        (void)disk_log(DISK_SYNC, own->number);
    if (disk.logs && own->unnamed)
        (void)disk_log(DISK_FOLDER, -1);
    own->unnamed = false;
    return own->real->pMethods->xSync(own->real, flags);
}

static inline int disk_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return disk_real(file)->pMethods->xFileSize(disk_real(file), out);
}

static inline int disk_lock(sqlite3_file *file, int kind)
{
    return disk_real(file)->pMethods->xLock(disk_real(file), kind);
}

static inline int disk_unlock(sqlite3_file *file, int kind)
{
    return disk_real(file)->pMethods->xUnlock(disk_real(file), kind);
}

static inline int disk_reserved(sqlite3_file *file, int *out)
{
    return disk_real(file)->pMethods->xCheckReservedLock(disk_real(file), out);
}

static inline int disk_control(sqlite3_file *file, int op, void *arg)
{
    return disk_real(file)->pMethods->xFileControl(disk_real(file), op, arg);
}

static inline int disk_sector(sqlite3_file *file)
{
    (void)file;
    return DISK_SECTOR;
}

// Nothing is promised: no write is whole, none before another.
static inline int disk_promises(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static inline int disk_shm_map(sqlite3_file *file, int page, int size, int more,
                               void volatile **out)
{
    return disk_real(file)->pMethods->xShmMap(disk_real(file), page, size, more, out);
}

static inline int disk_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return disk_real(file)->pMethods->xShmLock(disk_real(file), offset, count, flags);
}

static inline void disk_shm_barrier(sqlite3_file *file)
{
    disk_real(file)->pMethods->xShmBarrier(disk_real(file));
}

static inline int disk_shm_unmap(sqlite3_file *file, int is_delete)
{
    return disk_real(file)->pMethods->xShmUnmap(disk_real(file), is_delete);
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_cut,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_promises,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static inline int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                            int *out)
{
    struct disk_file *own = (struct disk_file *)file;
    (void)vfs;
    own->base.pMethods = NULL;
    own->number = disk_number(path);
    own->unnamed = (flags & SQLITE_OPEN_CREATE) && path && access(path, F_OK) != 0;
    own->real = sqlite3_malloc(disk.real->szOsFile);
    memset(own->real, 0, (size_t)disk.real->szOsFile);
    int code = disk.real->xOpen(disk.real, path, own->real, flags, out);
    if (code == SQLITE_OK)
        own->base.pMethods = &disk_methods;
    else
        sqlite3_free(own->real);
    return code;
}

static inline int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    if (disk.logs && disk_number(path) >= 0)
        (void)disk_log(DISK_DELETE, disk_number(path));
    if (disk.logs && sync_folder)
        (void)disk_log(DISK_FOLDER, -1);
    return disk.real->xDelete(disk.real, path, sync_folder);
}

static inline void disk_begin(void)
{
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "disk";
    disk.vfs.pNext = NULL;
    disk.vfs.szOsFile = (int)sizeof(struct disk_file);
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_delete;
    CHECK_INT(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

static inline void disk_end(void)
{
    CHECK_INT(sqlite3_vfs_register(disk.real, 1), SQLITE_OK);
    CHECK_INT(sqlite3_vfs_unregister(&disk.vfs), SQLITE_OK);
    for (size_t i = 0; i < disk.count; i++)
        mem_free(&disk.op[i].bytes);
    mem_free(&disk.op);
    disk = (struct disk){0};
}

// --- what is on the disk after a power cut

struct disk_image {
    uint8_t *at;
    size_t size, room;
    bool there;
};

static inline void image_room(struct disk_image *image, size_t size)
{
    if (size <= image->room)
        return;
    image->at = mem_resize(image->at, size * 2, 1);
    memset(image->at + image->room, 0, size * 2 - image->room);
    image->room = size * 2;
}

static inline void image_put(struct disk_image *image, size_t at, const uint8_t *bytes, size_t size)
{
    image_room(image, at + size);
    image->there = true;
    memcpy(image->at + at, bytes, size);
    image->size = at + size > image->size ? at + size : image->size;
}

static inline void image_apply(struct disk_image *image, const struct disk_op *op)
{
    switch (op->kind) {
    case DISK_WRITE:
        image_put(image, (size_t)op->at, op->bytes, (size_t)op->size);
        return;
    case DISK_CUT:
        image_room(image, (size_t)op->size);
        if ((size_t)op->size < image->size)
            memset(image->at + op->size, 0, image->size - (size_t)op->size);
        image->size = (size_t)op->size;
        return;
    case DISK_DELETE:
        if (image->size)
            memset(image->at, 0, image->size);
        image->size = 0;
        image->there = false;
        return;
    case DISK_RENAME:
        if (image->size)
            memset(image->at, 0, image->size);
        image->size = 0;
        image_put(image, 0, op->bytes, (size_t)op->size);
        return;
    case DISK_SYNC:
    case DISK_FOLDER:
    case DISK_MARK:
        return;
    }
}

static inline void image_copy(struct disk_image *to, const struct disk_image *from)
{
    image_room(to, from->size + 1);
    if (from->size)
        memcpy(to->at, from->at, from->size);
    if (to->size > from->size)
        memset(to->at + from->size, 0, to->size - from->size);
    to->size = from->size;
    to->there = from->there;
}

static inline uint64_t disk_dice(uint64_t *seed, uint64_t sides)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % sides;
}

// Some sectors of a write reached the disk, the others did not.
static inline void image_tear(struct disk_image *image, const struct disk_op *op, uint64_t *seed)
{
    for (int64_t from = 0; from < op->size;) {
        int64_t end = (op->at + from) / DISK_SECTOR * DISK_SECTOR + DISK_SECTOR - op->at;
        end = end < op->size ? end : op->size;
        if (disk_dice(seed, 2))
            image_put(image, (size_t)(op->at + from), op->bytes + from, (size_t)(end - from));
        from = end;
    }
}

// What surely is on the disk, and the numbers of the ops after the last sync of their file.
struct disk_past {
    struct disk_image sure[DISK_FILES];
    size_t *open, count, room;
};

// True when the op is on the disk after a sync of `file`, or of the folder (-1): all of that file;
// all up to the deletion of a file, or to another that took its name with its bytes on the disk.
static inline bool past_sure(const struct disk_past *past, size_t i, int file)
{
    const struct disk_op *op = &disk.op[past->open[i]];
    if (file >= 0)
        return op->file == file;
    for (size_t k = i; k < past->count; k++) {
        const struct disk_op *later = &disk.op[past->open[k]];
        if (later->file == op->file && (later->kind == DISK_DELETE || later->synced))
            return true;
    }
    return false;
}

static inline void past_add(struct disk_past *past, size_t number)
{
    const struct disk_op *op = &disk.op[number];
    size_t kept = 0;
    if (op->kind == DISK_MARK)
        return;
    if (op->kind != DISK_SYNC && op->kind != DISK_FOLDER) {
        if (past->count == past->room) {
            past->room = past->room ? past->room * 2 : 64;
            past->open = mem_resize(past->open, past->room, sizeof(*past->open));
        }
        past->open[past->count++] = number;
        return;
    }
    for (size_t i = 0; i < past->count; i++) {
        size_t was = past->open[i];
        if (past_sure(past, i, op->kind == DISK_SYNC ? op->file : -1))
            image_apply(&past->sure[disk.op[was].file], &disk.op[was]);
        else
            past->open[kept++] = was;
    }
    past->count = kept;
}

// One state that a power cut may leave: what was written since the sync is kept, lost or torn, each
// op by itself; but when the name of a deleted file is still there, what was written to the new
// file of that name is not. `all`: the program alone ended, everything is there.
static inline void past_state(const struct disk_past *past, bool all, uint64_t *seed,
                              struct disk_image out[DISK_FILES])
{
    uint64_t kept = disk_dice(seed, 5); // of four: some states keep nearly all, some nearly nothing
    for (int i = 0; i < DISK_FILES; i++)
        image_copy(&out[i], &past->sure[i]);
    bool undeleted[DISK_FILES] = {false};
    for (size_t i = 0; i < past->count; i++) {
        const struct disk_op *op = &disk.op[past->open[i]];
        if (undeleted[op->file])
            continue;
        if (all || disk_dice(seed, 4) < kept) {
            image_apply(&out[op->file], op);
            // The name is there, the bytes may not be.
            if (!all && op->kind == DISK_RENAME && !op->synced)
                out[op->file].size = disk_dice(seed, (uint64_t)op->size + 1);
        } else if (op->kind == DISK_WRITE && disk_dice(seed, 3) == 0)
            image_tear(&out[op->file], op, seed);
        else
            undeleted[op->file] = op->kind == DISK_DELETE;
    }
}

static inline void past_free(struct disk_past *past)
{
    for (int i = 0; i < DISK_FILES; i++)
        mem_free(&past->sure[i].at);
    mem_free(&past->open);
}

static inline void disk_put_files(const char *folder, const struct disk_image image[DISK_FILES])
{
    static const char *const shared[] = {"ledger.db-shm", "people.db-shm"};
    for (int i = 0; i < DISK_FILES + (int)COUNT_OF(shared); i++) {
        char path[300];
        (void)snprintf(path, sizeof(path), "%s/%s", folder,
                       i < DISK_FILES ? disk_names[i] : shared[i - DISK_FILES]);
        if (i >= DISK_FILES || !image[i].there) {
            (void)unlink(path);
            continue;
        }
        int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        CHECK(fd >= 0);
        CHECK_INT(write(fd, image[i].at, image[i].size), (ssize_t)image[i].size);
        CHECK_INT(close(fd), 0);
    }
}

#endif
