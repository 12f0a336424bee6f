#ifndef GONG_NOTIFY_PAUSE_H
#define GONG_NOTIFY_PAUSE_H

#include "notify/protocol.h"

#include <stdint.h>

// How long until a message is tried or asked again, by the class of its failure (ledger/outcome.h).
// All but a wished pause of OUTCOME_UNKNOWN are drawn from a fifth to either side of what is said
// here, so that what failed together does not come again together:
//
//   BUSY     as the carrier wishes, else 1 s
//   DOWN     as the driver wishes, else 60 s
//   PENDING  as the carrier wishes, else 5 s
//   RETRY    first_ms, doubled with each attempt, at most 10 min; longer when that is wished
//   UNKNOWN  as the driver wishes; else first_ms, doubled with each attempt, at most 20 s
//   DONE, ABSENT, REFUSED: 0
//
// The numbers are ours, after delivery practice: a carrier that throttles is asked again soon, one
// that is down is not hammered.
int64_t pause_of(const struct note *answer, int64_t first_ms);

// first_ms, doubled with each attempt after the first, at most most_ms.
int64_t pause_doubled(int64_t first_ms, int64_t attempt, int64_t most_ms);

#endif
