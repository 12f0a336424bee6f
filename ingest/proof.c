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

static void put_hex(const struct sum *sum, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sum->size; i++) {
        out[2 * i] = digits[sum->at[i] >> 4];
        out[2 * i + 1] = digits[sum->at[i] & 15];
    }
    out[2 * sum->size] = '\0';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Whether a word of the line is these digits, and no longer.
static bool has_word(struct str line, const char *hex)
{
    size_t len = strlen(hex);
    for (size_t at = 0; at + len <= line.len; at++) {
        bool begins = at == 0 || !is_hex(line.at[at - 1]);
        bool ends = at + len == line.len || !is_hex(line.at[at + len]);
        if (begins && ends && strncasecmp(line.at + at, hex, len) == 0)
            return true;
    }
    return false;
}

bool proof_sum_says(struct str text, const char *url, const struct sum *sum)
{
    struct str rest = text, line, first = {NULL, 0};
    const char *slash = strrchr(url, '/');
    struct str name = str_of(slash ? slash + 1 : url);
    char hex[HASH_HEX_SIZE];
    put_hex(sum, hex);
    while (str_take_line(&rest, &line)) {
        line = str_trim(line);
        if (line.len && !first.at)
            first = line;
        if (name.len && memmem(line.at, line.len, name.at, name.len))
            first = line;
    }
    return first.at && has_word(first, hex);
}

bool proof_base64_says(const char *text, const struct sum *sum)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t out[HASH_SIZE] = {0};
    size_t bits = 0, count = 0;
    uint32_t kept = 0;
    for (const char *at = text; *at; at++) {
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
    return count == sum->size && count > 0 && memcmp(out, sum->at, count) == 0;
}

bool proof_digest_says(const char *digest, enum sum_kind kind, const struct sum *sum)
{
    static const char *const names[] = {
        [SUM_NONE] = "", [SUM_SHA256] = "sha-256=", [SUM_MD5] = "md5=", [SUM_SHA1] = "sha="};
    const char *at = kind == SUM_NONE ? NULL : strcasestr(digest, names[kind]);
    return at && proof_base64_says(at + strlen(names[kind]), sum);
}

bool proof_etag_says(const char *etag, const struct sum *sum)
{
    char hex[HASH_HEX_SIZE];
    struct str tag = str_of(etag);
    put_hex(sum, hex);
    if (tag.len >= 2 && tag.at[0] == '"' && tag.at[tag.len - 1] == '"')
        tag = (struct str){tag.at + 1, tag.len - 2};
    return tag.len == strlen(hex) && strncasecmp(tag.at, hex, tag.len) == 0;
}
