#ifndef GONG_LEDGER_STATION_H
#define GONG_LEDGER_STATION_H

#include "ledger/reading.h"

#include <stddef.h>
#include <stdint.h>

// Gauges and other points. What a station measures is a reading like any other (ledger/reading.h)
// whose boundary_set is STATION_SET and whose places are the stations of its source in the order in
// which they became known; a reading that is older than a station is shorter than the newest one.
// reading_runs, reading_steps and reading_load_named work on them as on communes; station_load is
// reading_load for the stations that a policy names.
//
// cover is READING_COVER_FULL for a value that was observed, and 0 for one that is kept but doubted
// (its station is flagged, or the file says two things): a minimum coverage leaves it out.
#define STATION_SET "@stations"
enum { STATION_PLACES_MAX = 20000, STATION_CODE_SIZE = 128, STATION_NOWHERE = INT32_MIN };

// Why a station's values are doubted.
enum station_flag {
    STATION_DUPLICATE = 1, // its series is another station's, value by value
    STATION_SCRAMBLED = 2, // the file's stations do not resemble their neighbours: names mixed up
    STATION_SAME_PLACE = 4 // it stands where another one stands; its values are not doubted for it
};
const char *station_flag_name(enum station_flag flag); // "duplicate"

struct station {
    char code[STATION_CODE_SIZE];            // unique in its source
    char *name;                              // heap; "" when the source has none
    int32_t latitude_micro, longitude_micro; // millionths of a degree, or STATION_NOWHERE both
    unsigned flags;                          // of enum station_flag
};
struct stations {
    struct station *at; // [count] at[i] is place i
    size_t count;
};
void stations_free(struct stations *stations); // frees what is in it

// The stations of a source, by place. None is OK with count 0.
MUST_USE enum err_kind station_list(struct ledger *ledger, const char *source, struct stations *out,
                                    struct err *err);

// The sources that have stations, sorted, NULL-ended; free with file_names_free.
MUST_USE enum err_kind station_sources(struct ledger *ledger, char ***names, struct err *err);

// The place of a station, which is added at the end when it is new. A name or position that was
// not known yet is taken over, flags are added; nothing else of a known one changes. ERR_INPUT
// when a source has too many.
MUST_USE enum err_kind station_put(struct txn *txn, const char *source,
                                   const struct station *station, size_t *place, struct err *err);

// SHA-256 over the first `count` codes: the `weights` of a reading of stations.
struct hash stations_hash(const struct stations *stations, size_t count);

// Which stations of which source.
struct station_choice {
    const char *source;
    const char *const *code; // [count] borrowed
    size_t count;            // at least 1
};

// As reading_load, with exactly these stations, in this order, as places (query->source and
// query->boundary_set are not looked at): READING_NONE where a reading does not know one. The names
// (hash) are those of the whole readings. ERR_MISSING when a code is no station of the source.
MUST_USE enum err_kind station_load(struct ledger *ledger, const struct station_choice *choice,
                                    const struct reading_query *query, struct readings *out,
                                    struct err *err);

// The readings of these names, in that order, for these stations: what a decision stood on.
MUST_USE enum err_kind station_load_named(struct ledger *ledger,
                                          const struct station_choice *choice,
                                          const struct hash *name, size_t names,
                                          struct readings *out, struct err *err);

// Adds to `raw` [*count], heap, the raw files of the reading of this name and of the earlier
// revisions of its step: what a station said in these stands in the later ones.
MUST_USE enum err_kind station_raws(struct ledger *ledger, const struct hash *name,
                                    struct hash **raw, size_t *count, struct err *err);

#endif
