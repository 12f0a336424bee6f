#ifndef GONG_INGEST_PROOF_H
#define GONG_INGEST_PROOF_H

#include "core/hash.h"
#include "core/text.h"

#include <stdbool.h>

// Whether what came is what should have come. Pure; every byte is a server's.

// A page in place of a file (a login page comes with 200): by its type, or its first bytes.
bool proof_is_page(const char *type, struct str head);

// Lines as sha256sum writes them, or the sum alone: the line that names the file of the address,
// else the first, begins with `hex` (64 digits).
bool proof_sum_says(struct str sum, const char *url, const char *hex);

// A header Repr-Digest: sha-256=:BASE64:, or Digest: SHA-256=BASE64.
bool proof_digest_says(const char *digest, struct hash hash);

#endif
