#ifndef GONG_LEDGER_WKB_H
#define GONG_LEDGER_WKB_H

#include "core/text.h"

#include <stdbool.h>

// The rings of a commune's shape (WKB as the ingest room writes it: little-endian, a polygon or
// multipolygon) in their order. `points` is borrowed: pairs of doubles, longitude first, unaligned
// (str_take_bytes), at least 4 of them. `take` returns false to end it. False when it did, or when
// the bytes are no such shape.
bool wkb_walk(struct str wkb, bool (*take)(void *self, struct str points, bool is_hole),
              void *self);

#endif
