#ifndef GONG_NOTIFY_CHANNEL_H
#define GONG_NOTIFY_CHANNEL_H

#include "core/err.h"
#include "notify/protocol.h"

#include <stddef.h>

struct site;

// What became of a job. An effect that may or may not have happened is none of these: the worker
// then says nothing and the lease runs out.
enum outcome {
    OUTCOME_DONE,    // it happened; proved
    OUTCOME_ABSENT,  // answer to an ask: it did not happen
    OUTCOME_RETRY,   // it did not happen, and may work later
    OUTCOME_REFUSED, // it did not happen, and never will
};

struct job {
    const struct note *note;
    enum outcome outcome;
    char why[200]; // what it was done by, or why not; nobody's name, phone or account
};

// A way out of the house: the driver behind "sms" or "pay". One row of the table in channel.c.
struct channel {
    const char *name, *driver; // "sms", "file"
    MUST_USE enum err_kind (*open)(const struct site *site, void **self, struct err *err);
    // Does a batch, at least one job; each gets its outcome. An error means: nothing is known of
    // any of them, the worker must end.
    MUST_USE enum err_kind (*deliver)(void *self, struct job *job, size_t count, struct err *err);
    void (*close)(void **self);
};

// The channel as the site's settings say (sms_driver, pay_driver). ERR_INPUT when there is none of
// that name; ERR_REFUSED when a drill site names a driver that reaches people.
MUST_USE enum err_kind channel_find(const struct site *site, const char *name,
                                    const struct channel **out, struct err *err);

extern const char *const channel_names[]; // "sms", "pay", NULL

#endif
