#include "triggers/payout.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "policies/terms.h"
#include "tests/check.h"

// The payout vectors of the domain reference, section 6. Index in thousandths, money in đồng.
#define MM(tenths) ((int64_t)(tenths)*100)

struct row {
    const char *name;
    int64_t index_milli, pays;
};

static void check_rows(const struct policy *policy, int64_t sum, const struct row *rows,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ROW(rows[i].name);
        struct share share = payout_share(policy, rows[i].index_milli);
        CHECK(share.part >= 0 && share.part <= share.whole && share.whole > 0);
        CHECK_INT(payout_amount(policy, VND(sum), share).minor, rows[i].pays);
    }
}

static void test_lines(void **state)
{
    (void)state;
    static const struct row deficit[] = {
        {"120 mm", MM(1200), 0},
        {"the strike itself", MM(1000), 0},
        {"99.9 mm", MM(999), 16667},
        {"83.7 mm", MM(837), 2716667},
        {"half way", MM(700), 5000000},
        {"the exit", MM(400), 10000000},
        {"under the exit", MM(399), 10000000},
        {"nothing at all", 0, 10000000},
    };
    static const struct row excess[] = {
        {"the strike itself", MM(1500), 0}, {"150.1 mm", MM(1501), 6667},
        {"200 mm", MM(2000), 3333333},      {"225 mm", MM(2250), 5000000},
        {"the exit", MM(3000), 10000000},   {"over the exit", MM(3010), 10000000},
    };
    static const struct row thousand[] = {{"83.7 mm, to 1,000 VND", MM(837), 2717000}};
    struct policy policy = {.payout = {.form = PAYOUT_LINEAR_DEFICIT,
                                       .strike_milli = MM(1000),
                                       .exit_milli = MM(400),
                                       .unit_vnd = 1}};
    check_rows(&policy, 10000000, deficit, COUNT_OF(deficit));
    policy.payout.unit_vnd = 1000;
    check_rows(&policy, 10000000, thousand, COUNT_OF(thousand));
    policy.payout = (struct payout_rule){.form = PAYOUT_LINEAR_EXCESS,
                                         .strike_milli = MM(1500),
                                         .exit_milli = MM(3000),
                                         .unit_vnd = 1};
    check_rows(&policy, 10000000, excess, COUNT_OF(excess));
}

// The payout of 2011 in Đắk Lắk that was really made, and the trap of binary fractions.
static void test_floor(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"34.1 mm at Buôn Hồ in 2011", MM(341), 7200000},
        {"the strike itself pays the floor", MM(550), 1500000},
        {"a tenth over the strike", MM(551), 0},
        {"half of it", MM(275), 9000000},
        {"a tenth of it pays all", MM(55), 15000000},
        {"nothing pays all, not more", 0, 15000000},
    };
    static const struct row trap[] = {{"a tenth of 68 mm is exact", MM(68), 15000000}};
    struct policy policy = {.payout = {.form = PAYOUT_FLOOR_LINEAR,
                                       .strike_milli = MM(550),
                                       .floor_milli = 100,
                                       .unit_vnd = 1}};
    check_rows(&policy, 15000000, rows, COUNT_OF(rows));
    policy.payout.strike_milli = MM(680);
    check_rows(&policy, 15000000, trap, COUNT_OF(trap));
    // The other stations of that year, by their strikes in tenths.
    static const int64_t strikes[] = {320, 400, 680, 440};
    for (size_t i = 0; i < COUNT_OF(strikes); i++) {
        const struct row station[] = {{"its strike", MM(strikes[i]), 1500000},
                                      {"a tenth over it", MM(strikes[i] + 1), 0},
                                      {"a tenth of it", strikes[i] * 10, 15000000}};
        policy.payout.strike_milli = MM(strikes[i]);
        check_rows(&policy, 15000000, station, COUNT_OF(station));
    }
}

static void test_tiers(void **state)
{
    (void)state;
    static const struct row rain[] = {
        {"149.9 mm", 149900, 0}, {"150 mm", 150000, 200},   {"199.99 mm", 199990, 200},
        {"200 mm", 200000, 500}, {"249.9 mm", 249900, 500}, {"250 mm", 250000, 1000},
    };
    static const struct row days[] = {
        {"11 days", 11000, 0},   {"12 days", 12000, 100}, {"14 days", 14000, 100},
        {"15 days", 15000, 250}, {"24 days", 24000, 600}, {"25 days", 25000, 1000},
    };
    static const struct row below[] = {
        {"10 mm is not below 10", 10000, 0},
        {"9.9 mm", 9900, 300},
        {"4.9 mm reaches both, the higher pays", 4900, 1000},
    };
    struct policy policy = {.payout = {.form = PAYOUT_TIERS,
                                       .tier_compare = COMPARE_MORE_OR_SAME,
                                       .tier = {{.threshold_milli = 150000, .pay_milli = 200},
                                                {.threshold_milli = 200000, .pay_milli = 500},
                                                {.threshold_milli = 250000, .pay_milli = 1000}},
                                       .tiers = 3,
                                       .unit_vnd = 1}};
    check_rows(&policy, 1000, rain, COUNT_OF(rain));
    policy.payout = (struct payout_rule){.form = PAYOUT_TIERS,
                                         .tier_compare = COMPARE_MORE_OR_SAME,
                                         .tier = {{.threshold_milli = 12000, .pay_milli = 100},
                                                  {.threshold_milli = 15000, .pay_milli = 250},
                                                  {.threshold_milli = 20000, .pay_milli = 600},
                                                  {.threshold_milli = 25000, .pay_milli = 1000}},
                                         .tiers = 4,
                                         .unit_vnd = 1};
    check_rows(&policy, 1000, days, COUNT_OF(days));
    policy.payout = (struct payout_rule){.form = PAYOUT_TIERS,
                                         .tier_compare = COMPARE_LESS,
                                         .tier = {{.threshold_milli = 10000, .pay_milli = 300},
                                                  {.threshold_milli = 5000, .pay_milli = 1000}},
                                         .tiers = 2,
                                         .unit_vnd = 1};
    check_rows(&policy, 1000, below, COUNT_OF(below));
}

static void test_binary(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"the threshold itself", 1000000, 1500000},
        {"a thousandth short", 999999, 0},
        {"far over", 5000000, 1500000},
    };
    struct policy policy = {
        .trigger = {.there = true, .compare = COMPARE_MORE_OR_SAME, .threshold_milli = 1000000},
        .payout = {.form = PAYOUT_BINARY, .unit_vnd = 1000}};
    check_rows(&policy, 1500000, rows, COUNT_OF(rows));
}

static const struct {
    const char *name;
    struct payout_rule rule;
} at_strike[] = {
    {"linear, deficit",
     {.form = PAYOUT_LINEAR_DEFICIT, .strike_milli = 55000, .exit_milli = 20000}},
    {"linear, excess", {.form = PAYOUT_LINEAR_EXCESS, .strike_milli = 55000, .exit_milli = 90000}},
    {"linear, with a minimum: it lifts what is paid, and nothing is",
     {.form = PAYOUT_LINEAR_EXCESS,
      .strike_milli = 55000,
      .exit_milli = 90000,
      .minimum_milli = 100}},
    {"a floor", {.form = PAYOUT_FLOOR_LINEAR, .strike_milli = 55000, .floor_milli = 200}},
    {"no floor", {.form = PAYOUT_FLOOR_LINEAR, .strike_milli = 55000}},
    {"a floor that the deductible takes",
     {.form = PAYOUT_FLOOR_LINEAR,
      .strike_milli = 55000,
      .floor_milli = 200,
      .deductible_milli = 200}},
    {"a floor of which the deductible leaves less than the franchise",
     {.form = PAYOUT_FLOOR_LINEAR,
      .strike_milli = 55000,
      .floor_milli = 200,
      .deductible_milli = 50,
      .franchise_milli = 160}},
    {"a floor of which it leaves as much",
     {.form = PAYOUT_FLOOR_LINEAR,
      .strike_milli = 55000,
      .floor_milli = 200,
      .deductible_milli = 50,
      .franchise_milli = 150}},
    {"a tick for each mm short",
     {.form = PAYOUT_TICK_DEFICIT,
      .strike_milli = 55000,
      .per_milli = 1000,
      .tick_vnd = 1,
      .limit_vnd = 10}},
    {"a tick for each mm over",
     {.form = PAYOUT_TICK_EXCESS,
      .strike_milli = 55000,
      .per_milli = 1000,
      .tick_vnd = 1,
      .limit_vnd = 10}},
    {"mortality", {.form = PAYOUT_MORTALITY, .strike_milli = 5000}},
    {"a layer",
     {.form = PAYOUT_LAYER, .strike_milli = 5000, .exit_milli = 9000, .floor_milli = 1000}},
    {"a ratio of yields",
     {.form = PAYOUT_YIELD_RATIO,
      .strike_milli = 90000,
      .exit_milli = 50000,
      .average_milli = 100000,
      .floor_milli = 1000}},
};

// What the contract says of the strike itself is what is paid there.
static void test_at_the_strike(void **state)
{
    (void)state;
    static const char *const says[2][LANGUAGES] = {
        {"; đúng mức đó chưa được trả", "; just there it pays nothing yet"},
        {"; đúng mức đó đã được trả", "; just there it pays already"}};
    for (size_t i = 0; i < COUNT_OF(at_strike); i++) {
        ROW(at_strike[i].name);
        struct policy policy = {.payout = at_strike[i].rule};
        policy.payout.unit_vnd = 1;
        bool pays = payout_share(&policy, policy.payout.strike_milli).part > 0;
        for (size_t k = 0; k < LANGUAGES; k++) {
            AUTO(buf_free) struct buf words = buf_new(10000);
            terms_cover(&policy, (enum language)k, &words);
            CHECK_HAS(words.at, says[pays][k]);
            CHECK(strstr(words.at, says[!pays][k]) == NULL);
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_lines), cmocka_unit_test(test_floor), cmocka_unit_test(test_tiers),
          cmocka_unit_test(test_binary), cmocka_unit_test(test_at_the_strike))
