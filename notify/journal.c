#include "notify/journal.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 30 };

// Keys in a hash table with open addressing; never removed but by forgetting all.
struct keys {
    char **at; // [room] heap texts, NULL: free
    size_t count, room;
};

struct journal {
    char *path;
    int fd;
    struct keys keys;
    int64_t known;      // bytes of the file whose keys are in `keys`
    struct buf pending; // lines of this turn
    bool turn;
};

// --- keys
// -----------------------------------------------------------------------------------------

static size_t place_of(const struct keys *keys, const char *key)
{
    uint64_t hash = 14695981039346656037ULL; // FNV-1a
    for (const char *c = key; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 1099511628211ULL;
    size_t at = hash & (keys->room - 1);
    while (keys->at[at] && strcmp(keys->at[at], key) != 0)
        at = (at + 1) & (keys->room - 1);
    return at;
}

static void keys_grow(struct keys *keys)
{
    struct keys old = *keys;
    keys->room = old.room ? old.room * 2 : 1024;
    keys->at = mem_new(keys->room, sizeof(char *));
    for (size_t i = 0; i < old.room; i++) {
        if (old.at[i])
            keys->at[place_of(keys, old.at[i])] = old.at[i];
    }
    mem_free(&old.at);
}

static void keys_add(struct keys *keys, const char *key)
{
    if (keys->count * 2 >= keys->room)
        keys_grow(keys);
    size_t at = place_of(keys, key);
    if (keys->at[at])
        return;
    keys->at[at] = mem_text(key);
    keys->count++;
}

static void keys_free(struct keys *keys)
{
    for (size_t i = 0; i < keys->room; i++)
        mem_free(&keys->at[i]);
    mem_free(&keys->at);
    *keys = (struct keys){0};
}

bool journal_has(const struct journal *journal, const char *key)
{
    return journal->keys.room && journal->keys.at[place_of(&journal->keys, key)] != NULL;
}

// --- the file
// ---------------------------------------------------------------------------------------

static enum err_kind learn_line(struct journal *journal, struct str line, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    const char *key = NULL;
    if (doc_parse(line, journal->path, &doc, err) || doc_need_text(doc, "key", &key, err))
        return err_set(err, ERR_BROKEN, "%s: a line after byte %lld is not one of gong's",
                       journal->path, (long long)journal->known);
    keys_add(&journal->keys, key);
    return OK;
}

// What stands behind the last line end was torn by a crash: its job was never acknowledged.
static enum err_kind move_torn(struct journal *journal, struct str torn, struct err *err)
{
    AUTO(buf_free) struct buf path = buf_new(8192);
    buf_print(&path, "%s.torn", journal->path);
    int fd = open(path.at, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool kept = fd >= 0 && write(fd, torn.at, torn.len) == (ssize_t)torn.len &&
                write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    if (!kept || ftruncate(journal->fd, journal->known) != 0)
        return err_errno(err, ERR_BROKEN, "cannot move a torn line to %s", path.at);
    return OK;
}

static enum err_kind read_from(const struct journal *journal, int64_t start, struct buf *out,
                               struct err *err)
{
    char block[65536];
    for (int64_t at = start;;) {
        ssize_t got = pread(journal->fd, block, sizeof(block), at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_BROKEN, "cannot read %s", journal->path);
        if (got == 0)
            break;
        buf_add(out, block, (size_t)got);
        at += got;
    }
    if (out->full)
        return err_set(err, ERR_BROKEN, "%s is over %d MiB; move it away", journal->path,
                       FILE_BYTES_MAX >> 20);
    return OK;
}

static enum err_kind learn(struct journal *journal, struct err *err)
{
    struct stat status;
    if (fstat(journal->fd, &status) != 0)
        return err_errno(err, ERR_BROKEN, "cannot look at %s", journal->path);
    if (status.st_size == journal->known)
        return OK;
    if (status.st_size < journal->known) { // somebody moved it away: begin anew
        keys_free(&journal->keys);
        journal->known = 0;
    }
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    if (read_from(journal, journal->known, &text, err))
        return err_of(err);
    struct str rest = buf_slice(&text);
    for (;;) {
        const char *end = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;
        if (!end)
            break;
        struct str line = {rest.at, (size_t)(end - rest.at)};
        if (learn_line(journal, line, err))
            return err_of(err);
        journal->known += (int64_t)line.len + 1;
        rest.at += line.len + 1;
        rest.len -= line.len + 1;
    }
    return rest.len ? move_torn(journal, rest, err) : OK;
}

void journal_close(struct journal **journal)
{
    if (!*journal)
        return;
    if ((*journal)->fd >= 0)
        (void)close((*journal)->fd);
    keys_free(&(*journal)->keys);
    buf_free(&(*journal)->pending);
    mem_free(&(*journal)->path);
    mem_free(journal);
}

enum err_kind journal_open(const char *path, struct journal **out, struct err *err)
{
    AUTO(journal_close) struct journal *journal = mem_new(1, sizeof(*journal));
    journal->path = mem_text(path);
    journal->pending = buf_new(FILE_BYTES_MAX);
    journal->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal->fd < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", path);
    if (journal_begin(journal, err))
        return err_of(err);
    journal_abandon(journal);
    *out = TAKE(journal);
    return OK;
}

// --- a turn
// -----------------------------------------------------------------------------------------

enum err_kind journal_begin(struct journal *journal, struct err *err)
{
    assert(!journal->turn);
    while (flock(journal->fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            return err_errno(err, ERR_BROKEN, "cannot lock %s", journal->path);
    }
    journal->turn = true;
    buf_clear(&journal->pending);
    if (learn(journal, err)) {
        journal_abandon(journal);
        return err_of(err);
    }
    return OK;
}

void journal_add(struct journal *journal, const char *key, struct str line)
{
    assert(journal->turn && !memchr(line.at, '\n', line.len));
    buf_str(&journal->pending, line);
    buf_char(&journal->pending, '\n');
    keys_add(&journal->keys, key);
}

void journal_abandon(struct journal *journal)
{
    assert(journal->turn);
    // Keys of lines that were not written must not count: learn the file anew next time.
    if (journal->pending.len) {
        keys_free(&journal->keys);
        journal->known = 0;
    }
    buf_clear(&journal->pending);
    (void)flock(journal->fd, LOCK_UN);
    journal->turn = false;
}

static enum err_kind put_pending(struct journal *journal, struct err *err)
{
    struct str rest = buf_slice(&journal->pending);
    while (rest.len) {
        ssize_t put = write(journal->fd, rest.at, rest.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, ERR_BROKEN, "cannot write %s", journal->path);
        rest.at += put;
        rest.len -= (size_t)put;
    }
    if (fdatasync(journal->fd) != 0)
        return err_errno(err, ERR_BROKEN, "cannot fsync %s", journal->path);
    return OK;
}

enum err_kind journal_end(struct journal *journal, struct err *err)
{
    assert(journal->turn);
    enum err_kind kind = journal->pending.len ? put_pending(journal, err) : OK;
    if (!kind) {
        journal->known += (int64_t)journal->pending.len;
        buf_clear(&journal->pending);
    }
    journal_abandon(journal);
    return kind;
}
