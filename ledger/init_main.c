// gong-init: makes a site. Everything is made beside it, then given its name: a site is whole or
// not there.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/reserve.h"
#include "core/proc.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/schema.h"
#include "ledger/seal.h"
#include "ledger/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    mode_t mode;
} folders[] = {
    {"policies", 0755}, {"archive", 0700}, {"keys", 0700}, {"run", 0700}, {"out", 0700},
};

static enum err_kind write_sources(const char *site, struct err *err)
{
    AUTO(mem_drop) char *from = proc_shipped("sources.yaml");
    AUTO(mem_drop) char *to = file_join(site, "sources.yaml");
    AUTO(mem_drop) char *bin = proc_folder();
    if (from)
        return file_copy(from, to, 0644, err);
    return err_set(err, ERR_MISSING,
                   "sources.yaml is neither in %s/../share/gong nor in data/; "
                   "install gong again",
                   bin);
}

// What was asked for; NULL: the default.
struct wish {
    const char *mode, *store, *schema;
    bool join; // the store is there: this is one more machine at it
};

static enum err_kind write_settings(const char *site, const struct wish *wish, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(site, "gong.yaml");
    AUTO(buf_free) struct buf text = buf_new(64 * 1024);
    site_template(&text, wish->mode, wish->store, wish->schema);
    return file_write(path, buf_slice(&text), 0644, err);
}

static enum err_kind make_folders(const char *site, struct err *err)
{
    if (file_make_folder(site, 0755, err))
        return err->kind;
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        AUTO(mem_drop) char *path = file_join(site, folders[i].name);
        if (file_make_folder(path, folders[i].mode, err))
            return err->kind;
        if (chmod(path, folders[i].mode) != 0)
            return err_errno(err, ERR_REFUSED, "cannot set the mode of %s", path);
    }
    return OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

// A site begins with a signed checkpoint over nothing: who keeps it can prove all that follows.
static enum err_kind seal_first(const char *site, struct err *err)
{
    AUTO(ledger_close) struct ledger *ledger = NULL;
    bool made = false;
    struct utc now = clock_system.now(clock_system.self);
    if (ledger_open(site, LEDGER_WRITE, &ledger, err) || seal_make(ledger, now, &made, err))
        return err_of(err);
    return OK;
}

static const char *const databases[] = {"ledger", "people", "map"};

// Makes the databases; `*made` is how many, also when one could not be made.
static enum err_kind make_databases(const char *part, size_t *made, struct err *err)
{
    static enum err_kind (*const create[])(const char *folder, struct err *err) = {
        ledger_create, people_create, map_create};
    _Static_assert(COUNT_OF(create) == COUNT_OF(databases), "one for each");
    for (*made = 0; *made < COUNT_OF(create); ++*made) {
        if (create[*made](part, err))
            return err_of(err);
    }
    return OK;
}

// One more machine at a store that is there: it must be one, and of this program's schema.
static enum err_kind join_site(const char *part, struct err *err)
{
    AUTO(ledger_close) struct ledger *ledger = NULL;
    if (seal_start(part, err) || ledger_open(part, LEDGER_READ, &ledger, err))
        return err_of(err);
    return OK;
}

static enum err_kind make_site(const char *part, const struct wish *wish, size_t *made,
                               struct err *err)
{
    if (make_folders(part, err) || write_settings(part, wish, err) || write_sources(part, err))
        return err_of(err);
    if (wish->join)
        return join_site(part, err);
    if (make_databases(part, made, err) || seal_key_create(part, err))
        return err_of(err);
    reserve_keep(part);
    return seal_first(part, err);
}

// A store elsewhere does not go with the folder. Only what this run made is taken away.
static void take_back(const char *part, size_t made)
{
    for (size_t i = 0; i < made; i++) {
        struct err ignored = {0}; // why the site was not made is what is said
        if (store_drop(part, databases[i], &ignored))
            (void)fprintf(stderr, "gong-init: %s\n", ignored.text);
    }
}

static enum err_kind check_place(const char *folder, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (!file_exists(folder))
        return OK;
    if (file_names(folder, &names, err))
        return err->kind;
    if (names[0])
        return err_set(err, ERR_REFUSED, "%s is there and not empty; name a folder that is new",
                       folder);
    return OK;
}

// Two at once for one folder: the lock is a file beside it. `*fd` is held to the end.
static enum err_kind lock_name(const char *path, int *fd, struct err *err)
{
    for (;;) {
        struct stat mine, there;
        bool held = false;
        *fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*fd < 0)
            return err_errno(err, ERR_REFUSED, "cannot make %s", path);
        if (file_lock(*fd, path, LOCK_EX, 0, &held, err))
            return err_of(err);
        if (!held)
            return err_set(err, ERR_LATER, "another gong init is making this site; wait for it");
        // Who held it before may have removed it while we opened it: then it locks nobody out.
        if (fstat(*fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino)
            return OK;
        (void)close(*fd);
    }
}

// rename() takes the place of an empty folder only: what is there is never lost.
static enum err_kind make_part(const char *part, const char *folder, const struct wish *wish,
                               struct err *err)
{
    size_t made = 0;
    if (file_exists(part) && nftw(part, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        return err_errno(err, ERR_REFUSED, "cannot remove what an earlier try left in %s", part);
    if (make_site(part, wish, &made, err) == OK && rename(part, folder) == 0)
        return OK;
    if (!err->kind)
        (void)err_errno(err, ERR_REFUSED, "cannot make %s (it is there and not empty?)", folder);
    take_back(part, made);
    (void)nftw(part, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return err_of(err);
}

static enum err_kind make_whole(const char *folder, const struct wish *wish, struct err *err)
{
    AUTO(file_close) int fd = -1;
    AUTO(buf_free) struct buf part = buf_new(4096), lock = buf_new(4096);
    buf_print(&part, "%s.part", folder);
    buf_print(&lock, "%s.lock", folder);
    if (part.full || lock.full)
        return err_set(err, ERR_INPUT, "the name of the site's folder is too long");
    if (lock_name(lock.at, &fd, err))
        return err_of(err);
    // Looked at again: somebody may have made it while we waited for nothing.
    enum err_kind kind = check_place(folder, err);
    if (!kind)
        kind = make_part(part.at, folder, wish, err);
    (void)unlink(lock.at);
    return kind;
}

static enum err_kind check_mode(const char *mode, struct err *err)
{
    if (strcmp(mode, "drill") != 0 && strcmp(mode, "live") != 0)
        return err_usage(err, "--mode %s is unknown; write drill or live", mode);
    return OK;
}

static enum err_kind check_wish(const struct wish *wish, struct err *err)
{
    if (check_mode(wish->mode, err))
        return err_of(err);
    return site_check_store(wish->store ? wish->store : "sqlite",
                            wish->schema ? wish->schema : "gong", err);
}

static int run_init(const struct cli *cli)
{
    struct err err = {0};
    AUTO(mem_drop) char *folder = file_bare(cli_arg(cli, 0));
    struct wish wish = {cli_value(cli, "mode"), cli_value(cli, "store"),
                        cli_value(cli, "store-schema"), cli_has(cli, "join")};
    const char *mode = wish.mode = wish.mode ? wish.mode : "drill";
    if (check_wish(&wish, &err) || check_place(folder, &err) || make_whole(folder, &wish, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "site", folder);
        doc_put_text(result, "mode", mode);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf(
            "made the site %s (mode: %s)\n"
            "  settings  %s/gong.yaml\n"
            "  sources   %s/sources.yaml\n"
            "  policies  %s/policies/\n"
            "next: gong boundary import FILE --set NAME --code PROP --name PROP --site %s\n",
            folder, mode, folder, folder, folder, folder);
    }
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"mode", "MODE", "drill (default) or live"},
    {"store", "URL", "keep the ledger and the register in a PostgreSQL: postgresql://USER@HOST/DB"},
    {"store-schema", "NAME", "with --store: what its schemas' names begin with; default gong"},
    {"join", NULL, "with --store: the store is there already, this is one more machine at it"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "DIR",
     .help = "make a site in a new folder: settings, ledger, register, map, archive and keys",
     .example = "gong init mysite --mode drill",
     .options = options,
     .args_min = 1,
     .args_max = 1,
     .run = run_init},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {
        .name = "gong-init", .help = "Makes a site.", .verbs = verbs, .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
