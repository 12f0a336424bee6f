#ifndef GONG_INGEST_INFLATE_H
#define GONG_INGEST_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

// Whole chunks of zlib data at once, by libdeflate; memory is used again from chunk to chunk.
struct inflate;
struct inflate *inflate_new(void);
void inflate_free(struct inflate **inflate);

// How a chunk was stored.
struct packing {
    bool deflated;
    size_t
        shuffled; // bytes of a number whose bytes stand apart (all first ones, all second ...); 0
};

// `out` [out_size] becomes the chunk; false when the bytes do not make exactly that many.
bool inflate_chunk(struct inflate *inflate, const struct packing *packing, const void *in,
                   size_t in_size, void *out, size_t out_size);

// A whole file: bare deflate data, as in a zip archive, with its CRC-32; or gzip, which has its
// own. False when the bytes do not make exactly out_size, or other ones.
bool inflate_raw(const void *in, size_t in_size, void *out, size_t out_size, unsigned crc);
bool inflate_gzip(const void *in, size_t in_size, void *out, size_t out_size);

// The CRC-32 of bytes.
unsigned inflate_crc(const void *bytes, size_t size);

#endif
