#include "ingest/gribparts.h"

#include "core/mem.h"

#include <stdint.h>
#include <string.h>

enum {
    SKIP_MAX = 1 << 16, // bytes between messages: tape marks, padding
    HEAD = 16,          // section 0 of edition 2
    EDITION_AT = 7,
    SECTION_MIN = 5,
    END = 4, // "7777"
    FIELD = 7,
    BITMAP = 6,
    BITMAP_AT = 5,      // octet 6 of section 6 says what the bitmap is
    BITMAP_BEFORE = 254 // that of the field before
};

struct gribparts gribparts_of(struct str bytes)
{
    return (struct gribparts){.rest = bytes};
}

void gribparts_free(struct gribparts *parts)
{
    buf_free(&parts->part);
}

static uint64_t big_endian(const char *at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

// The length of the message that begins at `bytes`; 0 when it makes no sense.
static uint64_t length_of(struct str bytes)
{
    if (bytes.len < HEAD)
        return 0;
    if (bytes.at[EDITION_AT] == 1)
        return big_endian(bytes.at + 4, 3);
    return bytes.at[EDITION_AT] == 2 ? big_endian(bytes.at + HEAD / 2, HEAD / 2) : 0;
}

static enum err_kind next_message(struct gribparts *parts, struct str *out, struct err *err)
{
    struct str *rest = &parts->rest;
    const char *start = rest->len ? memmem(rest->at, rest->len, "GRIB", 4) : NULL;
    *out = (struct str){"", 0};
    if (!start)
        return OK; // what stands behind the last message is padding
    size_t skipped = (size_t)(start - rest->at);
    struct str message = {start, rest->len - skipped};
    uint64_t length = length_of(message);
    if (skipped > SKIP_MAX || length == 0 || length > message.len)
        return err_set(err, ERR_INPUT, "a GRIB message is cut off or damaged: %zu bytes are there",
                       message.len);
    message.len = length;
    *rest = (struct str){start + length, rest->len - skipped - length};
    if (message.len < HEAD + END || memcmp(message.at + length - END, "7777", END) != 0)
        return err_set(err, ERR_INPUT, "a GRIB message does not end where it says");
    *out = message;
    return OK;
}

// The section at `at`; false at the end, or where it makes no sense (ecCodes says what is wrong).
static bool section_at(struct str message, size_t at, struct str *out, unsigned *number)
{
    if (at + SECTION_MIN + END > message.len)
        return false;
    uint64_t len = big_endian(message.at + at, 4);
    *number = (unsigned char)message.at[at + 4];
    *out = (struct str){message.at + at, len};
    return len >= SECTION_MIN && len <= message.len - END - at && *number >= 1 && *number <= FIELD;
}

static size_t count_fields(struct str message)
{
    size_t fields = 0, at = HEAD;
    struct str section;
    unsigned number;
    if (message.at[EDITION_AT] != 2)
        return 1;
    for (; section_at(message, at, &section, &number); at += section.len)
        fields += number == FIELD;
    return fields;
}

// Sections 1 to 7 as they hold now, between a head with the right length and the end.
static void put_part(struct gribparts *parts)
{
    uint64_t length = HEAD + END;
    char head[HEAD];
    for (size_t i = 1; i <= FIELD; i++)
        length += parts->section[i].len;
    memcpy(head, parts->message.at, HEAD);
    for (size_t i = 0; i < 8; i++)
        head[HEAD - 1 - i] = (char)(length >> (8 * i));
    buf_free(&parts->part);
    parts->part = buf_new(length + 1);
    buf_add(&parts->part, head, HEAD);
    for (size_t i = 1; i <= FIELD; i++)
        buf_str(&parts->part, parts->section[i]);
    buf_text(&parts->part, "7777");
}

// Goes on to the next section 7; false at the end of the message.
static bool next_field(struct gribparts *parts)
{
    struct str section;
    unsigned number;
    while (section_at(parts->message, parts->at, &section, &number)) {
        parts->at += section.len;
        bool before = number == BITMAP && section.len > BITMAP_AT &&
                      (unsigned char)section.at[BITMAP_AT] == BITMAP_BEFORE;
        if (number == BITMAP && !before)
            parts->bitmap = section;
        parts->section[number] = before && parts->bitmap.len ? parts->bitmap : section;
        if (number == FIELD)
            return true;
    }
    return false;
}

enum err_kind gribparts_next(struct gribparts *parts, struct str *out, struct err *err)
{
    if (parts->message.len && next_field(parts)) {
        put_part(parts);
        *out = buf_slice(&parts->part);
        return OK;
    }
    parts->message = (struct str){"", 0};
    if (next_message(parts, out, err))
        return err_of(err);
    if (out->len == 0 || count_fields(*out) < 2)
        return OK;
    parts->message = *out;
    parts->at = HEAD;
    parts->bitmap = (struct str){"", 0};
    memset(parts->section, 0, sizeof(parts->section));
    (void)next_field(parts); // there are two at least
    put_part(parts);
    *out = buf_slice(&parts->part);
    return OK;
}
