#include "ingest/inflate.h"

#include "core/mem.h"

#include <libdeflate.h>
#include <stdint.h>
#include <string.h>

struct inflate {
    struct libdeflate_decompressor *machine;
    uint8_t *apart; // bytes that are still shuffled
    size_t room;
};

struct inflate *inflate_new(void)
{
    struct inflate *inflate = mem_new(1, sizeof(*inflate));
    inflate->machine = libdeflate_alloc_decompressor();
    return inflate;
}

void inflate_free(struct inflate **inflate)
{
    if (!*inflate)
        return;
    libdeflate_free_decompressor((*inflate)->machine);
    mem_free(&(*inflate)->apart);
    mem_free(inflate);
}

static bool unpack(struct inflate *inflate, bool deflated, const void *in, size_t in_size,
                   void *out, size_t out_size)
{
    size_t got = 0;
    if (!deflated) {
        if (in_size == out_size)
            memcpy(out, in, out_size);
        return in_size == out_size;
    }
    return inflate->machine &&
           libdeflate_zlib_decompress(inflate->machine, in, in_size, out, out_size, &got) ==
               LIBDEFLATE_SUCCESS &&
           got == out_size;
}

static void join_four(const uint8_t *apart, size_t count, uint8_t *out)
{
    const uint8_t *a = apart, *b = a + count, *c = b + count, *d = c + count;
    for (size_t i = 0; i < count; i++) {
        out[4 * i] = a[i];
        out[4 * i + 1] = b[i];
        out[4 * i + 2] = c[i];
        out[4 * i + 3] = d[i];
    }
}

// What does not fill a number stands at the end, as it was.
static void join(const uint8_t *apart, size_t size, size_t bytes, uint8_t *out)
{
    size_t count = size / bytes;
    if (bytes == 4)
        join_four(apart, count, out);
    for (size_t k = 0; k < bytes && bytes != 4; k++) {
        for (size_t i = 0; i < count; i++)
            out[bytes * i + k] = apart[k * count + i];
    }
    memcpy(out + count * bytes, apart + count * bytes, size - count * bytes);
}

bool inflate_chunk(struct inflate *inflate, const struct packing *packing, const void *in,
                   size_t in_size, void *out, size_t out_size)
{
    if (packing->shuffled < 2)
        return unpack(inflate, packing->deflated, in, in_size, out, out_size);
    if (out_size > inflate->room) {
        inflate->room = out_size;
        inflate->apart = mem_resize(inflate->apart, out_size, 1);
    }
    if (!unpack(inflate, packing->deflated, in, in_size, inflate->apart, out_size))
        return false;
    join(inflate->apart, out_size, packing->shuffled, out);
    return true;
}

bool inflate_raw(const void *in, size_t in_size, void *out, size_t out_size, unsigned crc)
{
    size_t got = 0;
    struct libdeflate_decompressor *machine = libdeflate_alloc_decompressor();
    bool whole = machine && libdeflate_deflate_decompress(machine, in, in_size, out, out_size,
                                                          &got) == LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(machine);
    return whole && got == out_size && inflate_crc(out, out_size) == crc;
}

bool inflate_gzip(const void *in, size_t in_size, void *out, size_t out_size)
{
    size_t used = 0, got = 0;
    struct libdeflate_decompressor *machine = libdeflate_alloc_decompressor();
    bool whole = machine && libdeflate_gzip_decompress_ex(machine, in, in_size, out, out_size,
                                                          &used, &got) == LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(machine);
    return whole && got == out_size && used == in_size;
}

unsigned inflate_crc(const void *bytes, size_t size)
{
    return libdeflate_crc32(0, bytes, size);
}
