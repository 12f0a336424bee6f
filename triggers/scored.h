#ifndef GONG_TRIGGERS_SCORED_H
#define GONG_TRIGGERS_SCORED_H

#include "triggers/skill.h"

#include <stdbool.h>
#include <stddef.h>

struct backtest;
struct figures;
struct losses;

// The scores of domain-reference 9 of a table that is the sum of seasons (or of other blocks that
// are drawn anew as a whole), each with what it is a share of as n and its 95 % interval: that of
// whole seasons drawn anew, of shares as resample_share() has it (`trials`: a season is one).
// Appended; returns the sum.
struct skill_table scored_of(const struct skill_table *season, size_t seasons, bool trials,
                             struct figures *out);

// How well a backtest's answers agree with what was reported. `share` as in losses_table.
struct skill_table scored_figures(const struct losses *losses, const struct backtest *backtest,
                                  double share, struct figures *out);

#endif
