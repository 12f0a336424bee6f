#ifndef GONG_CORE_TEXT_H
#define GONG_CORE_TEXT_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A slice of somebody else's bytes: borrowed, not ended by NUL.
struct str {
    const char *at;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).at

struct str str_of(const char *text); // of a C string
bool str_same(struct str a, struct str b);
bool str_is(struct str a, const char *text);
bool str_starts(struct str a, const char *start);
bool str_ends(struct str a, const char *end);
struct str str_trim(struct str a); // without ASCII white space at both ends
size_t str_count(struct str a, char c);
char *str_copy(struct str a); // heap, NUL added; mem_free

// Moves past the next line (without its "\n" or "\r\n"); false when nothing is left.
bool str_take_line(struct str *rest, struct str *line);

// Moves past the next field, up to `separator` or the end; false when nothing is left.
// An empty field is given; so "a," gives "a" and "" (rest.at becomes NULL at the end).
bool str_take_field(struct str *rest, char separator, struct str *field);

// Moves `size` bytes into `out`; false, with nothing moved, when fewer are left.
bool str_take_bytes(struct str *rest, void *out, size_t size);

// A text or block of bytes that is built; always ended by NUL. A buffer never grows past its
// maximum: what goes over it is dropped and `full` is set, which the maker checks once at the end.
struct buf {
    char *at;
    size_t len, room, max;
    bool full;
};

struct buf buf_new(size_t max);
void buf_free(struct buf *buf); // serves as cleanup attribute
void buf_clear(struct buf *buf);
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_text(struct buf *buf, const char *text);
void buf_str(struct buf *buf, struct str text);
void buf_char(struct buf *buf, char c);
// Where up to `most` bytes may be written, which buf_wrote adds then; NULL (and `full`) when they
// would not fit.
char *buf_room(struct buf *buf, size_t most);
void buf_wrote(struct buf *buf, const char *end); // behind the last byte written
void buf_print(struct buf *buf, const char *text, ...) PRINTF(2, 3);
void buf_markup(struct buf *buf, struct str text); // & < > " as entities of XML and HTML
struct str buf_slice(const struct buf *buf);
char *buf_take(struct buf *buf); // heap string, buffer is empty after; mem_free

// UTF-8. `out` is appended to.
//   text_nfc    ERR_INPUT when the bytes are not UTF-8 or hold a control character but \n and \t
//   text_ascii  accents stripped (NFD, marks dropped, đ Đ ƀ mapped, typographic marks replaced);
//               what is still outside ASCII becomes '?', and its count is returned
MUST_USE enum err_kind text_nfc(struct str text, struct buf *out, struct err *err);
size_t text_ascii(struct str text, struct buf *out);
bool text_is_utf8(struct str text);
bool text_is_nfc(
    struct str text); // UTF-8 that text_nfc would leave as it is; controls may be in it

// Makes a C string from outside fit for every store, in place: bytes that are no UTF-8 become '?',
// control characters a blank, a letter that was cut at the end goes; what is left is composed
// (NFC).
void text_clean(char *text);

// A C string as far as it goes into `size` bytes (> 0), the NUL with it.
void text_copy(char *out, size_t size, const char *from);

// 1.234.567 (vi) or 1,234,567 (en): groups of three.
void text_grouped(struct buf *out, int64_t number, char separator);

// A whole number in thousandths as a decimal: 187600 -> "187.6", 40000 -> "40" (point as given).
void text_milli(struct buf *out, int64_t milli, char point);

// The one of `names` (NULL-ended) that is nearest to `word`, or NULL when none is near.
const char *text_nearest(struct str word, const char *const *names);

#endif
