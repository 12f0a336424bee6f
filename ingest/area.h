#ifndef GONG_INGEST_AREA_H
#define GONG_INGEST_AREA_H

#include "core/err.h"
#include "ingest/grid.h"
#include "ingest/need.h"
#include "ingest/wanted.h"
#include "ledger/map.h"

// A boundary set that was needed once, with the box around it, and the grid that was weighed last.
struct area {
    struct boundary_set *set;
    struct wanted_list box; // with the cells that are needed of the grids that were weighed
    struct needs needs;
    struct hash grid;
    struct weights *weights; // NULL: none yet
    struct aggregate *aggregate;
};

// Those that a run needs; each is loaded once.
struct areas;
struct areas *areas_new(struct map *map); // borrowed
void areas_free(struct areas **areas);

// Borrowed until areas_free. ERR_MISSING when the map has no such set.
MUST_USE enum err_kind areas_find(struct areas *areas, const char *name, struct area **out,
                                  struct err *err);

// Makes `area` one of this grid: area->weights and area->aggregate, those of the grid before are
// gone. ERR_BROKEN when it cannot be weighed: that is not the fault of the file `url`.
MUST_USE enum err_kind areas_weigh(struct areas *areas, struct area *area, const struct grid *grid,
                                   const char *url, struct err *err);

#endif
