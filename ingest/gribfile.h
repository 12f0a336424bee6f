#ifndef GONG_INGEST_GRIBFILE_H
#define GONG_INGEST_GRIBFILE_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"
#include "ingest/cf_cells.h"
#include "ingest/gribparts.h"
#include "ingest/wanted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A GRIB file (edition 1 or 2) that lies in memory, message by message, by ecCodes. Only the
// sandboxed decoder may link this. What the messages mean together is ingest/grib.h.

// True when bytes begin as one.
bool gribfile_is(struct str bytes);

// The folder of ecCodes' tables, the only files that it opens. Static.
const char *gribfile_tables(void);

// One message, open.
struct gribfile_message;
void gribfile_close(struct gribfile_message **message);

// Opens the next field as a message; NULL at the end. ERR_INPUT when it is cut off, or ecCodes
// cannot read its head.
MUST_USE enum err_kind gribfile_next(struct gribparts *parts, struct gribfile_message **out,
                                     struct err *err);

// Passes over the next field without opening it.
MUST_USE enum err_kind gribfile_pass(struct gribparts *parts, struct err *err);

// What is said of a message besides its numbers.
struct gribfile_head {
    char name[32], unit[64], method[16]; // shortName; stepType: "instant", "accum", "avg" ...
    struct utc issued_at, from, to;      // the interval of the step; an instant has both the same
    bool from_run;                       // it begins where the forecast begins
    int32_t member;                      // MEMBER_NONE
};
MUST_USE enum err_kind gribfile_head(const struct gribfile_message *message,
                                     struct gribfile_head *out, struct err *err);

// Whether a key of the message has a value (a level, a percentile); false when it has no such key.
bool gribfile_has(const struct gribfile_message *message, const char *key, double value);

// The grid of a message, and where its points stand.
struct gribfile_grid {
    char name[33]; // of ecCodes, MD5 over the grid section: the same for the same grid
    size_t points;
    struct cf_cells cells;
    uint32_t *cell; // [points] its cell, row by row as in a frame; UINT32_MAX: beside the box
};
void gribfile_grid_free(struct gribfile_grid *grid); // frees what is in it; a cleanup attribute

// ERR_INPUT names a kind of grid that is not read; ERR_MISSING says that the cells beside the file
// are of another grid.
MUST_USE enum err_kind gribfile_grid(const struct gribfile_message *message,
                                     const struct wanted_list *list, struct gribfile_grid *out,
                                     struct err *err);

// Whether the message is on that grid.
bool gribfile_on(const struct gribfile_message *message, const struct gribfile_grid *grid);

// The numbers, brought into cells: out [rows x columns], NaN where there is none.
MUST_USE enum err_kind gribfile_values(const struct gribfile_message *message,
                                       const struct gribfile_grid *grid, double *out,
                                       struct err *err);

#endif
