#ifndef GONG_INGEST_SOURCE_READ_H
#define GONG_INGEST_SOURCE_READ_H

#include "core/err.h"

struct source;
struct sources;
struct yaml;

// Parts of the reader of sources.yaml; used by source.c only. Each takes the source's map and fills
// in its part of `out`. ERR_INPUT with file:line:column.

// url, mirrors, every, from, latency, leads, members, cells. After the variables.
MUST_USE enum err_kind source_read_place(const struct yaml *map, struct source *out,
                                         struct err *err);

// What one file of a step holds, and which of them each variable is in: "parameters", and "file" of
// the variables. Before source_read_place.
MUST_USE enum err_kind source_read_parameters(const struct yaml *map, struct source *out,
                                              struct err *err);

// login, checksum, compare, at_once, mib_max, recheck, and the times of silence and keeping.
MUST_USE enum err_kind source_read_fetch(const struct yaml *map, struct source *out,
                                         struct err *err);

// A second product that this one is compared with: "second". After the variables.
MUST_USE enum err_kind source_read_second(const struct yaml *map, struct source *out,
                                          struct err *err);

// And once all sources are read: that it is one of them, of rain of the same communes.
MUST_USE enum err_kind source_check_second(const struct yaml *map, const struct sources *sources,
                                           const struct source *of, struct err *err);

// stations or tracks, with the variables that were read before.
MUST_USE enum err_kind source_read_points(const struct yaml *map, struct source *out,
                                          struct err *err);

#endif
