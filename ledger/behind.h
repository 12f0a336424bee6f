#ifndef GONG_LEDGER_BEHIND_H
#define GONG_LEDGER_BEHIND_H

#include "core/err.h"
#include "ledger/db.h"

#include <stdint.h>

// Messages that wait behind an earlier one of their person, until that is to be tried again
// (outbox_take). When the earlier one ends sooner (it was done after all, it went stale, a newer
// one took its place), or a new hold stops it, they are due at once; what else they must wait for,
// the next look sees. Within a transaction.

// This one waits, until that time (wall clock, ms).
MUST_USE enum err_kind behind_wait(struct db *db, int64_t id, int64_t until_ms, struct err *err);

// A message that was to be tried again ends: before or after it is said to.
MUST_USE enum err_kind behind_wake(struct db *db, int64_t id, struct err *err);

// The same of all those that a message with that thread took the place of.
MUST_USE enum err_kind behind_wake_thread(struct db *db, const char *channel, const char *thread,
                                          struct err *err);

// The same of all those of a channel that are stale at `now_s`: before they are said to be.
MUST_USE enum err_kind behind_wake_stale(struct db *db, const char *channel, int64_t now_s,
                                         struct err *err);

// The same of all those that a hold stops: behind these nobody waits (outbox_take).
MUST_USE enum err_kind behind_wake_stopped(struct db *db, struct err *err);

#endif
