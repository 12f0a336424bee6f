#ifndef GONG_INGEST_PLACES_H
#define GONG_INGEST_PLACES_H

#include "core/err.h"
#include "core/hash.h"
#include "ingest/wanted.h"
#include "ledger/map.h"
#include "ledger/seriesfile.h"

#include <stddef.h>
#include <stdint.h>

// Who the communes of a boundary set are and where they lie, without their polygons: the box around
// all of them, and of each its names and its middle. Made once of the polygons, and kept in the map
// beside the weights, by the set's hash: a set never changes.
struct places {
    struct hash set;
    size_t count;
    int32_t side_milli[4];      // west, south, east, north, as box_around has them
    struct series_place *place; // [count] by code; middles of the outer rings by area, NaN: no area
    char *texts;                // theirs
};
void places_free(struct places **places);

// Those that the map has for the set, or makes and keeps them. ERR_MISSING when there is no such
// set; ERR_BROKEN when a shape, or what is kept, is damaged.
MUST_USE enum err_kind places_for(struct map *map, const char *boundary_set, struct places **out,
                                  struct err *err);

// Puts the box into `list`.
void places_box(const struct places *places, struct wanted_list *list);

#endif
