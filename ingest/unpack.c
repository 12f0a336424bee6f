#include "ingest/unpack.h"

#include "core/mem.h"
#include "ingest/inflate.h"

#include <bzlib.h>
#include <stdint.h>
#include <string.h>

enum {
    ROOM_FIRST = 1 << 20,
    GZIP_MIN = 18,
    // APPNOTE 4.3.16 and 4.3.12: the end of the directory, one of its entries, a file's own head.
    END_SIZE = 22,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    COMMENT_MAX = 65535,
    // Deflate makes at most 1,032 bytes of one: a larger length is damage, and not worth the
    // memory.
    RATIO_MAX = 1100,
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1,
};

static uint32_t little_endian(const uint8_t *at, size_t size)
{
    uint32_t number = 0;
    for (size_t i = size; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

static bool is_zip(const void *bytes, size_t size)
{
    return size >= END_SIZE && memcmp(bytes, "PK\x03\x04", 4) == 0;
}

static bool is_gzip(const void *bytes, size_t size)
{
    return size >= GZIP_MIN && memcmp(bytes, "\x1f\x8b\x08", 3) == 0;
}

static bool is_bzip2(const void *bytes, size_t size)
{
    const char *at = bytes;
    return size >= 14 && memcmp(at, "BZh", 3) == 0 && at[3] >= '1' && at[3] <= '9' &&
           (memcmp(at + 4, "1AY&SY", 6) == 0 || memcmp(at + 4, "\x17rE8P\x90", 6) == 0);
}

bool unpack_is(const void *bytes, size_t size)
{
    return is_zip(bytes, size) || is_gzip(bytes, size) || is_bzip2(bytes, size);
}

static enum err_kind too_large(struct err *err)
{
    return err_set(err, ERR_INPUT, "the packed file holds more than %zu bytes", UNPACK_BYTES_MAX);
}

// --- bzip2
// ----------------------------------------------------------------------------------------

struct growing {
    char *at; // heap
    size_t size, room;
};

static void growing_free(struct growing *growing)
{
    mem_free(&growing->at);
}

static void stream_end(bz_stream *stream)
{
    (void)BZ2_bzDecompressEnd(stream);
}

// One stream of a file, which may have several, one after the other; `*in` moves behind it.
static enum err_kind bzip2_stream(const char **in, size_t *left, struct growing *out,
                                  struct err *err)
{
    enum { PIECE = 1 << 30 };
    AUTO(stream_end) bz_stream stream = {0};
    int status = BZ2_bzDecompressInit(&stream, 0, 0);
    while (status == BZ_OK) {
        if (out->size == out->room) {
            if (out->room >= UNPACK_BYTES_MAX)
                return too_large(err);
            out->room = out->room ? 2 * out->room : ROOM_FIRST;
            out->at = mem_resize(out->at, out->room, 1);
        }
        unsigned given = *left > PIECE ? PIECE : (unsigned)*left;
        unsigned free_bytes = (unsigned)(out->room - out->size);
        stream.next_in = (char *)*in;
        stream.avail_in = given;
        stream.next_out = out->at + out->size;
        stream.avail_out = free_bytes;
        status = BZ2_bzDecompress(&stream);
        *in += given - stream.avail_in;
        *left -= given - stream.avail_in;
        out->size += free_bytes - stream.avail_out;
        if (status == BZ_OK && *left == 0 && stream.avail_out)
            break; // it should go on, and there is nothing more
    }
    return status == BZ_STREAM_END
               ? OK
               : err_set(err, ERR_INPUT, "the bzip2 file is cut off or damaged");
}

static enum err_kind unpack_bzip2(const void *bytes, size_t size, void **out, size_t *out_size,
                                  struct err *err)
{
    AUTO(growing_free) struct growing growing = {0};
    const char *in = bytes;
    while (size) {
        if (bzip2_stream(&in, &size, &growing, err))
            return err_of(err);
    }
    *out = TAKE(growing.at);
    *out_size = growing.size;
    return OK;
}

// --- gzip
// -----------------------------------------------------------------------------------------

static enum err_kind unpack_gzip(const void *bytes, size_t size, void **out, size_t *out_size,
                                 struct err *err)
{
    size_t length = little_endian((const uint8_t *)bytes + size - 4, 4);
    if (length > UNPACK_BYTES_MAX)
        return too_large(err);
    AUTO(mem_drop) char *inside = length / RATIO_MAX > size ? NULL : mem_new(length + 1, 1);
    if (!inside || !inflate_gzip(bytes, size, inside, length))
        return err_set(err, ERR_INPUT,
                       "the gzip file is cut off or damaged, or made of several parts");
    *out = TAKE(inside);
    *out_size = length;
    return OK;
}

// --- zip
// ------------------------------------------------------------------------------------------

struct entry {
    uint32_t flags, method, crc, packed, size, name_len, at;
};

// The end of the directory stands last but for a comment; NULL when there is none.
static const uint8_t *find_end(const uint8_t *bytes, size_t size)
{
    size_t most = size - END_SIZE < COMMENT_MAX ? size - END_SIZE : COMMENT_MAX;
    for (size_t back = 0; back <= most; back++) {
        const uint8_t *at = bytes + size - END_SIZE - back;
        if (memcmp(at, "PK\x05\x06", 4) == 0)
            return at;
    }
    return NULL;
}

static enum err_kind bad_zip(struct err *err)
{
    return err_set(err, ERR_INPUT, "the zip archive is cut off or damaged");
}

// The one file of the archive; folders do not count.
static enum err_kind find_entry(const uint8_t *bytes, size_t size, struct entry *out,
                                struct err *err)
{
    const uint8_t *end = find_end(bytes, size);
    if (!end)
        return bad_zip(err);
    uint32_t count = little_endian(end + 10, 2), files = 0;
    size_t at = little_endian(end + 16, 4);
    for (uint32_t i = 0; i < count; i++) {
        if (at > size - END_SIZE || size - at < ENTRY_SIZE ||
            memcmp(bytes + at, "PK\x01\x02", 4) != 0)
            return bad_zip(err);
        const uint8_t *one = bytes + at;
        struct entry entry = {little_endian(one + 8, 2),  little_endian(one + 10, 2),
                              little_endian(one + 16, 4), little_endian(one + 20, 4),
                              little_endian(one + 24, 4), little_endian(one + 28, 2),
                              little_endian(one + 42, 4)};
        at += ENTRY_SIZE + entry.name_len + little_endian(one + 30, 2) + little_endian(one + 32, 2);
        if (at > size)
            return bad_zip(err);
        if (entry.name_len && one[ENTRY_SIZE + entry.name_len - 1] == '/')
            continue;
        files++;
        *out = entry;
    }
    return files == 1
               ? OK
               : err_set(err, ERR_INPUT,
                         "the zip archive holds %u files; one is wanted, unpack the right one",
                         files);
}

static enum err_kind unpack_zip(const uint8_t *bytes, size_t size, void **out, size_t *out_size,
                                struct err *err)
{
    struct entry entry = {0};
    if (find_entry(bytes, size, &entry, err))
        return err_of(err);
    if ((entry.flags & ENCRYPTED) || (entry.method != STORED && entry.method != DEFLATED))
        return err_set(err, ERR_INPUT,
                       "the file in the zip archive is locked or packed in an uncommon way; unpack "
                       "it first");
    if (entry.size > UNPACK_BYTES_MAX)
        return too_large(err);
    if (entry.at > size || size - entry.at < LOCAL_SIZE)
        return bad_zip(err);
    const uint8_t *local = bytes + entry.at;
    size_t at = entry.at + LOCAL_SIZE + little_endian(local + 26, 2) + little_endian(local + 28, 2);
    if (memcmp(local, "PK\x03\x04", 4) != 0 || at > size || size - at < entry.packed ||
        (entry.method == STORED && entry.packed != entry.size) ||
        entry.size / RATIO_MAX > entry.packed)
        return bad_zip(err);
    AUTO(mem_drop) char *inside = mem_new((size_t)entry.size + 1, 1);
    if (entry.method == STORED)
        memcpy(inside, bytes + at, entry.size);
    bool whole = entry.method == STORED
                     ? inflate_crc(inside, entry.size) == entry.crc
                     : inflate_raw(bytes + at, entry.packed, inside, entry.size, entry.crc);
    if (!whole)
        return bad_zip(err);
    *out = TAKE(inside);
    *out_size = entry.size;
    return OK;
}

enum err_kind unpack(const void *bytes, size_t size, void **out, size_t *out_size, struct err *err)
{
    if (is_bzip2(bytes, size))
        return unpack_bzip2(bytes, size, out, out_size, err);
    return is_gzip(bytes, size) ? unpack_gzip(bytes, size, out, out_size, err)
                                : unpack_zip(bytes, size, out, out_size, err);
}
