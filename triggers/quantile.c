#include "triggers/quantile.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "triggers/lanes.h"
#include "triggers/normal.h"

#include <assert.h>

// Communes that are turned together, so that each row gives whole cache lines.
enum { TURNED = 2 * TILE };

// From so many values on, two bounds out of every SPARSE-th of them leave few to choose from.
enum { MANY = 1024, SPARSE = 16 };

static void swap(int32_t *a, int32_t *b)
{
    int32_t kept = *a;
    *a = *b;
    *b = kept;
}

// Afterwards value[rank] is what it would be in order, and none before it is larger. Hoare's FIND.
static int32_t choose(int32_t *value, size_t count, size_t rank)
{
    ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, k = (ptrdiff_t)rank;
    while (low < high) {
        int32_t middle = value[low + (high - low) / 2];
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (value[i] < middle)
                i++;
            while (value[j] > middle)
                j--;
            if (i <= j)
                swap(&value[i++], &value[j--]);
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return value[rank];
}

static int32_t least_of(const int32_t *value, size_t count)
{
    int32_t least = value[0];
    for (size_t i = 1; i < count; i++)
        least = less(least, value[i]);
    return least;
}

// The value of a rank, and of the one after it (the same when there is none).
struct pair {
    int32_t low, high;
};

static struct pair choose_pair(int32_t *value, size_t count, size_t rank)
{
    struct pair pair;
    pair.low = choose(value, count, rank);
    pair.high = rank + 1 < count ? least_of(value + rank + 1, count - rank - 1) : pair.low;
    return pair;
}

// Which values can be of the rank, by a sample: its neighbours some deviations away on both sides.
static struct band bounds_of(const int32_t *value, size_t count, size_t rank, int32_t *spare)
{
    size_t sample = 0, apart = 8;
    for (size_t i = SPARSE / 2; i < count; i += SPARSE)
        spare[sample++] = value[i];
    while (apart * apart < 4 * sample)
        apart++;
    size_t middle = rank / SPARSE, from = middle > apart ? middle - apart : 0;
    size_t to = middle + apart;
    struct band band = {INT32_MIN, INT32_MAX};
    if (to < sample)
        band.most = choose(spare, sample, to);
    if (from > 0)
        band.least = choose(spare, sample, from);
    return band;
}

// Keeps what lies within; returns how many lie below it.
static size_t narrow(const int32_t *value, size_t count, struct band band, int32_t *kept,
                     size_t *kept_count)
{
    size_t below = 0, k = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t v = value[i];
        kept[k] = v;
        below += v < band.least;
        k += v >= band.least && v <= band.most;
    }
    *kept_count = k;
    return below;
}

// `spare` has room for one more than `count`.
static struct pair pair_of(int32_t *value, size_t count, size_t rank, int32_t *spare)
{
    if (count < MANY)
        return choose_pair(value, count, rank);
    struct band band = bounds_of(value, count, rank, spare);
    size_t kept, below = narrow(value, count, band, spare, &kept);
    if (rank < below || rank + 1 >= below + kept) // the sample was no good one, or at the end
        return choose_pair(value, count, rank);
    return choose_pair(spare, kept, rank - below);
}

static int32_t quantile_with(int32_t *value, size_t count, const struct quantile_rule *rule,
                             int32_t *spare)
{
    struct normal_place place = normal_place(count, rule->share_milli, rule->method);
    struct pair pair = pair_of(value, count, place.rank, spare);
    return (int32_t)normal_between(pair.low, pair.high, place.part);
}

int32_t quantile_of(int32_t *value, size_t count, const struct quantile_rule *rule)
{
    AUTO(mem_drop) int32_t *spare = mem_new(count + 1, sizeof(*spare));
    return quantile_with(value, count, rule, spare);
}

// Some communes' steps, each commune's in a row of `room` numbers.
WIDE static void turn(const struct rows *rows, size_t from, size_t communes, size_t room,
                      int32_t *out)
{
    enum { AHEAD_ROWS = 16 };
    for (size_t i = 0; i < rows->count; i++) {
        const int32_t *in = rows->value + i * rows->stride + from;
        __builtin_prefetch(in + AHEAD_ROWS * rows->stride, 0, 2);
        __builtin_prefetch(in + AHEAD_ROWS * rows->stride + TILE, 0, 2);
        for (size_t c = 0; c < communes; c++)
            out[c * room + i] = load(in + c, rows->swapped);
    }
}

// What is looked at comes to the front; `*bits` as in struct roll.
static size_t keep(int32_t *value, size_t count, struct band band, uint32_t *bits)
{
    size_t kept = 0;
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t v = value[i];
        all |= (uint32_t)v;
        value[kept] = v;
        kept += v >= band.least && v <= band.most;
    }
    *bits = all;
    return kept;
}

void quantile_rows(const struct rows *rows, const struct quantile_rule *rule,
                   const struct roll *roll)
{
    assert(!roll->at);
    size_t room = rows->count + 1 + TILE; // not a power of two: columns would share their sets
    AUTO(mem_drop) int32_t *turned = mem_new(TURNED * room, sizeof(*turned));
    AUTO(mem_drop) int32_t *spare = mem_new(room, sizeof(*spare));
    for (size_t from = 0; from < rows->communes; from += TURNED) {
        size_t communes = rows->communes - from < TURNED ? rows->communes - from : TURNED;
        turn(rows, from, communes, room, turned);
        for (size_t c = 0; c < communes; c++) {
            int32_t *value = turned + c * room;
            size_t at = from + c, kept = keep(value, rows->count, rule->band, &roll->bits[at]);
            roll->value[at] = kept ? quantile_with(value, kept, rule, spare) : 0;
        }
    }
}
