#ifndef GONG_INGEST_QUALITY_H
#define GONG_INGEST_QUALITY_H

#include "ingest/grid.h"
#include "ledger/quality.h"

#include <stddef.h>
#include <stdint.h>

// What is doubtful in a frame: numbers that could be weather and most likely are not. What cannot
// be refuses the file (ingest/scale.h); what is doubtful is flagged (ledger/quality.h), kept, and
// shown with every decision that stands on it. Pure; the same frame gives the same flags.
//
//   QUALITY_RANGE   beyond what the place has seen: rain over half the world's record for its
//                   length (421.6 mm x hours^0.475; Jennings 1950, WMO-No. 1045), wind over 75 m/s,
//                   gust over 90 m/s, air under -20 or over 50 degC; not for chances
//   QUALITY_STEP    from the step before it, at most six hours earlier: wind or gust by over
//                   40 m/s, air by over 20 degrees
//   QUALITY_SPACE   apart from all its neighbours: rain by over a quarter of that record, wind or
//                   gust by over 30 m/s, air by over 20 degrees; and a field that is one number
//   QUALITY_FROZEN  the same numbers in every cell as in the step before it, with weather in ten
//                   cells at least
//   QUALITY_TWIN    the same numbers in every cell as another member of the step
//
//   before  the part of the same file that was read before this one (on the same grid), for steps
//           whose step before is in there; NULL: none
//   flag    [count x cells] set, row by row as frame->value; 0: nothing
void quality_of(const struct frame *frame, const struct frame *before, uint8_t *flag);

// Rain in mm over hours that is beyond what can be believed.
double quality_rain_mm_max(double hours);

#endif
