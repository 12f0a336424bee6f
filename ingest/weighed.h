#ifndef GONG_INGEST_WEIGHED_H
#define GONG_INGEST_WEIGHED_H

#include "core/err.h"
#include "core/hash.h"
#include "ingest/area.h"
#include "ingest/grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is left of a raw file's grids when they were weighed: the numbers of the communes, step by
// step, and which of them are doubtful. A file is read in parts (ingest/wanted.h), and each part is
// let go of when it was added, so that memory does not grow with the years in it: what is more than
// WEIGHED_KEPT bytes goes into a file without a name.
struct weighed {
    size_t communes, count;
    struct grid_step *step; // [count] heap
    struct hash weights;    // what all were weighed with
    bool lacks;             // the file holds fewer members than a run has
    // how it is kept
    size_t parts;
    struct frame before; // the part that was added last, when more come
    size_t *order;       // [count] heap: which was added when; NULL: as they stand
    unsigned char *kept; // heap
    size_t kept_bytes, kept_room;
    bool has_away; // the file
    int fd;
    int64_t away_bytes; // that are in it
};
enum { WEIGHED_KEPT = 32 << 20 };
void weighed_free(struct weighed *weighed); // frees what is in it; serves as cleanup attribute

// Adds a part, whose grid the area was weighed for (areas_weigh); `part` is empty afterwards.
// `members`: of a whole run in one file; 0: not known. `folder` is where the file without a name
// may be. ERR_INPUT when it is on another grid than the part before it, ERR_LATER or ERR_BROKEN
// when it cannot be kept.
MUST_USE enum err_kind weighed_add(struct weighed *weighed, struct frame *part,
                                   const struct area *area, size_t members, const char *folder,
                                   struct err *err);

// All parts are there: from here on the steps are in the order in which one part would have had
// them: by variable (as in `wanted`), run, time and member.
void weighed_end(struct weighed *weighed, const struct wanted_list *wanted);

// Step i: value, cover and flag [communes].
MUST_USE enum err_kind weighed_read(const struct weighed *weighed, size_t i, int32_t *value,
                                    uint16_t *cover, uint8_t *flag, struct err *err);

#endif
