#include "core/yaml_why.h"

#include "core/mem.h"

#include <stdint.h>
#include <string.h>

// --- letters

struct letter {
    int32_t c; // < 0: bytes that are none
    size_t len;
};

static struct letter letter_at(struct str text, size_t at)
{
    enum { TWO = 0xc0, THREE = 0xe0, FOUR = 0xf0, REST = 0x3f, REST_BITS = 6 };
    const unsigned char *byte = (const unsigned char *)text.at + at;
    struct letter none = {-1, 1}, letter = {*byte, 1};
    if (*byte < 0x80)
        return letter;
    letter.len = *byte >= FOUR ? 4 : *byte >= THREE ? 3 : 2;
    if (*byte < TWO || letter.len > text.len - at ||
        !text_is_utf8((struct str){text.at + at, letter.len}))
        return none;
    letter.c = *byte & (REST >> (letter.len - 1));
    for (size_t i = 1; i < letter.len; i++)
        letter.c = letter.c << REST_BITS | (byte[i] & REST);
    return letter;
}

// Where the letter stands that begins at this byte; a mark of the order of bytes is no letter.
static struct yaml_place place_of(struct str text, size_t byte)
{
    struct yaml_place place = {1, 1};
    for (size_t at = str_starts(text, "\ufeff") ? strlen("\ufeff") : 0; at < byte;) {
        struct letter letter = letter_at(text, at);
        bool pair = letter.c == '\r' && at + 1 < text.len && text.at[at + 1] == '\n';
        bool ends = letter.c == '\n' || (letter.c == '\r' && !pair);
        place.line += ends;
        place.column = ends ? 1 : place.column + 1;
        at += letter.len;
    }
    return place;
}

static enum err_kind refuse(const char *name, struct yaml_place place, struct err *err,
                            const char *what)
{
    return err_set(err, ERR_INPUT, "%s:%zu:%zu: %s", name, place.line, place.column, what);
}

static enum err_kind refuse_letter(struct str text, size_t byte, const char *name, const char *what,
                                   struct err *err)
{
    struct letter letter = letter_at(text, byte);
    AUTO(buf_free) struct buf words = buf_new(300);
    if (letter.c >= 0)
        buf_print(&words, "U+%04X is %s", (unsigned)letter.c, what);
    else
        buf_print(&words, "the byte 0x%02x is %s", (unsigned)(unsigned char)text.at[byte], what);
    return refuse(name, place_of(text, byte), err, words.at);
}

static bool is_control(int32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || (c >= 0x7f && c < 0xa0);
}

// Letters without width, and those that turn the direction of what follows: a text that holds one
// is not what people read.
static bool is_unseen(int32_t c)
{
    return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

enum err_kind yaml_check_letters(struct str text, const char *name, struct err *err)
{
    if (str_starts(text, "\xff\xfe") || str_starts(text, "\xfe\xff"))
        return refuse(name, (struct yaml_place){1, 1}, err,
                      "this is UTF-16; save the file as UTF-8");
    for (size_t at = 0; at < text.len;) {
        struct letter letter = letter_at(text, at);
        if (letter.c < 0)
            return refuse_letter(text, at, name, "no UTF-8; save the file as UTF-8", err);
        if (is_control(letter.c))
            return refuse_letter(text, at, name, "a control character; take it out", err);
        at += letter.len;
    }
    return OK;
}

// The first byte of a line that composing changes.
static size_t changes_at(struct str line)
{
    AUTO(buf_free) struct buf made = buf_new(4 * line.len + 1);
    struct err ignored = {0};
    size_t at = 0;
    if (text_nfc(line, &made, &ignored))
        return 0;
    while (at < line.len && at < made.len && made.at[at] == line.at[at])
        at++;
    while (at > 0 && at < line.len && ((unsigned char)line.at[at] & 0xc0) == 0x80)
        at--;
    return at;
}

// The first byte of a text that is not composed.
static size_t decomposed_at(struct str text)
{
    struct str rest = text, line;
    while (str_take_line(&rest, &line)) {
        if (!text_is_nfc(line))
            return (size_t)(line.at - text.at) + changes_at(str_trim(line)) +
                   (size_t)(str_trim(line).at - line.at);
    }
    return 0;
}

enum err_kind yaml_check_composed(struct str text, const char *name, struct err *err)
{
    if (yaml_check_letters(text, name, err))
        return err->kind;
    for (size_t at = str_starts(text, "\ufeff") ? strlen("\ufeff") : 0; at < text.len;) {
        struct letter letter = letter_at(text, at);
        if (is_unseen(letter.c))
            return refuse_letter(text, at, name, "a character that nobody sees; take it out", err);
        at += letter.len;
    }
    if (text_is_nfc(text))
        return OK;
    return refuse(name, place_of(text, decomposed_at(text)), err,
                  "a letter and its marks are written one by one here; save the file as UTF-8 of "
                  "composed letters (NFC), for example by: uconv -x any-nfc");
}

// --- what libyaml found

// The letters of a line, without its end.
static struct str line_of(struct str text, size_t line)
{
    size_t from = 0, to;
    for (size_t at = 1; at < line; at++) {
        const char *end = memchr(text.at + from, '\n', text.len - from);
        if (!end)
            return (struct str){text.at + text.len, 0};
        from = (size_t)(end - text.at) + 1;
    }
    for (to = from; to < text.len && text.at[to] != '\n' && text.at[to] != '\r';)
        to++;
    return (struct str){text.at + from, to - from};
}

static bool holds(struct str line, const char *part)
{
    for (size_t i = 0; i < line.len; i++) {
        if (str_starts((struct str){line.at + i, line.len - i}, part))
            return true;
    }
    return false;
}

// The byte of a column; line.len past its end.
static size_t byte_of(struct str line, size_t column)
{
    size_t at = 0;
    for (size_t i = 1; i < column && at < line.len; i++)
        at += letter_at(line, at).len;
    return at;
}

static const char *of_character(const struct yaml_problem *found, struct str text)
{
    struct str line = line_of(text, found->at.line);
    size_t at = byte_of(line, found->at.column);
    if (at < line.len && line.at[at] == '\t')
        return "a tab stands here; indent with blanks";
    return "no value begins with this character; put the text in quotes, as \">=\"";
}

static const char *of_value(const struct yaml_problem *found, struct str text)
{
    struct str line = line_of(text, found->at.line);
    struct str before = {line.at, byte_of(line, found->at.column)};
    return holds(before, ": ")
               ? "a second colon in this line; put a text that holds \": \" in quotes"
               : "a key cannot begin here; indent it as its neighbours, or put a text that holds "
                 "a colon in quotes";
}

static const char *of_key(struct str line)
{
    static const char *const odd[] = {"\uff1a", ":\u00a0", "\u00a0"};
    if (holds(line, odd[0]))
        return "the colon of this line is a wide one; write an ordinary colon and a blank after it";
    if (holds(line, odd[1]) || holds(line, odd[2]))
        return "a blank of this line is not that of the space bar; write it again";
    return memchr(line.at, ':', line.len)
               ? "no blank stands after the colon; write \"name: value\""
               : "this line is no \"name: value\"; write a colon and a blank after the name, or "
                 "close the quotes or brackets above";
}

// A bracket that is closed nowhere is missed wherever the next key comes.
static const char *of_bracket(const struct yaml_problem *found, bool is_map)
{
    if (found->begun.line == found->at.line)
        return is_map ? "a comma or the closing } is missing before this; write one"
                      : "a comma or the closing ] is missing before this; write one";
    return is_map ? "in what this { begins a comma, a quotation mark or the closing } is missing; "
                    "write it"
                  : "in what this [ begins a comma, a quotation mark or the closing ] is missing; "
                    "write it";
}

// Plain words for the problem, NULL: none; `*begun`: they are of the place where it began.
static const char *words_of(const struct yaml_problem *found, struct str text, bool *begun)
{
    static const struct {
        const char *problem, *words;
        bool begun;
    } rows[] = {
        {"found unexpected end of stream",
         "the quotation mark that begins here is not closed; close it", true},
        {"found unexpected document indicator",
         "the quotation mark that begins here is not closed; close it", true},
        {"did not find expected key",
         "this line is indented otherwise than its neighbours; write as many blanks before it as "
         "before them",
         false},
        {"did not find expected '-' indicator",
         "a list with \"- \" ends here and something else begins; write \"- \" before it, or "
         "indent it otherwise",
         false},
        {"found a tab character", "a tab stands here; indent with blanks", false},
        {"found unknown escape character",
         "in \"...\" a backslash is a sign of its own; write two of them, or take '...'", false},
        {"block sequence entries are not allowed",
         "a list cannot begin here; write each \"- \" in a line of its own", false},
        {"found unexpected ':'", "a colon within { } or [ ] belongs in quotes; write it so", false},
        {"did not find expected node content", "a value is missing here; write it", false},
    };
    *begun = false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strncmp(found->problem, rows[i].problem, strlen(rows[i].problem)) != 0)
            continue;
        *begun = rows[i].begun;
        return rows[i].words;
    }
    if (strcmp(found->problem, "found character that cannot start any token") == 0)
        return of_character(found, text);
    if (strncmp(found->problem, "mapping values are not allowed", 30) == 0)
        return of_value(found, text);
    bool is_key = strcmp(found->problem, "could not find expected ':'") == 0;
    bool is_map = strcmp(found->problem, "did not find expected ',' or '}'") == 0;
    bool is_list = strcmp(found->problem, "did not find expected ',' or ']'") == 0;
    *begun = is_key || ((is_map || is_list) && found->begun.line != found->at.line);
    if (is_key)
        return of_key(line_of(text, found->begun.line));
    return is_map || is_list ? of_bracket(found, is_map) : NULL;
}

void yaml_say_problem(const struct yaml_problem *found, struct str text, const char *name,
                      struct err *err)
{
    bool begun = false;
    const char *problem = found->problem ? found->problem : "not valid YAML";
    const char *words = found->problem ? words_of(found, text, &begun) : NULL;
    AUTO(buf_free) struct buf other = buf_new(300);
    buf_print(&other, "%s; look whether a quotation mark, a comma or a blank is missing", problem);
    (void)refuse(name, begun ? found->begun : found->at, err, words ? words : other.at);
}
