#ifndef GONG_TESTS_TRIGGERS_TRIED_H
#define GONG_TESTS_TRIGGERS_TRIED_H

// A policy tried on an invented past, for the tests of what is made of that.
#include "tests/triggers/past.h"
#include "triggers/backtest.h"
#include "triggers/history.h"

enum { TRIED_PLACES = 7 };

struct tried {
    struct past past;
    struct history history;
    struct policy *policy;
    struct backtest backtest;
};

#define TRIED_ALERT                                                                                \
    {                                                                                              \
        "alert", "period: {each: month, day: utc00}", "{take: maximum_sum, over: 2 days}",         \
            "0.1 mm", "any", "trigger: {index: \">=\", threshold: 120 mm}"                         \
    }
#define TRIED_COVER                                                                                \
    {                                                                                              \
        "insurance", "period: {each: month, day: utc00}", "{take: total}", "0.1 mm", "any",        \
            "payout: {form: linear_excess, strike: 300 mm, exit: 600 mm, rounding: 1 VND}"         \
    }

static inline struct tried tried_new(const struct past_policy *says)
{
    static const struct past_shape shape = {
        .places = TRIED_PLACES, .days = 800, .steps_a_day = 1, .holes = true};
    struct tried tried = {.past = past_new(&shape), .policy = past_policy(says)};
    struct err err = {0};
    struct backtest_query query = {
        .from = UTC_NEVER, .to = UTC_NEVER, .sum_insured_vnd = 1000000, .threads = 1};
    tried.history.series = tried.past.series;
    CHECK_OK(backtest_run(tried.policy, &tried.history, &query, &tried.backtest, &err), err);
    return tried;
}

static inline void tried_free(struct tried *tried)
{
    backtest_free(&tried->backtest);
    policy_free(&tried->policy);
    past_free(&tried->past);
}

#endif
