#ifndef GONG_TRIGGERS_ALERT_H
#define GONG_TRIGGERS_ALERT_H

#include "core/date.h"
#include "ledger/decision.h"

#include <stdint.h>

// What one run says of an alert: that it should be on, off, neither (between the two thresholds),
// or nothing at all (not known).
enum speech { SPEAKS_ON, SPEAKS_OFF, SPEAKS_NEITHER, SPEAKS_NOT };

enum turn { TURN_NONE, TURN_ON, TURN_OFF };

// Takes one run into the state of (policy, commune): on after `persistence` consecutive runs that
// speak for it, off after as many that speak against it. Pure.
//   - not known changes nothing: an alert is never cleared by missing data
//   - a run older than the newest that was taken in changes nothing
//   - that same run again (its data were corrected) can turn an alert on, never off
// Source: domain-reference 4.2.
enum turn alert_step(struct alert_state *state, enum speech speech, struct utc as_of,
                     int64_t persistence);

#endif
