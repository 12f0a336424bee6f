#include "ingest/gather.h"

#include "core/mem.h"
#include "ingest/archive.h"
#include "ingest/area.h"
#include "ingest/asked.h"
#include "ingest/cellfile.h"
#include "ingest/job.h"
#include "ingest/pair.h"
#include "ingest/sealed.h"

#include <string.h>

// A raw file that is being decoded while others are recorded.
struct ahead {
    struct raw raw;          // texts borrowed
    struct proc_child child; // none: free
    struct cells_used cells;
};

struct gather {
    const struct work *work;
    struct ledger *ledger;
    struct decoder *decoder;
    struct areas *areas;
    struct cellfiles *cellfiles;
    struct ahead ahead[GATHER_AHEAD];
    struct hash lent; // the file whose bytes are in lent_fd: its parts are read one by one
    int lent_fd;      // -1: none
};

struct gather *gather_new(const struct gather_with *with)
{
    struct gather *gather = mem_new(1, sizeof(*gather));
    gather->work = with->work;
    gather->ledger = with->ledger;
    gather->decoder = with->decoder;
    gather->areas = with->areas;
    gather->cellfiles = with->cellfiles;
    gather->lent_fd = -1;
    return gather;
}

static void give_back(struct gather *gather)
{
    sealed_close(&gather->lent_fd);
    gather->lent_fd = -1;
}

void gather_free(struct gather **gather)
{
    if (!*gather)
        return;
    for (size_t i = 0; i < GATHER_AHEAD; i++)
        proc_drop(&(*gather)->ahead[i].child);
    give_back(*gather);
    mem_free(gather);
}

// --- beginning
// --------------------------------------------------------------------------------------

// With the cells of its grid, where the file does not say them.
static enum err_kind begin_beside(struct gather *gather, const struct raw *raw, int fd,
                                  const struct wanted_list *wanted, struct cells_used *used,
                                  struct proc_child *out, struct err *err)
{
    const struct source *source = NULL;
    struct area *area = NULL;
    int cells = -1; // borrowed
    if (sources_find(gather->work->sources, raw->source, &source, err) ||
        areas_find(gather->areas, source->boundary_set, &area, err) ||
        cellfiles_lend(gather->cellfiles, source, &area->box, used, &cells, err))
        return err_of(err);
    return decode_begin_beside(gather->decoder, fd, cells, wanted, out, err);
}

// The bytes of a file; of one that is read in parts they are not fetched and hashed for each.
static enum err_kind lend(struct gather *gather, const struct raw *raw, bool parts, int *fd,
                          struct err *err)
{
    if (gather->lent_fd >= 0 && hash_same(gather->lent, raw->hash)) {
        *fd = gather->lent_fd;
        return OK;
    }
    enum err_kind kind = archive_lend(gather->work->archive, raw->hash, fd, err);
    if (kind) {
        // Bytes that were recorded and are not there now are our loss.
        (void)err_add(err, "reading the raw file %s of %s", raw->url, raw->source);
        return err->kind = kind == ERR_LATER ? ERR_LATER : ERR_BROKEN;
    }
    if (parts) {
        give_back(gather);
        gather->lent = raw->hash;
        gather->lent_fd = *fd;
    }
    return OK;
}

// `used`: as cellfiles_lend.
static enum err_kind begin(struct gather *gather, const struct raw *raw,
                           const struct wanted_list *wanted, bool quick, struct cells_used *used,
                           struct proc_child *out, struct err *err)
{
    int fd = -1;
    enum err_kind kind;
    if (lend(gather, raw, wanted->first > 0, &fd, err))
        return err_of(err);
    if (wanted->cells == CELLS_BESIDE)
        kind = begin_beside(gather, raw, fd, wanted, used, out, err);
    else
        kind = quick ? decode_begin_quick(gather->decoder, fd, wanted, out, err)
                     : decode_begin(gather->decoder, fd, wanted, out, err);
    if (fd != gather->lent_fd)
        sealed_close(&fd);
    return kind;
}

void gather_ahead(struct gather *gather, const struct raw *raw)
{
    const struct source *source = NULL;
    struct area *area = NULL;
    struct asked asked;
    struct wanted_list wanted;
    struct err err = {0}; // told when it is the file's turn
    for (size_t i = 0; i < GATHER_AHEAD; i++) {
        struct ahead *ahead = &gather->ahead[i];
        if (ahead->child.pid)
            continue;
        if (sources_find(gather->work->sources, raw->source, &source, &err) == OK &&
            source->format == FORMAT_GRID && asked_of(source, raw->url, &asked, &err) == OK &&
            !asked.wind && !cellfile_is(raw->url) &&
            areas_find(gather->areas, source->boundary_set, &area, &err) == OK) {
            // With which cells a file is read again, its entry says, when it is its turn.
            bool waits = source->cells && gather->ledger != gather->work->ledger;
            ahead->cells = (struct cells_used){.any = false};
            asked_usual(source, &asked, &area->box, &wanted);
            if (!waits &&
                begin(gather, raw, &wanted, true, &ahead->cells, &ahead->child, &err) == OK)
                ahead->raw = *raw;
        }
        return;
    }
}

void gather_drop(struct gather *gather, const struct raw *raw)
{
    for (size_t i = 0; i < GATHER_AHEAD; i++) {
        struct ahead *ahead = &gather->ahead[i];
        if (!ahead->child.pid || !hash_same(ahead->raw.hash, raw->hash) ||
            strcmp(ahead->raw.source, raw->source) != 0)
            continue;
        proc_drop(&ahead->child);
        ahead->child = (struct proc_child){0};
    }
}

// --- one file, as it goes through
// -------------------------------------------------------------------

// The child that was begun with it before, or one that is begun now.
static enum err_kind child_of(struct gather *gather, struct job *job,
                              const struct wanted_list *wanted, struct proc_child *out,
                              struct err *err)
{
    for (size_t i = 0; i < GATHER_AHEAD; i++) {
        struct ahead *ahead = &gather->ahead[i];
        if (ahead->child.pid && hash_same(ahead->raw.hash, job->raw->hash) &&
            strcmp(ahead->raw.source, job->raw->source) == 0) {
            *out = ahead->child;
            job->cells = ahead->cells;
            ahead->child = (struct proc_child){0};
            return OK;
        }
    }
    return begin(gather, job->raw, wanted, true, &job->cells, out, err);
}

// What a child made of a raw file. One that was ended from outside, or could not begin, is no
// reason for the file to wait: those behind it would be read, and decided on, before it. It is
// begun again, twice, for the first may have been gong-plain, which does not read every file.
static enum err_kind collect_one(struct gather *gather, const struct raw *raw,
                                 const struct wanted_list *wanted, struct cells_used *used,
                                 struct proc_child *child, struct frame *out, struct err *err)
{
    struct err ended = {0};
    AUTO(proc_drop) struct proc_child again = {0};
    enum err_kind kind = decode_end_asking(gather->decoder, child, out, &ended);
    for (int times = 0; decode_is_to_begin_again(kind) && times < 2; times++) {
        ended = (struct err){0};
        if (begin(gather, raw, wanted, false, used, &again, err))
            return err_of(err);
        kind = decode_end_asking(gather->decoder, &again, out, &ended);
    }
    *err = ended;
    return kind;
}

// The same; one that was not told which cells of its file's grid are needed is begun again when
// they are known.
static enum err_kind collect(struct gather *gather, struct job *job, const struct raw *raw,
                             struct wanted_list *wanted, struct proc_child *child,
                             struct frame *out, struct err *err)
{
    AUTO(frame_free) struct frame asking = {0};
    AUTO(proc_drop) struct proc_child told = {0};
    struct area *area = job->area;
    wanted->needs = area->box.needs; // those it was begun with may be gone
    if (collect_one(gather, raw, wanted, &job->cells, child, out, err))
        return err_of(err);
    if (!out->asks)
        return OK;
    asking = MOVE(*out);
    if (areas_weigh(gather->areas, area, &asking.grid, raw->url, err))
        return err_of(err);
    wanted->needs = area->box.needs;
    if (begin(gather, raw, wanted, true, &job->cells, &told, err) ||
        collect_one(gather, raw, wanted, &job->cells, &told, out, err))
        return err_of(err);
    return out->asks ? err_set(err, ERR_INPUT, DECODE_ASKS) : OK;
}

static enum err_kind read_usual(struct gather *gather, struct job *job, size_t first,
                                struct frame *out, struct err *err)
{
    AUTO(proc_drop) struct proc_child child = {0};
    struct wanted_list wanted;
    asked_usual(job->source, &job->asked, &job->area->box, &wanted);
    wanted.first = first;
    if (first ? begin(gather, job->raw, &wanted, true, &job->cells, &child, err)
              : child_of(gather, job, &wanted, &child, err))
        return err_of(err);
    return collect(gather, job, job->raw, &wanted, &child, out, err);
}

// Both components side by side, then the speed.
static enum err_kind read_wind(struct gather *gather, struct job *job, size_t first,
                               struct frame *out, struct err *err)
{
    AUTO(frame_free) struct frame other = {0};
    AUTO(proc_drop) struct proc_child east = {0};
    AUTO(proc_drop) struct proc_child north = {0};
    struct wanted_list eastward, northward;
    asked_component(job->source, &job->asked, &job->area->box, false, &eastward);
    eastward.first = first;
    if (begin(gather, job->raw, &eastward, true, &job->cells, &east, err))
        return err_of(err);
    asked_component(job->source, &job->asked, &job->area->box, true, &northward);
    northward.first = first;
    if (begin(gather, &job->north, &northward, true, &job->cells, &north, err))
        return err_of(err);
    if (collect(gather, job, job->raw, &eastward, &east, out, err))
        return err_add(err, "reading %s", job->raw->url);
    if (collect(gather, job, &job->north, &northward, &north, &other, err))
        return err_add(err, "reading %s", job->north.url);
    return pair_join(out, &other, job->asked.wind->variable, err);
}

// One part, from time number `first` on, weighed; `*next`: with which to go on, 0: the end.
static enum err_kind read_part(struct gather *gather, struct job *job, size_t first, size_t *next,
                               struct err *err)
{
    AUTO(frame_free) struct frame part = {0};
    if (job->asked.wind ? read_wind(gather, job, first, &part, err)
                        : read_usual(gather, job, first, &part, err))
        return err_of(err);
    *next = part.next;
    if (part.next && part.next <= first)
        return err_set(err, ERR_INPUT, "the decoder goes round in a circle");
    if (areas_weigh(gather->areas, job->area, &part.grid, job->raw->url, err))
        return err_of(err);
    return weighed_add(&job->weighed, &part, job->area, (size_t)job->source->ensemble,
                       gather->work->archive, err);
}

// Part by part: what is in memory does not grow with the steps of a file.
enum err_kind gather_all(struct gather *gather, struct job *job, struct err *err)
{
    size_t next = 0;
    enum err_kind kind;
    do
        kind = read_part(gather, job, next, &next, err);
    while (kind == OK && next);
    give_back(gather);
    if (kind)
        return kind;
    weighed_end(&job->weighed, &job->source->wanted);
    if (job->weighed.count == 0)
        return err_set(err, ERR_INPUT,
                       "nothing can be made of the running totals: the file begins and ends amid "
                       "them");
    return OK;
}
