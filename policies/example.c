#include "policies/example.h"

#include "policies/describe.h"
#include "policies/policy.h"

#include <inttypes.h>
#include <string.h>

static const char *pick(enum language language, const char *vi, const char *en)
{
    return language == LANGUAGE_VI ? vi : en;
}

// "[0 x 13; 12.5; missing]": values that are alike and follow one another stand once.
static void say_values(const struct case_series *series, enum language language, struct buf *out)
{
    buf_char(out, '[');
    for (size_t i = 0, in = 0; i < series->count; i += in) {
        for (in = 1; i + in < series->count && series->milli[i + in] == series->milli[i];)
            in++;
        buf_text(out, i ? "; " : "");
        if (series->milli[i] == CASE_MISSING)
            buf_text(out, pick(language, "thiếu", "missing"));
        else
            unit_number(out, series->milli[i], language);
        if (in > 1)
            buf_print(out, " x %zu", in);
    }
    buf_char(out, ']');
}

static void say_step(int64_t step_s, enum language language, struct buf *out)
{
    if (step_s == 0) {
        buf_text(out, pick(language, " cả kỳ", " the whole"));
        return;
    }
    buf_text(out, pick(language, " mỗi ", " each "));
    describe_span(out, step_s, language);
}

static void say_series(const struct case_series *series, size_t count, enum unit unit,
                       enum language language, struct buf *out)
{
    for (size_t s = 0; s < count; s++) {
        buf_text(out, s ? ", " : " ");
        if (series[s].members > 1)
            buf_print(out, "%" PRId64 " %s ", series[s].members,
                      pick(language, "thành viên", "members"));
        if (series[s].communes > 1)
            buf_print(out, "%" PRId64 " %s ", series[s].communes, pick(language, "xã", "communes"));
        say_values(&series[s], language, out);
    }
    buf_print(out, " %s", unit_word(unit, language));
}

void example_input(const struct policy *policy, const struct policy_case *one,
                   enum language language, struct buf *out)
{
    if (one->event.file) {
        buf_print(out, " %s, %s, %s, sha256 %s", one->event.file, one->event.place,
                  one->event.period, hash_hex(one->event.hash).at);
        return;
    }
    say_step(one->step_s, language, out);
    say_series(one->series, one->count, policy->index.input, language, out);
    for (size_t i = 0; i < one->more_count; i++) {
        const struct case_more *more = &one->more[i];
        buf_print(out, "; %s%s (%s)", more->near ? pick(language, "lân cận ", "neighbours ") : "",
                  describe_variable(more->variable, language), more->source);
        say_step(more->step_s, language, out);
        say_series(more->series, more->count, more->unit, language, out);
    }
    buf_print(out, "; %s ", pick(language, "quan trắc được", "observed"));
    describe_share(out, one->coverage / 10, language);
}

// What it must come to, beyond yes, no or not known.
static void say_outcome(const struct policy *policy, const struct policy_case *one,
                        enum language language, struct buf *out)
{
    static const char *const speech[][LANGUAGES] = {
        {"nói bật", "speaks for on"}, {"nói tắt", "for off"}, {"không nói gì", "for neither"}};
    if (one->level)
        buf_print(out, "; %s %" PRId64, pick(language, "cấp", "level"), one->level);
    if (one->tells >= 0)
        buf_print(out, "; %s \"%s\"", pick(language, "báo", "tells"),
                  actions_step(&(struct actions){.step = (enum action_step)one->tells}, language));
    if (one->says >= 0)
        buf_print(out, "; %s", speech[one->says][language]);
    if (one->has_index) {
        buf_print(out, "; %s ", pick(language, "chỉ số", "index"));
        unit_say(out, one->index_milli, policy->index.unit, language);
    }
    if (one->probability_milli >= 0) {
        buf_print(out, "; %s ", pick(language, "khả năng", "chance"));
        describe_share(out, one->probability_milli, language);
    }
    if (!one->has_amount)
        return;
    buf_print(out, "; %s ", pick(language, "bảo hiểm", "insured"));
    unit_money(out, one->sum_insured_vnd, language);
    if (one->paid_before_vnd) {
        buf_print(out, " %s ", pick(language, "đồng, đã trả", "VND, paid before"));
        unit_money(out, one->paid_before_vnd, language);
    }
    buf_print(out, " %s ", pick(language, "đồng, chi trả", "VND, pays"));
    unit_money(out, one->pays_vnd, language);
    buf_print(out, " %s", pick(language, "đồng", "VND"));
}

void example_cases(const struct policy *policy, enum language language, struct buf *out)
{
    static const char *const kinds[][LANGUAGES] = {
        [EXPECT_FIRE] = {"ví dụ có:", "case of yes:"},
        [EXPECT_NOT_FIRE] = {"ví dụ không:", "case of no:"},
        [EXPECT_NOT_KNOWN] = {"ví dụ chưa biết:", "case of not known:"},
    };
    for (size_t i = 0; i < policy->cases.count; i++) {
        const struct policy_case *one = &policy->cases.at[i];
        buf_print(out, "  %s %s:", kinds[one->expect][language], one->name.at[language]);
        example_input(policy, one, language, out);
        say_outcome(policy, one, language, out);
        buf_char(out, '\n');
    }
}

void example_runs(const struct policy_cases *cases, const struct course *course,
                  enum language language, struct buf *out)
{
    for (size_t r = 0; r < course->runs; r++) {
        const struct course_run *run = &course->run[r];
        buf_text(out, r ? "; " : " ");
        describe_span(out, run->at_s, language);
        buf_print(out, " %s → %s %" PRId64,
                  run->like == CASE_CLEARED ? pick(language, "có người hủy", "a person clears it")
                                            : cases->at[run->like].name.at[language],
                  pick(language, "cấp", "level"), run->level);
        if (run->told >= 0)
            buf_print(out, ", %s",
                      run->told ? pick(language, "có báo", "people are told")
                                : pick(language, "không báo", "nobody is told"));
    }
}

void example_courses(const struct policy *policy, enum language language, struct buf *out)
{
    const struct policy_cases *cases = &policy->cases;
    for (size_t i = 0; i < cases->courses; i++) {
        buf_print(out, "  %s %s:", pick(language, "ví dụ theo thời gian:", "case over time:"),
                  cases->course[i].name.at[language]);
        example_runs(cases, &cases->course[i], language, out);
        buf_char(out, '\n');
    }
}

void example_calendar(const struct policy *policy, enum language language, struct buf *out)
{
    for (size_t i = 0; i < policy->cases.dated_count; i++) {
        const struct dated *one = &policy->cases.dated[i];
        buf_print(out, "  %s %s: ", pick(language, "ví dụ theo lịch:", "case by the calendar:"),
                  one->name.at[language]);
        dated_say(one, language, out);
        buf_char(out, '\n');
    }
}
