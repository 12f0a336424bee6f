#ifndef GONG_TRIGGERS_EPISODE_H
#define GONG_TRIGGERS_EPISODE_H

#include "core/text.h"
#include "triggers/skill.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backtest;
struct losses;

// When an alert would have been on in the past: what each window of a backtest said is taken along
// the windows, place by place, by the functions of the live engine (triggers/alert.h): persistence,
// two thresholds, cool-down, and missing data that change nothing. One thing is assumed: an alert
// of level 3 or more, which only a person clears, is taken to be cleared as soon as
// persistence_off windows in a row speak against it.
struct episode {
    size_t commune;     // of the backtest; SIZE_MAX: the area
    size_t first, last; // occasions: at which it went on, and the last at which it was on
    bool told;          // people are told when it goes on; false: within the cool-down
    int64_t level;      // the highest
};
struct episodes {
    struct episode *at; // owned; by the occasion at which they begin, then by commune
    size_t count;
};
void episodes_free(struct episodes *episodes); // frees what is in it

// Of an alert: fills backtest->level (see backtest.h) and lists the episodes.
void episodes_make(struct backtest *backtest, struct episodes *out);

// The same of the area: it is on when at least `share` (0..1) of the places that are known, and at
// least one, are.
void episodes_of_area(const struct backtest *backtest, double share, struct episodes *out);

// Alerts beside the days that were reported, by skill_events: an alert is right when such a day is
// one of its first window's, of its last window's or between; the lead is from being told to noon
// of the day in Viet Nam. One that was not told is none. Place by place where the report names
// communes, else the area's.
// `months` (NULL: not asked for): what each month with an event or a false alarm adds to the sum,
// in order of time.
struct episode_month {
    int64_t month; // year x 12 + month - 1: of the day, of a false alarm's first window
    struct skill_match match;
};
struct episode_months {
    struct episode_month *at; // owned
    size_t count;
};
void episode_months_free(struct episode_months *months); // serves as cleanup attribute
struct skill_match episodes_match(const struct backtest *backtest, const struct losses *losses,
                                  double share, struct episode_months *months);

#endif
