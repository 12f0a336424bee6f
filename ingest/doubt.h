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

// Whether there are fewer members at the frame's first time than a run has (0: not known).
bool doubt_lacks(const struct frame *frame, size_t members);

// What the cells of a frame say of the communes, flag [count x communes]; `before`: as quality_of.
void doubt_cells(const struct frame *frame, const struct frame *before,
                 const struct weights *weights, uint8_t *flag);

// The steps of one file beside the ledger.
struct doubt;
struct doubt *doubt_new(void);
void doubt_free(struct doubt **doubt);

// A step as a reading that is not in the ledger yet; what is doubtful is added to flag [communes].
// Steps are asked for in the order of the file.
MUST_USE enum err_kind doubt_step(struct doubt *doubt, struct ledger *ledger,
                                  const struct reading *reading, uint8_t *flag, struct err *err);

#endif
