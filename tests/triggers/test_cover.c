// Domain reference, sections 6 and 7. Published: the tick of rain days and millimetres (3), the
// payout of Đắk Lắk 2011 (4, in test_payout.c), the public area-yield contract code (6), livestock
// units (14) and the coffee norms (15). The others were computed by the reference's author.
#include "core/mem.h"
#include "policies/limit_rule.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/limits.h"
#include "triggers/payout.h"

#define M 1000000

struct row {
    const char *name;
    int64_t index_milli, pays;
};

static int64_t pays(const struct payout_rule *rule, int64_t index_milli, int64_t sum, int64_t unit)
{
    struct share share = payout_rule_share(rule, NULL, index_milli, NULL, NULL);
    return money_share(VND(sum), share.part, share.whole, unit).minor;
}

static void check_rows(const struct payout_rule *rule, int64_t sum, const struct row *rows,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ROW(rows[i].name);
        CHECK_INT(pays(rule, rows[i].index_milli, sum, 1), rows[i].pays);
    }
}

static void test_ticks(void **state)
{
    (void)state;
    static const struct row days[] = {{"published: 8 rain days", 8000, 50000},
                                      {"the trigger", 3000, 0}};
    static const struct row rain[] = {{"published: 39 mm", 39000, 190000},
                                      {"published: 45 mm", 45000, 200000},
                                      {"20 mm", 20000, 0},
                                      {"20.5 mm", 20500, 5000}};
    static const struct row deficit[] = {{"19 mm short", 1000, 190000},
                                         {"nothing short", 20000, 0}};
    const struct payout_rule of_days = {.form = PAYOUT_TICK_EXCESS,
                                        .strike_milli = 3000,
                                        .tick_vnd = 10000,
                                        .per_milli = 1000,
                                        .limit_vnd = 200000};
    struct payout_rule of_rain = of_days;
    of_rain.strike_milli = 20000;
    check_rows(&of_days, 200000, days, COUNT_OF(days));
    check_rows(&of_rain, 200000, rain, COUNT_OF(rain));
    of_rain.form = PAYOUT_TICK_DEFICIT;
    check_rows(&of_rain, 200000, deficit, COUNT_OF(deficit));
}

static void test_yields(void **state)
{
    (void)state;
    // Published: the contract code's integers, in millionths.
    static const struct row ratio[] = {{"1.6", 160000, 0},     {"1.5", 150000, 0},
                                       {"1.4999", 149990, 69}, {"1.1", 110000, 276923},
                                       {"0.7", 70000, 553846}, {"0.2", 20000, 900000},
                                       {"0.19", 19000, 900000}};
    const struct payout_rule code = {.form = PAYOUT_YIELD_RATIO,
                                     .average_milli = 200000,
                                     .strike_milli = 75000,
                                     .exit_milli = 10000,
                                     .floor_milli = 900};
    check_rows(&code, M, ratio, COUNT_OF(ratio));
    static const struct row rice[] = {{"6.0 t/ha", 6000, 0},
                                      {"5.58", 5580, 0},
                                      {"5.0", 5000, 2030000},
                                      {"3.0", 3000, 9030000},
                                      {"nothing", 0, 19530000}};
    const struct payout_rule area = {
        .form = PAYOUT_AREA_YIELD, .average_milli = 6200, .floor_milli = 900};
    check_rows(&area, 21700000, rice, COUNT_OF(rice));
}

static void test_tiers(void **state)
{
    (void)state;
    static const struct row rain[] = {{"149.9", 149900, 0},   {"150", 150000, 20},
                                      {"199.99", 199990, 20}, {"200", 200000, 50},
                                      {"249.9", 249900, 50},  {"250", 250000, 100}};
    static const struct row dry[] = {{"11 days", 11000, 0}, {"12", 12000, 10}, {"14", 14000, 10},
                                     {"15", 15000, 25},     {"24", 24000, 60}, {"25", 25000, 100}};
    const struct payout_rule rain_rule = {.form = PAYOUT_TIERS,
                                          .tier_compare = COMPARE_MORE_OR_SAME,
                                          .tiers = 3,
                                          .tier = {{.threshold_milli = 150000, .pay_milli = 200},
                                                   {.threshold_milli = 200000, .pay_milli = 500},
                                                   {.threshold_milli = 250000, .pay_milli = 1000}}};
    const struct payout_rule dry_rule = {.form = PAYOUT_TIERS,
                                         .tier_compare = COMPARE_MORE_OR_SAME,
                                         .tiers = 4,
                                         .tier = {{.threshold_milli = 12000, .pay_milli = 100},
                                                  {.threshold_milli = 15000, .pay_milli = 250},
                                                  {.threshold_milli = 20000, .pay_milli = 600},
                                                  {.threshold_milli = 25000, .pay_milli = 1000}}};
    check_rows(&rain_rule, 100, rain, COUNT_OF(rain));
    check_rows(&dry_rule, 100, dry, COUNT_OF(dry));
    struct payout_rule sum = rain_rule;
    sum.additive = true;
    sum.tier[2].pay_milli = 300;
    ROW("tiers that add up");
    CHECK_INT(pays(&sum, 210000, 100, 1), 70);
    CHECK_INT(pays(&sum, 250000, 100, 1), 100);
}

static void test_phases(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t weight, strike, exit, index, pays;
    } rows[] = {{"sowing", 200, 60, 20, 48, 1200000},
                {"vegetative", 300, 120, 40, 130, 0},
                {"flowering", 350, 90, 30, 45, 5250000},
                {"filling", 150, 70, 10, 40, 1500000}};
    struct share sum = SHARE_NOTHING;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct payout_rule rule = {.form = PAYOUT_LINEAR_DEFICIT,
                                   .strike_milli = rows[i].strike * 1000,
                                   .exit_milli = rows[i].exit * 1000};
        struct share share =
            share_times(payout_rule_share(&rule, NULL, rows[i].index * 1000, NULL, NULL),
                        SHARE_MILLI(rows[i].weight));
        CHECK_INT(money_share(VND(20 * M), share.part, share.whole, 1).minor, rows[i].pays);
        sum = share_add(sum, share);
    }
    ROW("together, 39.75 %");
    CHECK_INT(money_share(VND(20 * M), sum.part, sum.whole, 1).minor, 7950000);
    CHECK_INT(share_compare(sum, (struct share){3975, 10000}), 0);
}

static void test_after(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct payout_rule rule;
        int64_t in, out; // per mille
    } rows[] = {
        {"3 % less a deductible of 5 %", {.deductible_milli = 50}, 30, 0},
        {"5 % less 5 %", {.deductible_milli = 50}, 50, 0},
        {"8 % less 5 %", {.deductible_milli = 50}, 80, 30},
        {"25 % less 5 %", {.deductible_milli = 50}, 250, 200},
        {"3 % under a franchise of 5 %", {.franchise_milli = 50}, 30, 0},
        {"5 % is not under 5 %", {.franchise_milli = 50}, 50, 50},
        {"8 % over a franchise", {.franchise_milli = 50}, 80, 80},
        {"25 % over a franchise", {.franchise_milli = 50}, 250, 250},
        {"3 % lifted to the minimum", {.minimum_milli = 100}, 30, 100},
        {"25 % over the minimum", {.minimum_milli = 100}, 250, 250},
        {"nothing stays nothing", {.minimum_milli = 100}, 0, 0},
        {"at most 60 %", {.maximum_milli = 600}, 900, 600},
        {"deductible before minimum", {.deductible_milli = 50, .minimum_milli = 100}, 80, 100},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(share_compare(payout_after(&rows[i].rule, SHARE_MILLI(rows[i].in)),
                                SHARE_MILLI(rows[i].out)),
                  0);
    }
}

static void test_double(void **state)
{
    (void)state;
    const struct payout_rule rule = {.form = PAYOUT_TIERS,
                                     .tier_compare = COMPARE_MORE_OR_SAME,
                                     .tiers = 2,
                                     .tier = {{.threshold_milli = 30000,
                                               .pay_milli = 400,
                                               .has_also = true,
                                               .also = COMPARE_MORE_OR_SAME,
                                               .also_milli = 30000},
                                              {.threshold_milli = 60000, .pay_milli = 800}}};
    static const struct {
        int64_t index, also, pays;
        bool has, depends;
    } rows[] = {{70000, 0, 800, true, false},     {40000, 10000, 0, true, false},
                {40000, 35000, 400, true, false}, {10000, 90000, 0, true, false},
                {70000, 0, 800, false, false},    {10000, 0, 0, false, false},
                {40000, 0, 0, false, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool depends;
        struct share share = payout_rule_share(&rule, NULL, rows[i].index,
                                               rows[i].has ? &rows[i].also : NULL, &depends);
        CHECK_INT(depends, rows[i].depends);
        if (!depends)
            CHECK_INT(share_compare(share, SHARE_MILLI(rows[i].pays)), 0);
    }
}

static void test_losses(void **state)
{
    (void)state;
    static const struct row layer[] = {{"9 m", 9000, 0},
                                       {"10 m", 10000, 0},
                                       {"30 m", 30000, 5 * M},
                                       {"90 m", 90000, 20 * M},
                                       {"120 m", 120000, 20 * M}};
    const struct payout_rule modelled = {
        .form = PAYOUT_LAYER, .strike_milli = 10000, .exit_milli = 90000, .floor_milli = 250};
    check_rows(&modelled, 100 * M, layer, COUNT_OF(layer));
    // Published weights: camel 1.4, cattle 1.0, goats 0.1 TLU: 7.4 x 15,000 = 111,000.
    int64_t insured = (5 * 10 + 10 * 1 + 1 * 14) * 15000 / 10;
    CHECK_INT(insured, 111000);
    static const struct row deaths[] = {
        {"15 %", 15000, 0}, {"22 %", 22000, 7770}, {"40 %", 40000, 27750}};
    const struct payout_rule mortality = {.form = PAYOUT_MORTALITY, .strike_milli = 15000};
    check_rows(&mortality, insured, deaths, COUNT_OF(deaths));
    ROW("premiums of 5.5 and 3.25 %, in tenths");
    CHECK_INT(money_share(VND(insured * 10), 55, 1000, 1).minor, 61050);
    CHECK_INT(money_share(VND(insured * 10), 325, 10000, 1).minor, 36075);
}

// Waiting 14 days, 4 m an event, 10 m a year, three events, 72 hours.
static void test_events(void **state)
{
    (void)state;
    struct limit_rule rule = {.there = true,
                              .waiting_s = (int64_t)14 * DAY_S,
                              .hours_s = (int64_t)72 * HOUR_S,
                              .event_milli = 400,
                              .year_milli = 1000,
                              .events = 3};
    static const struct {
        int64_t hour, raw, paid, event;
    } rows[] = {{312, 3000000, 0, 0},        {480, 2500000, 2500000, 1},
                {528, 5000000, 1500000, 1},  {1440, 4000000, 4000000, 2},
                {2400, 4000000, 2000000, 3}, {3360, 3000000, 0, 0}};
    struct happening happening[COUNT_OF(rows)];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        happening[i] = (struct happening){.after_s = rows[i].hour * HOUR_S, .raw = rows[i].raw};
    CHECK_INT(limits_settle(&rule, 10 * M, happening, COUNT_OF(rows)), 10 * M);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_INT(happening[i].paid, rows[i].paid);
        CHECK_INT(happening[i].event, rows[i].event);
    }
    ROW("the year's limit restored once, by itself");
    rule.reinstated = true;
    CHECK_INT(limits_settle(&rule, 10 * M, happening, COUNT_OF(rows)), 12 * M);
    ROW("72 hours after the start is the same event, a second more is not");
    struct happening edge[] = {{.after_s = (int64_t)500 * HOUR_S, .raw = M},
                               {.after_s = (int64_t)572 * HOUR_S, .raw = 2 * M},
                               {.after_s = (int64_t)572 * HOUR_S + 1, .raw = 2 * M}};
    CHECK_INT(limits_settle(&rule, 10 * M, edge, 3), 4 * M);
    CHECK_INT(edge[1].event, 1);
    CHECK_INT(edge[2].event, 2);
}

// Section 7: rounding once, true-up, legal caps.
static void test_settlement(void **state)
{
    (void)state;
    struct policy policy = {.kind = POLICY_INSURANCE,
                            .payout = {.form = PAYOUT_LINEAR_DEFICIT,
                                       .strike_milli = 90000,
                                       .exit_milli = 30000,
                                       .unit_vnd = 1}};
    struct money sum = VND(10 * M);
    struct money first = payout_amount(&policy, sum, payout_share(&policy, 84000));
    struct money final = payout_amount(&policy, sum, payout_share(&policy, 78000));
    struct money none = payout_amount(&policy, sum, payout_share(&policy, 96000));
    CHECK_INT(first.minor, 1000000);
    CHECK_INT(final.minor, 2000000);
    CHECK_INT(none.minor, 0);
    ROW("settle_once");
    CHECK_INT(payout_top_up(&policy, first, final).minor, 0);
    ROW("true_up");
    policy.true_up = true;
    CHECK_INT(payout_top_up(&policy, first, final).minor, 1000000);
    CHECK_INT(payout_top_up(&policy, first, none).minor, 0);
    ROW("1/3 of 10 m an hectare, 0.37 ha: rounded once");
    CHECK_INT(money_share(VND(3700000), 1, 3, 1).minor, 1233333);
    ROW("with a third that was rounded first it would be another sum");
    CHECK_INT(money_share(VND(3700000), 33, 100, 1).minor, 1221000);
    ROW("34.1 mm and 34 mm of the coffee policy, 0.7 ha at 15 m");
    const struct payout_rule coffee = {
        .form = PAYOUT_FLOOR_LINEAR, .strike_milli = 55000, .floor_milli = 100};
    CHECK_INT(pays(&coffee, 34100, 10500000, 1), 5040000);
    CHECK_INT(pays(&coffee, 34000, 10500000, 1), 5059091);
    ROW("under the legal cap of the day");
    policy.caps = 1;
    policy.cap[0] = (struct legal_cap){
        {.year = 2023, .month = 5, .day = 5}, {.year = 2026, .month = 12, .day = 31}, 1500000};
    struct civil in = {.year = 2026, .month = 12, .day = 31},
                 after = {.year = 2027, .month = 1, .day = 1};
    CHECK_INT(payout_due(&policy, sum, payout_share(&policy, 78000), in).minor, 1500000);
    CHECK_INT(payout_due(&policy, sum, payout_share(&policy, 78000), after).minor, 2000000);
    ROW("a cap that is no multiple of the unit is paid as it is: rounding does not lift over it");
    policy.payout.unit_vnd = 1000;
    policy.cap[0].most_vnd = 1234567;
    CHECK_INT(payout_due(&policy, sum, payout_share(&policy, 78000), in).minor, 1234567);
    CHECK_INT(payout_due(&policy, VND(7407404), payout_share(&policy, 80000), in).minor, 1234567);
    CHECK_INT(payout_due(&policy, VND(7404000), payout_share(&policy, 80000), in).minor, 1234000);
}

// Denominators that no int64 holds together.
static void test_shares(void **state)
{
    (void)state;
    struct share sum = SHARE_NOTHING;
    static const int64_t primes[] = {999983, 999979, 999961, 999959,
                                     999953, 999931, 999917, 999907};
    for (size_t i = 0; i < COUNT_OF(primes); i++)
        sum = share_add(sum, (struct share){1, primes[i]});
    CHECK(sum.whole <= 1000000000000000);
    CHECK_NEAR((double)sum.part / (double)sum.whole, 8.00042e-6, 1e-10);
    CHECK_INT(share_compare(share_less((struct share){1, 3}, (struct share){1, 2}), SHARE_NOTHING),
              0);
    CHECK_INT(
        share_compare(share_less((struct share){1, 2}, (struct share){1, 3}), (struct share){1, 6}),
        0);
}

TEST_MAIN(cmocka_unit_test(test_ticks), cmocka_unit_test(test_yields), cmocka_unit_test(test_tiers),
          cmocka_unit_test(test_phases), cmocka_unit_test(test_after),
          cmocka_unit_test(test_double), cmocka_unit_test(test_losses),
          cmocka_unit_test(test_events), cmocka_unit_test(test_settlement),
          cmocka_unit_test(test_shares))
