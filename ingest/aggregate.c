#include "ingest/aggregate.h"

#include "ledger/reading.h"

#include <math.h>

static void set_reading(double sum, double seen, int32_t *milli, uint16_t *cover)
{
    double thousandths = seen > 0 ? sum / seen * 1000 : NAN;
    *milli = READING_NONE;
    *cover = 0;
    if (!(fabs(thousandths) < INT32_MAX))
        return;
    *milli = (int32_t)lround(thousandths);
    long share = lround(fmin(seen, 1) * READING_COVER_FULL);
    *cover = share < 1 ? 1 : (uint16_t)share;
}

void aggregate_step(const struct weights *weights, const float *value, int32_t *milli,
                    uint16_t *cover)
{
    const uint32_t *cell = weights->cell;
    const double *share = weights->share;
    for (size_t c = 0; c < weights->communes; c++) {
        double sum = 0, seen = 0;
        for (size_t i = weights->start[c]; i < weights->start[c + 1]; i++) {
            double at = (double)value[cell[i]];
            if (!isfinite(at))
                continue;
            sum += share[i] * at;
            seen += share[i];
        }
        set_reading(sum, seen, &milli[c], &cover[c]);
    }
}
