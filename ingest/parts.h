#ifndef GONG_INGEST_PARTS_H
#define GONG_INGEST_PARTS_H

#include "core/err.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// A GRIB file of gigabytes of which a few messages are wanted: an index beside it says where each
// one lies. Pure.
enum parts_kind {
    PARTS_WGRIB2, // NCEP's .idx: "12:3456:d=2026112500:APCP:surface:0-3 hour acc fcst:"
    PARTS_ECMWF,  // ECMWF's .index: one JSON object a line, with "_offset" and "_length"
};

// Bytes first..last, both counted; last < 0: to the end.
struct part {
    int64_t first, last;
};
struct parts {
    struct part *at; // [count] heap, ascending, neighbours joined
    size_t count;
};
void parts_free(struct parts *parts); // frees what is in it; serves as cleanup attribute

enum { PARTS_MAX = 2000, PARTS_TAKE_MAX = 16 };

// Whether a choice can be one: PARTS_WGRIB2, a text that stands in the line, ":APCP:surface:";
// PARTS_ECMWF, members of the object, "param=tp" or "param=t,levelist=850". ERR_INPUT with what to
// write.
MUST_USE enum err_kind parts_check(enum parts_kind kind, struct str take, struct err *err);

// The messages that one of `take` [takes] chooses. ERR_INPUT when a line is not as it should be, a
// choice finds nothing, or there are more than PARTS_MAX pieces.
MUST_USE enum err_kind parts_find(struct str index, enum parts_kind kind, char *const *take,
                                  size_t takes, struct parts *out, struct err *err);

#endif
