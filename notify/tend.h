#ifndef GONG_NOTIFY_TEND_H
#define GONG_NOTIFY_TEND_H

#include "core/date.h"
#include "core/err.h"

struct ledger;
struct map;
struct site;

// What is remembered between two calls; begins as {0}.
struct tended {
    int64_t relay_due_ms; // ticks
};

// What must happen by itself though no message waits: alerts are published as CAP where the site
// has cap.yaml, a request to an operator that nobody confirmed in time becomes an alarm, and each
// cap_relay_s official alerts of others are passed on (cap_pass.h). None of these waits for another
// that fails.
// ERR_BROKEN: the ledger cannot be trusted; anything else may be tried again.
MUST_USE enum err_kind tend(const struct site *site, struct ledger *ledger, struct map *map,
                            struct utc now, struct tended *tended, struct err *err);

// The second of them alone; `*count` is how many became overdue.
MUST_USE enum err_kind tend_errands(const struct site *site, struct ledger *ledger, struct utc now,
                                    size_t *count, struct err *err);

#endif
