#include "triggers/backtest.h"

#include "ledger/decision.h"
#include "tests/triggers/past.h"
#include "triggers/evaluate.h"
#include "triggers/history.h"
#include "triggers/payout.h"

#define SEASON "period: {from: 05-01, to: 10-31, day: utc00}"
#define DAY "{take: maximum_sum, over: 1 days}"
#define CAPS                                                                                       \
    "legal_caps: [{from: 2001-01-01, to: 2001-12-31, most: 3000000 VND}, {from: 2002-01-01, to: "  \
    "2002-12-31, most: 5000000 VND}]"
#define EXCESS "payout: {form: linear_excess, strike: 60 mm, exit: 120 mm, rounding: 1 VND}"
#define EVENTS                                                                                     \
    "limits: {waiting: 14 days, hours: 72 h, event: 20 %, period: 90 %, events: 6, "               \
    "reinstatement: none}"

enum { SUM_INSURED_VND = 7654321 };

static const struct {
    const char *name;
    struct past_policy says;
    bool differs; // from what the index of the whole season would pay
} rows[] = {
    {"by the index", {"insurance", SEASON, DAY, "0.1 mm", "any", EXCESS}, false},
    {"by the index, under the legal cap of each season",
     {"insurance", SEASON, DAY, "0.1 mm", "any", EXCESS "\n" CAPS},
     true},
    {"by events", {"insurance", SEASON, DAY, "0.1 mm", "any", EXCESS "\n" EVENTS}, true},
    {"by events, under the legal cap of each season",
     {"insurance", SEASON, DAY, "0.1 mm", "any", EXCESS "\n" EVENTS "\n" CAPS},
     true},
};

// What the live engine does with one commune: evaluate(), then what is owed on the last day.
static int64_t live_pays(const struct policy *policy, const struct history *history, size_t place,
                         const struct occasion *occasion, struct decision_result *result)
{
    struct err err = {0};
    AUTO(window_free) struct window window = {0};
    AUTO(readings_free) struct readings readings = {0};
    CHECK_OK(history_window(history, occasion->from, occasion->to, &window, &err), err);
    window_readings(&window, policy, place, &readings);
    evaluate(policy, &readings, 0, occasion, result);
    return payout_due(policy, VND(SUM_INSURED_VND), result->share, occasion->last).minor;
}

static void test_same_payouts_as_live(void **state)
{
    (void)state;
    struct past_shape shape = {
        .places = 40, .days = 3 * 365, .steps_a_day = 1, .covers = true, .holes = true};
    struct past past = past_new(&shape);
    struct history history = {.series = past.series};
    struct backtest_query query = {UTC_NEVER, UTC_NEVER, true, SUM_INSURED_VND, 2, NULL, 0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = past_policy(&rows[i].says);
        AUTO(backtest_free) struct backtest backtest = {0};
        int64_t paid = 0, plain = 0;
        CHECK_OK(backtest_run(policy, &history, &query, &backtest, &err), err);
        CHECK_INT(backtest.occasions.count, 3);
        for (size_t cell = 0; cell < 3 * shape.places; cell++) {
            const struct occasion *occasion = &backtest.occasions.at[cell / shape.places];
            AUTO(decision_result_free) struct decision_result result = {0};
            int64_t pays = live_pays(policy, &history, cell % shape.places, occasion, &result);
            CHECK_INT(backtest.answer[cell], result.answer);
            CHECK_INT(backtest.pays_vnd[cell], pays);
            if (result.answer != ANSWER_UNKNOWN)
                CHECK_INT(backtest_index(&backtest, cell), result.index_milli);
            paid += pays;
            plain += result.has_index ? payout_amount(policy, VND(SUM_INSURED_VND),
                                                      payout_share(policy, result.index_milli))
                                            .minor
                                      : 0;
        }
        CHECK(paid > 0);
        CHECK_INT(paid != plain, rows[i].differs);
    }
    past_free(&past);
}

TEST_MAIN(cmocka_unit_test(test_same_payouts_as_live))
