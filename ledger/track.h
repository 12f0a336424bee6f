#ifndef GONG_LEDGER_TRACK_H
#define GONG_LEDGER_TRACK_H

#include "core/date.h"
#include "core/hash.h"
#include "ledger/ledger.h"

#include <stddef.h>
#include <stdint.h>

// Where a tropical cyclone was (a best track: issued_at UTC_NEVER) or is said to go (a forecast of
// issued_at, of one member or none). What is not known is TRACK_NONE, never 0.
#define TRACK_NONE INT32_MIN

enum track_kind {
    TRACK_FIX,         // analysed or forecast by its agency
    TRACK_INTERPOLATED // put between two such by the source (IBTrACS's hours between)
};

struct track_fix {
    struct utc at;
    int32_t latitude_milli, longitude_milli; // thousandths of a degree; east -180..180
    int32_t wind_milli, gust_milli;          // m/s, maximum sustained wind and gust
    int32_t wind_average_s;                  // what "sustained" means: 60, 120, 180, 600
    int32_t pressure_pa;                     // at the centre
    int32_t radius_34_m, radius_50_m;        // farthest reach of 34 kt (30 kt: JMA) and 50 kt
    int32_t kind;                            // enum track_kind
};

struct track {
    char source[64];
    char storm[32]; // as its source numbers it: "2024247N09137", "2411"
    char name[64];  // "" when it has none
    struct utc issued_at;
    int32_t member, revision; // MEMBER_NONE, and 0 first, as in ledger/reading.h
    struct hash raw;
    struct utc received_at;
    struct hash hash; // its name: SHA-256 over all of the above but received_at, and the fixes
    size_t count;
    struct track_fix *fix; // [count] by time, no time twice; heap
};
void track_free(struct track *track); // frees what is in it
struct tracks {
    struct track *at;
    size_t count;
};
void tracks_free(struct tracks *tracks);

enum { TRACK_FIXES_MAX = 4000 };

struct hash track_hash(const struct track *track);

// Stores a track. The same storm, run and member with the same fixes changes nothing (`*fresh`
// false); with others it is the next revision. revision, hash and received_at: as reading_put.
MUST_USE enum err_kind track_put(struct txn *txn, const struct track *track, bool *fresh,
                                 struct hash *hash, struct err *err);

struct track_query {
    const char *source;
    struct utc issued_at; // UTC_NEVER: best tracks
    struct utc from, to;  // tracks with a part in (from, to]: last fix > from, first fix <= to
};
// Newest revision of each, whole (also the fixes outside the window, to interpolate from), by
// storm, then member. None is OK with count 0.
MUST_USE enum err_kind track_load(struct ledger *ledger, const struct track_query *query,
                                  struct tracks *out, struct err *err);

// What shows how far a source has come: its first track that ends at query->to or later, or else
// the last one of all (by the end, then by storm). None at all is OK with count 0.
MUST_USE enum err_kind track_bound(struct ledger *ledger, const struct track_query *query,
                                   struct tracks *out, struct err *err);

// The tracks of these names, in that order. ERR_MISSING when one is not there.
MUST_USE enum err_kind track_load_named(struct ledger *ledger, const struct hash *hash,
                                        size_t count, struct tracks *out, struct err *err);

// Issue times of the forecasts of a source, ascending, later than `after`; heap, mem_free.
MUST_USE enum err_kind track_runs(struct ledger *ledger, const char *source, struct utc after,
                                  struct utc **runs, size_t *count, struct err *err);

// The names of all tracks, every revision, sorted; heap, mem_free.
MUST_USE enum err_kind track_names(struct ledger *ledger, struct hash **names, size_t *count,
                                   struct err *err);

// Recomputes the hash of every stored track. ERR_BROKEN names the first that was changed.
MUST_USE enum err_kind tracks_verify(struct ledger *ledger, struct err *err);

#endif
