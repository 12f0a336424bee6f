#include "triggers/trial.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/evaluate.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static struct occasion first_occasion(const struct policy *policy)
{
    struct utc start = {civil_days(policy->effective_from) * DAY_S};
    if (policy->period.kind != PERIOD_NONE) {
        AUTO(occasions_free) struct occasions all = {0};
        period_list(&policy->period, policy->effective_from, policy->effective_to, &all);
        assert(all.count > 0);
        return all.at[0];
    }
    if (policy->watch == WATCH_FORECAST)
        return occasion_of_run(start, policy->index.within_s);
    start.s += policy->index.within_s;
    return occasion_of_step(start, policy->index.within_s);
}

static void add_reading(struct readings *out, int32_t member, struct utc from, struct utc to,
                        int64_t milli)
{
    struct reading_meta *meta = &out->meta[out->count];
    *meta = (struct reading_meta){
        .member = member, .valid_from = from, .valid_to = to, .issued_at = UTC_NEVER};
    out->value[out->count] = milli == CASE_MISSING ? READING_NONE : (int32_t)milli;
    out->cover[out->count] = milli == CASE_MISSING ? 0 : READING_COVER_FULL;
    out->count++;
}

// The case's numbers as readings of a set with one commune. Temperatures are kept in K.
static void make_readings(const struct policy *policy, const struct policy_case *one,
                          const struct occasion *occasion, struct readings *out)
{
    enum { KELVIN_MILLI = 273150 };
    size_t most = 0;
    for (size_t s = 0; s < one->count; s++)
        most += one->series[s].count * (size_t)one->series[s].members;
    *out = (struct readings){.communes = 1};
    out->meta = mem_new(most, sizeof(*out->meta));
    out->hash = mem_new(most, sizeof(*out->hash));
    out->value = mem_new(most, sizeof(*out->value));
    out->cover = mem_new(most, sizeof(*out->cover));
    int64_t step_s = one->step_s ? one->step_s : occasion->to.s - occasion->from.s;
    int64_t offset = policy->index.input == UNIT_TEMPERATURE ? KELVIN_MILLI : 0;
    int32_t member = policy->ensemble.members ? 0 : MEMBER_NONE;
    for (size_t s = 0; s < one->count; s++) {
        for (int64_t k = 0; k < one->series[s].members; k++, member++) {
            struct utc from = occasion->from;
            for (size_t i = 0; i < one->series[s].count; i++, from.s += step_s) {
                int64_t milli = one->series[s].milli[i];
                add_reading(out, member, from, (struct utc){from.s + step_s},
                            milli == CASE_MISSING ? milli : milli + offset);
            }
        }
    }
}

static enum err_kind refuse(const struct policy_case *one, const struct decision_result *result,
                            struct err *err)
{
    AUTO(buf_free) struct buf why = buf_new(300);
    const struct doc *last = doc_at(result->trace, doc_count(result->trace) - 1);
    if (last)
        trace_say(last, LANGUAGE_EN, &why);
    return err_set(err, ERR_INPUT,
                   "%s: the case \"%s\" is under %s, but the answer is %s (%s); change the case "
                   "or the policy",
                   one->where, one->name, expectations[one->expect], answer_name(result->answer),
                   why.at ? why.at : "");
}

static enum err_kind check_result(const struct policy *policy, const struct policy_case *one,
                                  const struct decision_result *result, struct err *err)
{
    static const enum answer wanted[] = {
        [EXPECT_FIRE] = ANSWER_YES,
        [EXPECT_NOT_FIRE] = ANSWER_NO,
        [EXPECT_NOT_KNOWN] = ANSWER_UNKNOWN,
    };
    if (result->answer != wanted[one->expect])
        return refuse(one, result, err);
    if (!one->has_amount)
        return OK;
    struct money amount =
        payout_due(policy, VND(one->sum_insured_vnd), result->share, first_occasion(policy).last);
    if (amount.minor != one->pays_vnd)
        return err_set(err, ERR_INPUT,
                       "%s: the case \"%s\" says it pays %" PRId64 " VND, but it is %" PRId64
                       " VND; change the case or the policy",
                       one->where, one->name, one->pays_vnd, amount.minor);
    return OK;
}

enum err_kind trial_run(const struct policy *policy, size_t *ran, struct err *err)
{
    struct occasion occasion = first_occasion(policy);
    for (size_t i = 0; i < policy->cases.count; i++) {
        const struct policy_case *one = &policy->cases.at[i];
        AUTO(readings_free) struct readings readings = {0};
        AUTO(decision_result_free) struct decision_result result = {0};
        make_readings(policy, one, &occasion, &readings);
        evaluate(policy, &readings, 0, &occasion, &result);
        if (check_result(policy, one, &result, err))
            return err->kind;
    }
    if (ran)
        *ran = policy->cases.count;
    return OK;
}

enum err_kind trial_load(const char *path, struct policy **out, struct err *err)
{
    AUTO(policy_free) struct policy *policy = NULL;
    if (policy_load(path, &policy, err) || trial_run(policy, NULL, err))
        return err->kind;
    *out = TAKE(policy);
    return OK;
}
