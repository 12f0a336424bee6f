#include "triggers/running.h"

#include "ledger/reading.h"
#include "triggers/lanes.h"

#include <assert.h>

// How one tile's rows come in.
struct intake {
    const int32_t *in; // the first row of the tile
    size_t stride, lanes;
    int32_t *sum;   // where that row's running sum begins
    uint32_t *bits; // [TILE] of the stretch between two cuts
};

// Rows [i, i + rows): `rows` and `swapped` are constants where this is used.
WITHIN void take_rows(const struct intake *at, size_t i, size_t rows, size_t lanes, bool swapped)
{
    const int32_t *in = at->in + i * at->stride;
    int32_t *sum = at->sum + i * TILE;
    uint32_t *bits = at->bits;
    for (size_t k = CHUNK; lanes == TILE && k < CHUNK + rows; k++)
        __builtin_prefetch(in + k * at->stride, 0, 2);
    INDEPENDENT
    for (size_t c = 0; c < lanes; c++) {
        int32_t s = sum[c];
        uint32_t all = bits[c];
        for (size_t k = 0; k < rows; k++) {
            int32_t v = load(in + k * at->stride + c, swapped);
            s = plus(s, v);
            all |= (uint32_t)v;
            sum[(k + 1) * TILE + c] = s;
        }
        bits[c] = all;
    }
}

WITHIN void take_chunk(const struct intake *at, size_t i, size_t rows, bool swapped)
{
    if (at->lanes == TILE)
        take_rows(at, i, rows, TILE, swapped);
    else
        take_rows(at, i, rows, at->lanes, swapped);
}

WIDE static void take_eight(const struct intake *at, size_t i, size_t tiles, size_t steps,
                            bool swapped)
{
    struct intake next = *at;
    for (size_t t = 0; t < tiles; t++) {
        if (swapped)
            take_chunk(&next, i, CHUNK, true);
        else
            take_chunk(&next, i, CHUNK, false);
        next.in += TILE;
        next.sum += (steps + 1) * TILE;
        next.bits += TILE;
    }
}

WIDE static void take_one(const struct intake *at, size_t i, size_t tiles, size_t steps,
                          bool swapped)
{
    struct intake next = *at;
    for (size_t t = 0; t < tiles; t++) {
        take_chunk(&next, i, 1, swapped);
        next.in += TILE;
        next.sum += (steps + 1) * TILE;
        next.bits += TILE;
    }
}

// The steps between two cuts, of `tiles` tiles that have `lanes` communes each.
static void take_stretch(const struct intake *at, size_t from, size_t end, size_t tiles,
                         const struct rows *rows)
{
    size_t i = from;
    for (size_t c = 0; c < tiles * TILE; c++)
        at->bits[c] = 0;
    for (; i + CHUNK <= end; i += CHUNK)
        take_eight(at, i, tiles, rows->count, rows->swapped);
    // The last eight again, which changes nothing, are faster than what is left one by one.
    if (i < end && end - from >= CHUNK)
        take_eight(at, end - CHUNK, tiles, rows->count, rows->swapped);
    else {
        for (; i < end; i++)
            take_one(at, i, tiles, rows->count, rows->swapped);
    }
}

void running_make(const struct rows *rows, const size_t *cut, size_t cuts,
                  const struct running *out)
{
    size_t whole = rows->communes / TILE, rest = rows->communes % TILE;
    size_t width = out->tiles * TILE, tile = (rows->count + 1) * TILE;
    assert(out->steps == rows->count && out->tiles == whole + (rest ? 1 : 0));
    assert(cuts >= 2 && cut[0] == 0 && cut[cuts - 1] == rows->count);
    for (size_t t = 0; t < out->tiles; t++) {
        for (size_t c = 0; c < TILE; c++)
            out->sum[t * tile + c] = 0;
    }
    for (size_t k = 0; k + 1 < cuts; k++) {
        struct intake at = {.in = rows->value,
                            .stride = rows->stride,
                            .lanes = TILE,
                            .sum = out->sum,
                            .bits = out->bits + k * width};
        take_stretch(&at, cut[k], cut[k + 1], whole, rows);
        if (rest == 0)
            continue;
        at.in += whole * TILE;
        at.lanes = rest;
        at.sum += whole * tile;
        at.bits += whole * TILE;
        take_stretch(&at, cut[k], cut[k + 1], 1, rows);
    }
}

WITHIN void maximum_rows(const int32_t *sum, size_t over, size_t rows, int32_t *most)
{
    const int32_t *before = sum - over * TILE;
    INDEPENDENT
    for (size_t c = 0; c < TILE; c++) {
        int32_t m = most[c];
        for (size_t k = 0; k < rows; k++)
            m = more(m, minus(sum[k * TILE + c], before[k * TILE + c]));
        most[c] = m;
    }
}

WIDE static void maximum(const int32_t *sum, size_t over, size_t from, size_t end, int32_t *most)
{
    size_t i = from;
    for (; i + CHUNK <= end; i += CHUNK)
        maximum_rows(sum + i * TILE, over, CHUNK, most);
    if (i < end && end - from >= CHUNK)
        maximum_rows(sum + (end - CHUNK) * TILE, over, CHUNK, most);
    else {
        for (; i < end; i++)
            maximum_rows(sum + i * TILE, over, 1, most);
    }
}

void running_maximum(const struct running *running, size_t tile, size_t over, size_t from,
                     size_t end, int32_t *most)
{
    assert(over > 0 && from + 1 >= over && end <= running->steps);
    for (size_t c = 0; c < TILE; c++)
        most[c] = READING_NONE;
    maximum(running->sum + (tile * (running->steps + 1) + 1) * TILE, over, from, end, most);
}
