#ifndef GONG_INGEST_GEOJSON_H
#define GONG_INGEST_GEOJSON_H

#include "core/err.h"
#include "core/text.h"
#include "ledger/map.h"

#include <stddef.h>

// Which properties of a feature name a commune.
struct geojson_keys {
    const char *code, *name;
    const char *zone; // NULL: no zones
};

// What was not as it should be and was mended: told to the person who imports.
struct geojson_note {
    char code[16], text[240];
};
struct geojson_notes {
    struct geojson_note *at;
    size_t count;
};
void geojson_notes_free(struct geojson_notes *notes);

// Reads a FeatureCollection (RFC 7946) of polygons and multipolygons, with holes, as a boundary set
// without a name: communes sorted by code, shapes as WKB, areas on the sphere. Every feature
// becomes a commune or the whole file is refused (ERR_INPUT, with the feature's number and code):
// none is dropped. Features with one code and one name are parts of one commune. Texts become NFC.
// Rings that are not valid are repaired, and an empty name is its code, each with a note.
MUST_USE enum err_kind geojson_read(struct str text, const char *file,
                                    const struct geojson_keys *keys, struct boundary_set **out,
                                    struct geojson_notes *notes, struct err *err);

#endif
