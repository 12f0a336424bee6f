#ifndef GONG_TRIGGERS_PASS_H
#define GONG_TRIGGERS_PASS_H

#include "ledger/seriesfile.h"
#include "triggers/roll.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_rule;

// One index of all communes in one pass of roll.h over time-major steps: what the plan does for the
// past (stage.h) and the live engine for the moment that is decided now (wide_look.h). Pure.

// How the steps that a rule wants lie in its window.
struct lie {
    bool plain;  // roll.h can compute it
    size_t days; // steps in a day that are added up first; 0: steps as they are
    size_t over; // steps (or days) of the window that slides
};

// Of steps [count] that are the window (from, to]. Not plain: rules that are no arithmetic of
// roll.h, and steps that leave a hole or do not tile days and windows. Whether the rule turns what
// is read into another unit before (temperatures) or after (force of wind) is not looked at.
struct lie pass_lie(const struct index_rule *rule, const struct span *span, size_t count,
                    struct utc from, struct utc to);

// Days out of steps, with the rule's cap and floor, into `days` [rows.count / lie.days x communes];
// false when they do not fit 32 bits. Where lie.days is not 0.
bool pass_days(const struct index_rule *rule, const struct lie *lie, const struct rows *rows,
               int32_t *days, struct rows *out);

// Steps (or days) to indices. roll->at must be NULL for a percentile.
void pass_run(const struct index_rule *rule, const struct lie *lie, const struct rows *rows,
              const struct roll *roll);

// What of a pass over `steps` steps (or days) stands: see roll_settle; `unit` as given.
struct roll_stand pass_stand(const struct index_rule *rule, const struct lie *lie, size_t steps,
                             int32_t unit);

// How many communes are taken together so that so many steps of them stay in the cache.
enum { PASS_WIDTH_LEAST = 32, PASS_WIDTH_MOST = 256 };
size_t pass_width(size_t steps);

#endif
