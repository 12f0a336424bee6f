#include "ingest/chunk.h"

#include "core/mem.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

void chunk_first(const struct chunking *all, const size_t *start, size_t *at)
{
    for (size_t d = 0; d < all->dims; d++)
        at[d] = start[d] - start[d] % all->chunk[d];
}

bool chunk_next(const struct chunking *all, const size_t *start, const size_t *count, size_t *at)
{
    for (size_t d = all->dims; d-- > 0;) {
        at[d] += all->chunk[d];
        if (at[d] < start[d] + count[d])
            return true;
        at[d] = start[d] - start[d] % all->chunk[d];
    }
    return false;
}

size_t chunk_touched(const struct chunking *all, const size_t *start, const size_t *count)
{
    size_t touched = 1;
    for (size_t d = 0; d < all->dims; d++)
        touched *= (start[d] + count[d] - 1) / all->chunk[d] - start[d] / all->chunk[d] + 1;
    return touched;
}

size_t chunk_size(const struct chunking *all)
{
    size_t size = 1;
    for (size_t d = 0; d < all->dims; d++)
        size *= all->chunk[d];
    return size;
}

size_t chunk_count(const struct chunking *all)
{
    size_t count = 1;
    for (size_t d = 0; d < all->dims; d++) {
        size_t along = all->len[d] / all->chunk[d] + (all->len[d] % all->chunk[d] > 0);
        if (__builtin_mul_overflow(count, along, &count))
            return SIZE_MAX;
    }
    return count;
}

// A run of numbers of one type as doubles.
#define COPIER(type)                                                                               \
    static void copy_##type(const char *from, size_t count, double *to)                            \
    {                                                                                              \
        for (size_t i = 0; i < count; i++, from += sizeof(type)) {                                 \
            type one;                                                                              \
            memcpy(&one, from, sizeof(one));                                                       \
            to[i] = (double)one;                                                                   \
        }                                                                                          \
    }
COPIER(float)
COPIER(double)
COPIER(int8_t)
COPIER(int16_t)
COPIER(int32_t)
COPIER(int64_t)
COPIER(uint8_t)
COPIER(uint16_t)
COPIER(uint32_t)
COPIER(uint64_t)

typedef void copier(const char *from, size_t count, double *to);

static copier *copier_of(struct number number)
{
    static const struct {
        struct number number;
        copier *copy;
    } all[] = {
        {{4, true, true}, copy_float},      {{8, true, true}, copy_double},
        {{1, false, true}, copy_int8_t},    {{2, false, true}, copy_int16_t},
        {{4, false, true}, copy_int32_t},   {{8, false, true}, copy_int64_t},
        {{1, false, false}, copy_uint8_t},  {{2, false, false}, copy_uint16_t},
        {{4, false, false}, copy_uint32_t}, {{8, false, false}, copy_uint64_t},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].number.bytes == number.bytes && all[i].number.real == number.real &&
            all[i].number.is_signed == number.is_signed)
            return all[i].copy;
    }
    assert(false && "a number of no known type");
    return NULL;
}

// What a box and a chunk have in common: from low to high, and where a walk through its runs is.
struct common {
    size_t low[CHUNK_DIMS_MAX], high[CHUNK_DIMS_MAX], here[CHUNK_DIMS_MAX];
};

static bool common_of(const struct chunking *all, const size_t *at, const size_t *start,
                      const size_t *count, struct common *out)
{
    for (size_t d = 0; d < all->dims; d++) {
        size_t end = at[d] + all->chunk[d], wanted = start[d] + count[d];
        out->low[d] = out->here[d] = at[d] > start[d] ? at[d] : start[d];
        out->high[d] = end < wanted ? end : wanted;
        if (out->low[d] >= out->high[d])
            return false;
    }
    return true;
}

// The place of a run in an array that begins at `at` and has `len` numbers along each dimension.
static size_t place_of(const struct common *common, size_t dims, const size_t *at,
                       const size_t *len)
{
    size_t place = 0;
    for (size_t d = 0; d < dims; d++)
        place = place * len[d] + common->here[d] - at[d];
    return place;
}

static bool next_run(struct common *common, size_t dims)
{
    for (size_t d = dims - 1; d-- > 0;) {
        if (++common->here[d] < common->high[d])
            return true;
        common->here[d] = common->low[d];
    }
    return false;
}

void chunk_copy(const struct chunking *all, const size_t *at, const void *chunk,
                const size_t *start, const size_t *count, double *box)
{
    struct common common = {0};
    copier *copy = copier_of(all->number);
    size_t last = all->dims - 1;
    if (!common_of(all, at, start, count, &common))
        return;
    do
        copy((const char *)chunk + place_of(&common, all->dims, at, all->chunk) * all->number.bytes,
             common.high[last] - common.low[last],
             box + place_of(&common, all->dims, start, count));
    while (next_run(&common, all->dims));
}

void chunk_copy_floats(const struct chunking *all, const size_t *at, const void *chunk,
                       const size_t *start, const size_t *count, float *box)
{
    struct common common = {0};
    size_t last = all->dims - 1;
    assert(all->number.real && all->number.bytes == sizeof(float));
    if (!common_of(all, at, start, count, &common))
        return;
    do
        memcpy(box + place_of(&common, all->dims, start, count),
               (const float *)chunk + place_of(&common, all->dims, at, all->chunk),
               (common.high[last] - common.low[last]) * sizeof(float));
    while (next_run(&common, all->dims));
}

void chunk_fill(const struct chunking *all, const size_t *at, double value, const size_t *start,
                const size_t *count, double *box)
{
    struct common common = {0};
    size_t last = all->dims - 1;
    if (!common_of(all, at, start, count, &common))
        return;
    do {
        double *to = box + place_of(&common, all->dims, start, count);
        for (size_t i = common.low[last]; i < common.high[last]; i++)
            *to++ = value;
    } while (next_run(&common, all->dims));
}

void chunk_need_free(struct chunk_need *need)
{
    mem_free(&need->want);
}

// The number of a chunk among those of the box.
static size_t number_of(const struct chunk_need *need, const struct chunking *all,
                        const size_t *place)
{
    size_t number = 0;
    for (size_t d = 0; d < all->dims; d++) {
        if (need->many[d])
            number = number * need->many[d] + place[d] / all->chunk[d] - need->first[d];
    }
    return number;
}

void chunk_need_make(const struct chunking *all, const size_t *start, const size_t *count,
                     const bool *cell, struct chunk_need *out)
{
    size_t chunks = 1, cells = 1, place[CHUNK_DIMS_MAX];
    *out = (struct chunk_need){0};
    for (size_t d = 0; d < all->dims; d++) {
        place[d] = start[d];
        cells *= count[d];
        if (count[d] == 1)
            continue;
        out->first[d] = start[d] / all->chunk[d];
        out->many[d] = (start[d] + count[d] - 1) / all->chunk[d] - out->first[d] + 1;
        chunks *= out->many[d];
    }
    out->want = mem_new(chunks, sizeof(*out->want));
    for (size_t i = 0; i < cells; i++) {
        if (cell[i])
            out->want[number_of(out, all, place)] = true;
        for (size_t d = all->dims; d-- > 0;) {
            if (++place[d] < start[d] + count[d])
                break;
            place[d] = start[d];
        }
    }
}

bool chunk_is_needed(const struct chunk_need *need, const struct chunking *all, const size_t *at)
{
    return !need || need->want[number_of(need, all, at)];
}
