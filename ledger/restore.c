#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/access.h"
#include "ledger/backup.h"
#include "ledger/db.h"
#include "ledger/depot.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/people.h"
#include "ledger/store.h"
#include "ledger/tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANIFEST_BYTES_MAX = 1 << 30, CHECKPOINT_BYTES_MAX = 1 << 16, PATH_SIZE = 1024 };

// --- which one

static enum err_kind find_manifest(const struct restore *restore, char out[64], struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    bool found = false;
    if (file_names(restore->folder, &names, err))
        return err_add(err, "looking for backups");
    for (size_t i = 0; names[i]; i++) {
        struct str name = str_of(names[i]);
        if (!str_ends(name, ".json") || name.len >= 64)
            continue;
        size_t len = restore->at ? strlen(restore->at) : 0;
        bool wanted = !restore->at || (strncmp(names[i], restore->at, len) == 0 &&
                                       (!names[i][len] || strcmp(names[i] + len, ".json") == 0));
        if (wanted) // they sort by time: the last is the newest
            (void)snprintf(out, 64, "%s", names[i]);
        found |= wanted;
    }
    if (found)
        return OK;
    return restore->at
               ? err_set(err, ERR_MISSING, "%s has no backup %s", restore->folder, restore->at)
               : err_set(err, ERR_MISSING, "%s holds no backup", restore->folder);
}

static enum err_kind read_checkpoint(const char *path, struct checkpoint *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(CHECKPOINT_BYTES_MAX);
    if (file_read(path, &text, err) || checkpoint_parse(buf_slice(&text), out, err))
        return err_add(err, "reading the checkpoint %s", path);
    return OK;
}

// Manifest and checkpoint that belong together: a backup writes the one after the other, under a
// lock. Files are only added, so that what follows needs none. An older backup has no such file,
// some network disks have no locks: what would be chosen badly is refused then, as older than it
// is.
static enum err_kind choose(const struct restore *restore, struct restore_report *report,
                            struct checkpoint *own, struct err *err)
{
    AUTO(mem_drop) char *lock = file_join(restore->folder, "lock");
    AUTO(mem_drop) char *checkpoint = file_join(restore->folder, "checkpoint");
    AUTO(file_close) int fd = open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct err why = {0};
    bool held = true;
    report->unlocked = fd >= 0 && file_lock(fd, lock, LOCK_SH, 0, &held, &why);
    if (!held)
        return err_set(err, ERR_LATER, "a backup into %s is under way; wait for it",
                       restore->folder);
    if (find_manifest(restore, report->manifest, err))
        return err_of(err);
    return read_checkpoint(checkpoint, own, err);
}

static enum err_kind read_manifest(const char *path, struct doc **out, struct hash *hash,
                                   struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(MANIFEST_BYTES_MAX);
    if (file_read(path, &text, err) || doc_parse(buf_slice(&text), path, out, err))
        return err_of(err);
    *hash = hash_of(buf_slice(&text));
    return OK;
}

// --- the files

// A manifest is read as a stranger's: its paths stay within the site.
static bool is_inside(const char *path)
{
    size_t len = strlen(path);
    return len > 0 && len < PATH_SIZE && path[0] != '/' && strcmp(path, "..") != 0 &&
           strncmp(path, "../", 3) != 0 && !strstr(path, "/../") &&
           !(len >= 3 && strcmp(path + len - 3, "/..") == 0);
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

// The name of a file, of any bytes, as a backup writes it; heap.
static enum err_kind read_path(const struct doc *file, char **out, struct err *err)
{
    const char *name;
    const char *hex = doc_text(doc_get(file, "path_hex"), NULL);
    if (!hex) {
        if (doc_need_text(file, "path", &name, err))
            return err_of(err);
        *out = mem_text(name);
        return OK;
    }
    AUTO(buf_free) struct buf path = buf_new(PATH_SIZE);
    for (; *hex; hex += 2) {
        int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);
        if (low < 0 || high + low == 0)
            return err_set(err, ERR_BROKEN, "\"path_hex\" are no bytes of a name");
        buf_char(&path, (char)(16 * high + low));
    }
    if (path.full || !path.len)
        return err_set(err, ERR_BROKEN, "\"path_hex\" is no name");
    *out = buf_take(&path);
    return OK;
}

static enum err_kind bring_back(const struct restore *restore, const char *site,
                                const struct doc *manifest, size_t *count, struct err *err)
{
    const struct doc *files = doc_get(manifest, "files");
    *count = doc_count(files);
    for (size_t i = 0; i < *count; i++) {
        const struct doc *file = doc_at(files, i);
        AUTO(mem_drop) char *name = NULL;
        const char *hex;
        int64_t mode;
        struct hash hash;
        if (read_path(file, &name, err) || doc_need_text(file, "sha256", &hex, err) ||
            doc_need_int(file, "mode", &mode, err) || hash_parse(str_of(hex), &hash, err))
            return err_add(err, "reading file %zu of the manifest", i + 1);
        if (!is_inside(name))
            return err_set(err, ERR_BROKEN,
                           "the manifest names \"%.100s\", which is no file of a "
                           "site",
                           name);
        AUTO(mem_drop) char *path = file_join(site, name);
        if (depot_get(restore->folder, &hash, path, (mode_t)mode & 0777, err))
            return err_add(err, "bringing back %s", name);
    }
    return OK;
}

static enum err_kind make_folders(const char *site, struct err *err)
{
    static const char *const names[] = {"policies", "archive", "keys", "run", "out"};
    if (file_make_folder(site, 0755, err))
        return err_of(err);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(mem_drop) char *path = file_join(site, names[i]);
        if (file_make_folder(path, strcmp(names[i], "policies") == 0 ? 0755 : 0700, err))
            return err_of(err);
    }
    return OK;
}

// --- what is lost

static enum err_kind hold_against(struct ledger *ledger, const struct checkpoint *one,
                                  const char *from, int64_t entries, struct err *err)
{
    struct hash root;
    if (one->size > (uint64_t)entries)
        return OK;
    if (tree_root(ledger, one->size, &root, err))
        return err_of(err);
    if (!hash_same(root, one->root))
        return err_set(err, ERR_BROKEN,
                       "the backup's ledger does not begin with the %" PRIu64 " entries of %s: it "
                       "is another ledger, or was changed",
                       one->size, from);
    return OK;
}

// `*newest` is the backup's own; the newest of all afterwards.
static enum err_kind count_lost(const struct restore *restore, struct ledger *ledger,
                                int64_t entries, struct checkpoint *newest, int64_t *lost,
                                struct err *err)
{
    struct checkpoint given = {0};
    if (hold_against(ledger, newest, restore->folder, entries, err))
        return err_of(err);
    if (restore->checkpoint && (read_checkpoint(restore->checkpoint, &given, err) ||
                                hold_against(ledger, &given, restore->checkpoint, entries, err)))
        return err_of(err);
    if (restore->checkpoint && given.size > newest->size)
        *newest = given;
    *lost = newest->size > (uint64_t)entries ? (int64_t)newest->size - entries : 0;
    if (*lost && !restore->lost)
        return err_set(err, ERR_REFUSED,
                       "a newer checkpoint has %" PRIu64 " entries, this backup %" PRId64
                       ": %" PRId64 " would be lost, and witnesses will refuse what comes instead; "
                       "take a newer backup, or say why they are given up with --lost",
                       newest->size, entries, *lost);
    return OK;
}

// --- what is said of it

static enum err_kind hold_payments(struct ledger *ledger, int64_t *held, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "UPDATE outbox SET state = 7, result = 'held by a restore'"
                                   " WHERE channel = 'pay' AND state = 0");
    if (stmt_run(stmt, err))
        return err_of(err);
    *held = stmt_changes(stmt);
    return OK;
}

static enum err_kind say_restored(const struct restore *restore, const char *site,
                                  struct hash manifest, const struct checkpoint *newest,
                                  struct restore_report *report, struct err *err)
{
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq;
    if (ledger_open(site, LEDGER_WRITE, &ledger, err) || ledger_begin(ledger, &txn, err) ||
        hold_payments(ledger, &report->held, err))
        return err_of(err);
    doc_put_text(body, "manifest", hash_hex(manifest).at);
    doc_put_int(body, "entries", report->entries);
    doc_put_int(body, "lost", report->lost);
    doc_put_int(body, "held", report->held);
    if (report->lost) {
        doc_put_int(body, "newest_size", (int64_t)newest->size);
        doc_put_text(body, "newest_root", hash_hex(newest->root).at);
        doc_put_text(body, "why", restore->lost);
    }
    if (ledger_append(txn, "restored", restore->now, body, &seq, NULL, err) ||
        ledger_commit(&txn, err))
        return err_of(err);
    return OK;
}

static enum err_kind verify(const struct restore *restore, const char *site,
                            const struct doc *manifest, struct checkpoint *newest,
                            struct restore_report *report, struct err *err)
{
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(people_close) struct people *people = NULL;
    struct ledger_report found = {0};
    const char *root;
    if (doc_need_int(manifest, "entries", &report->entries, err) ||
        doc_need_text(manifest, "root", &root, err) ||
        ledger_open(site, LEDGER_READ, &ledger, err) || ledger_verify(ledger, &found, err) ||
        people_open(site, LEDGER_READ, &people, err))
        return err_of(err);
    if (found.entries != report->entries || strcmp(hash_hex(found.root).at, root) != 0)
        return err_set(err, ERR_BROKEN,
                       "the ledger of the backup is not the one its manifest "
                       "names");
    return count_lost(restore, ledger, report->entries, newest, &report->lost, err);
}

// A backup holds files, whatever the store was: its settings would name a server that has gone on,
// or that is gone.
static enum err_kind settle_in_files(const char *folder, struct restore_report *report,
                                     struct err *err)
{
    AUTO(mem_drop) char *settings = file_join(folder, "gong.yaml");
    AUTO(site_free) struct site *site = NULL;
    if (!file_exists(settings))
        return OK;
    if (site_open(folder, &site, err))
        return err_of(err);
    if (strcmp(site_text(site, "store"), "sqlite") == 0)
        return OK;
    report->store = mem_text(site_text(site, "store"));
    return store_name(folder, "sqlite", site_text(site, "store_schema"), err);
}

static enum err_kind make_site(const struct restore *restore, const char *site,
                               struct checkpoint *newest, struct restore_report *report,
                               struct err *err)
{
    AUTO(doc_free) struct doc *manifest = NULL;
    AUTO(mem_drop) char *path = file_join(restore->folder, report->manifest);
    struct hash hash;
    if (read_manifest(path, &manifest, &hash, err) || make_folders(site, err) ||
        bring_back(restore, site, manifest, &report->files, err) ||
        settle_in_files(site, report, err) || verify(restore, site, manifest, newest, report, err))
        return err_of(err);
    if (access_of_copy(site, restore->now, "restore", err))
        return err_of(err);
    return say_restored(restore, site, hash, newest, report, err);
}

// --- what it is made in

// SITE.restore-PID, ours as long as this file in it is held; one without it is none of ours.
#define MARK ".restoring"

static int remove_but_mark(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    bool stays = place->level == 0 || (place->level == 1 && strcmp(path + place->base, MARK) == 0);
    return stays ? 0 : remove(path);
}

// The mark last: what stays when this is killed is removed the next time.
static void remove_part(const char *part)
{
    AUTO(mem_drop) char *mark = file_join(part, MARK);
    if (nftw(part, remove_but_mark, 16, FTW_DEPTH | FTW_PHYS) == 0 && unlink(mark) == 0)
        (void)rmdir(part);
}

// Keys and people that a killed restore of this site left, where the folder above can be listed.
static void sweep(const char *site)
{
    struct err ignored = {0};
    AUTO(mem_drop) char *folder = file_folder(site);
    AUTO(buf_free) struct buf begin = buf_new(4096);
    AUTO(file_names_free) char **names = NULL;
    const char *slash = strrchr(site, '/');
    buf_print(&begin, "%s.restore-", slash ? slash + 1 : site);
    if (file_names(folder, &names, &ignored))
        return;
    for (size_t i = 0; names[i]; i++) {
        if (strncmp(names[i], begin.at, begin.len) != 0)
            continue;
        AUTO(mem_drop) char *part = file_join(folder, names[i]);
        AUTO(mem_drop) char *mark = file_join(part, MARK);
        AUTO(file_close) int left = file_hold_left(mark);
        if (left >= 0)
            remove_part(part);
    }
}

static enum err_kind begin_part(const char *part, int *held, struct err *err)
{
    AUTO(mem_drop) char *mark = file_join(part, MARK);
    if (file_make_folder(part, 0755, err))
        return err_of(err);
    if (file_hold(mark, held, err)) {
        (void)rmdir(part);
        return err_of(err);
    }
    return OK;
}

// Bytes and names of all that was made are on the disk before the site has its name.
static enum err_kind give_name(const char *part, const char *site, struct err *err)
{
    AUTO(file_close) int fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0)
        return err_errno(err, ERR_BROKEN, "cannot force %s to the disk", part);
    if (rename(part, site) != 0)
        return err_errno(err, ERR_REFUSED, "cannot make %s", site);
    AUTO(mem_drop) char *mark = file_join(site, MARK);
    (void)unlink(mark);
    return file_sync_name(site, err);
}

void restore_report_free(struct restore_report *report)
{
    mem_free(&report->store);
}

static enum err_kind restore_into(const struct restore *restore, struct restore_report *out,
                                  struct err *err)
{
    AUTO(restore_report_free) struct restore_report report = {0};
    AUTO(buf_free) struct buf part = buf_new(4096);
    AUTO(file_names_free) char **names = NULL;
    if (file_exists(restore->site) && file_names(restore->site, &names, err))
        return err_of(err);
    if (names && names[0])
        return err_set(err, ERR_REFUSED, "%s is there and not empty; name a folder that is new",
                       restore->site);
    struct checkpoint newest = {0};
    if (choose(restore, &report, &newest, err))
        return err_of(err);
    buf_print(&part, "%s.restore-%d", restore->site, (int)getpid());
    if (part.full)
        return err_set(err, ERR_INPUT, "the name of the site's folder is too long");
    AUTO(file_close) int held = -1;
    sweep(restore->site);
    if (begin_part(part.at, &held, err))
        return err_of(err);
    enum err_kind kind = make_site(restore, part.at, &newest, &report, err);
    if (!kind)
        kind = give_name(part.at, restore->site, err);
    if (kind) {
        remove_part(part.at);
        return err_add(err, "restoring %s from %s", report.manifest, restore->folder);
    }
    *out = MOVE(report);
    return OK;
}

// What is made stands beside the site until it is whole: beside "new/" would be within it.
enum err_kind backup_restore(const struct restore *restore, struct restore_report *out,
                             struct err *err)
{
    AUTO(mem_drop) char *site = file_bare(restore->site);
    struct restore bare = *restore;
    bare.site = site;
    return restore_into(&bare, out, err);
}
