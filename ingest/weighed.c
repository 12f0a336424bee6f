#include "ingest/weighed.h"

#include "core/file.h"
#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/doubt.h"
#include "ingest/weights.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void weighed_free(struct weighed *weighed)
{
    frame_free(&weighed->before);
    mem_free(&weighed->step);
    mem_free(&weighed->order);
    mem_free(&weighed->kept);
    if (weighed->has_away)
        (void)close(weighed->fd);
    *weighed = (struct weighed){0};
}

// --- keeping
// ----------------------------------------------------------------------------------------

// The numbers, the coverage and the flags of one step, one behind the other.
static size_t step_bytes(const struct weighed *weighed)
{
    return weighed->communes * (sizeof(int32_t) + sizeof(uint16_t) + sizeof(uint8_t));
}

static enum err_kind open_away(struct weighed *weighed, const char *folder, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, ".weighed-XXXXXX");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ERR_LATER, "cannot create %s", path);
    (void)unlink(path); // whoever is killed leaves nothing behind
    weighed->has_away = true;
    weighed->fd = fd;
    return OK;
}

static enum err_kind put_away(struct weighed *weighed, const char *folder, struct err *err)
{
    if (!weighed->has_away && open_away(weighed, folder, err))
        return err_of(err);
    for (size_t done = 0; done < weighed->kept_bytes;) {
        ssize_t put = pwrite(weighed->fd, weighed->kept + done, weighed->kept_bytes - done,
                             weighed->away_bytes + (int64_t)done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, ERR_LATER, "cannot keep the readings of a large file in %s",
                             folder);
        done += (size_t)put;
    }
    weighed->away_bytes += (int64_t)weighed->kept_bytes;
    weighed->kept_bytes = 0;
    return OK;
}

// For `more` steps, or as many as are kept at all.
static void make_room(struct weighed *weighed, size_t more)
{
    size_t one = step_bytes(weighed), most = one > WEIGHED_KEPT ? 1 : WEIGHED_KEPT / (one + 1);
    size_t room = (more < most ? more : most) * one;
    room = room + weighed->kept_bytes < most * one ? room + weighed->kept_bytes : most * one;
    if (room <= weighed->kept_room)
        return;
    weighed->kept = mem_resize(weighed->kept, room, 1);
    weighed->kept_room = room;
}

static enum err_kind add_bytes(struct weighed *weighed, const int32_t *milli, const uint16_t *cover,
                               const uint8_t *flag, const char *folder, struct err *err)
{
    size_t communes = weighed->communes;
    if (weighed->kept_bytes + step_bytes(weighed) > weighed->kept_room &&
        put_away(weighed, folder, err))
        return err_of(err);
    unsigned char *at = weighed->kept + weighed->kept_bytes;
    memcpy(at, milli, communes * sizeof(*milli));
    at += communes * sizeof(*milli);
    memcpy(at, cover, communes * sizeof(*cover));
    memcpy(at + communes * sizeof(*cover), flag, communes);
    weighed->kept_bytes += step_bytes(weighed);
    return OK;
}

static enum err_kind add_steps(struct weighed *weighed, const struct frame *part,
                               const struct area *area, const char *folder, struct err *err)
{
    size_t cells = part->grid.rows * part->grid.columns, communes = weighed->communes;
    AUTO(mem_drop) uint8_t *flag = mem_new(part->count * communes + 1, sizeof(*flag));
    AUTO(mem_drop) int32_t *milli = mem_new(communes + 1, sizeof(*milli));
    AUTO(mem_drop) uint16_t *cover = mem_new(communes + 1, sizeof(*cover));
    weighed->step =
        mem_resize(weighed->step, weighed->count + part->count + 1, sizeof(*weighed->step));
    doubt_cells(part, weighed->before.count ? &weighed->before : NULL, area->weights, flag);
    for (size_t i = 0; i < part->count; i++) {
        aggregate_step(area->aggregate, part->value + i * cells, milli, cover);
        if (add_bytes(weighed, milli, cover, flag + i * communes, folder, err))
            return err_of(err);
        weighed->step[weighed->count++] = part->step[i];
    }
    return OK;
}

enum err_kind weighed_add(struct weighed *weighed, struct frame *part, const struct area *area,
                          size_t members, const char *folder, struct err *err)
{
    assert(!weighed->order);
    if (weighed->parts && !hash_same(weighed->weights, area->weights->hash))
        return err_set(err, ERR_INPUT, "the parts of the file are on two grids");
    if (weighed->count == 0)
        weighed->lacks = doubt_lacks(part, members);
    weighed->parts++;
    weighed->communes = area->weights->communes;
    weighed->weights = area->weights->hash;
    make_room(weighed, part->count);
    if (add_steps(weighed, part, area, folder, err))
        return err_of(err);
    frame_free(&weighed->before);
    weighed->before = (struct frame){0};
    if (part->next) // what comes is compared with it
        weighed->before = MOVE(*part);
    frame_free(part);
    *part = (struct frame){0};
    return OK;
}

// --- in order
// ---------------------------------------------------------------------------------------

struct key {
    size_t variable, added;
    int64_t issued_s;
};

static int by_key(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->variable != y->variable)
        return x->variable > y->variable ? 1 : -1;
    if (x->issued_s != y->issued_s)
        return x->issued_s > y->issued_s ? 1 : -1;
    return (x->added > y->added) - (x->added < y->added);
}

static size_t variable_of(const struct wanted_list *wanted, const char *name)
{
    size_t i = 0;
    while (i < wanted->count && strcmp(wanted->at[i].variable, name) != 0)
        i++;
    return i;
}

void weighed_end(struct weighed *weighed, const struct wanted_list *wanted)
{
    size_t count = weighed->count;
    frame_free(&weighed->before);
    weighed->before = (struct frame){0};
    if (weighed->parts < 2)
        return;
    AUTO(mem_drop) struct key *key = mem_new(count + 1, sizeof(*key));
    AUTO(mem_drop) struct grid_step *step = weighed->step;
    for (size_t i = 0; i < count; i++)
        key[i] = (struct key){variable_of(wanted, step[i].variable), i, step[i].issued_at.s};
    qsort(key, count, sizeof(*key), by_key);
    weighed->order = mem_new(count + 1, sizeof(*weighed->order));
    weighed->step = mem_new(count + 1, sizeof(*weighed->step));
    for (size_t i = 0; i < count; i++) {
        weighed->order[i] = key[i].added;
        weighed->step[i] = step[key[i].added];
    }
}

// --- back
// -------------------------------------------------------------------------------------------

static enum err_kind fetch(const struct weighed *weighed, int64_t at, void *out, size_t size,
                           struct err *err)
{
    if (at >= weighed->away_bytes) {
        memcpy(out, weighed->kept + (at - weighed->away_bytes), size);
        return OK;
    }
    for (size_t done = 0; done < size;) {
        ssize_t got =
            pread(weighed->fd, (unsigned char *)out + done, size - done, at + (int64_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_LATER, "cannot read the readings of a large file back");
        if (got == 0)
            return err_set(err, ERR_LATER, "the readings of a large file were cut off");
        done += (size_t)got;
    }
    return OK;
}

enum err_kind weighed_read(const struct weighed *weighed, size_t i, int32_t *value, uint16_t *cover,
                           uint8_t *flag, struct err *err)
{
    assert(i < weighed->count);
    size_t communes = weighed->communes, added = weighed->order ? weighed->order[i] : i;
    int64_t at = (int64_t)(added * step_bytes(weighed));
    int64_t covers = at + (int64_t)(communes * sizeof(*value));
    int64_t flags = covers + (int64_t)(communes * sizeof(*cover));
    if (fetch(weighed, at, value, communes * sizeof(*value), err) ||
        fetch(weighed, covers, cover, communes * sizeof(*cover), err))
        return err_of(err);
    return fetch(weighed, flags, flag, communes, err);
}
