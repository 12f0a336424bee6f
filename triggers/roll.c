#include "triggers/roll.h"

#include "ledger/reading.h"
#include "triggers/lanes.h"

#include <assert.h>
#include <string.h>

// How far ahead along each row numbers are asked for: a page, because the machine follows no row
// from one page into the next by itself; and into which cache.
enum { AHEAD = 1024, AHEAD_CACHE = 2 };

// Some rows over some communes; all that is constant where it is used.
struct walk {
    size_t rows, stride, communes;
    bool swapped;
};

WITHIN void ahead(const int32_t *in, const struct walk *walk)
{
    for (size_t k = 0; k < walk->rows; k++)
        __builtin_prefetch(in + k * walk->stride + AHEAD, 0, AHEAD_CACHE);
}

static void fill(int32_t *out, size_t count, int32_t value)
{
    for (size_t i = 0; i < count; i++)
        out[i] = value;
}

static void start(const struct rows *rows, const struct roll *roll, int32_t value)
{
    fill(roll->value, rows->communes, value);
    memset(roll->bits, 0, rows->communes * sizeof(*roll->bits));
    if (roll->at)
        fill(roll->at, rows->communes, 0);
}

// --- totals
// ---------------------------------------------------------------------------------------

WITHIN void total_chunk(const int32_t *restrict in, size_t rows, size_t stride, size_t communes,
                        bool swapped, const struct roll *roll)
{
    int32_t *restrict sum = roll->value;
    uint32_t *restrict bits = roll->bits;
    for (size_t c = 0; c < communes; c++) {
        int32_t s = sum[c];
        uint32_t all = bits[c];
        for (size_t k = 0; k < rows; k++) {
            int32_t v = load(in + k * stride + c, swapped);
            s = plus(s, v);
            all |= (uint32_t)v;
        }
        sum[c] = s;
        bits[c] = all;
    }
}

WITHIN void total_all(const struct rows *rows, bool swapped, const struct roll *roll)
{
    const int32_t *in = rows->value;
    size_t i = 0, n = rows->communes;
    for (; i + CHUNK <= rows->count; i += CHUNK)
        total_chunk(in + i * rows->stride, CHUNK, rows->stride, n, swapped, roll);
    for (; i < rows->count; i++)
        total_chunk(in + i * rows->stride, 1, rows->stride, n, swapped, roll);
}

WIDE static void total_swapped(const struct rows *rows, const struct roll *roll)
{
    total_all(rows, true, roll);
}

WIDE static void total_native(const struct rows *rows, const struct roll *roll)
{
    total_all(rows, false, roll);
}

void roll_total(const struct rows *rows, const struct roll *roll)
{
    start(rows, roll, 0);
    if (rows->swapped)
        total_swapped(rows, roll);
    else
        total_native(rows, roll);
    if (roll->at && rows->count)
        fill(roll->at, rows->communes, (int32_t)rows->count - 1);
}

// --- the largest step
// ------------------------------------------------------------------------------

// Row i, which is `at` where it is larger than all before.
WIDE static void maximum_row(const int32_t *restrict in, const struct rows *rows, int32_t i,
                             const struct roll *roll)
{
    int32_t *restrict most = roll->value, *restrict at = roll->at;
    uint32_t *restrict bits = roll->bits;
    bool swapped = rows->swapped;
    size_t communes = rows->communes;
    for (size_t c = 0; c < communes; c++) {
        int32_t v = load(in + c, swapped), m = most[c];
        at[c] = v > m ? i : at[c];
        most[c] = more(m, v);
        bits[c] |= (uint32_t)v;
    }
}

void roll_maximum(const struct rows *rows, const struct roll *roll)
{
    if (!roll->at) {
        roll_maximum_sum(rows, 1, NULL, roll);
        return;
    }
    start(rows, roll, READING_NONE);
    for (size_t i = 0; i < rows->count; i++)
        maximum_row(rows->value + i * rows->stride, rows, (int32_t)i, roll);
}

// --- the largest sum
// ---------------------------------------------------------------------------------

// Short windows of a series file, which most policies have: each is added up afresh from steps that
// are in registers. What is done twice changes nothing. Twelve rows are what a machine follows by
// itself and a second-level cache holds until the next ones; to ask for them ahead costs a tenth
// to a fifth.
enum { FRESH_ROWS = 12, FRESH_OVER_MAX = 5 };

WITHIN void fresh_tile(const int32_t *in, size_t over, const struct walk *walk, int32_t *value,
                       uint32_t *bits)
{
    INDEPENDENT
    for (size_t c = 0; c < walk->communes; c++) {
        int32_t v[FRESH_ROWS + FRESH_OVER_MAX], most = value[c];
        uint32_t all = 0;
        for (size_t k = 0; k < walk->rows + over - 1; k++) {
            all |= (uint32_t)in[k * walk->stride + c];
            v[k] = load(in + k * walk->stride + c, true);
            int32_t sum = v[k];
            for (size_t j = 1; j < over && k + 1 >= over; j++)
                sum = plus(sum, v[k - j]);
            most = k + 1 >= over ? more(most, sum) : most;
        }
        value[c] = most;
        bits[c] |= __builtin_bswap32(all);
    }
}

// Windows that end with rows [i, i + count).
WITHIN void fresh_some(const struct rows *rows, size_t i, size_t over, size_t count,
                       const struct roll *roll)
{
    struct walk walk = {count, rows->stride, TILE, true};
    const int32_t *in = rows->value + (i + 1 - over) * rows->stride;
    size_t c = 0;
    for (; c + TILE <= rows->communes; c += TILE) {
        fresh_tile(in + c, over, &walk, roll->value + c, roll->bits + c);
    }
    walk.communes = rows->communes - c;
    fresh_tile(in + c, over, &walk, roll->value + c, roll->bits + c);
}

WITHIN void fresh_all(const struct rows *rows, size_t over, const struct roll *roll)
{
    size_t i = over - 1;
    for (; i + FRESH_ROWS <= rows->count; i += FRESH_ROWS)
        fresh_some(rows, i, over, FRESH_ROWS, roll);
    if (i < rows->count && rows->count - (over - 1) >= FRESH_ROWS)
        fresh_some(rows, rows->count - FRESH_ROWS, over, FRESH_ROWS, roll);
    else {
        for (; i < rows->count; i++)
            fresh_some(rows, i, over, 1, roll);
    }
}

WIDEST static void fresh(const struct rows *rows, size_t over, const struct roll *roll)
{
    switch (over) {
    case 1:
        fresh_all(rows, 1, roll);
        break;
    case 2:
        fresh_all(rows, 2, roll);
        break;
    case 3:
        fresh_all(rows, 3, roll);
        break;
    case 4:
        fresh_all(rows, 4, roll);
        break;
    default:
        fresh_all(rows, FRESH_OVER_MAX, roll);
    }
}

// Rows come in, and as many that lie `over` before them go out.
WITHIN void slide_tile(const int32_t *in, size_t over, const struct walk *walk,
                       const struct roll *roll, size_t from)
{
    int32_t *sum = roll->scratch + from, *most = roll->value + from;
    uint32_t *bits = roll->bits + from;
    const int32_t *out = in - over * walk->stride;
    INDEPENDENT
    for (size_t c = 0; c < walk->communes; c++) {
        int32_t s = sum[c], m = most[c];
        uint32_t all = bits[c];
        for (size_t k = 0; k < walk->rows; k++) {
            int32_t v = load(in + k * walk->stride + c, walk->swapped);
            s = plus(s, minus(v, load(out + k * walk->stride + c, walk->swapped)));
            m = more(m, s);
            all |= (uint32_t)v;
        }
        sum[c] = s;
        most[c] = m;
        bits[c] = all;
    }
}

WITHIN void slide_some(const struct rows *rows, size_t i, size_t over, size_t count, bool swapped,
                       const struct roll *roll)
{
    struct walk walk = {count, rows->stride, TILE, swapped};
    const int32_t *in = rows->value + i * rows->stride;
    size_t c = 0;
    for (; c + TILE <= rows->communes; c += TILE) {
        ahead(in + c, &walk);
        slide_tile(in + c, over, &walk, roll, c);
    }
    walk.communes = rows->communes - c;
    slide_tile(in + c, over, &walk, roll, c);
}

WITHIN void slide_all(const struct rows *rows, size_t over, bool swapped, const struct roll *roll)
{
    size_t i = over;
    for (; i + CHUNK <= rows->count; i += CHUNK)
        slide_some(rows, i, over, CHUNK, swapped, roll);
    if (rows->count - i >= 4) {
        slide_some(rows, i, over, 4, swapped, roll);
        i += 4;
    }
    for (; i < rows->count; i++)
        slide_some(rows, i, over, 1, swapped, roll);
}

WIDE static void slide_native(const struct rows *rows, size_t over, const struct roll *roll)
{
    slide_all(rows, over, false, roll);
}

WIDE static void slide_swapped(const struct rows *rows, size_t over, const struct roll *roll)
{
    slide_all(rows, over, true, roll);
}

// Windows of equal length, and nobody asks where the largest was.
static void slide_steady(const struct rows *rows, size_t over, const struct roll *roll)
{
    if (rows->swapped && over <= FRESH_OVER_MAX) {
        start(rows, roll, READING_NONE);
        fresh(rows, over, roll);
        return;
    }
    struct rows begin = *rows;
    struct roll sums = {roll->scratch, roll->bits, NULL, NULL};
    begin.count = over;
    roll_total(&begin, &sums);
    memcpy(roll->value, roll->scratch, rows->communes * sizeof(*roll->value));
    if (rows->swapped)
        slide_swapped(rows, over, roll);
    else
        slide_native(rows, over, roll);
}

WIDE static void slide_in(const int32_t *restrict in, size_t communes, bool swapped,
                          const struct roll *roll)
{
    int32_t *restrict sum = roll->scratch;
    uint32_t *restrict bits = roll->bits;
    for (size_t c = 0; c < communes; c++) {
        int32_t v = load(in + c, swapped);
        sum[c] = plus(sum[c], v);
        bits[c] |= (uint32_t)v;
    }
}

WIDE static void slide_out(const int32_t *restrict out, size_t communes, bool swapped,
                           int32_t *restrict sum)
{
    for (size_t c = 0; c < communes; c++)
        sum[c] = minus(sum[c], load(out + c, swapped));
}

// A window ends with row i; `fresh`: it is the first one.
WIDE static void slide_look(size_t communes, int32_t i, bool fresh, const struct roll *roll)
{
    const int32_t *restrict sum = roll->scratch;
    int32_t *restrict most = roll->value, *restrict at = roll->at;
    for (size_t c = 0; c < communes; c++) {
        bool larger = fresh || sum[c] > most[c];
        if (at)
            at[c] = larger ? i : at[c];
        most[c] = larger ? sum[c] : most[c];
    }
}

static int32_t window_first(const int32_t *first, size_t i, size_t over)
{
    if (first)
        return first[i];
    return i + 1 < over ? SLIDE_NONE : (int32_t)(i + 1 - over);
}

void roll_maximum_sum(const struct rows *rows, size_t over, const int32_t *first,
                      const struct roll *roll)
{
    assert(first || over > 0);
    if (!first && !roll->at && over <= rows->count) {
        slide_steady(rows, over, roll);
        return;
    }
    start(rows, roll, READING_NONE);
    fill(roll->scratch, rows->communes, 0);
    size_t gone = 0; // rows that have left the sum
    bool seen = false;
    for (size_t i = 0; i < rows->count; i++) {
        slide_in(rows->value + i * rows->stride, rows->communes, rows->swapped, roll);
        int32_t from = window_first(first, i, over);
        if (from == SLIDE_NONE)
            continue;
        for (; gone < (size_t)from; gone++)
            slide_out(rows->value + gone * rows->stride, rows->communes, rows->swapped,
                      roll->scratch);
        slide_look(rows->communes, (int32_t)i, !seen, roll);
        seen = true;
    }
}

// --- runs
// ----------------------------------------------------------------------------------------------

WITHIN void run_chunk(const int32_t *restrict in, size_t rows, size_t stride, size_t communes,
                      bool swapped, struct band band, const struct roll *roll)
{
    int32_t *restrict run = roll->scratch, *restrict most = roll->value;
    uint32_t *restrict bits = roll->bits;
    uint32_t width = (uint32_t)band.most - (uint32_t)band.least;
    for (size_t c = 0; c < communes; c++) {
        int32_t r = run[c], m = most[c];
        uint32_t all = bits[c];
        for (size_t k = 0; k < rows; k++) {
            int32_t v = load(in + k * stride + c, swapped);
            r = (uint32_t)minus(v, band.least) <= width ? r + 1 : 0;
            m = more(m, r);
            all |= (uint32_t)v;
        }
        run[c] = r;
        most[c] = m;
        bits[c] = all;
    }
}

WIDE static void run_rows(const struct rows *rows, size_t i, size_t count, struct band band,
                          const struct roll *roll)
{
    const int32_t *in = rows->value + i * rows->stride;
    if (count != CHUNK)
        run_chunk(in, 1, rows->stride, rows->communes, rows->swapped, band, roll);
    else if (rows->swapped)
        run_chunk(in, CHUNK, rows->stride, rows->communes, true, band, roll);
    else
        run_chunk(in, CHUNK, rows->stride, rows->communes, false, band, roll);
}

// Row i, which is `at` where the longest run has just grown.
WIDE static void run_mark(const int32_t *restrict in, const struct rows *rows, struct band band,
                          int32_t i, const struct roll *roll)
{
    int32_t *restrict run = roll->scratch, *restrict most = roll->value, *restrict at = roll->at;
    uint32_t *restrict bits = roll->bits, width = (uint32_t)band.most - (uint32_t)band.least;
    bool swapped = rows->swapped;
    size_t communes = rows->communes;
    for (size_t c = 0; c < communes; c++) {
        int32_t v = load(in + c, swapped), m = most[c];
        int32_t r = (uint32_t)minus(v, band.least) <= width ? run[c] + 1 : 0;
        at[c] = r > m ? i : at[c];
        run[c] = r;
        most[c] = more(m, r);
        bits[c] |= (uint32_t)v;
    }
}

void roll_run(const struct rows *rows, struct band band, const struct roll *roll)
{
    assert(band.least <= band.most);
    start(rows, roll, 0);
    fill(roll->scratch, rows->communes, 0);
    for (size_t i = 0; roll->at && i < rows->count; i++)
        run_mark(rows->value + i * rows->stride, rows, band, (int32_t)i, roll);
    if (roll->at)
        return;
    size_t i = 0;
    for (; i + CHUNK <= rows->count; i += CHUNK)
        run_rows(rows, i, CHUNK, band, roll);
    for (; i < rows->count; i++)
        run_rows(rows, i, 1, band, roll);
}

// --- beside the indices --------------------------------------------------------------------------

int32_t roll_most(size_t steps)
{
    return (int32_t)((size_t)INT32_MAX / (steps ? steps : 1));
}

bool roll_fits(int32_t low, int32_t high, size_t steps)
{
    int32_t most = roll_most(steps);
    return low >= -most && high <= most;
}

bool roll_sure(uint32_t bits, size_t steps)
{
    return bits <= (uint32_t)roll_most(steps);
}

WIDE static void ends_row(const int32_t *restrict in, size_t communes, bool swapped,
                          int32_t *restrict low, int32_t *restrict high)
{
    for (size_t c = 0; c < communes; c++) {
        int32_t v = load(in + c, swapped);
        low[c] = less(low[c], v);
        high[c] = more(high[c], v);
    }
}

void roll_ends(const struct rows *rows, int32_t *low, int32_t *high)
{
    fill(low, rows->communes, INT32_MAX);
    fill(high, rows->communes, READING_NONE);
    for (size_t i = 0; i < rows->count; i++)
        ends_row(rows->value + i * rows->stride, rows->communes, rows->swapped, low, high);
}

// A quotient by a product, which machines have for many doubles at once. It is exact: a half more
// than a whole number below 2^32 lies at least a half of a `unit`-th from every whole quotient, and
// what rounding moves is less than a millionth of that.
struct divisor {
    double half, once;
};

static struct divisor divisor_of(int32_t unit)
{
    int32_t half_unit = unit / 2;
    return (struct divisor){half_unit + 0.5, 1.0 / unit};
}

WITHIN int32_t quotient_of(double size, struct divisor by)
{
    return (int32_t)((size + by.half) * by.once);
}

WIDE static size_t settle(const int32_t *restrict value, const uint32_t *restrict bits,
                          size_t communes, const struct roll_stand *stand, int32_t *restrict out)
{
    uint32_t unsure = 0, most = (uint32_t)stand->most, factor = (uint32_t)stand->factor;
    struct divisor by = divisor_of(stand->unit);
    for (size_t c = 0; c < communes; c++) {
        bool sure = bits[c] <= most;
        int32_t result = sure ? (int32_t)((uint32_t)value[c] * factor) : 0;
        int32_t quotient = quotient_of(result, by);
        out[c] = sure ? quotient : READING_NONE;
        unsure += !sure;
    }
    return unsure;
}

size_t roll_settle(const struct roll *roll, size_t communes, struct roll_stand stand, int32_t *out)
{
    assert(stand.unit > 0 && stand.most >= 0);
    return settle(roll->value, roll->bits, communes, &stand, out);
}

WITHIN void copy_row(const int32_t *restrict in, const uint16_t *restrict cover, size_t communes,
                     bool swapped, uint16_t minimum, int32_t *restrict out)
{
    for (size_t c = 0; c < communes; c++) {
        int32_t v = load(in + c, swapped);
        if (cover) {
            uint16_t seen = swapped ? __builtin_bswap16(cover[c]) : cover[c];
            v = seen < minimum ? READING_NONE : v;
        }
        out[c] = v;
    }
}

WIDE static void copy_rows(const struct rows *rows, const struct roll_copy *copy, int32_t *out)
{
    for (size_t i = 0; i < rows->count; i++) {
        const int32_t *in = rows->value + i * rows->stride + copy->first;
        const uint16_t *cover =
            copy->cover ? copy->cover + i * copy->cover_stride + copy->first : NULL;
        int32_t *to = out + i * copy->communes;
        if (cover)
            copy_row(in, cover, copy->communes, rows->swapped, copy->minimum, to);
        else if (rows->swapped)
            copy_row(in, NULL, copy->communes, true, 0, to);
        else
            copy_row(in, NULL, copy->communes, false, 0, to);
    }
}

void roll_copy(const struct rows *rows, const struct roll_copy *copy, int32_t *out)
{
    assert(copy->first + copy->communes <= rows->communes);
    copy_rows(rows, copy, out);
}

void roll_trim(int32_t *value, size_t count, int32_t cap, int32_t floor)
{
    for (size_t i = 0; i < count; i++) {
        int32_t v = value[i];
        if (v == READING_NONE)
            continue;
        v = v < floor ? 0 : v;
        value[i] = less(v, cap);
    }
}

void roll_days(const struct rows *rows, size_t over, int32_t *out, int32_t *low, int32_t *high)
{
    assert(over > 0);
    *low = INT32_MAX;
    *high = READING_NONE;
    for (size_t d = 0; d < rows->count / over; d++) {
        int32_t *day = out + d * rows->communes;
        fill(day, rows->communes, 0);
        for (size_t i = d * over; i < (d + 1) * over; i++) {
            const int32_t *in = rows->value + i * rows->stride;
            for (size_t c = 0; c < rows->communes; c++) {
                int32_t v = load(in + c, rows->swapped);
                bool known = v != READING_NONE && day[c] != READING_NONE;
                day[c] = known ? plus(day[c], v) : READING_NONE;
                *low = v == READING_NONE ? *low : less(*low, v);
                *high = more(*high, v);
            }
        }
    }
}

WIDE static void quotients(int32_t *value, size_t count, int32_t unit)
{
    struct divisor by = divisor_of(unit);
    INDEPENDENT
    for (size_t i = 0; i < count; i++) {
        int32_t v = value[i], known = v == READING_NONE ? 0 : v;
        int32_t times = quotient_of(known < 0 ? -(double)known : (double)known, by);
        value[i] = v == READING_NONE ? v : known < 0 ? -times : times;
    }
}

void roll_quotients(int32_t *value, size_t count, int32_t unit)
{
    assert(unit > 0);
    quotients(value, count, unit);
}
