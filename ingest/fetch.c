#include "ingest/fetch.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ingest/archive.h"
#include "core/http.h"
#include "ledger/now.h"
#include "ledger/raw.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MIB = 1 << 20,
    URL_BYTES_MAX = 8192,
    // A file that was missing is asked for again while newer ones come, this long.
    RETRY_S = 10 * DAY_S,
    // One run asks for at most so many addresses of a source: the rest comes with the next.
    TRIES_MAX = 500,
};

// --- one file
// ---------------------------------------------------------------------------------------

// `url` is what is recorded, `address` what is fetched (they differ for a path within the site).
static enum err_kind fetch_one(const struct work *work, const struct source *source,
                               const char *url, const char *address, struct work_report *report,
                               struct err *err)
{
    struct hash hash;
    bool fresh = false;
    AUTO(buf_free)
    struct buf bytes = buf_new((size_t)site_whole(work->site, "fetch_mib_max") * MIB);
    AUTO(buf_free) struct buf name = buf_new(URL_BYTES_MAX);
    if (text_nfc(str_of(url), &name, err)) // it goes into the ledger, which is UTF-8
        return err_add(err, "reading the name of a file");
    if (http_get(address, site_whole(work->site, "fetch_timeout_s"), &bytes, err) ||
        archive_put(work->archive, buf_slice(&bytes), &hash, err))
        return err->kind;
    AUTO(mem_drop) char *kept = mem_text(url);
    struct raw raw = {.hash = hash, .url = kept, .bytes = (int64_t)bytes.len};
    memcpy(raw.source, source->name, sizeof(raw.source));
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_now(work->cli, work->site, work->ledger, &raw.fetched_at, err) ||
        ledger_begin(work->ledger, &txn, err) || raw_put(txn, &raw, &fresh, err) ||
        ledger_commit(&txn, err))
        return err->kind;
    if (fresh)
        report->fetched++;
    else
        report->known++;
    return OK;
}

// As fetch_one, but a failure is counted; only ERR_BROKEN comes back.
static enum err_kind try_one(const struct work *work, const struct source *source, const char *url,
                             const char *address, struct work_report *report, struct err *err)
{
    struct err why = {0};
    switch (fetch_one(work, source, url, address, report, &why)) {
    case OK:
        return OK;
    case ERR_MISSING:
        report->missing++;
        return OK;
    case ERR_INPUT:
    case ERR_LATER:
    case ERR_REFUSED:
        report->failed++;
        work_failed(report, source->name, &why);
        return OK;
    case ERR_BROKEN:
        break;
    }
    *err = why;
    return err_add(err, "fetching %s", url);
}

static char *absolute(const char *path)
{
    char *real = realpath(path, NULL);
    char *out = real ? mem_text(real) : NULL;
    free(real); // of the C library
    return out;
}

enum err_kind fetch_url(const struct work *work, const struct source *source, const char *url,
                        struct work_report *report, struct err *err)
{
    AUTO(mem_drop) char *address = NULL;
    if (!strstr(url, "://")) {
        AUTO(mem_drop) char *path = absolute(url);
        if (!path)
            return err_errno(err, ERR_MISSING, "there is no file %s", url);
        address = http_file_url(path);
    }
    if (fetch_one(work, source, address ? address : url, address ? address : url, report, err))
        return err_add(err, "fetching for %s", source->name);
    return OK;
}

// --- folders
// ----------------------------------------------------------------------------------------

struct known {
    size_t count;
    struct raws of_state[RAW_REFUSED + 1];
    const struct raw **at; // [count] sorted by url, then position
};

static void known_free(struct known *known)
{
    for (size_t i = 0; i < COUNT_OF(known->of_state); i++)
        raws_free(&known->of_state[i]);
    mem_free(&known->at);
}

static int by_url(const void *a, const void *b)
{
    const struct raw *const *x = a, *const *y = b;
    int order = strcmp((*x)->url, (*y)->url);
    if (order)
        return order;
    return ((*x)->position > (*y)->position) - ((*x)->position < (*y)->position);
}

static enum err_kind known_load(const struct work *work, const struct source *source,
                                struct known *out, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(out->of_state); i++) {
        if (raw_list(work->ledger, source->name, (enum raw_state)i, 0, &out->of_state[i], err))
            return err->kind;
        out->count += out->of_state[i].count;
    }
    out->at = mem_new(out->count + 1, sizeof(const struct raw *));
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(out->of_state); i++) {
        for (size_t j = 0; j < out->of_state[i].count; j++)
            out->at[n++] = &out->of_state[i].at[j];
    }
    qsort(out->at, out->count, sizeof(const struct raw *), by_url);
    return OK;
}

// The newest raw file of an address; NULL when there is none.
static const struct raw *known_find(const struct known *known, const char *url)
{
    size_t low = 0, high = known->count;
    while (low < high) { // the first that stands after all of this url
        size_t middle = (low + high) / 2;
        if (strcmp(known->at[middle]->url, url) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low && strcmp(known->at[low - 1]->url, url) == 0 ? known->at[low - 1] : NULL;
}

// True when the file is as it was when it was fetched: same size, and not written since.
static bool unchanged(const struct work *work, const struct raw *raw, const char *path)
{
    struct stat now, kept;
    AUTO(mem_drop) char *in_archive = archive_path(work->archive, raw->hash);
    if (stat(path, &now) != 0 || stat(in_archive, &kept) != 0)
        return false;
    if (now.st_size != raw->bytes)
        return false;
    return now.st_mtim.tv_sec < kept.st_mtim.tv_sec || (now.st_mtim.tv_sec == kept.st_mtim.tv_sec &&
                                                        now.st_mtim.tv_nsec < kept.st_mtim.tv_nsec);
}

static bool is_data(const char *path, const char *name)
{
    struct stat info;
    struct str text = str_of(name);
    return name[0] != '.' && !str_ends(text, ".part") && !str_ends(text, ".tmp") &&
           stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

// The place of a source on this machine's disk; heap. NULL when it is not there.
static char *local_path(const struct work *work, const struct source *source)
{
    if (!source->in_site)
        return absolute(source->url + strlen("file://"));
    AUTO(mem_drop) char *path = site_path(work->site, source->url);
    return absolute(path);
}

static enum err_kind fetch_local(const struct work *work, const struct source *source,
                                 const struct known *known, const char *url, const char *path,
                                 struct work_report *report, struct err *err)
{
    const struct raw *raw = known_find(known, url);
    if (raw && unchanged(work, raw, path)) {
        report->known++;
        return OK;
    }
    AUTO(mem_drop) char *address = http_file_url(path);
    return try_one(work, source, url, address, report, err);
}

static enum err_kind fetch_folder(const struct work *work, const struct source *source,
                                  struct work_report *report, struct err *err)
{
    AUTO(mem_drop) char *folder = local_path(work, source);
    AUTO(file_names_free) char **names = NULL;
    AUTO(known_free) struct known known = {0};
    if (!folder) {
        report->missing++;
        return OK;
    }
    if (file_names(folder, &names, err) || known_load(work, source, &known, err))
        return err->kind;
    size_t count = 0;
    while (names[count])
        count++;
    struct progress progress = work_progress(work, source->name, count);
    for (size_t i = 0; i < count && !cli_stopped(); i++) {
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
        buf_print(&url, "%s%s", source->url, names[i]);
        if (is_data(path, names[i]) && fetch_local(work, source, &known, url.at, path, report, err))
            return err->kind;
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    return OK;
}

static enum err_kind fetch_file(const struct work *work, const struct source *source,
                                struct work_report *report, struct err *err)
{
    AUTO(mem_drop) char *path = local_path(work, source);
    AUTO(known_free) struct known known = {0};
    if (!path) {
        report->missing++;
        return OK;
    }
    if (known_load(work, source, &known, err))
        return err->kind;
    return fetch_local(work, source, &known, source->url, path, report, err);
}

// --- addresses with a time in them
// ------------------------------------------------------------------

static enum err_kind is_known(const struct work *work, const struct source *source, struct utc step,
                              struct buf *url, bool *known, struct err *err)
{
    buf_clear(url);
    source_address(source, step, url);
    return raw_known_url(work->ledger, source->name, url->at, known, err);
}

// Where to begin: ten days before the newest step that came, or the first of all.
static enum err_kind first_step(const struct work *work, const struct source *source,
                                struct utc last, struct utc *out, struct err *err)
{
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    *out = source->from;
    for (struct utc step = last; step.s >= source->from.s; step.s -= source->every_s) {
        bool known = false;
        if (is_known(work, source, step, &url, &known, err))
            return err->kind;
        if (!known)
            continue;
        int64_t back = RETRY_S / source->every_s * source->every_s;
        if (step.s - back > source->from.s)
            out->s = step.s - back;
        return OK;
    }
    return OK;
}

static enum err_kind fetch_steps(const struct work *work, const struct source *source,
                                 struct work_report *report, struct err *err)
{
    struct utc now, step;
    if (ledger_now(work->cli, work->site, work->ledger, &now, err))
        return err->kind;
    int64_t age_s = now.s - source->latency_s - source->from.s;
    if (age_s < 0)
        return OK;
    struct utc last = {source->from.s + age_s / source->every_s * source->every_s};
    if (first_step(work, source, last, &step, err))
        return err->kind;
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    int64_t failed_before = report->failed;
    for (size_t tries = 0; step.s <= last.s && tries < TRIES_MAX; step.s += source->every_s) {
        bool known = false;
        if (cli_stopped() || report->failed > failed_before)
            break; // a server that is down is not asked five hundred times
        if (is_known(work, source, step, &url, &known, err))
            return err->kind;
        if (known)
            continue;
        tries++;
        if (try_one(work, source, url.at, url.at, report, err))
            return err->kind;
    }
    return OK;
}

static enum err_kind say_state(const struct work *work, const struct source *source,
                               const char *complaint, struct err *err)
{
    struct source_state state = {.late_after_s = source->late_after_s, .complaint = complaint};
    memcpy(state.source, source->name, sizeof(state.source));
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_now(work->cli, work->site, work->ledger, &state.tried_at, err) ||
        ledger_begin(work->ledger, &txn, err) || source_state_put(txn, &state, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

static enum err_kind fetch_place(const struct work *work, const struct source *source,
                                 struct work_report *report, struct err *err)
{
    switch (source->place) {
    case PLACE_NONE:
        return OK;
    case PLACE_FOLDER:
        return fetch_folder(work, source, report, err);
    case PLACE_FILE:
        return fetch_file(work, source, report, err);
    case PLACE_TEMPLATE:
        break;
    }
    return fetch_steps(work, source, report, err);
}

enum err_kind fetch_source(const struct work *work, const struct source *source,
                           struct work_report *report, struct err *err)
{
    int64_t failed_before = report->failed;
    if (fetch_place(work, source, report, err))
        return err_add(err, "fetching source %s", source->name);
    return say_state(work, source, report->failed > failed_before ? report->why : "", err);
}
