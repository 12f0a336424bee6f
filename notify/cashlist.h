#ifndef GONG_NOTIFY_CASHLIST_H
#define GONG_NOTIFY_CASHLIST_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Cash, paid out by a commune: a list as CSV that an officer prints, lets people sign, fills in and
// sends back with a signature. Columns:
//
//   reference,contract,name,amount_vnd,paid,received_by,paid_on,note
//
// Out: the first four filled. Back: `paid` yes or no (có, không), `received_by` the name of who
// took the money, `paid_on` the date. A spreadsheet may change quotes and line ends; nothing else.

struct cash_row {
    const char *reference, *contract, *name;
    int64_t amount_vnd;
};
// With a byte order mark, so that spreadsheet programs read Vietnamese. `out` is appended to.
void cashlist_write(const struct cash_row *row, size_t count, struct buf *out);

struct cash_return {
    size_t line;
    char reference[32];
    int64_t amount_vnd;
    bool is_paid, is_decided; // decided: `paid` says yes or no
    char name[128], received_by[128];
    char paid_on[16];
};
// Reads a list that came back; each row in its order. ERR_INPUT names the line; rows before it were
// given.
MUST_USE enum err_kind
cashlist_read(struct str text, const char *name,
              enum err_kind (*each)(void *self, const struct cash_return *row, struct err *err),
              void *self, struct err *err);

// Are two names of people the same but for accents, case, blanks and the mark of a drill?
bool cashlist_same_name(const char *a, const char *b);

#endif
