#include "ingest/replay.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"
#include "ingest/derive.h"
#include "ledger/raw.h"
#include "ledger/station.h"

#include <stdlib.h>

// In the order in which they were read, which is not always that in which they came; files that
// were read together as they came.
static int by_entry(const void *a, const void *b)
{
    const struct raw *const *x = a, *const *y = b;
    if ((*x)->entry != (*y)->entry)
        return (*x)->entry > (*y)->entry ? 1 : -1;
    return ((*x)->position > (*y)->position) - ((*x)->position < (*y)->position);
}

// When it was read, and beside which cells of its grid.
static enum err_kind look_up(const struct work *work, struct derive *derive, const struct raw *raw,
                             struct utc *out, struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    const char *at;
    struct hash hash;
    if (ledger_entry_doc(work->ledger, raw->entry, &body, err) ||
        doc_need_text(body, "at", &at, err))
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
                                const struct raw *raw, struct work_report *report, struct err *err)
{
    struct utc at = {0};
    struct derived made;
    if (look_up(work, derive, raw, &at, err) || derive_raw(derive, raw, at, false, &made, err))
        return err_add(err, "replaying %s", raw->url);
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
    AUTO(raws_free) struct raws read = {0};
    AUTO(raws_free) struct raws refused = {0};
    if (file_make_folder(folder, 0700, err) || ledger_create(folder, err) ||
        ledger_open(folder, LEDGER_WRITE, &into, err) || copy_stations(work, into, err) ||
        raw_list(work->ledger, NULL, RAW_READ, 0, &read, err) ||
        raw_list(work->ledger, NULL, RAW_REFUSED, 0, &refused, err))
        return err->kind;
    size_t count = read.count + refused.count;
    AUTO(mem_drop) const struct raw **all = mem_new(count + 1, sizeof(const struct raw *));
    for (size_t i = 0; i < count; i++)
        all[i] = i < read.count ? &read.at[i] : &refused.at[i - read.count];
    qsort(all, count, sizeof(const struct raw *), by_entry);
    AUTO(derive_free) struct derive *derive = derive_new(work, into, limits);
    for (size_t i = 0; i < count; i++) { // all of them first: some are read together
        if (copy_raw(into, all[i], err))
            return err_of(err);
    }
    struct progress progress = work_progress(work, "replay", count);
    for (size_t i = 0, ahead = 0; i < count; i++) {
        for (; ahead < count && ahead < i + DERIVE_AHEAD; ahead++)
            derive_ahead(derive, all[ahead]);
        if (cli_stopped())
            return err_set(err, ERR_LATER, "the replay was stopped");
        if (replay_one(work, derive, all[i], report, err))
            return err->kind;
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    return OK;
}
