#ifndef GONG_INGEST_GRIBPARTS_H
#define GONG_INGEST_GRIBPARTS_H

#include "core/err.h"
#include "core/text.h"

#include <stddef.h>

// A GRIB file as single fields. A message of edition 2 may repeat its sections 2 to 7 for more
// fields (WMO Manual on Codes, FM 92, regulation 92.1.5), of which a library shows the first only:
// each becomes a message of its own. Pure.
struct gribparts {
    struct str rest;       // what comes behind the message
    struct str message;    // that is being taken apart; empty: none
    size_t at;             // its next section
    struct str section[8]; // the last of each number
    struct str bitmap;     // the last section 6 that has one
    struct buf part;       // the field, when it is not the message itself
};
struct gribparts gribparts_of(struct str bytes); // borrowed
void gribparts_free(struct gribparts *parts);    // frees what is in it; serves as cleanup attribute

// The next field as a whole message, borrowed until the next call; empty at the end. ERR_INPUT when
// a message is cut off or does not end where it says.
MUST_USE enum err_kind gribparts_next(struct gribparts *parts, struct str *out, struct err *err);

#endif
