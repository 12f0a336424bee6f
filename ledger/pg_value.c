#include "ledger/pg_value.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

static uint64_t big_endian(struct str bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len && i < sizeof(value); i++)
        value = value << 8 | (unsigned char)bytes.at[i];
    return value;
}

static int16_t half(struct str bytes, size_t at)
{
    assert(at + 2 <= bytes.len);
    return (int16_t)big_endian((struct str){bytes.at + at, 2});
}

// Digits in base 10,000 behind four half words: count, weight of the first, sign, scale.
static int64_t of_numeric(struct str bytes)
{
    enum { BASE = 10000, HEAD = 8, NEGATIVE = 0x4000 };
    int16_t count = half(bytes, 0), weight = half(bytes, 2);
    int64_t value = 0;
    for (int16_t i = 0; i <= weight; i++) {
        int64_t digit = i < count ? half(bytes, HEAD + 2 * (size_t)i) : 0;
        bool over = __builtin_mul_overflow(value, BASE, &value) ||
                    __builtin_add_overflow(value, digit, &value);
        assert(!over);
    }
    return half(bytes, 4) == NEGATIVE ? -value : value;
}

static double of_float(struct str bytes)
{
    uint64_t bits = big_endian(bytes);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

int64_t pg_int(uint32_t type, struct str bytes)
{
    switch (type) {
    case PG_INT8:
        return (int64_t)big_endian(bytes);
    case PG_INT4:
        return (int32_t)big_endian(bytes);
    case PG_INT2:
        return (int16_t)big_endian(bytes);
    case PG_BOOL:
        return big_endian(bytes) != 0;
    case PG_NUMERIC:
        return of_numeric(bytes);
    case PG_FLOAT8:
        return (int64_t)of_float(bytes);
    default:
        return strtoll(bytes.at, NULL, 10); // libpq ends every value with NUL
    }
}

double pg_real(uint32_t type, struct str bytes)
{
    return type == PG_FLOAT8 ? of_float(bytes) : (double)pg_int(type, bytes);
}
