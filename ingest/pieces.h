#ifndef GONG_INGEST_PIECES_H
#define GONG_INGEST_PIECES_H

#include "core/err.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// A GRIB file of gigabytes of which a few messages are wanted: an index beside it says where each
// one lies. Pure.
enum pieces_kind {
    PIECES_WGRIB2, // NCEP's .idx: "12:3456:d=2026112500:APCP:surface:0-3 hour acc fcst:"
    PIECES_ECMWF,  // ECMWF's .index: one JSON object a line, with "_offset" and "_length"
};

// Bytes first..last, both counted; last < 0: to the end.
struct piece {
    int64_t first, last;
};
struct pieces {
    struct piece *at; // [count] heap, ascending, neighbours joined
    size_t count;
};
void pieces_free(struct pieces *parts); // frees what is in it; serves as cleanup attribute

enum { PIECES_MAX = 2000, PIECES_TAKE_MAX = 16 };

// Whether a choice can be one: PIECES_WGRIB2, a text that stands in the line, ":APCP:surface:";
// PIECES_ECMWF, members of the object, "param=tp" or "param=t,levelist=850". ERR_INPUT with what to
// write.
MUST_USE enum err_kind pieces_check(enum pieces_kind kind, struct str take, struct err *err);

// The messages that one of `take` [takes] chooses. ERR_INPUT when a line is not as it should be, a
// choice finds nothing, or there are more than PIECES_MAX pieces.
MUST_USE enum err_kind pieces_find(struct str index, enum pieces_kind kind, char *const *take,
                                   size_t takes, struct pieces *out, struct err *err);

#endif
