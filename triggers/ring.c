#include "triggers/ring.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "triggers/lanes.h"
#include "triggers/roll.h"

#include <assert.h>

struct ring {
    size_t communes, windows, slots;
    size_t steps[RING_WINDOWS_MAX];
    int32_t *slot;  // [slots x communes]; 0 where not known
    uint8_t *hole;  // [slots x communes] 1 where not known
    bool *has_hole; // [slots]
    int32_t *sum[RING_WINDOWS_MAX], *missing[RING_WINDOWS_MAX];
    uint64_t pushed;
    int32_t low, high; // of all that came
};

struct ring *ring_new(size_t communes, const size_t *steps, size_t windows)
{
    assert(windows > 0 && windows <= RING_WINDOWS_MAX);
    struct ring *ring = mem_new(1, sizeof(*ring));
    ring->communes = communes;
    ring->windows = windows;
    for (size_t w = 0; w < windows; w++) {
        assert(steps[w] > 0);
        ring->steps[w] = steps[w];
        ring->slots = steps[w] > ring->slots ? steps[w] : ring->slots;
        ring->sum[w] = mem_new(communes + 1, sizeof(*ring->sum[w]));
        ring->missing[w] = mem_new(communes + 1, sizeof(*ring->missing[w]));
    }
    ring->slots++; // the step that falls out of the longest window is still there
    ring->slot = mem_new(ring->slots * communes + 1, sizeof(*ring->slot));
    ring->hole = mem_new(ring->slots * communes + 1, sizeof(*ring->hole));
    ring->has_hole = mem_new(ring->slots, sizeof(*ring->has_hole));
    return ring;
}

void ring_free(struct ring **ring)
{
    if (!*ring)
        return;
    for (size_t w = 0; w < (*ring)->windows; w++) {
        mem_free(&(*ring)->sum[w]);
        mem_free(&(*ring)->missing[w]);
    }
    mem_free(&(*ring)->slot);
    mem_free(&(*ring)->hole);
    mem_free(&(*ring)->has_hole);
    mem_free(ring);
}

// Copies a step in; its smallest and largest.
WIDE static void take(const int32_t *restrict step, size_t communes, int32_t *restrict low,
                      int32_t *restrict high, int32_t *restrict out)
{
    int32_t least = *low, most = *high;
    for (size_t c = 0; c < communes; c++) {
        int32_t v = step[c];
        least = v < least ? v : least;
        most = v > most ? v : most;
        out[c] = v;
    }
    *low = least;
    *high = most;
}

WIDE static void slide(int32_t *restrict sum, const int32_t *restrict in,
                       const int32_t *restrict out, size_t communes)
{
    for (size_t c = 0; c < communes; c++)
        sum[c] = plus(sum[c], minus(in[c], out[c]));
}

// Two windows at once, so that what comes in is read once for both.
WIDE static void slide_two(int32_t *const sum[2], const int32_t *const out[2],
                           const int32_t *restrict in, size_t communes)
{
    int32_t *restrict a = sum[0], *restrict b = sum[1];
    const int32_t *restrict x = out[0], *restrict y = out[1];
    INDEPENDENT
    for (size_t c = 0; c < communes; c++) {
        a[c] = plus(a[c], minus(in[c], x[c]));
        b[c] = plus(b[c], minus(in[c], y[c]));
    }
}

static void count(int32_t *missing, const uint8_t *in, const uint8_t *out, size_t communes)
{
    for (size_t c = 0; c < communes; c++)
        missing[c] += in[c] - out[c];
}

// What is not known counts as 0 and is marked; returns the smallest of the others.
static int32_t mark_holes(int32_t *in, uint8_t *hole, size_t communes)
{
    int32_t low = INT32_MAX;
    for (size_t c = 0; c < communes; c++) {
        hole[c] = in[c] == READING_NONE;
        low = !hole[c] && in[c] < low ? in[c] : low;
        in[c] = hole[c] ? 0 : in[c];
    }
    return low;
}

void ring_push(struct ring *ring, const int32_t *step)
{
    size_t n = ring->communes, at = ring->pushed % ring->slots;
    int32_t *in = ring->slot + at * n, low = INT32_MAX, high = READING_NONE;
    uint8_t *hole = ring->hole + at * n;
    take(step, n, &low, &high, in);
    bool had_hole = ring->has_hole[at];
    ring->has_hole[at] = n > 0 && low == READING_NONE;
    if (ring->has_hole[at] || had_hole)
        low = mark_holes(in, hole, n);
    const int32_t *out[RING_WINDOWS_MAX];
    for (size_t w = 0; w < ring->windows; w++) {
        size_t old = (ring->pushed + ring->slots - ring->steps[w]) % ring->slots;
        out[w] = ring->slot + old * n;
        if (ring->has_hole[at] || ring->has_hole[old])
            count(ring->missing[w], hole, ring->hole + old * n, n);
    }
    for (size_t w = 0; w + 1 < ring->windows; w += 2)
        slide_two(ring->sum + w, out + w, in, n);
    if (ring->windows % 2)
        slide(ring->sum[ring->windows - 1], in, out[ring->windows - 1], n);
    ring->low = low < ring->low ? low : ring->low;
    ring->high = high > ring->high ? high : ring->high;
    ring->pushed++;
}

struct ring_sums ring_sums(const struct ring *ring, size_t window)
{
    assert(window < ring->windows);
    return (struct ring_sums){ring->sum[window], ring->missing[window]};
}

bool ring_holds(const struct ring *ring, size_t window)
{
    return ring->pushed >= ring->steps[window] &&
           roll_fits(ring->low, ring->high, ring->steps[window]);
}
