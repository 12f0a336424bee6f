#include "triggers/evaluate.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/index.h"
#include "triggers/series.h"

#include <assert.h>
#include <stdlib.h>

void decision_result_free(struct decision_result *result)
{
    doc_free(&result->trace);
}

static void not_known(struct decision_result *out, enum gap gap, struct utc at, const char *text)
{
    struct doc *step = trace_new(TRACE_NOT_KNOWN);
    doc_put_text(step, "why", trace_gaps[gap]);
    if (at.s != UTC_NEVER.s)
        doc_put_text(step, "at", utc_text(at).at);
    if (text)
        doc_put_text(step, "text", text);
    doc_push(out->trace, step);
    out->answer = ANSWER_UNKNOWN;
    out->speech = SPEAKS_NOT;
}

static struct doc *value_step(enum trace_step name, int64_t value, enum unit unit)
{
    struct doc *step = trace_new(name);
    doc_put_int(step, "value", value);
    doc_put_text(step, "unit", unit_trace(unit));
    return step;
}

static void put_span(struct doc *step, struct utc from, struct utc to)
{
    doc_put_text(step, "from", utc_text(from).at);
    doc_put_text(step, "to", utc_text(to).at);
}

static struct series_query query_of(const struct policy *policy, size_t commune, int32_t member,
                                    const struct occasion *occasion)
{
    return (struct series_query){
        .commune = commune,
        .member = member,
        .from = occasion->from,
        .to = occasion->to,
        .cover_minimum = policy->minimum_coverage,
        .unit = policy->index.input,
    };
}

static void trace_inputs(const struct policy *policy, const struct occasion *occasion, size_t steps,
                         int64_t cover_least, struct doc *trace)
{
    struct doc *window = trace_new(TRACE_WINDOW);
    doc_put_int(window, "value", (int64_t)steps);
    put_span(window, occasion->from, occasion->to);
    doc_push(trace, window);
    if (steps == 0)
        return;
    struct doc *coverage = trace_new(TRACE_COVERAGE);
    doc_put_int(coverage, "value", cover_least);
    doc_put_int(coverage, "at_least", policy->minimum_coverage);
    doc_push(trace, coverage);
}

static void trace_index(const struct policy *policy, const struct index_value *value,
                        int64_t rounded, struct doc *trace)
{
    const struct index_rule *rule = &policy->index;
    struct doc *step = value_step(TRACE_INDEX, value->milli, rule->unit);
    doc_put_text(step, "take", index_takes[rule->take]);
    doc_put_int(step, "over_s", rule->over_s);
    put_span(step, value->from, value->to);
    doc_push(trace, step);
    step = value_step(TRACE_ROUNDED, rounded, rule->unit);
    doc_put_int(step, "to", policy->rounding_milli);
    doc_push(trace, step);
}

// How far the value lies past its threshold in the direction that counts; less than 0 is short.
static int64_t margin(enum compare compare, int64_t value, int64_t threshold)
{
    bool up = compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
    return up ? value - threshold : threshold - value;
}

static bool trace_compare(const struct policy *policy, enum compare compare, int64_t value,
                          int64_t threshold, struct doc *trace)
{
    bool holds = compare_holds(compare, value, threshold);
    struct doc *step = value_step(TRACE_COMPARE, value, policy->index.unit);
    doc_put_text(step, "operator", compare_sign(compare));
    doc_put_int(step, "threshold", threshold);
    doc_put_int(step, "margin", margin(compare, value, threshold));
    doc_put_bool(step, "holds", holds);
    doc_push(trace, step);
    return holds;
}

static struct doc *tiers_doc(const struct payout_rule *rule)
{
    struct doc *tiers = doc_array();
    for (size_t i = 0; i < rule->tiers; i++) {
        struct doc *tier = doc_array();
        doc_push_int(tier, rule->tier[i].threshold_milli);
        doc_push_int(tier, rule->tier[i].pay_milli);
        doc_push(tiers, tier);
    }
    return tiers;
}

// Where the money begins, as one comparison: what is shown as the margin of a payout.
static void trace_strike(const struct policy *policy, int64_t index, struct doc *trace)
{
    const struct payout_rule *rule = &policy->payout;
    switch (rule->form) {
    case PAYOUT_LINEAR_DEFICIT:
        (void)trace_compare(policy, COMPARE_LESS, index, rule->strike_milli, trace);
        return;
    case PAYOUT_LINEAR_EXCESS:
        (void)trace_compare(policy, COMPARE_MORE, index, rule->strike_milli, trace);
        return;
    case PAYOUT_FLOOR_LINEAR:
        (void)trace_compare(policy, COMPARE_LESS_OR_SAME, index, rule->strike_milli, trace);
        return;
    case PAYOUT_TIERS:
        (void)trace_compare(policy, rule->tier_compare, index, rule->tier[0].threshold_milli,
                            trace);
        return;
    case PAYOUT_BINARY:
        (void)trace_compare(policy, policy->trigger.compare, index, policy->trigger.threshold_milli,
                            trace);
        return;
    }
}

static void trace_payout(const struct policy *policy, int64_t index, struct share share,
                         struct doc *trace)
{
    const struct payout_rule *rule = &policy->payout;
    struct doc *step = trace_new(TRACE_PAYOUT);
    doc_put_text(step, "form", payout_forms[rule->form]);
    doc_put_int(step, "part", share.part);
    doc_put_int(step, "whole", share.whole);
    if (rule->form == PAYOUT_TIERS) {
        doc_put_int(step, "tier", (int64_t)payout_tier(policy, index));
        doc_put(step, "tiers", tiers_doc(rule));
    } else if (rule->form != PAYOUT_BINARY) {
        doc_put_int(step, "strike", rule->strike_milli);
        doc_put_int(step, rule->form == PAYOUT_FLOOR_LINEAR ? "floor" : "exit",
                    rule->form == PAYOUT_FLOOR_LINEAR ? rule->floor_milli : rule->exit_milli);
    }
    doc_push(trace, step);
}

static enum speech speech_of(const struct trigger_rule *clear, bool on, int64_t value)
{
    if (on)
        return SPEAKS_ON;
    bool off = !clear->there || compare_holds(clear->compare, value, clear->threshold_milli);
    return off ? SPEAKS_OFF : SPEAKS_NEITHER;
}

static void answer_single(const struct policy *policy, struct decision_result *out)
{
    bool yes;
    if (policy->kind == POLICY_INSURANCE) {
        out->share = payout_share(policy, out->index_milli);
        trace_strike(policy, out->index_milli, out->trace);
        trace_payout(policy, out->index_milli, out->share, out->trace);
        yes = out->share.part > 0;
    } else {
        yes = trace_compare(policy, policy->trigger.compare, out->index_milli,
                            policy->trigger.threshold_milli, out->trace);
        out->speech = speech_of(&policy->clear, yes, out->index_milli);
    }
    out->answer = yes ? ANSWER_YES : ANSWER_NO;
}

static void evaluate_single(const struct policy *policy, const struct readings *readings,
                            size_t commune, const struct occasion *occasion,
                            struct decision_result *out)
{
    struct series_query query = query_of(policy, commune, MEMBER_NONE, occasion);
    AUTO(series_free) struct series series = {0};
    series_take(readings, &query, &series);
    trace_inputs(policy, occasion, series.known, series.cover_least, out->trace);
    struct index_value value = index_compute(&policy->index, &series, occasion->from, occasion->to);
    if (!value.known) {
        not_known(out, value.gap, value.at, NULL);
        return;
    }
    out->has_index = true;
    out->index_milli = index_round(value.milli, policy->rounding_milli);
    trace_index(policy, &value, out->index_milli, out->trace);
    answer_single(policy, out);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct members {
    int64_t *index; // [present] rounded, in the order of the members
    size_t present;
    size_t steps; // of the member with the fewest
    int64_t cover_least;
    enum gap gap; // of the first member that is not known
    struct utc at;
};

static void members_free(struct members *members)
{
    mem_free(&members->index);
}

static void take_members(const struct policy *policy, const struct readings *readings,
                         size_t commune, const struct occasion *occasion, struct members *out)
{
    size_t count = (size_t)policy->ensemble.members;
    *out = (struct members){.cover_least = READING_COVER_FULL, .at = UTC_NEVER};
    out->index = mem_new(count, sizeof(*out->index));
    for (size_t m = 0; m < count; m++) {
        struct series_query query = query_of(policy, commune, (int32_t)m, occasion);
        AUTO(series_free) struct series series = {0};
        series_take(readings, &query, &series);
        struct index_value value =
            index_compute(&policy->index, &series, occasion->from, occasion->to);
        if (!value.known) {
            if (out->gap == GAP_NONE) {
                out->gap = value.gap;
                out->at = value.at;
            }
            continue;
        }
        if (out->present == 0 || series.known < out->steps)
            out->steps = series.known;
        if (series.cover_least < out->cover_least)
            out->cover_least = series.cover_least;
        out->index[out->present++] = index_round(value.milli, policy->rounding_milli);
    }
}

static void trace_members(const struct policy *policy, const struct members *members,
                          struct doc *trace)
{
    struct doc *step = trace_new(TRACE_MEMBERS);
    doc_put_int(step, "value", (int64_t)members->present);
    doc_put_int(step, "at_least", policy->ensemble.minimum);
    doc_push(trace, step);
    if (members->present == 0)
        return;
    step = trace_new(TRACE_MEMBER_INDEX);
    struct doc *values = doc_array();
    for (size_t i = 0; i < members->present; i++)
        doc_push_int(values, members->index[i]);
    doc_put(step, "values", values);
    doc_put_text(step, "unit", unit_trace(policy->index.unit));
    doc_push(trace, step);
}

// k of M members pass: k/M is compared as k x 1000 with threshold x M, so nothing is rounded.
static void answer_members(const struct policy *policy, const struct members *members,
                           struct decision_result *out)
{
    const struct ensemble_rule *rule = &policy->ensemble;
    int64_t passing = 0, present = (int64_t)members->present;
    assert(present > 0);
    for (size_t i = 0; i < members->present; i++)
        passing += compare_holds(policy->trigger.compare, members->index[i],
                                 policy->trigger.threshold_milli);
    bool yes = compare_holds(rule->compare, passing * 1000, rule->probability_milli * present);
    struct doc *step = trace_new(TRACE_PROBABILITY);
    doc_put_int(step, "value", passing);
    doc_put_int(step, "of", present);
    doc_put_text(step, "operator", compare_sign(rule->compare));
    doc_put_int(step, "threshold", rule->probability_milli);
    doc_put_bool(step, "holds", yes);
    doc_push(out->trace, step);
    struct trigger_rule clear = policy->clear;
    clear.threshold_milli *= present;
    out->speech = speech_of(&clear, yes, passing * 1000);
    out->answer = yes ? ANSWER_YES : ANSWER_NO;
    out->probability_milli = passing * 1000 / present;
}

static void evaluate_members(const struct policy *policy, const struct readings *readings,
                             size_t commune, const struct occasion *occasion,
                             struct decision_result *out)
{
    AUTO(members_free) struct members members = {0};
    take_members(policy, readings, commune, occasion, &members);
    trace_inputs(policy, occasion, members.steps, members.cover_least, out->trace);
    trace_members(policy, &members, out->trace);
    if ((int64_t)members.present < policy->ensemble.minimum) {
        not_known(out, members.present ? GAP_MEMBERS : members.gap, members.at, NULL);
        return;
    }
    AUTO(mem_drop) int64_t *sorted = mem_new(members.present, sizeof(*sorted));
    for (size_t i = 0; i < members.present; i++)
        sorted[i] = members.index[i];
    qsort(sorted, members.present, sizeof(*sorted), by_size);
    out->has_index = true;
    out->index_milli = sorted[members.present / 2];
    struct doc *step = value_step(TRACE_INDEX, out->index_milli, policy->index.unit);
    doc_put_text(step, "take", "median");
    doc_put_int(step, "over_s", policy->index.over_s);
    doc_push(out->trace, step);
    (void)trace_compare(policy, policy->trigger.compare, out->index_milli,
                        policy->trigger.threshold_milli, out->trace);
    answer_members(policy, &members, out);
}

static struct decision_result fresh(void)
{
    return (struct decision_result){.speech = SPEAKS_NOT, .share = {0, 1}, .trace = doc_array()};
}

void evaluate(const struct policy *policy, const struct readings *readings, size_t commune,
              const struct occasion *occasion, struct decision_result *out)
{
    assert(policy && readings && occasion && out);
    assert(readings->count == 0 || commune < readings->communes);
    struct decision_result result = fresh();
    if (policy->ensemble.members)
        evaluate_members(policy, readings, commune, occasion, &result);
    else
        evaluate_single(policy, readings, commune, occasion, &result);
    *out = result;
}

void evaluate_refused(const char *why, struct decision_result *out)
{
    struct decision_result result = fresh();
    not_known(&result, GAP_REFUSED, UTC_NEVER, why);
    *out = result;
}
