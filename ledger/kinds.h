#ifndef GONG_LEDGER_KINDS_H
#define GONG_LEDGER_KINDS_H

#include "core/err.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

struct ledger;

// How many entries of each kind were seen, and the sum of their numbers: to compare with what the
// index of entries by kind gives, which the checks of the tables go by.
struct kinds {
    struct kind_seen {
        char *kind; // heap
        int64_t entries, numbers;
    } * at; // heap
    size_t count;
};
void kinds_free(struct kinds *kinds); // frees what is in it

// The place of a kind in `at`, made when it is new; it stays until kinds_free.
size_t kinds_place(struct kinds *kinds, struct str kind);
void kinds_zero(struct kinds *kinds); // no entry was seen
void kinds_add(struct kinds *kinds, const struct kinds *more);

// ERR_BROKEN when the index gives others than all that were seen of the kinds in it (ENTRY_FEW).
MUST_USE enum err_kind kinds_check_index(const struct kinds *kinds, struct ledger *ledger,
                                         struct err *err);

#endif
