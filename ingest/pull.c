#include "ingest/pull.h"

#include "core/clock.h"
#include "core/mem.h"
#include "core/site.h"
#include "ingest/pull_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    HOST_SIZE = 256,
    HOSTS_MAX = 500,
    // A server that fails so often in a row is not asked for the rest of its files in this run.
    HOST_FAILURES_MAX = 3,
    WAIT_MS_MAX = 1000,
    IDLE_MS = 50,
    URL_BYTES_MAX = 8192,
};

struct host {
    char name[HOST_SIZE]; // "https://data.example:8443"; "file://" for this machine
    int64_t running, failures;
    int64_t not_before_ms; // it asked for patience: nothing is asked of it before (monotonic clock)
};

struct item {
    struct pull_file *file;
    int64_t not_before_ms; // monotonic clock
    bool running, ended;
    size_t host; // of the transfer that runs
};

struct pull {
    const struct work *work;
    struct transfers *transfers;
    struct item *item;
    size_t count, room, first_open, ended;
    int64_t running;
    struct host host[HOSTS_MAX];
    size_t hosts;
};

struct pull *pull_new(const struct work *work)
{
    struct pull *pull = mem_new(1, sizeof(*pull));
    pull->work = work;
    pull->transfers = transfers_new();
    return pull;
}

void pull_free(struct pull **pull)
{
    if (!*pull)
        return;
    transfers_free(&(*pull)->transfers); // before what they write into
    for (size_t i = 0; i < (*pull)->count; i++)
        pull_file_free(&(*pull)->item[i].file);
    mem_free(&(*pull)->item);
    mem_free(pull);
}

size_t pull_count(const struct pull *pull)
{
    return pull->count;
}

bool pull_has(const struct pull *pull, size_t first, const struct pull_ask *ask)
{
    for (size_t i = 0; i < first && i < pull->count; i++) {
        const struct pull_file *file = pull->item[i].file;
        if (file->source == ask->source && strcmp(file->url, ask->url) == 0)
            return true;
    }
    return false;
}

enum err_kind pull_add(struct pull *pull, const struct pull_ask *ask, struct err *err)
{
    assert(ask->places > 0);
    AUTO(pull_file_free) struct pull_file *file = mem_new(1, sizeof(*file));
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    struct address known = {.checked_at = UTC_NEVER, .next_at = UTC_NEVER};
    if (text_nfc(str_of(ask->url), &url, err)) // it goes into the ledger, which is UTF-8
        return err_add(err, "reading the name of a file");
    if (ask->remember && address_get(pull->work->ledger, ask->source->name, url.at, &known, err))
        return err_of(err);
    if (!ask->known) { // a mark without the bytes brings nothing
        known.etag[0] = '\0';
        known.last_modified[0] = '\0';
    }
    file->source = ask->source;
    file->url = buf_take(&url);
    file->place = mem_new(ask->places, sizeof(*file->place));
    for (; file->places < ask->places; file->places++)
        file->place[file->places] = mem_text(ask->place[file->places]);
    file->sum_url = ask->sum_url ? mem_text(ask->sum_url) : NULL;
    file->index_url = ask->index_url ? mem_text(ask->index_url) : NULL;
    file->stage = pull_file_first(file);
    file->remember = ask->remember;
    file->stays = ask->stays;
    file->known = known;
    if (pull->count == pull->room) {
        pull->room = pull->room ? pull->room * 2 : 64;
        pull->item = mem_resize(pull->item, pull->room, sizeof(*pull->item));
    }
    pull->item[pull->count++] = (struct item){.file = TAKE(file)};
    return OK;
}

// --- hosts
// ----------------------------------------------------------------------------------------

// The one of an address; the last one stands for all that are too many.
static size_t host_of(struct pull *pull, const char *url)
{
    const char *start = strstr(url, "://");
    size_t len = start ? (size_t)(start - url) + 3 : 0;
    len += strcspn(url + len, "/?#");
    struct str name = {url, len < HOST_SIZE ? len : HOST_SIZE - 1};
    for (size_t i = 0; i < pull->hosts; i++) {
        if (str_is(name, pull->host[i].name))
            return i;
    }
    if (pull->hosts == HOSTS_MAX)
        return HOSTS_MAX - 1;
    struct host *host = &pull->host[pull->hosts];
    memcpy(host->name, name.at, name.len);
    return pull->hosts++;
}

static const char *next_url(const struct pull_file *file)
{
    if (file->stage == STAGE_INDEX)
        return file->index_url;
    return file->stage == STAGE_SUM ? file->sum_url : file->place[file->at];
}

static bool is_local(const struct host *host)
{
    return strcmp(host->name, "file://") == 0;
}

static bool is_down(const struct host *host)
{
    return host->failures >= HOST_FAILURES_MAX;
}

static bool has_room(const struct host *host, const struct pull_file *file, int64_t now_ms)
{
    return host->not_before_ms <= now_ms &&
           host->running < (is_local(host) ? 1 : file->source->fetch.at_once);
}

// --- running
// --------------------------------------------------------------------------------------

static void end_item(struct pull *pull, struct item *item)
{
    item->ended = true;
    item->running = false;
    pull->ended++;
    spool_free(&item->file->spool); // what came stays for the next run
}

// The host has failed too often: this file waits for the next run, and no place is asked.
static void leave_alone(struct pull *pull, struct item *item, const struct host *host)
{
    struct pull_file *file = item->file;
    file->end = ERR_LATER;
    (void)snprintf(file->complaint, sizeof(file->complaint),
                   "%s failed %d times in a row and is not asked again in this run", host->name,
                   HOST_FAILURES_MAX);
    end_item(pull, item);
}

static enum err_kind start(struct pull *pull, struct item *item, size_t at,
                           struct work_report *report, struct err *err)
{
    struct transfer_ask ask;
    struct err why = {0};
    if (pull_file_ask(pull->work, item->file, &ask, report, err))
        return err_of(err);
    if (!ask.url) {
        end_item(pull, item);
        return OK;
    }
    if (transfers_add(pull->transfers, &ask, &why)) {
        item->not_before_ms = clock_ticks_ms() + WAIT_MS_MAX;
        return OK;
    }
    item->running = true;
    item->host = at;
    pull->host[at].running++;
    pull->running++;
    return OK;
}

// Starts what may run now; `*wait_ms` is how long until the next may.
static enum err_kind start_due(struct pull *pull, int64_t *wait_ms, struct work_report *report,
                               struct err *err)
{
    int64_t now_ms = clock_ticks_ms(), most = site_whole(pull->work->site, "fetch_at_once");
    *wait_ms = pull->running ? WAIT_MS_MAX : IDLE_MS;
    while (pull->first_open < pull->count && pull->item[pull->first_open].ended)
        pull->first_open++;
    for (size_t i = pull->first_open; i < pull->count && pull->running < most; i++) {
        struct item *item = &pull->item[i];
        if (item->ended || item->running)
            continue;
        if (item->not_before_ms > now_ms) {
            int64_t left_ms = item->not_before_ms - now_ms;
            *wait_ms = left_ms < *wait_ms ? left_ms : *wait_ms;
            continue;
        }
        size_t at = host_of(pull, next_url(item->file));
        if (is_down(&pull->host[at]) && item->file->places == 1)
            leave_alone(pull, item, &pull->host[at]);
        else if (has_room(&pull->host[at], item->file, now_ms) &&
                 start(pull, item, at, report, err))
            return err_of(err);
    }
    return OK;
}

static struct item *item_of(struct pull *pull, const struct pull_file *file)
{
    for (size_t i = pull->first_open; i < pull->count; i++) {
        if (pull->item[i].file == file)
            return &pull->item[i];
    }
    assert(false && "a transfer of nobody's");
    return NULL;
}

// How the host fares: only what is the server's or the line's fault counts.
static void judge(struct host *host, const struct transfer_done *done, bool ended)
{
    if (done->kind != ERR_LATER)
        host->failures = 0;
    else if (ended)
        host->failures++;
}

static enum err_kind take(struct pull *pull, struct transfer_done *done, struct work_report *report,
                          struct err *err)
{
    struct item *item = item_of(pull, done->self);
    struct host *host = &pull->host[item->host];
    enum pull_turn turn = TURN_ENDED;
    item->running = false;
    host->running--;
    pull->running--;
    if (cli_stopped()) // it was ended by us: nobody's failure
        return OK;
    if (pull_file_take(pull->work, item->file, done, report, &turn, err))
        return err_add(err, "fetching %s", item->file->url);
    judge(host, done, turn == TURN_ENDED);
    if (turn == TURN_PAUSE)
        item->not_before_ms = clock_ticks_ms() + item->file->pause_ms;
    if (turn == TURN_PAUSE && (done->answer.status == 429 || done->answer.status == 503))
        host->not_before_ms = item->not_before_ms;
    if (turn == TURN_ENDED)
        end_item(pull, item);
    return OK;
}

enum err_kind pull_run(struct pull *pull, struct work_report *report, struct err *err)
{
    struct progress progress = work_progress(pull->work, "fetch", pull->count);
    while (pull->ended < pull->count && !cli_stopped()) {
        int64_t wait_ms;
        struct transfer_done done;
        if (pull->work->tick)
            pull->work->tick(pull->work->tick_self);
        if (start_due(pull, &wait_ms, report, err))
            return err_of(err);
        if (pull->running == 0 && pull->ended < pull->count) {
            clock_system.pause_ms(clock_system.self, wait_ms);
            continue;
        }
        if (!transfers_next(pull->transfers, wait_ms, &done))
            continue;
        enum err_kind kind = take(pull, &done, report, err);
        transfer_answer_free(&done.answer);
        if (kind)
            return kind;
        progress_step(&progress, pull->ended);
    }
    if (pull->count)
        progress_end(&progress);
    return OK;
}

const char *pull_complaint(const struct pull *pull, const struct source *source)
{
    for (size_t i = 0; i < pull->count; i++) {
        const struct pull_file *file = pull->item[i].file;
        if (file->source == source && file->end != OK && file->end != ERR_MISSING)
            return file->complaint;
    }
    return "";
}
