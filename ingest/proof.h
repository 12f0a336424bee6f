#ifndef GONG_INGEST_PROOF_H
#define GONG_INGEST_PROOF_H

#include "core/hash.h"
#include "core/text.h"

#include <stdbool.h>

// Whether what came is what should have come. Pure; every byte is a server's.

// A page in place of a file (a login page comes with 200): by its type, or its first bytes.
bool proof_is_page(const char *type, struct str head);

// Lines as sha256sum and its like write them ("HEX  NAME", and "KIND (NAME) = HEX"), or the sum
// alone: the line that names the file of the address, else the first, holds the sum.
bool proof_sum_says(struct str text, const char *url, const struct sum *sum);

// A header Repr-Digest: sha-256=:BASE64:, or Digest: SHA-256=BASE64; of the kind "sha-256", "md5",
// "sha".
bool proof_digest_says(const char *digest, enum sum_kind kind, const struct sum *sum);

// BASE64 alone, as in Content-MD5.
bool proof_base64_says(const char *text, const struct sum *sum);

// An ETag that is the sum in hex. A weak one says nothing.
bool proof_etag_says(const char *etag, const struct sum *sum);

#endif
