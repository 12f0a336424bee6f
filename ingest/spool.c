#include "ingest/spool.h"

#include "core/clock.h"
#include "core/date.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"
#include "ingest/archive.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MODE = 0600,
    FOLDER_MODE = 0700,
    NOTE_BYTES_MAX = 32 * 1024,
    BLOCK = 64 * 1024,
    PATH_BYTES_MAX = 8192
};

struct spool {
    char *archive, *part, *note_path, *source, *url;
    int fd;
    int64_t size;
    struct hasher hasher;
    struct spool_note note;
    bool has_note, has_hash, whole;
    struct hash hash; // when whole
    char boot[64];
};

void spool_free(struct spool **spool)
{
    if (!*spool)
        return;
    if ((*spool)->fd >= 0)
        (void)close((*spool)->fd);
    mem_free(&(*spool)->archive);
    mem_free(&(*spool)->part);
    mem_free(&(*spool)->note_path);
    mem_free(&(*spool)->source);
    mem_free(&(*spool)->url);
    mem_free(spool);
}

void spool_forget(struct spool **spool)
{
    if (!*spool)
        return;
    (void)unlink((*spool)->note_path);
    (void)unlink((*spool)->part);
    spool_free(spool);
}

static void read_boot(char *out, size_t size)
{
    struct err why = {0};
    AUTO(buf_free) struct buf text = buf_new(size);
    if (file_read("/proc/sys/kernel/random/boot_id", &text, &why) == OK)
        (void)snprintf(out, size, "%s", text.at);
}

static void copy(const struct doc *doc, const char *key, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", doc_text(doc_get(doc, key), ""));
}

// A note that cannot be read is as none.
static void read_note(struct spool *spool)
{
    struct err why = {0};
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    AUTO(doc_free) struct doc *doc = NULL;
    if (file_read(spool->note_path, &text, &why) || doc_parse(buf_slice(&text), "note", &doc, &why))
        return;
    const char *hash = doc_text(doc_get(doc, "hash"), "");
    if (strcmp(doc_text(doc_get(doc, "boot"), ""), spool->boot) != 0 && !*hash)
        return;
    struct spool_note *note = &spool->note;
    copy(doc, "from", note->from, sizeof(note->from));
    copy(doc, "etag", note->etag, sizeof(note->etag));
    copy(doc, "last_modified", note->last_modified, sizeof(note->last_modified));
    note->modified_s = doc_int(doc_get(doc, "modified_s"), -1);
    note->length = doc_int(doc_get(doc, "length"), -1);
    spool->has_note = true;
    if (!*hash || hash_parse(str_of(hash), &spool->hash, &why))
        return;
    AUTO(mem_drop) char *kept = archive_path(spool->archive, spool->hash);
    spool->has_hash = true;
    spool->whole = file_exists(kept);
}

// Nobody waits for the disk unless there is a hash: only then the note of another boot counts, and
// what lies there is summed up and compared. With it the part's own name comes onto the disk, too.
static enum err_kind write_note(struct spool *spool, const struct hash *hash, struct err *err)
{
    const struct spool_note *note = &spool->note;
    AUTO(doc_free) struct doc *doc = doc_object();
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    doc_put_text(doc, "boot", spool->boot);
    doc_put_text(doc, "source", spool->source);
    doc_put_text(doc, "url", spool->url);
    doc_put_text(doc, "from", note->from);
    doc_put_text(doc, "etag", note->etag);
    doc_put_text(doc, "last_modified", note->last_modified);
    doc_put_int(doc, "modified_s", note->modified_s);
    doc_put_int(doc, "length", note->length);
    if (hash)
        doc_put_text(doc, "hash", hash_hex(*hash).at);
    doc_canonical(doc, &text);
    if (!hash)
        return file_note(spool->note_path, buf_slice(&text), FILE_MODE, err);
    AUTO(mem_drop) char *incoming = file_folder(spool->note_path);
    return file_write(spool->note_path, buf_slice(&text), FILE_MODE, err)
               ? err_of(err)
               : file_sync_name(incoming, err);
}

static enum err_kind empty(struct spool *spool, struct err *err)
{
    if (ftruncate(spool->fd, 0) != 0 || lseek(spool->fd, 0, SEEK_SET) != 0)
        return err_errno(err, ERR_BROKEN, "cannot empty %s", spool->part);
    spool->size = 0;
    spool->hasher = hasher_new();
    return OK;
}

// Sums up what an earlier process left.
static enum err_kind take_rest(struct spool *spool, struct err *err)
{
    static const size_t block_size = BLOCK;
    AUTO(mem_drop) char *block = mem_new(1, block_size);
    for (;;) {
        ssize_t got = read(spool->fd, block, block_size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_BROKEN, "cannot read %s", spool->part);
        if (got == 0)
            return OK;
        hasher_add(&spool->hasher, block, (size_t)got);
        spool->size += got;
    }
}

struct hash spool_hash(const struct spool *spool)
{
    struct hasher copy_of = spool->hasher;
    return hasher_end(&copy_of);
}

static char *path_of(const char *folder, const char *source, const char *url, const char *ending)
{
    struct hasher hasher = hasher_new();
    hasher_add(&hasher, source, strlen(source) + 1);
    hasher_add(&hasher, url, strlen(url) + 1);
    struct hash_hex hex = hash_hex(hasher_end(&hasher));
    AUTO(buf_free) struct buf name = buf_new(128);
    buf_print(&name, "%s%s", hex.at, ending);
    return file_join(folder, name.at);
}

static enum err_kind open_part(struct spool *spool, struct err *err)
{
    bool held = false;
    spool->fd = open(spool->part, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (spool->fd < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", spool->part);
    if (file_lock(spool->fd, spool->part, LOCK_EX, 0, &held, err))
        return err_of(err);
    if (!held)
        return err_set(err, ERR_LATER, "another gong-ingest is fetching it");
    read_note(spool);
    // Who moved it there may have been ended before the move was on the disk.
    if (spool->whole && archive_sync(spool->archive, spool->hash, err))
        return err_of(err);
    if (spool->whole || !spool->has_note)
        return empty(spool, err);
    if (take_rest(spool, err))
        return err_of(err);
    if (!spool->has_hash)
        return OK;
    // Such a note is only written of a whole part that is on the disk: these are other bytes.
    if (!hash_same(spool_hash(spool), spool->hash)) {
        spool->has_note = spool->has_hash = false;
        (void)unlink(spool->note_path);
        return empty(spool, err);
    }
    // Only the move was left.
    spool->whole = true;
    return archive_adopt(spool->archive, spool->part, spool->hash, err);
}

enum err_kind spool_open(const char *archive, const char *source, const char *url,
                         struct spool **out, struct err *err)
{
    AUTO(spool_free) struct spool *spool = mem_new(1, sizeof(*spool));
    AUTO(mem_drop) char *folder = file_join(archive, "incoming");
    spool->fd = -1;
    spool->hasher = hasher_new();
    spool->archive = mem_text(archive);
    spool->source = mem_text(source);
    spool->url = mem_text(url);
    spool->part = path_of(folder, source, url, ".part");
    spool->note_path = path_of(folder, source, url, ".json");
    read_boot(spool->boot, sizeof(spool->boot));
    if (file_make_folder(folder, FOLDER_MODE, err) || open_part(spool, err))
        return err_add(err, "keeping what comes from %s", url);
    *out = TAKE(spool);
    return OK;
}

const char *spool_path(const struct spool *spool)
{
    return spool->part;
}

int64_t spool_size(const struct spool *spool)
{
    return spool->size;
}

const struct spool_note *spool_note(const struct spool *spool)
{
    return spool->has_note && (spool->size > 0 || spool->whole) ? &spool->note : NULL;
}

bool spool_is_whole(const struct spool *spool, struct hash *hash)
{
    *hash = spool->hash;
    return spool->whole;
}

enum err_kind spool_restart(struct spool *spool, const struct spool_note *note, struct err *err)
{
    spool->note = *note;
    spool->has_note = true;
    spool->whole = false;
    (void)unlink(spool->note_path); // of other bytes
    if (empty(spool, err))
        return err_of(err);
    // Without a mark to ask for the rest by, there is nothing to go on from.
    if (!note->etag[0] && !note->last_modified[0] && note->modified_s < 0)
        return OK;
    return write_note(spool, NULL, err);
}

enum err_kind spool_add(struct spool *spool, const void *bytes, size_t len, struct err *err)
{
    const char *at = bytes;
    for (size_t left = len; left;) {
        ssize_t put = pwrite(spool->fd, at, left, spool->size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, ERR_BROKEN, "cannot write %s", spool->part);
        hasher_add(&spool->hasher, at, (size_t)put);
        at += put;
        left -= (size_t)put;
        spool->size += put;
    }
    return OK;
}

size_t spool_head(const struct spool *spool, char *out, size_t size)
{
    ssize_t got = pread(spool->fd, out, size, 0);
    return got > 0 ? (size_t)got : 0;
}

enum err_kind spool_finish(struct spool *spool, struct hash *out, struct err *err)
{
    struct hash hash = spool_hash(spool);
    if (fsync(spool->fd) != 0)
        return err_errno(err, ERR_BROKEN, "cannot bring %s onto the disk", spool->part);
    // First the hash, then the place: who is killed between the two asks for no byte again.
    if (write_note(spool, &hash, err) || archive_adopt(spool->archive, spool->part, hash, err))
        return err_of(err);
    spool->whole = true;
    spool->hash = hash;
    *out = hash;
    return OK;
}

// --- what was left behind
// ----------------------------------------------------------------------------

enum { YOUNG_S = 1, OLD_S = 30 * DAY_S, NOTE_ENDING = 5, DAP_ENDING = 4 }; // ".json", ".dap"

static bool is_done_note(const char *path,
                         bool (*is_done)(void *self, const struct spool_left *left), void *self)
{
    struct err why = {0};
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    AUTO(doc_free) struct doc *doc = NULL;
    if (file_read(path, &text, &why) || doc_parse(buf_slice(&text), "note", &doc, &why))
        return true;
    struct spool_left left = {.source = doc_text(doc_get(doc, "source"), ""),
                              .url = doc_text(doc_get(doc, "url"), ""),
                              .from = doc_text(doc_get(doc, "from"), "")};
    const char *hash = doc_text(doc_get(doc, "hash"), NULL);
    // Without a hash it is on its way: perhaps a newer version of a file that is known.
    if (!hash)
        return false;
    return hash_parse(str_of(hash), &left.hash, &why) || is_done(self, &left);
}

// Removes a part that nobody holds.
static void drop_part(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        (void)unlink(path);
    (void)close(fd);
}

void spool_drop_folder(const char *folder)
{
    struct err why = {0};
    AUTO(file_names_free) char **names = NULL;
    if (file_names(folder, &names, &why)) // there is none
        return;
    for (size_t i = 0; names[i]; i++) {
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        if (unlink(path) != 0)
            (void)rmdir(path);
    }
    (void)rmdir(folder);
}

// PART.dap of a fetch by OPeNDAP, unless that goes on: then the part is held.
static void sweep_folder(const char *folder)
{
    AUTO(mem_drop) char *part = str_copy((struct str){folder, strlen(folder) - DAP_ENDING});
    int fd = open(part, O_RDWR | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        spool_drop_folder(folder);
    if (fd >= 0)
        (void)close(fd);
}

static void sweep_one(const char *folder, const char *name,
                      bool (*is_done)(void *self, const struct spool_left *left), void *self)
{
    struct stat info;
    struct str text = str_of(name);
    AUTO(mem_drop) char *path = file_join(folder, name);
    if (stat(path, &info) != 0)
        return;
    int64_t age_s = clock_system.now(clock_system.self).s - info.st_mtim.tv_sec;
    if (age_s <= YOUNG_S)
        return;
    if (str_ends(text, ".dap")) {
        sweep_folder(path);
    } else if (strstr(name, ".json.")) {
        (void)unlink(path);
    } else if (str_ends(text, ".json") && (age_s > OLD_S || is_done_note(path, is_done, self))) {
        AUTO(buf_free) struct buf part = buf_new(PATH_BYTES_MAX);
        buf_print(&part, "%.*s.part", (int)(strlen(path) - NOTE_ENDING), path);
        drop_part(part.at);
        (void)unlink(path);
    } else if (str_ends(text, ".part") && info.st_size == 0) {
        drop_part(path);
    }
}

void spool_sweep(const char *archive, bool (*is_done)(void *self, const struct spool_left *left),
                 void *self)
{
    struct err why = {0};
    AUTO(mem_drop) char *folder = file_join(archive, "incoming");
    AUTO(file_names_free) char **names = NULL;
    if (file_names(folder, &names, &why)) // nothing was ever fetched
        return;
    for (size_t i = 0; names[i]; i++)
        sweep_one(folder, names[i], is_done, self);
}
