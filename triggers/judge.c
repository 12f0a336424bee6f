#include "triggers/judge.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/calendar.h"
#include "policies/policy.h"
#include "triggers/area_look.h"
#include "triggers/evaluate.h"
#include "triggers/looks.h"
#include "triggers/normal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// What is judged: a part with the ensemble that it is forecast by, and when it speaks for off.
struct charge {
    struct part part; // borrowed content
    const struct ensemble_rule *ensemble;
    const struct trigger_rule *clear;
    const struct occasion *occasion;
};

struct verdict {
    enum answer answer;
    enum speech speech;
    bool has_index;
    int64_t index_milli;
    bool has_stated; // else the index is said
    int64_t stated_milli;
    struct share probability; // 0/0: none
};

// For people: thousandths, rounded down.
static int64_t milli_of(struct share probability)
{
    return probability.whole ? probability.part * 1000 / probability.whole : 0;
}

static struct verdict not_known(const struct gaze *gaze, enum gap gap, struct utc at)
{
    look_not_known(gap, at, NULL, gaze->trace);
    return (struct verdict){.answer = ANSWER_UNKNOWN, .speech = SPEAKS_NOT};
}

enum speech judge_speech(const struct trigger_rule *clear, bool on, int64_t value)
{
    if (on)
        return SPEAKS_ON;
    bool off = !clear->there || compare_holds(clear->compare, value, clear->threshold_milli);
    return off ? SPEAKS_OFF : SPEAKS_NEITHER;
}

static struct verdict judge_index(const struct gaze *gaze, const struct charge *charge,
                                  int64_t index_milli)
{
    const struct trigger_rule *trigger = &charge->part.trigger;
    bool yes = look_compare(charge->part.index.unit, trigger->compare, index_milli,
                            trigger->threshold_milli, gaze->trace);
    return (struct verdict){.answer = yes ? ANSWER_YES : ANSWER_NO,
                            .speech = judge_speech(charge->clear, yes, index_milli),
                            .has_index = true,
                            .index_milli = index_milli};
}

static struct verdict judge_single(const struct gaze *gaze, const struct charge *charge)
{
    struct look look = look_take(gaze, &charge->part, charge->occasion);
    return look.known ? judge_index(gaze, charge, look.milli) : not_known(gaze, look.gap, look.at);
}

// --- members

struct members {
    int64_t *index;  // [present] rounded, in the order of the members
    int64_t *sorted; // [present] the same by size
    size_t present;
    size_t steps; // of the member with the fewest
    int64_t cover_least;
    enum gap gap; // of the first member that is not known
    struct utc at;
};

static void members_free(struct members *members)
{
    mem_free(&members->index);
    mem_free(&members->sorted);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Some centres number the members of a run from 1 on.
static int32_t first_member(const struct readings *readings, const char *source)
{
    bool any = false;
    for (size_t i = 0; i < readings->count; i++) {
        if (strcmp(readings->meta[i].source, source) != 0)
            continue;
        if (readings->meta[i].member == 0)
            return 0;
        any = any || readings->meta[i].member > 0;
    }
    return any ? 1 : 0;
}

static void take_members(const struct gaze *gaze, const struct charge *charge, int64_t count,
                         struct members *out)
{
    const struct part *part = &charge->part;
    *out = (struct members){.cover_least = READING_COVER_FULL, .at = UTC_NEVER};
    out->index = mem_new((size_t)count, sizeof(*out->index));
    int32_t first = first_member(gaze->readings, part->source);
    for (int64_t m = 0; m < count; m++) {
        int32_t member = count == 1 ? MEMBER_NONE : first + (int32_t)m;
        struct looked looked = look_index_of(gaze, part, charge->occasion, member, NULL);
        struct index_value value = part->index.share
                                       ? area_look(gaze, part, charge->occasion, member, NULL)
                                       : looked.value;
        if (!value.known) {
            if (out->gap == GAP_NONE) {
                out->gap = value.gap;
                out->at = value.at;
            }
            continue;
        }
        if (out->present == 0 || looked.known < out->steps)
            out->steps = looked.known;
        if (looked.cover_least < out->cover_least)
            out->cover_least = looked.cover_least;
        out->index[out->present++] = index_round(value.milli, part->rounding_milli);
    }
    out->sorted = mem_new(out->present + 1, sizeof(*out->sorted));
    memcpy(out->sorted, out->index, out->present * sizeof(*out->sorted));
    qsort(out->sorted, out->present, sizeof(*out->sorted), by_size);
}

// `nominal`: the members that the policy looks at; it is said when some of a run are not there.
static void trace_members(const struct charge *charge, const struct members *members,
                          int64_t nominal, int64_t minimum, struct doc *trace)
{
    struct doc *step = trace_new(TRACE_MEMBERS);
    doc_put_int(step, "value", (int64_t)members->present);
    if (members->present && (int64_t)members->present < nominal)
        doc_put_int(step, "of", nominal);
    doc_put_int(step, "at_least", minimum);
    doc_push(trace, step);
    if (members->present == 0)
        return;
    step = trace_new(TRACE_MEMBER_INDEX);
    struct doc *values = doc_array();
    for (size_t i = 0; i < members->present; i++)
        doc_push_int(values, members->index[i]);
    doc_put(step, "values", values);
    doc_put_text(step, "unit", unit_trace(charge->part.index.unit));
    doc_push(trace, step);
}

static int64_t trace_median(const struct gaze *gaze, const struct charge *charge,
                            const struct members *members)
{
    int64_t median = members->sorted[members->present / 2];
    const struct part *part = &charge->part;
    struct doc *step = look_value(TRACE_INDEX, median, part->index.unit);
    doc_put_text(step, "take", "median");
    doc_put_int(step, "over_s", part->index.over_s);
    doc_push(gaze->trace, step);
    (void)look_compare(part->index.unit, part->trigger.compare, median,
                       part->trigger.threshold_milli, gaze->trace);
    return median;
}

// What as many members reach as the policy asks for, or a model does with fewer: it satisfies the
// trigger where they do.
static int64_t reached(const struct charge *charge, const struct members *members)
{
    const struct ensemble_rule *rule = charge->ensemble;
    enum compare compare = charge->part.trigger.compare;
    int64_t whole = (int64_t)members->present, needed = 1;
    assert(whole > 0);
    while (needed < whole &&
           !compare_holds(rule->compare, needed * 1000, rule->probability_milli * whole))
        needed++;
    bool most = compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
    return members->sorted[most ? whole - needed : needed - 1];
}

static int64_t passing(const struct charge *charge, const struct members *members)
{
    int64_t count = 0;
    for (size_t i = 0; i < members->present; i++)
        count += compare_holds(charge->part.trigger.compare, members->index[i],
                               charge->part.trigger.threshold_milli);
    return count;
}

// part/whole is compared with thousandths as part x 1000 with thousandths x whole: nothing is
// rounded.
static struct verdict judge_probability(const struct charge *charge, int64_t part, int64_t whole)
{
    const struct ensemble_rule *rule = charge->ensemble;
    struct trigger_rule clear = *charge->clear;
    assert(whole > 0);
    clear.threshold_milli *= whole;
    bool yes = compare_holds(rule->compare, part * 1000, rule->probability_milli * whole);
    return (struct verdict){.answer = yes ? ANSWER_YES : ANSWER_NO,
                            .speech = judge_speech(&clear, yes, part * 1000),
                            .probability = {part, whole}};
}

static struct verdict judge_quantile(const struct gaze *gaze, const struct charge *charge,
                                     const struct members *members)
{
    int64_t share = charge->ensemble->quantile_milli;
    assert(members->present > 0);
    int64_t value = index_round(normal_percentile(members->index, members->present, share, 7),
                                charge->part.rounding_milli);
    struct doc *step = look_value(TRACE_QUANTILE, value, charge->part.index.unit);
    doc_put_int(step, "share", share);
    doc_push(gaze->trace, step);
    struct verdict verdict = judge_index(gaze, charge, value);
    verdict.probability = (struct share){passing(charge, members), (int64_t)members->present};
    return verdict;
}

static struct verdict judge_members(const struct gaze *gaze, const struct charge *charge)
{
    const struct ensemble_rule *rule = charge->ensemble;
    AUTO(members_free) struct members members = {0};
    take_members(gaze, charge, rule->members, &members);
    look_inputs(&charge->part, charge->occasion, members.steps, members.cover_least, gaze->trace);
    trace_members(charge, &members, rule->members, rule->minimum, gaze->trace);
    if ((int64_t)members.present < rule->minimum)
        return not_known(gaze, members.present ? GAP_MEMBERS : members.gap, members.at);
    if (rule->quantile_milli)
        return judge_quantile(gaze, charge, &members);
    int64_t median = trace_median(gaze, charge, &members);
    int64_t part = passing(charge, &members), whole = (int64_t)members.present;
    struct verdict verdict = judge_probability(charge, part, whole);
    struct doc *step = trace_new(TRACE_PROBABILITY);
    doc_put_int(step, "value", part);
    doc_put_int(step, "of", whole);
    doc_put_text(step, "operator", compare_sign(rule->compare));
    doc_put_int(step, "threshold", rule->probability_milli);
    doc_put_bool(step, "holds", verdict.answer == ANSWER_YES);
    doc_push(gaze->trace, step);
    verdict.has_index = true;
    verdict.index_milli = median;
    verdict.has_stated = true;
    verdict.stated_milli = reached(charge, &members);
    return verdict;
}

// --- models

struct tally {
    int64_t pass[MODELS_MAX + 1], of[MODELS_MAX + 1], weight[MODELS_MAX + 1];
    bool known[MODELS_MAX + 1];
    size_t count;
    bool has_index;
    int64_t index_milli; // middle member of the first model that is known
    size_t best;         // the first of those of which the largest share passes
    int64_t stated_milli;
};

static struct gap_at {
    enum gap gap;
    struct utc at;
} take_model(const struct gaze *gaze, const struct charge *charge, const struct model *model,
             struct tally *tally)
{
    struct charge one = *charge;
    size_t at = tally->count++;
    memcpy(one.part.source, model->source, sizeof(one.part.source));
    AUTO(members_free) struct members members = {0};
    take_members(gaze, &one, model->members, &members);
    look_part(model->source, 0, gaze->trace);
    look_inputs(&one.part, one.occasion, members.steps, members.cover_least, gaze->trace);
    trace_members(&one, &members, model->members, model->minimum, gaze->trace);
    if ((int64_t)members.present < model->minimum)
        return (struct gap_at){members.present ? GAP_MEMBERS : members.gap, members.at};
    tally->known[at] = true;
    tally->pass[at] = passing(&one, &members);
    tally->of[at] = (int64_t)members.present;
    tally->weight[at] = model->weight_milli;
    if (!tally->has_index ||
        tally->pass[at] * tally->of[tally->best] > tally->pass[tally->best] * tally->of[at]) {
        tally->best = at;
        tally->stated_milli = reached(&one, &members);
    }
    if (!tally->has_index) {
        tally->has_index = true;
        tally->index_milli = trace_median(gaze, &one, &members);
    }
    struct doc *step = trace_new(TRACE_MODEL);
    doc_put_text(step, "source", model->source);
    doc_put_int(step, "value", tally->pass[at]);
    doc_put_int(step, "of", tally->of[at]);
    doc_put_int(step, "weight", tally->weight[at]);
    doc_push(gaze->trace, step);
    return (struct gap_at){GAP_NONE, UTC_NEVER};
}

static struct verdict judge_agree(const struct gaze *gaze, const struct charge *charge,
                                  const struct tally *tally)
{
    int64_t yes = 0, not_off = 0, open = 0, needed = charge->ensemble->agree;
    for (size_t i = 0; i < tally->count; i++) {
        if (!tally->known[i]) {
            open++;
            continue;
        }
        struct verdict one = judge_probability(charge, tally->pass[i], tally->of[i]);
        yes += one.answer == ANSWER_YES;
        not_off += one.speech != SPEAKS_OFF;
    }
    struct doc *step = trace_new(TRACE_MODELS);
    doc_put_text(step, "how", models_hows[charge->ensemble->how]);
    doc_put_int(step, "value", yes);
    doc_put_int(step, "of", (int64_t)tally->count);
    doc_put_int(step, "needed", needed);
    doc_put_bool(step, "holds", yes >= needed);
    doc_push(gaze->trace, step);
    if (yes < needed && yes + open >= needed)
        return not_known(gaze, GAP_MEMBERS, UTC_NEVER);
    return (struct verdict){.answer = yes >= needed ? ANSWER_YES : ANSWER_NO,
                            .speech = yes >= needed              ? SPEAKS_ON
                                      : not_off + open >= needed ? SPEAKS_NEITHER
                                                                 : SPEAKS_OFF,
                            .probability = {yes, (int64_t)tally->count}};
}

// Weighted: sum of weight x pass / of, over the product of what they are of; at most 8 more models
// of 1000 members would not fit, so each share is kept to 10^-9, rounded half up.
static struct verdict judge_together(const struct gaze *gaze, const struct charge *charge,
                                     const struct tally *tally)
{
    const int64_t nano = 1000000000;
    const struct ensemble_rule *rule = charge->ensemble;
    int64_t part = 0, whole = 0;
    for (size_t i = 0; i < tally->count; i++) {
        if (rule->how == MODELS_POOLED) {
            part += tally->pass[i];
            whole += tally->of[i];
        } else {
            assert(tally->of[i] > 0);
            part += (2 * tally->weight[i] * (nano / 1000) * tally->pass[i] + tally->of[i]) /
                    (2 * tally->of[i]);
            whole = nano;
        }
    }
    struct verdict verdict = judge_probability(charge, part, whole);
    struct doc *step = trace_new(TRACE_MODELS);
    doc_put_text(step, "how", models_hows[rule->how]);
    doc_put_int(step, "value", milli_of(verdict.probability));
    doc_put_text(step, "operator", compare_sign(rule->compare));
    doc_put_int(step, "threshold", rule->probability_milli);
    doc_put_bool(step, "holds", verdict.answer == ANSWER_YES);
    doc_push(gaze->trace, step);
    return verdict;
}

static struct verdict judge_models(const struct gaze *gaze, const struct charge *charge)
{
    const struct ensemble_rule *rule = charge->ensemble;
    struct model own = {
        .members = rule->members, .minimum = rule->minimum, .weight_milli = rule->weight_milli};
    memcpy(own.source, charge->part.source, sizeof(own.source));
    struct tally tally = {0};
    struct gap_at first = take_model(gaze, charge, &own, &tally);
    for (size_t i = 0; i < rule->models; i++) {
        struct gap_at gap = take_model(gaze, charge, &rule->model[i], &tally);
        if (first.gap == GAP_NONE)
            first = gap;
    }
    struct verdict verdict;
    if (rule->how == MODELS_AGREE)
        verdict = judge_agree(gaze, charge, &tally);
    else if (first.gap != GAP_NONE)
        return not_known(gaze, first.gap, first.at);
    else
        verdict = judge_together(gaze, charge, &tally);
    verdict.has_index = tally.has_index;
    verdict.index_milli = tally.index_milli;
    verdict.has_stated = tally.has_index;
    verdict.stated_milli = tally.stated_milli;
    return verdict;
}

static struct verdict judge(const struct gaze *gaze, const struct charge *charge)
{
    if (charge->ensemble->members == 0)
        return judge_single(gaze, charge);
    return charge->ensemble->how == MODELS_ONE ? judge_members(gaze, charge)
                                               : judge_models(gaze, charge);
}

// --- conditions and stages

static void put(const struct verdict *verdict, struct decision_result *out)
{
    out->answer = verdict->answer;
    out->speech = verdict->speech;
    out->has_index = verdict->has_index;
    out->index_milli = verdict->index_milli;
    out->has_stated = verdict->has_stated;
    out->stated_milli = verdict->stated_milli;
    out->probability = verdict->probability;
    out->probability_milli = milli_of(verdict->probability);
}

// Whether a condition looks at what the policy looks at, somewhere else.
static bool same_index(const struct index_rule *one, const struct index_rule *other)
{
    return one->take == other->take && one->unit == other->unit && one->over_s == other->over_s &&
           one->within_s == other->within_s;
}

// What is said of conditions that are one answer: the policy's own index, of the policy's own
// condition where that holds, else of the first that holds.
static void state_one(const struct verdict *verdict, bool same, struct verdict *stated)
{
    bool better = verdict->answer == ANSWER_YES && stated->answer != ANSWER_YES;
    if (same && better && verdict->has_index)
        *stated = *verdict;
}

static void judge_combined(const struct gaze *gaze, const struct charge *first,
                           struct decision_result *out)
{
    static const struct trigger_rule always = {0};
    const struct policy *policy = gaze->policy;
    struct verdict own = judge(gaze, first), stated = own;
    int64_t count = (int64_t)policy->parts + 1, yes = own.answer == ANSWER_YES;
    int64_t open = own.answer == ANSWER_UNKNOWN, not_off = own.speech != SPEAKS_OFF;
    for (size_t i = 0; i < policy->parts; i++) {
        struct charge charge = {policy->part[i], &policy->ensemble, &always, first->occasion};
        look_part(charge.part.name, 0, gaze->trace);
        struct verdict one = judge(gaze, &charge);
        state_one(&one, same_index(&policy->part[i].index, &policy->index), &stated);
        yes += one.answer == ANSWER_YES;
        open += one.answer == ANSWER_UNKNOWN;
        not_off += one.speech != SPEAKS_OFF;
    }
    int64_t needed = policy->combine == COMBINE_ANY   ? 1
                     : policy->combine == COMBINE_ALL ? count
                                                      : policy->combine_least;
    struct doc *step = trace_new(TRACE_COMBINE);
    doc_put_text(step, "how", combines[policy->combine]);
    doc_put_int(step, "value", yes);
    doc_put_int(step, "unknown", open);
    doc_put_int(step, "of", count);
    doc_put_int(step, "needed", needed);
    doc_put_bool(step, "holds", yes >= needed);
    doc_push(gaze->trace, step);
    put(&own, out);
    out->has_stated = stated.has_index;
    out->stated_milli = stated.has_stated ? stated.stated_milli : stated.index_milli;
    bool unknown = yes < needed && yes + open >= needed;
    out->answer = yes >= needed ? ANSWER_YES : unknown ? ANSWER_UNKNOWN : ANSWER_NO;
    out->speech = yes >= needed       ? SPEAKS_ON
                  : unknown           ? SPEAKS_NOT
                  : not_off >= needed ? SPEAKS_NEITHER
                                      : SPEAKS_OFF;
}

static struct occasion stage_window(const struct policy *policy, const struct part *part,
                                    const struct occasion *run)
{
    struct occasion window = *run;
    calendar_stage(policy, part, run->as_of, &window.from, &window.to);
    return window;
}

// The highest stage that is on gives the level; one that is between its two thresholds, or not
// known, keeps an alert that has reached it.
static void judge_stages(const struct gaze *gaze, const struct occasion *occasion,
                         struct decision_result *out)
{
    const struct policy *policy = gaze->policy;
    struct verdict shown = {.answer = ANSWER_NO, .speech = SPEAKS_OFF};
    size_t open = 0, known = 0;
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        struct occasion window = stage_window(policy, part, occasion);
        struct charge charge = {*part, &part->ensemble, &part->clear, &window};
        look_part(part->name, part->level, gaze->trace);
        struct verdict one = judge(gaze, &charge);
        if (one.answer == ANSWER_YES) {
            out->level = part->level;
            out->stage = part->name;
        } else if (one.speech != SPEAKS_OFF) {
            out->hold = part->level;
        }
        open += one.answer == ANSWER_UNKNOWN;
        known += one.answer != ANSWER_UNKNOWN;
        if (one.has_index && (one.answer == ANSWER_YES || !shown.has_index))
            shown = one;
    }
    put(&shown, out);
    out->answer = out->level ? ANSWER_YES : open ? ANSWER_UNKNOWN : ANSWER_NO;
    out->speech = out->level   ? SPEAKS_ON
                  : known == 0 ? SPEAKS_NOT
                  : out->hold  ? SPEAKS_NEITHER
                               : SPEAKS_OFF;
}

void judge_alert(const struct gaze *gaze, const struct occasion *occasion,
                 struct decision_result *out)
{
    const struct policy *policy = gaze->policy;
    if (policy->stages) {
        judge_stages(gaze, occasion, out);
        return;
    }
    struct charge charge = {policy_main_part(policy), &policy->ensemble, &policy->clear, occasion};
    if (policy->combine != COMBINE_NONE) {
        judge_combined(gaze, &charge, out);
    } else {
        struct verdict verdict = judge(gaze, &charge);
        put(&verdict, out);
    }
    out->level = out->answer == ANSWER_YES ? policy->level : 0;
    out->hold = out->speech == SPEAKS_NEITHER || out->speech == SPEAKS_NOT ? policy->level : 0;
}
