#include "ledger/mirror.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/cosign.h"
#include "ledger/seal.h"
#include "ledger/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

enum { BUNDLE_BYTES_MAX = 1 << 30, KEY_BYTES_MAX = 1000, GROUP = 1000 };

// tlog-tiles: groups of three digits, all but the last with an "x" before.
static struct mirror_name name_of(const char *kind, uint64_t position, size_t count)
{
    struct mirror_name name;
    char digits[40] = "";
    for (uint64_t rest = position, first = 1; first || rest; rest /= GROUP, first = 0) {
        char longer[sizeof(digits)];
        (void)snprintf(longer, sizeof(longer), "/%s%03d%.24s", first ? "" : "x",
                       (int)(rest % GROUP), digits);
        memcpy(digits, longer, sizeof(digits));
    }
    if (count < TILE_WIDTH)
        (void)snprintf(name.at, sizeof(name.at), "%s%s.p/%zu", kind, digits, count);
    else
        (void)snprintf(name.at, sizeof(name.at), "%s%s", kind, digits);
    return name;
}

struct mirror_name mirror_entries(uint64_t position, size_t count)
{
    return name_of("entries", position, count);
}

struct writer {
    struct ledger *ledger;
    const char *folder;
    size_t files;
    struct buf bytes;
};

static void writer_free(struct writer *writer)
{
    buf_free(&writer->bytes);
}

// What has this name never changes; so one that is there is right.
static bool is_there(const struct writer *writer, const char *name)
{
    AUTO(mem_drop) char *path = file_join(writer->folder, name);
    return file_exists(path);
}

static enum err_kind put(struct writer *writer, const char *name, struct str bytes, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(writer->folder, name);
    AUTO(mem_drop) char *folder = mem_text(path);
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    if (file_make_folder(folder, 0755, err) || file_write(path, bytes, 0644, err))
        return err_add(err, "publishing the ledger");
    writer->files++;
    return OK;
}

static enum err_kind put_tile(struct writer *writer, uint32_t level, uint64_t position,
                              size_t count, struct err *err)
{
    struct hash tile[TILE_WIDTH];
    char kind[16];
    (void)snprintf(kind, sizeof(kind), "tile/%" PRIu32, level);
    struct mirror_name name = name_of(kind, position, count);
    if (is_there(writer, name.at))
        return OK;
    if (tree_hashes(writer->ledger, level, position * TILE_WIDTH, count, tile, err))
        return err_of(err);
    return put(writer, name.at, (struct str){(const char *)tile, count * HASH_SIZE}, err);
}

static enum err_kind put_entries(struct writer *writer, uint64_t position, size_t count,
                                 struct err *err)
{
    struct mirror_name name = mirror_entries(position, count);
    if (is_there(writer, name.at))
        return OK;
    buf_clear(&writer->bytes);
    for (size_t i = 0; i < count; i++) {
        AUTO(entry_free) struct entry entry = {0};
        if (ledger_entry(writer->ledger, (int64_t)(position * TILE_WIDTH + i + 1), &entry, err))
            return err_of(err);
        buf_text(&writer->bytes, entry.text);
        buf_char(&writer->bytes, '\n');
    }
    if (writer->bytes.full)
        return err_set(err, ERR_BROKEN, "256 entries are over 1 GiB: they cannot be published");
    return put(writer, name.at, buf_slice(&writer->bytes), err);
}

static enum err_kind put_level(struct writer *writer, uint32_t level, uint64_t count,
                               struct err *err)
{
    for (uint64_t first = 0; first < count; first += TILE_WIDTH) {
        uint64_t left = count - first, position = first / TILE_WIDTH;
        size_t width = left < TILE_WIDTH ? (size_t)left : TILE_WIDTH;
        if (put_tile(writer, level, position, width, err) ||
            (level == 0 && put_entries(writer, position, width, err)))
            return err_of(err);
    }
    return OK;
}

// With the newest checkpoint in its place, or an older one.
static enum err_kind put_cosigned(struct writer *writer, struct err *err)
{
    AUTO(mem_drop) char *note = NULL;
    struct quorum quorum;
    struct checkpoint point;
    if (quorum_of_site(ledger_folder(writer->ledger), &quorum, err) ||
        cosign_newest(writer->ledger, &quorum, &note, &point, err))
        return err_of(err);
    return note ? put(writer, "cosigned", str_of(note), err) : OK;
}

// One writer of a published folder at a time: the newest checkpoint is asked for once it is ours,
// so that none is put over a newer one.
static enum err_kind lock_folder(const char *folder, int *fd, struct err *err)
{
    if (file_make_folder(folder, 0755, err))
        return err_add(err, "publishing the ledger");
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (*fd >= 0 && flock(*fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            return err_errno(err, ERR_LATER, "cannot lock %s", folder);
    }
    return *fd >= 0 ? OK : err_errno(err, ERR_REFUSED, "cannot open %s", folder);
}

enum err_kind mirror_write(struct ledger *ledger, const char *folder, size_t *files,
                           struct err *err)
{
    AUTO(file_close) int lock = -1;
    AUTO(writer_free)
    struct writer writer = {.ledger = ledger, .folder = folder, .bytes = buf_new(BUNDLE_BYTES_MAX)};
    AUTO(mem_drop) char *note = NULL;
    AUTO(buf_free) struct buf key_text = buf_new(KEY_BYTES_MAX);
    struct checkpoint newest;
    struct note_key key;
    if (lock_folder(folder, &lock, err) || seal_newest(ledger, &note, &newest, err) ||
        seal_key(ledger_folder(ledger), &key, err))
        return err_of(err);
    uint32_t level = 0;
    for (uint64_t count = newest.size; count; count /= TILE_WIDTH, level++) {
        if (put_level(&writer, level, count, err))
            return err_of(err);
    }
    note_key_text(&key, &key_text);
    buf_char(&key_text, '\n');
    if (put(&writer, "key", buf_slice(&key_text), err) ||
        put(&writer, "checkpoint", str_of(note), err) || put_cosigned(&writer, err))
        return err_of(err);
    *files = writer.files;
    return OK;
}
