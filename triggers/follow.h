#ifndef GONG_TRIGGERS_FOLLOW_H
#define GONG_TRIGGERS_FOLLOW_H

#include "core/doc.h"
#include "core/err.h"
#include "triggers/alert.h"

#include <stdbool.h>
#include <stdint.h>

struct ledger;
struct policy;

// Alerts followed from entry to entry, as they were when each decision was made: by the same
// functions, from what each run says when it is evaluated again, and from who cleared one.
struct follow;
void follow_free(struct follow **follow);
MUST_USE enum err_kind follow_new(struct ledger *ledger, struct follow **out, struct err *err);

struct followed {
    int64_t seq; // of its entry
    const struct policy *policy;
    const char *commune;
    struct alert_said said;
    const struct doc *note; // what its entry says of the alert; NULL: nothing
};

// One decision, in the order of their entries; `*same`: whether its note comes out again. What was
// decided before entries told it cannot be compared; then the first note that there is is taken as
// it stands.
MUST_USE enum err_kind follow_take(struct follow *follow, const struct followed *one, bool *same,
                                   struct err *err);

#endif
