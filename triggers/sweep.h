#ifndef GONG_TRIGGERS_SWEEP_H
#define GONG_TRIGGERS_SWEEP_H

#include "core/doc.h"
#include "core/err.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

struct backtest;
struct losses;

// What if the threshold were another one: every threshold of a range beside the past, in one walk
// (triggers/merge.h), without reading the series again.
struct sweep_row {
    int64_t threshold_milli;
    size_t yes;                                 // places and seasons
    size_t seasons;                             // with a yes anywhere
    size_t hits, false_alarms, misses, correct; // beside a report by commune; 0 without
};
struct sweep_rows {
    struct sweep_row *at;
    size_t count;
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
