#ifndef GONG_TRIGGERS_VERIFIED_H
#define GONG_TRIGGERS_VERIFIED_H

#include "core/err.h"
#include "triggers/price.h"
#include "triggers/skill.h"

#include <stdbool.h>
#include <stddef.h>

struct backtest;

// How good the forecasts behind an alert were, beside what was observed (triggers/forecast.h): the
// scores of domain-reference 9 of what is known on both sides, each with its n and the interval of
// whole blocks of runs drawn anew. Blocks are years when something is known of VERIFIED_BLOCKS_MIN
// of them, else months, else single runs; fewer blocks give no interval. Real numbers, for people.
enum {
    VERIFIED_BLOCKS_MIN = 8,
    VERIFIED_BINS = 10,
    VERIFIED_SAID_MAX = 1000, // of more different probabilities each is rounded to thousandths
};

// Of the probabilities from k/10 to under (k + 1)/10, of the last to 1 with it.
struct verified_bin {
    size_t n;
    double said, came; // their mean, and how often it then happened
    double low, high;  // 95 % of `came`
};

struct verified {
    size_t pairs;     // runs and places that are known on both sides
    size_t lacking;   // and those that are not
    const char *unit; // of a block: "years", "months", "runs"
    size_t blocks;
    bool
        several; // conditions: the decision is what was said, members are of the policy's own index
    struct skill_table table; // what was decided run by run beside what happened
    struct skill_said *said;  // [saids] owned
    struct skill_point *roc;  // [saids] who acts from said[i].p on; owned
    size_t saids;
    struct verified_bin bin[VERIFIED_BINS];
    // Alerts, as people would have been told of them, beside events: an event is when the index
    // first passes; what passes within the length of a window after it is the same one. An alert
    // with no event in its time is late when something of the kind followed a run of it (what it
    // told of had begun before), else false.
    size_t events, hits, misses, alerts, false_alarms, late;
    struct figures figures;
};
void verified_free(struct verified *verified); // frees what is in it

// ERR_MISSING when nothing is known on both sides.
MUST_USE enum err_kind verified_make(const struct backtest *backtest, struct verified *out,
                                     struct err *err);

#endif
