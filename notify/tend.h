#ifndef GONG_NOTIFY_TEND_H
#define GONG_NOTIFY_TEND_H

#include "core/date.h"
#include "core/err.h"

struct ledger;
struct map;
struct site;

// What must happen by itself though no message waits: alerts are published as CAP where the site
// has cap.yaml, a request to an operator that nobody confirmed in time becomes an alarm, and where
// no cap_relay_url is set (any more), no official alert stands on a screen (cap_pass.h). None of
// these waits for another that fails, nor for anybody outside: those whose feed is read have a
// program of their own (gong notify relay).
// ERR_BROKEN: the ledger cannot be trusted; anything else may be tried again.
MUST_USE enum err_kind tend(const struct site *site, struct ledger *ledger, struct map *map,
                            struct utc now, struct err *err);

// The second of them alone; `*count` is how many became overdue.
MUST_USE enum err_kind tend_errands(const struct site *site, struct ledger *ledger, struct utc now,
                                    size_t *count, struct err *err);

#endif
