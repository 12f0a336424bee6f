#include "triggers/evaluate.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/trial.h"

// The ensemble of the domain reference, 4.1, in tenths: the index of each of twenty members.
static const int members_mm[] = {1200, 850, 600, 1500, 950,  400,  2000, 1100, 750, 1300,
                                 1000, 999, 0,   550,  1800, 1040, 900,  1010, 670, 1400};
enum { MEMBERS = COUNT_OF(members_mm) };

struct ensemble {
    struct reading_meta meta[MEMBERS];
    struct hash hash[MEMBERS];
    int32_t value[MEMBERS];
    uint16_t cover[MEMBERS];
    struct readings readings;
};

static void fill(struct ensemble *e, size_t count)
{
    *e = (struct ensemble){0};
    for (size_t m = 0; m < count; m++) {
        e->meta[m] = (struct reading_meta){.valid_to = {DAY_S}, .member = (int32_t)m};
        e->value[m] = members_mm[m] * 100;
        e->cover[m] = READING_COVER_FULL;
    }
    e->readings = (struct readings){.count = count,
                                    .communes = 1,
                                    .meta = e->meta,
                                    .hash = e->hash,
                                    .value = e->value,
                                    .cover = e->cover};
}

static struct policy ensemble_policy(void)
{
    return (struct policy){
        .kind = POLICY_ALERT,
        .index = {.take = INDEX_TOTAL, .within_s = DAY_S},
        .rounding_milli = 100,
        .trigger = {.there = true, .compare = COMPARE_MORE_OR_SAME, .threshold_milli = 100000},
        .ensemble = {.members = MEMBERS,
                     .minimum = 16,
                     .compare = COMPARE_MORE_OR_SAME,
                     .probability_milli = 500}};
}

static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t present;
        enum compare compare;
        int64_t threshold;
        enum compare probability;
        int64_t probability_milli, minimum;
        enum answer answer;
        int64_t share_milli;
        int32_t first; // its number
    } rows[] = {
        {"ten of twenty at 100 mm or more are half", 20, COMPARE_MORE_OR_SAME, 100000,
         COMPARE_MORE_OR_SAME, 500, 16, ANSWER_YES, 500, 0},
        {"half is not more than half", 20, COMPARE_MORE_OR_SAME, 100000, COMPARE_MORE, 500, 16,
         ANSWER_NO, 500, 0},
        {"over 100 mm there are nine", 20, COMPARE_MORE, 100000, COMPARE_MORE_OR_SAME, 500, 16,
         ANSWER_NO, 450, 0},
        {"eight of the first seventeen, rounded down for people", 17, COMPARE_MORE_OR_SAME, 100000,
         COMPARE_MORE_OR_SAME, 470, 16, ANSWER_YES, 470, 0},
        {"8/17 is compared exactly: 47.1 % is more", 17, COMPARE_MORE_OR_SAME, 100000,
         COMPARE_MORE_OR_SAME, 471, 16, ANSWER_NO, 470, 0},
        {"fifteen members are one too few", 15, COMPARE_MORE_OR_SAME, 0, COMPARE_MORE_OR_SAME, 10,
         16, ANSWER_UNKNOWN, 0, 0},
        {"no member at all", 0, COMPARE_MORE_OR_SAME, 0, COMPARE_MORE_OR_SAME, 10, 16,
         ANSWER_UNKNOWN, 0, 0},
        {"members that are numbered from 1 on are all there", 20, COMPARE_MORE_OR_SAME, 100000,
         COMPARE_MORE_OR_SAME, 500, 20, ANSWER_YES, 500, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct ensemble e;
        fill(&e, rows[i].present);
        for (size_t m = 0; m < rows[i].present; m++)
            e.meta[m].member += rows[i].first;
        struct policy policy = ensemble_policy();
        policy.trigger.compare = rows[i].compare;
        policy.trigger.threshold_milli = rows[i].threshold;
        policy.ensemble.compare = rows[i].probability;
        policy.ensemble.probability_milli = rows[i].probability_milli;
        policy.ensemble.minimum = rows[i].minimum;
        struct occasion occasion = occasion_of_run((struct utc){0}, DAY_S);
        AUTO(decision_result_free) struct decision_result got = {0};
        evaluate(&policy, &e.readings, 0, &occasion, &got);
        CHECK_INT(got.answer, rows[i].answer);
        CHECK_INT(got.probability_milli, rows[i].share_milli);
        CHECK_INT(got.speech == SPEAKS_NOT, rows[i].answer == ANSWER_UNKNOWN);
        bool some = rows[i].present > 0 && rows[i].present < MEMBERS;
        CHECK_INT(got.lacks_members, some);
        AUTO(buf_free) struct buf said = buf_new(1000);
        trace_say(trace_find(got.trace, TRACE_MEMBERS), NULL, LANGUAGE_EN, &said);
        CHECK_INT(strstr(said.at, " of 20 ensemble members, needed ") != NULL, some);
    }
}

// The clear rule speaks against an alert only under its own threshold.
static void test_clear(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t on_milli, clear_milli;
        enum speech speech;
    } rows[] = {
        {"50 % reach 50 %", 500, 300, SPEAKS_ON},
        {"between 60 % and 40 % it says nothing", 600, 400, SPEAKS_NEITHER},
        {"50 % are not under 50 %", 600, 500, SPEAKS_NEITHER},
        {"50 % are under 55 %", 600, 550, SPEAKS_OFF},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct ensemble e;
        fill(&e, MEMBERS);
        struct policy policy = ensemble_policy();
        policy.ensemble.probability_milli = rows[i].on_milli;
        policy.clear = (struct trigger_rule){
            .there = true, .compare = COMPARE_LESS, .threshold_milli = rows[i].clear_milli};
        struct occasion occasion = occasion_of_run((struct utc){0}, DAY_S);
        AUTO(decision_result_free) struct decision_result got = {0};
        evaluate(&policy, &e.readings, 0, &occasion, &got);
        CHECK_INT(got.speech, rows[i].speech);
    }
}

static void test_refused(void **state)
{
    (void)state;
    ROW("a file that could not be read is an answer with its reason");
    AUTO(decision_result_free) struct decision_result got = {0};
    evaluate_refused("the file ends in the middle", &got);
    CHECK_INT(got.answer, ANSWER_UNKNOWN);
    AUTO(buf_free) struct buf said = buf_new(1000);
    trace_say(trace_find(got.trace, TRACE_NOT_KNOWN), NULL, LANGUAGE_EN, &said);
    CHECK_HAS(said.at, "the file ends in the middle");
}

#define POLICY(fire, pays, not_fire)                                                               \
    "gong: 1\nid: c\nversion: 1\nkind: insurance\ntitle: {vi: a, en: b}\n"                         \
    "effective: {from: 2024-01-01, to: 2024-12-31}\nboundary_set: s\narea: all\nsource: d\n"       \
    "variable: rain\nperiod: {each: month, day: utc00}\nindex: {take: total}\n"                    \
    "rounding: 0.1 mm\nminimum_coverage: any\nsettle_after: 1 days\n"                              \
    "payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, rounding: 1000 VND}\n"            \
    "settlement: settle_once\n"                                                                    \
    "message: {vi: \"{contract}{amount}{commune}\", en: \"{contract}{amount}{commune}\"}\n"        \
    "cases:\n"                                                                                     \
    "  fire: [{name: dry, step: period, values: [" fire "], sum_insured: 1000000 VND, pays: " pays \
    " VND}]\n"                                                                                     \
    "  not_fire: [{name: wet, step: period, values: [" not_fire "]}]\n"

static void test_trial(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum err_kind kind;
        const char *where, *words;
    } rows[] = {
        {"cases that hold", POLICY("70", "500000", "100"), OK, "", ""},
        {"a case that does not fire", POLICY("120", "500000", "100"), ERR_INPUT,
         "p.yaml:20:10: ", "is under fire, but the answer is no"},
        {"a case that should not fire", POLICY("70", "500000", "99.9"), ERR_INPUT,
         "p.yaml:21:14: ", "is under not_fire, but the answer is yes"},
        {"a case that nobody saw", POLICY("missing", "500000", "100"), ERR_INPUT,
         "p.yaml:20:10: ", "the answer is unknown"},
        {"a case with the wrong amount", POLICY("70", "500001", "100"), ERR_INPUT,
         "p.yaml:20:10: ", "says it pays 500001 VND, but it is 500000 VND"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        CHECK_OK(policy_parse(str_of(rows[i].text), "p.yaml", &policy, &err), err);
        CHECK_INT(trial_run(policy, NULL, NULL, &err), rows[i].kind);
        CHECK_HAS(err.text, rows[i].where);
        CHECK_HAS(err.text, rows[i].words);
    }
}

TEST_MAIN(cmocka_unit_test(test_members), cmocka_unit_test(test_clear),
          cmocka_unit_test(test_refused), cmocka_unit_test(test_trial))
