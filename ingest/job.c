#include "ingest/job.h"

#include "core/mem.h"
#include "ledger/quality.h"
#include "ledger/reading.h"
#include "ledger/stored.h"

#include <string.h>

void job_forget_later(struct job *job)
{
    for (size_t i = 0; i < job->later_count; i++)
        weighed_free(&job->later[i].weighed);
    mem_free(&job->later);
    job->later_count = 0;
}

void job_free(struct job *job)
{
    job_forget_later(job);
    weighed_free(&job->weighed);
    raw_free(&job->north);
    peel_free(&job->peel);
    doubt_free(&job->doubt);
}

void job_lend(struct job *job)
{
    job->weighed = (struct weighed){0};
    job_free(job);
}

void job_measure(struct job *job, bool by_data)
{
    const struct weighed *weighed = &job->weighed;
    job->first = weighed->step[0].valid_to;
    job->last = weighed->step[0].valid_to;
    for (size_t i = 1; i < weighed->count; i++) {
        struct utc valid_to = weighed->step[i].valid_to;
        if (valid_to.s < job->first.s)
            job->first = valid_to;
        if (valid_to.s > job->last.s)
            job->last = valid_to;
    }
    if (by_data)
        job->at = job->source->wanted.forecast ? weighed->step[0].issued_at : job->last;
}

static bool is_doubted(const uint8_t *flag, size_t communes)
{
    for (size_t c = 0; c < communes; c++) {
        if (flag[c])
            return true;
    }
    return false;
}

// The numbers of one step.
struct numbers {
    int32_t *value;
    uint16_t *cover;
    uint8_t *flag;
};

static struct numbers numbers_of(const struct job *job)
{
    size_t communes = job->area->set->count;
    return (struct numbers){mem_new(communes, sizeof(int32_t)), mem_new(communes, sizeof(uint16_t)),
                            mem_new(communes, sizeof(uint8_t))};
}

static void numbers_free(struct numbers *numbers)
{
    mem_free(&numbers->value);
    mem_free(&numbers->cover);
    mem_free(&numbers->flag);
}

// One step as a reading; its numbers are in `in`.
static enum err_kind weigh_step(struct ledger *ledger, struct job *job, size_t i,
                                const struct numbers *in, struct reading *out, struct err *err)
{
    const struct grid_step *step = &job->weighed.step[i];
    if (weighed_read(&job->weighed, i, in->value, in->cover, in->flag, err))
        return err_of(err);
    *out = (struct reading){
        .meta = {.valid_from = step->valid_from,
                 .valid_to = step->valid_to,
                 .issued_at = step->issued_at,
                 .member = step->member,
                 .raw = job->raw->hash,
                 .weights = job->weighed.weights,
                 .received_at = job->at},
        .communes = job->area->set->count,
        .value = in->value,
        .cover = in->cover,
    };
    memcpy(out->meta.source, job->source->name, sizeof(out->meta.source));
    memcpy(out->meta.variable, step->variable, sizeof(out->meta.variable));
    memcpy(out->meta.boundary_set, job->area->set->name, sizeof(out->meta.boundary_set));
    return peel_step(job->peel, ledger, &out->meta, in->value, in->cover, out->communes, err);
}

static enum err_kind put_step(struct txn *txn, struct job *job, size_t i, const struct numbers *in,
                              struct derived *out, struct err *err)
{
    struct hash hash;
    struct reading reading;
    bool fresh = false;
    if (weigh_step(txn_ledger(txn), job, i, in, &reading, err))
        return err_of(err);
    for (size_t c = 0; job->weighed.lacks && c < reading.communes; c++)
        in->flag[c] |= QUALITY_MEMBERS;
    // Before it is stored, for it is compared with what is.
    if (doubt_step(job->doubt, txn_ledger(txn), &reading, in->flag, err) ||
        reading_put(txn, &reading, &fresh, &hash, err) ||
        (fresh && quality_put(txn, &hash, in->flag, reading.communes, err)) ||
        (!fresh && !job->weighed.lacks &&
         quality_mark(txn, &hash, QUALITY_MEMBERS, NULL, reading.communes, err)))
        return err_of(err);
    job->doubted += is_doubted(in->flag, reading.communes) ? 1 : 0;
    hasher_add(&job->readings, hash.at, sizeof(hash.at));
    out->readings++;
    out->fresh += fresh ? 1 : 0;
    return OK;
}

static void put_hash(struct doc *body, const char *key, struct hash hash)
{
    doc_put_text(body, key, hash_hex(hash).at);
}

struct doc *job_body(const struct job *job)
{
    struct doc *body = doc_object();
    doc_put_text(body, "boundary_set", job->source->boundary_set);
    doc_put_text(body, "source", job->source->name);
    doc_put_text(body, "url", job->raw->url);
    doc_put_text(body, "licence", job->source->licence);
    put_hash(body, "raw", job->raw->hash);
    if (job->asked.wind)
        put_hash(body, "raw_north", job->north.hash);
    if (job->cells.any)
        put_hash(body, "raw_cells", job->cells.hash);
    put_hash(body, "boundary_set_hash", job->area->set->hash);
    return body;
}

// One that was read stays so: a wind that is refused may be half of one that was not.
static enum err_kind settle(struct txn *txn, struct hash hash, const char *source,
                            enum raw_state state, const char *why, int64_t seq, struct err *err)
{
    enum raw_state was;
    if (raw_state_of(txn_ledger(txn), source, hash, &was, err))
        return err_of(err);
    if (state == RAW_REFUSED && was == RAW_READ)
        return OK;
    return raw_settle(txn, hash, source, state, why, seq, err);
}

enum err_kind job_settle(const struct job *job, struct txn *txn, enum raw_state state,
                         const char *why, int64_t seq, struct err *err)
{
    const char *source = job->source->name;
    if (settle(txn, job->raw->hash, source, state, why, seq, err))
        return err_of(err);
    return job->asked.wind ? settle(txn, job->north.hash, source, state, why, seq, err) : OK;
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
    bool given_up = job->source->wanted.forecast && job->at.s - job->weighed.step[0].issued_at.s >
                                                        job->source->fetch.missing_after_s;
    return peel_new(job->source, given_up);
}

enum err_kind job_put(struct job *job, struct txn *txn, int64_t *seq, struct derived *out,
                      struct err *err)
{
    AUTO(numbers_free) struct numbers numbers = numbers_of(job);
    job->readings = hasher_new();
    job->doubted = 0;
    doubt_free(&job->doubt);
    job->doubt = doubt_new();
    peel_free(&job->peel);
    job->peel = peel_of(job);
    // Its entry first: who reads all again does so in the order of entries.
    if (cellfiles_record(txn, job->source, &job->cells, job->raw->hash, job->at, err))
        return err_of(err);
    for (size_t i = 0; i < job->weighed.count; i++) {
        if (put_step(txn, job, i, &numbers, out, err))
            return err->kind;
    }
    AUTO(doc_free) struct doc *body = job_body(job);
    put_hash(body, "weights", job->weighed.weights);
    put_hash(body, "readings", hasher_end(&job->readings));
    doc_put_int(body, "steps", (int64_t)job->weighed.count);
    if (job->doubted)
        doc_put_int(body, "doubted", (int64_t)job->doubted);
    doc_put_text(body, "first", utc_text(job->first).at);
    doc_put_text(body, "last", utc_text(job->last).at);
    if (job->source->wanted.forecast)
        doc_put_text(body, "issued_at", utc_text(job->weighed.step[0].issued_at).at);
    if (put_bases(txn, job, body, err) || stored_tell(txn, job->source->name, body, err))
        return err_of(err);
    return ledger_append(txn, "ingest", job->at, body, seq, NULL, err);
}

enum err_kind job_check_totals(struct job *job, struct ledger *ledger, struct err *err)
{
    struct reading reading;
    AUTO(numbers_free) struct numbers numbers = numbers_of(job);
    job->peel = peel_of(job);
    for (size_t i = 0; i < job->weighed.count; i++) {
        if (weigh_step(ledger, job, i, &numbers, &reading, err))
            return err_of(err);
    }
    peel_free(&job->peel);
    return OK;
}
