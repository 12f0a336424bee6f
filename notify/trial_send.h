#ifndef GONG_NOTIFY_TRIAL_SEND_H
#define GONG_NOTIFY_TRIAL_SEND_H

#include "core/date.h"
#include "core/err.h"

#include <stdint.h>

struct ledger;
struct site;

// Puts one test message for a person into the outbox, with an entry of kind "test" as its cause: it
// goes the way that a warning goes, and says that it is a test; `*id` is its number. ERR_INPUT for
// a channel that is none; ERR_REFUSED for "pay" (a payment that is tried is a payment); ERR_MISSING
// for a channel without a driver, and for whom neither the register nor subscribers.yaml has.
MUST_USE enum err_kind trial_send(struct ledger *ledger, const struct site *site,
                                  const char *channel, const char *person, struct utc now,
                                  int64_t *id, struct err *err);

#endif
