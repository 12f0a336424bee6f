#include "triggers/skill.h"

#include "tests/check.h"
#include "triggers/basis.h"

// Vectors of domain-reference 9 and 10. Published: Finley's tornado forecasts of 1884. The others
// are synthetic, computed by another program.
static void test_finley(void **state)
{
    (void)state;
    struct skill s = skill_of((struct skill_table){28, 72, 23, 2680});
    const struct {
        const char *name;
        double got, want;
    } rows[] = {
        {"accuracy", s.accuracy, 0.966108},
        {"bias", s.bias, 1.960784},
        {"POD", s.pod, 0.549020},
        {"FAR", s.far, 0.72},
        {"POFD", s.pofd, 0.026163},
        {"CSI", s.csi, 0.227642},
        {"a_r", s.by_chance, 1.819479},
        {"ETS", s.ets, 0.216046},
        {"HK", s.hk, 0.522857},
        {"HSS", s.hss, 0.355325},
        {"ORSS", s.orss, 0.956817},
        {"SEDI", s.sedi, 0.752804},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_NEAR(rows[i].got, rows[i].want, 5e-7);
    }
    CHECK_NEAR(s.odds_ratio, 45.314, 5e-4);
    ROW("nothing happened and nothing was said");
    s = skill_of((struct skill_table){0, 0, 0, 10});
    CHECK_NEAR(s.pod, NAN, 0);
    CHECK_NEAR(s.far, NAN, 0);
    CHECK_NEAR(s.accuracy, 1, 0);
}

static void test_events(void **state)
{
    (void)state;
    static const double event[] = {10, 25, 40};
    static const struct skill_alert alert[] = {
        {7, 8, 11}, {20, 21, 22}, {38, 39, 42}, {60, 61, 63}};
    bool matched[COUNT_OF(event)];
    double lead[COUNT_OF(event)];
    struct skill_match match =
        skill_events(alert, COUNT_OF(alert), event, COUNT_OF(event), matched, lead);
    CHECK_INT(match.hits, 2);
    CHECK_INT(match.misses, 1);
    CHECK_INT(match.false_alarms, 2);
    CHECK_NEAR(match.lead_sum, 3 + 2, 0);
    CHECK_NEAR(lead[0], 3, 0);
    CHECK_NEAR(lead[1], NAN, 0);
    CHECK_NEAR(lead[2], 2, 0);
    struct skill s = skill_of((struct skill_table){2, 2, 1, 0});
    CHECK_NEAR(s.pod, 2.0 / 3, 1e-12);
    CHECK_NEAR(s.far, 0.5, 1e-12);
    CHECK_NEAR(s.csi, 0.4, 1e-12);
    ROW("two alerts for one event are one hit and no false alarm");
    static const struct skill_alert twice[] = {{7, 8, 11}, {8, 9, 12}};
    match = skill_events(twice, 2, event, 1, matched, NULL);
    CHECK_INT(match.hits, 1);
    CHECK_INT(match.false_alarms, 0);
    ROW("one alert over two events counts once, and neither is missed");
    static const double near[] = {10, 11};
    match = skill_events(twice, 1, near, 2, matched, NULL);
    CHECK_INT(match.hits, 1);
    CHECK_INT(match.misses, 0);
}

static void test_probabilities(void **state)
{
    (void)state;
    static const struct skill_said said[] = {{0, 0, 1},  {.05, 0, 1}, {.1, 0, 1}, {.2, 0, 1},
                                             {.3, 0, 1}, {.4, 1, 0},  {.6, 1, 0}, {.7, 0, 1},
                                             {.8, 1, 0}, {.9, 1, 0}};
    struct skill_brier brier = skill_brier_of(said, 10);
    CHECK_NEAR(brier.score, 0.12025, 1e-12);
    CHECK_NEAR(brier.uncertainty, 0.24, 1e-12);
    CHECK_NEAR(brier.skill, 0.498958, 5e-7);
    CHECK_NEAR(brier.reliability - brier.resolution + brier.uncertainty, 0.12025, 1e-12);
    CHECK_NEAR(skill_roc_area(said, 10), 0.916667, 5e-7);
    struct skill_point point[10];
    skill_roc(said, 10, point);
    CHECK_NEAR(point[0].pod, 1, 0);
    CHECK_NEAR(point[0].pofd, 1, 0);
    CHECK_NEAR(point[6].pod, 3.0 / 4, 1e-12); // from 0.6 on: 0.6, 0.8, 0.9 of four; 0.7 of six
    CHECK_NEAR(point[6].pofd, 1.0 / 6, 1e-12);
    ROW("one probability said of all: no resolution, and half the pairs by ties");
    brier = skill_brier_of(&(struct skill_said){0.5, 1, 3}, 1);
    CHECK_NEAR(brier.score, 0.25, 1e-12);
    CHECK_NEAR(brier.reliability, 0.0625, 1e-12);
    CHECK_NEAR(brier.resolution, 0, 1e-12);
    CHECK_NEAR(skill_roc_area(&(struct skill_said){0.5, 1, 3}, 1), 0.5, 1e-12);
    ROW("nothing was said, or nothing ever happened: no score is made up");
    CHECK_NEAR(skill_brier_of(said, 0).score, NAN, 0);
    CHECK_NEAR(skill_brier_of(said, 4).skill, NAN, 0);
    CHECK_NEAR(skill_roc_area(said, 4), NAN, 0);
    static const struct {
        const char *name;
        double member[10];
        size_t count;
        double value, crps, fair;
    } rows[] = {
        {"five members", {3, 5, 8, 10, 14}, 5, 7, 1.24, 0.70},
        {"three of them say nothing", {0, 0, 0, 2, 30}, 5, 0, 1.44, 0.20},
        {"ten", {120, 85, 60, 150, 95, 40, 200, 110, 75, 130}, 10, 140, 22.85, 20.1111},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_NEAR(skill_crps(rows[i].member, rows[i].count, rows[i].value, false), rows[i].crps,
                   5e-5);
        CHECK_NEAR(skill_crps(rows[i].member, rows[i].count, rows[i].value, true), rows[i].fair,
                   5e-5);
    }
    ROW("cost and loss");
    struct skill_table table = {30, 20, 10, 940};
    CHECK_NEAR(skill_of(table).pod, 0.75, 1e-12);
    CHECK_NEAR(skill_of(table).pofd, 0.0208333, 5e-8);
    CHECK_NEAR(skill_value(table, 0.1), 0.694444, 5e-7);
}

static void test_basis(void **state)
{
    (void)state;
    static const double loss[] = {0, 5, 35, 10, 60, 0, 45, 15, 80, 20, 0, 55};
    static const double payout[] = {0, 0, 20, 0, 50, 10, 0, 0, 70, 0, 0, 30};
    struct basis b = basis_of(loss, payout, COUNT_OF(loss), &(struct basis_rule){40, 20, 12});
    CHECK_INT(b.catastrophes, 4);
    CHECK_INT(b.small, 6);
    CHECK_NEAR(b.unpaid, 0.25, 0);
    CHECK_NEAR(b.unpaid_joint, 0.0833, 5e-5);
    CHECK_NEAR(b.paid_mean, 37.5, 0);
    CHECK_NEAR(b.performance, 3.125, 0);
    CHECK_NEAR(b.paid_small, 0.166667, 5e-7);
    CHECK_NEAR(b.pearson, 0.857765, 5e-7);
    CHECK_NEAR(b.spearman, 0.675367, 5e-7);
    ROW("the fund");
    CHECK_INT(basis_fund_pays(3000000, 4500000, 900000), 600000);
    CHECK_INT(basis_fund_pays(3000000, 2000000, 900000), 900000);
    ROW("no catastrophe, nothing to say of one");
    b = basis_of(loss, payout, 2, &(struct basis_rule){40, 20, 12});
    CHECK_NEAR(b.unpaid, NAN, 0);
    CHECK_NEAR(b.pearson, NAN, 0);
    ROW("what is the same everywhere goes along with nothing, by ranks neither");
    static const double thirds[] = {100.0 / 3, 100.0 / 3, 100.0 / 3, 100.0 / 3, 100.0 / 3};
    b = basis_of(loss, thirds, COUNT_OF(thirds), &(struct basis_rule){40, 20, 12});
    CHECK_NEAR(b.pearson, NAN, 0);
    CHECK_NEAR(b.spearman, NAN, 0);
}

TEST_MAIN(cmocka_unit_test(test_finley), cmocka_unit_test(test_events),
          cmocka_unit_test(test_probabilities), cmocka_unit_test(test_basis))
