#include "core/hash.h"

// The plain SHA256_* calls of OpenSSL, which later versions call deprecated: they use what the
// processor has for it, and need no look-up and no allocation for each sum.
#define OPENSSL_API_COMPAT 10100

#include <assert.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct hasher *)0)->state),
               "a hasher holds OpenSSL's state");

static SHA256_CTX *state_of(struct hasher *hasher)
{
    return (SHA256_CTX *)(void *)hasher->state;
}

struct hasher hasher_new(void)
{
    struct hasher hasher;
    (void)SHA256_Init(state_of(&hasher));
    return hasher;
}

void hasher_add(struct hasher *hasher, const void *bytes, size_t len)
{
    (void)SHA256_Update(state_of(hasher), bytes, len);
}

void hasher_add_u64(struct hasher *hasher, uint64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    hasher_add(hasher, bytes, sizeof(bytes));
}

struct hash hasher_end(struct hasher *hasher)
{
    struct hash hash;
    (void)SHA256_Final(hash.at, state_of(hasher));
    return hash;
}

struct hash hash_of(struct str bytes)
{
    struct hasher hasher = hasher_new();
    hasher_add(&hasher, bytes.at, bytes.len);
    return hasher_end(&hasher);
}

struct hash hash_of_pair(struct hash a, struct str bytes)
{
    struct hasher hasher = hasher_new();
    hasher_add(&hasher, a.at, HASH_SIZE);
    hasher_add(&hasher, bytes.at, bytes.len);
    return hasher_end(&hasher);
}

struct hash hash_hmac(struct str key, struct str bytes)
{
    struct hash hash;
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, (const uint8_t *)key.at, key.len);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)bytes.at, bytes.len);
    (void)crypto_auth_hmacsha256_final(&state, hash.at);
    sodium_memzero(&state, sizeof(state));
    return hash;
}

bool hash_same(struct hash a, struct hash b)
{
    return memcmp(a.at, b.at, HASH_SIZE) == 0;
}

struct hash_hex hash_hex(struct hash hash)
{
    struct hash_hex hex;
    (void)sodium_bin2hex(hex.at, sizeof(hex.at), hash.at, HASH_SIZE);
    return hex;
}

enum err_kind hash_parse(struct str hex, struct hash *out, struct err *err)
{
    size_t len = 0;
    const char *end = NULL;
    struct hash hash;
    if (hex.len != HASH_SIZE * 2 ||
        sodium_hex2bin(hash.at, HASH_SIZE, hex.at, hex.len, NULL, &len, &end) != 0 ||
        len != HASH_SIZE || end != hex.at + hex.len)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is not a SHA-256 in 64 hex digits",
                       STR_ARG(hex));
    *out = hash;
    return OK;
}

void random_bytes(void *out, size_t len)
{
    int ready = sodium_init();
    assert(ready >= 0);
    randombytes_buf(out, len);
}
