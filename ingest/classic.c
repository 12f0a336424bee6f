#include "ingest/classic.h"

#include "core/mem.h"

#include <stdint.h>

enum {
    TAG_DIMENSION = 10,
    TAG_VARIABLE = 11,
    TAG_ATTRIBUTE = 12,
    ITEMS_MAX = 100000, // dimensions or variables of one file: far more than any product has
    BYTES_MAX_SHIFT = 50,
};

struct reader {
    struct str rest;
    bool wide;  // offsets of 8 bytes
    bool wider; // CDF-5: counts and lengths of 8 bytes as well, and more types
    bool bad;   // ran off the end, or made no sense
};

static uint64_t take_number(struct reader *reader, size_t size)
{
    uint64_t number = 0;
    if (reader->rest.len < size)
        reader->bad = true;
    for (size_t i = 0; !reader->bad && i < size; i++)
        number = number << 8 | (unsigned char)reader->rest.at[i];
    if (!reader->bad) {
        reader->rest.at += size;
        reader->rest.len -= size;
    }
    return number;
}

static uint32_t take_u32(struct reader *reader)
{
    return (uint32_t)take_number(reader, 4);
}

// A count or a length.
static uint64_t take_length(struct reader *reader)
{
    uint64_t length = take_number(reader, reader->wider ? 8 : 4);
    if (length >> BYTES_MAX_SHIFT)
        reader->bad = true;
    return reader->bad ? 0 : length;
}

static void skip(struct reader *reader, uint64_t bytes)
{
    uint64_t padded = (bytes + 3) / 4 * 4;
    if (padded > reader->rest.len)
        reader->bad = true;
    if (reader->bad)
        return;
    reader->rest.at += padded;
    reader->rest.len -= padded;
}

static uint64_t size_of(uint32_t type, struct reader *reader)
{
    static const uint64_t sizes[] = {0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8};
    enum { TYPES_OLD = 7 }; // CDF-5 has the unsigned and the long ones
    if (type == 0 || type >= (reader->wider ? COUNT_OF(sizes) : TYPES_OLD))
        reader->bad = true;
    return reader->bad ? 1 : sizes[type];
}

// The head of a list: how many items follow.
static uint64_t take_count(struct reader *reader, uint32_t tag)
{
    uint32_t found = take_u32(reader);
    uint64_t count = take_length(reader);
    if ((found != tag && (found != 0 || count != 0)) || count > ITEMS_MAX)
        reader->bad = true;
    return reader->bad ? 0 : count;
}

static void skip_attributes(struct reader *reader)
{
    for (uint64_t n = take_count(reader, TAG_ATTRIBUTE); n && !reader->bad; n--) {
        skip(reader, take_length(reader));
        uint64_t size = size_of(take_u32(reader), reader);
        skip(reader, size * take_length(reader));
    }
}

struct sizes {
    uint64_t end;          // of the numbers of fixed size
    uint64_t record;       // bytes of one record, each variable padded to 4
    uint64_t record_end;   // of the first record
    uint64_t first_size;   // of the only record variable, unpadded
    uint32_t record_count; // variables with records
};

static void take_variable(struct reader *reader, const uint64_t *length, uint64_t dims,
                          struct sizes *sizes)
{
    uint64_t bytes = 1;
    bool recorded = false;
    skip(reader, take_length(reader));
    uint64_t count = take_length(reader);
    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        uint64_t dim = take_length(reader);
        bool good = dim < dims && !(bytes >> BYTES_MAX_SHIFT);
        if (good && length[dim] == 0 && i == 0)
            recorded = true;
        else
            good = good && !__builtin_mul_overflow(bytes, length[dim], &bytes);
        reader->bad = reader->bad || !good;
    }
    skip_attributes(reader);
    bytes *= size_of(take_u32(reader), reader);
    (void)take_number(reader,
                      reader->wider ? 8 : 4); // vsize, which is wrong for variables over 4 GiB
    uint64_t begin = take_number(reader, reader->wide ? 8 : 4);
    if (reader->bad || bytes >> BYTES_MAX_SHIFT || begin >> BYTES_MAX_SHIFT) {
        reader->bad = true;
        return;
    }
    uint64_t *end = recorded ? &sizes->record_end : &sizes->end;
    if (begin + bytes > *end)
        *end = begin + bytes;
    if (recorded) {
        sizes->record += (bytes + 3) / 4 * 4;
        sizes->first_size = bytes;
        sizes->record_count++;
        if (sizes->record >> BYTES_MAX_SHIFT)
            reader->bad = true;
    }
}

bool classic_is(struct str bytes)
{
    return str_starts(bytes, "CDF\x01") || str_starts(bytes, "CDF\x02") ||
           str_starts(bytes, "CDF\x05");
}

enum err_kind classic_check(struct str bytes, struct err *err)
{
    bool wider = str_starts(bytes, "CDF\x05");
    struct reader reader = {
        .rest = bytes, .wide = wider || str_starts(bytes, "CDF\x02"), .wider = wider};
    struct sizes sizes = {0};
    (void)take_u32(&reader);
    uint64_t records = take_number(&reader, wider ? 8 : 4);
    // The number of records is not written: the file's end tells.
    uint64_t streaming = wider ? UINT64_MAX : UINT32_MAX;
    uint64_t dims = take_count(&reader, TAG_DIMENSION);
    AUTO(mem_drop) uint64_t *length = mem_new((size_t)dims + 1, sizeof(*length));
    for (uint64_t i = 0; i < dims && !reader.bad; i++) {
        skip(&reader, take_length(&reader));
        length[i] = take_length(&reader);
    }
    skip_attributes(&reader);
    for (uint64_t n = take_count(&reader, TAG_VARIABLE); n && !reader.bad; n--)
        take_variable(&reader, length, dims, &sizes);
    if (reader.bad)
        return err_set(err, ERR_INPUT, "the file's header is cut off or damaged");
    // One record variable alone is not padded.
    uint64_t step = sizes.record_count == 1 ? sizes.first_size : sizes.record;
    if (sizes.record_count && records && records != streaming) {
        uint64_t most = step ? UINT64_MAX / 2 / step : UINT64_MAX;
        if (records > most)
            return err_set(err, ERR_INPUT, "the file's header is cut off or damaged");
        uint64_t end = sizes.record_end + (records - 1) * step;
        sizes.end = end > sizes.end ? end : sizes.end;
    }
    if (sizes.end > bytes.len)
        return err_set(err, ERR_INPUT, "the file is cut off: it has %zu of %llu bytes", bytes.len,
                       (unsigned long long)sizes.end);
    return OK;
}
