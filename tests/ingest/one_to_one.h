#ifndef GONG_TESTS_INGEST_ONE_TO_ONE_H
#define GONG_TESTS_INGEST_ONE_TO_ONE_H

#include "core/mem.h"
#include "ingest/weights.h"

// Weights by which each commune is one cell.
static inline struct weights *one_to_one(uint32_t communes)
{
    struct weights *weights = mem_new(1, sizeof(*weights));
    weights->communes = weights->cells = communes;
    weights->start = mem_new(communes + 1, sizeof(*weights->start));
    weights->cell = mem_new(communes, sizeof(*weights->cell));
    weights->share = mem_new(communes, sizeof(*weights->share));
    for (uint32_t c = 0; c < communes; c++) {
        weights->start[c + 1] = c + 1;
        weights->cell[c] = c;
        weights->share[c] = 1;
    }
    return weights;
}

#endif
