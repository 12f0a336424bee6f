#ifndef GONG_NOTIFY_DISPATCH_H
#define GONG_NOTIFY_DISPATCH_H

#include "core/date.h"
#include "core/err.h"
#include "core/site.h"

#include <stdbool.h>
#include <stddef.h>

struct ledger;

// The one process of a site that takes messages out of the outbox, hands them to workers, and
// records what became of them.
struct dispatch {
    const struct site *site;
    struct ledger *ledger; // LEDGER_WRITE
    // The site's time, for what is written and for what has expired.
    enum err_kind (*now)(void *self, struct utc *out, struct err *err);
    void *self;
    bool (*stopped)(void);
    bool until_empty; // ends when nothing waits any more (a drain)
};

struct dispatch_report {
    size_t handed_out, done, absent, retried, refused, reclaimed;
};

// ERR_REFUSED when another dispatcher works at this site, ERR_BROKEN when the ledger cannot be
// trusted.
MUST_USE enum err_kind dispatch_run(const struct dispatch *dispatch, struct dispatch_report *report,
                                    struct err *err);

#endif
