#include "ingest/kept.h"

#include "core/mem.h"

#include <string.h>

void kept_free(struct kept_chunks *all)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        mem_free(&all->place[i].bytes);
}

static struct kept *find(struct kept_chunks *all, const void *owner,
                         const struct chunking *chunking, const size_t *at, size_t places)
{
    size_t size = chunking->dims * sizeof(*at);
    struct kept *oldest = &all->place[0];
    for (size_t i = 0; i < places; i++) {
        struct kept *kept = &all->place[i];
        if (kept->of == owner && memcmp(kept->at, at, size) == 0)
            return kept;
        if (kept->used < oldest->used)
            oldest = kept;
    }
    memcpy(oldest->at, at, size);
    oldest->of = NULL;
    return oldest;
}

struct kept *kept_place(struct kept_chunks *all, const void *owner, const struct chunking *chunking,
                        const size_t *at, bool again)
{
    size_t bytes = chunk_size(chunking) * chunking->number.bytes;
    size_t places = again ? KEPT_BYTES_MAX / (bytes + 1) + 1 : 1;
    struct kept *kept = find(all, owner, chunking, at, places < KEPT_MAX ? places : KEPT_MAX);
    kept->used = ++all->clock;
    if (bytes > kept->room) {
        mem_free(&kept->bytes);
        kept->bytes = mem_resize(NULL, bytes, 1);
        kept->room = bytes;
    }
    return kept;
}
