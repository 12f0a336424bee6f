#ifndef GONG_TRIGGERS_FORECAST_H
#define GONG_TRIGGERS_FORECAST_H

#include "core/err.h"
#include "policies/period.h"
#include "policies/policy.h"

#include <stddef.h>
#include <stdint.h>

struct backtest;
struct backtest_query;
struct decision_result;
struct history;
struct window;

// Forecasts of the past beside what was then observed. What happened is asked of the live engine as
// well: the policy's own index and threshold, by evaluate(), over the observed steps of the very
// window that the run spoke of.
struct forecasts {
    double *probability; // [occasions x communes] that the index passes the trigger, as the run
                         // said; 0 or 1 without an ensemble; NaN: not known
    uint8_t *happened;   // of enum answer
    int32_t *seen;       // the observed index / rounding; INDEX_NOT_KNOWN
    int64_t *met_s;      // end of the step at which it first passed; where it happened
    double *crps, *fair; // of the members' indices beside it, in its unit (triggers/skill.h): NaN
                         // where not known; fair also without an ensemble
};
void forecasts_free(struct forecasts **forecasts); // serves as cleanup attribute

// Where what happened is read from.
struct truth {
    const struct history *history; // borrowed: observations of the policy's variable
    struct policy policy;          // the policy as if on observations; borrows from it
    size_t *place;                 // [communes] which of the history; SIZE_MAX: it has none; owned
};
void truth_free(struct truth *truth); // frees what is in it

// ERR_INPUT when what the policy says is not one index over the time after a run, or no commune of
// the backtest is there; ERR_MISSING when nothing was observed.
MUST_USE enum err_kind truth_make(const struct backtest *backtest, const struct history *runs,
                                  const struct history *observed, struct truth *out,
                                  struct err *err);

// The runs that a site has of the policy's source, between the query's two moments, each with the
// window that begins its lead later. ERR_MISSING when there is none.
MUST_USE enum err_kind forecast_runs(const struct history *history, const struct policy *policy,
                                     const struct backtest_query *query, struct occasions *out,
                                     struct err *err);

struct forecasts *forecasts_new(size_t cells);

// Puts one commune's forecast beside what was observed. `seen`: the steps of the occasion's window.
void forecasts_take(struct forecasts *forecasts, const struct truth *truth,
                    const struct window *seen, const struct occasion *occasion, size_t commune,
                    size_t cell, const struct decision_result *result);

#endif
