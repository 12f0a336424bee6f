#include "core/text.h"

#include "core/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct str str_of(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

bool str_same(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_is(struct str a, const char *text)
{
    return str_same(a, str_of(text));
}

bool str_starts(struct str a, const char *start)
{
    size_t len = strlen(start);
    return a.len >= len && memcmp(a.at, start, len) == 0;
}

bool str_ends(struct str a, const char *end)
{
    size_t len = strlen(end);
    return a.len >= len && memcmp(a.at + a.len - len, end, len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str str_trim(struct str a)
{
    while (a.len && is_space(a.at[0])) {
        a.at++;
        a.len--;
    }
    while (a.len && is_space(a.at[a.len - 1]))
        a.len--;
    return a;
}

size_t str_count(struct str a, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < a.len; i++)
        count += a.at[i] == c;
    return count;
}

char *str_copy(struct str a)
{
    char *copy = mem_new(a.len + 1, 1);
    if (a.len)
        memcpy(copy, a.at, a.len);
    return copy;
}

bool str_take_field(struct str *rest, char separator, struct str *field)
{
    if (!rest->at)
        return false;
    const char *end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    if (!end) {
        *field = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    *field = (struct str){rest->at, (size_t)(end - rest->at)};
    rest->len -= field->len + 1;
    rest->at = end + 1;
    return true;
}

bool str_take_line(struct str *rest, struct str *line)
{
    if (rest->len == 0)
        return false;
    if (!str_take_field(rest, '\n', line))
        return false;
    if (line->len && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

bool str_take_bytes(struct str *rest, void *out, size_t size)
{
    if (rest->len < size)
        return false;
    memcpy(out, rest->at, size);
    rest->at += size;
    rest->len -= size;
    return true;
}

struct buf buf_new(size_t max)
{
    return (struct buf){.max = max};
}

void buf_free(struct buf *buf)
{
    mem_free(&buf->at);
    *buf = (struct buf){.max = buf->max};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->full = false;
    if (buf->at)
        buf->at[0] = '\0';
}

char *buf_room(struct buf *buf, size_t most)
{
    if (buf->full || most > buf->max - buf->len) {
        buf->full = true;
        return NULL;
    }
    if (buf->len + most + 1 > buf->room) {
        size_t room = buf->room ? buf->room * 2 : 128;
        while (room < buf->len + most + 1)
            room *= 2;
        buf->at = mem_resize(buf->at, room, 1);
        buf->room = room;
    }
    return buf->at + buf->len;
}

void buf_wrote(struct buf *buf, const char *end)
{
    buf->len = (size_t)(end - buf->at);
    buf->at[buf->len] = '\0';
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    char *at = buf_room(buf, len);
    if (!at)
        return;
    if (len)
        memcpy(at, bytes, len);
    buf_wrote(buf, at + len);
}

void buf_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_str(struct buf *buf, struct str text)
{
    buf_add(buf, text.at, text.len);
}

void buf_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_print(struct buf *buf, const char *text, ...)
{
    char small[256];
    va_list values;
    va_start(values, text);
    int len = vsnprintf(small, sizeof(small), text, values);
    va_end(values);
    assert(len >= 0);
    if ((size_t)len < sizeof(small)) {
        buf_add(buf, small, (size_t)len);
        return;
    }
    AUTO(mem_drop) char *large = mem_new((size_t)len + 1, 1);
    va_start(values, text);
    (void)vsnprintf(large, (size_t)len + 1, text, values);
    va_end(values);
    buf_add(buf, large, (size_t)len);
}

void buf_markup(struct buf *buf, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.at[i]) {
        case '&':
            buf_text(buf, "&amp;");
            break;
        case '<':
            buf_text(buf, "&lt;");
            break;
        case '>':
            buf_text(buf, "&gt;");
            break;
        case '"':
            buf_text(buf, "&quot;");
            break;
        default:
            buf_char(buf, text.at[i]);
        }
    }
}

struct str buf_slice(const struct buf *buf)
{
    return (struct str){buf->at ? buf->at : "", buf->len};
}

char *buf_take(struct buf *buf)
{
    if (!buf->at)
        buf_add(buf, "", 0);
    char *taken = buf->at;
    *buf = (struct buf){.max = buf->max};
    return taken;
}

// The letters that Vietnamese and English texts are made of, which are NFC as they stand: up to the
// first combining mark, the precomposed Vietnamese ones, and dashes, quotes and dots. The length of
// the letter at the start of `text`, 0 when it is none of them (or no UTF-8); `*letter` is it.
static size_t take_common(struct str text, uint32_t *letter)
{
    const unsigned char *at = (const unsigned char *)text.at;
    if (text.len == 0)
        return 0;
    if (at[0] < 0x80) {
        *letter = at[0];
        return 1;
    }
    if (text.len >= 2 && at[0] >= 0xc2 && at[0] <= 0xcb && (at[1] & 0xc0) == 0x80) {
        *letter = (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
        return 2; // U+0080..U+02FF
    }
    if (text.len >= 3 && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80) {
        *letter = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
        bool vietnamese = at[0] == 0xe1 && *letter >= 0x1ea0 && *letter <= 0x1ef9;
        bool mark = at[0] == 0xe2 && *letter >= 0x2010 && *letter <= 0x2027;
        return vietnamese || mark ? 3 : 0;
    }
    return 0;
}

static bool is_common(struct str text)
{
    uint32_t letter;
    for (size_t len; text.len; text.at += len, text.len -= len) {
        len = take_common(text, &letter);
        if (len == 0)
            return false;
    }
    return true;
}

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

enum err_kind text_nfc(struct str text, struct buf *out, struct err *err)
{
    bool has_control = false; // without a way out of the loop it is done many bytes at a time
    for (size_t i = 0; i < text.len; i++)
        has_control |= is_control((unsigned char)text.at[i]);
    for (size_t i = 0; has_control && i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (is_control(c))
            return err_set(err, ERR_INPUT, "control character %u at byte %zu", c, i);
    }
    if (is_common(text)) {
        buf_str(out, text);
        return OK;
    }
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, &made,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (len < 0)
        return err_set(err, ERR_INPUT, "not UTF-8 text (%s)", utf8proc_errmsg(len));
    buf_add(out, made, (size_t)len);
    free(made);
    return OK;
}

bool text_is_utf8(struct str text)
{
    for (size_t i = 0; i < text.len;) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t step = 1;
        if ((unsigned char)text.at[i] >= 0x80)
            step = utf8proc_iterate((const utf8proc_uint8_t *)text.at + i,
                                    (utf8proc_ssize_t)(text.len - i), &c);
        if (step < 1)
            return false;
        i += (size_t)step;
    }
    return true;
}

bool text_is_nfc(struct str text)
{
    if (is_common(text))
        return true;
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, &made,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    bool same = len >= 0 && (size_t)len == text.len && memcmp(made, text.at, text.len) == 0;
    free(made);
    return same;
}

// What the accents' decomposition leaves, and marks that look harmless but are outside GSM-7.
static const char *plain_of(int32_t c)
{
    switch (c) {
    case 0x00b0: // of degrees: "13 C"
        return "";
    case 0x00b2:
        return "2";
    case 0x00b3:
        return "3";
    case 0x00d7:
        return "x";
    case 0x00b7: // of degree days
        return ".";
    case 0x0111: // d with stroke
        return "d";
    case 0x0110:
        return "D";
    case 0x0180: // b with stroke
        return "b";
    case 0x0243:
        return "B";
    case 0x2018:
    case 0x2019:
    case 0x02bc:
        return "'";
    case 0x201c:
    case 0x201d:
    case 0x00ab:
    case 0x00bb:
        return "\"";
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return "-";
    case 0x2026:
        return "...";
    case 0x00a0:
        return " ";
    case 0x2265:
        return ">=";
    case 0x2264:
        return "<=";
    default:
        return NULL;
    }
}

// What the accents of a common letter leave; 0 when this table does not know it.
static char base_of(uint32_t letter)
{
    // U+1EA0..U+1EF9: capital and small in turn.
    static const struct {
        uint16_t last;
        char base;
    } runs[] = {{0x1eb7, 'a'}, {0x1ec7, 'e'}, {0x1ecb, 'i'},
                {0x1ee3, 'o'}, {0x1ef1, 'u'}, {0x1ef9, 'y'}};
    static const struct {
        uint16_t letter;
        char base;
    } others[] = {{0xe0, 'a'},  {0xe1, 'a'},  {0xe2, 'a'},  {0xe3, 'a'},  {0xe8, 'e'},
                  {0xe9, 'e'},  {0xea, 'e'},  {0xec, 'i'},  {0xed, 'i'},  {0xf2, 'o'},
                  {0xf3, 'o'},  {0xf4, 'o'},  {0xf5, 'o'},  {0xf9, 'u'},  {0xfa, 'u'},
                  {0xfd, 'y'},  {0x103, 'a'}, {0x111, 'd'}, {0x129, 'i'}, {0x169, 'u'},
                  {0x1a1, 'o'}, {0x1b0, 'u'}, {0xc0, 'A'},  {0xc1, 'A'},  {0xc2, 'A'},
                  {0xc3, 'A'},  {0xc8, 'E'},  {0xc9, 'E'},  {0xca, 'E'},  {0xcc, 'I'},
                  {0xcd, 'I'},  {0xd2, 'O'},  {0xd3, 'O'},  {0xd4, 'O'},  {0xd5, 'O'},
                  {0xd9, 'U'},  {0xda, 'U'},  {0xdd, 'Y'},  {0x102, 'A'}, {0x110, 'D'},
                  {0x128, 'I'}, {0x168, 'U'}, {0x1a0, 'O'}, {0x1af, 'U'}};
    if (letter >= 0x1ea0) {
        for (size_t i = 0; i < COUNT_OF(runs); i++) {
            if (letter <= runs[i].last)
                return (char)(letter % 2 ? runs[i].base : runs[i].base - 'a' + 'A');
        }
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (others[i].letter == letter)
            return others[i].base;
    }
    return 0;
}

// The whole text by that table; false (with `out` as it was) when a letter is not in it.
static bool strip_common(struct str text, struct buf *out)
{
    size_t before = out->len;
    uint32_t letter;
    for (size_t len; text.len; text.at += len, text.len -= len) {
        len = take_common(text, &letter);
        char base = 0;
        if (len > 0 && letter < 0x80)
            base = *text.at;
        else if (len > 0)
            base = base_of(letter);
        if (base == 0) {
            out->len = before;
            return false;
        }
        buf_char(out, base);
    }
    return true;
}

size_t text_ascii(struct str text, struct buf *out)
{
    if (strip_common(text, out))
        return 0;
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, &made,
                     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK);
    if (len < 0) {
        buf_char(out, '?');
        return 1;
    }
    size_t lost = 0;
    for (utf8proc_ssize_t i = 0; i < len;) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t step = utf8proc_iterate(made + i, len - i, &c);
        i += step > 0 ? step : 1;
        const char *plain = plain_of(c);
        if (plain) {
            buf_text(out, plain);
        } else if (c >= 0 && c < 0x80) {
            buf_char(out, (char)c);
        } else {
            buf_char(out, '?');
            lost++;
        }
    }
    free(made);
    return lost;
}

// Whether the bytes up to the end are the start of a letter, of which the rest is not there.
static bool is_cut(const utf8proc_uint8_t *at, size_t len)
{
    size_t whole = at[0] >= 0xf0 && at[0] <= 0xf4   ? 4
                   : at[0] >= 0xe0 && at[0] <= 0xef ? 3
                   : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                                                    : 0;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return false;
    }
    return len < whole;
}

// Composes the letters in place; where the composed text is longer (some scripts alone), in ASCII.
static void compose(char *text)
{
    size_t len = strlen(text);
    utf8proc_uint8_t *made = NULL;
    if (text_is_nfc(str_of(text)))
        return;
    utf8proc_ssize_t made_len = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len,
                                             &made, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (made_len >= 0 && (size_t)made_len <= len) {
        memcpy(text, made, (size_t)made_len);
        text[made_len] = '\0';
    } else {
        AUTO(buf_free) struct buf plain = buf_new(4 * len + 1);
        (void)text_ascii(str_of(text), &plain);
        text_copy(text, len + 1, plain.at ? plain.at : "");
    }
    free(made);
}

static void clean_letters(char *text)
{
    utf8proc_uint8_t *at = (utf8proc_uint8_t *)text;
    for (size_t left = strlen(text); left > 0;) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t step = 1;
        if (*at >= 0x80) {
            step = utf8proc_iterate(at, (utf8proc_ssize_t)left, &c);
            if (step < 1 && is_cut(at, left)) {
                *at = '\0';
                return;
            }
        }
        if (step < 1)
            *at = '?';
        else if (*at < 0x20 || *at == 0x7f)
            *at = ' ';
        step = step < 1 ? 1 : step;
        at += step;
        left -= (size_t)step;
    }
}

void text_clean(char *text)
{
    clean_letters(text);
    compose(text);
}

void text_copy(char *out, size_t size, const char *from)
{
    size_t len = strnlen(from, size - 1);
    memcpy(out, from, len);
    out[len] = '\0';
}

void text_grouped(struct buf *out, int64_t number, char separator)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRId64, number);
    for (int i = 0; i < len; i++) {
        bool after_digit = i > 0 && digits[i - 1] != '-';
        if (after_digit && (len - i) % 3 == 0)
            buf_char(out, separator);
        buf_char(out, digits[i]);
    }
}

void text_milli(struct buf *out, int64_t milli, char point)
{
    uint64_t size = milli < 0 ? (uint64_t)0 - (uint64_t)milli : (uint64_t)milli;
    if (milli < 0)
        buf_char(out, '-');
    buf_print(out, "%" PRIu64, size / 1000);
    uint64_t part = size % 1000;
    if (part == 0)
        return;
    buf_char(out, point);
    for (uint64_t unit = 100; part; unit /= 10) {
        buf_char(out, (char)('0' + part / unit));
        part %= unit;
    }
}

enum { NEAREST_LEN_MAX = 40 };

static size_t distance(struct str a, struct str b)
{
    size_t row[NEAREST_LEN_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = diagonal + (a.at[i - 1] != b.at[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.len];
}

const char *text_nearest(struct str word, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = word.len / 3 + 2; // farther than this is another word
    for (; *names; names++) {
        struct str name = str_of(*names);
        if (name.len > NEAREST_LEN_MAX || word.len > NEAREST_LEN_MAX)
            continue;
        size_t far = distance(word, name);
        if (far < least) {
            least = far;
            nearest = *names;
        }
    }
    return nearest;
}
