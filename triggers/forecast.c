#include "triggers/forecast.h"

#include "policies/calendar.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/track.h"
#include "policies/share_rule.h"
#include "triggers/backtest.h"
#include "triggers/evaluate.h"
#include "triggers/history.h"
#include "triggers/skill.h"
#include "triggers/storm.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
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
    stands_free(&truth->stands);
    mem_free(&truth->part);
    mem_free(&truth->place);
}

void happening_free(struct happening *happening)
{
    stand_free(&happening->stand);
    mem_free(&happening->end);
}

// The name under which what a look forecasts was observed.
static const char *seen_by(const struct observed *observed, const struct policy *policy,
                           const char *source, const char *variable)
{
    const struct history *history = &observed->history;
    for (size_t i = 0; history->series && i < history->besides; i++) {
        if (strcmp(history->beside[i].source, source) == 0 &&
            strcmp(history->beside[i].series->variable, variable) == 0)
            return source;
    }
    if (history->series)
        return policy->source;
    for (size_t i = 0; i < observed->count; i++) {
        if (strcmp(observed->as[i].of, source) == 0)
            return observed->as[i].by;
    }
    return history->source;
}

// Whether there is anything of one look, and which variable the series has that stands for it.
static enum err_kind check_look(const struct observed *observed, const struct policy *policy,
                                const struct part *look, struct err *err)
{
    struct history one = observed->history;
    struct span span;
    if (!one.series) {
        one.source = look->source;
        one.variable = look->variable;
        one.gauge = look->station[0] != 0;
        return history_span(&one, &span, err);
    }
    for (size_t i = 0; i < one.besides; i++) {
        if (strcmp(one.beside[i].source, look->source) == 0 &&
            strcmp(one.beside[i].series->variable, look->variable) == 0)
            return OK;
    }
    if (storm_is_variable(look->variable) || strcmp(look->station, policy->station) != 0)
        return err_set(err, ERR_INPUT,
                       "policy %s looks at %s, which a series file does not tell; give a source of "
                       "the site, as --observed SOURCE",
                       policy->id, look->station[0] ? "a gauge" : look->variable);
    if (strcmp(look->variable, one.series->variable) != 0)
        return err_set(err, ERR_INPUT, "policy %s looks at %s, what was observed is %s%s",
                       policy->id, look->variable, one.series->variable,
                       policy->parts ? "; give each, as --observed SOURCE=FILE again" : "");
    return history_span(&one, &span, err);
}

static enum err_kind check_looks(const struct observed *observed, const struct truth *truth,
                                 struct err *err)
{
    struct part own = policy_main_part(&truth->policy);
    if (check_look(observed, &truth->policy, &own, err))
        return err_add(err, "looking at what was observed");
    for (size_t i = 0; i < truth->policy.parts; i++) {
        if (check_look(observed, &truth->policy, &truth->part[i], err))
            return err_add(err, "looking at what was observed of %s", truth->part[i].name);
    }
    return OK;
}

// The policy as if on what was observed: no members, no second threshold, nothing filled.
static void observe(const struct backtest *backtest, const struct observed *observed,
                    struct truth *out)
{
    const struct policy *policy = backtest->policy;
    out->policy = *policy;
    out->policy.watch = WATCH_OBSERVATION;
    out->policy.ensemble = (struct ensemble_rule){0};
    out->policy.clear = (struct trigger_rule){0};
    out->policy.substitutes = 0;
    out->part = mem_new(policy->parts + 1, sizeof(*out->part));
    text_copy(out->policy.source, sizeof(out->policy.source),
              seen_by(observed, policy, policy->source, policy->variable));
    for (size_t i = 0; i < policy->parts; i++) {
        struct part *part = &out->part[i];
        *part = policy->part[i]; // borrows what it points at
        text_copy(part->source, sizeof(part->source),
                  seen_by(observed, policy, policy->part[i].source, part->variable));
    }
    out->policy.part = out->part;
}

enum err_kind truth_make(const struct backtest *backtest, const struct history *runs,
                         const struct observed *observed, struct truth *out, struct err *err)
{
    const struct history *history = &observed->history;
    const struct policy *policy = backtest->policy;
    size_t there = 0;
    if (policy->stages)
        return err_set(err, ERR_INPUT,
                       "policy %s has stages (--stage NAME tries one by itself): what happened is "
                       "told of one answer to a run; --reported CSV takes the days on which it "
                       "happened",
                       policy->id);
    observe(backtest, observed, out);
    if (check_looks(observed, out, err) ||
        stands_make(&out->policy, history, false, &out->stands, err))
        return err_of(err);
    out->place = mem_new(backtest->communes + 1, sizeof(*out->place));
    for (size_t c = 0; c < backtest->communes; c++) {
        size_t place = backtest->place[c];
        out->place[c] = history_find(history, place, history_place(runs, place).code);
        there += out->place[c] != SIZE_MAX;
    }
    if (there == 0)
        return err_set(err, ERR_INPUT,
                       "what was observed has none of the %zu communes of policy %s; take a series "
                       "over %s",
                       backtest->communes, policy->id, policy->boundary_set);
    return OK;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct utc *)a)->s, y = ((const struct utc *)b)->s;
    return (x > y) - (x < y);
}

static void list_ends(const struct truth *truth, struct happening *out)
{
    const struct stand *stand = &out->stand;
    const struct readings *readings = &stand->grounds.readings;
    const struct history *history = truth->stands.history;
    size_t most = readings->count + stand->window.rows.count, count = 0, kept = 0;
    for (size_t i = 0; i < history->besides; i++)
        most += stand->beside[i].rows.count;
    out->end = mem_new(most + 1, sizeof(*out->end));
    for (size_t i = 0; i < readings->count; i++)
        out->end[count++] = readings->meta[i].valid_to;
    for (size_t i = 0; i < stand->window.rows.count; i++)
        out->end[count++] = stand->window.span[i].to;
    for (size_t k = 0; k < history->besides; k++) {
        for (size_t i = 0; i < stand->beside[k].rows.count; i++)
            out->end[count++] = stand->beside[k].span[i].to;
    }
    qsort(out->end, count, sizeof(*out->end), by_time);
    for (size_t i = 0; i < count; i++) {
        if (out->end[i].s < out->window.to.s &&
            (kept == 0 || out->end[kept - 1].s != out->end[i].s))
            out->end[kept++] = out->end[i];
    }
    out->ends = kept;
}

enum err_kind happening_make(const struct truth *truth, const struct occasion *run,
                             struct happening *out, struct err *err)
{
    AUTO(happening_free) struct happening made = {.window = *run};
    made.window.as_of.s = run->to.s + 1; // with what came later
    if (stand_make(&truth->stands, &made.window, &made.stand, err))
        return err_of(err);
    list_ends(truth, &made);
    *out = MOVE(made);
    return OK;
}

static struct decision_result judge_seen(const struct truth *truth,
                                         const struct happening *happening, size_t commune,
                                         const struct occasion *window)
{
    struct decision_result result;
    stand_decide(&truth->stands, &happening->stand, truth->place[commune], window, &result);
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
// the window's end alone, a minimum under it at once, a mean never before. A share of communes goes
// as they do.
static bool look_is_early(const struct part *look)
{
    const struct index_rule *rule = &look->index;
    enum compare compare = rule->share ? rule->share->trigger.compare : look->trigger.compare;
    bool less = compare == COMPARE_LESS || compare == COMPARE_LESS_OR_SAME;
    enum compare share = look->trigger.compare;
    if (rule->share && share != COMPARE_MORE && share != COMPARE_MORE_OR_SAME)
        return false;
    return goes(rule->share ? rule->share->index.take : rule->take) == (less ? -1 : 1);
}

static bool is_known_early(const struct policy *policy)
{
    struct part own = policy_main_part(policy);
    bool early = look_is_early(&own);
    for (size_t i = 0; i < policy->parts; i++)
        early = early && look_is_early(&policy->part[i]);
    return early;
}

// The end of the first step up to which it passes already, which it then does up to each later one;
// else that of the window.
static int64_t met_at(const struct truth *truth, const struct happening *happening, size_t commune)
{
    struct occasion until = happening->window;
    size_t low = 0, high = is_known_early(&truth->policy) ? happening->ends : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        until.to = happening->end[middle];
        AUTO(decision_result_free)
        struct decision_result result = judge_seen(truth, happening, commune, &until);
        if (result.answer == ANSWER_YES)
            high = middle;
        else
            low = middle + 1;
    }
    bool early = is_known_early(&truth->policy) && low < happening->ends;
    return early ? happening->end[low].s : happening->window.to.s;
}

// --- beside each other

// The index of each member, as the decision has written it down, in the unit of the index; of
// several conditions the policy's own, which is the first.
static size_t members_of(const struct policy *policy, const struct decision_result *result,
                         double **out)
{
    size_t count = 0;
    for (size_t i = 0; i < doc_count(result->trace); i++) {
        const struct doc *step = doc_at(result->trace, i);
        const char *name = doc_text(doc_get(step, "name"), NULL);
        if (name && policy->parts && strcmp(name, policy->part[0].name) == 0)
            break;
        if (strcmp(doc_text(doc_get(step, "step"), ""), trace_steps[TRACE_MEMBER_INDEX]) != 0)
            continue;
        const struct doc *values = doc_get(step, "values");
        *out = mem_resize(*out, count + doc_count(values) + 1, sizeof(**out));
        for (size_t k = 0; k < doc_count(values); k++)
            (*out)[count++] = (double)doc_int(doc_at(values, k), 0) / 1000;
    }
    return count;
}

static void take_crps(struct forecasts *f, const struct policy *policy, size_t cell, double seen,
                      const struct decision_result *result)
{
    AUTO(mem_drop) double *member = NULL;
    size_t count = members_of(policy, result, &member);
    double alone = (double)result->index_milli / 1000;
    if (count == 0 && !result->has_index)
        return;
    f->crps[cell] = count ? skill_crps(member, count, seen, false) : fabs(alone - seen);
    f->fair[cell] = count > 1 ? skill_crps(member, count, seen, true) : NAN;
}

static double probability_of(const struct policy *policy, const struct decision_result *result)
{
    if (result->answer == ANSWER_UNKNOWN)
        return NAN;
    if (result->probability.whole && policy->combine == COMBINE_NONE)
        return (double)result->probability.part / (double)result->probability.whole;
    return result->answer == ANSWER_YES;
}

void forecasts_take(struct forecasts *forecasts, const struct truth *truth,
                    const struct happening *happening, size_t commune, size_t cell,
                    const struct decision_result *result)
{
    forecasts->probability[cell] = probability_of(&truth->policy, result);
    forecasts->happened[cell] = ANSWER_UNKNOWN;
    forecasts->seen[cell] = INDEX_NOT_KNOWN;
    forecasts->crps[cell] = forecasts->fair[cell] = NAN;
    if (truth->place[commune] == SIZE_MAX)
        return;
    AUTO(decision_result_free)
    struct decision_result happened = judge_seen(truth, happening, commune, &happening->window);
    int64_t quotient = happened.index_milli / truth->policy.rounding_milli;
    if (happened.answer == ANSWER_UNKNOWN || quotient <= INDEX_NOT_KNOWN || quotient > INT32_MAX)
        return;
    forecasts->happened[cell] = (uint8_t)happened.answer;
    if (happened.has_index)
        forecasts->seen[cell] = (int32_t)quotient;
    if (happened.answer == ANSWER_YES)
        forecasts->met_s[cell] = met_at(truth, happening, commune);
    if (result->answer != ANSWER_UNKNOWN && happened.has_index)
        take_crps(forecasts, &truth->policy, cell, (double)happened.index_milli / 1000, result);
}
