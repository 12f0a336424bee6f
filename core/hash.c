#include "core/hash.h"

#include "core/mem.h"

// The plain SHA256_* calls of OpenSSL, which later versions call deprecated: they use what the
// processor has for it, and need no look-up and no allocation for each sum.
#define OPENSSL_API_COMPAT 10100

#include <assert.h>
#include <endian.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>
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

size_t hash_pad(const void *first, size_t first_len, struct str rest, uint8_t *out, size_t room)
{
    enum { BLOCK = 64, LENGTH = 8 };
    size_t len = first_len + rest.len, end = (len + 1 + LENGTH + BLOCK - 1) / BLOCK * BLOCK;
    if (first_len > room * BLOCK || rest.len > room * BLOCK || end > room * BLOCK)
        return 0;
    memset(out + (end > BLOCK ? end - (size_t)2 * BLOCK : 0), 0, (size_t)2 * BLOCK);
    memcpy(out, first, first_len);
    if (rest.len)
        memcpy(out + first_len, rest.at, rest.len);
    out[len] = 0x80;
    uint64_t bits = htobe64((uint64_t)len * 8);
    memcpy(out + end - LENGTH, &bits, LENGTH);
    return end / BLOCK;
}

// A short text is put together with its padding and summed in one call: the buffer inside OpenSSL's
// state, which each piece goes through, costs as much as a block or two.
struct hash hash_of_two(const void *first, size_t first_len, struct str rest)
{
    enum { BLOCK = 64, BLOCKS_MAX = 16 };
    _Alignas(16) uint8_t padded[BLOCKS_MAX * BLOCK];
    size_t blocks = hash_pad(first, first_len, rest, padded, BLOCKS_MAX);
    struct hasher hasher = hasher_new();
    if (blocks == 0) {
        hasher_add(&hasher, first, first_len);
        hasher_add(&hasher, rest.at, rest.len);
        return hasher_end(&hasher);
    }
    hasher_add(&hasher, padded, blocks * BLOCK);
    struct hash hash;
    for (size_t i = 0; i < HASH_SIZE / sizeof(uint32_t); i++) {
        uint32_t word = htobe32(state_of(&hasher)->h[i]);
        memcpy(hash.at + i * sizeof(word), &word, sizeof(word));
    }
    return hash;
}

struct hash hash_of_pair(struct hash a, struct str bytes)
{
    return hash_of_two(a.at, HASH_SIZE, bytes);
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

const char *sum_name(enum sum_kind kind)
{
    static const char *const names[] = {"none", "sha256", "md5", "sha1"};
    return names[kind];
}

// Of any of the three kinds.
struct summing {
    SHA256_CTX sha256;
    MD5_CTX md5;
    SHA_CTX sha1;
};

static void summing_add(struct summing *summing, enum sum_kind kind, const void *bytes, size_t len)
{
    switch (kind) {
    case SUM_SHA256:
        (void)SHA256_Update(&summing->sha256, bytes, len);
        break;
    case SUM_MD5:
        (void)MD5_Update(&summing->md5, bytes, len);
        break;
    case SUM_SHA1:
        (void)SHA1_Update(&summing->sha1, bytes, len);
        break;
    case SUM_NONE:
        break;
    }
}

static struct sum summing_end(struct summing *summing, enum sum_kind kind)
{
    struct sum sum = {.size = 0};
    switch (kind) {
    case SUM_SHA256:
        sum.size = SHA256_DIGEST_LENGTH;
        (void)SHA256_Final(sum.at, &summing->sha256);
        break;
    case SUM_MD5:
        sum.size = MD5_DIGEST_LENGTH;
        (void)MD5_Final(sum.at, &summing->md5);
        break;
    case SUM_SHA1:
        sum.size = SHA_DIGEST_LENGTH;
        (void)SHA1_Final(sum.at, &summing->sha1);
        break;
    case SUM_NONE:
        break;
    }
    return sum;
}

static void close_file(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}

enum err_kind sum_of_file(enum sum_kind kind, const char *path, struct sum *out, struct err *err)
{
    enum { PIECE = 64 * 1024 };
    struct summing summing;
    char piece[PIECE];
    AUTO(close_file) FILE *file = fopen(path, "rbe");
    assert(kind != SUM_NONE);
    if (!file)
        return err_errno(err, ERR_LATER, "cannot read %s", path);
    (void)SHA256_Init(&summing.sha256);
    (void)MD5_Init(&summing.md5);
    (void)SHA1_Init(&summing.sha1);
    for (size_t len; (len = fread(piece, 1, sizeof(piece), file)) > 0;)
        summing_add(&summing, kind, piece, len);
    if (ferror(file))
        return err_set(err, ERR_LATER, "cannot read %s", path);
    *out = summing_end(&summing, kind);
    return OK;
}

void random_bytes(void *out, size_t len)
{
    int ready = sodium_init();
    assert(ready >= 0);
    randombytes_buf(out, len);
}
