#include "ledger/move.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/access.h"
#include "ledger/copy.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/schema.h"
#include "ledger/seal.h"
#include "ledger/store.h"
#include "ledger/tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { DATABASES = 3, PLACE_BYTES_MAX = 4000 };

static const struct {
    const char *name;
    const struct db_kind *kind;
} databases[DATABASES] = {{"ledger", &ledger_kind}, {"people", &people_kind}, {"map", &map_kind}};

static const char FILES[] = "sqlite", INCOMING[] = "moving.d", NOTE[] = "moving",
                  OLD[] = "old-store";

struct end {
    char *store, *schema;
    char *place[DATABASES];
    struct db *db[DATABASES];
};

struct move {
    struct utc at;
    const char *folder;
    struct end from, to;
    struct move_report *report;
};

static void end_free(struct end *end)
{
    for (size_t i = 0; i < DATABASES; i++) {
        if (end->db[i])
            db_undo(end->db[i]);
        db_close(&end->db[i]);
        mem_free(&end->place[i]);
    }
    mem_free(&end->store);
    mem_free(&end->schema);
}

static void move_free(struct move *move)
{
    end_free(&move->from);
    end_free(&move->to);
}

static bool is_files(const struct end *end)
{
    return strcmp(end->store, FILES) == 0;
}

static bool is_same(const struct end *end, const char *store, const char *schema)
{
    return strcmp(end->store, store) == 0 && (is_files(end) || strcmp(end->schema, schema) == 0);
}

// `sub`: the folder within the site's for files.
static void find_places(const char *folder, const char *sub, struct end *end)
{
    for (size_t i = 0; i < DATABASES; i++) {
        AUTO(buf_free) struct buf place = buf_new(PLACE_BYTES_MAX);
        if (is_files(end))
            buf_print(&place, "%s/%s%s.db", folder, sub, databases[i].name);
        else
            buf_print(&place, "%s#%s_%s", end->store, end->schema, databases[i].name);
        assert(!place.full); // settings are shorter
        end->place[i] = buf_take(&place);
    }
}

// --- what the folder says

static enum err_kind nobody_works(const char *folder, const char *lock, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, lock);
    AUTO(file_close) int fd = open(path, O_RDWR | O_CLOEXEC);
    bool mine = true;
    if (fd >= 0 && file_lock(fd, path, LOCK_EX, 0, &mine, err))
        return err_of(err);
    if (!mine)
        return err_set(err, ERR_REFUSED,
                       "a dispatcher or gong up works at this site; stop it first");
    return OK;
}

// The move that was broken off; `*there` false when there is none. It must be the one that is
// wanted.
static enum err_kind read_note(const struct move *move, bool *there, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(move->folder, NOTE);
    AUTO(buf_free) struct buf text = buf_new(2 * PLACE_BYTES_MAX);
    AUTO(buf_free) struct buf wanted = buf_new(2 * PLACE_BYTES_MAX);
    *there = file_exists(path);
    if (!*there)
        return OK;
    if (file_read(path, &text, err))
        return err_of(err);
    buf_print(&wanted, "%s %s\n", move->to.store, move->to.schema);
    if (!str_same(buf_slice(&text), buf_slice(&wanted)))
        return err_set(err, ERR_REFUSED,
                       "a move to " STR_FMT " was broken off; finish that one first, or remove %s "
                       "and what it made there",
                       STR_ARG(str_trim(buf_slice(&text))), path);
    return OK;
}

static enum err_kind write_note(const struct move *move, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(move->folder, NOTE);
    AUTO(buf_free) struct buf text = buf_new(2 * PLACE_BYTES_MAX);
    buf_print(&text, "%s %s\n", move->to.store, move->to.schema);
    return file_write(path, buf_slice(&text), 0644, err);
}

// --- copying

static enum err_kind open_source(struct move *move, struct err *err)
{
    for (size_t i = 0; i < DATABASES; i++) {
        if (db_open(move->from.place[i], databases[i].kind, true, &move->from.db[i], err) ||
            db_begin(move->from.db[i], DB_WRITE, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind must_be_empty(const struct move *move, struct err *err)
{
    for (size_t i = 0; i < DATABASES; i++) {
        struct err why = {0};
        AUTO(db_close) struct db *db = NULL;
        enum err_kind kind = db_open(move->to.place[i], databases[i].kind, false, &db, &why);
        if (kind == ERR_LATER) {
            *err = why;
            return kind;
        }
        if (kind != ERR_MISSING)
            return err_set(err, ERR_REFUSED,
                           "%s is not empty; name another store or schema, or take that away",
                           move->to.place[i]);
    }
    return OK;
}

// A first move makes all three. What is there by now is another site's: it stays as it is, and of
// this move nothing does, for what stays would be taken for our own the next time.
static enum err_kind make_all(const struct move *move, struct err *err)
{
    AUTO(mem_drop) char *note = file_join(move->folder, NOTE);
    size_t made = 0;
    enum err_kind kind = OK;
    while (made < DATABASES && !kind) {
        kind = db_create(move->to.place[made], databases[made].kind, err);
        made += !kind;
    }
    if (!kind || kind == ERR_LATER) // the server may be at it still
        return kind;
    while (made--) {
        struct err ignored = {0};
        (void)!db_drop(move->to.place[made], &ignored);
    }
    (void)unlink(note);
    return kind;
}

// What an earlier try made, or did not come to.
static enum err_kind open_own(struct move *move, size_t i, struct err *err)
{
    const struct db_kind *kind = databases[i].kind;
    struct err why = {0};
    enum err_kind there = db_open(move->to.place[i], kind, true, &move->to.db[i], err);
    // A file that was begun and has no tables yet, or whose copy a power cut tore: the folder is
    // the move's own, and all of it is copied again.
    if (there == ERR_BROKEN && is_files(&move->to) && !db_drop(move->to.place[i], &why))
        there = ERR_MISSING;
    if (there != ERR_MISSING)
        return there;
    // A move that was broken off may be making it still: its server goes on.
    enum err_kind made = db_create(move->to.place[i], kind, &why);
    there = made && made != ERR_INPUT
                ? made
                : db_open(move->to.place[i], kind, true, &move->to.db[i], err);
    if (made && there == made)
        *err = why;
    return there;
}

// One database. What an earlier try left is kept when it is the same, else made anew.
static enum err_kind copy_one(struct move *move, bool again, size_t i, struct err *err)
{
    struct copy_report copied = {0};
    const struct db_kind *kind = databases[i].kind;
    if (open_own(move, i, err))
        return err_of(err);
    enum err_kind done = copy_all(move->from.db[i], move->to.db[i], kind, &copied, err);
    if (done == ERR_INPUT && again) { // the site was written to since
        db_close(&move->to.db[i]);
        if (db_drop(move->to.place[i], err) || db_create(move->to.place[i], kind, err) ||
            db_open(move->to.place[i], kind, true, &move->to.db[i], err))
            return err_of(err);
        done = copy_all(move->from.db[i], move->to.db[i], kind, &copied, err);
    }
    if (done)
        return err_add(err, "moving the %s to %s", databases[i].name, move->to.place[i]);
    move->report->tables += copied.tables;
    move->report->rows += copied.rows;
    return OK;
}

// --- proof

static enum err_kind heads(struct db *db, const char *folder, struct move_report *out,
                           struct err *err)
{
    AUTO(ledger_forget) struct ledger *ledger = ledger_over(db, folder);
    if (ledger_head(ledger, &out->entries, &out->head, err) ||
        tree_root(ledger, (uint64_t)out->entries, &out->root, err))
        return err_of(err);
    return seal_check(ledger, err);
}

static enum err_kind prove(struct move *move, struct err *err)
{
    struct move_report before = {0}, *after = move->report;
    if (heads(move->from.db[0], move->folder, &before, err) ||
        heads(move->to.db[0], move->folder, after, err))
        return err_of(err);
    if (before.entries != after->entries || !hash_same(before.head, after->head) ||
        !hash_same(before.root, after->root))
        return err_set(err, ERR_BROKEN, "the ledger in %s is not the one that was copied",
                       move->to.place[0]);
    return OK;
}

// --- the end

static enum err_kind close_source(struct move *move, struct err *err)
{
    for (size_t i = 0; i < DATABASES; i++) {
        if (copy_seal(move->from.db[i], databases[i].kind, move->to.store, err) ||
            db_commit(move->from.db[i], err))
            return err_add(err, "closing %s", move->from.place[i]);
        db_close(&move->from.db[i]);
    }
    return OK;
}

// A program that reads on keeps SQLite's log beside the file: the newest commits are in it alone,
// and left behind it would be taken for that of the next file of that name. It goes first: a file
// without it is never at its new place. Where there is none, none may lie there either.
static enum err_kind rename_one(const char *from, const char *to, const char *name, struct err *err)
{
    static const char *const parts[] = {"-wal", "-shm", ""};
    AUTO(mem_drop) char *from_file = file_join(from, name), *to_file = file_join(to, name);
    if (!file_exists(from_file))
        return OK; // an earlier try did it
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        AUTO(buf_free) struct buf old = buf_new(PLACE_BYTES_MAX), new = buf_new(PLACE_BYTES_MAX);
        buf_print(&old, "%s%s", from_file, parts[i]);
        buf_print(&new, "%s%s", to_file, parts[i]);
        bool there = file_exists(old.at);
        if (there ? rename(old.at, new.at) != 0 : unlink(new.at) != 0 && errno != ENOENT)
            return err_errno(err, ERR_REFUSED, "cannot rename %s to %s", old.at, new.at);
    }
    return file_sync_name(to_file, err);
}

static enum err_kind rename_all(const char *folder, const char *from, const char *to,
                                struct err *err)
{
    AUTO(mem_drop) char *from_folder = file_join(folder, from);
    AUTO(mem_drop) char *to_folder = file_join(folder, to);
    if (file_make_folder(to_folder, 0700, err))
        return err_of(err);
    for (size_t i = 0; i < DATABASES; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "%s.db", databases[i].name);
        if (rename_one(from_folder, to_folder, name, err))
            return err_of(err);
    }
    return OK;
}

// gong.yaml names the new store already: files go where they belong.
static enum err_kind finish(const struct move *move, bool from_files, struct err *err)
{
    AUTO(mem_drop) char *note = file_join(move->folder, NOTE);
    AUTO(mem_drop) char *incoming = file_join(move->folder, INCOMING);
    if (is_files(&move->to) && rename_all(move->folder, INCOMING, ".", err))
        return err_of(err);
    if (from_files && rename_all(move->folder, ".", OLD, err))
        return err_of(err);
    (void)rmdir(incoming);
    if (unlink(note) != 0)
        return err_errno(err, ERR_REFUSED, "cannot remove %s", note);
    return OK;
}

static enum err_kind copy_and_switch(struct move *move, bool again, struct err *err)
{
    AUTO(mem_drop) char *incoming = file_join(move->folder, INCOMING);
    AUTO(mem_drop) char *old = file_join(move->folder, OLD);
    if (!again && is_files(&move->from) && file_exists(old))
        return err_set(err, ERR_REFUSED, "%s is there from an earlier move; take it away first",
                       old);
    if (!again &&
        (must_be_empty(move, err) || access_of_copy(move->folder, move->at, "site move", err) ||
         write_note(move, err)))
        return err_of(err);
    if ((is_files(&move->to) && file_make_folder(incoming, 0700, err)) ||
        (!again && make_all(move, err)) || open_source(move, err))
        return err_of(err);
    for (size_t i = 0; i < DATABASES; i++) {
        if (copy_one(move, again, i, err))
            return err_of(err);
    }
    if (prove(move, err) || close_source(move, err))
        return err_of(err);
    for (size_t i = 0; i < DATABASES; i++)
        db_close(&move->to.db[i]);
    return store_name(move->folder, move->to.store, move->to.schema, err);
}

enum err_kind move_site(const char *folder, const char *store, const char *schema, struct utc at,
                        struct move_report *report, struct err *err)
{
    AUTO(site_free) struct site *site = NULL;
    AUTO(move_free) struct move move = {.folder = folder, .at = at, .report = report};
    bool again = false;
    *report = (struct move_report){0};
    if (site_open(folder, &site, err) || nobody_works(folder, "run/dispatch.lock", err) ||
        nobody_works(folder, "run/up.lock", err))
        return err_of(err);
    move.from.store = mem_text(site_text(site, "store"));
    move.from.schema = mem_text(site_text(site, "store_schema"));
    move.to.store = mem_text(store);
    move.to.schema = mem_text(schema ? schema : move.from.schema);
    if (site_check_store(move.to.store, move.to.schema, err))
        return err_of(err);
    find_places(folder, "", &move.from);
    find_places(folder, "moving.d/", &move.to);
    if (read_note(&move, &again, err))
        return err_of(err);
    bool switched = is_same(&move.to, move.from.store, move.from.schema);
    if (switched && !again)
        return err_set(err, ERR_INPUT, "the site is there already: store: %s", store);
    if (!switched && copy_and_switch(&move, again, err))
        return err_of(err);
    return finish(&move, !is_files(&move.to), err);
}
