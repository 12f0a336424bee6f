#ifndef GONG_TRIGGERS_CLEARED_H
#define GONG_TRIGGERS_CLEARED_H

#include "core/date.h"
#include "core/err.h"
#include "core/site.h"

#include <stddef.h>
#include <stdint.h>

struct ledger;
struct txn;

// An alert that a person switched off. Who was warned by SMS is told so in the words of the
// policy's `cancel`, in a short text when it has none; the message names the commune's last
// decision as its cause, and is what a CAP update is made of. Subscribers are told as of an alert
// that the data ended, and state that is kept (MQTT) is put anew; these name the act as their
// cause. Nobody is told when the policy never decided on the commune.
struct cleared {
    struct site *site;
    struct ledger *ledger;
    const char *policy, *commune;
    int64_t act; // the entry that says who cleared it, and why
    struct utc now;
};
MUST_USE enum err_kind cleared_tell(struct txn *txn, const struct cleared *cleared, size_t *sent,
                                    struct err *err);

#endif
