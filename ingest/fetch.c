#include "ingest/fetch.h"

#include "core/file.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "ingest/archive.h"
#include "ingest/links.h"
#include "core/http.h"
#include "ingest/pull.h"
#include "ingest/spool.h"
#include "ledger/now.h"
#include "ledger/origin.h"
#include "ledger/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    URL_BYTES_MAX = 8192,
    // One run asks for at most so many files of a source: the rest comes with the next.
    FILES_MAX = 500,
    // And for so many that its feed names.
    LINKS_MAX = 200,
    // What came is asked for again at most so often while it is young (recheck).
    RECHECK_S_MIN = HOUR_S,
    RECHECK_S_MAX = DAY_S,
    PLACES_MAX = 9, // sources.yaml allows eight mirrors
    BACKFILL_MAX = 100000,
};

// What a run asks for; with `dry` nothing is fetched, only printed.
struct round {
    const struct work *work;
    struct pull *pull;
    struct utc now;
    struct work_report *report;
    bool dry;
    size_t left; // files at the head of `pull` that an earlier process brought
};

static void round_end(struct round *round)
{
    pull_free(&round->pull);
}

// A version that the ledger has not: perhaps nobody asks for its address any more (recheck), so it
// is taken in at once. What is wrong is told when it is its turn.
static bool is_done(void *self, const struct spool_left *left)
{
    struct round *round = self;
    struct err why = {0};
    struct hash newest;
    bool found = false;
    const struct source *source = NULL;
    if (origin_newest(round->work->ledger, left->source, left->url, &found, &newest, &why))
        return false;
    if (found && hash_same(newest, left->hash))
        return true;
    if (sources_find(round->work->sources, left->source, &source, &why))
        return false;
    bool asked = source->place == PLACE_TEMPLATE || source->place == PLACE_POLLED;
    const char *const place[] = {*left->from ? left->from : left->url};
    struct pull_ask ask = {
        .source = source, .url = left->url, .place = place, .places = 1, .remember = asked};
    round->left += pull_add(round->pull, &ask, &why) == OK ? 1 : 0;
    return false;
}

static enum err_kind round_start(const struct work *work, bool dry, struct work_report *report,
                                 struct round *out, struct err *err)
{
    struct round round = {.work = work, .report = report, .dry = dry};
    if (ledger_now(work->cli, work->site, work->ledger, &round.now, err))
        return err_of(err);
    round.pull = pull_new(work);
    if (!dry)
        spool_sweep(work->archive, is_done, &round);
    *out = round;
    return OK;
}

// A file that cannot even be asked for is counted, and the others go on.
static enum err_kind add(const struct round *round, const struct pull_ask *ask, struct err *err)
{
    struct err why = {0};
    if (round->dry) {
        round->report->known += ask->known;
        round->report->planned++;
        if (!cli_json(round->work->cli))
            (void)printf("%s\n", ask->place[0]);
        return OK;
    }
    // What came before is taken in first; the next round asks for what is there now.
    if (ask->remember && pull_has(round->pull, round->left, ask))
        return OK;
    enum err_kind kind = pull_add(round->pull, ask, &why);
    if (kind == ERR_BROKEN) {
        *err = why;
        return kind;
    }
    if (kind) {
        round->report->failed++;
        work_failed(round->report, ask->source->name, &why);
    }
    return OK;
}

// --- one file
// ---------------------------------------------------------------------------------------

static char *absolute(const char *path)
{
    char *real = realpath(path, NULL);
    char *out = real ? mem_text(real) : NULL;
    free(real); // of the C library
    return out;
}

enum err_kind fetch_url(const struct work *work, const struct source *source, const char *url,
                        const char *name, struct work_report *report, struct err *err)
{
    AUTO(mem_drop) char *address = NULL;
    AUTO(round_end) struct round round = {0};
    bool named = strncmp(url, "file://", strlen("file://")) == 0;
    if (named || !strstr(url, "://")) {
        AUTO(mem_drop) char *path = absolute(named ? url + strlen("file://") : url);
        if (!path)
            return err_errno(err, ERR_MISSING, "there is no file %s", url);
        struct stat status;
        if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
            return err_set(err, ERR_INPUT, "%s is no file but %s; name the files themselves", url,
                           S_ISDIR(status.st_mode) ? "a folder" : "a pipe or device");
        address = http_file_url(path);
    }
    const char *const place[] = {address ? address : url};
    struct pull_ask ask = {
        .source = source, .url = name ? name : place[0], .place = place, .places = 1};
    struct work_report before = *report;
    if (round_start(work, false, report, &round, err) || pull_add(round.pull, &ask, err) ||
        pull_run(round.pull, report, err))
        return err_add(err, "fetching for %s", source->name);
    if (report->missing > before.missing)
        return err_set(err, ERR_MISSING, "there is no %s, while fetching for %s", url,
                       source->name);
    if (report->failed > before.failed)
        return err_write(err, report->worst, "%s, while fetching for %s", report->why,
                         source->name),
               report->worst;
    return OK;
}

// --- folders
// ----------------------------------------------------------------------------------------

struct known {
    size_t count;
    struct raws of_state[RAW_RELEASED + 1];
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
    if (stat(path, &now) != 0 || now.st_size != raw->bytes)
        return false;
    if (raw->state == RAW_RELEASED) // its bytes are gone; it is not brought back
        return true;
    if (stat(in_archive, &kept) != 0)
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

static enum err_kind add_local(const struct round *round, const struct source *source,
                               const struct known *known, const char *url, const char *path,
                               struct err *err)
{
    const struct raw *raw = known_find(known, url);
    if (raw && unchanged(round->work, raw, path)) {
        round->report->known++;
        return OK;
    }
    AUTO(mem_drop) char *address = http_file_url(path);
    const char *const place[] = {address};
    struct pull_ask ask = {.source = source, .url = url, .place = place, .places = 1};
    return add(round, &ask, err);
}

// It may come yet, so nothing has failed; who waits for it is told, and gong status says it.
static void say_absent(const struct round *round, const struct source *source)
{
    round->report->missing++;
    if (!round->work->silent)
        log_warn("source %s: there is no %s", source->name, source->url);
}

static enum err_kind add_folder(const struct round *round, const struct source *source,
                                struct err *err)
{
    AUTO(mem_drop) char *folder = local_path(round->work, source);
    AUTO(file_names_free) char **names = NULL;
    AUTO(known_free) struct known known = {0};
    if (!folder) {
        say_absent(round, source);
        return OK;
    }
    if (file_names(folder, &names, err) || known_load(round->work, source, &known, err))
        return err->kind;
    for (size_t i = 0; names[i] && !cli_stopped(); i++) {
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
        buf_print(&url, "%s%s", source->url, names[i]);
        if (is_data(path, names[i]) && add_local(round, source, &known, url.at, path, err))
            return err->kind;
    }
    return OK;
}

static enum err_kind add_file(const struct round *round, const struct source *source,
                              struct err *err)
{
    AUTO(mem_drop) char *path = local_path(round->work, source);
    AUTO(known_free) struct known known = {0};
    if (!path) {
        say_absent(round, source);
        return OK;
    }
    if (known_load(round->work, source, &known, err))
        return err->kind;
    return add_local(round, source, &known, source->url, path, err);
}

// --- addresses
// ----------------------------------------------------------------------------------------

// Adds one part of a step, with all the places where it may be had.
static enum err_kind add_part(const struct round *round, const struct source *source,
                              struct utc step, size_t part, bool known, struct err *err)
{
    size_t places = source_mirrors(source);
    AUTO(mem_drop) const char **place = mem_new(places, sizeof(*place));
    struct buf url[PLACES_MAX], sum = buf_new(URL_BYTES_MAX), index = buf_new(URL_BYTES_MAX);
    for (size_t i = 0; i < places; i++) {
        url[i] = buf_new(URL_BYTES_MAX);
        source_address(source, step, part, i, &url[i]);
        place[i] = url[i].at;
    }
    if (source->fetch.sum_url)
        source_fill(source, source->fetch.sum_url, step, part, &sum);
    if (source->fetch.index_url)
        source_fill(source, source->fetch.index_url, step, part, &index);
    struct pull_ask ask = {.source = source,
                           .url = place[0],
                           .index_url = source->fetch.index_url ? index.at : NULL,
                           .place = place,
                           .places = places,
                           .sum_url = source->fetch.sum_url ? sum.at : NULL,
                           .known = known,
                           .remember = true};
    enum err_kind kind = add(round, &ask, err);
    for (size_t i = 0; i < places; i++)
        buf_free(&url[i]);
    buf_free(&sum);
    buf_free(&index);
    return kind;
}

static enum err_kind is_known(const struct round *round, const struct source *source,
                              struct utc step, size_t part, bool *known, struct address *address,
                              struct err *err)
{
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    source_address(source, step, part, 0, &url);
    if (raw_known_url(round->work->ledger, source->name, url.at, known, err))
        return err_of(err);
    return address ? address_get(round->work->ledger, source->name, url.at, address, err) : OK;
}

// Where to begin: so long before the newest step that came as a file may be missing, or change.
// When none came: the first of all, of a forecast the oldest that is not given up.
static enum err_kind first_step(const struct round *round, const struct source *source,
                                struct utc last, struct utc *out, struct err *err)
{
    *out = source->from;
    int64_t back_s = source->fetch.missing_after_s > source->fetch.recheck_s
                         ? source->fetch.missing_after_s
                         : source->fetch.recheck_s;
    for (struct utc step = last; step.s >= source->from.s;
         step = source_step_on(source, step, -1)) {
        bool known = false;
        if (is_known(round, source, step, 0, &known, NULL, err))
            return err->kind;
        if (!known)
            continue;
        struct utc back = source_step(source, (struct utc){step.s - back_s});
        if (back.s > source->from.s)
            *out = back;
        return OK;
    }
    // Runs that are given up help nobody, and are no longer there: asked for from the oldest on, a
    // new site would not come to those of today. Who wants them fills them back.
    struct utc alive = source_step(source, (struct utc){last.s - source->fetch.missing_after_s});
    if (source->wanted.forecast && alive.s > source->from.s)
        *out = alive;
    return OK;
}

static bool was_asked_within(const struct round *round, const struct address *address, int64_t s)
{
    return address->checked_at.s != UTC_NEVER.s && round->now.s - address->checked_at.s < s;
}

// What came is asked for again while it is young and was not looked at lately, and no try failed
// just now; what did not come, when its pause is over.
static bool is_due(const struct round *round, const struct source *source, struct utc step,
                   bool known, const struct address *address)
{
    if (round->work->patient && address->next_at.s > round->now.s)
        return false;
    if (!known)
        return true;
    int64_t again_s = source->every_s < RECHECK_S_MAX ? source->every_s : RECHECK_S_MAX;
    again_s = again_s > RECHECK_S_MIN ? again_s : RECHECK_S_MIN;
    // What grows for a month or a year is young until that is over, and then some time yet.
    struct utc made = source->every_months ? source_step_on(source, step, 1) : step;
    return round->now.s - made.s < source->fetch.recheck_s &&
           !was_asked_within(round, address, again_s);
}

static enum err_kind add_steps(const struct round *round, const struct source *source,
                               struct err *err)
{
    struct utc step;
    struct utc due = {round->now.s - source->latency_s};
    if (due.s < source->from.s)
        return OK;
    struct utc last = source_step(source, due);
    if (first_step(round, source, last, &step, err))
        return err->kind;
    size_t parts = source_parts(source), asked = 0;
    for (; step.s <= last.s && asked < FILES_MAX && !cli_stopped();
         step = source_step_on(source, step, 1)) {
        for (size_t part = 0; part < parts; part++) {
            bool known = false;
            struct address address;
            if (is_known(round, source, step, part, &known, &address, err))
                return err->kind;
            if (!is_due(round, source, step, known, &address))
                continue;
            asked++;
            if (add_part(round, source, step, part, known, err))
                return err->kind;
        }
    }
    return OK;
}

static enum err_kind is_link_due(const struct round *round, const struct source *source,
                                 const char *link, bool *due, struct err *err)
{
    bool known = false;
    struct address address;
    if (raw_known_url(round->work->ledger, source->name, link, &known, err) ||
        address_get(round->work->ledger, source->name, link, &address, err))
        return err_of(err);
    *due = !known && !(round->work->patient && address.next_at.s > round->now.s);
    return OK;
}

// What the newest copy of a feed names, each once. A copy that cannot be read is counted as a file
// is that cannot be asked for.
static enum err_kind add_links(const struct round *round, const struct source *source,
                               struct err *err)
{
    bool found = false;
    size_t asked = 0, waiting = 0;
    struct err why = {0};
    char *const *links = NULL;
    AUTO(raw_free) struct raw raw = {0};
    if (raw_find(round->work->ledger, source->name, source->url, &found, &raw, err))
        return err_of(err);
    if (!found || raw.state != RAW_READ)
        return OK;
    if (links_of(round->work, source, &raw, &links, &why)) {
        round->report->failed++;
        work_failed(round->report, source->name, &why);
        return OK;
    }
    for (size_t i = 0; links[i]; i++) {
        bool due = false;
        if (is_link_due(round, source, links[i], &due, err))
            return err_of(err);
        const char *const place[] = {links[i]};
        struct pull_ask ask = {.source = source,
                               .url = links[i],
                               .place = place,
                               .places = 1,
                               .remember = true,
                               .stays = true};
        if (due && asked == LINKS_MAX)
            waiting++;
        else if (due && add(round, &ask, err))
            return err_of(err);
        asked += due && asked < LINKS_MAX ? 1 : 0;
    }
    if (waiting)
        log_info("%zu more files that the feed of %s names wait for the next round", waiting,
                 source->name);
    return OK;
}

static enum err_kind add_polled(const struct round *round, const struct source *source,
                                struct err *err)
{
    bool known = false;
    struct address address;
    if (is_known(round, source, (struct utc){0}, 0, &known, &address, err))
        return err_of(err);
    bool waits =
        round->work->patient && (address.next_at.s > round->now.s ||
                                 (known && was_asked_within(round, &address, source->every_s)));
    if (!waits && add_part(round, source, (struct utc){0}, 0, known, err))
        return err_of(err);
    return source->fetch.links ? add_links(round, source, err) : OK;
}

static enum err_kind add_place(const struct round *round, const struct source *source,
                               struct err *err)
{
    switch (source->place) {
    case PLACE_NONE:
        return OK;
    case PLACE_FOLDER:
        return add_folder(round, source, err);
    case PLACE_FILE:
        return add_file(round, source, err);
    case PLACE_POLLED:
        return add_polled(round, source, err);
    case PLACE_TEMPLATE:
        break;
    }
    return add_steps(round, source, err);
}

static enum err_kind say_state(const struct round *round, const struct source *source,
                               struct err *err)
{
    AUTO(buf_free) struct buf absent = buf_new(URL_BYTES_MAX);
    struct source_state state = {.late_after_s = source->late_after_s,
                                 .complaint = pull_complaint(round->pull, source)};
    if (source->place == PLACE_FOLDER || source->place == PLACE_FILE) {
        AUTO(mem_drop) char *path = local_path(round->work, source);
        if (!path)
            buf_print(&absent, "there is no %s", source->url);
    }
    state.complaint = absent.len ? absent.at : state.complaint;
    memcpy(state.source, source->name, sizeof(state.source));
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_now(round->work->cli, round->work->site, round->work->ledger, &state.tried_at,
                   err) ||
        ledger_begin(round->work->ledger, &txn, err) || source_state_put(txn, &state, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

enum err_kind fetch_sources(const struct work *work, const struct source *only, bool dry,
                            struct work_report *report, struct err *err)
{
    AUTO(round_end) struct round round = {0};
    if (round_start(work, dry, report, &round, err))
        return err_of(err);
    for (size_t i = 0; i < work->sources->count && !cli_stopped(); i++) {
        const struct source *source = &work->sources->at[i];
        if ((only ? only == source : source->enabled) && add_place(&round, source, err))
            return err_add(err, "fetching source %s", source->name);
    }
    if (dry)
        return OK;
    if (pull_run(round.pull, report, err))
        return err_of(err);
    for (size_t i = 0; i < work->sources->count; i++) {
        const struct source *source = &work->sources->at[i];
        if ((only ? only == source : source->enabled) && say_state(&round, source, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind fetch_backfill(const struct work *work, const struct source *source,
                             const struct fetch_range *range, struct work_report *report,
                             struct err *err)
{
    AUTO(round_end) struct round round = {0};
    if (source->place != PLACE_TEMPLATE)
        return err_set(err, ERR_INPUT,
                       "source %s has no address with a time in it; nothing can be filled back",
                       source->name);
    if (range->from.s > range->to.s)
        return err_usage(err, "--from %s is after --to %s", utc_text(range->from).at,
                         utc_text(range->to).at);
    if (round_start(work, range->dry, report, &round, err))
        return err_of(err);
    // The steps are those of the source, also before its first; what lies amid a month or a year is
    // in the file of that.
    struct utc step = source_step(source, range->from);
    if (step.s < range->from.s && !source->every_months)
        step = source_step_on(source, step, 1);
    size_t parts = source_parts(source);
    for (; step.s <= range->to.s && step.s <= round.now.s; step = source_step_on(source, step, 1)) {
        for (size_t part = 0; part < parts; part++) {
            bool known = false;
            if (is_known(&round, source, step, part, &known, NULL, err))
                return err_of(err);
            report->known += known;
            if (!known && add_part(&round, source, step, part, false, err))
                return err_of(err);
            if (pull_count(round.pull) > BACKFILL_MAX)
                return err_set(err, ERR_INPUT,
                               "more than %d files at once; fill back a shorter time",
                               BACKFILL_MAX);
        }
    }
    return range->dry ? OK : pull_run(round.pull, report, err);
}
