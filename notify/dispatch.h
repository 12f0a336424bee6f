#ifndef GONG_NOTIFY_DISPATCH_H
#define GONG_NOTIFY_DISPATCH_H

#include "core/bus.h"
#include "core/date.h"
#include "core/err.h"
#include "notify/queue.h"

#include <stdbool.h>
#include <stddef.h>

// The one process of a site that takes messages out of the queue, hands them to workers, and
// records what became of them.
struct dispatch {
    struct queue queue;
    struct bus *bus;                // serving end, borrowed
    int64_t lease_ms, pay_lease_ms; // how long a worker may hold a message, a payment
    int64_t retry_first_ms;         // pause before the second try; doubles
    // The site's time, for what is written and for what has expired.
    enum err_kind (*now)(void *self, struct utc *out, struct err *err);
    void *self;
    bool (*stopped)(void);
    bool until_empty; // ends when nothing waits any more (a drain)
    int nudge; // a descriptor that can be read when there may be new messages (what is read is
               // thrown away); 0: none, they are looked for now and then
};

struct dispatch_report {
    size_t handed_out, done, pending, absent, retried, refused, unknown, reclaimed, evidence;
    bool warnings_only; // the disk was full: all else waits still
};

// Until `stopped`, or empty. Workers are told to end with it. ERR_BROKEN when the store cannot be
// trusted.
MUST_USE enum err_kind dispatch_run(const struct dispatch *dispatch, struct dispatch_report *report,
                                    struct err *err);

#endif
