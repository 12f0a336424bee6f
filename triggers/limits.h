#ifndef GONG_TRIGGERS_LIMITS_H
#define GONG_TRIGGERS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct limit_rule;

// What happened at one moment, and what it would pay without limits. Amounts are parts of `whole`,
// the sum insured: đồng, or any finer part of it. What is measured over a span happens at its end.
struct happening {
    int64_t after_s; // since the cover began
    int64_t raw;
    int64_t paid;  // out
    int64_t event; // out: 1, 2 ... ; 0: of none
};

// Takes happenings in order of time through waiting period, hours clause, limits per event and
// period, number of events and reinstatement; returns the sum paid. Nothing during the waiting
// period opens an event. An event begins with its first happening that would pay, and all within
// hours_s of that is the same event, paid at its highest. What ends as the waiting ends fell in it,
// and pays nothing. Pure, integers only; shares of limits are rounded down. Source:
// domain-reference 6, "event engine".
int64_t limits_settle(const struct limit_rule *rule, int64_t whole, struct happening *happening,
                      size_t count);

#endif
