#ifndef GONG_TRIGGERS_OFFICIAL_H
#define GONG_TRIGGERS_OFFICIAL_H

#include "core/date.h"
#include "core/err.h"

struct boundary_set;
struct commune;
struct ledger;
struct map;

// The official bulletins that were passed on (ledger/bulletin.h, source "cap-relay") and stand, as
// a farmer's warning names them: by their number. Nothing is decided by them.
struct official;

// Those that a warning about `variable` (rain, wind, ...) may name: of its hazard by the words of
// the bulletin's event and headline, and with no end before `as_of`. None of a variable whose
// hazard has no words here.
struct official_ask {
    struct ledger *ledger;
    struct map *map; // asked for the shapes of `boundary_set` where one gives its area as figures
    const char *boundary_set, *variable;
    struct utc as_of;
};
MUST_USE enum err_kind official_load(const struct official_ask *ask, struct official **out,
                                     struct err *err);
void official_free(struct official **official);

// The number (CAP identifier) of the newest that names the commune's province, or a province that
// it was of, among its places; where these are communes or districts, the commune too. Accents and
// case do not count. NULL: none does, or `official` is NULL, or the number is none that an SMS may
// carry (over 64 bytes, other signs than those of a number, an address of the web).
const char *official_number(const struct official *official, const struct commune *commune);

#endif
