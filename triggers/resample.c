#include "triggers/resample.h"

#include "core/mem.h"
#include "triggers/sample.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>

enum { DRAWS = 2000 };
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
    *low = sample_linear(value, known, 0.025);
    *high = sample_linear(value, known, 0.975);
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
