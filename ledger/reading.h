#ifndef GONG_LEDGER_READING_H
#define GONG_LEDGER_READING_H

#include "core/date.h"
#include "core/hash.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A reading: what one source says of one variable, for every commune of a boundary set, over one
// step of time. Values are whole thousandths of the canonical unit (rain mm, temperature K, wind
// m/s); READING_NONE = not observed. Time steps are (valid_from, valid_to]; an instant has both
// the same.
#define READING_NONE INT32_MIN
enum { READING_COVER_FULL = 10000, MEMBER_NONE = -1 };

struct reading_meta {
    char source[64];
    char variable[32]; // "rain", "wind", "gust", "temperature"
    char boundary_set[32];
    struct utc valid_from, valid_to;
    struct utc issued_at; // of a forecast; UTC_NEVER for an observation
    int32_t member;       // of an ensemble, from 0; MEMBER_NONE for one that has none
    int32_t revision;     // 0 first; a later, different version of the same step is 1, 2 ...
    struct hash raw;      // of the file it was read from
    struct hash weights;  // that were applied
    struct utc received_at;
};

struct reading {
    struct reading_meta meta;
    size_t communes;
    const int32_t *value;  // [communes] borrowed
    const uint16_t *cover; // [communes] observed share of the area, in 1/10000; borrowed
};

// SHA-256 over the step's key, values and coverage (not over received_at): the reading's name.
struct hash reading_hash(const struct reading *reading);

// Stores a reading. The same step with the same values changes nothing (`*fresh` false); with
// other values it becomes the next revision, and both are kept. meta.revision is not looked at.
MUST_USE enum err_kind reading_put(struct txn *txn, const struct reading *reading, bool *fresh,
                                   struct hash *hash, struct err *err);

// A window of readings of one (source, variable, boundary set), newest revision of each step,
// sorted by (valid_to, valid_from, member). All arrays are owned; readings_free.
struct readings {
    size_t count, communes;
    struct reading_meta *meta; // [count]
    struct hash *hash;         // [count] of each reading
    int32_t *value;            // [count x communes], one step after another
    uint16_t *cover;           // [count x communes]
    bool *counted; // [communes] which ones a share of communes is of; NULL: all. Never stored
    size_t *near;  // [communes x near_count] the nearest first; SIZE_MAX: none. NULL: not asked for
    size_t near_count;
    void *memo; // bytes in which what looks at all communes keeps what it found; heap. Never stored
};
void readings_free(struct readings *readings); // frees what is in it; serves as cleanup attribute

// Which readings: all of one source, variable and boundary set. (At most seven parameters a
// function: what is asked for is one struct.)
struct reading_query {
    const char *source, *variable, *boundary_set;
    struct utc issued_at; // reading_load: of one forecast run; UTC_NEVER for observations
    struct utc from, to;  // reading_load: from < valid_to <= to; runs and steps: later than from
};

// Observations (issued_at UTC_NEVER) or one forecast run, with from < valid_to <= to.
// None is OK with count 0.
MUST_USE enum err_kind reading_load(struct ledger *ledger, const struct reading_query *query,
                                    struct readings *out, struct err *err);

// The readings of these names, in that order. ERR_MISSING when one is not there.
MUST_USE enum err_kind reading_load_named(struct ledger *ledger, const struct hash *hash,
                                          size_t count, struct readings *out, struct err *err);

// As the two above, but only these places of each reading (indices into its values), in this
// order: `communes` is then `count`. A place that a reading does not have is READING_NONE. For
// stations, whose number grows (ledger/station.h).
MUST_USE enum err_kind reading_load_places(struct ledger *ledger, const struct reading_query *query,
                                           const size_t *place, size_t count, struct readings *out,
                                           struct err *err);
MUST_USE enum err_kind reading_load_named_places(struct ledger *ledger, const struct hash *hash,
                                                 size_t hashes, const size_t *place, size_t count,
                                                 struct readings *out, struct err *err);

// The newest revision of one step of one member: meta.source .. meta.member are the key. Its values
// and coverage, [`*communes`], heap; `*found` false when there is none.
MUST_USE enum err_kind reading_newest_step(struct ledger *ledger, const struct reading_meta *key,
                                           bool *found, int32_t **value, uint16_t **cover,
                                           size_t *communes, struct err *err);

// By which weights it was made. ERR_MISSING when there is none.
MUST_USE enum err_kind reading_newest_weights(struct ledger *ledger, const struct reading_meta *key,
                                              struct hash *weights, struct err *err);

// The names of all readings that can be made again, every revision, sorted: those whose raw file
// was not let go of (ledger/keep.h). Heap, mem_free.
MUST_USE enum err_kind reading_names(struct ledger *ledger, struct hash **names, size_t *count,
                                     struct err *err);

// SHA-256 over the hashes of a window in order: what a decision stands on.
struct hash readings_basis(const struct readings *readings);

// Issue times of the forecast runs of a source, ascending, later than query->from; heap, mem_free.
MUST_USE enum err_kind reading_runs(struct ledger *ledger, const struct reading_query *query,
                                    struct utc **runs, size_t *count, struct err *err);

// Distinct valid_to of the observations of a source, ascending, later than query->from; heap.
MUST_USE enum err_kind reading_steps(struct ledger *ledger, const struct reading_query *query,
                                     struct utc **steps, size_t *count, struct err *err);

// The newest valid_to of an observation or issued_at of a forecast: the data clock. Of one source,
// or of all with NULL. ERR_MISSING when there is no reading.
MUST_USE enum err_kind reading_newest(struct ledger *ledger, const char *source, struct utc *out,
                                      struct err *err);

// Recomputes the hash of every stored reading. ERR_BROKEN names the first that was changed.
MUST_USE enum err_kind readings_verify(struct ledger *ledger, struct err *err);

#endif
