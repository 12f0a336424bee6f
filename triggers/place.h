#ifndef GONG_TRIGGERS_PLACE_H
#define GONG_TRIGGERS_PLACE_H

#include "core/err.h"
#include "core/text.h"

#include <stddef.h>

// A site in a temporary folder, to do somebody's work again in: it holds nothing but what it is
// given, and goes with place_free.
struct place {
    char folder[64]; // "" before it is there
    char *site;      // in it; heap
};
void place_free(struct place *place); // serves as cleanup attribute

// Makes it by gong-init, with this sources.yaml.
MUST_USE enum err_kind place_make(struct place *place, const char *sources_yaml, struct err *err);

// Runs a program of gong; what it complains of is the error (ERR_LATER). That it refuses a file
// (exit codes 1 and 3) is none: that may be what is to be shown.
MUST_USE enum err_kind place_run(const char *program, const char *const *words, size_t count,
                                 struct err *err);

// The same, before a run that goes on with what is waiting (exit code 4).
MUST_USE enum err_kind place_run_first(const char *program, const char *const *words, size_t count,
                                       struct err *err);

// A commune's polygon from its hexadecimal digits, appended to `out`.
MUST_USE enum err_kind place_shape(const char *hex, struct buf *out, struct err *err);

#endif
