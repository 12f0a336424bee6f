#include "ingest/pull_file.h"

#include "core/mem.h"
#include "core/site.h"
#include "ingest/archive.h"
#include "ingest/dap.h"
#include "ingest/proof.h"
#include "ingest/pull_ask.h"
#include "ingest/pull_parts.h"
#include "ingest/pull_record.h"
#include "ledger/now.h"
#include "ledger/raw.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    HEAD_SIZE = 64,
    URL_BYTES_MAX = 8192,
    PAUSE_MS_MAX = 60 * 1000,
    // A server that asks for more patience than this is left alone until the next run.
    RETRY_AFTER_S_MAX = 120,
    NEXT_S_MIN = 60,
    NEXT_S_MAX = 6 * HOUR_S,
};

void pull_file_free(struct pull_file **file)
{
    if (!*file)
        return;
    for (size_t i = 0; i < (*file)->places; i++)
        mem_free(&(*file)->place[i]);
    mem_free(&(*file)->place);
    mem_free(&(*file)->url);
    mem_free(&(*file)->sum_url);
    mem_free(&(*file)->index_url);
    pieces_free(&(*file)->parts);
    mem_free(&(*file)->header);
    mem_free(&(*file)->login);
    mem_free(&(*file)->cookies);
    mem_free(&(*file)->ca_file);
    buf_free(&(*file)->sum);
    spool_free(&(*file)->spool);
    mem_free(file);
}

// --- the end of a file
// -----------------------------------------------------------------------------------

static enum err_kind put_address(struct txn *txn, const struct pull_file *file, struct err *err)
{
    return file->remember ? address_put(txn, file->source->name, file->url, &file->known, err) : OK;
}

// The bytes are in the archive: now the ledger says so, in one commit. `answer` NULL: an earlier
// process had it all but this.
static enum err_kind record(const struct work *work, struct pull_file *file, struct hash hash,
                            const struct transfer_answer *answer, struct work_report *report,
                            struct err *err)
{
    struct utc now;
    bool fresh = false;
    const struct spool_note *note = spool_note(file->spool);
    file->bytes = archive_size(work->archive, hash);
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_now(work->cli, work->site, work->ledger, &now, err) ||
        ledger_begin(work->ledger, &txn, err) ||
        pull_record(txn, file, hash, answer, now, &fresh, err))
        return err_of(err);
    file->known = (struct address){.checked_at = now, .next_at = UTC_NEVER};
    if (answer) {
        memcpy(file->known.etag, answer->etag, sizeof(file->known.etag));
        memcpy(file->known.last_modified, answer->last_modified, sizeof(file->known.last_modified));
    } else if (note) {
        memcpy(file->known.etag, note->etag, sizeof(file->known.etag));
        memcpy(file->known.last_modified, note->last_modified, sizeof(file->known.last_modified));
    }
    if (put_address(txn, file, err) || ledger_commit(&txn, err))
        return err_of(err);
    spool_forget(&file->spool);
    if (fresh)
        report->fetched++;
    else
        report->known++;
    file->end = OK;
    return OK;
}

static int64_t next_after_s(const struct pull_file *file, enum err_kind kind)
{
    int64_t every_s = file->source->every_s ? file->source->every_s : HOUR_S;
    int64_t wait_s = NEXT_S_MAX;
    if (kind == ERR_MISSING)
        wait_s = every_s / 4;
    if (kind == ERR_LATER)
        wait_s = NEXT_S_MIN << (file->known.failures < 8 ? file->known.failures : 8);
    if (wait_s < NEXT_S_MIN)
        wait_s = NEXT_S_MIN;
    if (wait_s > NEXT_S_MAX)
        wait_s = NEXT_S_MAX;
    return wait_s > file->retry_after_s ? wait_s : file->retry_after_s;
}

// Given up for now: counted, and remembered so that it is not asked for again too soon.
static enum err_kind give_up(const struct work *work, struct pull_file *file, enum err_kind kind,
                             struct work_report *report, struct err *err)
{
    struct err why = {.kind = kind};
    struct utc now;
    file->end = kind;
    (void)snprintf(why.text, sizeof(why.text), "%s", file->complaint);
    if (kind == ERR_MISSING) {
        report->missing++;
    } else {
        report->failed++;
        work_failed(report, file->source->name, &why);
    }
    if (!file->remember)
        return OK;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_now(work->cli, work->site, work->ledger, &now, err) ||
        ledger_begin(work->ledger, &txn, err))
        return err_of(err);
    file->known.next_at.s = now.s + next_after_s(file, kind);
    file->known.failures++;
    (void)snprintf(file->known.why, sizeof(file->known.why), "%.199s", file->complaint);
    if (put_address(txn, file, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

// --- failures
// -----------------------------------------------------------------------------------------

// Twice as long each time, and between half of it and all: so that many clients do not come back
// in one moment.
static int64_t pause_of(const struct work *work, const struct pull_file *file)
{
    int64_t pause_ms = site_whole(work->site, "fetch_backoff_ms");
    for (int64_t i = 1; i < file->tries && pause_ms < PAUSE_MS_MAX; i++)
        pause_ms *= 2;
    if (pause_ms > PAUSE_MS_MAX)
        pause_ms = PAUSE_MS_MAX;
    uint32_t chance;
    random_bytes(&chance, sizeof(chance));
    pause_ms = pause_ms / 2 + (int64_t)(chance % (uint64_t)(pause_ms / 2 + 1));
    return pause_ms > file->retry_after_s * 1000 ? pause_ms : file->retry_after_s * 1000;
}

static void complain(struct pull_file *file, const struct err *why)
{
    (void)snprintf(file->complaint, sizeof(file->complaint), "%s", why->text);
}

static enum err_kind failed(const struct work *work, struct pull_file *file, enum err_kind kind,
                            struct work_report *report, enum pull_turn *turn, struct err *err)
{
    // What may pass counts more than what will not: it is worth another round.
    if (file->round == OK || kind == ERR_LATER || (kind != ERR_MISSING && file->round != ERR_LATER))
        file->round = kind;
    file->stage = pull_file_first(file);
    file->at = (file->at + 1) % file->places;
    *turn = TURN_NOW;
    if (++file->asked_places < file->places)
        return OK;
    kind = file->round;
    file->asked_places = 0;
    file->round = OK;
    bool again = kind == ERR_LATER && ++file->tries < site_whole(work->site, "fetch_tries") &&
                 file->retry_after_s <= RETRY_AFTER_S_MAX;
    *turn = again ? TURN_PAUSE : TURN_ENDED;
    if (!again)
        return give_up(work, file, kind, report, err);
    file->pause_ms = pause_of(work, file);
    return OK;
}

// The bytes are not what they should be: nothing of them is kept.
static enum err_kind reject(const struct work *work, struct pull_file *file,
                            struct work_report *report, enum pull_turn *turn, struct err *err,
                            const char *what)
{
    struct spool_note none = {.modified_s = -1, .length = -1};
    (void)snprintf(file->complaint, sizeof(file->complaint), "%.400s: %s", file->place[file->at],
                   what);
    if (spool_restart(file->spool, &none, err))
        return err_of(err);
    file->from_start = true;
    return failed(work, file, ERR_LATER, report, turn, err);
}

// --- what an answer means
// ----------------------------------------------------------------------------

static bool is_page(const struct pull_file *file, const struct transfer_answer *answer)
{
    char head[HEAD_SIZE];
    if (file->source->format == FORMAT_CAP)
        return false;
    size_t len = spool_head(file->spool, head, HEAD_SIZE);
    return proof_is_page(answer->type, (struct str){head, len});
}

static enum err_kind finish(const struct work *work, struct pull_file *file,
                            const struct transfer_answer *answer, struct work_report *report,
                            enum pull_turn *turn, struct err *err)
{
    struct hash hash;
    *turn = TURN_ENDED;
    if (spool_finish(file->spool, &hash, err))
        return err_of(err);
    return record(work, file, hash, answer, report, err);
}

static enum err_kind took_file(const struct work *work, struct pull_file *file,
                               const struct transfer_answer *answer, struct work_report *report,
                               enum pull_turn *turn, struct err *err)
{
    const struct spool_note *note = spool_note(file->spool);
    if (spool_size(file->spool) == 0)
        return reject(work, file, report, turn, err, "it is empty (0 bytes)");
    if (is_page(file, answer)) {
        struct spool_note none = {.modified_s = -1, .length = -1};
        (void)snprintf(file->complaint, sizeof(file->complaint),
                       "%.400s answered a web page, not a file; is a login wanted?", answer->url);
        return spool_restart(file->spool, &none, err)
                   ? err_of(err)
                   : failed(work, file, ERR_REFUSED, report, turn, err);
    }
    if (note && note->length >= 0 && spool_size(file->spool) != note->length)
        return reject(work, file, report, turn, err, "what came has another length than was said");
    bool proved = true;
    if (pull_prove(file, answer, &proved, err))
        return err_of(err);
    if (!proved)
        return reject(work, file, report, turn, err,
                      "what came does not have the checksum of its header");
    if (!file->sum_url && !file->source->fetch.compare)
        return finish(work, file, answer, report, turn, err);
    file->stage = file->sum_url ? STAGE_SUM : STAGE_AGAIN;
    *turn = TURN_NOW;
    return OK;
}

static enum err_kind not_changed(const struct work *work, struct pull_file *file,
                                 struct work_report *report, enum pull_turn *turn, struct err *err)
{
    struct utc now;
    AUTO(ledger_undo) struct txn *txn = NULL;
    *turn = TURN_ENDED;
    report->known++;
    if (ledger_now(work->cli, work->site, work->ledger, &now, err) ||
        ledger_begin(work->ledger, &txn, err))
        return err_of(err);
    file->known.checked_at = now;
    file->known.next_at = UTC_NEVER;
    file->known.failures = 0;
    file->known.why[0] = '\0';
    if (put_address(txn, file, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

static enum err_kind took_piece(const struct work *work, struct pull_file *file,
                                const struct transfer_done *done, struct work_report *report,
                                enum pull_turn *turn, struct err *err)
{
    struct err why = {0};
    enum err_kind kind = pull_parts_took(file, done, &why);
    if (kind == ERR_BROKEN) {
        *err = why;
        return err_of(err);
    }
    if (kind) {
        complain(file, &why);
        return failed(work, file, kind, report, turn, err);
    }
    *turn = TURN_NOW;
    return file->stage == STAGE_FILE ? finish(work, file, &done->answer, report, turn, err) : OK;
}

static enum err_kind took(const struct work *work, struct pull_file *file,
                          const struct transfer_done *done, struct work_report *report,
                          enum pull_turn *turn, struct err *err)
{
    bool proved = true;
    switch (file->stage) {
    case STAGE_INDEX:
    case STAGE_PART:
        return took_piece(work, file, done, report, turn, err);
    case STAGE_FILE:
        if (done->answer.status == 304)
            return not_changed(work, file, report, turn, err);
        return took_file(work, file, &done->answer, report, turn, err);
    case STAGE_SUM:
        if (pull_prove(file, &done->answer, &proved, err))
            return err_of(err);
        if (!proved)
            return reject(work, file, report, turn, err,
                          "what came does not have the provider's checksum");
        break;
    case STAGE_AGAIN:
        if (!hash_same(hasher_end(&file->second), spool_hash(file->spool)))
            return reject(work, file, report, turn, err, "a second fetch brought other bytes");
        break;
    }
    return finish(work, file, &done->answer, report, turn, err);
}

enum err_kind pull_file_take(const struct work *work, struct pull_file *file,
                             const struct transfer_done *done, struct work_report *report,
                             enum pull_turn *turn, struct err *err)
{
    if (file->why.kind == ERR_BROKEN) { // the disk, not the server
        *err = file->why;
        return err_of(err);
    }
    if (done->kind == OK)
        return took(work, file, done, report, turn, err);
    complain(file, &done->err);
    if (file->stage == STAGE_PART && done->answer.status == 200) {
        (void)snprintf(file->complaint, sizeof(file->complaint),
                       "%.400s: the server does not give pieces of it", file->place[file->at]);
        return failed(work, file, ERR_REFUSED, report, turn, err);
    }
    // The server has less than we have, or another file: from the beginning.
    bool odd = done->answer.status == 416 || file->from_start;
    if (odd && file->stage == STAGE_FILE && spool_note(file->spool)) {
        struct spool_note none = {.modified_s = -1, .length = -1};
        file->from_start = true;
        *turn = TURN_NOW;
        return spool_restart(file->spool, &none, err);
    }
    file->retry_after_s = done->answer.retry_after_s > 0 ? done->answer.retry_after_s : 0;
    return failed(work, file, done->kind, report, turn, err);
}

// --- the beginning
// ------------------------------------------------------------------------------------

// All of it came, but whoever fetched it was ended before the archive had it.
static bool is_all_there(const struct pull_file *file)
{
    const struct spool_note *note = spool_note(file->spool);
    return file->stage == STAGE_FILE && note && note->length >= 0 &&
           spool_size(file->spool) == note->length &&
           strcmp(note->from, file->place[file->at]) == 0;
}

// All places by OPeNDAP, one after the other; `*came` when one of them gave the file.
static enum err_kind try_dap(const struct work *work, struct pull_file *file, bool *came,
                             struct work_report *report, struct err *err)
{
    enum err_kind worst = OK;
    pull_trust(work, file);
    for (; file->at < file->places && dap_is(file->place[file->at]); file->at++) {
        struct err why = {0};
        struct dap_ask ask = {file->place[file->at],
                              site_whole(work->site, "fetch_timeout_s"),
                              (size_t)work_bytes_max(work, file->source),
                              file->source->fetch.compare,
                              file->login,
                              file->ca_file};
        enum err_kind kind = dap_spool(&ask, file->spool, &why);
        if (kind == OK) {
            *came = true;
            return OK;
        }
        if (kind == ERR_BROKEN) {
            *err = why;
            return err_of(err);
        }
        complain(file, &why);
        worst = kind;
    }
    if (file->at < file->places) // the next place is asked as usual
        return OK;
    file->at = 0;
    return give_up(work, file, worst, report, err);
}

static enum err_kind open_spool(const struct work *work, struct pull_file *file,
                                struct work_report *report, struct err *err)
{
    struct err why = {0};
    enum err_kind kind =
        spool_open(work->archive, file->source->name, file->url, &file->spool, &why);
    if (kind == ERR_BROKEN) {
        *err = why;
        return err_of(err);
    }
    if (kind) {
        complain(file, &why);
        return give_up(work, file, kind, report, err);
    }
    return ledger_now(work->cli, work->site, work->ledger, &file->began_at, err);
}

// All of it came before: what is left is to prove it, or to put it away (`*ready`).
static void see_what_is_there(struct pull_file *file, bool *ready)
{
    const struct source_fetch *fetch = &file->source->fetch;
    if (!is_all_there(file))
        return;
    if (fetch->sum && !file->sum_url)
        file->from_start = true; // the header that held its checksum is gone
    else if (file->sum_url || fetch->compare)
        file->stage = file->sum_url ? STAGE_SUM : STAGE_AGAIN;
    else
        *ready = true;
}

enum err_kind pull_file_ask(const struct work *work, struct pull_file *file,
                            struct transfer_ask *ask, struct work_report *report, struct err *err)
{
    struct hash hash;
    bool ready = false;
    *ask = (struct transfer_ask){.self = file,
                                 .timeout_s = site_whole(work->site, "fetch_timeout_s"),
                                 .bytes_max = work_bytes_max(work, file->source)};
    mem_free(&file->header);
    file->why = (struct err){0};
    if (!file->spool && open_spool(work, file, report, err))
        return err_of(err);
    if (!file->spool)
        return OK;
    if (spool_is_whole(file->spool, &hash))
        return record(work, file, hash, NULL, report, err);
    if (file->stage == STAGE_FILE && dap_is(file->place[file->at])) {
        if (try_dap(work, file, &ready, report, err))
            return err_of(err);
        if (file->end != OK)
            return OK;
    } else {
        see_what_is_there(file, &ready);
    }
    if (ready)
        return spool_finish(file->spool, &hash, err) ? err_of(err)
                                                     : record(work, file, hash, NULL, report, err);
    pull_ask(work, file, ask);
    return OK;
}
