#ifndef GONG_INGEST_PAIR_H
#define GONG_INGEST_PAIR_H

#include "core/err.h"
#include "ingest/grid.h"

// A wind whose components come in two files. Pure.
//
// The speed in every cell, step by step, in `east`, whose steps become `variable` ("wind", "gust").
// `north` is not changed. ERR_INPUT when they are not of the same grid, times, runs and members.
MUST_USE enum err_kind pair_join(struct frame *east, const struct frame *north,
                                 const char *variable, struct err *err);

#endif
