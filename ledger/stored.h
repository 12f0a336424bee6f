#ifndef GONG_LEDGER_STORED_H
#define GONG_LEDGER_STORED_H

#include "core/doc.h"
#include "core/hash.h"
#include "ledger/ledger.h"

#include <stdint.h>

// What a transaction stores of a file is told by that file's entry ("ingest", "again"; "stations"
// of a list of stations), in its "stored":
//
//   readings, tracks  "first" and "last" id, "count", and in "lines" the SHA-256 over a line for
//                     each, in the order of their ids: its hash in lower case, a tab, received_at
//   stations          the SHA-256 over a line for each station that the source has now, in the
//                     order of their places: place, code, name, latitude, longitude and flags as
//                     they are stored, a tab between
//
// So a reading that nothing was decided by is held too, and where a gauge stands, by which the
// nearest is chosen. Others recompute it with sqlite3 and sha256sum (tests/tools/verify_tables.sh).
struct stored {
    struct stored_rows {
        int64_t first, count;
        struct hasher lines;
    } readings, tracks;
    bool stations; // one was put
};

// A row that was just inserted.
MUST_USE enum err_kind stored_reading(struct txn *txn, const struct hash *name, int64_t received_at,
                                      struct err *err);
MUST_USE enum err_kind stored_track(struct txn *txn, const struct hash *name, int64_t received_at,
                                    struct err *err);
void stored_station(struct txn *txn);

// Puts "stored" into the body of the source's entry, when there is something to tell, and forgets
// it: at most one entry tells of it.
MUST_USE enum err_kind stored_tell(struct txn *txn, const char *source, struct doc *body,
                                   struct err *err);

// For ledger_verify: the rows of each such entry are there and no others, but those from before the
// first (an older program's). `*bad_seq` is the entry, or 0.
MUST_USE enum err_kind stored_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err);

#endif
