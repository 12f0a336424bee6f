#ifndef GONG_INGEST_BOX_H
#define GONG_INGEST_BOX_H

#include "core/err.h"
#include "ingest/wanted.h"
#include "ledger/map.h"

// Puts the box around all communes of a set (their shapes must be loaded) into `list`, widened to
// whole thousandths of a degree: the part of a grid that readings of the set can need. ERR_BROKEN
// when a shape is not the WKB (polygon or multipolygon) that the ingest room writes.
MUST_USE enum err_kind box_around(const struct boundary_set *set, struct wanted_list *list,
                                  struct err *err);

#endif
