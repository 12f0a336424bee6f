#ifndef GONG_INGEST_KEPT_H
#define GONG_INGEST_KEPT_H

#include "ingest/chunk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Chunks of one file that were inflated: those that may be asked for again are kept, up to
// KEPT_BYTES_MAX together, and the one that was not asked for longest goes first.
enum { KEPT_BYTES_MAX = 64 << 20, KEPT_MAX = 64 };

struct kept {
    const void *of; // whose chunk it is; NULL: of nobody
    size_t at[CHUNK_DIMS_MAX];
    void *bytes; // room for one chunk
    size_t room;
    uint64_t used;
};

struct kept_chunks {
    struct kept place[KEPT_MAX];
    uint64_t clock;
};
void kept_free(struct kept_chunks *all); // frees what is in it

// The place of the chunk at `at`. When `of` is not `owner`, it has to be filled, and `of` set then.
// Not `again`: it is asked for but once, and shares its place with the next.
struct kept *kept_place(struct kept_chunks *all, const void *owner, const struct chunking *chunking,
                        const size_t *at, bool again);

#endif
