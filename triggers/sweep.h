#ifndef GONG_TRIGGERS_SWEEP_H
#define GONG_TRIGGERS_SWEEP_H

#include "core/doc.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backtest;
struct losses;

// What if the threshold were another one: every threshold of a range beside the past, in one walk
// (triggers/merge.h), without reading the series again.
enum { SWEEP_POD, SWEEP_FAR, SWEEP_CSI, SWEEP_SCORES };
enum { SWEEP_DRAWN = 20000 };
struct sweep_row {
    int64_t threshold_milli;
    size_t yes;                                 // places and seasons
    size_t seasons;                             // with a yes anywhere
    size_t hits, false_alarms, misses, correct; // beside a report by commune; 0 without
    // POD, FAR and CSI, each with its n and interval, as scored_of() has them of this threshold
    // alone; NaN without a report by commune. Intervals are NaN also where more than SWEEP_DRAWN
    // seasons times thresholds would have to be drawn anew.
    struct sweep_score {
        double value, low, high;
        size_t n;
    } score[SWEEP_SCORES];
};
struct sweep_rows {
    struct sweep_row *at;
    size_t count;
    bool drawn; // there are intervals
};
void sweep_free(struct sweep_rows *rows); // frees what is in it

enum { SWEEP_MAX = 1000 };

// `range` is "100,300,10": from, to and step in the unit of the index. ERR_INPUT when it is no
// range of at most SWEEP_MAX, or the policy's answer is not one comparison with one threshold.
MUST_USE enum err_kind sweep_make(const struct backtest *backtest, const struct losses *losses,
                                  const char *range, struct sweep_rows *out, struct err *err);
void sweep_text(const struct sweep_rows *rows, const struct backtest *backtest,
                const struct losses *losses, struct buf *out);
struct doc *sweep_doc(const struct sweep_rows *rows);

#endif
