#ifndef GONG_LEDGER_CENTRE_H
#define GONG_LEDGER_CENTRE_H

#include "core/text.h"

#include <stdbool.h>

// The centre of a commune's polygons in degrees: the centroid of their area on the map of longitude
// and latitude, holes taken off. false when the bytes are no WKB as the ingest room writes it
// (little-endian, a polygon or multipolygon), or have no area.
bool centre_of_shape(struct str wkb, double *latitude, double *longitude);

#endif
