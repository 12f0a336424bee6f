#ifndef GONG_TRIGGERS_DUE_H
#define GONG_TRIGGERS_DUE_H

#include "core/err.h"
#include "core/hash.h"
#include "ledger/reading.h"
#include "policies/period.h"

#include <stdbool.h>
#include <stddef.h>

struct ledger;
struct policy;
struct shelf;

// One policy on one occasion that may have to be decided.
struct due {
    const struct policy *policy; // borrowed from the shelf
    struct occasion occasion;
    char *refused;   // the sentence when a file of the source could not be read, else NULL; heap
    struct hash raw; // of that file
};
struct dues {
    struct due *at;
    size_t count;
};
void dues_free(struct dues *dues); // frees what is in it

// Everything that is past at `now`, by as_of, then policy id, then period:
//   alert on forecasts      each run that is issued while the policy is effective
//   alert on observations   each period that has ended, or each step
//   insurance               each period that has ended
//   both                    each file of the source that could not be read
// Whether it was decided already is not looked at.
MUST_USE enum err_kind due_list(struct ledger *ledger, const struct shelf *shelf, struct utc now,
                                struct dues *out, struct err *err);

// The occasion of a batch that was decided: its period's name and as_of are known. ERR_INPUT when
// the policy has no such period.
MUST_USE enum err_kind due_occasion(const struct policy *policy, const char *period,
                                    struct utc as_of, struct occasion *out, struct err *err);

// Whether a period can be decided now: its data are whole, or it has been waited for them long
// enough (settle_after; an alert's next_update). Sets as_of to what the wait makes it.
bool due_is_ripe(const struct policy *policy, const struct readings *readings, struct utc now,
                 struct occasion *occasion);

#endif
