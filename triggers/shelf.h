#ifndef GONG_TRIGGERS_SHELF_H
#define GONG_TRIGGERS_SHELF_H

#include "core/err.h"

#include <stddef.h>

struct ledger;
struct policy;

// The policies in force at a site: every *.yaml of its policies/ folder, sorted by id, then
// version. What is refused (also by its own cases, or because two of one id are effective at the
// same time) is left out and told; the others stay in force.
struct shelf {
    struct policy **at;
    size_t count;
    struct err *refused; // [refused_count] each with file:line:column
    size_t refused_count;
};
void shelf_free(struct shelf *shelf); // frees what is in it

// ERR_MISSING when the folder is not there.
MUST_USE enum err_kind shelf_load(const char *folder, struct shelf *out, struct err *err);

// The same of a live site: the texts that all who must have signed (ledger/proposal.h), each from
// the day on that its entry names until the next version's. Nothing that was signed at a drill
// counts. A file of the folder that nobody proposed, or that was rejected, is refused and told.
MUST_USE enum err_kind shelf_load_signed(struct ledger *ledger, const char *folder,
                                         struct shelf *out, struct err *err);

#endif
