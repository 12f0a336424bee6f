#include "triggers/resample.h"

#include "core/mem.h"
#include "triggers/sample.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>

enum { DRAWS = 2000 };
#define ALIKE 1e-12                    // of a figure: what sums of the same numbers may differ by
static const uint64_t seed = 20161013; // any number: it only has to stay the same

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717U;
}

// The middle 95 % of what is a number among `count` values, which are put in order.
static void middle(double *value, size_t count, double *low, double *high)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(value[i]))
            value[known++] = value[i];
    }
    *low = *high = NAN;
    if (known * 2 < count)
        return;
    sample_sort(value, known);
    double from = sample_linear(value, known, 0.025), to = sample_linear(value, known, 0.975);
    if (to - from <= ALIKE * fabs(to))
        return;
    *low = from;
    *high = to;
}

void resample_run(const struct resample *resample, double *low, double *high)
{
    assert(resample->seasons > 0 && resample->measure);
    uint64_t state = seed;
    size_t draws = resample->draws ? resample->draws : DRAWS, values = resample->values;
    AUTO(mem_drop) size_t *drawn = mem_new(resample->seasons, sizeof(*drawn));
    AUTO(mem_drop) double *all = mem_new(draws * values + 1, sizeof(*all));
    AUTO(mem_drop) double *one = mem_new(values + 1, sizeof(*one));
    for (size_t r = 0; r < draws; r++) {
        for (size_t i = 0; i < resample->seasons; i++)
            drawn[i] = (size_t)(next_random(&state) >> 33) % resample->seasons;
        resample->measure(resample->self, drawn, one);
        for (size_t k = 0; k < values; k++)
            all[k * draws + r] = one[k];
    }
    for (size_t k = 0; k < values; k++)
        middle(all + k * draws, draws, &low[k], &high[k]);
}

void resample_share(const struct resample_share *share, double *low, double *high)
{
    bool whole = share->part <= 0 || share->part >= share->whole;
    double seasons = (double)share->seasons;
    if (share->whole <= 0)
        return;
    if (share->trials)
        sample_wilson(share->part, share->whole, SAMPLE_Z_95, low, high);
    else if (isnan(*low) && whole && share->seasons > 0)
        sample_wilson(share->part > 0 ? seasons : 0, seasons, SAMPLE_Z_95, low, high);
}
