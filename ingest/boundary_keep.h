#ifndef GONG_INGEST_BOUNDARY_KEEP_H
#define GONG_INGEST_BOUNDARY_KEEP_H

#include "core/cli.h"
#include "core/err.h"
#include "core/text.h"
#include "ingest/geojson.h"

struct boundary_set;

// What a map was made from is kept: the text of every boundary set (as GeoJSON) and list of former
// communes in the archive, and an entry "boundary" or "former" in the ledger that names it. So
// map.db can be made again when it is gone. The same again changes nothing.
MUST_USE enum err_kind boundary_keep_set(const struct cli *cli, const struct site *site,
                                         const struct boundary_set *set,
                                         const struct geojson_keys *keys, struct str text,
                                         struct err *err);
// `renamed`: "OLD=NEW", or NULL.
MUST_USE enum err_kind boundary_keep_former(const struct cli *cli, const struct site *site,
                                            const char *set, const char *renamed, struct str text,
                                            struct err *err);

// gong boundary remake: makes what is missing of map.db from what was kept. A set that comes out
// with another hash than the ledger says is refused (exit 5).
int boundary_remake(const struct cli *cli);

#endif
