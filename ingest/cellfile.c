#include "ingest/cellfile.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/site.h"
#include "ingest/archive.h"
#include "ingest/sealed.h"
#include "ledger/ledger.h"
#include "ledger/origin.h"
#include "ledger/raw.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_BYTES_MAX = 4096 };

// What tells one version of a file from the next.
struct version {
    int64_t inode, bytes, changed_s, changed_ns;
};

static const char SCHEME[] = "cells:";

struct cellfile {
    char source[64];
    struct version version; // of the file at its path, as it was read
    struct cells_used used;
    int fd;
};

struct cellfiles {
    const struct site *site;
    const char *archive;
    struct ledger *ledger;
    struct decoder *decoder;
    struct cellfile *at; // heap
    size_t count;
};

struct cellfiles *cellfiles_new(const struct site *site, const char *archive, struct ledger *ledger,
                                struct decoder *decoder)
{
    struct cellfiles *files = mem_new(1, sizeof(*files));
    *files = (struct cellfiles){site, archive, ledger, decoder, NULL, 0};
    return files;
}

void cellfiles_free(struct cellfiles **files)
{
    if (!*files)
        return;
    for (size_t i = 0; i < (*files)->count; i++)
        sealed_close(&(*files)->at[i].fd);
    mem_free(&(*files)->at);
    mem_free(files);
}

static struct buf address_of(const struct source *source)
{
    struct buf url = buf_new(URL_BYTES_MAX);
    buf_print(&url, "%s%s", SCHEME, source->cells);
    return url;
}

static struct cellfile *find(struct cellfiles *files, const char *source)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->at[i].source, source) == 0)
            return &files->at[i];
    }
    files->at = mem_resize(files->at, files->count + 1, sizeof(*files->at));
    struct cellfile *one = &files->at[files->count++];
    *one = (struct cellfile){.fd = -1};
    (void)snprintf(one->source, sizeof(one->source), "%s", source);
    return one;
}

// `name` is what it is called in what is complained of.
static enum err_kind read_cells(struct cellfiles *files, const struct wanted_list *box, int fd,
                                const char *name, struct cellfile *one, struct err *err)
{
    struct err why = {0};
    int made = -1;
    enum err_kind kind = decode_cells(files->decoder, fd, box, &made, &why);
    if (kind) {
        *err = why;
        (void)err_add(err, "reading the cells of source %s in %s", one->source, name);
        return err->kind = kind == ERR_INPUT ? ERR_MISSING : kind;
    }
    sealed_close(&one->fd);
    one->fd = made;
    return OK;
}

static enum err_kind read_archived(struct cellfiles *files, const struct wanted_list *box,
                                   const struct cells_used *used, struct cellfile *one,
                                   struct err *err)
{
    AUTO(sealed_close) int fd = -1;
    if (one->fd >= 0 && one->used.any && hash_same(one->used.hash, used->hash))
        return OK;
    if (archive_lend(files->archive, used->hash, &fd, err))
        return err_add(err, "reading the cells of source %s", one->source);
    if (read_cells(files, box, fd, hash_hex(used->hash).at, one, err))
        return err_of(err);
    one->used = *used;
    one->version = (struct version){0};
    return OK;
}

// Read from the copy that goes into the archive: the file is the operator's, who may replace it at
// any time.
static enum err_kind read_and_keep(struct cellfiles *files, const struct wanted_list *box, int fd,
                                   const char *path, struct cellfile *one, struct err *err)
{
    AUTO(mem_drop) char *copy = NULL;
    struct cells_used used = {.any = true};
    if (archive_copy(files->archive, fd, &copy, &used.hash, &used.bytes, err))
        return err_add(err, "keeping %s", path), err->kind = ERR_LATER;
    AUTO(sealed_close) int copied = open(copy, O_RDONLY | O_CLOEXEC);
    enum err_kind kind = copied < 0 ? err_errno(err, ERR_LATER, "cannot open %s", copy)
                                    : read_cells(files, box, copied, path, one, err);
    if (kind) {
        (void)unlink(copy);
        return kind;
    }
    one->used = used;
    return archive_adopt(files->archive, copy, used.hash, err);
}

static enum err_kind read_at(struct cellfiles *files, const struct wanted_list *box, int fd,
                             const char *path, struct cellfile *one, struct err *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return err_set(err, ERR_MISSING, "the cells of source %s are in %s, which is no file",
                       one->source, path);
    struct version version = {(int64_t)info.st_ino, info.st_size, info.st_mtim.tv_sec,
                              info.st_mtim.tv_nsec};
    bool same = one->fd >= 0 && memcmp(&version, &one->version, sizeof(version)) == 0 &&
                (!files->ledger || archive_size(files->archive, one->used.hash) >= 0);
    if (!same && (files->ledger ? read_and_keep(files, box, fd, path, one, err)
                                : read_cells(files, box, fd, path, one, err)))
        return err_of(err);
    one->version = version;
    one->used.here = true;
    one->used.kept = false;
    return OK;
}

static enum err_kind read_kept(struct cellfiles *files, const struct source *source,
                               const struct wanted_list *box, const char *path,
                               struct cellfile *one, struct err *err)
{
    bool found = false, tried = false;
    AUTO(raw_free) struct raw last = {.url = NULL};
    AUTO(buf_free) struct buf url = address_of(source);
    if (files->ledger &&
        raw_base_last(files->ledger, source->name, url.at, &found, &tried, &last, err))
        return err_of(err);
    if (!found)
        return err_set(err, ERR_MISSING,
                       "the cells of source %s are in %s, which is not there: put the file there "
                       "that the weather service has of its grid; what came waits",
                       one->source, path);
    struct cells_used used = {.any = true, .hash = last.hash, .bytes = last.bytes, .kept = tried};
    if (read_archived(files, box, &used, one, err))
        return err_of(err);
    one->used.kept = tried;
    return OK;
}

enum err_kind cellfiles_lend(struct cellfiles *files, const struct source *source,
                             const struct wanted_list *box, struct cells_used *used, int *fd,
                             struct err *err)
{
    *fd = -1;
    if (!source->cells)
        return OK;
    struct cellfile *one = find(files, source->name);
    if (used->any) {
        if (read_archived(files, box, used, one, err))
            return err_of(err);
    } else {
        AUTO(mem_drop) char *path = site_path(files->site, source->cells);
        AUTO(sealed_close) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file >= 0 ? read_at(files, box, file, path, one, err)
                      : read_kept(files, source, box, path, one, err))
            return err_of(err);
        *used = one->used;
    }
    *fd = one->fd;
    return OK;
}

enum err_kind cellfiles_has(struct cellfiles *files, const struct source *source,
                            const struct wanted_list *box, struct hash hash, bool *has,
                            struct cells_used *used, struct err *err)
{
    struct err why = {0};
    struct cells_used here = {.any = false};
    int fd; // borrowed
    enum err_kind kind = cellfiles_lend(files, source, box, &here, &fd, &why);
    *has = !kind && here.any && hash_same(here.hash, hash);
    if (*has)
        *used = here;
    if (!kind || kind == ERR_MISSING)
        return OK;
    *err = why;
    return err_of(err);
}

// --- in the ledger
// --------------------------------------------------------------------------------

bool cellfile_is(const char *url)
{
    return strncmp(url, SCHEME, strlen(SCHEME)) == 0;
}

enum err_kind cellfile_settle(struct txn *txn, const struct source *source, const char *url,
                              struct hash hash, struct utc at, struct err *err)
{
    int64_t seq = 0;
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "source", source->name);
    doc_put_text(body, "url", url);
    doc_put_text(body, "licence", source->licence);
    doc_put_text(body, "raw", hash_hex(hash).at);
    doc_put_text(body, "describes", "grid");
    if (ledger_append(txn, "ingest", at, body, &seq, NULL, err))
        return err_of(err);
    return raw_settle(txn, hash, source->name, RAW_READ, "", seq, err);
}

enum err_kind cellfile_put(struct txn *txn, const struct source *source,
                           const struct cells_used *used, struct utc at, struct err *err)
{
    static char none[] = "";
    AUTO(buf_free) struct buf url = address_of(source);
    struct raw raw = {.hash = used->hash, .url = url.at, .fetched_at = at, .bytes = used->bytes};
    struct origin origin = {.hash = used->hash,
                            .url = url.at,
                            .from = source->cells,
                            .address = none,
                            .began_at = at,
                            .ended_at = at,
                            .bytes = used->bytes,
                            .headers = none,
                            .checked = none};
    bool fresh = false;
    memcpy(raw.source, source->name, sizeof(raw.source));
    memcpy(origin.source, source->name, sizeof(origin.source));
    // It may have been there: fetched as data, refused as such, or let go of.
    if (raw_put(txn, &raw, &fresh, err) || (!fresh && raw_bring(txn, &raw, err)) ||
        origin_put(txn, &origin, err))
        return err_of(err);
    return cellfile_settle(txn, source, url.at, used->hash, at, err);
}

enum err_kind cellfiles_record(struct txn *txn, const struct source *source,
                               const struct cells_used *used, struct hash raw, struct utc at,
                               struct err *err)
{
    bool found = false;
    AUTO(raw_free) struct raw last = {.url = NULL};
    if (!used->any)
        return OK;
    if (raw_get(txn_ledger(txn), source->name, used->hash, &found, &last, err))
        return err_of(err);
    AUTO(buf_free) struct buf url = address_of(source);
    bool named = found && last.state == RAW_READ && (!used->here || strcmp(last.url, url.at) == 0);
    if (!named && cellfile_put(txn, source, used, at, err))
        return err_of(err);
    return raw_base_put(txn, source->name, raw, used->hash, err);
}
