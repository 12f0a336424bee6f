#include "ingest/pull_parts.h"

#include "ingest/pull_ask.h"

#include <stdio.h>
#include <string.h>

enum { INDEX_BYTES_MAX = 16 << 20, PARTIAL = 206 };

enum pull_stage pull_file_first(const struct pull_file *file)
{
    return file->index_url ? STAGE_INDEX : STAGE_FILE;
}

// A server that does not know of pieces sends all of it, which may be gigabytes.
static bool begin_part(void *self, const struct transfer_answer *answer)
{
    const struct pull_file *file = self;
    return answer->status == PARTIAL && answer->first == file->parts.at[file->part].first;
}

static bool take_part(void *self, const void *bytes, size_t len)
{
    struct pull_file *file = self;
    return spool_add(file->spool, bytes, len, &file->why) == OK;
}

void pull_parts_ask(struct pull_file *file, struct transfer_ask *ask)
{
    if (file->stage == STAGE_INDEX) {
        ask->url = file->index_url;
        ask->bytes_max = INDEX_BYTES_MAX;
        ask->begin = pull_begin_small;
        ask->take = pull_take_small;
        buf_free(&file->sum);
        file->sum = buf_new(INDEX_BYTES_MAX);
        return;
    }
    const struct piece *part = &file->parts.at[file->part];
    ask->url = file->place[file->at];
    ask->part = part;
    if (part->last >= 0 && part->last - part->first + 1 < ask->bytes_max)
        ask->bytes_max = part->last - part->first + 1;
    ask->begin = begin_part;
    ask->take = take_part;
}

static enum err_kind took_index(struct pull_file *file, struct err *err)
{
    const struct source_fetch *fetch = &file->source->fetch;
    struct spool_note none = {.modified_s = -1, .length = -1};
    pieces_free(&file->parts);
    file->part = 0;
    if (pieces_find(buf_slice(&file->sum), fetch->index, fetch->take, fetch->takes, &file->parts,
                    err)) {
        (void)err_add(err, "reading %.200s", file->index_url);
        return err->kind = ERR_REFUSED;
    }
    (void)snprintf(none.from, sizeof(none.from), "%s", file->place[file->at]);
    file->stage = STAGE_PART;
    return spool_restart(file->spool, &none, err);
}

static enum err_kind took_part(struct pull_file *file, int64_t before, struct err *err)
{
    const struct piece *part = &file->parts.at[file->part];
    int64_t came = spool_size(file->spool) - before;
    if (part->last >= 0 && came != part->last - part->first + 1)
        return err_set(err, ERR_LATER, "%.200s: of a piece of %lld bytes came %lld", file->url,
                       (long long)(part->last - part->first + 1), (long long)came);
    if (++file->part == file->parts.count)
        file->stage = STAGE_FILE;
    return OK;
}

enum err_kind pull_parts_took(struct pull_file *file, const struct transfer_done *done,
                              struct err *err)
{
    (void)done;
    if (file->stage == STAGE_INDEX)
        return took_index(file, err);
    int64_t before = 0;
    for (size_t i = 0; i < file->part; i++)
        before += file->parts.at[i].last - file->parts.at[i].first + 1;
    return took_part(file, before, err);
}
