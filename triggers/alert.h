#ifndef GONG_TRIGGERS_ALERT_H
#define GONG_TRIGGERS_ALERT_H

#include "core/date.h"
#include "ledger/decision.h"

#include <stdbool.h>
#include <stdint.h>

// What one run says of an alert: that it should be on, off, neither (between the two thresholds),
// or nothing at all (not known).
enum speech { SPEAKS_ON, SPEAKS_OFF, SPEAKS_NEITHER, SPEAKS_NOT };

enum turn { TURN_NONE, TURN_ON, TURN_UP, TURN_DOWN, TURN_OFF };

// From this level on a person clears an alert, never the data.
enum { ALERT_LEVEL_HELD = 3 };

struct alert_said {
    enum speech speech;
    int64_t level; // SPEAKS_ON: of the highest stage that is on, 1 to 5
    int64_t hold;  // an alert that has this level or a higher one does not fall below it now
    struct utc as_of;
};

struct alert_rule {
    int64_t persistence;     // runs in a row before it goes on or up
    int64_t persistence_off; // and off or down
    int64_t cool_down_s;     // the same level is not told again within this; 0: always
    // Since it came to the level at which it is: within (keep_from_s, keep_to_s) no run lowers it.
    // What it set going cannot be taken back any more, and what it was for is not over. 0, 0: none.
    int64_t keep_from_s, keep_to_s;
};

// Takes one run into the state of (policy, commune): on or up after `persistence` consecutive runs
// that speak for more, off or down after persistence_off that speak for less. Pure.
//   - not known changes nothing: an alert is never cleared by missing data
//   - a run older than the newest that was taken in changes nothing
//   - that same run again (its data were corrected) can raise an alert, never lower it
//   - from level 3 on it is not lowered at all
//   - between the cut-off and the end of what it was for it is not lowered either
// Source: domain-reference 4.2, 4.3 ("before the point of no return").
enum turn alert_step(struct alert_state *state, const struct alert_said *said,
                     const struct alert_rule *rule);

// The rule of a policy for an alert that is at this level: a stage may have a cut-off.
struct policy;
struct alert_rule alert_rule_of(const struct policy *policy, int64_t level);

// Whether a turn is told to people; notes in the state that it was. A change of level always is;
// one that comes on again with the level that was told last is not within the cool-down.
bool alert_tell(struct alert_state *state, enum turn turn, struct utc as_of,
                const struct alert_rule *rule);

// A person clears it; false when it is off.
bool alert_clear(struct alert_state *state, struct utc at);

#endif
