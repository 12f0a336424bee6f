#ifndef GONG_LEDGER_MAP_H
#define GONG_LEDGER_MAP_H

#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"
#include "ledger/ledger.h"

#include <stddef.h>
#include <stdint.h>

// map.db: boundary sets (communes and their polygons), the weights made from them, and what the
// communes were before (ledger/former.h). A set is
// keyed by name and never changes; another content needs another name.
struct map;

MUST_USE enum err_kind map_create(const char *folder, struct err *err);
MUST_USE enum err_kind map_open(const char *folder, enum ledger_mode mode, struct map **out,
                                struct err *err);
void map_close(struct map **map);

// For the modules of this room that keep their rows in it.
struct db;
struct db *map_db(struct map *map);

struct commune {
    char *code;   // text with leading zeros; heap
    char *name;   // heap
    char *zone;   // pilot zone or province as the file has it, "" when none; heap
    char *former; // provinces that communes of it were of before, "A; B"; "", NULL: not told; heap
    char *formerly;   // as texts say what it was (former_tell); NULL or "": not told; heap
    double area_km2;  // of the polygon, on the sphere
    struct str shape; // the polygon as the ingest room writes it (WKB); {NULL, 0} if not loaded
};

struct boundary_set {
    char name[32];
    struct hash hash; // over codes, names, zones and shapes, in order
    size_t count;
    struct commune *commune; // [count] sorted by code (bytes): a commune's index is its place here
};
void boundary_set_free(struct boundary_set **set);

// The hash that belongs to a set's content (name and hash members are not looked at).
struct hash boundary_set_hash(const struct boundary_set *set);

// Stores a set (communes sorted, codes unique: assert). The same name and hash again changes
// nothing (`*fresh` false); the same name with another hash is ERR_REFUSED.
MUST_USE enum err_kind boundary_set_put(struct map *map, const struct boundary_set *set,
                                        bool *fresh, struct err *err);

// with_shapes false leaves out the polygons: names and codes only. ERR_MISSING when unknown.
MUST_USE enum err_kind boundary_set_load(struct map *map, const char *name, bool with_shapes,
                                         struct boundary_set **out, struct err *err);

// Its hash and number of communes alone. ERR_MISSING when unknown.
MUST_USE enum err_kind boundary_set_head(struct map *map, const char *name, struct hash *hash,
                                         size_t *count, struct err *err);

// The commune's index in the set, or SIZE_MAX.
size_t boundary_set_find(const struct boundary_set *set, const char *code);

// Names of all sets, sorted, NULL-ended; free with file_names_free.
MUST_USE enum err_kind boundary_set_names(struct map *map, char ***names, struct err *err);

// Weights of (boundary set, grid) as the ingest room writes them; and what else it makes of a set's
// polygons, by another hash in the place of the grid's.
MUST_USE enum err_kind map_weights_put(struct map *map, struct hash set, struct hash grid,
                                       struct hash weights, struct str bytes, struct err *err);
// ERR_MISSING when they were not made yet.
MUST_USE enum err_kind map_weights_get(struct map *map, struct hash set, struct hash grid,
                                       struct hash *weights, struct buf *bytes, struct err *err);

#endif
