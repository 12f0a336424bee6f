#ifndef GONG_INGEST_ASKED_H
#define GONG_INGEST_ASKED_H

#include "core/err.h"
#include "ingest/source.h"

#include <stdbool.h>
#include <stddef.h>

struct ledger;
struct raw;

// What is asked of one raw grid file, by its source and its address. Pure, but for the last one.
struct asked {
    bool has_spot; // the address says something
    struct source_spot spot;
    // Of a wind whose components are in two files: the variable, whether this is the northward one,
    // and the parameter of the other file. NULL: no such file.
    const struct wanted *wind;
    bool is_north;
    size_t other;
};

// ERR_INPUT when the address should say something and does not.
MUST_USE enum err_kind asked_of(const struct source *source, const char *url, struct asked *out,
                                struct err *err);

// The variables that are in this file: all, or those of its parameter. `box` is a list with nothing
// but a box.
void asked_usual(const struct source *source, const struct asked *asked,
                 const struct wanted_list *box, struct wanted_list *out);

// One component of the wind, as a variable of its own.
void asked_component(const struct source *source, const struct asked *asked,
                     const struct wanted_list *box, bool north, struct wanted_list *out);

// Of a wind in two files: the file of the address that differs in its parameter that the one which
// came at `position` is read with (raw_partner). ERR_MISSING when none has come yet.
MUST_USE enum err_kind asked_other(struct ledger *ledger, const struct source *source,
                                   const struct asked *asked, int64_t position, struct raw *out,
                                   struct err *err);

#endif
