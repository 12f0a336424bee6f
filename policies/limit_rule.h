#ifndef GONG_POLICIES_LIMIT_RULE_H
#define GONG_POLICIES_LIMIT_RULE_H

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

struct yaml;

// `limits:` of an insurance that pays by events within its period. Each moment at which the index
// of the window that ends there pays something belongs to an event; see triggers/limits.h.
struct limit_rule {
    bool there;
    int64_t waiting_s;     // from the period's start: nothing is paid
    int64_t hours_s;       // what happens within this of an event's start is that event
    int64_t event_milli;   // at most this of the sum insured for one event
    int64_t year_milli;    // and this for the period; thousandths
    int64_t events;        // at most so many
    bool reinstated;       // the period's limit is restored once, without anybody's doing
    int64_t premium_milli; // extra premium for that, share of the premium; for people to collect
};

// Reads `limits:`; not there is OK.
MUST_USE enum err_kind limit_rule_read(const struct yaml *policy, struct limit_rule *out,
                                       struct err *err);

#endif
