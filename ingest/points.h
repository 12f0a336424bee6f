#ifndef GONG_INGEST_POINTS_H
#define GONG_INGEST_POINTS_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/points_wanted.h"
#include "ledger/station.h"
#include "ledger/track.h"

#include <stddef.h>
#include <stdint.h>

// What a file of stations or of storm tracks says, and its bytes between the sandboxed child
// (gong-points) and the parent, who believes none of them.
struct point_value {
    uint32_t station, variable; // indices
    uint32_t doubted;           // 1: kept, but not to be decided by
    int32_t milli;              // thousandths of the canonical unit
    struct utc from, to;
};

// An official warning, as far as it is shown; the whole of it is its raw file. "" when not said.
enum bulletin_field {
    BULLETIN_IDENTIFIER,
    BULLETIN_SENDER,
    BULLETIN_SENT,
    BULLETIN_STATUS,
    BULLETIN_MSG_TYPE,
    BULLETIN_EVENT,
    BULLETIN_URGENCY,
    BULLETIN_SEVERITY,
    BULLETIN_CERTAINTY,
    BULLETIN_EXPIRES,
    BULLETIN_HEADLINE,
    BULLETIN_AREA,
    BULLETIN_LINK, // where a feed says that it lies whole; "" in the warning itself
    BULLETIN_FIELDS
};
extern const char
    *const bulletin_names[BULLETIN_FIELDS]; // "identifier", as CAP calls them; and "link"
enum { BULLETIN_TEXT_SIZE = 300, BULLETINS_MAX = 1000 };
struct bulletin {
    char text[BULLETIN_FIELDS][BULLETIN_TEXT_SIZE]; // longer ones are cut
};

struct points {
    size_t stations;
    struct station *station; // [stations] in the order of the file, each code once
    size_t variables;
    char variable[WANTED_MAX][32];
    size_t values;
    struct point_value *value; // [values] by variable, time and station; no two for the same
    size_t tracks;
    struct track *track; // [tracks] without source, raw and times of ours
    size_t bulletins;
    struct bulletin *bulletin; // [bulletins]
    // for people
    int64_t rows;     // of the file that hold data
    int64_t missing;  // values that were not observed
    int64_t repeated; // values that were given twice, the same
    int64_t clashing; // values that were given twice, differently: the last one, doubted
};
void points_free(struct points *points); // frees what is in it; serves as cleanup attribute

// Behind the last of the values that are of the variable and the time of value `first`.
size_t points_step_end(const struct points *points, size_t first);

enum {
    POINTS_VALUES_MAX = 5000000,
    POINTS_TRACKS_MAX = 20000,
};

// Appends the bytes. They end with the SHA-256 of all that stands before.
void points_write(const struct points *points, struct buf *out);

// Reads them back. ERR_INPUT for anything that points_write would not write: counts, indices,
// order, times, texts and the sum are all looked at.
MUST_USE enum err_kind points_read(struct str bytes, struct points *out, struct err *err);

// --- the child's side: bytes of others, to be called in a confined process only ----------------

// Reads a file. ERR_INPUT with row and column, what is wrong, and what to write in sources.yaml.
MUST_USE enum err_kind points_parse(void *bytes, size_t size, const struct points_wanted *wanted,
                                    struct points *out, struct err *err);

#endif
