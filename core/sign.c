#include "core/sign.h"

#include "core/hash.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(struct sign_public) == crypto_sign_PUBLICKEYBYTES, "a public key");
_Static_assert(sizeof(struct sign_secret) == crypto_sign_SEEDBYTES, "a seed");
_Static_assert(sizeof(struct signature) == crypto_sign_BYTES, "a signature");

enum { BASE64 = sodium_base64_VARIANT_ORIGINAL };

void sign_new(struct sign_secret *secret)
{
    random_bytes(secret->at, sizeof(secret->at));
}

void sign_public_of(const struct sign_secret *secret, struct sign_public *out)
{
    uint8_t whole[crypto_sign_SECRETKEYBYTES];
    (void)crypto_sign_seed_keypair(out->at, whole, secret->at);
    sodium_memzero(whole, sizeof(whole));
}

void sign_bytes(const struct sign_secret *secret, struct str bytes, struct signature *out)
{
    uint8_t whole[crypto_sign_SECRETKEYBYTES];
    struct sign_public ignored;
    (void)crypto_sign_seed_keypair(ignored.at, whole, secret->at);
    (void)crypto_sign_detached(out->at, NULL, (const uint8_t *)bytes.at, bytes.len, whole);
    sodium_memzero(whole, sizeof(whole));
}

bool sign_holds(const struct sign_public *key, struct str bytes, const struct signature *signature)
{
    return crypto_sign_verify_detached(signature->at, (const uint8_t *)bytes.at, bytes.len,
                                       key->at) == 0;
}

void sign_forget(struct sign_secret *secret)
{
    sodium_memzero(secret->at, sizeof(secret->at));
}

void base64_add(struct buf *out, const void *bytes, size_t len)
{
    enum { STEP = 48, STEP_TEXT = 4 * STEP / 3 + 1 }; // a multiple of 3: no padding in between
    const uint8_t *at = bytes;
    char text[STEP_TEXT];
    while (len) {
        size_t part = len < STEP ? len : STEP;
        buf_text(out, sodium_bin2base64(text, sizeof(text), at, part, BASE64));
        at += part;
        len -= part;
    }
}

enum err_kind base64_parse(struct str text, void *out, size_t max, size_t *len, struct err *err)
{
    const char *end = NULL;
    if (sodium_base642bin(out, max, text.at, text.len, NULL, len, &end, BASE64) != 0 ||
        end != text.at + text.len)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is not base 64 of at most %zu bytes",
                       STR_ARG(text), max);
    return OK;
}
