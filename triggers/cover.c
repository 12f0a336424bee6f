#include "triggers/cover.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/evaluate.h"
#include "triggers/limits.h"
#include "triggers/payout.h"

#include <assert.h>

// How an entry tells what events pay: to 10^-12 of the sum insured.
static const int64_t parts_told = 1000000000000;

static void not_known(const struct gaze *gaze, enum gap gap, struct utc at,
                      struct decision_result *out)
{
    look_not_known(gap, at, NULL, gaze->trace);
    out->answer = ANSWER_UNKNOWN;
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
static void trace_strike(const struct payout_rule *rule, const struct trigger_rule *trigger,
                         enum unit unit, int64_t index, struct doc *trace)
{
    enum compare compare = COMPARE_MORE;
    int64_t at = rule->strike_milli;
    switch (rule->form) {
    case PAYOUT_LINEAR_DEFICIT:
    case PAYOUT_TICK_DEFICIT:
        compare = COMPARE_LESS;
        break;
    case PAYOUT_LINEAR_EXCESS:
    case PAYOUT_TICK_EXCESS:
    case PAYOUT_MORTALITY:
    case PAYOUT_LAYER:
        break;
    case PAYOUT_FLOOR_LINEAR:
        compare = COMPARE_LESS_OR_SAME;
        break;
    case PAYOUT_AREA_YIELD:
        compare = COMPARE_LESS;
        at = rule->average_milli * rule->floor_milli / 1000;
        break;
    case PAYOUT_YIELD_RATIO:
        compare = COMPARE_LESS;
        at = (int64_t)((__int128)rule->average_milli * rule->strike_milli / 100000);
        break;
    case PAYOUT_TIERS:
        compare = rule->tier_compare;
        at = rule->tier[0].threshold_milli;
        break;
    case PAYOUT_BINARY:
        assert(trigger);
        compare = trigger->compare;
        at = trigger->threshold_milli;
        break;
    case PAYOUT_PHASES:
    case PAYOUT_CIRCLES:
        return;
    }
    (void)look_compare(unit, compare, index, at, trace);
}

static void trace_payout(const struct payout_rule *rule, size_t tier, struct share share,
                         struct doc *trace)
{
    struct doc *step = trace_new(TRACE_PAYOUT);
    doc_put_text(step, "form", payout_forms[rule->form]);
    doc_put_int(step, "part", share.part);
    doc_put_int(step, "whole", share.whole);
    if (rule->form == PAYOUT_TIERS) {
        doc_put_int(step, "tier", (int64_t)tier);
        doc_put(step, "tiers", tiers_doc(rule));
    } else if (rule->form < PAYOUT_PHASES && rule->form != PAYOUT_BINARY) {
        doc_put_int(step, "strike", rule->strike_milli);
        doc_put_int(step, rule->form == PAYOUT_FLOOR_LINEAR ? "floor" : "exit",
                    rule->form == PAYOUT_FLOOR_LINEAR ? rule->floor_milli : rule->exit_milli);
    }
    doc_push(trace, step);
}

static void put_share(struct doc *step, const char *key, int64_t milli)
{
    if (milli)
        doc_put_int(step, key, milli);
}

// What is done with a form's share, when the policy says that anything is; `each`: with that of
// each event, which are many.
static void trace_after(const struct payout_rule *rule, const struct share *share, bool each,
                        struct doc *trace)
{
    if (!rule->deductible_milli && !rule->franchise_milli && !rule->minimum_milli &&
        !rule->maximum_milli)
        return;
    struct doc *step = trace_new(TRACE_AFTER);
    put_share(step, "deductible", rule->deductible_milli);
    put_share(step, "franchise", rule->franchise_milli);
    put_share(step, "minimum", rule->minimum_milli);
    put_share(step, "maximum", rule->maximum_milli);
    if (each)
        doc_put_bool(step, "each", true);
    else {
        doc_put_int(step, "part", share->part);
        doc_put_int(step, "whole", share->whole);
    }
    doc_push(trace, step);
}

static void pay(struct share share, struct decision_result *out)
{
    out->share = share;
    out->answer = share.part > 0 ? ANSWER_YES : ANSWER_NO;
}

// A season that never started may be what is insured.
static bool pays_no_start(const struct gaze *gaze, const struct look *look,
                          struct decision_result *out)
{
    const struct start_rule *start = &gaze->policy->index.start;
    if (look->gap != GAP_NO_START || start->otherwise != NO_START_PAYS)
        return false;
    look_not_known(look->gap, look->at, NULL, gaze->trace);
    struct share share = SHARE_MILLI(start->pays_milli);
    trace_payout(&gaze->policy->payout, 0, share, gaze->trace);
    pay(share, out);
    return true;
}

static void pay_index(const struct gaze *gaze, const struct occasion *occasion, int64_t index,
                      struct decision_result *out)
{
    const struct policy *policy = gaze->policy;
    const struct payout_rule *rule = &policy->payout;
    struct look also = {0};
    bool depends;
    if (policy->has_also) {
        look_part(policy->part[0].name, 0, gaze->trace);
        also = look_take(gaze, &policy->part[0], occasion);
    }
    struct share share =
        payout_rule_share(rule, &policy->trigger, index, also.known ? &also.milli : NULL, &depends);
    if (depends) {
        not_known(gaze, also.gap, also.at, out);
        return;
    }
    trace_strike(rule, &policy->trigger, policy->index.unit, index, gaze->trace);
    struct share before =
        payout_form_share(rule, &policy->trigger, index, also.known ? &also.milli : NULL);
    trace_after(rule, &before, false, gaze->trace);
    trace_payout(rule, payout_tier(policy, index), share, gaze->trace);
    pay(share, out);
}

// --- events

static int64_t parts_of(struct share share, int64_t whole)
{
    return (int64_t)(((__int128)share.part * whole * 2 + share.whole) /
                     ((__int128)share.whole * 2));
}

// In how many parts of the sum insured events are settled: so many that what each pays is a whole
// number of them, as are the limits, so that nothing is rounded before the sum is money.
static int64_t parts_for(const struct share *share, size_t count)
{
    const int64_t parts_max = 1000000000000000;
    int64_t whole = 1000; // what limits count in
    for (size_t i = 0; i < count; i++) {
        struct share in_parts = share_times(share[i], (struct share){whole, 1});
        if (in_parts.whole > parts_max / whole)
            return parts_max;
        whole *= in_parts.whole;
    }
    return whole;
}

static void trace_events(const struct index_moments *moments, const struct happening *happening,
                         int64_t whole, struct doc *trace)
{
    struct doc *step = trace_new(TRACE_EVENTS), *list = doc_array();
    for (size_t i = 0; i < moments->count; i++) {
        if (happening[i].raw == 0)
            continue;
        struct doc *one = doc_array();
        doc_push_text(one, utc_text(moments->at[i].end).at);
        doc_push_int(one, happening[i].event);
        doc_push_int(one, parts_of((struct share){happening[i].raw, whole}, parts_told));
        doc_push_int(one, parts_of((struct share){happening[i].paid, whole}, parts_told));
        doc_push(list, one);
    }
    doc_put(step, "list", list);
    doc_push(trace, step);
}

static void pay_events(const struct gaze *gaze, const struct occasion *occasion, int64_t index,
                       struct decision_result *out)
{
    enum { WHOLE_MILLI = 1000 };
    const struct policy *policy = gaze->policy;
    struct part part = policy_main_part(policy);
    AUTO(series_free) struct series series = {0};
    AUTO(index_moments_free) struct index_moments moments = {0};
    look_series(gaze, &part, MEMBER_NONE, occasion, &series, NULL);
    index_list(&part.index, &series, occasion->from, occasion->to, &moments);
    AUTO(mem_drop) struct happening *happening = mem_new(moments.count + 1, sizeof(*happening));
    AUTO(mem_drop) struct share *raw = mem_new(moments.count + 1, sizeof(*raw));
    // The maximum is of what all events pay, after their limits.
    struct payout_rule each = policy->payout, all = {.maximum_milli = each.maximum_milli};
    each.maximum_milli = 0;
    for (size_t i = 0; i < moments.count; i++) {
        int64_t milli = index_round(moments.at[i].milli, policy->rounding_milli);
        happening[i].after_s = moments.at[i].end.s - occasion->from.s;
        raw[i] = payout_rule_share(&each, &policy->trigger, milli, NULL, NULL);
    }
    int64_t whole = parts_for(raw, moments.count);
    for (size_t i = 0; i < moments.count; i++)
        happening[i].raw = parts_of(raw[i], whole);
    int64_t sum = limits_settle(&policy->limits, whole, happening, moments.count);
    struct share before = share_add((struct share){sum, whole}, SHARE_NOTHING);
    // What is restored may go over the sum insured, which is the most in any case.
    if (!all.maximum_milli && share_compare(before, SHARE_ALL) > 0)
        all.maximum_milli = WHOLE_MILLI;
    struct share share = payout_after(&all, before);
    trace_strike(&policy->payout, &policy->trigger, policy->index.unit, index, gaze->trace);
    trace_after(&each, NULL, true, gaze->trace);
    trace_events(&moments, happening, whole, gaze->trace);
    trace_after(&all, &before, false, gaze->trace);
    trace_payout(&policy->payout, payout_tier(policy, index), share, gaze->trace);
    pay(share, out);
}

// --- phases

// A phase or a circle.
static bool add_part(const struct gaze *gaze, const struct part *part,
                     const struct occasion *occasion, struct share *sum,
                     struct decision_result *out)
{
    const struct policy *policy = gaze->policy;
    struct occasion days = policy->phases ? policy_phase(part, occasion) : *occasion;
    look_part(part->name, 0, gaze->trace);
    struct look look = look_take(gaze, part, &days);
    if (!look.known) {
        not_known(gaze, look.gap, look.at, out);
        return false;
    }
    struct share share = payout_rule_share(&part->payout, NULL, look.milli, NULL, NULL);
    trace_strike(&part->payout, NULL, part->index.unit, look.milli, gaze->trace);
    struct share before = payout_form_share(&part->payout, NULL, look.milli, NULL);
    trace_after(&part->payout, &before, false, gaze->trace);
    size_t tier = 0;
    while (tier < part->payout.tiers && compare_holds(part->payout.tier_compare, look.milli,
                                                      part->payout.tier[tier].threshold_milli))
        tier++;
    trace_payout(&part->payout, tier, share, gaze->trace);
    share = share_times(share, SHARE_MILLI(part->weight_milli));
    if (part->limit_milli)
        share = share_min(share, SHARE_MILLI(part->limit_milli));
    struct doc *step = trace_new(TRACE_WEIGHTED);
    doc_put_int(step, "part", share.part);
    doc_put_int(step, "whole", share.whole);
    doc_push(gaze->trace, step);
    bool highest = policy->circles && !policy->circles_sum;
    *sum = highest ? share_max(*sum, share) : share_add(*sum, share);
    return true;
}

static void pay_parts(const struct gaze *gaze, const struct occasion *occasion,
                      struct decision_result *out)
{
    const struct policy *policy = gaze->policy;
    struct share sum = SHARE_NOTHING;
    for (size_t i = 0; i < policy->parts; i++) {
        if (!add_part(gaze, &policy->part[i], occasion, &sum, out))
            return;
    }
    trace_after(&policy->payout, &sum, false, gaze->trace);
    sum = payout_after(&policy->payout, sum);
    trace_payout(&policy->payout, 0, sum, gaze->trace);
    pay(sum, out);
}

void cover_share(const struct gaze *gaze, const struct occasion *occasion,
                 struct decision_result *out)
{
    const struct policy *policy = gaze->policy;
    assert(policy->kind == POLICY_INSURANCE);
    if (policy->phases || policy->circles) {
        pay_parts(gaze, occasion, out);
        return;
    }
    struct part part = policy_main_part(policy);
    struct look look = look_take(gaze, &part, occasion);
    if (!look.known) {
        if (!pays_no_start(gaze, &look, out))
            not_known(gaze, look.gap, look.at, out);
        return;
    }
    out->has_index = true;
    out->index_milli = look.milli;
    if (policy->limits.there)
        pay_events(gaze, occasion, look.milli, out);
    else
        pay_index(gaze, occasion, look.milli, out);
}
