#include "ingest/derive.h"

#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "ingest/area.h"
#include "ingest/asked.h"
#include "ingest/cellfile.h"
#include "ingest/derive_points.h"
#include "ingest/derive_reports.h"
#include "ingest/gather.h"
#include "ingest/job.h"
#include "ingest/second.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct derive {
    const struct work *work;
    struct ledger *ledger;
    struct decode_limits limits;
    struct decoder *decoder;
    struct areas *areas;
    struct cellfiles *cellfiles;
    struct gather *gather;
    struct cells_used cells; // that the next file was read with, once
};

struct derive *derive_new(const struct work *work, struct ledger *ledger,
                          const struct decode_limits *limits)
{
    struct derive *derive = mem_new(1, sizeof(*derive));
    derive->work = work;
    derive->ledger = ledger;
    derive->limits = *limits;
    derive->decoder = decoder_new(limits);
    derive->areas = areas_new(work->map);
    derive->cellfiles = cellfiles_new(work->site, work->archive, ledger, derive->decoder);
    derive->gather = gather_new(
        &(struct gather_with){work, ledger, derive->decoder, derive->areas, derive->cellfiles});
    return derive;
}

void derive_free(struct derive **derive)
{
    if (!*derive)
        return;
    gather_free(&(*derive)->gather);
    cellfiles_free(&(*derive)->cellfiles);
    decoder_free(&(*derive)->decoder);
    areas_free(&(*derive)->areas);
    mem_free(derive);
}

void derive_ahead(struct derive *derive, const struct raw *raw)
{
    gather_ahead(derive->gather, raw);
}

// --- one file, as it goes through
// -------------------------------------------------------------------

static enum err_kind read_again(struct derive *derive, struct job *job, struct err *err)
{
    if (asked_of(job->source, job->raw->url, &job->asked, err) ||
        gather_all(derive->gather, job, err))
        return err->kind = err->kind == ERR_REFUSED ? ERR_INPUT : err_of(err);
    return OK;
}

// Decodes the files whose amounts were counted from totals of this one, and those that were counted
// from these. It takes as long as it takes: the ledger is not held yet, and others write in it.
static enum err_kind read_later(struct derive *derive, struct job *job, struct err *err)
{
    AUTO(raws_free) struct raws list = {0};
    const char *url = job->raw->url;
    for (size_t i = 0; job->source->has_leads && !job->asked.wind; i++) {
        AUTO(raws_free) struct raws more = {0};
        if (raw_list_based(derive->ledger, job->source->name, url, &more, err))
            return err_of(err);
        raws_add_new(&list, 0, &more);
        if (i == list.count)
            break;
        url = list.at[i].url;
    }
    for (size_t i = 0; i < list.count; i++) {
        AUTO(job_free)
        struct job one = {
            .raw = &list.at[i], .source = job->source, .area = job->area, .cells = job->cells};
        struct err why = {0};
        (void)read_again(derive, &one, &why); // told when it is to be counted again
        job->later = mem_resize(job->later, job->later_count + 1, sizeof(*job->later));
        job->later[job->later_count++] =
            (struct later){one.raw->hash, one.asked, MOVE(one.weighed), why};
    }
    return OK;
}

static struct later *later_of(const struct job *job, struct hash hash)
{
    for (size_t i = 0; i < job->later_count; i++) {
        if (hash_same(job->later[i].hash, hash))
            return &job->later[i];
    }
    return NULL;
}

// Counts a file once more, for what its amounts were counted from was corrected by `cause`. It
// keeps the entry that it has; this one stands beside it. A total that is less than what is said to
// have fallen before it waits for its own correction.
static enum err_kind count_again(struct txn *txn, struct job *cause, const struct raw *raw,
                                 struct derived *out, struct err *err)
{
    struct later *later = later_of(cause, raw->hash);
    cause->lacks = !later;
    if (!later)
        return err_set(err, ERR_LATER, "%s came meanwhile; it is counted again later", raw->url);
    AUTO(job_lend)
    struct job job = {.raw = raw,
                      .source = cause->source,
                      .area = cause->area,
                      .at = cause->at,
                      .asked = later->asked,
                      .cells = cause->cells,
                      .weighed = later->weighed};
    struct err why = later->why;
    int64_t seq = 0;
    enum err_kind kind = why.kind ? why.kind : job_check_totals(&job, txn_ledger(txn), &why);
    if (kind == ERR_INPUT) {
        (void)err_add(&why, "counting %s again after %s was corrected; it stays as it was",
                      raw->url, cause->raw->url);
        log_err("ingest", &why);
        return OK;
    }
    if (kind) {
        *err = why;
        return err_add(err, "counting %s again", raw->url);
    }
    job_measure(&job, false);
    return job_put(&job, txn, &seq, out, err);
}

// Amounts of later leads that were counted from a total which this file corrects, in the same
// commit: what is decided on stands on all of them or on none.
static enum err_kind correct_later(struct txn *txn, struct job *job, struct derived *out,
                                   struct err *err)
{
    AUTO(raws_free) struct raws list = {0};
    const char *source = job->source->name, *url = job->raw->url;
    bool changed = out->fresh > 0 && job->source->has_leads && !job->asked.wind;
    for (size_t i = 0; changed || i < list.count; i++) {
        AUTO(raws_free) struct raws more = {0};
        if (changed && raw_list_based(txn_ledger(txn), source, url, &more, err))
            return err_of(err);
        raws_add_new(&list, i, &more);
        if (i == list.count)
            break;
        struct derived made = {0};
        if (count_again(txn, job, &list.at[i], &made, err))
            return err_of(err);
        out->readings += made.readings;
        out->fresh += made.fresh;
        changed = made.fresh > 0;
        url = list.at[i].url;
    }
    return OK;
}

// Nothing is decoded from here to the commit: other programs wait for the ledger meanwhile, and a
// server ends a transaction that stands still.
static enum err_kind commit(struct derive *derive, struct job *job, struct derived *out,
                            struct err *err)
{
    int64_t seq = 0;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(derive->ledger, &txn, err))
        return err->kind;
    if (job_put(job, txn, &seq, out, err) || job_settle(job, txn, RAW_READ, "", seq, err) ||
        correct_later(txn, job, out, err) ||
        second_compare(txn, derive->work->sources, job->source, job->first, job->last, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

static enum err_kind record(struct derive *derive, struct job *job, struct derived *out,
                            struct err *err)
{
    enum { TRIES = 3 }; // another gong-ingest reads files of the same run
    enum err_kind kind = OK;
    for (int i = 0; i < TRIES; i++) {
        *err = (struct err){0};
        *out = (struct derived){0};
        job->lacks = false;
        job_forget_later(job);
        if (read_later(derive, job, err))
            return err_of(err);
        kind = commit(derive, job, out, err);
        if (!job->lacks)
            break;
    }
    return kind;
}

static enum err_kind record_refusal(struct derive *derive, const struct job *job, const char *why,
                                    struct derived *out, struct err *err)
{
    int64_t seq;
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = job_body(job);
    doc_put_text(body, "why", why);
    if (ledger_begin(derive->ledger, &txn, err) ||
        cellfiles_record(txn, job->source, &job->cells, job->raw->hash, job->at, err) ||
        ledger_append(txn, "refused", job->at, body, &seq, NULL, err) ||
        job_settle(job, txn, RAW_REFUSED, why, seq, err) || ledger_commit(&txn, err))
        return err->kind;
    *out = (struct derived){.refused = true};
    (void)snprintf(out->why, sizeof(out->why), "%s", why);
    return OK;
}

// --- the wind's other file
// ------------------------------------------------------------------------

// A wind in two files is read when both are there, as the eastward one, which `east` keeps when
// job->raw is the northward one. `*done` when it was read with the other one since the list of
// files was made. Where there are several versions of both, each is read in its turn, beside the
// newest of the other that was read: an older one never becomes the newest revision.
static enum err_kind find_wind(const struct derive *derive, struct job *job, struct raw *east,
                               bool *done, struct err *err)
{
    bool found = false;
    AUTO(raw_free) struct raw now = {0};
    if (raw_get(derive->ledger, job->source->name, job->raw->hash, &found, &now, err))
        return err_of(err);
    *done = found && now.state != RAW_FETCHED;
    if (*done)
        return OK;
    if (!job->asked.is_north)
        return asked_other(derive->ledger, job->source, &job->asked, now.position, &job->north,
                           err);
    if (asked_other(derive->ledger, job->source, &job->asked, now.position, east, err))
        return err_of(err);
    job->north = now;
    now = (struct raw){0};
    job->raw = east;
    return OK;
}

// --- the whole
// ------------------------------------------------------------------------------------

static enum err_kind try_raw(struct derive *derive, struct job *job, bool by_data,
                             struct derived *made, struct err *err)
{
    struct err why = {0};
    enum err_kind kind = gather_all(derive->gather, job, &why);
    if (kind == ERR_REFUSED && job->cells.kept) { // it may be the kept one's fault
        *err = (struct err){0};
        return err_set(err, ERR_MISSING,
                       "\"cells:\" names %s, which is not there; it waits for that, for beside the "
                       "one that was used last: %s",
                       job->source->cells, why.text);
    }
    kind = kind == ERR_REFUSED ? ERR_INPUT : kind;
    if (!kind) {
        job_measure(job, by_data);
        kind = record(derive, job, made, &why);
        if (kind && kind != ERR_INPUT && kind != ERR_MISSING)
            (void)err_add(&why, "recording the readings of %s", job->raw->url);
    }
    if (kind == ERR_INPUT)
        return record_refusal(derive, job, why.text, made, err)
                   ? err_add(err, "recording that %s is refused", job->raw->url)
                   : OK;
    if (kind)
        *err = why;
    return kind;
}

static enum err_kind derive_grid(struct derive *derive, struct job *job, bool by_data,
                                 struct derived *made, struct err *err)
{
    struct err why = {0};
    bool done = false;
    AUTO(raw_free) struct raw east = {0};
    const struct raw *asked = job->raw;
    if (asked_of(job->source, asked->url, &job->asked, &why))
        return record_refusal(derive, job, why.text, made, err);
    if (job->asked.wind && find_wind(derive, job, &east, &done, err))
        return err_of(err);
    enum err_kind kind = done ? OK : try_raw(derive, job, by_data, made, err);
    job->raw = asked;
    return kind;
}

void derive_with_cells(struct derive *derive, struct hash hash)
{
    derive->cells = (struct cells_used){.any = true, .hash = hash};
}

// What describes a grid is read with each file that is on it.
static enum err_kind derive_cells(struct derive *derive, const struct job *job, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    const struct raw *raw = job->raw;
    if (ledger_begin(derive->ledger, &txn, err) ||
        cellfile_settle(txn, job->source, raw->url, raw->hash, job->at, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

// The file that describes the grid may have come as data as well, by hand or from the folder that
// the data are in: it is refused as such neither before nor after others were read beside it.
static enum err_kind take_cells(struct derive *derive, const struct job *job, bool *taken,
                                struct err *err)
{
    AUTO(raw_free) struct raw now = {0};
    struct cells_used used;
    const struct source *source = job->source;
    bool live = derive->ledger == derive->work->ledger;
    *taken = false;
    if (!source->cells)
        return OK;
    if (raw_get(derive->ledger, source->name, job->raw->hash, taken, &now, err))
        return err_of(err);
    *taken = *taken && cellfile_is(now.url);
    if (!*taken && live) {
        AUTO(ledger_undo) struct txn *txn = NULL;
        if (cellfiles_has(derive->cellfiles, source, &job->area->box, job->raw->hash, taken, &used,
                          err))
            return err_of(err);
        if (*taken && (ledger_begin(derive->ledger, &txn, err) ||
                       cellfile_put(txn, source, &used, job->at, err) || ledger_commit(&txn, err)))
            return err_of(err);
    }
    if (*taken)
        gather_drop(derive->gather, job->raw);
    return OK;
}

enum err_kind derive_raw(struct derive *derive, const struct raw *raw, struct utc at, bool by_data,
                         struct derived *out, struct err *err)
{
    AUTO(job_free) struct job job = {.raw = raw, .at = at, .cells = derive->cells};
    struct derived made = {0};
    derive->cells.any = false;
    if (sources_find(derive->work->sources, raw->source, &job.source, err))
        return err_add(err, "deriving readings of source %s", raw->source);
    bool reports = job.source->format == FORMAT_REPORTS;
    struct derive_points points = {derive->work, derive->ledger, &derive->limits, job.source};
    if (job.source->format != FORMAT_GRID && !reports)
        return derive_points(&points, raw, at, by_data, out, err);
    if (cellfile_is(raw->url)) {
        *out = made;
        return derive_cells(derive, &job, err);
    }
    if (areas_find(derive->areas, job.source->boundary_set, &job.area, err))
        return err_add(err, "deriving readings of source %s", raw->source);
    if (reports)
        return derive_reports(&points, job.area->set, raw, at, by_data, out, err);
    bool taken = false;
    if (take_cells(derive, &job, &taken, err) ||
        (!taken && derive_grid(derive, &job, by_data, &made, err)))
        return err_of(err);
    *out = made;
    return OK;
}
