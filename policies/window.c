#include "policies/window.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/period.h"
#include "policies/policy.h"
#include "policies/water_rule.h"

// A window that moves must end within the period, however late it starts.
static enum err_kind check_start(const struct yaml *index, const struct policy *policy,
                                 struct err *err)
{
    enum { DEKAD_DAYS_MAX = 11, LEAP_DAY = 1 };
    const struct start_rule *start = &policy->index.start;
    if (start->kind == START_PERIOD)
        return OK;
    int64_t first =
        start->kind == START_TOTAL ? start->latest - 1 : (start->latest - 1) * DEKAD_DAYS_MAX;
    if (first + start->days > period_span_s(&policy->period) / DAY_S - LEAP_DAY)
        return yaml_refuse(yaml_get(index, "start"), err,
                           "a season that starts at the latest day ends after the period; write an "
                           "earlier latest, a shorter for, or a longer period");
    return OK;
}

static enum err_kind check_water(const struct yaml *index, const struct policy *policy,
                                 struct err *err)
{
    const struct water_rule *water = policy->index.water;
    int64_t days = period_span_s(&policy->period) / DAY_S;
    if (water && ((int64_t)water->dekads * 11 < days || ((int64_t)water->dekads - 2) * 10 > days))
        return yaml_refuse(yaml_get(index, "pet"), err,
                           "%zu dekads of water do not fit a period of %lld days", water->dekads,
                           (long long)days);
    return OK;
}

#define NO_BOUNDARY                                                                                \
    "days need a day boundary; write hours, as \"24 h\", or add a period with day: {each: day, "   \
    "last: 30 days, day: local00} of what was seen, {each: run, day: local00} of forecasts"

static bool counts_days(const struct index_rule *rule)
{
    return rule->daily || rule->take == INDEX_SPI || rule->take == INDEX_SPEI;
}

// Of a policy without periods: each run or step is looked at by itself.
static enum err_kind check_moments(const struct yaml *root, const struct policy *policy,
                                   struct err *err)
{
    const struct yaml *index = yaml_get(root, "index");
    const struct yaml *each = yaml_get(yaml_get(root, "period"), "each");
    if (policy->kind == POLICY_INSURANCE && each)
        return yaml_refuse(each, err, "an insurance has no runs; write a season, or each: month");
    if (policy->kind == POLICY_INSURANCE)
        return yaml_refuse(root, err,
                           "\"period\" is missing here; add period: {from: 01-15, "
                           "to: 04-15, day: local00}");
    if (policy->index.within_s == 0)
        return yaml_refuse(index, err, "how far does it look? add within: 72 h, or a period");
    if (policy->index.follow_s)
        return yaml_refuse(yaml_get(index, "follow"), err,
                           "past which end? a spell is followed past that of a period; add one");
    bool days =
        policy->index.daily || policy->index.take == INDEX_SPI || policy->index.take == INDEX_SPEI;
    if (days && !policy->period.whole_days)
        return yaml_refuse(index, err, NO_BOUNDARY);
    if (policy->period.whole_days && policy->index.within_s % DAY_S)
        return yaml_refuse(yaml_get(index, "within"), err,
                           "whole days are looked at; write \"within\" in days, as \"3 days\"");
    return OK;
}

static enum err_kind check_last(const struct yaml *root, const struct policy *policy,
                                struct err *err)
{
    const struct yaml *last = yaml_get(yaml_get(root, "period"), "last");
    if (last && policy->kind == POLICY_INSURANCE)
        return yaml_refuse(
            last, err,
            "windows that lie over one another would pay for the same weather again; "
            "take last out");
    if (last && policy->index.follow_s)
        return yaml_refuse(last, err,
                           "a spell is followed past a period that is not looked at again; take "
                           "last or follow out");
    return OK;
}

enum err_kind window_check(const struct yaml *root, const struct policy *policy, struct err *err)
{
    const struct yaml *index = yaml_get(root, "index");
    if (policy->period.kind == PERIOD_NONE)
        return check_moments(root, policy, err);
    int64_t span_s = period_span_s(&policy->period);
    if (policy->index.within_s > span_s || policy->index.over_s > span_s)
        return yaml_refuse(index, err,
                           "the window is longer than the period of %lld days; write "
                           "a shorter one",
                           (long long)(span_s / DAY_S));
    if (policy->index.within_s)
        return yaml_refuse(yaml_get(index, "within"), err,
                           "the period is what is looked at; take within out");
    if (check_last(root, policy, err) || check_start(index, policy, err) ||
        check_water(index, policy, err))
        return err->kind;
    if (policy->index.follow_s > span_s)
        return yaml_refuse(yaml_get(index, "follow"), err,
                           "a spell is followed longer than the period itself; write a shorter "
                           "time");
    AUTO(occasions_free) struct occasions occasions = {0};
    period_list(&policy->period, policy->effective_from, policy->effective_to, &occasions);
    if (occasions.count == 0)
        return yaml_refuse(yaml_get(root, "effective"), err,
                           "no whole period lies between these dates; write earlier from or "
                           "later to");
    return OK;
}

int64_t window_days(const struct policy *policy)
{
    int64_t span_s = policy->period.kind == PERIOD_NONE
                         ? policy->index.within_s
                         : period_span_s(&policy->period) + policy->index.follow_s;
    return (span_s + DAY_S - 1) / DAY_S;
}

// What is usual is usual for one time of the year.
static enum err_kind check_years(const struct yaml *root, const struct policy *policy,
                                 struct err *err)
{
    if (policy->period.kind == PERIOD_NONE ||
        (policy->index.take != INDEX_SPI && policy->index.take != INDEX_SPEI))
        return OK;
    AUTO(occasions_free) struct occasions all = {0};
    period_list(&policy->period, policy->effective_from, policy->effective_to, &all);
    for (size_t i = 1; i < all.count; i++) {
        if (all.at[i].first.month != all.at[0].first.month ||
            all.at[i].first.day != all.at[0].first.day)
            return yaml_refuse(yaml_get(yaml_get(root, "index"), "years"), err,
                               "these years are of one time of the year, and the periods are of "
                               "several; write period: {from: 02-01, to: 04-30, ...}, and a policy "
                               "for each");
    }
    return OK;
}

// Conditions and stages that count days, in a policy that does not say when one begins.
static enum err_kind check_part_days(const struct yaml *root, const struct policy *policy,
                                     struct err *err)
{
    static const char *const lists[] = {"stages", "any_of", "all_of", "of", NULL};
    const struct yaml *list = NULL;
    for (size_t i = 0; lists[i] && !list; i++)
        list = yaml_get(root, lists[i]);
    if (policy->period.kind != PERIOD_NONE || policy->period.whole_days || !list)
        return OK;
    for (size_t i = 0; i < policy->parts && i < list->count; i++) {
        const struct yaml *index = yaml_get(list->item[i], "index");
        if (counts_days(&policy->part[i].index))
            return yaml_refuse(index ? index : list->item[i], err, NO_BOUNDARY);
    }
    return OK;
}

// A value behind the end of its period is looked at by nobody: who writes one has miscounted.
static enum err_kind check_lengths(const struct policy *policy, struct err *err)
{
    if (policy->period.kind == PERIOD_NONE)
        return OK;
    AUTO(occasions_free) struct occasions all = {0};
    period_list(&policy->period, policy->effective_from, policy->effective_to, &all);
    struct occasion window = policy_window(&policy->index, &all.at[0]);
    for (size_t i = 0; i < policy->cases.count; i++) {
        const struct policy_case *one = &policy->cases.at[i];
        for (size_t s = 0; one->step_s && s < one->count; s++) {
            int64_t steps = (window.to.s - window.from.s + one->step_s - 1) / one->step_s;
            if ((int64_t)one->series[s].count > steps)
                return err_set(err, ERR_INPUT,
                               "%s: the case \"%s\" has %zu values, but its period %s only %lld "
                               "steps; take the others out",
                               one->where, one->name.at[LANGUAGE_EN], one->series[s].count,
                               all.at[0].period, (long long)steps);
        }
    }
    return OK;
}

enum err_kind window_check_new(const struct yaml *root, const struct policy *policy,
                               struct err *err)
{
    return check_years(root, policy, err) || check_part_days(root, policy, err) ||
                   check_lengths(policy, err)
               ? err_of(err)
               : OK;
}
