#ifndef GONG_INGEST_DOUBT_H
#define GONG_INGEST_DOUBT_H

#include "core/err.h"
#include "ingest/grid.h"
#include "ingest/weights.h"
#include "ledger/reading.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is doubtful in the readings of one file (ledger/quality.h): in its cells (ingest/quality.h),
// brought to the communes that they weigh in; and beside what the ledger has already:
//   QUALITY_FROZEN    the values of every commune are those of the observation before it
//   QUALITY_REPEATED  of a forecast, those of the run before it: at the same time, or at the same
//                     lead, with weather in ten communes at least
//   QUALITY_MEMBERS   the file holds fewer members than a run has
struct doubt;

// `frame` and `weights` are borrowed. `members`: of a whole run in one file; 0: not known.
struct doubt *doubt_new(const struct frame *frame, const struct weights *weights, size_t members);
void doubt_free(struct doubt **doubt);

// Whether the file holds as many members as a run has; true when that is not known.
bool doubt_is_whole(const struct doubt *doubt);

// Step i of the frame, as a reading that is not in the ledger yet; flag [communes] is set. Steps
// are asked for in the order of the frame.
MUST_USE enum err_kind doubt_step(struct doubt *doubt, struct ledger *ledger, size_t i,
                                  const struct reading *reading, uint8_t *flag, struct err *err);

#endif
