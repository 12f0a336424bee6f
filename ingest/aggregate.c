#include "ingest/aggregate.h"

#include "core/mem.h"
#include "ledger/reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Four numbers beside one another: each goes through the same operations in the same order as if it
// were alone, so that wider registers, where a machine has them, give the same bits.
typedef double four __attribute__((vector_size(32)));
typedef int64_t four_mask __attribute__((vector_size(32)));
typedef int32_t four_whole __attribute__((vector_size(16)));
enum { FOUR = 4 };

#if defined(__x86_64__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif

// Communes whose sums are added up before they become readings: they stay in the nearest memory.
enum { BLOCK = 256, BLOCK_MANY = 32 };

// Rows of one length, as they stand in the sorted order.
struct group {
    size_t first, count; // of the places
    size_t length;       // entries of each row
    size_t entry;        // where they begin: first entry of each row, then the second ...
};

struct aggregate {
    const struct weights *weights;
    struct group *group;
    size_t groups;
    uint32_t *row;   // [communes] which commune stands at a place
    uint32_t *cell;  // [entries]
    double *share;   // [entries]
    double *seen;    // [communes] by place: sum of the row, which is all that can be observed
    double *seen_at; // [communes] the same by commune
    uint16_t *full;  // [communes] by commune: cover when all of that is observed
};

static size_t length_of(const struct weights *weights, size_t commune)
{
    return weights->start[commune + 1] - weights->start[commune];
}

static int32_t rounded(double number)
{
    int32_t whole = (int32_t)number; // towards zero
    double rest = number - (double)whole;
    return whole + (rest >= 0.5) - (rest <= -0.5);
}

static uint16_t cover_of(double seen)
{
    int32_t share = rounded(fmin(seen, 1) * READING_COVER_FULL);
    return share < 1 ? 1 : (uint16_t)share;
}

// --- the layout
// -----------------------------------------------------------------------------------

// Places by length, then commune: counted, not compared.
static void sort_rows(struct aggregate *aggregate)
{
    const struct weights *weights = aggregate->weights;
    size_t longest = 0, at = 0;
    for (size_t c = 0; c < weights->communes; c++)
        longest = length_of(weights, c) > longest ? length_of(weights, c) : longest;
    AUTO(mem_drop) size_t *begin = mem_new(longest + 2, sizeof(*begin));
    for (size_t c = 0; c < weights->communes; c++)
        begin[length_of(weights, c) + 1]++;
    aggregate->group = mem_new(longest + 1, sizeof(*aggregate->group));
    for (size_t length = 0; length <= longest; length++) {
        size_t count = begin[length + 1];
        begin[length + 1] += begin[length];
        if (count)
            aggregate->group[aggregate->groups++] =
                (struct group){begin[length], count, length, at};
        at += count * length;
    }
    for (size_t c = 0; c < weights->communes; c++)
        aggregate->row[begin[length_of(weights, c)]++] = (uint32_t)c;
}

static void lay_entries(struct aggregate *aggregate)
{
    const struct weights *weights = aggregate->weights;
    size_t at = 0;
    for (size_t g = 0; g < aggregate->groups; g++) {
        const struct group *group = &aggregate->group[g];
        for (size_t k = 0; k < group->length; k++) {
            for (size_t i = 0; i < group->count; i++, at++) {
                size_t entry = weights->start[aggregate->row[group->first + i]] + k;
                aggregate->cell[at] = weights->cell[entry];
                aggregate->share[at] = weights->share[entry];
                aggregate->seen[group->first + i] += weights->share[entry];
            }
        }
    }
}

struct aggregate *aggregate_new(const struct weights *weights)
{
    struct aggregate *aggregate = mem_new(1, sizeof(*aggregate));
    size_t communes = weights->communes, entries = weights->start[communes];
    aggregate->weights = weights;
    aggregate->row = mem_new(communes + 1, sizeof(*aggregate->row));
    aggregate->cell = mem_new(entries + 1, sizeof(*aggregate->cell));
    aggregate->share = mem_new(entries + 1, sizeof(*aggregate->share));
    aggregate->seen = mem_new(communes + FOUR, sizeof(*aggregate->seen));
    aggregate->seen_at = mem_new(communes + 1, sizeof(*aggregate->seen_at));
    aggregate->full = mem_new(communes + 1, sizeof(*aggregate->full));
    sort_rows(aggregate);
    lay_entries(aggregate);
    for (size_t i = 0; i < communes; i++) {
        aggregate->seen_at[aggregate->row[i]] = aggregate->seen[i];
        aggregate->full[aggregate->row[i]] = cover_of(aggregate->seen[i]);
    }
    return aggregate;
}

void aggregate_free(struct aggregate **aggregate)
{
    if (!*aggregate)
        return;
    mem_free(&(*aggregate)->group);
    mem_free(&(*aggregate)->row);
    mem_free(&(*aggregate)->cell);
    mem_free(&(*aggregate)->share);
    mem_free(&(*aggregate)->seen);
    mem_free(&(*aggregate)->full);
    mem_free(&(*aggregate)->seen_at);
    mem_free(aggregate);
}

// --- one commune that is not wholly observed
// ------------------------------------------------------

static void set_partly(const struct weights *weights, size_t commune, const float *value,
                       size_t stride, int32_t *milli, uint16_t *cover)
{
    double sum = 0, seen = 0;
    for (size_t i = weights->start[commune]; i < weights->start[commune + 1]; i++) {
        double at = (double)value[weights->cell[i] * stride];
        if (!isfinite(at))
            continue;
        sum += weights->share[i] * at;
        seen += weights->share[i];
    }
    double thousandths = seen > 0 ? sum / seen * 1000 : NAN;
    bool fits = fabs(thousandths) < INT32_MAX;
    *milli = fits ? rounded(thousandths) : READING_NONE;
    *cover = fits ? cover_of(seen) : 0;
}

// --- readings of sums
// ------------------------------------------------------------------------------

// Whole thousandths of sum / seen, READING_NONE for a mean that is not finite or does not fit.
static inline void round_four(const double *sum, const double *seen, int32_t *whole)
{
    const four limit = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
    const four none = {READING_NONE, READING_NONE, READING_NONE, READING_NONE};
    const four half = {0.5, 0.5, 0.5, 0.5}, one = {1, 1, 1, 1};
    four a, b;
    memcpy(&a, sum, sizeof(a));
    memcpy(&b, seen, sizeof(b));
    four thousandths = a / b * 1000;
    four_mask fits = (thousandths < limit) & (thousandths > -limit);
    four safe = (four)(((four_mask)thousandths & fits) | ((four_mask)none & ~fits));
    four down = __builtin_convertvector(__builtin_convertvector(safe, four_whole), four);
    four rest = safe - down;
    four up = (four)((four_mask)one & (rest >= half));
    four less = (four)((four_mask)one & (rest <= -half));
    four_whole out = __builtin_convertvector(down + up - less, four_whole);
    memcpy(whole, &out, sizeof(out));
}

// --- one step
// -------------------------------------------------------------------------------------

// The sums of some rows of one length, from the first entry of the first of them on. A number that
// is not finite makes its commune's sum so.
static inline void add_up(const struct group *group, const uint32_t *cell, const double *share,
                          const float *value, size_t count, double *sum)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = 0;
    for (size_t k = 0; k < group->length; k++, cell += group->count, share += group->count) {
        for (size_t i = 0; i < count; i++)
            sum[i] += share[i] * (double)value[cell[i]];
    }
}

WIDE static void round_block(const double *sum, const double *seen, size_t count, int32_t *whole)
{
    for (size_t i = 0; i < count; i += FOUR) // there is room behind the last one
        round_four(sum + i, seen + i, whole + i);
}

static void set_readings(const struct aggregate *aggregate, const float *value, const uint32_t *row,
                         const int32_t *whole, size_t count, int32_t *milli, uint16_t *cover)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t c = row[i];
        milli[c] = whole[i];
        if (whole[i] == READING_NONE)
            set_partly(aggregate->weights, c, value, 1, &milli[c], &cover[c]);
    }
}

void aggregate_step(const struct aggregate *aggregate, const float *value, int32_t *milli,
                    uint16_t *cover)
{
    double sum[BLOCK + FOUR] = {0};
    int32_t whole[BLOCK + FOUR];
    memcpy(cover, aggregate->full, aggregate->weights->communes * sizeof(*cover));
    for (size_t g = 0; g < aggregate->groups; g++) {
        const struct group *group = &aggregate->group[g];
        for (size_t i = 0; i < group->count; i += BLOCK) {
            size_t count = group->count - i < BLOCK ? group->count - i : BLOCK;
            size_t place = group->first + i;
            add_up(group, aggregate->cell + group->entry + i, aggregate->share + group->entry + i,
                   value, count, sum);
            round_block(sum, aggregate->seen + place, count, whole);
            set_readings(aggregate, value, aggregate->row + place, whole, count, milli, cover);
        }
    }
}

void aggregate_mean(const struct aggregate *aggregate, const float *value, float *mean)
{
    double sum[BLOCK];
    for (size_t g = 0; g < aggregate->groups; g++) {
        const struct group *group = &aggregate->group[g];
        for (size_t i = 0; i < group->count; i += BLOCK) {
            size_t count = group->count - i < BLOCK ? group->count - i : BLOCK;
            const uint32_t *row = aggregate->row + group->first + i;
            add_up(group, aggregate->cell + group->entry + i, aggregate->share + group->entry + i,
                   value, count, sum);
            for (size_t k = 0; k < count; k++)
                mean[row[k]] = (float)sum[k];
        }
    }
}

// --- sixteen steps
// --------------------------------------------------------------------------------

// A loop of fixed length over plain numbers: compilers make wide registers of it.
static inline void add_up_many(const struct weights *weights, size_t commune, const float *value,
                               double *out)
{
    double sum[AGGREGATE_MANY];
    for (size_t k = 0; k < AGGREGATE_MANY; k++)
        sum[k] = 0;
    for (size_t e = weights->start[commune]; e < weights->start[commune + 1]; e++) {
        const float *at = value + (size_t)weights->cell[e] * AGGREGATE_MANY;
        double share = weights->share[e];
        for (size_t k = 0; k < AGGREGATE_MANY; k++)
            sum[k] += share * (double)at[k];
    }
    for (size_t k = 0; k < AGGREGATE_MANY; k++)
        out[k] = sum[k];
}

WIDE static void round_many(const struct aggregate *aggregate, size_t first, size_t count,
                            const float *value, int32_t *whole)
{
    for (size_t c = 0; c < count; c++) {
        double sum[AGGREGATE_MANY], all = aggregate->seen_at[first + c];
        const double seen[FOUR] = {all, all, all, all};
        add_up_many(aggregate->weights, first + c, value, sum);
        for (size_t k = 0; k < AGGREGATE_MANY; k += FOUR)
            round_four(sum + k, seen, whole + c * AGGREGATE_MANY + k);
    }
}

// From commune by commune to step by step; true when a commune is to be looked at again.
static bool turn_block(const int32_t *whole, size_t count, size_t communes, int32_t *milli)
{
    int none = 0;
    for (size_t k = 0; k < AGGREGATE_MANY; k++) {
        for (size_t c = 0; c < count; c++) {
            int32_t number = whole[c * AGGREGATE_MANY + k];
            milli[k * communes + c] = number;
            none |= number == READING_NONE;
        }
    }
    return none != 0;
}

void aggregate_many(const struct aggregate *aggregate, const float *value, int32_t *milli,
                    uint16_t *cover)
{
    size_t communes = aggregate->weights->communes;
    int32_t whole[BLOCK_MANY * AGGREGATE_MANY];
    for (size_t k = 0; k < AGGREGATE_MANY; k++)
        memcpy(cover + k * communes, aggregate->full, communes * sizeof(*cover));
    for (size_t first = 0; first < communes; first += BLOCK_MANY) {
        size_t count = communes - first < BLOCK_MANY ? communes - first : BLOCK_MANY;
        round_many(aggregate, first, count, value, whole);
        if (!turn_block(whole, count, communes, milli + first))
            continue;
        for (size_t i = 0; i < count * AGGREGATE_MANY; i++) {
            size_t c = first + i / AGGREGATE_MANY, k = i % AGGREGATE_MANY;
            if (whole[i] == READING_NONE)
                set_partly(aggregate->weights, c, value + k, AGGREGATE_MANY,
                           &milli[k * communes + c], &cover[k * communes + c]);
        }
    }
}

WIDE void aggregate_mean_many(const struct aggregate *aggregate, const float *value, float *mean)
{
    for (size_t c = 0; c < aggregate->weights->communes; c++) {
        double sum[AGGREGATE_MANY];
        add_up_many(aggregate->weights, c, value, sum);
        for (size_t k = 0; k < AGGREGATE_MANY; k++)
            mean[c * AGGREGATE_MANY + k] = (float)sum[k];
    }
}
