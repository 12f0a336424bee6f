#ifndef GONG_TRIGGERS_COMMUNE_DOC_H
#define GONG_TRIGGERS_COMMUNE_DOC_H

#include "core/doc.h"
#include "core/err.h"
#include "ledger/map.h"

#include <stddef.h>

// Communes as papers have them: {code, name, zone, shape (WKB, hex)}.

struct doc *
commune_doc(const struct commune *commune); // loaded with its shape; owned by the caller

// A boundary set that is made of such documents.
struct communes_said {
    struct boundary_set set; // its hash is the caller's to make
    size_t room;
};
void communes_said_free(struct communes_said *said); // frees what is in it

// Adds one. ERR_INPUT when a member lacks, the shape is none, or it is not behind the one before in
// the order of codes.
MUST_USE enum err_kind communes_said_add(struct communes_said *said, const struct doc *commune,
                                         struct err *err);

#endif
