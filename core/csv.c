#include "core/csv.h"

#include <string.h>

void csv_start(struct csv *csv, struct str text)
{
    *csv = (struct csv){.rest = text, .next_line = 1, .bytes = buf_new(CSV_ROW_BYTES_MAX)};
    if (str_starts(csv->rest, "\xEF\xBB\xBF"))
        csv->rest = (struct str){text.at + 3, text.len - 3};
}

void csv_free(struct csv *csv)
{
    buf_free(&csv->bytes);
}

static char peek(const struct csv *csv)
{
    static const char end = '\n';
    return *(csv->rest.len ? csv->rest.at : &end);
}

static char take(struct csv *csv)
{
    char c = csv->rest.at[0];
    csv->rest.at++;
    csv->rest.len--;
    csv->next_line += c == '\n';
    return c;
}

static void skip_line(struct csv *csv)
{
    while (csv->rest.len && take(csv) != '\n') {
    }
}

// Takes a quoted field after its first quote; false when it does not end.
static bool take_quoted(struct csv *csv)
{
    while (csv->rest.len && !csv->bytes.full && csv->next_line - csv->line < CSV_ROW_LINES_MAX) {
        char c = take(csv);
        if (c != '"') {
            buf_char(&csv->bytes, c);
        } else if (csv->rest.len && peek(csv) == '"') {
            buf_char(&csv->bytes, take(csv));
        } else {
            return true;
        }
    }
    return false;
}

static bool at_end_of_line(const struct csv *csv)
{
    return peek(csv) == '\n' ||
           (peek(csv) == '\r' && (csv->rest.len < 2 || csv->rest.at[1] == '\n'));
}

static enum err_kind refuse(struct csv *csv, const char *why, struct err *err)
{
    csv->rest = csv->start;
    csv->next_line = csv->line;
    skip_line(csv);
    return err_set(err, ERR_INPUT, "line %zu: %s", csv->line, why);
}

// Takes one field; where it stands is known when the row is whole (the buffer may move).
static enum err_kind take_field(struct csv *csv, struct err *err)
{
    if (csv->count == CSV_FIELDS_MAX)
        return refuse(csv, "more than 1024 fields", err);
    size_t start = csv->bytes.len;
    if (csv->rest.len && peek(csv) == '"') {
        take(csv);
        bool closed = take_quoted(csv);
        if (csv->bytes.full)
            return refuse(csv, "the row is over 64 KiB", err);
        if (!closed)
            return refuse(csv, "a quote is never closed", err);
        if (!at_end_of_line(csv) && peek(csv) != ',')
            return refuse(csv, "text after a closing quote; put the whole field in quotes", err);
    }
    while (csv->rest.len && !at_end_of_line(csv) && peek(csv) != ',') {
        if (peek(csv) == '"')
            return refuse(csv, "a quote inside a field; put the field in quotes and double it",
                          err);
        buf_char(&csv->bytes, take(csv));
    }
    if (csv->bytes.full)
        return refuse(csv, "the row is over 64 KiB", err);
    csv->field[csv->count++].len = csv->bytes.len - start;
    return OK;
}

static enum err_kind take_row(struct csv *csv, struct err *err)
{
    for (;;) {
        if (take_field(csv, err))
            return err->kind;
        if (at_end_of_line(csv))
            break;
        take(csv); // the comma
    }
    skip_line(csv);
    const char *at = csv->bytes.at ? csv->bytes.at : ""; // all fields may be empty
    for (size_t i = 0; i < csv->count; i++) {
        csv->field[i].at = at;
        at += csv->field[i].len;
    }
    return OK;
}

enum err_kind csv_next(struct csv *csv, bool *row, struct err *err)
{
    csv->count = 0;
    buf_clear(&csv->bytes);
    while (csv->rest.len && at_end_of_line(csv))
        skip_line(csv);
    csv->line = csv->next_line;
    csv->start = csv->rest;
    *row = csv->rest.len > 0;
    return *row ? take_row(csv, err) : OK;
}

void csv_put(struct buf *out, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        buf_text(out, text);
        return;
    }
    buf_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_char(out, '"');
        buf_char(out, *text);
    }
    buf_char(out, '"');
}
