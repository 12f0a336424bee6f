#include "ingest/replay.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"
#include "ingest/derive.h"
#include "ledger/raw.h"
#include "ledger/station.h"
#include "ledger/reread.h"

#include <stdlib.h>
#include <string.h>

// A raw file and the entry in which it was read or refused: a table may have several.
struct once {
    const struct raw *raw;
    int64_t entry;
};

// All times, in their order. All owned.
struct times {
    struct raws read, refused;
    struct once *at; // [count] heap
    size_t count;
};

static void times_free(struct times *times)
{
    raws_free(&times->read);
    raws_free(&times->refused);
    mem_free(&times->at);
}

// In the order in which they were read, which is not always that in which they came; files that
// were read together as they came.
static int by_entry(const void *a, const void *b)
{
    const struct once *x = a, *y = b;
    if (x->entry != y->entry)
        return x->entry > y->entry ? 1 : -1;
    return (x->raw->position > y->raw->position) - (x->raw->position < y->raw->position);
}

static void add_time(struct times *times, const struct raw *raw, int64_t entry)
{
    times->at = mem_resize(times->at, times->count + 1, sizeof(*times->at));
    times->at[times->count++] = (struct once){raw, entry};
}

static void add_rereads(const struct work *work, const struct rereads *rereads,
                        const struct raw *raw, struct times *times)
{
    struct err unknown = {0}; // told when it is read
    const struct source *source = NULL;
    if (sources_find(work->sources, raw->source, &source, &unknown) || !source_is_table(source))
        return;
    for (size_t i = 0; i < rereads->count; i++) {
        const struct reread *reread = &rereads->at[i];
        if (reread->seq != raw->entry && hash_same(reread->hash, raw->hash) &&
            strcmp(reread->source, raw->source) == 0)
            add_time(times, raw, reread->seq);
    }
}

static enum err_kind list_times(const struct work *work, struct times *out, struct err *err)
{
    AUTO(rereads_free) struct rereads rereads = {0};
    if (raw_list(work->ledger, NULL, RAW_READ, 0, &out->read, err) ||
        raw_list(work->ledger, NULL, RAW_REFUSED, 0, &out->refused, err) ||
        rereads_load(work->ledger, &rereads, err))
        return err_of(err);
    size_t count = out->read.count + out->refused.count;
    for (size_t i = 0; i < count; i++) {
        const struct raw *raw =
            i < out->read.count ? &out->read.at[i] : &out->refused.at[i - out->read.count];
        add_time(out, raw, raw->entry);
        add_rereads(work, &rereads, raw, out);
    }
    if (out->count)
        qsort(out->at, out->count, sizeof(*out->at), by_entry);
    return OK;
}

// When it was read, and beside which cells of its grid.
static enum err_kind look_up(const struct work *work, struct derive *derive, int64_t entry,
                             struct utc *out, struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    const char *at;
    struct hash hash;
    if (ledger_entry_doc(work->ledger, entry, &body, err) || doc_need_text(body, "at", &at, err))
        return err->kind;
    const char *cells = doc_text(doc_get(body, "raw_cells"), NULL);
    if (cells && hash_parse(str_of(cells), &hash, err))
        return err_of(err);
    if (cells)
        derive_with_cells(derive, hash);
    return utc_parse(str_of(at), out, err);
}

static enum err_kind copy_raw(struct ledger *into, const struct raw *raw, struct err *err)
{
    bool fresh;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(into, &txn, err) || raw_put(txn, raw, &fresh, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

// Stations keep their places, also those that came by a list (gong ingest stations).
static enum err_kind copy_stations(const struct work *work, struct ledger *into, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(into, &txn, err))
        return err_of(err);
    for (size_t i = 0; i < work->sources->count; i++) {
        const char *source = work->sources->at[i].name;
        AUTO(stations_free) struct stations stations = {0};
        if (station_list(work->ledger, source, &stations, err))
            return err_of(err);
        for (size_t j = 0; j < stations.count; j++) {
            size_t place;
            if (station_put(txn, source, &stations.at[j], &place, err))
                return err_of(err);
        }
    }
    return ledger_commit(&txn, err);
}

static enum err_kind replay_one(const struct work *work, struct derive *derive,
                                const struct once *once, struct work_report *report,
                                struct err *err)
{
    struct utc at = {0};
    struct derived made;
    if (look_up(work, derive, once->entry, &at, err) ||
        derive_raw(derive, once->raw, at, false, &made, err))
        return err_add(err, "replaying %s", once->raw->url);
    if (made.refused)
        report->refused++;
    else
        report->read++;
    report->readings += made.fresh;
    return OK;
}

enum err_kind replay_into(const struct work *work, const char *folder,
                          const struct decode_limits *limits, struct work_report *report,
                          struct err *err)
{
    AUTO(ledger_close) struct ledger *into = NULL;
    AUTO(times_free) struct times times = {0};
    if (file_make_folder(folder, 0700, err) || ledger_create(folder, err) ||
        ledger_open(folder, LEDGER_WRITE, &into, err) || copy_stations(work, into, err) ||
        list_times(work, &times, err))
        return err->kind;
    AUTO(derive_free) struct derive *derive = derive_new(work, into, limits);
    for (size_t i = 0; i < times.count; i++) { // all of them first: some are read together
        if (copy_raw(into, times.at[i].raw, err))
            return err_of(err);
    }
    struct progress progress = work_progress(work, "replay", times.count);
    for (size_t i = 0, ahead = 0; i < times.count; i++) {
        for (; ahead < times.count && ahead < i + DERIVE_AHEAD; ahead++)
            derive_ahead(derive, times.at[ahead].raw);
        if (cli_stopped())
            return err_set(err, ERR_LATER, "the replay was stopped");
        if (replay_one(work, derive, &times.at[i], report, err))
            return err->kind;
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    return OK;
}
