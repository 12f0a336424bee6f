#ifndef GONG_INGEST_DECODE_H
#define GONG_INGEST_DECODE_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/grid.h"
#include "ingest/wanted.h"

#include <stdint.h>

// The parent's side of the sandboxed decoder: one gong-decode for one file. Whatever the bytes do
// to the child, the answer here is a frame or one sentence.
struct decode_limits {
    int64_t mib_max; // memory of the child, and size of the frame that it writes
    int64_t cpu_s;
    const char *program; // NULL: gong-decode beside the running program
};

// `bytes` is borrowed. ERR_INPUT when the file cannot be read (the child's own sentence, or that it
// crashed, ran too long or answered nonsense); ERR_LATER when no child could be started;
// ERR_BROKEN when the child could not confine itself.
MUST_USE enum err_kind decode_bytes(struct str bytes, const struct wanted_list *wanted,
                                    const struct decode_limits *limits, struct frame *out,
                                    struct err *err);

// The same for a table of stations or tracks, by gong-points; `json` is what is wanted
// (ingest/points_wanted.h).
struct points;
MUST_USE enum err_kind decode_points(struct str bytes, const char *json,
                                     const struct decode_limits *limits, struct points *out,
                                     struct err *err);

#endif
