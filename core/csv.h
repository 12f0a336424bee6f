#ifndef GONG_CORE_CSV_H
#define GONG_CORE_CSV_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// Rows of RFC 4180: fields between commas, quoted when they hold a comma, a quote (doubled) or a
// line break; lines end with LF or CRLF; a UTF-8 BOM at the start is passed over.
enum { CSV_FIELDS_MAX = 1024, CSV_ROW_BYTES_MAX = 64 * 1024, CSV_ROW_LINES_MAX = 100 };

struct csv {
    struct str rest;
    struct str start;                 // from the row that was read last on
    size_t line;                      // of the row that was read last, from 1
    size_t next_line;                 // where the next row begins
    struct buf bytes;                 // of the row's fields; owned
    size_t count;                     // fields of the row
    struct str field[CSV_FIELDS_MAX]; // borrowed until the next row
};

// `text` is borrowed while rows are read.
void csv_start(struct csv *csv, struct str text);
void csv_free(struct csv *csv); // serves as cleanup attribute

// Reads the next row; `*row` is false after the last. Empty lines are passed over. ERR_INPUT, with
// the row's first line passed over so that the next call goes on behind it (one open quote costs
// one row, not the rest of the file): a quote that never ends or stands inside a field, more than
// 1024 fields, 64 KiB or 100 lines.
MUST_USE enum err_kind csv_next(struct csv *csv, bool *row, struct err *err);

// Writes a field, in quotes where it needs them. Commas and line ends are the caller's.
void csv_put(struct buf *out, const char *text);

#endif
