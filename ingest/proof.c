#include "ingest/proof.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

bool proof_is_page(const char *type, struct str head)
{
    struct str text = str_trim(head);
    return strncasecmp(type, "text/html", 9) == 0 ||
           (text.len >= 9 && strncasecmp(text.at, "<!doctype", 9) == 0) ||
           (text.len >= 5 && strncasecmp(text.at, "<html", 5) == 0);
}

bool proof_sum_says(struct str sum, const char *url, const char *hex)
{
    struct str rest = sum, line, first = {NULL, 0};
    const char *slash = strrchr(url, '/');
    struct str name = str_of(slash ? slash + 1 : url);
    while (str_take_line(&rest, &line)) {
        line = str_trim(line);
        if (line.len && !first.at)
            first = line;
        if (name.len && str_ends(line, name.at))
            first = line;
    }
    return first.len >= HASH_HEX_SIZE - 1 && strncasecmp(first.at, hex, HASH_HEX_SIZE - 1) == 0;
}

bool proof_digest_says(const char *digest, struct hash hash)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strcasestr(digest, "sha-256=");
    uint8_t out[HASH_SIZE] = {0};
    size_t bits = 0, count = 0;
    uint32_t kept = 0;
    if (!at)
        return false;
    for (at += strlen("sha-256="); *at; at++) {
        const char *letter = *at == ':' ? NULL : strchr(letters, *at);
        if (!letter && *at != ':')
            break;
        if (!letter)
            continue;
        kept = kept << 6 | (uint32_t)(letter - letters);
        bits += 6;
        if (bits >= 8 && count < HASH_SIZE) {
            bits -= 8;
            out[count++] = (uint8_t)(kept >> bits);
        }
    }
    return count == HASH_SIZE && memcmp(out, hash.at, HASH_SIZE) == 0;
}
