#ifndef GONG_INGEST_AGGREGATE_H
#define GONG_INGEST_AGGREGATE_H

#include "ingest/weights.h"

#include <stdint.h>

// Steps of a grid become one value for each commune: the mean over the observed part of it, each
// cell counting as its share. The weights, laid out for that: rows of one length stand together,
// column by column, so that no row has a loop of its own.
struct aggregate;

// `weights` is borrowed until aggregate_free.
struct aggregate *aggregate_new(const struct weights *weights);
void aggregate_free(struct aggregate **aggregate);

// One step. Nothing is allocated.
//   value  [cells] canonical unit, NaN: not observed
//   milli  [communes] thousandths, rounded half away from zero; READING_NONE when nothing of the
//          commune was observed (or the mean does not fit: such a number is no weather)
//   cover  [communes] observed share of the commune's area in 1/10000, at least 1 when milli is set
// The order of the sums is that of the rows: every compiler gives the same bits.
void aggregate_step(const struct aggregate *aggregate, const float *value, int32_t *milli,
                    uint16_t *cover);

// Sixteen steps in one pass over the weights, with the same bits as sixteen times aggregate_step.
//   value  [cells x AGGREGATE_MANY] the steps of one cell beside one another; a quarter faster
//          where it begins at a multiple of 64 bytes
//   milli, cover  [AGGREGATE_MANY x communes] step by step
enum { AGGREGATE_MANY = 16 };
void aggregate_many(const struct aggregate *aggregate, const float *value, int32_t *milli,
                    uint16_t *cover);

// The bare products below both: share-weighted sums in the unit of the field, NaN or infinite where
// a number is missing. For fields without holes, and to see what the rest of a reading costs.
//   mean  [communes], or [communes x AGGREGATE_MANY]
void aggregate_mean(const struct aggregate *aggregate, const float *value, float *mean);
void aggregate_mean_many(const struct aggregate *aggregate, const float *value, float *mean);

#endif
