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
    bool tells_over;         // people are told when it goes off
    // [level - 1]: since it came to that level or a higher one, within (from_s, to_s) no run takes
    // it below that level. What the stage set going cannot be taken back any more, and what it was
    // for is not over. 0, 0: never so.
    struct alert_keep {
        int64_t from_s, to_s;
    } keep[ALERT_LEVELS];
};

// Takes one run into the state of (policy, commune): on or up after `persistence` consecutive runs
// that speak for more, off or down after persistence_off that speak for less. Pure.
//   - not known changes nothing: an alert is never cleared by missing data
//   - a run older than the newest that was taken in changes nothing
//   - that same run again (its data were corrected) can raise an alert, never lower it
//   - from level 3 on it is not lowered at all
//   - nor below a stage between its cut-off and the end of what it was for, whether the alert has
//     since risen above that stage or fallen back to it
// Source: domain-reference 4.2, 4.3 ("before the point of no return").
enum turn alert_step(struct alert_state *state, const struct alert_said *said,
                     const struct alert_rule *rule);

struct policy;
struct alert_rule alert_rule_of(const struct policy *policy);

// The highest level below which its rule does not let it fall at this moment; 0: none.
int64_t alert_kept(const struct alert_state *state, struct utc as_of,
                   const struct alert_rule *rule);

// Whether a turn is told to people; notes in the state that it was. A change of level always is;
// one that comes on again with the level that was told last is not within the cool-down, unless
// people were told that it was over: by tells_over, or, from level 3 on, by the person who ended
// it.
bool alert_tell(struct alert_state *state, enum turn turn, struct utc as_of,
                const struct alert_rule *rule);

// Both: what every run goes through, live, in a backtest, in a replay and in a case of a policy.
struct alert_taken {
    enum turn turn;
    bool told;
    int64_t kept; // the level that it was kept from falling below by this rule; 0: by none
};
struct alert_taken alert_take(struct alert_state *state, const struct alert_said *said,
                              const struct alert_rule *rule);

// A person clears it; false when it is off.
bool alert_clear(struct alert_state *state, struct utc at);

#endif
