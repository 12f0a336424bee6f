#ifndef GONG_TRIGGERS_ANOMALY_H
#define GONG_TRIGGERS_ANOMALY_H

#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy;
struct site;

// From when on a batch looks wrong; 0: never. As the settings hold_... say.
struct anomaly_bounds {
    int64_t worst_times, share_pct, doubt_pct, second_pct;
};
struct anomaly_bounds anomaly_bounds_of(const struct site *site);

// What a batch of an insurance came to.
struct anomaly_batch {
    size_t communes, yes; // decided, and paying
    size_t doubted;       // of yes: whose data are doubted
    size_t second_no;     // of yes: a second source says no
    int64_t pays_vnd, insured_vnd;
};

// Whether it looks wrong, and why, in one sentence; "" when not. The past is the effect that the
// policy's proposal was signed with; without one that is not asked.
enum { ANOMALY_WHY_SIZE = 400 };
MUST_USE enum err_kind anomaly_find(struct ledger *ledger, const struct policy *policy,
                                    const struct anomaly_bounds *bounds,
                                    const struct anomaly_batch *batch, char why[ANOMALY_WHY_SIZE],
                                    struct err *err);

#endif
