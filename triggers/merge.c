#include "triggers/merge.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "triggers/lanes.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

// A value with its commune behind it, so that one sort orders both. Values are turned so that
// what reaches more thresholds comes first.
struct merge {
    enum compare compare;
    size_t count;
    uint32_t *key;   // [count] turned thresholds, ascending: easiest last
    uint32_t *which; // [count] whose threshold it is
    uint64_t *pair, *spare;
    uint32_t *commune;
    size_t room;
};

// Turns a number so that smaller is stronger: for ">=" and ">" the largest value comes first. The
// edge moves so that "reaches" is always turned(value) <= turned(threshold).
static uint32_t turned(int32_t number, bool up)
{
    uint32_t plain = (uint32_t)number ^ 0x80000000U;
    return up ? ~plain : plain;
}

static bool points_up(enum compare compare)
{
    return compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct merge *merge_new(const int32_t *threshold, size_t count, enum compare compare)
{
    assert(count <= UINT32_MAX);
    struct merge *merge = mem_new(1, sizeof(*merge));
    AUTO(mem_drop) uint64_t *pair = mem_new(count + 1, sizeof(*pair));
    bool strict = compare == COMPARE_MORE || compare == COMPARE_LESS;
    merge->compare = compare;
    merge->count = count;
    merge->key = mem_new(count + 1, sizeof(*merge->key));
    merge->which = mem_new(count + 1, sizeof(*merge->which));
    for (size_t i = 0; i < count; i++) {
        uint32_t key = turned(threshold[i], points_up(compare));
        assert(threshold[i] > READING_NONE + 1 && threshold[i] < INT32_MAX);
        pair[i] = (uint64_t)(strict ? key - 1 : key) << 32 | i;
    }
    qsort(pair, count, sizeof(*pair), by_key);
    for (size_t i = 0; i < count; i++) {
        merge->key[i] = (uint32_t)(pair[i] >> 32);
        merge->which[i] = (uint32_t)pair[i];
    }
    return merge;
}

void merge_free(struct merge **merge)
{
    if (!*merge)
        return;
    mem_free(&(*merge)->key);
    mem_free(&(*merge)->which);
    mem_free(&(*merge)->pair);
    mem_free(&(*merge)->spare);
    mem_free(&(*merge)->commune);
    mem_free(merge);
}

static void make_room(struct merge *merge, size_t communes)
{
    if (communes <= merge->room)
        return;
    merge->room = communes;
    merge->pair = mem_resize(merge->pair, communes, sizeof(*merge->pair));
    merge->spare = mem_resize(merge->spare, communes, sizeof(*merge->spare));
    merge->commune = mem_resize(merge->commune, communes, sizeof(*merge->commune));
}

// The strongest of all; READING_NONE is the weakest either way.
WIDE static uint32_t strongest(const int32_t *value, size_t communes, bool up)
{
    int32_t high = READING_NONE, low = INT32_MAX;
    for (size_t c = 0; c < communes; c++) {
        int32_t v = value[c], from_below = v == READING_NONE ? INT32_MAX : v;
        high = v > high ? v : high;
        low = from_below < low ? from_below : low;
    }
    return up ? turned(high, true) : turned(low, false);
}

// Only what reaches the easiest threshold.
static size_t choose(struct merge *merge, const int32_t *value, size_t communes, uint32_t easiest)
{
    bool up = points_up(merge->compare);
    size_t chosen = 0;
    for (size_t c = 0; c < communes; c++) {
        uint32_t key = turned(value[c], up);
        merge->pair[chosen] = (uint64_t)key << 32 | c;
        chosen += key <= easiest && value[c] != READING_NONE;
    }
    return chosen;
}

// By the upper half, 11 bits at a time; equal keys stay in the order of the communes.
static void sort_pairs(struct merge *merge, size_t count)
{
    enum { BITS = 11, BUCKETS = 1 << BITS };
    for (int shift = 32; shift < 64; shift += BITS) {
        uint32_t start[BUCKETS + 1] = {0};
        for (size_t i = 0; i < count; i++)
            start[(merge->pair[i] >> shift & (BUCKETS - 1)) + 1]++;
        for (size_t b = 0; b < BUCKETS; b++)
            start[b + 1] += start[b];
        for (size_t i = 0; i < count; i++)
            merge->spare[start[merge->pair[i] >> shift & (BUCKETS - 1)]++] = merge->pair[i];
        uint64_t *swap = merge->pair;
        merge->pair = merge->spare;
        merge->spare = swap;
    }
}

size_t merge_step(struct merge *merge, const int32_t *value, size_t communes, int32_t *hits)
{
    enum { FEW = 400 };
    memset(hits, 0, merge->count * sizeof(*hits));
    if (merge->count == 0 || communes == 0)
        return 0;
    uint32_t easiest = merge->key[merge->count - 1];
    if (strongest(value, communes, points_up(merge->compare)) > easiest)
        return 0;
    make_room(merge, communes + 1);
    size_t chosen = choose(merge, value, communes, easiest);
    if (chosen < FEW)
        qsort(merge->pair, chosen, sizeof(*merge->pair), by_key);
    else
        sort_pairs(merge, chosen);
    size_t reached = 0;
    for (size_t i = 0; i < merge->count; i++) {
        while (reached < chosen && (uint32_t)(merge->pair[reached] >> 32) <= merge->key[i])
            reached++;
        hits[merge->which[i]] = (int32_t)reached;
    }
    for (size_t i = 0; i < chosen; i++)
        merge->commune[i] = (uint32_t)merge->pair[i];
    return chosen;
}

const uint32_t *merge_communes(const struct merge *merge)
{
    return merge->commune;
}
