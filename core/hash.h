#ifndef GONG_CORE_HASH_H
#define GONG_CORE_HASH_H

#include "core/err.h"
#include "core/text.h"

#include <stdint.h>

enum { HASH_SIZE = 32, HASH_HEX_SIZE = 2 * HASH_SIZE + 1 };

// A SHA-256 sum.
struct hash {
    uint8_t at[HASH_SIZE];
};

struct hash_hex {
    char at[HASH_HEX_SIZE];
};

// A sum that is being made; open value, nothing to free.
struct hasher {
    _Alignas(16) uint8_t state[128];
};

struct hasher hasher_new(void);
void hasher_add(struct hasher *hasher, const void *bytes, size_t len);
void hasher_add_u64(struct hasher *hasher, uint64_t number); // little-endian
struct hash hasher_end(struct hasher *hasher);

struct hash hash_of(struct str bytes);
// first || rest with its padding to whole blocks of 64 bytes (FIPS 180-4, 5.1.1); how many these
// are, 0 when they are more than `room`. `out` has room for them, and for two at least.
size_t hash_pad(const void *first, size_t first_len, struct str rest, uint8_t *out, size_t room);
struct hash hash_of_two(const void *first, size_t first_len, struct str rest); // first || rest
struct hash hash_of_pair(struct hash a, struct str bytes); // SHA-256(a || bytes)
// HMAC-SHA256 of RFC 2104 with a key of any length.
struct hash hash_hmac(struct str key, struct str bytes);
bool hash_same(struct hash a, struct hash b);
struct hash_hex hash_hex(struct hash hash); // lower case
MUST_USE enum err_kind hash_parse(struct str hex, struct hash *out, struct err *err);

// Sums of other kinds that a provider says of its files. They show that bytes came whole, not that
// nobody changed them on purpose: gong itself never names anything by them.
enum sum_kind { SUM_NONE, SUM_SHA256, SUM_MD5, SUM_SHA1 };
struct sum {
    uint8_t at[HASH_SIZE];
    size_t size; // 16, 20 or 32
};
const char *sum_name(enum sum_kind kind); // "md5"
// Of a file; ERR_LATER when it cannot be read.
MUST_USE enum err_kind sum_of_file(enum sum_kind kind, const char *path, struct sum *out,
                                   struct err *err);

// Bytes from the system's random source.
void random_bytes(void *out, size_t len);

#endif
