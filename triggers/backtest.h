#ifndef GONG_TRIGGERS_BACKTEST_H
#define GONG_TRIGGERS_BACKTEST_H

#include "core/date.h"
#include "core/err.h"
#include "policies/period.h"
#include "triggers/alert.h"
#include "triggers/episode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct forecasts;
struct history;
struct observed;
struct policy;

// What a policy would have said and paid in every season of the past, for every commune of its
// area: by the plan where that can be, else by evaluate(), and always the same answers. Of an alert
// on forecasts every run that the site has is such a season.
struct backtest_query {
    struct utc from, to; // UTC_NEVER: all there is
    bool everywhere;     // the policy's area is not looked at
    int64_t sum_insured_vnd;
    size_t threads;
    const struct observed *observed; // of an alert on forecasts: what happened then; NULL
    int64_t lead_s; // and how long after a run its window begins (policy_stage_alone)
};

enum { INDEX_NOT_KNOWN = INT32_MIN };

struct backtest {
    const struct policy *policy; // borrowed
    struct occasions occasions;
    size_t communes;
    size_t *place;     // [communes] which of the history
    int32_t *quotient; // [occasions x communes] index / rounding; INDEX_NOT_KNOWN
    uint8_t *answer;   // [occasions x communes] of enum answer
    int64_t *pays_vnd; // [occasions x communes] 0 where nothing
    int64_t sum_insured_vnd;

    // Of an alert; NULL and none of a cover.
    uint8_t *said;            // [occasions x communes] see backtest_said
    uint8_t *level;           // [occasions x communes] of the alert behind that window; 0: off
    struct episodes episodes; // when it would have been on

    struct forecasts *forecasts; // beside what was observed; NULL: not asked for. Owned
};
void backtest_free(struct backtest *backtest); // frees what is in it

// ERR_INPUT when the policy cannot be tried on this past (forecasts on a series, another variable,
// no commune of its area), ERR_MISSING when no season lies within. ERR_BROKEN when an answer of the
// plan is not that of evaluate(): some are always compared.
MUST_USE enum err_kind backtest_run(const struct policy *policy, const struct history *history,
                                    const struct backtest_query *query, struct backtest *out,
                                    struct err *err);

// What the window of a cell says of an alert.
uint8_t backtest_pack(const struct alert_said *said); // but for as_of
struct alert_said backtest_said(const struct backtest *backtest, size_t cell);

// Whether a cell is a yes of the policy: what a cover answers, and whether an alert is on behind
// that window, which persistence, two thresholds and missing data make another thing.
bool backtest_says(const struct backtest *backtest, size_t cell);

// The index in thousandths of its unit.
int64_t backtest_index(const struct backtest *backtest, size_t cell);

// One season over all communes.
struct backtest_season {
    size_t yes, no, unknown;
    int64_t pays_vnd;
    int64_t least, most, mean; // of the index, thousandths, of those known; mean half away from 0
};
struct backtest_season backtest_season(const struct backtest *backtest, size_t occasion);

#endif
