#ifndef GONG_CORE_SIGN_H
#define GONG_CORE_SIGN_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Ed25519 (RFC 8032) by libsodium.
struct sign_public {
    uint8_t at[32];
};
struct sign_secret {
    uint8_t at[32]; // the seed; the public key is made from it
};
struct signature {
    uint8_t at[64];
};

void sign_new(struct sign_secret *secret); // from the system's random source
void sign_public_of(const struct sign_secret *secret, struct sign_public *out);
void sign_bytes(const struct sign_secret *secret, struct str bytes, struct signature *out);
bool sign_holds(const struct sign_public *key, struct str bytes, const struct signature *signature);
void sign_forget(struct sign_secret *secret); // zero bytes; serves as cleanup attribute

// Base 64 of RFC 4648 section 4, padded. What is read must be exactly what would be written, and
// at most `max` bytes (ERR_INPUT).
void base64_add(struct buf *out, const void *bytes, size_t len);
MUST_USE enum err_kind base64_parse(struct str text, void *out, size_t max, size_t *len,
                                    struct err *err);

#endif
