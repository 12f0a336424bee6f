#ifndef GONG_INGEST_AGGREGATE_H
#define GONG_INGEST_AGGREGATE_H

#include "ingest/weights.h"

#include <stdint.h>

// One step of a grid becomes one value for each commune: the mean over the observed part of it,
// each cell counting as its share.
//   value  [cells] canonical unit, NaN: not observed
//   milli  [communes] thousandths, rounded half away from zero; READING_NONE when nothing of the
//          commune was observed (or the mean does not fit: such a number is no weather)
//   cover  [communes] observed share of the commune's area in 1/10000, at least 1 when milli is set
// The order of the sums is that of the rows: every compiler gives the same bits.
void aggregate_step(const struct weights *weights, const float *value, int32_t *milli,
                    uint16_t *cover);

#endif
