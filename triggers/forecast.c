#include "triggers/forecast.h"

#include "policies/calendar.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/track.h"
#include "triggers/backtest.h"
#include "triggers/evaluate.h"
#include "triggers/history.h"
#include "triggers/skill.h"
#include "triggers/storm.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void forecasts_free(struct forecasts **forecasts)
{
    struct forecasts *f = *forecasts;
    if (!f)
        return;
    mem_free(&f->probability);
    mem_free(&f->happened);
    mem_free(&f->seen);
    mem_free(&f->met_s);
    mem_free(&f->crps);
    mem_free(&f->fair);
    mem_free(forecasts);
}

struct forecasts *forecasts_new(size_t cells)
{
    struct forecasts *f = mem_new(1, sizeof(*f));
    f->probability = mem_new(cells + 1, sizeof(*f->probability));
    f->happened = mem_new(cells + 1, sizeof(*f->happened));
    f->seen = mem_new(cells + 1, sizeof(*f->seen));
    f->met_s = mem_new(cells + 1, sizeof(*f->met_s));
    f->crps = mem_new(cells + 1, sizeof(*f->crps));
    f->fair = mem_new(cells + 1, sizeof(*f->fair));
    return f;
}

// --- which runs there are

enum err_kind forecast_runs(const struct history *history, const struct policy *policy,
                            const struct backtest_query *asked, struct occasions *out,
                            struct err *err)
{
    assert(history->ledger);
    struct reading_query query = {.source = policy->source,
                                  .variable = policy->variable,
                                  .boundary_set = policy->boundary_set,
                                  .issued_at = UTC_NEVER,
                                  .from = UTC_NEVER,
                                  .to = UTC_NEVER};
    AUTO(mem_drop) struct utc *runs = NULL;
    AUTO(occasions_free) struct occasions all = {0};
    size_t count = 0;
    if (storm_is_variable(policy->variable)
            ? track_runs(history->ledger, policy->source, UTC_NEVER, &runs, &count, err)
            : reading_runs(history->ledger, &query, &runs, &count, err))
        return err_of(err);
    all.at = mem_new(count + 1, sizeof(*all.at));
    for (size_t i = 0; i < count; i++) {
        struct occasion run = calendar_looks_ahead(policy, runs[i], asked->lead_s);
        if ((asked->from.s == UTC_NEVER.s || run.as_of.s >= asked->from.s) &&
            (asked->to.s == UTC_NEVER.s || run.to.s <= asked->to.s))
            all.at[all.count++] = run;
    }
    if (all.count == 0)
        return err_set(err, ERR_MISSING,
                       "the site has %zu runs of %s from %s over %s, none of them whole between "
                       "--from and --to; gong ingest backfill fetches runs of the past",
                       count, policy->variable, policy->source, policy->boundary_set);
    *out = MOVE(all);
    return OK;
}

// --- what happened

void truth_free(struct truth *truth)
{
    mem_free(&truth->place);
}

static enum err_kind check_policy(const struct policy *policy, const struct history *observed,
                                  struct err *err)
{
    const char *variable = observed->series ? observed->series->variable : observed->variable;
    const char *other = policy->stages ? "has stages (--stage NAME tries one by itself)"
                        : policy->combine != COMBINE_NONE     ? "combines several conditions"
                        : policy->index.share                 ? "looks at a share of communes"
                        : policy->station[0]                  ? "looks at a gauge"
                        : storm_is_variable(policy->variable) ? "measures distances to storms"
                                                              : NULL;
    if (other)
        return err_set(err, ERR_INPUT,
                       "policy %s %s: what happened is told of one index of each commune alone; "
                       "--reported CSV takes the days on which it happened",
                       policy->id, other);
    if (strcmp(policy->variable, variable) != 0)
        return err_set(err, ERR_INPUT, "policy %s looks at %s, what was observed is %s", policy->id,
                       policy->variable, variable);
    return OK;
}

enum err_kind truth_make(const struct backtest *backtest, const struct history *runs,
                         const struct history *observed, struct truth *out, struct err *err)
{
    AUTO(truth_free) struct truth truth = {.history = observed, .policy = *backtest->policy};
    struct span span;
    size_t there = 0;
    if (check_policy(backtest->policy, observed, err) || history_span(observed, &span, err))
        return err_add(err, "looking at what was observed");
    truth.policy.watch = WATCH_OBSERVATION;
    truth.policy.ensemble = (struct ensemble_rule){0};
    truth.policy.clear = (struct trigger_rule){0};
    truth.policy.substitutes = 0;
    truth.place = mem_new(backtest->communes + 1, sizeof(*truth.place));
    for (size_t c = 0; c < backtest->communes; c++) {
        size_t place = backtest->place[c];
        truth.place[c] = history_find(observed, place, history_place(runs, place).code);
        there += truth.place[c] != SIZE_MAX;
    }
    if (there == 0)
        return err_set(err, ERR_INPUT,
                       "what was observed has none of the %zu communes of policy %s; take a series "
                       "over %s",
                       backtest->communes, backtest->policy->id, backtest->policy->boundary_set);
    *out = MOVE(truth);
    return OK;
}

static struct decision_result judge_seen(const struct truth *truth, const struct readings *readings,
                                         const struct occasion *window)
{
    struct decision_result result;
    evaluate(&truth->policy, readings, 0, window, &result);
    return result;
}

// Which way an index goes while its window grows: 1 never down, -1 never up, 0 either.
static int goes(enum index_take take)
{
    switch (take) {
    case INDEX_TOTAL:
    case INDEX_MAXIMUM:
    case INDEX_MAXIMUM_SUM:
    case INDEX_DRY_SPELL:
    case INDEX_SPELL:
    case INDEX_DAY_COUNT:
    case INDEX_DEGREE_DAYS:
    case INDEX_COLD_DAYS:
    case INDEX_HEAT_DAYS:
    case INDEX_TOTAL_ABOVE:
    case INDEX_STORM:
        return 1;
    case INDEX_MINIMUM:
    case INDEX_MINIMUM_SUM:
        return -1;
    case INDEX_MEAN:
    case INDEX_ANTECEDENT:
    case INDEX_FIRST_RAIN:
    case INDEX_PERCENTILE:
    case INDEX_SHARE_ABOVE:
    case INDEX_SPI:
    case INDEX_SPEI:
    case INDEX_WRSI:
    case INDEX_AREA_SHARE:
    case INDEX_REPORTED:
        break;
    }
    return 0;
}

// What passes a part of the window need not pass all of it: a sum under its threshold is known at
// the window's end alone, a minimum under it at once, a mean never before.
static bool is_known_early(const struct policy *policy)
{
    enum compare compare = policy->trigger.compare;
    bool less = compare == COMPARE_LESS || compare == COMPARE_LESS_OR_SAME;
    return goes(policy->index.take) == (less ? -1 : 1);
}

// The end of the first step up to which the index passes already; else that of the window.
static int64_t met_at(const struct truth *truth, const struct readings *readings,
                      const struct occasion *occasion)
{
    struct occasion until = *occasion;
    for (size_t i = 0; i < readings->count && is_known_early(&truth->policy); i++) {
        until.to = readings->meta[i].valid_to;
        if (until.to.s >= occasion->to.s)
            break;
        AUTO(decision_result_free)
        struct decision_result result = judge_seen(truth, readings, &until);
        if (result.answer == ANSWER_YES)
            return until.to.s;
    }
    return occasion->to.s;
}

// --- beside each other

// The index of each member, as the decision has written it down, in the unit of the index.
static size_t members_of(const struct decision_result *result, double **out)
{
    size_t count = 0;
    for (size_t i = 0; i < doc_count(result->trace); i++) {
        const struct doc *step = doc_at(result->trace, i);
        if (strcmp(doc_text(doc_get(step, "step"), ""), trace_steps[TRACE_MEMBER_INDEX]) != 0)
            continue;
        const struct doc *values = doc_get(step, "values");
        *out = mem_resize(*out, count + doc_count(values) + 1, sizeof(**out));
        for (size_t k = 0; k < doc_count(values); k++)
            (*out)[count++] = (double)doc_int(doc_at(values, k), 0) / 1000;
    }
    return count;
}

static void take_crps(struct forecasts *f, size_t cell, double seen,
                      const struct decision_result *result)
{
    AUTO(mem_drop) double *member = NULL;
    size_t count = members_of(result, &member);
    double alone = (double)result->index_milli / 1000;
    if (count == 0 && !result->has_index)
        return;
    f->crps[cell] = count ? skill_crps(member, count, seen, false) : fabs(alone - seen);
    f->fair[cell] = count > 1 ? skill_crps(member, count, seen, true) : NAN;
}

static double probability_of(const struct decision_result *result)
{
    if (result->answer == ANSWER_UNKNOWN)
        return NAN;
    if (result->probability.whole)
        return (double)result->probability.part / (double)result->probability.whole;
    return result->answer == ANSWER_YES;
}

void forecasts_take(struct forecasts *forecasts, const struct truth *truth,
                    const struct window *seen, const struct occasion *occasion, size_t commune,
                    size_t cell, const struct decision_result *result)
{
    AUTO(readings_free) struct readings readings = {0};
    forecasts->probability[cell] = probability_of(result);
    forecasts->happened[cell] = ANSWER_UNKNOWN;
    forecasts->seen[cell] = INDEX_NOT_KNOWN;
    forecasts->crps[cell] = forecasts->fair[cell] = NAN;
    if (truth->place[commune] == SIZE_MAX || seen->rows.count == 0)
        return;
    window_readings(seen, &truth->policy, truth->place[commune], &readings);
    AUTO(decision_result_free)
    struct decision_result happened = judge_seen(truth, &readings, occasion);
    int64_t quotient = happened.index_milli / truth->policy.rounding_milli;
    if (happened.answer == ANSWER_UNKNOWN || quotient <= INDEX_NOT_KNOWN || quotient > INT32_MAX)
        return;
    forecasts->happened[cell] = (uint8_t)happened.answer;
    forecasts->seen[cell] = (int32_t)quotient;
    if (happened.answer == ANSWER_YES)
        forecasts->met_s[cell] = met_at(truth, &readings, occasion);
    if (result->answer != ANSWER_UNKNOWN)
        take_crps(forecasts, cell, (double)happened.index_milli / 1000, result);
}
