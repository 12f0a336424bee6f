#include "ingest/pull_ask.h"

#include "core/mem.h"
#include "core/site.h"
#include "ingest/pull_parts.h"

#include <stdio.h>
#include <string.h>

enum { SUM_BYTES_MAX = 64 * 1024, LINE_MAX = 600 };

// --- what comes
// ----------------------------------------------------------------------------------------

static void note_answer(const struct pull_file *file, const struct transfer_answer *answer,
                        struct spool_note *note)
{
    (void)snprintf(note->from, sizeof(note->from), "%s", file->place[file->at]);
    (void)snprintf(note->etag, sizeof(note->etag), "%s", answer->etag);
    (void)snprintf(note->last_modified, sizeof(note->last_modified), "%s", answer->last_modified);
    note->modified_s = answer->modified_s;
    note->length = answer->length;
}

// The rest of what is there, or everything.
static bool begin_file(void *self, const struct transfer_answer *answer)
{
    struct pull_file *file = self;
    const struct spool_note *had = spool_note(file->spool);
    struct spool_note note = {0};
    if (answer->first > 0) {
        bool fits = had && answer->first == spool_size(file->spool) &&
                    answer->length == had->length && answer->modified_s == had->modified_s &&
                    strcmp(answer->etag, had->etag) == 0;
        if (!fits) { // another file by now
            file->from_start = true;
            return false;
        }
        file->resumed_from = answer->first;
        return true;
    }
    note_answer(file, answer, &note);
    file->resumed_from = 0;
    file->from_start = false;
    return spool_restart(file->spool, &note, &file->why) == OK;
}

static bool take_file(void *self, const void *bytes, size_t len)
{
    struct pull_file *file = self;
    return spool_add(file->spool, bytes, len, &file->why) == OK;
}

bool pull_begin_small(void *self, const struct transfer_answer *answer)
{
    (void)self;
    (void)answer;
    return true;
}

bool pull_take_small(void *self, const void *bytes, size_t len)
{
    struct pull_file *file = self;
    buf_add(&file->sum, bytes, len);
    return !file->sum.full;
}

static bool take_second(void *self, const void *bytes, size_t len)
{
    struct pull_file *file = self;
    hasher_add(&file->second, bytes, len);
    return true;
}

// --- asking
// --------------------------------------------------------------------------------------------

static void set_header(struct pull_file *file, const char *name, const char *value)
{
    AUTO(buf_free) struct buf line = buf_new(LINE_MAX);
    buf_print(&line, "%s: %s", name, value);
    mem_free(&file->header);
    file->header = buf_take(&line);
    file->headers[0] = file->header;
    file->headers[1] = NULL;
}

// Whether what is there can be gone on from: by a mark that the server gave.
static bool can_resume(const struct pull_file *file)
{
    const struct spool_note *note = spool_note(file->spool);
    if (!note || file->from_start || strcmp(note->from, file->place[file->at]) != 0)
        return false;
    if (note->length >= 0 && spool_size(file->spool) >= note->length)
        return false;
    bool weak = strncmp(note->etag, "W/", 2) == 0;
    bool ftp = strncmp(note->from, "ftp", 3) == 0;
    return ftp ? note->modified_s >= 0 : (note->etag[0] && !weak) || note->last_modified[0];
}

static void ask_file(struct pull_file *file, struct transfer_ask *ask)
{
    ask->url = file->place[file->at];
    ask->begin = begin_file;
    ask->take = take_file;
    if (can_resume(file)) {
        const struct spool_note *note = spool_note(file->spool);
        bool strong = note->etag[0] && strncmp(note->etag, "W/", 2) != 0;
        ask->resume_from = spool_size(file->spool);
        if (strncmp(ask->url, "http", 4) == 0)
            set_header(file, "If-Range", strong ? note->etag : note->last_modified);
    } else if (file->known.etag[0]) {
        set_header(file, "If-None-Match", file->known.etag);
    } else if (file->known.last_modified[0]) {
        set_header(file, "If-Modified-Since", file->known.last_modified);
    }
    if (file->header)
        ask->header = file->headers;
}

void pull_trust(const struct work *work, struct pull_file *file)
{
    const char *ca_file = site_text(work->site, "fetch_ca_file");
    if (file->source->fetch.login && !file->login) {
        file->login = site_path(work->site, "keys/netrc");
        file->cookies = site_path(work->site, "keys/cookies");
    }
    if (strcmp(ca_file, "system") != 0 && !file->ca_file)
        file->ca_file = site_path(work->site, ca_file);
}

void pull_ask(const struct work *work, struct pull_file *file, struct transfer_ask *ask)
{
    switch (file->stage) {
    case STAGE_INDEX:
    case STAGE_PART:
        pull_parts_ask(file, ask);
        break;
    case STAGE_FILE:
        ask_file(file, ask);
        break;
    case STAGE_SUM:
        ask->url = file->sum_url;
        ask->bytes_max = SUM_BYTES_MAX;
        ask->begin = pull_begin_small;
        ask->take = pull_take_small;
        buf_free(&file->sum);
        file->sum = buf_new(SUM_BYTES_MAX);
        break;
    case STAGE_AGAIN:
        ask->url = file->place[file->at];
        ask->alone = true;
        ask->begin = pull_begin_small;
        ask->take = take_second;
        file->second = hasher_new();
        break;
    }
    pull_trust(work, file);
    ask->stays = file->stays;
    ask->login = file->login;
    ask->cookies = file->cookies;
    ask->ca_file = file->ca_file;
}
