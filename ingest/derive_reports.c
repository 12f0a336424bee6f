#include "ingest/derive_reports.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ingest/archive.h"
#include "ingest/points.h"
#include "ledger/map.h"
#include "ledger/reading.h"
#include "ledger/reread.h"

#include <stdio.h>
#include <string.h>

struct report {
    const struct derive_points *job;
    const struct boundary_set *set;
    const struct raw *raw;
    struct points points;
    size_t *place; // [points.stations] in the set; heap
    struct txn *txn;
    struct utc at, first, last;
    struct hasher names;
    struct hash *base; // [bases] tables whose figures are carried on; heap
    size_t bases;
    struct derived derived;
};

static void report_free(struct report *report)
{
    ledger_undo(&report->txn);
    points_free(&report->points);
    mem_free(&report->place);
    mem_free(&report->base);
}

// --- communes
// -------------------------------------------------------------------------------------

static enum err_kind refuse_code(const struct boundary_set *set, const char *code, struct err *err)
{
    enum { CODE_DIGITS = 5 };
    size_t len = strlen(code);
    char padded[2 * CODE_DIGITS];
    if (len < CODE_DIGITS) {
        (void)snprintf(padded, sizeof(padded), "%.*s%s", (int)(CODE_DIGITS - len), "00000", code);
        if (boundary_set_find(set, padded) != SIZE_MAX)
            return err_set(
                err, ERR_INPUT,
                "%s has no commune %s, but %s: the zeros in front of the codes are lost; "
                "save the column as text",
                set->name, code, padded);
    }
    return err_set(
        err, ERR_INPUT,
        "%s has no commune %.40s; a commune of before the reform has another area: bring "
        "the figure of today's commune (gong boundary former tells which)",
        set->name, code);
}

// "Xã Ba Bể" is called "Ba Bể" too.
static bool is_called(const char *name, const char *said)
{
    size_t name_len = strlen(name), said_len = strlen(said);
    if (said_len == 0 || strcmp(name, said) == 0)
        return true;
    const char *longer = name_len > said_len ? name : said;
    const char *shorter = name_len > said_len ? said : name;
    size_t more = strlen(longer) - strlen(shorter);
    return more > 0 && longer[more - 1] == ' ' && strcmp(longer + more, shorter) == 0;
}

static enum err_kind find_communes(struct report *report, struct err *err)
{
    const struct points *points = &report->points;
    report->place = mem_new(points->stations + 1, sizeof(*report->place));
    for (size_t i = 0; i < points->stations; i++) {
        const struct station *said = &points->station[i];
        size_t place = boundary_set_find(report->set, said->code);
        if (place == SIZE_MAX)
            return refuse_code(report->set, said->code, err);
        const char *name = report->set->commune[place].name;
        if (!is_called(name, said->name))
            return err_set(
                err, ERR_INPUT,
                "commune %s is \"%s\" in %s, and the table calls it \"%.60s\"; when that "
                "is what it was before the reform, bring the figure of today's commune",
                said->code, name, report->set->name, said->name);
        report->place[i] = place;
    }
    return OK;
}

// --- the file
// -------------------------------------------------------------------------------------

// Nobody knows the harvest of a season that is not over: mostly a year that was written wrong.
static enum err_kind check_over(const struct report *report, struct err *err)
{
    const struct points *points = &report->points;
    for (size_t i = 0; i < points->values; i++) {
        const struct point_value *value = &points->value[i];
        if (value->to.s <= report->at.s)
            continue;
        return err_set(err, ERR_INPUT,
                       "the %s of commune %s is of a season that ends at %s, which is still to "
                       "come; leave it out until then, bring it again then, or correct the year",
                       points->variable[value->variable], points->station[value->station].code,
                       utc_text(value->to).at);
    }
    return OK;
}

// `by_data`: the clock follows what the tables say. Of all that may be wrong, what hangs on the
// moment comes last: a table with other faults is refused in the same words at any time.
static enum err_kind read_table(struct report *report, bool by_data, struct err *err)
{
    const struct source *source = report->job->source;
    const struct points *points = &report->points;
    AUTO(buf_free) struct buf bytes = buf_new((size_t)report->raw->bytes + 1);
    if (archive_get(report->job->work->archive, report->raw->hash, &bytes, err)) {
        (void)err_add(err, "reading the raw file %s of %s", report->raw->url, source->name);
        return err->kind = ERR_BROKEN;
    }
    if (decode_points(buf_slice(&bytes), source->points, report->job->limits, &report->points, err))
        return err_of(err);
    if (points->values == 0)
        return err_set(err, ERR_INPUT, "the table holds no figure");
    if (points->repeated || points->clashing)
        return err_set(err, ERR_INPUT, "the table says a figure twice");
    report->first = points->value[0].to;
    report->last = points->value[0].to;
    for (size_t i = 1; i < points->values; i++) {
        struct utc to = points->value[i].to;
        report->first = to.s < report->first.s ? to : report->first;
        report->last = to.s > report->last.s ? to : report->last;
    }
    if (find_communes(report, err))
        return err_of(err);
    return by_data ? OK : check_over(report, err);
}

// --- one step
// -------------------------------------------------------------------------------------

static void keep_base(struct report *report, struct hash raw)
{
    for (size_t i = 0; i < report->bases; i++) {
        if (hash_same(report->base[i], raw))
            return;
    }
    report->base = mem_resize(report->base, report->bases + 1, sizeof(raw));
    report->base[report->bases++] = raw;
}

// What is known of the step already, where this table says nothing.
static enum err_kind carry(struct report *report, const struct reading_meta *step, int32_t *value,
                           uint16_t *cover, struct err *err)
{
    AUTO(readings_free) struct readings known = {0};
    struct reading_query query = {.source = step->source,
                                  .variable = step->variable,
                                  .boundary_set = step->boundary_set,
                                  .issued_at = UTC_NEVER,
                                  .from = {step->valid_to.s - 1},
                                  .to = step->valid_to};
    if (reading_load(txn_ledger(report->txn), &query, &known, err))
        return err_of(err);
    for (size_t i = 0; i < known.count; i++) {
        if (known.meta[i].valid_from.s != step->valid_from.s)
            continue;
        bool carried = false;
        for (size_t c = 0; c < known.communes && c < report->set->count; c++) {
            int32_t was = known.value[i * known.communes + c];
            if (value[c] != READING_NONE || was == READING_NONE)
                continue;
            value[c] = was;
            cover[c] = READING_COVER_FULL;
            carried = true;
        }
        if (carried && !hash_same(known.meta[i].raw, report->raw->hash))
            keep_base(report, known.meta[i].raw);
    }
    return OK;
}

// The values first..end are of one figure and time.
static enum err_kind put_step(struct report *report, size_t first, size_t end, struct err *err)
{
    const struct point_value *said = &report->points.value[first];
    size_t communes = report->set->count;
    AUTO(mem_drop) int32_t *value = mem_new(communes, sizeof(*value));
    AUTO(mem_drop) uint16_t *cover = mem_new(communes, sizeof(*cover));
    struct reading reading = {.meta = {.valid_from = said->from,
                                       .valid_to = said->to,
                                       .issued_at = UTC_NEVER,
                                       .member = MEMBER_NONE,
                                       .raw = report->raw->hash,
                                       .weights = report->set->hash,
                                       .received_at = report->at},
                              .communes = communes,
                              .value = value,
                              .cover = cover};
    struct reading_meta *meta = &reading.meta;
    memcpy(meta->source, report->job->source->name, sizeof(meta->source));
    memcpy(meta->variable, report->points.variable[said->variable], sizeof(meta->variable));
    memcpy(meta->boundary_set, report->set->name, sizeof(meta->boundary_set));
    for (size_t c = 0; c < communes; c++)
        value[c] = READING_NONE;
    for (size_t i = first; i < end; i++) {
        size_t place = report->place[report->points.value[i].station];
        value[place] = report->points.value[i].milli;
        cover[place] = READING_COVER_FULL;
    }
    struct hash name;
    bool fresh = false;
    if (carry(report, meta, value, cover, err) ||
        reading_put(report->txn, &reading, &fresh, &name, err))
        return err_of(err);
    hasher_add(&report->names, name.at, sizeof(name.at));
    report->derived.readings++;
    report->derived.fresh += fresh ? 1 : 0;
    return OK;
}

static enum err_kind put_steps(struct report *report, struct err *err)
{
    const struct points *points = &report->points;
    for (size_t i = 0, end; i < points->values; i = end) {
        end = points_step_end(points, i);
        if (put_step(report, i, end, err))
            return err_of(err);
    }
    return OK;
}

// --- the entry
// ------------------------------------------------------------------------------------

static struct doc *body_of(const struct report *report)
{
    const struct source *source = report->job->source;
    struct doc *body = doc_object();
    doc_put_text(body, "boundary_set", source->boundary_set);
    doc_put_text(body, "source", source->name);
    doc_put_text(body, "url", report->raw->url);
    doc_put_text(body, "licence", source->licence);
    doc_put_text(body, "raw", hash_hex(report->raw->hash).at);
    doc_put_text(body, "boundary_set_hash", hash_hex(report->set->hash).at);
    return body;
}

static enum err_kind put_bases(const struct report *report, struct doc *body, struct err *err)
{
    struct doc *list = report->bases ? doc_array() : NULL;
    for (size_t i = 0; i < report->bases; i++)
        doc_push_text(list, hash_hex(report->base[i]).at);
    if (list)
        doc_put(body, "counted_from", list);
    for (size_t i = 0; i < report->bases; i++) {
        if (raw_base_put(report->txn, report->job->source->name, report->raw->hash, report->base[i],
                         err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind record(struct report *report, struct err *err)
{
    const struct points *points = &report->points;
    report->names = hasher_new();
    if (ledger_begin(report->job->ledger, &report->txn, err) || put_steps(report, err))
        return err_of(err);
    AUTO(doc_free) struct doc *body = body_of(report);
    doc_put_text(body, "readings", hash_hex(hasher_end(&report->names)).at);
    doc_put_int(body, "steps", report->derived.readings);
    doc_put_text(body, "first", utc_text(report->first).at);
    doc_put_text(body, "last", utc_text(report->last).at);
    doc_put_int(body, "rows", points->rows);
    doc_put_int(body, "communes", (int64_t)points->stations);
    doc_put_int(body, "values", (int64_t)points->values);
    doc_put_int(body, "missing", points->missing);
    if (put_bases(report, body, err) ||
        reread_end(report->txn, report->raw, report->at, body, NULL, err))
        return err_of(err);
    return ledger_commit(&report->txn, err);
}

static enum err_kind record_refusal(struct report *report, const char *why, struct err *err)
{
    AUTO(doc_free) struct doc *body = body_of(report);
    if (ledger_begin(report->job->ledger, &report->txn, err) ||
        reread_end(report->txn, report->raw, report->at, body, why, err) ||
        ledger_commit(&report->txn, err))
        return err_of(err);
    report->derived = (struct derived){.refused = true};
    (void)snprintf(report->derived.why, sizeof(report->derived.why), "%s", why);
    return OK;
}

enum err_kind derive_reports(const struct derive_points *job, const struct boundary_set *set,
                             const struct raw *raw, struct utc at, bool by_data,
                             struct derived *out, struct err *err)
{
    AUTO(report_free)
    struct report report = {.job = job, .set = set, .raw = raw, .at = at};
    struct err why = {0};
    enum err_kind kind = read_table(&report, by_data, &why);
    if (kind == ERR_INPUT) {
        if (record_refusal(&report, why.text, err))
            return err_add(err, "recording that %s is refused", raw->url);
    } else if (kind != OK) {
        *err = why;
        return err_of(err);
    } else {
        if (by_data)
            report.at = report.last;
        if (record(&report, err))
            return err_add(err, "recording what %s says", raw->url);
    }
    *out = report.derived;
    return OK;
}
