#ifndef GONG_INGEST_PEEL_H
#define GONG_INGEST_PEEL_H

#include "core/err.h"
#include "core/hash.h"
#include "ingest/source.h"
#include "ledger/reading.h"

#include <stdbool.h>
#include <stddef.h>

// Running totals whose stamps come in files of their own: what fell since the stamp before is the
// total less the amounts that the ledger has already. Taken off so, the amounts of a run always add
// up to its last total, to the thousandth. It also holds for totals of a part of the run (GFS and
// GEFS: 6 to 9 h, then 6 to 12 h).
struct peel;

// For one file of `source`; the times of its steps are looked at, nothing is read yet. `given_up`:
// what has not come by now does not come any more.
struct peel *peel_new(const struct source *source, bool given_up);
void peel_free(struct peel **peel);

// A reading that is not in the ledger yet; `value` and `cover` are its own, of `communes`. When the
// run has a stamp amid its interval ("leads" of the source), meta.valid_from moves to the last
// stamp before valid_to and the amounts up to there go off. Anything else is left as it is.
//   ERR_MISSING  the file of an earlier stamp has not been read; it says which. With `given_up` the
//                interval begins at the last stamp that is there instead
//   ERR_INPUT    the total is less than what fell before
MUST_USE enum err_kind peel_step(struct peel *peel, struct ledger *ledger,
                                 struct reading_meta *meta, int32_t *value, uint16_t *cover,
                                 size_t communes, struct err *err);

// The raw files whose readings were taken off, each once. Borrowed.
const struct hash *peel_bases(const struct peel *peel, size_t *count);

#endif
