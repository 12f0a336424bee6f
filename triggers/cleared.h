#ifndef GONG_TRIGGERS_CLEARED_H
#define GONG_TRIGGERS_CLEARED_H

#include "core/date.h"
#include "core/err.h"
#include "core/site.h"

#include <stddef.h>

struct ledger;
struct txn;

// An alert that a person switched off: who was warned is told so, in the words of the policy's
// `cancel`. The message names the commune's last decision as its cause. Nobody is told when the
// policy has no such words, or never decided on the commune.
struct cleared {
    struct site *site;
    struct ledger *ledger;
    const char *policy, *commune;
    struct utc now;
};
MUST_USE enum err_kind cleared_tell(struct txn *txn, const struct cleared *cleared, size_t *sent,
                                    struct err *err);

#endif
