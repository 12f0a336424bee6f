#ifndef GONG_LEDGER_QUALITY_H
#define GONG_LEDGER_QUALITY_H

#include <stddef.h>
#include <stdint.h>

// Why a reading is doubted; bits of one byte for each commune. It is kept all the same.
enum quality {
    QUALITY_RANGE = 1,     // beyond what the place has seen
    QUALITY_STEP = 2,      // too far from the step before
    QUALITY_SPACE = 4,     // too far from everything around it
    QUALITY_FROZEN = 8,    // a copy of the step before
    QUALITY_TWIN = 16,     // a copy of another member
    QUALITY_REPEATED = 32, // the run is a copy of an older one
    QUALITY_MEMBERS = 64,  // members of the run are missing
    QUALITY_ALL = 127,
};
enum { QUALITY_KINDS = 7 };

// "range", "step", ...: the name of bit 1 << i, for documents; NULL from QUALITY_KINDS on.
const char *quality_name(size_t i);

#endif
