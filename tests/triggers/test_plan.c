#include "triggers/plan.h"

#include "tests/triggers/past.h"
#include "triggers/evaluate.h"
#include "triggers/history.h"
#include "triggers/ladder.h"
#include "triggers/payout.h"

#define SEASON "period: {from: 05-01, to: 10-31, day: utc00}"
#define WINTER "period: {from: 11-15, to: 02-20, day: utc00}"
#define LOCAL "period: {from: 05-01, to: 10-31, day: local00}"
#define TIERS                                                                                      \
    "payout:\n  form: tiers\n  tiers: [{from: 150 mm, pay: 20 %}, {from: 200 mm, pay: 50 %}, "     \
    "{from: 250 mm, pay: 100 %}]\n  rounding: 1000 VND"
#define SPELLS                                                                                     \
    "payout:\n  form: tiers\n  tiers: [{from: 6 days, pay: 25 %}, {from: 9 days, pay: 100 %}]\n"   \
    "  rounding: 1000 VND"
#define DEFICIT "payout: {form: linear_deficit, strike: 2500 mm, exit: 2000 mm, rounding: 1000 VND}"
#define EXCESS "payout: {form: linear_excess, strike: 2000.05 mm, exit: 3000 mm, rounding: 1 VND}"
#define ALERT "trigger: {index: \">=\", threshold: 180 mm}"

// Every way that an index can be computed, and some that only evaluate() can.
static const struct {
    const char *name;
    struct past_policy says;
} rows[] = {
    {"total, deficit", {"insurance", SEASON, "{take: total}", "0.1 mm", "any", DEFICIT}},
    {"total, excess, another rounding",
     {"insurance", SEASON, "{take: total}", "0.05 mm", "any", EXCESS}},
    {"total over the new year", {"insurance", WINTER, "{take: total}", "0.1 mm", "any", DEFICIT}},
    {"total of capped days",
     {"insurance", SEASON, "{take: total, daily_cap: 20 mm}", "0.1 mm", "90 %", DEFICIT}},
    {"total of days over a floor",
     {"insurance", SEASON, "{take: total, daily_floor: 5 mm}", "1 mm", "any", DEFICIT}},
    {"largest step", {"insurance", SEASON, "{take: maximum}", "0.1 mm", "any", TIERS}},
    {"three days",
     {"insurance", SEASON, "{take: maximum_sum, over: 3 days}", "0.1 mm", "any", TIERS}},
    {"three days, seen well enough",
     {"insurance", SEASON, "{take: maximum_sum, over: 3 days}", "0.1 mm", "90 %", TIERS}},
    {"three days, capped",
     {"insurance", SEASON, "{take: maximum_sum, over: 3 days, daily_cap: 90 mm}", "0.1 mm", "any",
      TIERS}},
    {"72 hours", {"insurance", SEASON, "{take: maximum_sum, over: 72 h}", "0.1 mm", "any", TIERS}},
    {"a month of days",
     {"insurance", WINTER, "{take: maximum_sum, over: 30 days}", "0.1 mm", "any", EXCESS}},
    {"dry spell, broken by what is missing",
     {"insurance", SEASON, "{take: longest_dry_spell, dry_below: 1 mm, missing: break}", "1 days",
      "any", SPELLS}},
    {"dry spell, what is missing counts",
     {"insurance", SEASON, "{take: longest_dry_spell, dry_up_to: 1 mm, missing: dry}", "1 days",
      "90 %", SPELLS}},
    {"dry spell, not known with a hole",
     {"insurance", SEASON, "{take: longest_dry_spell, dry_below: 0.1 mm, missing: unknown}",
      "1 days", "any", SPELLS}},
    {"percentile of all days",
     {"insurance", SEASON, "{take: percentile, day: \">=\", at: 0 mm, share: 95 %, method: 7}",
      "0.1 mm", "any", TIERS}},
    {"percentile of wet days, seen well enough",
     {"insurance", SEASON, "{take: percentile, day: \">\", at: 1 mm, share: 90 %, method: 8}",
      "0.1 mm", "90 %", TIERS}},
    {"days that the steps do not make",
     {"insurance", LOCAL, "{take: maximum_sum, over: 3 days}", "0.1 mm", "any", TIERS}},
    {"smallest sum, by evaluate alone",
     {"insurance", SEASON, "{take: minimum_sum, over: 10 days}", "0.1 mm", "any",
      "payout: {form: linear_deficit, strike: 90 mm, exit: 30 mm, rounding: 1000 VND}"}},
    {"alert of a month",
     {"alert", "period: {each: month, day: utc00}", "{take: maximum_sum, over: 2 days}", "0.1 mm",
      "any", ALERT}},
    {"alert that looks back from each step",
     {"alert", "", "{take: total, within: 48 h}", "0.1 mm", "any", ALERT}},
    {"alert of a day",
     {"alert", "period: {each: day, day: utc00}", "{take: total}", "0.1 mm", "90 %",
      "trigger: {index: \">\", threshold: 60 mm}"}},
};
enum { POLICIES = COUNT_OF(rows) };

static void make_policies(struct policy **policy)
{
    for (size_t i = 0; i < POLICIES; i++) {
        ROW(rows[i].name);
        policy[i] = past_policy(&rows[i].says);
    }
}

static void check_cell(const struct plan_index *index, const struct policy *policy,
                       const struct window *window, const struct occasion *occasion, size_t c,
                       int32_t quotient)
{
    AUTO(readings_free) struct readings readings = {0};
    AUTO(decision_result_free) struct decision_result result = {0};
    (void)index;
    window_readings(window, policy, c, &readings);
    evaluate(policy, &readings, 0, occasion, &result);
    CHECK_INT(quotient != READING_NONE, result.has_index);
    if (!result.has_index)
        return;
    CHECK_INT(quotient * policy->rounding_milli, result.index_milli);
    struct ladder ladder;
    ladder_make(policy, 7654321, quotient, quotient, &ladder);
    CHECK_INT(ladder_says(&ladder, quotient), result.answer == ANSWER_YES);
    if (policy->kind == POLICY_INSURANCE)
        CHECK_INT(ladder_pays(&ladder, quotient),
                  payout_amount(policy, VND(7654321), result.share).minor);
    ladder_free(&ladder);
}

// Each answer of the plan is that of evaluate(), in every season and commune.
static void check_all(const struct past_shape *shape, size_t *answers)
{
    struct err err = {0};
    AUTO(past_free) struct past past = past_new(shape);
    struct policy *policy[POLICIES];
    struct history history = {.series = past.series};
    make_policies(policy);
    for (size_t i = 0; i < POLICIES; i++) {
        AUTO(plan_free) struct plan plan = {0};
        ROW(rows[i].name);
        CHECK_OK(plan_make(&history, (const struct policy *const *)&policy[i], 1, UTC_NEVER,
                           UTC_NEVER, &plan, &err),
                 err);
        CHECK_OK(plan_run(&plan, &history, 1, &err), err);
        const struct plan_index *index = &plan.index[0];
        for (size_t o = 0; o < index->occasions.count; o += 1 + index->occasions.count / 12) {
            const struct occasion *occasion = &index->occasions.at[o];
            AUTO(window_free) struct window window = {0};
            CHECK_OK(history_window(&history, occasion->from, occasion->to, &window, &err), err);
            for (size_t c = 0; c < plan.communes; c++, (*answers)++)
                check_cell(index, policy[i], &window, occasion, c,
                           index->quotient[o * plan.communes + c]);
        }
    }
    for (size_t i = 0; i < POLICIES; i++)
        policy_free(&policy[i]);
}

static void test_same_as_evaluate(void **state)
{
    (void)state;
    static const struct past_shape shapes[] = {
        {.places = 23, .days = 800, .steps_a_day = 1},
        {.places = 19, .days = 800, .steps_a_day = 1, .holes = true},
        {.places = 17, .days = 800, .steps_a_day = 1, .holes = true, .covers = true},
        {.places = 21, .days = 800, .steps_a_day = 1, .holes = true, .odd = true},
        {.places = 5, .days = 420, .steps_a_day = 4, .holes = true, .covers = true},
    };
    size_t answers = 0;
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        check_all(&shapes[i], &answers);
    printf("# %zu answers compared\n", answers);
    CHECK(answers > 3000);
}

// All policies in one plan, with any number of threads and any block of communes, give what each
// gives alone.
static void test_threads(void **state)
{
    (void)state;
    static const struct past_shape shape = {
        .places = 517, .days = 1000, .steps_a_day = 1, .holes = true, .covers = true, .odd = true};
    struct err err = {0};
    AUTO(past_free) struct past past = past_new(&shape);
    struct history history = {.series = past.series};
    struct policy *policy[POLICIES];
    make_policies(policy);
    enum { QUICK = 16 }; // those that evaluate() computes alone are slow
    const struct policy *const *all = (const struct policy *const *)policy;
    AUTO(plan_free) struct plan whole = {0};
    CHECK_OK(plan_make(&history, all, QUICK, UTC_NEVER, UTC_NEVER, &whole, &err), err);
    CHECK_OK(plan_run(&whole, &history, 1, &err), err);
    CHECK_INT(whole.indices, QUICK);
    static const size_t threads[] = {1, 2, 3, 8}, block[] = {0, 1, 16, 33, 516, 10000};
    for (size_t w = 0; w < COUNT_OF(threads) * COUNT_OF(block); w++) {
        AUTO(plan_free) struct plan split = {0};
        ROW("the same with more threads and other blocks");
        CHECK_OK(plan_make(&history, all, QUICK, UTC_NEVER, UTC_NEVER, &split, &err), err);
        split.block = block[w / COUNT_OF(threads)];
        CHECK_OK(plan_run(&split, &history, threads[w % COUNT_OF(threads)], &err), err);
        for (size_t i = 0; i < QUICK; i++)
            CHECK(memcmp(split.index[i].quotient, whole.index[i].quotient,
                         whole.index[i].occasions.count * whole.communes * sizeof(int32_t)) == 0);
    }
    for (size_t i = 0; i < QUICK; i++) {
        AUTO(plan_free) struct plan alone = {0};
        ROW(rows[i].name);
        CHECK_OK(plan_make(&history, all + i, 1, UTC_NEVER, UTC_NEVER, &alone, &err), err);
        CHECK_OK(plan_run(&alone, &history, 2, &err), err);
        CHECK(memcmp(alone.index[0].quotient, whole.index[i].quotient,
                     alone.index[0].occasions.count * alone.communes * sizeof(int32_t)) == 0);
    }
    for (size_t i = 0; i < POLICIES; i++)
        policy_free(&policy[i]);
}

// Policies that differ only in what they pay look at one index.
static void test_shared(void **state)
{
    (void)state;
    static const struct past_shape shape = {.places = 3, .days = 800, .steps_a_day = 1};
    static const struct past_policy says[] = {
        {"insurance", SEASON, "{take: total}", "0.1 mm", "any", DEFICIT},
        {"insurance", SEASON, "{take: total}", "0.1 mm", "any", EXCESS},
        {"insurance", SEASON, "{take: total}", "1 mm", "any", EXCESS},
        {"insurance", WINTER, "{take: total}", "0.1 mm", "any", EXCESS},
        {"insurance", SEASON, "{take: total}", "0.1 mm", "90 %", EXCESS},
    };
    struct err err = {0};
    AUTO(past_free) struct past past = past_new(&shape);
    AUTO(plan_free) struct plan plan = {0};
    struct history history = {.series = past.series};
    struct policy *policy[COUNT_OF(says)];
    for (size_t i = 0; i < COUNT_OF(says); i++)
        policy[i] = past_policy(&says[i]);
    const struct policy *const *all = (const struct policy *const *)policy;
    CHECK_OK(plan_make(&history, all, COUNT_OF(says), UTC_NEVER, UTC_NEVER, &plan, &err), err);
    CHECK_INT(plan.indices, 4);
    CHECK_INT(plan.index_of[1], 0);
    CHECK_INT(plan.index[0].occasions.count, 2);
    CHECK_TEXT(plan.index[0].occasions.at[1].period, "2002");
    ROW("no period within the times asked for");
    struct plan none = {0};
    CHECK_INT(plan_make(&history, all, 1, UTC_NEVER, (struct utc){0}, &none, &err), ERR_MISSING);
    CHECK_HAS(err.text, "no whole period of past-insurance lies between");
    for (size_t i = 0; i < COUNT_OF(says); i++)
        policy_free(&policy[i]);
}

// Sums over seasons are those of the single answers, by steps and by table.
static void test_ladder(void **state)
{
    (void)state;
    enum { SEASONS = 9, PLACES = 700 };
    static int32_t quotient[SEASONS * PLACES];
    static int64_t pays[PLACES];
    static int32_t yes[PLACES], known[PLACES];
    struct ladder_sums sums = {pays, yes, known};
    struct past past = {.random = 7};
    int by_steps = 0, by_table = 0;
    for (size_t i = 0; i < COUNT_OF(quotient); i++)
        quotient[i] = past_random(&past, 30) ? (int32_t)past_random(&past, 32000) : READING_NONE;
    for (size_t i = 0; i < POLICIES; i++) {
        if (strstr(rows[i].name, "spell"))
            continue;
        ROW(rows[i].name);
        struct policy *policy = past_policy(&rows[i].says);
        struct ladder ladder;
        int32_t least, most;
        CHECK(ladder_range(quotient, COUNT_OF(quotient), &least, &most));
        // Sums of a few millions fit 32 bits, of some thousand millions they do not.
        ladder_make(policy, i % 2 ? 10000000 : 3000000000, least, most, &ladder);
        ladder.steps ? by_steps++ : by_table++;
        ladder_sum(&ladder, quotient, SEASONS, PLACES, 0, PLACES, &sums);
        for (size_t c = 0; c < PLACES; c++) {
            int64_t pays_vnd = 0, says = 0, seen = 0;
            for (size_t y = 0; y < SEASONS; y++) {
                int32_t q = quotient[y * PLACES + c];
                if (q == READING_NONE)
                    continue;
                pays_vnd += ladder_pays(&ladder, q);
                says += ladder_says(&ladder, q);
                seen++;
            }
            CHECK_INT(pays[c], pays_vnd);
            CHECK_INT(yes[c], says);
            CHECK_INT(known[c], seen);
        }
        ladder_free(&ladder);
        policy_free(&policy);
    }
    CHECK(by_steps > 3 && by_table > 3);
}

TEST_MAIN(cmocka_unit_test(test_same_as_evaluate), cmocka_unit_test(test_threads),
          cmocka_unit_test(test_shared), cmocka_unit_test(test_ladder))
