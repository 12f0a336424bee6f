#include "core/sms.h"

#include "core/mem.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

const char *const sms_coding_names[] = {"GSM-7", "UCS-2", NULL};
const char *const sms_policy_names[] = {"ascii160", "ascii", "ucs2", "auto", NULL};

enum { ESCAPE = 0x1b, REPLACEMENT = 0xfffd, TEXT_BYTES_MAX = 8192, PLAIN_BYTES_MAX = 64 };

static const struct {
    size_t alone, each;
} room_of[] = {{160, 153}, {70, 67}};

// 3GPP TS 23.038, 6.2.1: the letter of each septet; 0x1b leads to the extension.
static const uint16_t alphabet[128] = {
    0x40,  0xa3, 0x24, 0xa5,  0xe8, 0xe9,  0xf9,  0xec,  0xf2,  0xc7,  0x0a,  0xd8,  0xf8,
    0x0d,  0xc5, 0xe5, 0x394, 0x5f, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398,
    0x39e, 0,    0xc6, 0xe6,  0xdf, 0xc9,  0x20,  0x21,  0x22,  0x23,  0xa4,  0x25,  0x26,
    0x27,  0x28, 0x29, 0x2a,  0x2b, 0x2c,  0x2d,  0x2e,  0x2f,  0x30,  0x31,  0x32,  0x33,
    0x34,  0x35, 0x36, 0x37,  0x38, 0x39,  0x3a,  0x3b,  0x3c,  0x3d,  0x3e,  0x3f,  0xa1,
    0x41,  0x42, 0x43, 0x44,  0x45, 0x46,  0x47,  0x48,  0x49,  0x4a,  0x4b,  0x4c,  0x4d,
    0x4e,  0x4f, 0x50, 0x51,  0x52, 0x53,  0x54,  0x55,  0x56,  0x57,  0x58,  0x59,  0x5a,
    0xc4,  0xd6, 0xd1, 0xdc,  0xa7, 0xbf,  0x61,  0x62,  0x63,  0x64,  0x65,  0x66,  0x67,
    0x68,  0x69, 0x6a, 0x6b,  0x6c, 0x6d,  0x6e,  0x6f,  0x70,  0x71,  0x72,  0x73,  0x74,
    0x75,  0x76, 0x77, 0x78,  0x79, 0x7a,  0xe4,  0xf6,  0xf1,  0xfc,  0xe0,
};

// 6.2.1.1: what follows an escape.
static const struct {
    uint8_t septet;
    uint16_t letter;
} extension[] = {{0x0a, 0x0c}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2f, '\\'},
                 {0x3c, '['},  {0x3d, '~'}, {0x3e, ']'}, {0x40, '|'}, {0x65, 0x20ac}};

// The septet of each letter from 0x80 to 0xff that has one: texts are full of others.
static const uint8_t latin[128] = {
    [0x21] = 0x40, [0x23] = 0x01, [0x24] = 0x24, [0x25] = 0x03, [0x27] = 0x5f, [0x3f] = 0x60,
    [0x44] = 0x5b, [0x45] = 0x0e, [0x46] = 0x1c, [0x47] = 0x09, [0x49] = 0x1f, [0x51] = 0x5d,
    [0x56] = 0x5c, [0x58] = 0x0b, [0x5c] = 0x5e, [0x5f] = 0x1e, [0x60] = 0x7f, [0x64] = 0x7b,
    [0x65] = 0x0f, [0x66] = 0x1d, [0x68] = 0x04, [0x69] = 0x05, [0x6c] = 0x07, [0x71] = 0x7d,
    [0x72] = 0x08, [0x76] = 0x7c, [0x78] = 0x0c, [0x79] = 0x06, [0x7c] = 0x7e,
};

// The next letter of UTF-8 that is known to be well-formed.
static uint32_t take_letter(struct str *rest)
{
    const unsigned char *at = (const unsigned char *)rest->at;
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    assert(len <= rest->len && "text is no UTF-8");
    uint32_t letter = len == 1 ? at[0] : at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        letter = letter << 6 | (at[i] & 0x3fu);
    rest->at += len;
    rest->len -= len;
    return letter;
}

static void put_letter(struct buf *out, uint32_t letter)
{
    if (letter < 0x80) {
        buf_char(out, (char)letter);
        return;
    }
    char bytes[4];
    size_t len = letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; letter >>= 6)
        bytes[i] = (char)(0x80 | (letter & 0x3f));
    bytes[0] = (char)((0xf00u >> len & 0xffu) | letter);
    buf_add(out, bytes, len);
}

// The septets of a letter, 1 or 2; 0 when the alphabet does not have it.
static size_t septets_of(uint32_t letter, uint8_t septet[2])
{
    // Most letters are ASCII that stands at its own place.
    if (letter < 0x80 && alphabet[letter] == letter && letter != 0) {
        septet[0] = (uint8_t)letter;
        return 1;
    }
    if (letter >= 0x80 && letter <= 0xff) {
        septet[0] = latin[letter - 0x80];
        return septet[0] != 0;
    }
    if ((letter >= 0x100 && letter < 0x393) || (letter > 0x3a9 && letter != 0x20ac))
        return 0;
    for (size_t i = 0; i < COUNT_OF(alphabet); i++) {
        if (alphabet[i] == letter && i != ESCAPE) {
            septet[0] = (uint8_t)i;
            return 1;
        }
    }
    for (size_t i = 0; i < COUNT_OF(extension); i++) {
        if (extension[i].letter == letter) {
            septet[0] = ESCAPE;
            septet[1] = extension[i].septet;
            return 2;
        }
    }
    return 0;
}

static size_t units_of(uint32_t letter, enum sms_coding coding)
{
    uint8_t ignored[2];
    if (coding == SMS_GSM7)
        return septets_of(letter, ignored);
    return letter > 0xffff ? 2 : 1;
}

static bool is_mark(uint32_t letter)
{
    return (letter >= 0x300 && letter <= 0x36f) || (letter >= 0x1ab0 && letter <= 0x1aff) ||
           (letter >= 0x1dc0 && letter <= 0x1dff) || (letter >= 0x20d0 && letter <= 0x20ff) ||
           (letter >= 0xfe20 && letter <= 0xfe2f);
}

// What must stay together: a letter and the marks on it.
static struct str take_cluster(struct str *rest, enum sms_coding coding, size_t *units)
{
    struct str start = *rest;
    *units = units_of(take_letter(rest), coding);
    // A mark begins with 0xcc or more: nearly always this is one look.
    while (rest->len && (unsigned char)rest->at[0] >= 0xcc) {
        struct str ahead = *rest;
        uint32_t letter = take_letter(&ahead);
        if (!is_mark(letter))
            break;
        *units += units_of(letter, coding);
        *rest = ahead;
    }
    return (struct str){start.at, (size_t)(rest->at - start.at)};
}

bool sms_take_part(struct str *rest, enum sms_coding coding, size_t parts, struct str *part)
{
    assert(parts > 0);
    size_t room = parts == 1 ? room_of[coding].alone : room_of[coding].each, used = 0;
    if (rest->len == 0)
        return false;
    *part = (struct str){rest->at, 0};
    while (rest->len) {
        struct str ahead = *rest;
        size_t units;
        struct str cluster = take_cluster(&ahead, coding, &units);
        // One letter under more marks than a part has room is no letter: it is split after all.
        if (used + units > room && part->len > 0)
            break;
        part->len += cluster.len;
        used += units;
        *rest = ahead;
    }
    return true;
}

// How many parts a text of so many units needs. Without a pair that must stay together each part
// but the last is full; else the parts are tried.
static size_t count_parts(struct str text, enum sms_coding coding, size_t units, bool has_pairs)
{
    size_t parts = 0;
    if (units <= room_of[coding].alone)
        return 1;
    if (!has_pairs) {
        parts = (units + room_of[coding].each - 1) / room_of[coding].each;
    } else {
        struct str part;
        while (parts <= SMS_PARTS_MAX && sms_take_part(&text, coding, 2, &part))
            parts++;
    }
    return parts > SMS_PARTS_MAX ? SMS_REFUSED : parts;
}

struct sms_size sms_measure(struct str text)
{
    struct sms_size size = {.coding = SMS_GSM7};
    size_t wide = 0, letters = 0;
    bool has_marks = false;
    for (struct str rest = text; rest.len; letters++) {
        uint32_t letter = take_letter(&rest);
        if (size.coding == SMS_GSM7) {
            size_t units = units_of(letter, SMS_GSM7);
            size.coding = units == 0 ? SMS_UCS2 : SMS_GSM7;
            size.units += units;
        }
        wide += units_of(letter, SMS_UCS2);
        has_marks |= letter >= 0x300 && is_mark(letter);
    }
    if (size.coding == SMS_UCS2)
        size.units = wide;
    size.parts = count_parts(text, size.coding, size.units, has_marks || size.units != letters);
    return size;
}

// --- what is sent
// --------------------------------------------------------------------------------------

// Marks that look harmless and cost UTF-16 for the whole message.
static const char *plain_of(uint32_t letter)
{
    static const struct {
        uint16_t letter;
        const char *plain;
    } marks[] = {{0x2018, "'"}, {0x2019, "'"},  {0x02bc, "'"},   {0x201c, "\""}, {0x201d, "\""},
                 {0x2013, "-"}, {0x2014, "-"},  {0x2026, "..."}, {0x00a0, " "},  {0x202f, " "},
                 {0x2009, " "}, {0x2265, ">="}, {0x2264, "<="},  {0x00b7, "."},  {0x2022, "-"},
                 {0x200b, ""},  {0xfeff, ""},   {'\t', " "},     {0x00ab, "\""}, {0x00bb, "\""}};
    if ((letter < 0xa0 && letter != '\t') || (letter > 0xbb && letter < 0x2000 && letter != 0x2bc))
        return NULL; // nearly all letters
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (marks[i].letter == letter)
            return marks[i].plain;
    }
    return NULL;
}

static void put_plain(struct str text, struct buf *out)
{
    const char *kept = text.at; // what is copied with the next mark, or at the end
    struct str rest = text;
    while (rest.len) {
        const char *start = rest.at;
        const char *plain = plain_of(take_letter(&rest));
        if (!plain)
            continue;
        buf_add(out, kept, (size_t)(start - kept));
        buf_text(out, plain);
        kept = rest.at;
    }
    buf_add(out, kept, (size_t)(rest.at - kept));
}

void sms_plain(struct str text, struct buf *out, struct buf *lost)
{
    AUTO(mem_drop) char *clean = str_copy(text);
    AUTO(buf_free) struct buf kept = buf_new(8 * text.len + 1);
    text_clean(clean);
    put_plain(str_of(clean), &kept);
    bool gap = false; // a letter is gone, and so is the second of the blanks around it
    for (struct str rest = buf_slice(&kept); rest.len;) {
        AUTO(buf_free) struct buf plain = buf_new(PLAIN_BYTES_MAX);
        uint8_t ignored[2];
        const char *start = rest.at;
        (void)take_letter(&rest);
        struct str one = {start, (size_t)(rest.at - start)};
        bool known = text_ascii(one, &plain) == 0;
        for (size_t i = 0; known && i < plain.len; i++)
            known = septets_of((unsigned char)plain.at[i], ignored) != 0;
        if (!known) {
            buf_str(lost, one);
            gap = true;
        } else if (plain.len) {
            bool twice = gap && *plain.at == ' ' && (out->len == 0 || out->at[out->len - 1] == ' ');
            if (!twice)
                buf_str(out, buf_slice(&plain));
            gap = false;
        }
    }
}

// By name the letters that are not in the 7-bit alphabet without their accents.
static enum err_kind refuse_letters(struct str text, struct err *err)
{
    AUTO(buf_free) struct buf plain = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf lost = buf_new(64);
    sms_plain(text, &plain, &lost);
    return err_set(err, ERR_INPUT,
                   "\"%s\" cannot be written without accents in the 7-bit alphabet; use other "
                   "words, or sms_policy: ucs2",
                   lost.at ? lost.at : "");
}

// Accents off. `out` gets ASCII; letters that no rule covers are refused by name.
static enum err_kind strip(struct str text, struct buf *out, struct err *err)
{
    size_t before = out->len;
    if (text_ascii(text, out) == 0)
        return OK;
    out->len = before;
    return refuse_letters(text, err);
}

static enum err_kind refuse_size(const struct sms_size *size, size_t parts_max, struct err *err)
{
    const char *unit = size->coding == SMS_GSM7 ? "septets" : "units";
    size_t most =
        parts_max == 1 ? room_of[size->coding].alone : parts_max * room_of[size->coding].each;
    return err_set(err, ERR_INPUT,
                   "the text has %zu %s in %s, at most %zu in %zu part%s; write it shorter",
                   size->units, unit, sms_coding_names[size->coding], most, parts_max,
                   parts_max == 1 ? "" : "s");
}

static bool fits(const struct sms_size *size, size_t parts_max)
{
    return size->parts != SMS_REFUSED && size->parts <= parts_max;
}

// Always UTF-16, whatever the letters.
static struct sms_size measure_wide(struct str text)
{
    struct sms_size size = sms_measure(text);
    if (size.coding == SMS_UCS2)
        return size;
    size = (struct sms_size){.coding = SMS_UCS2};
    for (struct str rest = text; rest.len;)
        size.units += units_of(take_letter(&rest), SMS_UCS2);
    size.parts = count_parts(text, SMS_UCS2, size.units, true);
    return size;
}

enum err_kind sms_prepare(struct str text, const struct sms_limits *limits, struct buf *out,
                          struct sms_size *size, struct err *err)
{
    assert(limits->parts_max >= 1 && limits->parts_max <= SMS_PARTS_MAX);
    AUTO(buf_free) struct buf clean = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf kept = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf plain = buf_new(TEXT_BYTES_MAX);
    size_t parts_max = limits->policy == SMS_POLICY_ASCII160 ? 1 : limits->parts_max;
    if (text_nfc(text, &clean, err))
        return err_of(err);
    put_plain(buf_slice(&clean), &kept);
    if (clean.full || kept.full)
        return err_set(err, ERR_INPUT, "the text is over %d bytes", TEXT_BYTES_MAX);
    bool wide = limits->policy == SMS_POLICY_UCS2;
    struct str made = buf_slice(&kept);
    struct sms_size now = wide ? measure_wide(made) : sms_measure(made);
    bool strips = limits->policy == SMS_POLICY_ASCII160 || limits->policy == SMS_POLICY_ASCII ||
                  (limits->policy == SMS_POLICY_AUTO && !fits(&now, parts_max));
    if (strips) {
        if (strip(made, &plain, err))
            return err_of(err);
        made = buf_slice(&plain);
        now = sms_measure(made);
    }
    if (now.coding == SMS_UCS2 && strips)
        return refuse_letters(made, err);
    if (!fits(&now, parts_max))
        return refuse_size(&now, parts_max, err);
    buf_str(out, made);
    *size = now;
    return OK;
}

// --- bytes on the wire
// ---------------------------------------------------------------------------------

static void put_unit(struct buf *out, uint32_t unit)
{
    char bytes[2] = {(char)(unit >> 8 & 0xff), (char)(unit & 0xff)};
    buf_add(out, bytes, sizeof(bytes));
}

void sms_encode(struct str text, enum sms_coding coding, struct buf *out)
{
    for (struct str rest = text; rest.len;) {
        uint32_t letter = take_letter(&rest);
        uint8_t septet[2];
        if (coding == SMS_GSM7) {
            size_t count = septets_of(letter, septet);
            assert(count > 0 && "a letter that is not in the alphabet");
            buf_add(out, septet, count);
        } else if (letter > 0xffff) {
            put_unit(out, 0xd800 + ((letter - 0x10000) >> 10));
            put_unit(out, 0xdc00 + ((letter - 0x10000) & 0x3ff));
        } else {
            put_unit(out, letter);
        }
    }
}

void sms_decode_gsm7(struct str bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t septet = (uint8_t)bytes.at[i];
        uint32_t letter = septet < 0x80 ? alphabet[septet] : REPLACEMENT;
        if (septet == ESCAPE) {
            letter = ' '; // an escape that leads nowhere is a blank (6.2.1.1)
            for (size_t e = 0; i + 1 < bytes.len && e < COUNT_OF(extension); e++) {
                if (extension[e].septet == (uint8_t)bytes.at[i + 1])
                    letter = extension[e].letter;
            }
            if (letter != ' ')
                i++;
        }
        put_letter(out, letter);
    }
}

void sms_decode_utf16(struct str bytes, struct buf *out)
{
    for (size_t i = 0; i + 1 < bytes.len; i += 2) {
        uint32_t unit = (uint32_t)(uint8_t)bytes.at[i] << 8 | (uint8_t)bytes.at[i + 1];
        if (unit >= 0xd800 && unit < 0xdc00 && i + 3 < bytes.len) {
            uint32_t low = (uint32_t)(uint8_t)bytes.at[i + 2] << 8 | (uint8_t)bytes.at[i + 3];
            if (low >= 0xdc00 && low < 0xe000) {
                unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        put_letter(out, unit >= 0xd800 && unit < 0xe000 ? REPLACEMENT : unit);
    }
    if (bytes.len % 2)
        put_letter(out, REPLACEMENT);
}

void sms_decode_latin1(struct str bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.len; i++)
        put_letter(out, (uint8_t)bytes.at[i]);
}
