#ifndef GONG_INGEST_STATIONS_H
#define GONG_INGEST_STATIONS_H

#include "core/err.h"
#include "ingest/decode.h"
#include "ingest/work.h"

// The verb gong ingest stations: takes a list of stations (--code, --name, --latitude, --longitude:
// columns of a CSV file) into the ledger; without a file it prints what is known of the source's
// stations, one line each: code, position, flags, name.
MUST_USE enum err_kind stations_verb(const struct work *work, const struct decode_limits *limits,
                                     struct err *err);

#endif
