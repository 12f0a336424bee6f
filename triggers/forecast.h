#ifndef GONG_TRIGGERS_FORECAST_H
#define GONG_TRIGGERS_FORECAST_H

#include "core/err.h"
#include "policies/period.h"
#include "policies/policy.h"
#include "triggers/history.h"
#include "triggers/stand.h"

#include <stddef.h>
#include <stdint.h>

struct backtest;
struct backtest_query;
struct decision_result;

// Forecasts of the past beside what was then observed. What happened is asked of the live engine as
// well: the policy's own index and threshold, by evaluate(), over the observed steps of the very
// window that the run spoke of.
struct forecasts {
    double *probability; // [occasions x communes] that the index passes the trigger, as the run
                         // said; 0 or 1 without an ensemble, and of several conditions, of which
                         // the decision alone is about all of them; NaN: not known
    uint8_t *happened;   // of enum answer
    int32_t *seen;       // the observed index / rounding, of conditions the policy's own;
                         // INDEX_NOT_KNOWN
    int64_t *met_s;      // end of the step at which it first passed; where it happened
    double *crps, *fair; // of the members' indices beside that, in its unit (triggers/skill.h): NaN
                         // where not known; fair also without an ensemble
};
void forecasts_free(struct forecasts **forecasts); // serves as cleanup attribute

// What was observed, in place of what the policy's sources forecast.
struct observed {
    // Of the policy's own source. Series of others that it looks at stand beside it under their
    // names; one of the same variable that has none is that of the policy's own.
    struct history history;
    // Of a site: `by` observed what `of` forecasts; what is not listed, the history's source did.
    struct observed_as {
        char of[64], by[64];
    } as[HISTORY_BESIDE_MAX];
    size_t count;
};

// Where what happened is read from.
struct truth {
    struct policy policy; // the policy as if on observations; borrows from it but for `part`
    struct part *part;    // [policy.parts] owned
    struct stands stands; // of it
    size_t *place;        // [communes] which of the observed history; SIZE_MAX: it has none; owned
};
void truth_free(struct truth *truth); // frees what is in it

// `out` is not moved after: parts of it name one another. ERR_INPUT when the policy has stages, or
// what was observed is not all that it looks at, or no commune of the backtest is there;
// ERR_MISSING when nothing was observed.
MUST_USE enum err_kind truth_make(const struct backtest *backtest, const struct history *runs,
                                  const struct observed *observed, struct truth *out,
                                  struct err *err);

// What happened in the window that one run spoke of, for all communes.
struct happening {
    struct occasion window;
    struct stand stand;
    struct utc *end; // [ends] of the steps that were observed, ascending; owned
    size_t ends;
};
void happening_free(struct happening *happening); // serves as cleanup attribute
MUST_USE enum err_kind happening_make(const struct truth *truth, const struct occasion *run,
                                      struct happening *out, struct err *err);

// The runs that a site has of the policy's source, between the query's two moments, each with the
// window that begins its lead later. ERR_MISSING when there is none.
MUST_USE enum err_kind forecast_runs(const struct history *history, const struct policy *policy,
                                     const struct backtest_query *query, struct occasions *out,
                                     struct err *err);

struct forecasts *forecasts_new(size_t cells);

// Puts one commune's forecast beside what happened then.
void forecasts_take(struct forecasts *forecasts, const struct truth *truth,
                    const struct happening *happening, size_t commune, size_t cell,
                    const struct decision_result *result);

#endif
