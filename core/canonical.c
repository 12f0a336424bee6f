#include "core/canonical.h"

#include "core/doc.h"
#include "core/mem.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { DEPTH_MAX = 64, DIGITS_MAX = 19 };
static const uint64_t WHOLE_MAX = (uint64_t)1 << 53; // a double holds every whole number up to it

struct scan {
    const unsigned char *at, *end;
    struct canonical_member *wanted;
    size_t count;
    bool escaped; // the last text had an escape
    // Somewhere: a control character by number, a number that not every tool keeps, no ASCII.
    bool numbered, large, letters;
};

// Bytes of the UTF-8 character that begins here; 0 when it is none (RFC 3629).
static size_t character(const struct scan *scan)
{
    const unsigned char *at = scan->at;
    size_t left = (size_t)(scan->end - at);
    size_t size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool outside = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || outside ? 0 : size;
}

static size_t escape(const struct scan *scan)
{
    static const char hex[] = "0123456789ABCDEF";
    const unsigned char *at = scan->at;
    size_t left = (size_t)(scan->end - at);
    if (left >= 2 && at[1] && strchr("\"\\bfnrt", at[1]))
        return 2;
    if (left < 6 || memcmp(at, "\\u00", 4) != 0 || (at[4] != '0' && at[4] != '1') || !at[5] ||
        !strchr(hex, at[5]))
        return 0;
    unsigned code = (unsigned)(at[4] - '0') * 16 + (unsigned)(strchr(hex, at[5]) - hex);
    // Those have names; a NUL is in no text.
    return strchr("\b\f\n\r\t", (int)code) ? 0 : 6;
}

static bool is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

// Moves past bytes that stand for themselves, eight at a time: ASCII but for controls, " and \.
static void plain(struct scan *scan)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    while (scan->end - scan->at >= 8) {
        uint64_t word;
        memcpy(&word, scan->at, sizeof(word));
        word = le64toh(word);
        uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
        uint64_t stops = word | ((word - ones * ' ') & ~word) | ((quote - ones) & ~quote) |
                         ((slash - ones) & ~slash);
        stops &= high;
        if (stops) { // of its bits the lowest is right; the borrow may have set others
            scan->at += __builtin_ctzll(stops) / 8;
            return;
        }
        scan->at += 8;
    }
    while (scan->at < scan->end && is_plain(*scan->at))
        scan->at++;
}

static bool text(struct scan *scan)
{
    if (scan->at == scan->end || *scan->at != '"')
        return false;
    scan->at++;
    scan->escaped = false;
    for (plain(scan); scan->at < scan->end; plain(scan)) {
        unsigned char c = *scan->at;
        size_t size = 0;
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c == '\\')
            size = escape(scan);
        else if (c >= 0x80)
            size = character(scan);
        scan->numbered |= size == 6;
        scan->letters |= c >= 0x80;
        if (size == 0)
            return false;
        scan->escaped |= c == '\\';
        scan->at += size;
    }
    return false;
}

static bool number(struct scan *scan)
{
    bool minus = scan->at < scan->end && *scan->at == '-';
    scan->at += minus;
    const unsigned char *first = scan->at;
    uint64_t size = 0;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
        if (scan->at - first >= DIGITS_MAX)
            return false;
        size = size * 10 + (uint64_t)(*scan->at++ - '0');
    }
    if (scan->at == first || (*first == '0' && (scan->at - first > 1 || minus)))
        return false;
    scan->large |= size > WHOLE_MAX;
    return size <= (uint64_t)INT64_MAX + minus;
}

static bool word(struct scan *scan, const char *word, size_t len)
{
    bool same = (size_t)(scan->end - scan->at) >= len && memcmp(scan->at, word, len) == 0;
    scan->at += same ? len : 0;
    return same;
}

static bool take(struct scan *scan, char c)
{
    bool there = scan->at < scan->end && *scan->at == (unsigned char)c;
    scan->at += there;
    return there;
}

static struct str since(const struct scan *scan, const unsigned char *from)
{
    return (struct str){(const char *)from, (size_t)(scan->at - from)};
}

// In the order of their bytes. Keys with an escape, whose order is another, are not taken.
static bool ascends(struct str before, struct str key)
{
    size_t len = before.len < key.len ? before.len : key.len;
    if (len > 0 && before.at[0] != key.at[0]) // mostly: without a call
        return (unsigned char)before.at[0] < (unsigned char)key.at[0];
    int order = memcmp(before.at, key.at, len);
    return order < 0 || (order == 0 && before.len < key.len);
}

static bool value(struct scan *scan, int depth);

static void keep(struct scan *scan, struct str key, struct str found)
{
    while (scan->count && ascends(scan->wanted->key, key)) {
        scan->wanted++;
        scan->count--;
    }
    if (scan->count && str_same(scan->wanted->key, key))
        scan->wanted->value = found;
}

static bool object(struct scan *scan, int depth)
{
    struct str before = {NULL, 0};
    scan->at++;
    if (take(scan, '}'))
        return true;
    do {
        const unsigned char *from = scan->at + 1;
        if (!text(scan))
            return false;
        struct str key = since(scan, from);
        key.len--; // the quote
        if (scan->escaped || (before.at && !ascends(before, key)) || !take(scan, ':'))
            return false;
        from = scan->at;
        if (!value(scan, depth))
            return false;
        if (depth == 1)
            keep(scan, key, since(scan, from));
        before = key;
    } while (take(scan, ','));
    return take(scan, '}');
}

static bool array(struct scan *scan, int depth)
{
    scan->at++;
    if (take(scan, ']'))
        return true;
    do {
        if (!value(scan, depth))
            return false;
    } while (take(scan, ','));
    return take(scan, ']');
}

static bool value(struct scan *scan, int depth)
{
    if (scan->at == scan->end)
        return false;
    switch (*scan->at) {
    case '{':
        return depth < DEPTH_MAX && object(scan, depth + 1);
    case '[':
        return depth < DEPTH_MAX && array(scan, depth + 1);
    case '"':
        return text(scan);
    case 't':
        return word(scan, "true", 4);
    case 'f':
        return word(scan, "false", 5);
    case 'n':
        return word(scan, "null", 4);
    default:
        return number(scan);
    }
}

static bool whole(struct scan *scan, struct str text)
{
    scan->at = (const unsigned char *)text.at;
    scan->end = scan->at + text.len;
    return text.len > 0 && *scan->at == '{' && value(scan, 0) && scan->at == scan->end;
}

bool canonical_is(struct str text, struct canonical_member *wanted, size_t count)
{
    struct scan scan = {.wanted = wanted, .count = count};
    for (size_t i = 0; i < count; i++)
        wanted[i].value = (struct str){NULL, 0};
    return whole(&scan, text);
}

// The value may have an escape.
static bool says_escaped(struct str value, struct str text)
{
    struct err ignored = {0};
    AUTO(doc_free) struct doc *list = NULL;
    AUTO(buf_free) struct buf whole = buf_new(value.len + 2);
    buf_char(&whole, '[');
    buf_str(&whole, value);
    buf_char(&whole, ']');
    return doc_parse(buf_slice(&whole), "value", &list, &ignored) == OK &&
           str_is(text, doc_text(doc_at(list, 0), ""));
}

bool canonical_says_text(struct str value, struct str text)
{
    if (value.len < 2 || value.at[0] != '"')
        return false;
    if (memchr(value.at, '\\', value.len))
        return says_escaped(value, text);
    return value.len == text.len + 2 && memcmp(value.at + 1, text.at, text.len) == 0;
}

bool canonical_says_number(struct str value, int64_t number)
{
    size_t at = value.len;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        if (at == 0 || value.at[--at] != (char)('0' + rest % 10))
            return false;
        rest /= 10;
    } while (rest);
    return number < 0 ? at == 1 && value.at[0] == '-' : at == 0;
}

const char *canonical_private(struct str text)
{
    struct scan scan = {.count = 0};
    if (!whole(&scan, text))
        return "what is no canonical JSON";
    if (scan.numbered || memchr(text.at, 0x7f, text.len))
        return "a control character in a text";
    if (scan.large)
        return "a number beyond 9,007,199,254,740,992";
    return !scan.letters || text_is_nfc(text) ? NULL : "a text that is not composed (NFC)";
}
