#include "triggers/backtest.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "policies/policy.h"
#include "triggers/evaluate.h"
#include "triggers/forecast.h"
#include "triggers/history.h"
#include "triggers/judge.h"
#include "triggers/ladder.h"
#include "triggers/looks.h"
#include "triggers/payout.h"
#include "triggers/plan.h"
#include "triggers/stand.h"
#include "triggers/storm.h"

#include <assert.h>
#include <string.h>

void backtest_free(struct backtest *backtest)
{
    occasions_free(&backtest->occasions);
    mem_free(&backtest->place);
    mem_free(&backtest->quotient);
    mem_free(&backtest->answer);
    mem_free(&backtest->pays_vnd);
    mem_free(&backtest->said);
    mem_free(&backtest->level);
    episodes_free(&backtest->episodes);
    forecasts_free(&backtest->forecasts);
}

static bool on_forecasts(const struct policy *policy)
{
    return policy->kind == POLICY_ALERT && policy->watch == WATCH_FORECAST;
}

// speech, level and hold of a window in one byte.
enum { LEVEL_SHIFT = 2, HOLD_SHIFT = 5, SPEECH_MASK = 3, LEVEL_MASK = 7 };

uint8_t backtest_pack(const struct alert_said *said)
{
    assert(said->level <= LEVEL_MASK && said->hold <= LEVEL_MASK);
    return (uint8_t)((int64_t)said->speech | said->level << LEVEL_SHIFT | said->hold << HOLD_SHIFT);
}

struct alert_said backtest_said(const struct backtest *backtest, size_t cell)
{
    uint8_t said = backtest->said[cell];
    return (struct alert_said){.speech = (enum speech)(said & SPEECH_MASK),
                               .level = said >> LEVEL_SHIFT & LEVEL_MASK,
                               .hold = said >> HOLD_SHIFT & LEVEL_MASK,
                               .as_of = backtest->occasions.at[cell / backtest->communes].as_of};
}

bool backtest_says(const struct backtest *backtest, size_t cell)
{
    return backtest->level ? backtest->level[cell] > 0 : backtest->answer[cell] == ANSWER_YES;
}

int64_t backtest_index(const struct backtest *backtest, size_t cell)
{
    return backtest->quotient[cell] * backtest->policy->rounding_milli;
}

// Whether one of the series is of this source and variable.
static bool is_there(const struct policy *policy, const struct history *history, const char *source,
                     const char *variable)
{
    if (strcmp(source, policy->source) == 0 && strcmp(variable, policy->variable) == 0)
        return true;
    for (size_t i = 0; i < history->besides; i++) {
        if (strcmp(source, history->beside[i].source) == 0 &&
            strcmp(variable, history->beside[i].series->variable) == 0)
            return true;
    }
    return false;
}

// A series of which the policy looks at nothing, or nowhere, was not meant.
static enum err_kind check_beside(const struct policy *policy, const struct history *history,
                                  const struct backtest *backtest, struct err *err)
{
    for (size_t i = 0; i < history->besides; i++) {
        const struct history_beside *beside = &history->beside[i];
        const struct history other = {.series = beside->series};
        bool wanted = false, met = false;
        for (size_t k = 0; k < policy->parts && !wanted; k++)
            wanted = strcmp(policy->part[k].source, beside->source) == 0 &&
                     strcmp(policy->part[k].variable, beside->series->variable) == 0;
        for (size_t k = 0; k < policy->substitutes && !wanted; k++)
            wanted = policy->substitute[k].rung == RUNG_SOURCE &&
                     strcmp(policy->substitute[k].source, beside->source) == 0 &&
                     strcmp(policy->variable, beside->series->variable) == 0;
        if (!wanted)
            return err_set(err, ERR_INPUT,
                           "policy %s does not look at %s of %s; leave its "
                           "series out",
                           policy->id, beside->series->variable, beside->source);
        for (size_t c = 0; c < backtest->communes && !met; c++) {
            size_t place = backtest->place[c];
            met = history_find(&other, place, history_place(history, place).code) != SIZE_MAX;
        }
        if (!met)
            return err_set(err, ERR_INPUT,
                           "the series of %s has none of the %zu places of policy %s; take one "
                           "over %s",
                           beside->source, backtest->communes, policy->id, policy->boundary_set);
    }
    return OK;
}

static enum err_kind check_fits(const struct policy *policy, const struct history *history,
                                struct err *err)
{
    const char *variable = history->series ? history->series->variable : history->variable;
    if (on_forecasts(policy) && !history->ledger)
        return err_set(err, ERR_INPUT,
                       "policy %s decides on forecasts; a series has observations: try it on a "
                       "site that has its runs, with --site, and the series as --observed; or "
                       "with --set \"watch=observation\" and without its ensemble",
                       policy->id);
    if (history->ledger) // a site has every source that the live engine has
        return OK;
    bool storms = storm_is_variable(policy->variable);
    for (size_t i = 0; i < policy->parts; i++)
        storms = storms || storm_is_variable(policy->part[i].variable);
    if (storms)
        return err_set(
            err, ERR_INPUT,
            "policy %s measures distances to storms, which are made of their tracks, and "
            "a series has none; try it on a site that has read them, with --site",
            policy->id);
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        if (!is_there(policy, history, part->source, part->variable))
            return err_set(err, ERR_INPUT,
                           "policy %s also looks at %s of %s; give its series, --series %s=FILE, "
                           "or try it on a site, with --site",
                           policy->id, part->variable, part->source, part->source);
        if (strcmp(part->station, policy->station) != 0)
            return err_set(err, ERR_INPUT,
                           "policy %s looks at places and gauges together; try it on a site, with "
                           "--site",
                           policy->id);
    }
    if (strcmp(policy->variable, variable) != 0)
        return err_set(err, ERR_INPUT, "policy %s looks at %s, the series has %s", policy->id,
                       policy->variable, variable);
    return OK;
}

static enum err_kind find_places(const struct policy *policy, const struct history *history,
                                 bool everywhere, struct backtest *out, struct err *err)
{
    size_t count = history_places(history);
    out->place = mem_new(count + 1, sizeof(*out->place));
    for (size_t i = 0; i < count; i++) {
        struct series_place place = history_place(history, i);
        if (everywhere ||
            area_holds(&policy->area, place.code, place.zone, history_former(history, i)))
            out->place[out->communes++] = i;
    }
    if (out->communes == 0)
        return err_set(err, ERR_INPUT,
                       "no place of the series lies in the area of policy %s; --everywhere leaves "
                       "the area out",
                       policy->id);
    return OK;
}

static void make_room(struct backtest *out)
{
    size_t cells = out->occasions.count * out->communes;
    out->quotient = mem_new(cells, sizeof(*out->quotient));
    out->answer = mem_new(cells, sizeof(*out->answer));
    out->pays_vnd = mem_new(cells, sizeof(*out->pays_vnd));
    if (out->policy->kind == POLICY_ALERT)
        out->said = mem_new(cells, sizeof(*out->said));
}

static void put_answer(struct backtest *out, size_t cell, int32_t quotient, enum answer answer,
                       int64_t pays_vnd)
{
    out->quotient[cell] = quotient;
    out->answer[cell] = (uint8_t)answer;
    out->pays_vnd[cell] = pays_vnd;
}

// --- by the plan
// ------------------------------------------------------------------------------------

static void take_answers(const struct plan *plan, const struct ladder *ladder, struct backtest *out)
{
    const int32_t *quotient = plan->index[0].quotient;
    struct money insured = VND(out->sum_insured_vnd);
    for (size_t o = 0; o < out->occasions.count; o++) {
        struct civil last = out->occasions.at[o].last;
        for (size_t c = 0; c < out->communes; c++) {
            size_t cell = o * out->communes + c;
            int32_t q = quotient[o * plan->communes + out->place[c]];
            if (q == INDEX_NOT_KNOWN)
                put_answer(out, cell, q, ANSWER_UNKNOWN, 0);
            else
                put_answer(
                    out, cell, q, ladder_says(ladder, q) ? ANSWER_YES : ANSWER_NO,
                    payout_capped(out->policy, insured, VND(ladder_pays(ladder, q)), last).minor);
        }
    }
}

// What the windows say of an alert of one index, as judge_alert does.
static void take_said(struct backtest *out)
{
    const struct policy *policy = out->policy;
    for (size_t cell = 0; cell < out->occasions.count * out->communes; cell++) {
        enum answer answer = (enum answer)out->answer[cell];
        struct alert_said said = {.speech = SPEAKS_NOT};
        if (answer != ANSWER_UNKNOWN)
            said.speech =
                judge_speech(&policy->clear, answer == ANSWER_YES, backtest_index(out, cell));
        said.level = answer == ANSWER_YES ? policy->level : 0;
        said.hold = said.speech == SPEAKS_NEITHER || said.speech == SPEAKS_NOT ? policy->level : 0;
        out->said[cell] = backtest_pack(&said);
    }
}

// What one contract of the sum insured is owed, as the live engine pays it.
static int64_t owed(const struct backtest *out, const struct decision_result *result,
                    const struct occasion *occasion)
{
    if (out->policy->kind != POLICY_INSURANCE || result->answer != ANSWER_YES)
        return 0;
    return payout_due(out->policy, VND(out->sum_insured_vnd), result->share, occasion->last).minor;
}

static bool agrees(const struct backtest *out, size_t cell, const struct decision_result *result)
{
    const struct occasion *occasion = &out->occasions.at[cell / out->communes];
    if (result->answer != (enum answer)out->answer[cell])
        return false;
    const struct alert_said said = {
        .speech = result->speech, .level = result->level, .hold = result->hold};
    if (out->said && backtest_pack(&said) != out->said[cell])
        return false;
    if (result->answer == ANSWER_UNKNOWN)
        return true;
    return result->index_milli == backtest_index(out, cell) &&
           owed(out, result, occasion) == out->pays_vnd[cell];
}

// Some answers, spread over all, are made again by evaluate(): the plan is never believed blindly.
static enum err_kind check_some(const struct backtest *out, const struct history *history,
                                struct err *err)
{
    AUTO(stands_free) struct stands stands = {0};
    enum { SOME = 48 };
    size_t cells = out->occasions.count * out->communes, step = cells / SOME + 1;
    if (stands_make(out->policy, history, true, &stands, err))
        return err_of(err);
    for (size_t cell = 0; cell < cells; cell += step) {
        struct occasion occasion = out->occasions.at[cell / out->communes];
        size_t place = out->place[cell % out->communes];
        AUTO(stand_free) struct stand stand = {0};
        AUTO(decision_result_free) struct decision_result result = {0};
        if (stand_make(&stands, &occasion, &stand, err))
            return err_of(err);
        looks_free(&stand.grounds.looks); // each of the places by itself, as the plan does not
        stand_decide(&stands, &stand, place, &occasion, &result);
        if (!agrees(out, cell, &result))
            return err_set(err, ERR_BROKEN,
                           "the plan and evaluate() disagree on policy %s in %s for %s: report it",
                           out->policy->id, occasion.period, history_place(history, place).code);
    }
    return OK;
}

static enum err_kind by_plan(const struct history *history, const struct backtest_query *query,
                             struct backtest *out, struct err *err)
{
    AUTO(plan_free) struct plan plan = {0};
    AUTO(ladder_free) struct ladder ladder = {0};
    int32_t least, most;
    if (plan_make(history, &out->policy, 1, query->from, query->to, &plan, err) ||
        plan_run(&plan, history, query->threads, err))
        return err_of(err);
    struct plan_index *index = &plan.index[0];
    size_t cells = index->occasions.count * plan.communes;
    if (!ladder_range(index->quotient, cells, &least, &most))
        least = most = 0;
    ladder_make(out->policy, out->sum_insured_vnd, least, most, &ladder);
    out->occasions = MOVE(index->occasions);
    make_room(out);
    take_answers(&plan, &ladder, out);
    if (out->said)
        take_said(out);
    return check_some(out, history, err);
}

// --- one after the other
// --------------------------------------------------------------------------

static void put_result(struct backtest *out, size_t cell, const struct decision_result *result,
                       const struct occasion *occasion)
{
    int64_t quotient = result->index_milli / out->policy->rounding_milli;
    bool known = result->has_index && result->answer != ANSWER_UNKNOWN &&
                 quotient > INDEX_NOT_KNOWN && quotient <= INT32_MAX;
    put_answer(out, cell, known ? (int32_t)quotient : INDEX_NOT_KNOWN, result->answer,
               owed(out, result, occasion));
    const struct alert_said said = {
        .speech = result->speech, .level = result->level, .hold = result->hold};
    if (out->said)
        out->said[cell] = backtest_pack(&said);
}

static enum err_kind decide_all(const struct stands *stands, const struct truth *truth, size_t o,
                                struct backtest *out, struct err *err)
{
    struct occasion occasion = out->occasions.at[o];
    AUTO(stand_free) struct stand stand = {0};
    AUTO(happening_free) struct happening happening = {0};
    if (stand_make(stands, &occasion, &stand, err) ||
        (out->forecasts && happening_make(truth, &occasion, &happening, err)))
        return err_of(err);
    for (size_t c = 0; c < out->communes; c++) {
        AUTO(decision_result_free) struct decision_result result = {0};
        size_t cell = o * out->communes + c;
        stand_decide(stands, &stand, out->place[c], &occasion, &result);
        put_result(out, cell, &result, &occasion);
        if (out->forecasts)
            forecasts_take(out->forecasts, truth, &happening, c, cell, &result);
    }
    return OK;
}

static enum err_kind by_evaluate(const struct history *history, const struct backtest_query *query,
                                 struct backtest *out, struct err *err)
{
    AUTO(truth_free) struct truth truth = {0};
    AUTO(stands_free) struct stands stands = {0};
    if (stands_make(out->policy, history, query->everywhere, &stands, err))
        return err_of(err);
    if (query->observed && truth_make(out, history, query->observed, &truth, err))
        return err_of(err);
    if (on_forecasts(out->policy)
            ? forecast_runs(history, out->policy, query, &out->occasions, err)
            : plan_occasions(history, out->policy, query->from, query->to, &out->occasions, err))
        return err_of(err);
    make_room(out);
    if (query->observed)
        out->forecasts = forecasts_new(out->occasions.count * out->communes);
    for (size_t o = 0; o < out->occasions.count; o++) {
        if (decide_all(&stands, &truth, o, out, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind backtest_run(const struct policy *policy, const struct history *history,
                           const struct backtest_query *query, struct backtest *out,
                           struct err *err)
{
    assert(query->sum_insured_vnd > 0 && query->threads > 0);
    AUTO(backtest_free)
    struct backtest backtest = {.policy = policy, .sum_insured_vnd = query->sum_insured_vnd};
    assert(!query->observed || on_forecasts(policy));
    if (check_fits(policy, history, err) ||
        find_places(policy, history, query->everywhere, &backtest, err) ||
        check_beside(policy, history, &backtest, err))
        return err_of(err);
    bool plain = plan_takes(policy) && !storm_is_variable(policy->variable) && !history->gauge;
    enum err_kind kind = plain ? by_plan(history, query, &backtest, err)
                               : by_evaluate(history, query, &backtest, err);
    if (kind)
        return kind;
    if (backtest.said)
        episodes_make(&backtest, &backtest.episodes);
    *out = MOVE(backtest);
    return OK;
}

struct backtest_season backtest_season(const struct backtest *backtest, size_t occasion)
{
    struct backtest_season season = {0};
    __int128 sum = 0;
    int64_t known = 0;
    for (size_t c = 0; c < backtest->communes; c++) {
        size_t cell = occasion * backtest->communes + c;
        size_t *count[] = {[ANSWER_NO] = &season.no,
                           [ANSWER_YES] = &season.yes,
                           [ANSWER_UNKNOWN] = &season.unknown};
        (*count[backtest->answer[cell]])++;
        season.pays_vnd += backtest->pays_vnd[cell];
        if (backtest->quotient[cell] == INDEX_NOT_KNOWN)
            continue;
        int64_t index = backtest_index(backtest, cell);
        season.least = known == 0 || index < season.least ? index : season.least;
        season.most = known == 0 || index > season.most ? index : season.most;
        sum += index;
        known++;
    }
    if (known) {
        __int128 size = sum < 0 ? -sum : sum;
        int64_t mean = (int64_t)((2 * size + known) / (2 * known));
        season.mean = sum < 0 ? -mean : mean;
    }
    return season;
}
