#include "ledger/backup.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/access.h"
#include "ledger/copy.h"
#include "ledger/db.h"
#include "ledger/depot.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/register.h"
#include "ledger/schema.h"
#include "ledger/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANIFEST_BYTES_MAX = 1 << 30, CHECKPOINT_BYTES_MAX = 1 << 16, DEPTH_MAX = 16 };

// Not copied as files: databases (a snapshot of each is), what belongs to running programs, space
// that is kept free.
static const char *const left_out[] = {"ledger.db",  "people.db", "map.db",
                                       "checkpoint", "run",       "reserve"};

#define SNAPSHOTS "snapshots."

struct work {
    const char *site, *folder;
    char *snapshots; // a folder in the backup folder, for the databases
    struct doc *files;
    struct backup_report *report;
    struct utc at;
    int lock;
};

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void work_end(struct work *work)
{
    if (work->snapshots)
        (void)nftw(work->snapshots, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
    mem_free(&work->snapshots);
    doc_free(&work->files);
    if (work->lock >= 0)
        (void)close(work->lock);
}

// A name may be any bytes, JSON is UTF-8: the bytes of another one as hexadecimal digits.
static void put_path(struct doc *one, const char *name)
{
    if (text_is_utf8(str_of(name))) {
        doc_put_text(one, "path", name);
        return;
    }
    AUTO(buf_free) struct buf hex = buf_new(2 * strlen(name) + 1);
    for (const char *c = name; *c; c++)
        buf_print(&hex, "%02x", (unsigned char)*c);
    doc_put_text(one, "path_hex", hex.at);
}

static enum err_kind keep(struct work *work, const char *path, const char *name,
                          const struct hash *known, struct err *err)
{
    struct depot_file file = {0};
    struct stat status;
    if (stat(path, &status) != 0)
        return err_errno(err, ERR_LATER, "cannot look at %s", path);
    if (depot_put(work->folder, path, known, &file, err) ||
        (file.fresh && depot_check(work->folder, &file.hash, err)))
        return err_of(err);
    struct doc *one = doc_object();
    put_path(one, name);
    doc_put_text(one, "sha256", hash_hex(file.hash).at);
    doc_put_int(one, "bytes", file.bytes);
    doc_put_int(one, "mode", status.st_mode & 0777);
    doc_push(work->files, one);
    work->report->files++;
    work->report->bytes += file.bytes;
    work->report->fresh += file.fresh;
    work->report->new_bytes += file.fresh ? file.bytes : 0;
    return OK;
}

static bool is_left_out(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(left_out); i++) {
        size_t len = strlen(left_out[i]);
        if (strncmp(name, left_out[i], len) == 0 &&
            (name[len] == '\0' || (name[len] == '-' && strstr(left_out[i], ".db"))))
            return true;
    }
    return false;
}

static enum err_kind keep_tree(struct work *work, const char *under, int depth, struct err *err);

static enum err_kind keep_one(struct work *work, const char *name, int depth, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(work->site, name);
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? OK : err_errno(err, ERR_LATER, "cannot look at %s", path);
    if (S_ISDIR(status.st_mode))
        return keep_tree(work, name, depth + 1, err);
    if (!S_ISREG(status.st_mode))
        return OK; // a socket, a link to elsewhere: not the site's own
    // A file of the archive is named by its hash.
    struct hash hash;
    struct err ignored = {0};
    const char *base = strrchr(name, '/');
    bool named = strncmp(name, "archive/", 8) == 0 && base &&
                 hash_parse(str_of(base + 1), &hash, &ignored) == OK;
    enum err_kind kind = keep(work, path, name, named ? &hash : NULL, err);
    return kind == ERR_MISSING && !file_exists(path) ? OK : kind; // it went while we looked
}

static enum err_kind keep_tree(struct work *work, const char *under, int depth, struct err *err)
{
    AUTO(mem_drop) char *folder = *under ? file_join(work->site, under) : mem_text(work->site);
    AUTO(file_names_free) char **names = NULL;
    if (depth > DEPTH_MAX)
        return err_set(err, ERR_INPUT, "%s: folders stand in one another more than %d deep", folder,
                       DEPTH_MAX);
    if (file_names(folder, &names, err))
        return err_of(err);
    for (size_t i = 0; names[i]; i++) {
        AUTO(mem_drop) char *name = *under ? file_join(under, names[i]) : mem_text(names[i]);
        if (!*under && is_left_out(name))
            continue;
        if (keep_one(work, name, depth, err))
            return err_of(err);
    }
    return OK;
}

// --- the databases

static enum err_kind check_file(struct db *db, const char *what, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "PRAGMA integrity_check(1)");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row || strcmp(row_text(stmt, 0), "ok") != 0)
        return err_set(err, ERR_BROKEN, "the %s is damaged: %.200s", what, row_text(stmt, 0));
    return OK;
}

static enum err_kind verify(const char *folder, struct backup_report *out, struct err *err)
{
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(people_close) struct people *people = NULL;
    AUTO(map_close) struct map *map = NULL;
    struct ledger_report report = {0};
    if (ledger_open(folder, LEDGER_READ, &ledger, err) || ledger_verify(ledger, &report, err) ||
        people_open(folder, LEDGER_READ, &people, err) ||
        check_file(people_db(people), "register of people", err) ||
        map_open(folder, LEDGER_READ, &map, err) || check_file(map_db(map), "map", err))
        return err_of(err);
    out->entries = report.entries;
    out->root = report.root;
    return OK;
}

// Checkpoints that the ledger keeps are verified by the log's public key.
static enum err_kind lay_key(const struct work *work, struct err *err)
{
    AUTO(mem_drop) char *from = file_join(work->site, "keys/log.vkey");
    AUTO(mem_drop) char *keys = file_join(work->snapshots, "keys");
    AUTO(mem_drop) char *to = file_join(work->snapshots, "keys/log.vkey");
    if (!file_exists(from))
        return OK;
    return file_make_folder(keys, 0700, err) ? err_of(err) : file_copy(from, to, 0600, err);
}

// The register as it is in the backup already is not copied again. What is new in it is, with the
// row in its log of access that says so.
static enum err_kind copy_people(struct work *work, struct people *people, const char *to,
                                 struct err *err)
{
    bool is_there = false;
    if (copy_file(people_db(people), &people_kind, to, err) ||
        depot_has(work->folder, to, &is_there, err))
        return err_of(err);
    if (is_there)
        return OK;
    if (unlink(to) != 0)
        return err_errno(err, ERR_LATER, "cannot remove %s", to);
    if (access_of_copy(work->site, work->at, "backup", err))
        return err_of(err);
    return copy_file(people_db(people), &people_kind, to, err);
}

// The checkpoint before the ledger, the ledger before what it does not name.
static enum err_kind snapshot(struct work *work, struct err *err)
{
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(people_close) struct people *people = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(mem_drop) char *checkpoint = file_join(work->site, "checkpoint");
    AUTO(mem_drop) char *copy = file_join(work->snapshots, "checkpoint");
    AUTO(mem_drop) char *to_ledger = file_join(work->snapshots, "ledger.db");
    AUTO(mem_drop) char *to_people = file_join(work->snapshots, "people.db");
    AUTO(mem_drop) char *to_map = file_join(work->snapshots, "map.db");
    if (lay_key(work, err) || file_copy(checkpoint, copy, 0644, err) ||
        ledger_open(work->site, LEDGER_READ, &ledger, err) ||
        copy_file(ledger_db(ledger), &ledger_kind, to_ledger, err) ||
        people_open(work->site, LEDGER_READ, &people, err) ||
        copy_people(work, people, to_people, err) || map_open(work->site, LEDGER_READ, &map, err) ||
        copy_file(map_db(map), &map_kind, to_map, err))
        return err_of(err);
    return verify(work->snapshots, work->report, err);
}

static enum err_kind keep_snapshots(struct work *work, struct err *err)
{
    static const char *const names[] = {"checkpoint", "ledger.db", "people.db", "map.db"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(mem_drop) char *path = file_join(work->snapshots, names[i]);
        if (keep(work, path, names[i], NULL, err))
            return err_of(err);
    }
    return OK;
}

// --- one backup

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

// "checkpoint.PID.part" or "20240909T000000Z.json.PID.part" as file_write makes them, or the
// depot's one.
static bool is_part(const char *name)
{
    static const char checkpoint[] = "checkpoint.", manifest[] = "Z.json.";
    if (strcmp(name, "incoming.part") == 0)
        return true;
    if (strncmp(name, checkpoint, strlen(checkpoint)) == 0) {
        name += strlen(checkpoint);
    } else {
        name += digits(name);
        if (*name != 'T')
            return false;
        name += 1 + digits(name + 1);
        if (strncmp(name, manifest, strlen(manifest)) != 0)
            return false;
        name += strlen(manifest);
    }
    return digits(name) > 0 && strcmp(name + digits(name), ".part") == 0;
}

// As mkdtemp makes them.
static bool is_snapshots(const char *name)
{
    enum { LETTERS = 6 };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (strncmp(name, SNAPSHOTS, strlen(SNAPSHOTS)) != 0)
        return false;
    name += strlen(SNAPSHOTS);
    return strlen(name) == LETTERS && strspn(name, letters) == LETTERS;
}

// What a backup that was interrupted left half-made: the lock says that nobody else is at it. The
// folder may be one that others use (a mounted disk): what has not our own names is theirs.
static enum err_kind clear(const struct work *work, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (file_names(work->folder, &names, err))
        return err_of(err);
    for (size_t i = 0; names[i]; i++) {
        AUTO(mem_drop) char *path = file_join(work->folder, names[i]);
        struct stat status;
        if (!(is_part(names[i]) || is_snapshots(names[i])) || lstat(path, &status) != 0)
            continue;
        if (!(is_part(names[i]) ? S_ISREG(status.st_mode) : S_ISDIR(status.st_mode)))
            continue;
        if (nftw(path, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS) != 0)
            return err_errno(err, ERR_LATER, "cannot remove %s", path);
    }
    return OK;
}

static enum err_kind begin(struct work *work, struct err *err)
{
    enum { LOCK_WAIT_MS = 10000 }; // a restore holds it while it chooses
    AUTO(mem_drop) char *lock = file_join(work->folder, "lock");
    bool held = false;
    if (site_holds(work->site, work->folder)) // each backup would hold those before it
        return err_set(err, ERR_REFUSED,
                       "%s lies in the site; name a folder outside of it, best on "
                       "another disk",
                       work->folder);
    if (file_make_folder(work->folder, 0700, err))
        return err_of(err);
    work->lock = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (work->lock < 0)
        return err_errno(err, ERR_REFUSED, "cannot make %s", lock);
    if (file_lock(work->lock, lock, LOCK_EX, LOCK_WAIT_MS, &held, err))
        return err_add(err, "seeing to it that no other backup goes on in %s", work->folder);
    if (!held)
        return err_set(err, ERR_LATER, "a backup or a restore of %s is under way; wait for it",
                       work->folder);
    if (clear(work, err))
        return err_of(err);
    work->snapshots = file_join(work->folder, SNAPSHOTS "XXXXXX");
    if (!mkdtemp(work->snapshots)) {
        mem_free(&work->snapshots);
        return err_errno(err, ERR_REFUSED, "cannot make a folder in %s", work->folder);
    }
    return OK;
}

// A manifest names what is on the disk by then: bytes, names and the folders that they are in, also
// those of an earlier backup that was interrupted before it came to that.
static enum err_kind sync_all(const struct work *work, struct err *err)
{
    return syncfs(work->lock) == 0
               ? OK
               : err_errno(err, ERR_BROKEN, "cannot force the backup in %s to the disk",
                           work->folder);
}

static enum err_kind write_manifest(struct work *work, struct utc at, struct err *err)
{
    AUTO(doc_free) struct doc *manifest = doc_object();
    AUTO(buf_free) struct buf text = buf_new(MANIFEST_BYTES_MAX);
    char *name = work->report->manifest;
    size_t len = 0;
    for (const char *c = utc_text(at).at; *c && len < 40; c++) {
        if (*c != '-' && *c != ':')
            name[len++] = *c;
    }
    (void)snprintf(name + len, sizeof(work->report->manifest) - len, ".json");
    doc_put_text(manifest, "at", utc_text(at).at);
    doc_put_int(manifest, "entries", work->report->entries);
    doc_put_text(manifest, "root", hash_hex(work->report->root).at);
    doc_put(manifest, "files", TAKE(work->files));
    doc_canonical(manifest, &text);
    buf_char(&text, '\n');
    if (text.full)
        return err_set(err, ERR_INPUT, "the site has more files than a backup can list");
    AUTO(mem_drop) char *path = file_join(work->folder, name);
    AUTO(mem_drop) char *newest = file_join(work->folder, "checkpoint");
    AUTO(mem_drop) char *checkpoint = file_join(work->snapshots, "checkpoint");
    return file_copy(checkpoint, newest, 0600, err) ? err_of(err)
                                                    : file_write(path, buf_slice(&text), 0600, err);
}

enum err_kind backup_make(const char *site, const char *folder, struct utc at,
                          struct backup_report *out, struct err *err)
{
    struct backup_report report = {0};
    AUTO(work_end)
    struct work work = {.site = site,
                        .folder = folder,
                        .at = at,
                        .files = doc_array(),
                        .report = &report,
                        .lock = -1};
    if (begin(&work, err) || snapshot(&work, err) || keep_snapshots(&work, err) ||
        keep_tree(&work, "", 0, err) || sync_all(&work, err) || write_manifest(&work, at, err))
        return err_add(err, "backing up %s", site);
    *out = report;
    return OK;
}
