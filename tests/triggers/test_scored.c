// The scores of domain-reference 9 as figures of a report, each with its n and its interval.
// Finley's tornado forecasts of 1884 are published, the others synthetic.
#include "triggers/scored.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "tests/triggers/figures.h"
#include "triggers/backtest.h"
#include "triggers/losses.h"
#include "triggers/sample.h"

// Finley's 2,803 forecasts as seasons of one place: 28 hits, 72 false alarms, 23 misses.
static void test_scores(void **state)
{
    (void)state;
    enum { HITS = 28, FALSE_ALARMS = 72, MISSES = 23, ALL = 2803 };
    static uint8_t answer[ALL];
    static bool bad[ALL];
    static int32_t none[ALL];
    static const struct wanted wanted[] = {
        {"accuracy", 0.966108, 5e-7}, {"bias", 1.960784, 5e-7}, {"POD", 0.549020, 5e-7},
        {"FAR", 0.72, 5e-7},          {"POFD", 0.026163, 5e-7}, {"CSI", 0.227642, 5e-7},
        {"ETS", 0.216046, 5e-7},      {"HK", 0.522857, 5e-7},   {"HSS", 0.355325, 5e-7},
        {"odds ratio", 45.314, 5e-4}, {"ORSS", 0.956817, 5e-7}, {"SEDI", 0.752804, 5e-7},
    };
    for (size_t i = 0; i < ALL; i++) {
        answer[i] = i < HITS + FALSE_ALARMS ? ANSWER_YES : ANSWER_NO;
        bad[i] = i < HITS || (i >= HITS + FALSE_ALARMS && i < HITS + FALSE_ALARMS + MISSES);
    }
    struct backtest backtest = {.occasions = {.count = ALL}, .communes = 1, .answer = answer};
    struct losses losses = {.bad = bad, .loss = none};
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    struct skill_table t = scored_figures(&losses, &backtest, 0, figures);
    CHECK_NEAR(t.a, HITS, 0);
    CHECK_NEAR(t.b, FALSE_ALARMS, 0);
    CHECK_NEAR(t.c, MISSES, 0);
    CHECK_NEAR(t.d, 2680, 0);
    check_values(figures, wanted, COUNT_OF(wanted));
    check_intervals(figures);
    CHECK_INT(find(figures, "POD")->n, 51);
    CHECK_INT(find(figures, "FAR")->n, 100);
    CHECK_INT(find(figures, "POFD")->n, 2752);
    CHECK_INT(find(figures, "SEDI")->n, ALL);
    ROW("a season of which nothing is known is no season");
    answer[0] = ANSWER_UNKNOWN;
    figures->count = 0;
    t = scored_figures(&losses, &backtest, 0, figures);
    CHECK_NEAR(t.a, HITS - 1, 0);
}

// Cost and loss: 30 hits, 20 false alarms, 10 misses, 940 correct negatives; at a tenth 0.694444.
static void test_value(void **state)
{
    (void)state;
    enum { ALL = 1000 };
    static uint8_t answer[ALL];
    static bool bad[ALL];
    static int32_t none[ALL];
    for (size_t i = 0; i < ALL; i++) {
        answer[i] = i < 50 ? ANSWER_YES : ANSWER_NO;
        bad[i] = i < 30 || (i >= 50 && i < 60);
    }
    struct backtest backtest = {.occasions = {.count = ALL}, .communes = 1, .answer = answer};
    struct losses losses = {.bad = bad, .loss = none};
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    (void)scored_figures(&losses, &backtest, 0, figures);
    const struct wanted wanted[] = {{"at cost 10 %", 0.694444, 5e-7}};
    check_values(figures, wanted, COUNT_OF(wanted));
    check_intervals(figures);
}

// In a document each null has its reason beside it, and nothing else has one.
static void test_null(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct figure figure;
        const char *says;
    } rows[] = {
        {"all three are there", {.value = 2, .low = 1, .high = 3, .n = 9}, NULL},
        {"no upper end", {.value = 40, .low = 11, .high = INFINITY, .n = 9}, "no upper end"},
        {"never yet",
         {.value = NAN, .low = 11, .high = INFINITY, .n = 9},
         "it did not happen: low_95 or more"},
        {"as it was", {.value = 2, .low = NAN, .high = NAN, .n = 1, .fact = true}, "as it was"},
        {"a score of one trial is no fact", {.value = 1, .low = 0.2, .high = 1, .n = 1}, NULL},
        {"alike", {.value = 0, .low = NAN, .high = NAN, .n = 9}, "too few seasons, or all alike"},
        {"of nothing", {.value = NAN, .low = NAN, .high = NAN, .n = 0}, "nothing that it is"},
        {"not defined", {.value = NAN, .low = NAN, .high = NAN, .n = 9}, "divides by nothing"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct figures figures = {.count = 1, .unit = "mm"};
        figures.at[0] = rows[i].figure;
        figures.at[0].group = "g";
        AUTO(doc_free) struct doc *list = figures_doc(&figures);
        const char *why = doc_text(doc_get(doc_at(list, 0), "null_because"), NULL);
        CHECK((why != NULL) == (rows[i].says != NULL));
        if (why)
            CHECK_HAS(why, rows[i].says);
    }
    ROW("what is written as 0 has no sign");
    struct figures figures = {.count = 1, .unit = "mm"};
    AUTO(buf_free) struct buf text = buf_new(1000);
    figures.at[0] = (struct figure){
        .group = "g", .kind = FIGURE_RATIO, .value = -1e-17, .low = -1e-5, .high = 0.5, .n = 9};
    figures_text(&figures, &text);
    CHECK_HAS(text.at, " 0.0000   n = 9     95 %: 0.0000 to 0.5000");
}

// What several places of a season have in common is no trial of each: the same pairs, in which the
// places of a season are all alike, are as sure as one place alone.
static void test_places_of_a_season(void **state)
{
    (void)state;
    enum { SEASONS = 20, PLACES = 30 };
    static int32_t quotient[SEASONS * PLACES], loss_milli[SEASONS * PLACES];
    static uint8_t answer[SEASONS * PLACES];
    static bool bad[SEASONS * PLACES];
    for (size_t i = 0; i < SEASONS * PLACES; i++) {
        size_t season = i / PLACES;
        answer[i] = season < 6 ? ANSWER_YES : ANSWER_NO;
        bad[i] = season < 3 || season == 19;
        loss_milli[i] = bad[i] ? 100000 : 0;
        quotient[i] = 1;
    }
    struct backtest backtest = {.occasions = {.count = SEASONS},
                                .communes = PLACES,
                                .answer = answer,
                                .quotient = quotient};
    struct losses losses = {.by_commune = true, .bad = bad, .loss = loss_milli};
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    (void)scored_figures(&losses, &backtest, 0, figures);
    const struct figure *pod = find(figures, "POD"), *far = find(figures, "FAR");
    CHECK_NEAR(pod->value, 0.75, 1e-12);
    CHECK(pod->high - pod->low > 0.5); // of 120 trials it would be 0.15
    CHECK_NEAR(far->value, 0.5, 1e-12);
    ROW("when all that was reported was told of: as sure as one trial a season");
    double low, high;
    for (size_t i = 19 * PLACES; i < SEASONS * PLACES; i++)
        bad[i] = false;
    figures->count = 0;
    (void)scored_figures(&losses, &backtest, 0, figures);
    sample_wilson(3, 3, SAMPLE_Z_95, &low, &high);
    CHECK_NEAR(find(figures, "POD")->value, 1, 0);
    CHECK_NEAR(find(figures, "POD")->low, low, 1e-12);
    CHECK_NEAR(find(figures, "POD")->high, high, 1e-12);
}

TEST_MAIN(cmocka_unit_test(test_scores), cmocka_unit_test(test_value),
          cmocka_unit_test(test_places_of_a_season), cmocka_unit_test(test_null))
