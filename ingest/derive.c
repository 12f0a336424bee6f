#include "ingest/derive.h"

#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/archive.h"
#include "ingest/asked.h"
#include "ingest/box.h"
#include "ingest/derive_points.h"
#include "ingest/derive_reports.h"
#include "ingest/doubt.h"
#include "ingest/pair.h"
#include "ingest/peel.h"
#include "ingest/sealed.h"
#include "ingest/second.h"
#include "ingest/weights.h"
#include "ledger/quality.h"
#include "ledger/reading.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// A boundary set that was needed once, with the box around it, and the grid that was weighed last.
struct area {
    struct boundary_set *set;
    struct wanted_list box;
    struct hash grid;
    struct weights *weights; // NULL: none yet
    struct aggregate *aggregate;
};

// A raw file that is being decoded while others are recorded.
struct ahead {
    struct raw raw;          // texts borrowed
    struct proc_child child; // none: free
};

enum { AREAS_MAX = 16 };

struct derive {
    const struct work *work;
    struct ledger *ledger;
    struct decode_limits limits;
    struct decoder *decoder;
    struct ahead ahead[DERIVE_AHEAD];
    size_t count;
    struct area area[AREAS_MAX];
};

struct derive *derive_new(const struct work *work, struct ledger *ledger,
                          const struct decode_limits *limits)
{
    struct derive *derive = mem_new(1, sizeof(*derive));
    derive->work = work;
    derive->ledger = ledger;
    derive->limits = *limits;
    derive->decoder = decoder_new(limits);
    return derive;
}

void derive_free(struct derive **derive)
{
    if (!*derive)
        return;
    for (size_t i = 0; i < DERIVE_AHEAD; i++)
        proc_drop(&(*derive)->ahead[i].child);
    decoder_free(&(*derive)->decoder);
    for (size_t i = 0; i < (*derive)->count; i++) {
        aggregate_free(&(*derive)->area[i].aggregate);
        weights_free(&(*derive)->area[i].weights);
        boundary_set_free(&(*derive)->area[i].set);
    }
    mem_free(derive);
}

static enum err_kind area_of(struct derive *derive, const char *name, struct area **out,
                             struct err *err)
{
    for (size_t i = 0; i < derive->count; i++) {
        if (strcmp(derive->area[i].set->name, name) == 0) {
            *out = &derive->area[i];
            return OK;
        }
    }
    if (derive->count == AREAS_MAX)
        return err_set(err, ERR_BROKEN, "more than %d boundary sets are in use", AREAS_MAX);
    struct area area = {0};
    if (boundary_set_load(derive->work->map, name, true, &area.set, err))
        return err->kind;
    if (box_around(area.set, &area.box, err)) {
        boundary_set_free(&area.set);
        return err->kind;
    }
    derive->area[derive->count] = area;
    *out = &derive->area[derive->count++];
    return OK;
}

// --- one file, as it goes through
// -------------------------------------------------------------------

struct job {
    const struct raw *raw;
    const struct source *source;
    struct area *area;
    struct asked asked;
    struct raw north; // of a wind in two files (asked.wind): the other one
    struct frame frame;
    struct utc at, first, last;
    struct hasher readings;
    struct doubt *doubt;
    size_t doubted; // steps with a doubt anywhere
    struct peel *peel;
};

static void job_free(struct job *job)
{
    frame_free(&job->frame);
    raw_free(&job->north);
    peel_free(&job->peel);
    doubt_free(&job->doubt);
}

static enum err_kind begin(struct derive *derive, const struct raw *raw,
                           const struct wanted_list *wanted, bool quick, struct proc_child *out,
                           struct err *err)
{
    AUTO(sealed_close) int fd = -1;
    enum err_kind kind = archive_lend(derive->work->archive, raw->hash, &fd, err);
    if (kind) {
        // Bytes that were recorded and are not there now are our loss.
        (void)err_add(err, "reading the raw file %s of %s", raw->url, raw->source);
        return err->kind = kind == ERR_LATER ? ERR_LATER : ERR_BROKEN;
    }
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
            !asked.wind && area_of(derive, source->boundary_set, &area, &err) == OK) {
            asked_usual(source, &asked, &area->box, &wanted);
            if (begin(derive, raw, &wanted, true, &ahead->child, &err) == OK)
                ahead->raw = *raw;
        }
        return;
    }
}

// The child that was begun with it before, or one that is begun now.
static enum err_kind child_of(struct derive *derive, const struct job *job,
                              const struct wanted_list *wanted, struct proc_child *out,
                              struct err *err)
{
    for (size_t i = 0; i < DERIVE_AHEAD; i++) {
        struct ahead *ahead = &derive->ahead[i];
        if (ahead->child.pid && hash_same(ahead->raw.hash, job->raw->hash) &&
            strcmp(ahead->raw.source, job->raw->source) == 0) {
            *out = ahead->child;
            ahead->child = (struct proc_child){0};
            return OK;
        }
    }
    return begin(derive, job->raw, wanted, true, out, err);
}

static enum err_kind weigh(struct derive *derive, struct job *job, struct err *err)
{
    struct area *area = job->area;
    struct hash grid = grid_hash(&job->frame.grid);
    if (area->weights && hash_same(grid, area->grid))
        return OK;
    aggregate_free(&area->aggregate);
    weights_free(&area->weights);
    if (weights_for(derive->work->map, area->set, &job->frame.grid, &area->weights, err)) {
        // Not the file's fault: the file must not be refused for it.
        err->kind = err->kind == ERR_INPUT ? ERR_BROKEN : err->kind;
        return err_add(err, "weighing the grid of %s", job->raw->url);
    }
    area->aggregate = aggregate_new(area->weights);
    area->grid = grid;
    return OK;
}

// What a child made of a raw file. One that was ended from outside is no reason for the file to
// wait: those behind it would be read, and decided on, before it. It is begun again, twice, for the
// first may have been gong-plain, which does not read every file.
static enum err_kind collect(struct derive *derive, const struct raw *raw,
                             const struct wanted_list *wanted, struct proc_child *child,
                             struct frame *out, struct err *err)
{
    struct err ended = {0};
    AUTO(proc_drop) struct proc_child again = {0};
    enum err_kind kind = decode_end(derive->decoder, child, out, &ended);
    for (int times = 0; kind == ERR_LATER && times < 2; times++) {
        ended = (struct err){0};
        if (begin(derive, raw, wanted, false, &again, err))
            return err_of(err);
        kind = decode_end(derive->decoder, &again, out, &ended);
    }
    *err = ended;
    return kind;
}

static enum err_kind read_usual(struct derive *derive, struct job *job, struct err *err)
{
    AUTO(proc_drop) struct proc_child child = {0};
    struct wanted_list wanted;
    asked_usual(job->source, &job->asked, &job->area->box, &wanted);
    if (child_of(derive, job, &wanted, &child, err))
        return err_of(err);
    return collect(derive, job->raw, &wanted, &child, &job->frame, err);
}

// Both components side by side, then the speed.
static enum err_kind read_wind(struct derive *derive, struct job *job, struct err *err)
{
    AUTO(frame_free) struct frame other = {0};
    AUTO(proc_drop) struct proc_child east = {0};
    AUTO(proc_drop) struct proc_child north = {0};
    struct wanted_list eastward, northward;
    asked_component(job->source, &job->asked, &job->area->box, false, &eastward);
    if (begin(derive, job->raw, &eastward, true, &east, err))
        return err_of(err);
    asked_component(job->source, &job->asked, &job->area->box, true, &northward);
    if (begin(derive, &job->north, &northward, true, &north, err))
        return err_of(err);
    if (collect(derive, job->raw, &eastward, &east, &job->frame, err))
        return err_add(err, "reading %s", job->raw->url);
    if (collect(derive, &job->north, &northward, &north, &other, err))
        return err_add(err, "reading %s", job->north.url);
    return pair_join(&job->frame, &other, job->asked.wind->variable, err);
}

static enum err_kind read_frame(struct derive *derive, struct job *job, struct err *err)
{
    if (job->asked.wind ? read_wind(derive, job, err) : read_usual(derive, job, err))
        return err_of(err);
    if (weigh(derive, job, err))
        return err_of(err);
    job->doubt = doubt_new(&job->frame, job->area->weights, (size_t)job->source->ensemble);
    return OK;
}

static void measure_times(struct job *job, bool by_data)
{
    job->first = job->frame.step[0].valid_to;
    job->last = job->frame.step[0].valid_to;
    for (size_t i = 1; i < job->frame.count; i++) {
        struct utc valid_to = job->frame.step[i].valid_to;
        if (valid_to.s < job->first.s)
            job->first = valid_to;
        if (valid_to.s > job->last.s)
            job->last = valid_to;
    }
    if (by_data)
        job->at = job->source->wanted.forecast ? job->frame.step[0].issued_at : job->last;
}

static bool is_doubted(const uint8_t *flag, size_t communes)
{
    for (size_t c = 0; c < communes; c++) {
        if (flag[c])
            return true;
    }
    return false;
}

// One step as a reading; its numbers are in `value` and `cover`.
static enum err_kind weigh_step(struct ledger *ledger, struct job *job, size_t i, int32_t *value,
                                uint16_t *cover, struct reading *out, struct err *err)
{
    const struct grid_step *step = &job->frame.step[i];
    size_t cells = job->frame.grid.rows * job->frame.grid.columns;
    aggregate_step(job->area->aggregate, job->frame.value + i * cells, value, cover);
    *out = (struct reading){
        .meta = {.valid_from = step->valid_from,
                 .valid_to = step->valid_to,
                 .issued_at = step->issued_at,
                 .member = step->member,
                 .raw = job->raw->hash,
                 .weights = job->area->weights->hash,
                 .received_at = job->at},
        .communes = job->area->set->count,
        .value = value,
        .cover = cover,
    };
    memcpy(out->meta.source, job->source->name, sizeof(out->meta.source));
    memcpy(out->meta.variable, step->variable, sizeof(out->meta.variable));
    memcpy(out->meta.boundary_set, job->area->set->name, sizeof(out->meta.boundary_set));
    return peel_step(job->peel, ledger, &out->meta, value, cover, out->communes, err);
}

static enum err_kind put_step(struct txn *txn, struct job *job, size_t i, int32_t *value,
                              uint16_t *cover, struct derived *out, struct err *err)
{
    struct hash hash;
    struct reading reading;
    bool fresh = false;
    if (weigh_step(txn_ledger(txn), job, i, value, cover, &reading, err))
        return err_of(err);
    AUTO(mem_drop) uint8_t *flag = mem_new(reading.communes, sizeof(*flag));
    // Before it is stored, for it is compared with what is.
    if (doubt_step(job->doubt, txn_ledger(txn), i, &reading, flag, err) ||
        reading_put(txn, &reading, &fresh, &hash, err) ||
        (fresh && quality_put(txn, &hash, flag, reading.communes, err)) ||
        (!fresh && doubt_is_whole(job->doubt) &&
         quality_mark(txn, &hash, QUALITY_MEMBERS, NULL, reading.communes, err)))
        return err_of(err);
    job->doubted += is_doubted(flag, reading.communes) ? 1 : 0;
    hasher_add(&job->readings, hash.at, sizeof(hash.at));
    out->readings++;
    out->fresh += fresh ? 1 : 0;
    return OK;
}

static void put_hash(struct doc *body, const char *key, struct hash hash)
{
    doc_put_text(body, key, hash_hex(hash).at);
}

// The members that "ingest" and "refused" have in common.
static struct doc *body_of(const struct job *job)
{
    struct doc *body = doc_object();
    doc_put_text(body, "boundary_set", job->source->boundary_set);
    doc_put_text(body, "source", job->source->name);
    doc_put_text(body, "url", job->raw->url);
    doc_put_text(body, "licence", job->source->licence);
    put_hash(body, "raw", job->raw->hash);
    if (job->asked.wind)
        put_hash(body, "raw_north", job->north.hash);
    put_hash(body, "boundary_set_hash", job->area->set->hash);
    return body;
}

// What became of the file, and of the one that was read with it.
static enum err_kind settle(struct txn *txn, const struct job *job, enum raw_state state,
                            const char *why, int64_t seq, struct err *err)
{
    const char *source = job->source->name;
    if (raw_settle(txn, job->raw->hash, source, state, why, seq, err))
        return err_of(err);
    return job->asked.wind ? raw_settle(txn, job->north.hash, source, state, why, seq, err) : OK;
}

// The files that the readings of this one were made with.
static enum err_kind put_bases(struct txn *txn, const struct job *job, struct doc *body,
                               struct err *err)
{
    size_t count;
    const struct hash *base = peel_bases(job->peel, &count);
    const char *source = job->source->name;
    struct doc *list = count ? doc_array() : NULL;
    for (size_t i = 0; i < count; i++)
        doc_push_text(list, hash_hex(base[i]).at);
    if (list)
        doc_put(body, "counted_from", list);
    for (size_t i = 0; i < count; i++) {
        if (raw_base_put(txn, source, job->raw->hash, base[i], err))
            return err_of(err);
    }
    return job->asked.wind ? raw_base_put(txn, source, job->raw->hash, job->north.hash, err) : OK;
}

static struct peel *peel_of(const struct job *job)
{
    bool given_up = job->source->wanted.forecast &&
                    job->at.s - job->frame.step[0].issued_at.s > job->source->fetch.missing_after_s;
    return peel_new(job->source, given_up);
}

// The readings of a file, and the entry that says where they come from.
static enum err_kind put_readings(struct txn *txn, struct job *job, int64_t *seq,
                                  struct derived *out, struct err *err)
{
    size_t communes = job->area->set->count;
    AUTO(mem_drop) int32_t *value = mem_new(communes, sizeof(*value));
    AUTO(mem_drop) uint16_t *cover = mem_new(communes, sizeof(*cover));
    job->readings = hasher_new();
    job->peel = peel_of(job);
    for (size_t i = 0; i < job->frame.count; i++) {
        if (put_step(txn, job, i, value, cover, out, err))
            return err->kind;
    }
    AUTO(doc_free) struct doc *body = body_of(job);
    put_hash(body, "weights", job->area->weights->hash);
    put_hash(body, "readings", hasher_end(&job->readings));
    doc_put_int(body, "steps", (int64_t)job->frame.count);
    if (job->doubted)
        doc_put_int(body, "doubted", (int64_t)job->doubted);
    doc_put_text(body, "first", utc_text(job->first).at);
    doc_put_text(body, "last", utc_text(job->last).at);
    if (job->source->wanted.forecast)
        doc_put_text(body, "issued_at", utc_text(job->frame.step[0].issued_at).at);
    if (put_bases(txn, job, body, err))
        return err_of(err);
    return ledger_append(txn, "ingest", job->at, body, seq, NULL, err);
}

// Whether the totals of a file are still such beside what is in the ledger by now: what is refused
// half-way would be half written.
static enum err_kind check_totals(struct ledger *ledger, struct job *job, struct err *err)
{
    size_t communes = job->area->set->count;
    struct reading reading;
    AUTO(mem_drop) int32_t *value = mem_new(communes, sizeof(*value));
    AUTO(mem_drop) uint16_t *cover = mem_new(communes, sizeof(*cover));
    job->peel = peel_of(job);
    for (size_t i = 0; i < job->frame.count; i++) {
        if (weigh_step(ledger, job, i, value, cover, &reading, err))
            return err_of(err);
    }
    peel_free(&job->peel);
    return OK;
}

// Reads a file once more, for what its amounts were counted from was corrected by `cause`. It keeps
// the entry that it has; this one stands beside it. A total that is less than what is said to have
// fallen before it waits for its own correction.
static enum err_kind count_again(struct derive *derive, struct txn *txn, const struct job *cause,
                                 const struct raw *raw, struct derived *out, struct err *err)
{
    AUTO(job_free)
    struct job job = {.raw = raw, .source = cause->source, .area = cause->area, .at = cause->at};
    struct err why = {0};
    int64_t seq = 0;
    enum err_kind kind = asked_of(job.source, raw->url, &job.asked, &why);
    kind = kind ? kind : read_frame(derive, &job, &why);
    kind = kind ? kind : check_totals(txn_ledger(txn), &job, &why);
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
    measure_times(&job, false);
    return put_readings(txn, &job, &seq, out, err);
}

// Amounts of later leads that were counted from a total which this file corrects, in the same
// commit: what is decided on stands on all of them or on none.
static enum err_kind correct_later(struct derive *derive, struct txn *txn, const struct job *job,
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

static enum err_kind record(struct derive *derive, struct job *job, struct derived *out,
                            struct err *err)
{
    int64_t seq = 0;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(derive->ledger, &txn, err))
        return err->kind;
    if (put_readings(txn, job, &seq, out, err) || settle(txn, job, RAW_READ, "", seq, err) ||
        correct_later(derive, txn, job, out, err) ||
        second_compare(txn, derive->work->sources, job->source, job->first, job->last, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

static enum err_kind record_refusal(struct derive *derive, const struct job *job, const char *why,
                                    struct derived *out, struct err *err)
{
    int64_t seq;
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = body_of(job);
    doc_put_text(body, "why", why);
    if (ledger_begin(derive->ledger, &txn, err) ||
        ledger_append(txn, "refused", job->at, body, &seq, NULL, err) ||
        settle(txn, job, RAW_REFUSED, why, seq, err) || ledger_commit(&txn, err))
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
    if (!kind) {
        measure_times(job, by_data);
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

enum err_kind derive_raw(struct derive *derive, const struct raw *raw, struct utc at, bool by_data,
                         struct derived *out, struct err *err)
{
    AUTO(job_free) struct job job = {.raw = raw, .at = at};
    struct derived made = {0};
    if (sources_find(derive->work->sources, raw->source, &job.source, err))
        return err_add(err, "deriving readings of source %s", raw->source);
    bool reports = job.source->format == FORMAT_REPORTS;
    struct derive_points points = {derive->work, derive->ledger, &derive->limits, job.source};
    if (job.source->format != FORMAT_GRID && !reports)
        return derive_points(&points, raw, at, by_data, out, err);
    if (area_of(derive, job.source->boundary_set, &job.area, err))
        return err_add(err, "deriving readings of source %s", raw->source);
    if (reports)
        return derive_reports(&points, job.area->set, raw, at, by_data, out, err);
    if (derive_grid(derive, &job, by_data, &made, err))
        return err_of(err);
    *out = made;
    return OK;
}
