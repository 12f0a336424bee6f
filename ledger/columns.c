#include "ledger/columns.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES_MAX = 200 };
#define ALL_COLUMNS                                                                                \
    "contract, person, name, phone, account, language, commune, boundary_set, policy, "            \
    "sum_insured_vnd, starts, ends, and if it is known consent"

const char *const column_names[COLUMNS + 1] = {
    "contract", "person",  "name",         "phone",  "account",
    "language", "commune", "boundary_set", "policy", "sum_insured_vnd",
    "starts",   "ends",    "consent",      NULL};

// What may not be kept of a person: whatever a farmer is paid or told must not depend on it. As
// plain_name writes them, from their beginning on.
static const char *const forbidden[] = {"ethnic", "dan_toc", "race", "religion", "ton_giao"};

// Small letters without accents, "_" between words: "Dân tộc" -> "dan_toc".
static void plain_name(struct str name, struct buf *out)
{
    AUTO(buf_free) struct buf ascii = buf_new(NAME_BYTES_MAX);
    (void)text_ascii(name, &ascii);
    for (size_t i = 0; i < ascii.len; i++) {
        char c = (char)tolower((unsigned char)ascii.at[i]);
        buf_char(out, isalnum((unsigned char)c) ? c : '_');
    }
}

static bool is_forbidden(struct str name)
{
    AUTO(buf_free) struct buf plain = buf_new(NAME_BYTES_MAX);
    plain_name(name, &plain);
    for (size_t i = 0; i < COUNT_OF(forbidden); i++) {
        if (str_starts(buf_slice(&plain), forbidden[i]))
            return true;
    }
    return false;
}

static size_t column_of(struct str name)
{
    size_t c = 0;
    while (c < COLUMNS && (strlen(column_names[c]) != name.len ||
                           strncasecmp(column_names[c], name.at, name.len) != 0))
        c++;
    return c;
}

enum err_kind columns_check_bytes(struct str text, struct err *err)
{
    if (str_starts(text, "\xFF\xFE") || str_starts(text, "\xFE\xFF"))
        return err_set(err, ERR_INPUT,
                       "it is text in UTF-16; save the table again as \"CSV UTF-8\"");
    if (str_starts(text, "PK\x03\x04") || str_starts(text, "\xD0\xCF\x11\xE0"))
        return err_set(err, ERR_INPUT,
                       "it is a workbook, not a CSV; save the table as \"CSV UTF-8\"");
    return OK;
}

// Another mark than a comma between the fields: all of the row is one field then.
static enum err_kind check_commas(const struct csv *csv, struct err *err)
{
    static const struct {
        char mark;
        const char *name;
    } marks[] = {{';', "\";\""}, {'\t', "tabs"}, {'|', "\"|\""}};
    for (size_t i = 0; i < COUNT_OF(marks) && csv->count == 1; i++) {
        if (str_count(csv->field[0], marks[i].mark) > 1)
            return err_set(err, ERR_INPUT,
                           "line 1: %s stand between the columns; save the table with commas "
                           "(where a spreadsheet has a comma in numbers, choose the mark when "
                           "saving)",
                           marks[i].name);
    }
    return OK;
}

static enum err_kind refuse(const struct csv *csv, struct str name, struct err *err)
{
    size_t known = 0;
    const char *near = text_nearest(name, column_names);
    for (size_t i = 0; i < csv->count; i++)
        known += column_of(str_trim(csv->field[i])) < COLUMNS;
    if (is_forbidden(name))
        return err_set(err, ERR_INPUT,
                       "line 1: column \"" STR_FMT "\": gong keeps nobody's ethnicity or "
                       "religion; take the column out (write the language that a person wants "
                       "in \"language\")",
                       STR_ARG(name));
    if (known == 0)
        return err_set(err, ERR_INPUT, "line 1 names no column; write them there: " ALL_COLUMNS);
    return err_set(
        err, ERR_INPUT, "line 1: unknown column \"" STR_FMT "\"%s%s%s; there are " ALL_COLUMNS,
        STR_ARG(name), near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

enum err_kind columns_read(const struct csv *csv, size_t place[COLUMNS], struct err *err)
{
    for (size_t c = 0; c < COLUMNS; c++)
        place[c] = SIZE_MAX;
    if (check_commas(csv, err))
        return err_of(err);
    for (size_t i = 0; i < csv->count; i++) {
        struct str name = str_trim(csv->field[i]);
        size_t c = column_of(name);
        if (c == COLUMNS)
            return refuse(csv, name, err);
        if (place[c] != SIZE_MAX)
            return err_set(err, ERR_INPUT, "line 1: column \"%s\" is there twice", column_names[c]);
        place[c] = i;
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        if (place[c] == SIZE_MAX && c != CONSENT)
            return err_set(err, ERR_INPUT, "line 1: column \"%s\" is missing", column_names[c]);
    }
    return OK;
}
