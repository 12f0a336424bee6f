#include "ingest/prune.h"

#include "core/mem.h"
#include "ingest/archive.h"
#include "ledger/keep.h"
#include "ledger/now.h"

#include <stdio.h>
#include <unistd.h>

enum { BATCH_MAX = 500 };

static enum err_kind count_kept(const struct work *work, const struct source *source,
                                struct utc before, int64_t freed, struct prune_report *report,
                                struct err *err)
{
    for (enum raw_state state = RAW_READ; state <= RAW_REFUSED; state++) {
        AUTO(raws_free) struct raws raws = {0};
        if (raw_list(work->ledger, source->name, state, 0, &raws, err))
            return err_of(err);
        for (size_t i = 0; i < raws.count; i++)
            report->kept += raws.at[i].fetched_at.s < before.s;
    }
    report->kept -= freed;
    return OK;
}

static enum err_kind drop_bytes(const struct work *work, const struct raw *raw, struct err *err)
{
    bool is_free = false;
    AUTO(mem_drop) char *path = archive_path(work->archive, raw->hash);
    if (keep_is_free(work->ledger, raw->hash, &is_free, err))
        return err_of(err);
    if (is_free)
        (void)unlink(path); // not there: an earlier run took it
    return OK;
}

static enum err_kind release(const struct work *work, const struct source *source,
                             const struct raws *raws, struct utc now, struct err *err)
{
    for (size_t first = 0; first < raws->count; first += BATCH_MAX) {
        size_t left = raws->count - first;
        struct raws some = {raws->at + first, left < BATCH_MAX ? left : BATCH_MAX};
        AUTO(ledger_undo) struct txn *txn = NULL;
        if (ledger_begin(work->ledger, &txn, err) ||
            keep_release(txn, source->name, &some, now, err) || ledger_commit(&txn, err))
            return err_of(err);
    }
    AUTO(raws_free) struct raws gone = {0};
    if (raw_list(work->ledger, source->name, RAW_RELEASED, 0, &gone, err))
        return err_of(err);
    for (size_t i = 0; i < gone.count; i++) {
        if (drop_bytes(work, &gone.at[i], err))
            return err_of(err);
    }
    return OK;
}

enum err_kind prune_archive(const struct work *work, const struct source *only, bool dry,
                            struct prune_report *report, struct err *err)
{
    struct utc now;
    *report = (struct prune_report){0};
    if (ledger_now(work->cli, work->site, work->ledger, &now, err))
        return err_of(err);
    for (size_t i = 0; i < work->sources->count && !cli_stopped(); i++) {
        const struct source *source = &work->sources->at[i];
        AUTO(raws_free) struct raws raws = {0};
        struct utc before = {now.s - source->fetch.keep_s};
        if (source->fetch.keep_s == 0 || (only && only != source))
            continue;
        if (keep_free(work->ledger, source->name, before, &raws, err) ||
            count_kept(work, source, before, (int64_t)raws.count, report, err))
            return err_add(err, "looking for old files of source %s", source->name);
        for (size_t r = 0; r < raws.count; r++) {
            report->bytes += raws.at[r].bytes;
            if (dry && !cli_json(work->cli))
                (void)printf("%s %s\n", hash_hex(raws.at[r].hash).at, raws.at[r].url);
        }
        report->released += (int64_t)raws.count;
        if (!dry && release(work, source, &raws, now, err))
            return err_add(err, "letting go of files of source %s", source->name);
    }
    return OK;
}
