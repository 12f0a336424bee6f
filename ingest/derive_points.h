#ifndef GONG_INGEST_DERIVE_POINTS_H
#define GONG_INGEST_DERIVE_POINTS_H

#include "core/err.h"
#include "ingest/decode.h"
#include "ingest/derive.h"
#include "ingest/work.h"
#include "ledger/raw.h"

// As derive_raw, for a source of stations or tracks: readings of stations (ledger/station.h), or
// tracks (ledger/track.h), the ledger entry and the state, in one commit. `ledger` may be another
// than work->ledger (a replay).
struct derive_points {
    const struct work *work;
    struct ledger *ledger;
    const struct decode_limits *limits;
    const struct source *source;
};
MUST_USE enum err_kind derive_points(const struct derive_points *job, const struct raw *raw,
                                     struct utc at, bool by_data, struct derived *out,
                                     struct err *err);

// Takes a list of stations (codes, names, positions) from bytes into the ledger: `json` is what is
// wanted, with layout list. The entry "stations" at this time tells of them. `*count` is how many
// it has.
MUST_USE enum err_kind derive_stations(const struct derive_points *job, struct str bytes,
                                       struct utc at, const char *json, size_t *count,
                                       struct err *err);

#endif
