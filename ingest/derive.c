#include "ingest/derive.h"

#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "ingest/archive.h"
#include "ingest/area.h"
#include "ingest/asked.h"
#include "ingest/cellfile.h"
#include "ingest/derive_points.h"
#include "ingest/derive_reports.h"
#include "ingest/job.h"
#include "ingest/pair.h"
#include "ingest/sealed.h"
#include "ingest/second.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// A raw file that is being decoded while others are recorded.
struct ahead {
    struct raw raw;          // texts borrowed
    struct proc_child child; // none: free
    struct cells_used cells;
};

struct derive {
    const struct work *work;
    struct ledger *ledger;
    struct decode_limits limits;
    struct decoder *decoder;
    struct ahead ahead[DERIVE_AHEAD];
    struct areas *areas;
    struct cellfiles *cellfiles;
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
    return derive;
}

void derive_free(struct derive **derive)
{
    if (!*derive)
        return;
    for (size_t i = 0; i < DERIVE_AHEAD; i++)
        proc_drop(&(*derive)->ahead[i].child);
    cellfiles_free(&(*derive)->cellfiles);
    decoder_free(&(*derive)->decoder);
    areas_free(&(*derive)->areas);
    mem_free(derive);
}

// --- one file, as it goes through
// -------------------------------------------------------------------

// With the cells of its grid, where the file does not say them.
static enum err_kind begin_beside(struct derive *derive, const struct raw *raw, int fd,
                                  const struct wanted_list *wanted, struct cells_used *used,
                                  struct proc_child *out, struct err *err)
{
    const struct source *source = NULL;
    struct area *area = NULL;
    int cells = -1; // borrowed
    if (sources_find(derive->work->sources, raw->source, &source, err) ||
        areas_find(derive->areas, source->boundary_set, &area, err) ||
        cellfiles_lend(derive->cellfiles, source, &area->box, used, &cells, err))
        return err_of(err);
    return decode_begin_beside(derive->decoder, fd, cells, wanted, out, err);
}

// `used`: as cellfiles_lend.
static enum err_kind begin(struct derive *derive, const struct raw *raw,
                           const struct wanted_list *wanted, bool quick, struct cells_used *used,
                           struct proc_child *out, struct err *err)
{
    AUTO(sealed_close) int fd = -1;
    enum err_kind kind = archive_lend(derive->work->archive, raw->hash, &fd, err);
    if (kind) {
        // Bytes that were recorded and are not there now are our loss.
        (void)err_add(err, "reading the raw file %s of %s", raw->url, raw->source);
        return err->kind = kind == ERR_LATER ? ERR_LATER : ERR_BROKEN;
    }
    if (wanted->cells == CELLS_BESIDE)
        return begin_beside(derive, raw, fd, wanted, used, out, err);
    return quick ? decode_begin_quick(derive->decoder, fd, wanted, out, err)
                 : decode_begin(derive->decoder, fd, wanted, out, err);
}

void derive_ahead(struct derive *derive, const struct raw *raw)
{
    const struct source *source = NULL;
    struct area *area = NULL;
    struct asked asked;
    struct wanted_list wanted;
    struct err err = {0}; // told when it is the file's turn
    for (size_t i = 0; i < DERIVE_AHEAD; i++) {
        struct ahead *ahead = &derive->ahead[i];
        if (ahead->child.pid)
            continue;
        if (sources_find(derive->work->sources, raw->source, &source, &err) == OK &&
            source->format == FORMAT_GRID && asked_of(source, raw->url, &asked, &err) == OK &&
            !asked.wind && !cellfile_is(raw->url) &&
            areas_find(derive->areas, source->boundary_set, &area, &err) == OK) {
            // With which cells a file is read again, its entry says, when it is its turn.
            bool waits = source->cells && derive->ledger != derive->work->ledger;
            ahead->cells = (struct cells_used){.any = false};
            asked_usual(source, &asked, &area->box, &wanted);
            if (!waits &&
                begin(derive, raw, &wanted, true, &ahead->cells, &ahead->child, &err) == OK)
                ahead->raw = *raw;
        }
        return;
    }
}

// The child that was begun with it before, or one that is begun now.
static enum err_kind child_of(struct derive *derive, struct job *job,
                              const struct wanted_list *wanted, struct proc_child *out,
                              struct err *err)
{
    for (size_t i = 0; i < DERIVE_AHEAD; i++) {
        struct ahead *ahead = &derive->ahead[i];
        if (ahead->child.pid && hash_same(ahead->raw.hash, job->raw->hash) &&
            strcmp(ahead->raw.source, job->raw->source) == 0) {
            *out = ahead->child;
            job->cells = ahead->cells;
            ahead->child = (struct proc_child){0};
            return OK;
        }
    }
    return begin(derive, job->raw, wanted, true, &job->cells, out, err);
}

// What a child made of a raw file. One that was ended from outside, or could not begin, is no
// reason for the file to wait: those behind it would be read, and decided on, before it. It is
// begun again, twice, for the first may have been gong-plain, which does not read every file.
static enum err_kind collect_one(struct derive *derive, const struct raw *raw,
                                 const struct wanted_list *wanted, struct cells_used *used,
                                 struct proc_child *child, struct frame *out, struct err *err)
{
    struct err ended = {0};
    AUTO(proc_drop) struct proc_child again = {0};
    enum err_kind kind = decode_end_asking(derive->decoder, child, out, &ended);
    for (int times = 0; decode_is_to_begin_again(kind) && times < 2; times++) {
        ended = (struct err){0};
        if (begin(derive, raw, wanted, false, used, &again, err))
            return err_of(err);
        kind = decode_end_asking(derive->decoder, &again, out, &ended);
    }
    *err = ended;
    return kind;
}

// The same; one that was not told which cells of its file's grid are needed is begun again when
// they are known.
static enum err_kind collect(struct derive *derive, struct job *job, const struct raw *raw,
                             struct wanted_list *wanted, struct proc_child *child,
                             struct frame *out, struct err *err)
{
    AUTO(frame_free) struct frame asking = {0};
    AUTO(proc_drop) struct proc_child told = {0};
    struct area *area = job->area;
    wanted->needs = area->box.needs; // those it was begun with may be gone
    if (collect_one(derive, raw, wanted, &job->cells, child, out, err))
        return err_of(err);
    if (!out->asks)
        return OK;
    asking = MOVE(*out);
    if (areas_weigh(derive->areas, area, &asking.grid, raw->url, err))
        return err_of(err);
    wanted->needs = area->box.needs;
    if (begin(derive, raw, wanted, true, &job->cells, &told, err) ||
        collect_one(derive, raw, wanted, &job->cells, &told, out, err))
        return err_of(err);
    return out->asks ? err_set(err, ERR_INPUT, DECODE_ASKS) : OK;
}

static enum err_kind read_usual(struct derive *derive, struct job *job, struct err *err)
{
    AUTO(proc_drop) struct proc_child child = {0};
    struct wanted_list wanted;
    asked_usual(job->source, &job->asked, &job->area->box, &wanted);
    if (child_of(derive, job, &wanted, &child, err))
        return err_of(err);
    return collect(derive, job, job->raw, &wanted, &child, &job->frame, err);
}

// Both components side by side, then the speed.
static enum err_kind read_wind(struct derive *derive, struct job *job, struct err *err)
{
    AUTO(frame_free) struct frame other = {0};
    AUTO(proc_drop) struct proc_child east = {0};
    AUTO(proc_drop) struct proc_child north = {0};
    struct wanted_list eastward, northward;
    asked_component(job->source, &job->asked, &job->area->box, false, &eastward);
    if (begin(derive, job->raw, &eastward, true, &job->cells, &east, err))
        return err_of(err);
    asked_component(job->source, &job->asked, &job->area->box, true, &northward);
    if (begin(derive, &job->north, &northward, true, &job->cells, &north, err))
        return err_of(err);
    if (collect(derive, job, job->raw, &eastward, &east, &job->frame, err))
        return err_add(err, "reading %s", job->raw->url);
    if (collect(derive, job, &job->north, &northward, &north, &other, err))
        return err_add(err, "reading %s", job->north.url);
    return pair_join(&job->frame, &other, job->asked.wind->variable, err);
}

static enum err_kind read_frame(struct derive *derive, struct job *job, struct err *err)
{
    return job->asked.wind ? read_wind(derive, job, err) : read_usual(derive, job, err);
}

static enum err_kind read_again(struct derive *derive, struct job *job, struct err *err)
{
    if (asked_of(job->source, job->raw->url, &job->asked, err) || read_frame(derive, job, err))
        return err_of(err);
    return areas_weigh(derive->areas, job->area, &job->frame.grid, job->raw->url, err);
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
            (struct later){one.raw->hash, one.asked, MOVE(one.frame), why};
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
static enum err_kind count_again(struct derive *derive, struct txn *txn, struct job *cause,
                                 const struct raw *raw, struct derived *out, struct err *err)
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
                      .frame = later->frame};
    struct err why = later->why;
    int64_t seq = 0;
    enum err_kind kind = why.kind ? why.kind : job_weigh(&job, derive->areas, &why);
    kind = kind ? kind : job_check_totals(&job, txn_ledger(txn), &why);
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
static enum err_kind correct_later(struct derive *derive, struct txn *txn, struct job *job,
                                   struct derived *out, struct err *err)
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
        if (count_again(derive, txn, job, &list.at[i], &made, err))
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
    if (job_weigh(job, derive->areas, err) || ledger_begin(derive->ledger, &txn, err))
        return err->kind;
    if (job_put(job, txn, &seq, out, err) || job_settle(job, txn, RAW_READ, "", seq, err) ||
        correct_later(derive, txn, job, out, err) ||
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
// files was made.
static enum err_kind find_wind(const struct derive *derive, struct job *job, struct raw *east,
                               bool *done, struct err *err)
{
    bool found = false;
    AUTO(raw_free) struct raw now = {0};
    if (raw_find(derive->ledger, job->source->name, job->raw->url, &found, &now, err))
        return err_of(err);
    *done = found && hash_same(now.hash, job->raw->hash) && now.state != RAW_FETCHED;
    if (*done)
        return OK;
    if (!job->asked.is_north)
        return asked_other(derive->ledger, job->source, &job->asked, &job->north, err);
    if (asked_other(derive->ledger, job->source, &job->asked, east, err))
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
    enum err_kind kind = read_frame(derive, job, &why);
    if (kind == ERR_INPUT && job->cells.kept) { // it may be the other one's fault
        *err = (struct err){0};
        return err_set(err, ERR_MISSING,
                       "\"cells:\" names %s, which is not there; it waits for that, for beside the "
                       "one that was used last: %s",
                       job->source->cells, why.text);
    }
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

// Nobody reads it any more.
static void drop_ahead(struct derive *derive, const struct raw *raw)
{
    for (size_t i = 0; i < DERIVE_AHEAD; i++) {
        struct ahead *ahead = &derive->ahead[i];
        if (!ahead->child.pid || !hash_same(ahead->raw.hash, raw->hash) ||
            strcmp(ahead->raw.source, raw->source) != 0)
            continue;
        proc_drop(&ahead->child);
        ahead->child = (struct proc_child){0};
    }
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
        drop_ahead(derive, job->raw);
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
