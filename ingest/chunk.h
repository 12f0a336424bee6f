#ifndef GONG_INGEST_CHUNK_H
#define GONG_INGEST_CHUNK_H

#include <stdbool.h>
#include <stddef.h>

// Boxes of an array that is stored in chunks: pure arithmetic.

enum { CHUNK_DIMS_MAX = 8 };

// A number as it is stored, in this machine's order of bytes.
struct number {
    size_t bytes; // 1, 2, 4, 8
    bool real, is_signed;
};

struct chunking {
    size_t dims;
    size_t len[CHUNK_DIMS_MAX];   // of the array
    size_t chunk[CHUNK_DIMS_MAX]; // of one chunk
    struct number number;
};

// The chunks that a box start..start+count touches, from `at` (their first cells) on: begin with
// chunk_first, until chunk_next is false.
void chunk_first(const struct chunking *all, const size_t *start, size_t *at);
bool chunk_next(const struct chunking *all, const size_t *start, const size_t *count, size_t *at);

// How many chunks a box touches.
size_t chunk_touched(const struct chunking *all, const size_t *start, const size_t *count);

// Numbers of one chunk.
size_t chunk_size(const struct chunking *all);
// How many chunks the whole array has.
size_t chunk_count(const struct chunking *all);

// Copies what the box and the chunk at `at` have in common into the box, as doubles.
void chunk_copy(const struct chunking *all, const size_t *at, const void *chunk,
                const size_t *start, const size_t *count, double *box);

// The same for stored floats (assert), as they are. `chunk` is aligned as a float is.
void chunk_copy_floats(const struct chunking *all, const size_t *at, const void *chunk,
                       const size_t *start, const size_t *count, float *box);

// The same for a chunk that was never written: all its numbers are `value`.
void chunk_fill(const struct chunking *all, const size_t *at, double value, const size_t *start,
                const size_t *count, double *box);

// The chunks of a box that hold one of some cells.
struct chunk_need {
    size_t first[CHUNK_DIMS_MAX], many[CHUNK_DIMS_MAX]; // along a dimension of places; else many 0
    bool *want;                                         // [product of many], heap
};
void chunk_need_free(struct chunk_need *need);

// `cell` is in the order of the box. What the box is of a dimension in which it is one long does
// not matter: that may be a step.
void chunk_need_make(const struct chunking *all, const size_t *start, const size_t *count,
                     const bool *cell, struct chunk_need *out);

// Of the chunk at `at`; true when `need` is NULL.
bool chunk_is_needed(const struct chunk_need *need, const struct chunking *all, const size_t *at);

#endif
