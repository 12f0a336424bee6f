#ifndef GONG_LEDGER_KEEP_H
#define GONG_LEDGER_KEEP_H

#include "ledger/raw.h"

// Which raw files must stay, and letting go of the others. A raw file stays while
//   - it has not been read,
//   - a decision stands on it: on a reading or track of it, or on a later revision of a step that
//   it
//     spoke of (a revision of stations carries over what came before), or on its refusal,
//   - what a file that stays was read with (the total before it, the wind's other component),
//   - a later revision of one of its steps is from a file that stays: without it a replay would
//   count
//     the revisions otherwise.

// Those of a source that were fetched before `before` and may go, newest first.
MUST_USE enum err_kind keep_free(struct ledger *ledger, const char *source, struct utc before,
                                 struct raws *out, struct err *err);

// Says that these went: one ledger entry of kind "released", and their state. Before the bytes go.
MUST_USE enum err_kind keep_release(struct txn *txn, const char *source, const struct raws *raws,
                                    struct utc at, struct err *err);

// True when no raw file of any source with this hash stays: the bytes may go.
MUST_USE enum err_kind keep_is_free(struct ledger *ledger, struct hash hash, bool *is_free,
                                    struct err *err);

#endif
