#include "triggers/trial.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/actions.h"
#include "policies/calendar.h"
#include "policies/policy.h"
#include "triggers/evaluate.h"
#include "triggers/event.h"
#include "triggers/grounds.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
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
    if (policy->watch == WATCH_OBSERVATION)
        start.s += policy->index.within_s;
    return calendar_looks(policy, start);
}

// What one series of a case is of.
struct stream {
    const char *source, *variable;
    const char *tag; // of a gauge; ""
    enum unit unit;
    struct utc from;
    int64_t step_s;
    bool members;
    int64_t coverage; // 1/10000
};

static void copy_name(char *out, size_t size, const char *name)
{
    assert(strlen(name) < size);
    memcpy(out, name, strlen(name) + 1);
}

static void add_meta(struct readings *out, const struct stream *stream, int32_t member,
                     struct utc from)
{
    struct reading_meta *meta = &out->meta[out->count++];
    *meta = (struct reading_meta){.member = member,
                                  .valid_from = from,
                                  .valid_to = {from.s + stream->step_s},
                                  .issued_at = UTC_NEVER};
    copy_name(meta->source, sizeof(meta->source), stream->source);
    copy_name(meta->variable, sizeof(meta->variable), stream->variable);
    copy_name(meta->boundary_set, sizeof(meta->boundary_set), stream->tag);
}

static void put_value(struct readings *out, const struct stream *stream, size_t at, int64_t milli)
{
    enum { KELVIN_MILLI = 273150 };
    bool gone = milli == CASE_MISSING;
    // Temperatures are kept in K.
    int64_t offset = stream->unit == UNIT_TEMPERATURE ? KELVIN_MILLI : 0;
    out->value[at] = gone ? READING_NONE : (int32_t)(milli + offset);
    out->cover[at] = gone ? 0 : (uint16_t)stream->coverage;
}

static void add_reading(struct readings *out, const struct stream *stream, int32_t member,
                        struct utc from, int64_t milli)
{
    add_meta(out, stream, member, from);
    for (size_t c = 0; c < out->communes; c++)
        put_value(out, stream, (out->count - 1) * out->communes + c, milli);
}

static size_t readings_in(const struct case_series *series, size_t count)
{
    size_t sum = 0;
    for (size_t s = 0; s < count; s++)
        sum += series[s].count * (size_t)series[s].members;
    return sum;
}

// Several communes: each series of a group is that of some of them, at all of its members.
static void add_group(struct readings *out, const struct stream *stream,
                      const struct case_series *series, size_t count, int32_t member)
{
    struct utc from = stream->from;
    size_t steps = 0;
    for (size_t s = 0; s < count; s++)
        steps = series[s].count > steps ? series[s].count : steps;
    for (size_t i = 0; i < steps; i++, from.s += stream->step_s) {
        size_t first = out->count * out->communes, c = 0;
        add_meta(out, stream, member, from);
        for (size_t s = 0; s < count; s++) {
            int64_t milli = i < series[s].count ? series[s].milli[i] : CASE_MISSING;
            for (int64_t k = 0; k < series[s].communes; k++, c++)
                put_value(out, stream, first + c, milli);
        }
    }
}

static void add_communes(struct readings *out, const struct stream *stream,
                         const struct case_series *series, size_t count)
{
    int32_t member = stream->members ? 0 : MEMBER_NONE;
    for (size_t s = 0, in = 0; s < count; s += in) {
        for (in = 1; s + in < count && series[s + in].group == series[s].group;)
            in++;
        for (int64_t k = 0; k < series[s].members; k++, member++)
            add_group(out, stream, series + s, in, member);
    }
}

static void add_series(struct readings *out, const struct stream *stream,
                       const struct case_series *series, size_t count)
{
    int32_t member = stream->members ? 0 : MEMBER_NONE;
    for (size_t s = 0; s < count; s++) {
        for (int64_t k = 0; k < series[s].members; k++, member++) {
            struct utc from = stream->from;
            for (size_t i = 0; i < series[s].count; i++, from.s += stream->step_s)
                add_reading(out, stream, member, from, series[s].milli[i]);
        }
    }
}

static const struct case_more *near_of(const struct policy_case *one)
{
    for (size_t i = 0; i < one->more_count; i++) {
        if (one->more[i].near)
            return &one->more[i];
    }
    return NULL;
}

static size_t communes_of(const struct policy *policy, const struct policy_case *one)
{
    const struct case_more *near = near_of(one);
    size_t sum = policy->index.share ? 0 : 1;
    for (size_t s = 0; policy->index.share && s < one->count; s++)
        sum += one->series[s].group == 0 ? (size_t)one->series[s].communes : 0;
    for (size_t s = 0; near && s < near->count; s++)
        sum += (size_t)near->series[s].communes;
    return sum;
}

// The commune of the case is the first; its neighbours, the others, have values of the same steps.
static void put_near(struct readings *out, const struct stream *stream,
                     const struct case_more *near, size_t steps)
{
    size_t c = 1, count = out->communes - 1;
    out->near_count = count;
    out->near = mem_new(out->communes * count + 1, sizeof(*out->near));
    for (size_t i = 0; i < out->communes * count; i++)
        out->near[i] = i < count ? i + 1 : SIZE_MAX;
    for (size_t s = 0; s < near->count; s++) {
        const struct case_series *series = &near->series[s];
        for (int64_t k = 0; k < series->communes; k++, c++) {
            for (size_t i = 0; i < steps; i++)
                put_value(out, stream, i * out->communes + c,
                          i < series->count ? series->milli[i] : CASE_MISSING);
        }
    }
}

// The case's numbers as readings of a set with one commune.
static void make_readings(const struct policy *policy, const struct policy_case *one,
                          const struct occasion *occasion, struct readings *out)
{
    struct occasion window = policy_window(&policy->index, occasion);
    int64_t span_s = window.to.s - window.from.s;
    size_t most = readings_in(one->series, one->count);
    for (size_t i = 0; i < one->more_count; i++)
        most += readings_in(one->more[i].series, one->more[i].count);
    *out = (struct readings){.communes = communes_of(policy, one)};
    out->meta = mem_new(most, sizeof(*out->meta));
    out->hash = mem_new(most, sizeof(*out->hash));
    out->value = mem_new(most * out->communes, sizeof(*out->value));
    out->cover = mem_new(most * out->communes, sizeof(*out->cover));
    char tag[GROUNDS_TAG_SIZE] = "";
    if (policy->station[0])
        grounds_station_tag(policy, policy->station, tag);
    struct stream own = {policy->source,
                         policy->variable,
                         tag,
                         policy->index.input,
                         window.from,
                         one->step_s ? one->step_s : span_s,
                         policy->ensemble.members > 0,
                         one->coverage};
    if (policy->index.share)
        add_communes(out, &own, one->series, one->count);
    else
        add_series(out, &own, one->series, one->count);
    if (near_of(one))
        put_near(out, &own, near_of(one), out->count);
    for (size_t i = 0; i < one->more_count; i++) {
        const struct case_more *more = &one->more[i];
        if (more->near)
            continue;
        int64_t more_span_s = more->before_s ? more->before_s : span_s;
        char more_tag[GROUNDS_TAG_SIZE] = "";
        if (more->station[0])
            grounds_station_tag(policy, more->station, more_tag);
        struct stream stream = {more->source,
                                more->variable,
                                more_tag,
                                more->unit,
                                {window.from.s - more->before_s},
                                more->step_s ? more->step_s : more_span_s,
                                more->members,
                                one->coverage};
        add_series(out, &stream, more->series, more->count);
    }
}

static enum err_kind refuse(const struct policy_case *one, const struct decision_result *result,
                            struct err *err)
{
    AUTO(buf_free) struct buf why = buf_new(300);
    const struct doc *last = doc_at(result->trace, doc_count(result->trace) - 1);
    if (last)
        trace_say(last, NULL, LANGUAGE_EN, &why);
    return err_set(err, ERR_INPUT,
                   "%s: the case \"%s\" is under %s, but the answer is %s (%s); change the case "
                   "or the policy",
                   one->where, one->name.at[LANGUAGE_EN], expectations[one->expect],
                   answer_name(result->answer), why.at ? why.at : "");
}

// The numbers that a case says the policy states.
static enum err_kind check_stated(const struct policy *policy, const struct policy_case *one,
                                  const struct decision_result *result, struct err *err)
{
    if (one->has_index && (!result->has_index || result->index_milli != one->index_milli)) {
        AUTO(buf_free) struct buf says = buf_new(60), is = buf_new(60);
        unit_say(&says, one->index_milli, policy->index.unit, LANGUAGE_EN);
        unit_say(&is, result->index_milli, policy->index.unit, LANGUAGE_EN);
        return err_set(err, ERR_INPUT,
                       "%s: the case \"%s\" says that the index is %s, but it is %s; change the "
                       "case or the policy",
                       one->where, one->name.at[LANGUAGE_EN], says.at,
                       result->has_index ? is.at : "not there");
    }
    if (one->probability_milli < 0 || one->probability_milli == result->probability_milli)
        return OK;
    AUTO(buf_free) struct buf says = buf_new(40), is = buf_new(40);
    unit_number(&says, one->probability_milli * 100, LANGUAGE_EN);
    unit_number(&is, result->probability_milli * 100, LANGUAGE_EN);
    return err_set(err, ERR_INPUT,
                   "%s: the case \"%s\" says a probability of %s %%, but it is %s %%; change the "
                   "case or the policy",
                   one->where, one->name.at[LANGUAGE_EN], says.at, is.at);
}

static enum err_kind check_tells(const struct policy *policy, const struct policy_case *one,
                                 const struct decision_result *result, struct err *err)
{
    const struct actions *actions = actions_of(policy, result->stage);
    if (one->tells < 0 || (actions && actions->step == (enum action_step)one->tells))
        return OK;
    return err_set(err, ERR_INPUT,
                   "%s: the case \"%s\" says that it tells people: %s, but it tells: %s; change "
                   "the case or the policy",
                   one->where, one->name.at[LANGUAGE_EN], action_steps[one->tells],
                   actions ? action_steps[actions->step] : "nothing");
}

static enum err_kind check_result(const struct policy *policy, const struct policy_case *one,
                                  const struct occasion *occasion,
                                  const struct decision_result *result, struct err *err)
{
    static const enum answer wanted[] = {
        [EXPECT_FIRE] = ANSWER_YES,
        [EXPECT_NOT_FIRE] = ANSWER_NO,
        [EXPECT_NOT_KNOWN] = ANSWER_UNKNOWN,
    };
    if (result->answer != wanted[one->expect])
        return refuse(one, result, err);
    static const enum speech said[] = {SPEAKS_ON, SPEAKS_OFF, SPEAKS_NEITHER};
    if (one->says >= 0 && result->speech != said[one->says])
        return err_set(err, ERR_INPUT,
                       "%s: the case \"%s\" says on, off or neither, but the run speaks for "
                       "something else; change the case or the policy",
                       one->where, one->name.at[LANGUAGE_EN]);
    if (one->level && result->level != one->level)
        return err_set(err, ERR_INPUT,
                       "%s: the case \"%s\" says level %" PRId64 ", but it is %" PRId64
                       "; change the case or the policy",
                       one->where, one->name.at[LANGUAGE_EN], one->level, result->level);
    if (check_tells(policy, one, result, err) || check_stated(policy, one, result, err))
        return err->kind;
    if (!one->has_amount)
        return OK;
    struct money amount =
        payout_due(policy, VND(one->sum_insured_vnd), result->share, occasion->last);
    if (one->paid_before_vnd)
        amount = payout_top_up(policy, VND(one->paid_before_vnd), amount);
    if (amount.minor != one->pays_vnd)
        return err_set(err, ERR_INPUT,
                       "%s: the case \"%s\" says it pays %" PRId64 " VND, but it is %" PRId64
                       " VND; change the case or the policy",
                       one->where, one->name.at[LANGUAGE_EN], one->pays_vnd, amount.minor);
    return OK;
}

static enum err_kind refuse_run(const struct course *course, size_t run, const char *was,
                                struct err *err)
{
    return err_set(err, ERR_INPUT,
                   "%s: the case \"%s\" comes out otherwise after its run %zu: %s; change the case "
                   "or the policy",
                   course->where, course->name.at[LANGUAGE_EN], run + 1, was);
}

// What an alert is after each run, by the function that every run goes through.
static enum err_kind run_course(const struct policy *policy, const struct course *course,
                                struct err *err)
{
    const struct alert_rule rule = alert_rule_of(policy);
    struct alert_state state = alert_state_none();
    for (size_t i = 0; i < course->runs; i++) {
        const struct course_run *run = &course->run[i];
        struct occasion occasion = first_occasion(policy);
        struct alert_taken taken = {0};
        char was[60];
        struct utc at = {occasion.as_of.s + run->at_s};
        if (run->like == CASE_CLEARED) {
            (void)alert_clear(&state, at);
        } else {
            AUTO(readings_free) struct readings readings = {0};
            AUTO(decision_result_free) struct decision_result result = {0};
            make_readings(policy, &policy->cases.at[run->like], &occasion, &readings);
            evaluate(policy, &readings, 0, &occasion, &result);
            struct alert_said said = evaluate_said(&result, at);
            taken = alert_take(&state, &said, &rule);
        }
        (void)snprintf(was, sizeof(was), "the level is %" PRId64, state.level);
        if (state.level != run->level)
            return refuse_run(course, i, was, err);
        if (run->told >= 0 && taken.told != (run->told == 1))
            return refuse_run(course, i, taken.told ? "people are told" : "nobody is told", err);
    }
    return OK;
}

void trial_case(const struct policy *policy, size_t which, struct decision_result *out)
{
    assert(which < policy->cases.count && !policy->cases.at[which].event.file);
    struct occasion occasion = first_occasion(policy);
    AUTO(readings_free) struct readings readings = {0};
    make_readings(policy, &policy->cases.at[which], &occasion, &readings);
    evaluate(policy, &readings, 0, &occasion, out);
}

static enum err_kind run_one(const struct policy *policy, const struct policy_case *one,
                             const char *files, struct err *err)
{
    struct occasion occasion = first_occasion(policy);
    AUTO(readings_free) struct readings readings = {0};
    AUTO(decision_result_free) struct decision_result result = {0};
    if (one->event.file) {
        if (event_decide(policy, one, files, &occasion, &result, err))
            return err->kind;
    } else {
        make_readings(policy, one, &occasion, &readings);
        evaluate(policy, &readings, 0, &occasion, &result);
    }
    return check_result(policy, one, &occasion, &result, err);
}

enum err_kind trial_run(const struct policy *policy, const char *files, size_t *ran,
                        struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < policy->cases.count; i++) {
        const struct policy_case *one = &policy->cases.at[i];
        if (one->event.file && !files)
            continue;
        if (run_one(policy, one, files, err))
            return err->kind;
        count++;
    }
    for (size_t i = 0; i < policy->cases.courses; i++, count++) {
        if (run_course(policy, &policy->cases.course[i], err))
            return err->kind;
    }
    for (size_t i = 0; i < policy->cases.dated_count; i++, count++) {
        if (dated_try(policy, &policy->cases.dated[i], err))
            return err->kind;
    }
    if (ran)
        *ran = count;
    return OK;
}

enum err_kind trial_load(const char *path, struct policy **out, struct err *err)
{
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(mem_drop) char *files = file_folder(path);
    if (policy_load(path, &policy, err) || trial_run(policy, files, NULL, err))
        return err->kind;
    *out = TAKE(policy);
    return OK;
}
