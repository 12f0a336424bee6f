#ifndef GONG_NOTIFY_TRIAL_SEND_H
#define GONG_NOTIFY_TRIAL_SEND_H

#include "core/date.h"
#include "core/err.h"

struct ledger;
struct site;

// Puts one test message for a person into the outbox, with an entry of kind "test" as its cause: it
// goes the way that a warning goes, and says that it is a test. ERR_INPUT for a channel that is
// none; ERR_REFUSED for "pay" (a payment that is tried is a payment) and for a channel without a
// driver.
MUST_USE enum err_kind trial_send(struct ledger *ledger, const struct site *site,
                                  const char *channel, const char *person, struct utc now,
                                  struct err *err);

#endif
