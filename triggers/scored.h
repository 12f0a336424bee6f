#ifndef GONG_TRIGGERS_SCORED_H
#define GONG_TRIGGERS_SCORED_H

#include "triggers/skill.h"

struct backtest;
struct figures;
struct losses;

// How well a backtest's answers agree with what was reported: the scores of domain-reference 9,
// each with what it is a share of as n and its 95 % interval: Wilson's for shares, else that of
// whole seasons drawn anew. `share` as in losses_table. Appended; returns the table that they are
// of.
struct skill_table scored_figures(const struct losses *losses, const struct backtest *backtest,
                                  double share, struct figures *out);

#endif
