#include "core/doc.h"

#include "core/mem.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// struct doc is jansson's json_t under our name, so that the library stays in this file.
static json_t *raw(const struct doc *doc)
{
    return (json_t *)(uintptr_t)doc;
}

static struct doc *ours(json_t *json)
{
    assert(json);
    return (struct doc *)json;
}

struct doc *doc_object(void)
{
    return ours(json_object());
}

struct doc *doc_array(void)
{
    return ours(json_array());
}

void doc_free(struct doc **doc)
{
    json_decref(raw(*doc));
    *doc = NULL;
}

void doc_put(struct doc *object, const char *key, struct doc *taken)
{
    int failed = json_object_set_new(raw(object), key, raw(taken));
    assert(!failed);
}

void doc_put_same(struct doc *object, const char *key, const struct doc *shared)
{
    doc_put(object, key, ours(json_incref(raw(shared))));
}

struct doc *doc_copy(const struct doc *object)
{
    return ours(json_copy(raw(object)));
}

void doc_put_str(struct doc *object, const char *key, struct str text)
{
    doc_put(object, key, ours(json_stringn(text.at ? text.at : "", text.len)));
}

void doc_put_text(struct doc *object, const char *key, const char *text)
{
    doc_put_str(object, key, str_of(text));
}

void doc_put_int(struct doc *object, const char *key, int64_t number)
{
    doc_put(object, key, ours(json_integer(number)));
}

void doc_put_bool(struct doc *object, const char *key, bool value)
{
    doc_put(object, key, ours(json_boolean(value)));
}

void doc_put_null(struct doc *object, const char *key)
{
    doc_put(object, key, ours(json_null()));
}

void doc_push(struct doc *array, struct doc *taken)
{
    int failed = json_array_append_new(raw(array), raw(taken));
    assert(!failed);
}

void doc_push_text(struct doc *array, const char *text)
{
    doc_push(array, ours(json_string(text)));
}

void doc_push_int(struct doc *array, int64_t number)
{
    doc_push(array, ours(json_integer(number)));
}

static int add_to_buf(const char *bytes, size_t len, void *buf)
{
    buf_add(buf, bytes, len);
    return 0;
}

// --- canonical bytes. jansson's own writer asks the heap for each object and adds byte by byte; a
// ledger writes thousands of entries a second.

enum {
    SORTED_ON_STACK = 32,
    EVERYDAY_DEPTH = 32, // half of what canonical_private takes
};

struct member {
    const char *key;
    json_t *value;
    const struct doc_member *more; // in place of a value
};

// What is being written: canonical_private looks again at what is not of every day.
struct writing {
    struct buf *out;
    int depth;
    bool rare; // an escape, a byte beyond ASCII, a fraction, a number beyond 2^53, deep
};

// Bytes that stand for themselves in a text.
static bool is_plain(unsigned char c)
{
    return c >= ' ' && c != '"' && c != '\\';
}

// Eight bytes: some bit of `high` when one of them does not stand for itself; `*rare` gets some
// when one is beyond ASCII, or DEL.
static uint64_t stops_of(uint64_t word, uint64_t *rare)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\'), last = word ^ (ones * 0x7f);
    *rare |= (word | ((last - ones) & ~last)) & high;
    return (((word - ones * ' ') & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
           high;
}

static uint64_t eight(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    return word;
}

// Four to seven bytes, some of them twice.
static uint64_t some(const char *text, size_t len)
{
    uint32_t first, last;
    memcpy(&first, text, sizeof(first));
    memcpy(&last, text + len - sizeof(last), sizeof(last));
    return (uint64_t)first << 32 | last;
}

// How many bytes at the start stand for themselves, at least: all of them when all do.
static size_t plain_of(const char *text, size_t len, uint64_t *rare)
{
    size_t at = 0;
    for (; len - at >= 8; at += 8) {
        if (stops_of(eight(text + at), rare))
            return at;
    }
    if (at == len)
        return len;
    if (at > 0)
        return stops_of(eight(text + len - 8), rare) ? at : len;
    if (len >= 4)
        return stops_of(some(text, len), rare) ? at : len;
    for (; at < len && is_plain((unsigned char)text[at]); at++)
        *rare |= (unsigned char)text[at] >= 0x7f;
    return at;
}

static char *canonical_escape(unsigned char c, char *at)
{
    static const char names[' '] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char hex[] = "0123456789ABCDEF";
    *at++ = '\\';
    if (c >= ' ') {
        *at++ = (char)c;
        return at;
    }
    if (names[c]) {
        *at++ = names[c];
        return at;
    }
    *at++ = 'u';
    *at++ = '0';
    *at++ = '0';
    *at++ = hex[c >> 4];
    *at++ = hex[c & 15];
    return at;
}

// How many bytes canonical_escape, or a byte that stands for itself, takes.
static size_t canonical_bytes(const char *text, size_t len)
{
    enum { SHORT = 2, LONG = 6 }; // \n, \u001F
    size_t bytes = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_short = c >= ' ' || (c >= '\b' && c <= '\r' && c != '\v');
        bytes += is_plain(c) ? 1 : is_short ? SHORT : LONG;
    }
    return bytes;
}

// A text with what stands before and after it; '\0': nothing.
static void canonical_text(struct writing *writing, char before, const char *text, size_t len,
                           char after)
{
    uint64_t rare = 0;
    size_t plain = plain_of(text, len, &rare);
    writing->rare |= rare != 0 || plain < len;
    // Exact: room for the longest of each would call a text full that fits.
    size_t bytes = plain + (plain < len ? canonical_bytes(text + plain, len - plain) : 0);
    char *at = buf_room(writing->out, bytes + 2 + (before != '\0') + (after != '\0'));
    if (!at)
        return;
    if (before)
        *at++ = before;
    *at++ = '"';
    memcpy(at, text, plain);
    at += plain;
    for (size_t i = plain; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_plain(c))
            *at++ = (char)c;
        else
            at = canonical_escape(c, at);
    }
    *at++ = '"';
    if (after)
        *at++ = after;
    buf_wrote(writing->out, at);
}

static void canonical_int(struct writing *writing, int64_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    writing->rare |= size > (uint64_t)1 << 53;
    do {
        digits[--at] = (char)('0' + size % 10);
        size /= 10;
    } while (size);
    if (number < 0)
        digits[--at] = '-';
    buf_add(writing->out, digits + at, sizeof(digits) - at);
}

static void canonical(struct writing *writing, const json_t *json);

static void canonical_array(struct writing *writing, const json_t *json)
{
    size_t count = json_array_size(json);
    buf_char(writing->out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(writing->out, ',');
        canonical(writing, json_array_get(json, i));
    }
    buf_char(writing->out, ']');
}

// Most names differ in their first byte.
static int key_order(const char *a, const char *b)
{
    return *a != *b ? (unsigned char)*a - (unsigned char)*b : strcmp(a, b);
}

static int by_key(const void *a, const void *b)
{
    return key_order(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void sort_members(struct member *member, size_t count)
{
    if (count == 0)
        return;
    if (count > SORTED_ON_STACK) {
        qsort(member, count, sizeof(*member), by_key);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct member one = member[i];
        size_t at = i;
        for (; at > 0 && key_order(member[at - 1].key, one.key) > 0; at--)
            member[at] = member[at - 1];
        member[at] = one;
    }
}

static void canonical_member(struct writing *writing, char before, const struct member *member)
{
    canonical_text(writing, before, member->key, strlen(member->key), ':');
    if (!member->more)
        canonical(writing, member->value);
    else if (member->more->text)
        canonical_text(writing, '\0', member->more->text, strlen(member->more->text), '\0');
    else
        canonical_int(writing, member->more->number);
}

static void canonical_object(struct writing *writing, const json_t *json,
                             const struct doc_member *more, size_t more_count)
{
    struct member small[SORTED_ON_STACK], *member = small;
    AUTO(mem_drop) struct member *large = NULL;
    json_t *object = raw((const struct doc *)json);
    size_t count = json_object_size(json) + more_count, at = 0;
    if (count > SORTED_ON_STACK) {
        large = mem_new(count, sizeof(*large));
        member = large;
    }
    for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i))
        member[at++] = (struct member){json_object_iter_key(i), json_object_iter_value(i), NULL};
    for (size_t i = 0; i < more_count; i++)
        member[at++] = (struct member){more[i].key, NULL, &more[i]};
    assert(at == count);
    sort_members(member, count);
    if (count == 0)
        buf_char(writing->out, '{');
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || key_order(member[i - 1].key, member[i].key) != 0);
        canonical_member(writing, i > 0 ? ',' : '{', &member[i]);
    }
    buf_char(writing->out, '}');
}

static void canonical(struct writing *writing, const json_t *json)
{
    writing->rare |= ++writing->depth > EVERYDAY_DEPTH;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        canonical_object(writing, json, NULL, 0);
        break;
    case JSON_ARRAY:
        canonical_array(writing, json);
        break;
    case JSON_STRING:
        canonical_text(writing, '\0', json_string_value(json), json_string_length(json), '\0');
        break;
    case JSON_INTEGER:
        canonical_int(writing, json_integer_value(json));
        break;
    case JSON_REAL: {
        int failed = json_dump_callback(json, add_to_buf, writing->out, JSON_ENCODE_ANY);
        assert(!failed);
        writing->rare = true;
        break;
    }
    case JSON_TRUE:
        buf_add(writing->out, "true", 4);
        break;
    case JSON_FALSE:
        buf_add(writing->out, "false", 5);
        break;
    case JSON_NULL:
        buf_add(writing->out, "null", 4);
        break;
    }
    writing->depth--;
}

void doc_canonical(const struct doc *doc, struct buf *out)
{
    struct writing writing = {.out = out};
    canonical(&writing, raw(doc));
}

bool doc_canonical_with(const struct doc *object, const struct doc_member *more, size_t count,
                        struct buf *out)
{
    struct writing writing = {.out = out};
    assert(json_is_object(raw(object)));
    canonical_object(&writing, raw(object), more, count);
    return !writing.rare;
}

void doc_pretty(const struct doc *doc, struct buf *out)
{
    int failed = json_dump_callback(raw(doc), add_to_buf, out,
                                    JSON_SORT_KEYS | JSON_INDENT(2) | JSON_ENCODE_ANY);
    assert(!failed);
    buf_char(out, '\n');
}

enum { DEPTH_MAX = 64 };

// Nesting is counted before the parser sees the text: jansson's own limit is 2,048.
static bool too_deep(struct str text)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > DEPTH_MAX)
                return true;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

enum err_kind doc_parse(struct str text, const char *name, struct doc **out, struct err *err)
{
    if (too_deep(text))
        return err_set(err, ERR_INPUT, "%s: nested deeper than %d", name, DEPTH_MAX);
    json_error_t why;
    json_t *json = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!json)
        return err_set(err, ERR_INPUT, "%s:%d:%d: not valid JSON: %s", name, why.line, why.column,
                       why.text);
    *out = ours(json);
    return OK;
}

bool doc_is_object(const struct doc *doc)
{
    return json_is_object(raw(doc));
}

bool doc_is_array(const struct doc *doc)
{
    return json_is_array(raw(doc));
}

bool doc_is_text(const struct doc *doc)
{
    return json_is_string(raw(doc));
}

bool doc_is_null(const struct doc *doc)
{
    return json_is_null(raw(doc));
}

const struct doc *doc_get(const struct doc *doc, const char *key)
{
    return (const struct doc *)json_object_get(raw(doc), key);
}

size_t doc_count(const struct doc *doc)
{
    return json_is_object(raw(doc)) ? json_object_size(raw(doc)) : json_array_size(raw(doc));
}

const struct doc *doc_at(const struct doc *array, size_t index)
{
    return (const struct doc *)json_array_get(raw(array), index);
}

const char *doc_next_key(const struct doc *object, const char *key)
{
    json_t *json = raw(object);
    void *iterator =
        key ? json_object_iter_next(json, json_object_iter_at(json, key)) : json_object_iter(json);
    return iterator ? json_object_iter_key(iterator) : NULL;
}

const char *doc_text(const struct doc *doc, const char *otherwise)
{
    const char *text = json_string_value(raw(doc));
    return text ? text : otherwise;
}

int64_t doc_int(const struct doc *doc, int64_t otherwise)
{
    return json_is_integer(raw(doc)) ? (int64_t)json_integer_value(raw(doc)) : otherwise;
}

bool doc_bool(const struct doc *doc, bool otherwise)
{
    return json_is_boolean(raw(doc)) ? json_boolean_value(raw(doc)) : otherwise;
}

bool doc_real(const struct doc *doc, double *out)
{
    if (!json_is_number(raw(doc)))
        return false;
    *out = json_number_value(raw(doc));
    return true;
}

enum err_kind doc_need_text(const struct doc *object, const char *key, const char **out,
                            struct err *err)
{
    const char *text = doc_text(doc_get(object, key), NULL);
    if (!text)
        return err_set(err, ERR_INPUT, "\"%s\" is missing or no text", key);
    *out = text;
    return OK;
}

enum err_kind doc_need_int(const struct doc *object, const char *key, int64_t *out, struct err *err)
{
    const struct doc *value = doc_get(object, key);
    if (!json_is_integer(raw(value)))
        return err_set(err, ERR_INPUT, "\"%s\" is missing or no whole number", key);
    *out = doc_int(value, 0);
    return OK;
}
