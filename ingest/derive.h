#ifndef GONG_INGEST_DERIVE_H
#define GONG_INGEST_DERIVE_H

#include "core/err.h"
#include "ingest/decode.h"
#include "ingest/work.h"
#include "ledger/raw.h"

#include <stdbool.h>

// From a raw file to readings: decode, weigh, aggregate, record. The same raw file, source and
// boundary set give the same readings and the same ledger entry, whenever it is done.
struct derive;
void derive_free(struct derive **derive);

// `work` is borrowed until derive_free. Readings go to `ledger`, which may be another than
// work->ledger (a replay).
struct derive *derive_new(const struct work *work, struct ledger *ledger,
                          const struct decode_limits *limits);

// Begins to decode a raw file whose turn comes soon, beside others (at most DERIVE_AHEAD; one more
// is left). It changes nothing, and what is wrong is told when derive_raw is asked for it. `raw` is
// borrowed until then.
enum { DERIVE_AHEAD = 3 };
void derive_ahead(struct derive *derive, const struct raw *raw);

// The next derive_raw reads with the cells of this file of the archive, as its entry says that it
// was read before (ingest/cellfile.h).
void derive_with_cells(struct derive *derive, struct hash hash);

// What became of one raw file. Its readings, ledger entry ("ingest" or "refused") and state are one
// commit. `at` is the time of the entry; with `by_data` it is instead what the file itself says:
// the issue time of a forecast, the last valid time of an observation (a refused file keeps `at`).
struct derived {
    bool refused;
    int64_t readings, fresh; // made, and of them new
    char why[600];           // refused: the sentence
};
// ERR_INPUT never comes back: such a file is refused, which is OK here. ERR_MISSING: its source or
// boundary set is not known (yet), or it waits for another file (the total before it, the wind's
// other component), or for a kernel that can hold its decoder; nothing is changed. Nothing is made
// of a file that was read with another one. ERR_BROKEN: the archive lost it.
MUST_USE enum err_kind derive_raw(struct derive *derive, const struct raw *raw, struct utc at,
                                  bool by_data, struct derived *out, struct err *err);

#endif
