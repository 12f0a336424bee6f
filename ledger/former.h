#ifndef GONG_LEDGER_FORMER_H
#define GONG_LEDGER_FORMER_H

#include "core/err.h"
#include "ledger/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the communes of a boundary set were before a reform: one row for each pair of an old commune
// and the commune that has it, or a part of it, now.
struct former {
    const char *code;     // of today's commune, in the set
    const char *old_code; // "" where there was none (a district without communes)
    const char *old_name, *old_district, *old_province; // "" when not told
    bool is_split;                                      // the old commune went to several
    int32_t share; // of the old commune's area that is in today's, in millionths; -1: not told;
                   // under a hundredth it is a sliver between two maps: kept, not spoken of
};
struct formers {
    size_t count;
    struct former *at; // [count] sorted by code, old code, old district, old name
};
void formers_free(struct formers *formers); // frees what is in it; serves as cleanup attribute
// Adds a copy of a row, with copies of its texts, at the end.
void formers_add(struct formers *formers, const struct former *former);

// Replaces the rows of a set, in one transaction. ERR_MISSING when there is no such set.
MUST_USE enum err_kind former_put(struct map *map, const char *set, const struct formers *formers,
                                  struct err *err);

// The rows of a set; `code` NULL: of all its communes. None is OK with count 0.
MUST_USE enum err_kind former_list(struct map *map, const char *set, const char *code,
                                   struct formers *out, struct err *err);

// Today's code of an old commune, when all of it went to one: OK and `out`. ERR_MISSING when no row
// speaks of it; ERR_INPUT when it was split: the sentence names where its parts are now.
MUST_USE enum err_kind former_today(const struct formers *formers, const char *old_code,
                                    char out[16], struct err *err);

// "Xã A; Xã B (một phần)": the former names of a commune, in order, each once; of a district that
// had no communes its own name; heap, mem_free. "" when none is known.
char *former_names(const struct formers *formers, const char *code);

// The same as a short text says it to people who live there: "Đắk Buk So, Đắk R'Tih, Quảng Tâm",
// the kinds of places left out, at most FORMER_SAID_MAX of them in FORMER_SAID_BYTES_MAX bytes and
// then "..."; heap, mem_free. "" when none is known, the first is too long for a short text, or the
// commune, now called `name`, is what it was.
enum { FORMER_SAID_MAX = 4, FORMER_SAID_BYTES_MAX = 200 };
char *former_said(const struct formers *formers, const char *code, const char *name);

// Sets `formerly` of every commune of a set, by former_said.
MUST_USE enum err_kind former_tell(struct map *map, struct boundary_set *set, struct err *err);

// The former provinces as former_names has the communes.
char *former_provinces(const struct formers *formers, const char *code);

#endif
