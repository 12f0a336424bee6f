#include "triggers/verified.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/backtest.h"
#include "triggers/forecast.h"

#include <math.h>

// What forecasts are scored as, over pasts that are made by hand: one commune, windows of six
// hours.
enum { RUNS_MAX = 1200, WITHIN_H = 6 };

struct made {
    struct policy policy;
    struct backtest backtest;
};

static void made_free(struct made *made)
{
    backtest_free(&made->backtest);
}

// `count` runs, so many hours apart; all are known and nothing happened.
static void make(struct made *made, size_t count, int64_t apart_h)
{
    struct backtest *b = &made->backtest;
    *made = (struct made){.policy = {.kind = POLICY_ALERT, .rounding_milli = 100}};
    made->policy.index.within_s = (int64_t)WITHIN_H * HOUR_S;
    made->policy.index.unit = UNIT_RAIN;
    b->policy = &made->policy;
    b->communes = 1;
    b->occasions.at = mem_new(count, sizeof(*b->occasions.at));
    b->occasions.count = count;
    b->place = mem_new(1, sizeof(*b->place));
    b->quotient = mem_new(count, sizeof(*b->quotient));
    b->answer = mem_new(count, sizeof(*b->answer));
    b->pays_vnd = mem_new(count, sizeof(*b->pays_vnd));
    b->said = mem_new(count, sizeof(*b->said));
    b->forecasts = forecasts_new(count);
    for (size_t i = 0; i < count; i++) {
        struct utc issued = {date_days(2001, 1, 1) * DAY_S + (int64_t)i * apart_h * HOUR_S};
        b->occasions.at[i] = occasion_of_run(issued, made->policy.index.within_s);
        b->answer[i] = ANSWER_NO;
        b->forecasts->happened[i] = ANSWER_NO;
        b->forecasts->crps[i] = b->forecasts->fair[i] = NAN;
    }
}

// The run says p and is followed by the event `hours` after it; 0: by none.
static void says(struct made *made, size_t run, double p, int64_t hours)
{
    struct backtest *b = &made->backtest;
    b->forecasts->probability[run] = p;
    b->answer[run] = p >= 0.5 ? ANSWER_YES : ANSWER_NO;
    b->forecasts->happened[run] = hours ? ANSWER_YES : ANSWER_NO;
    b->forecasts->met_s[run] = b->occasions.at[run].from.s + hours * HOUR_S;
}

static void goes_on(struct made *made, size_t first, size_t last, bool told)
{
    struct episodes *e = &made->backtest.episodes;
    e->at = mem_resize(e->at, e->count + 1, sizeof(*e->at));
    e->at[e->count++] = (struct episode){0, first, last, told, 1};
}

static void test_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t runs;
        int64_t apart_h;
        size_t known; // of the first runs
        const char *unit;
        size_t blocks;
        bool sure;
    } rows[] = {
        {"years when there are eight of them", 100, 31L * 24, 100, "years", 9, true},
        {"else months", 100, 72, 100, "months", 10, true},
        {"else runs", 20, 24, 20, "runs", 20, true},
        {"of seven runs nobody can tell how sure a score is", 7, 24, 7, "runs", 7, false},
        {"runs of which nothing is known are no blocks", 20, 24, 7, "runs", 7, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(made_free) struct made made;
        AUTO(verified_free) struct verified verified = {0};
        make(&made, rows[i].runs, rows[i].apart_h);
        for (size_t run = 0; run < rows[i].runs; run++)
            says(&made, run, run % 2 ? 0.75 : 0.25, run % 4 == 1 ? 3 : 0);
        for (size_t run = rows[i].known; run < rows[i].runs; run++)
            made.backtest.forecasts->happened[run] = ANSWER_UNKNOWN;
        CHECK_OK(verified_make(&made.backtest, &verified, &err), err);
        CHECK_TEXT(verified.unit, rows[i].unit);
        CHECK_INT(verified.blocks, rows[i].blocks);
        CHECK_INT(verified.pairs, rows[i].known);
        CHECK_INT(verified.lacking, rows[i].runs - rows[i].known);
        CHECK_INT(isnan(verified.figures.at[0].low), !rows[i].sure);
        CHECK_INT(isnan(verified.bin[7].low), !rows[i].sure);
    }
}

static void test_alerts(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(made_free) struct made made;
    AUTO(verified_free) struct verified verified = {0};
    make(&made, 12, 3); // windows lie over one another
    says(&made, 0, 0.9, 5);
    says(&made, 1, 0.9, 2); // the same moment, seen by the next run
    says(&made, 2, 0.1, 5); // six hours after it: still the same event
    says(&made, 6, 0.1, 1); // a second one, of which nobody was told in time
    says(&made, 7, 0.8, 1); // whose alert came when it had begun: within its window it goes on
    says(&made, 10, 0.9, 0);
    goes_on(&made, 0, 1, true);
    goes_on(&made, 7, 7, true);
    goes_on(&made, 9, 9, false); // within the cool-down: no alert
    goes_on(&made, 10, 10, true);
    CHECK_OK(verified_make(&made.backtest, &verified, &err), err);
    CHECK_INT(verified.events, 2);
    CHECK_INT(verified.hits, 1);
    CHECK_INT(verified.misses, 1);
    CHECK_INT(verified.alerts, 3);
    CHECK_INT(verified.false_alarms, 1);
    CHECK_INT(verified.late, 1);
    ROW("the lead is from the run that was told of, to the event");
    CHECK_TEXT(verified.figures.at[11].name, "lead: hours from being told to the event");
    CHECK_NEAR(verified.figures.at[11].value, 5, 1e-9);
    CHECK_INT(verified.figures.at[11].n, 1);
}

// Each alert is counted once, whatever its windows lie over.
static void test_alerts_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t said_at;        // the run with an alert; the event is 5 h after the first run
        int64_t followed_by_h; // of that run's own window; 0: by nothing
        bool again;            // and by one of the next run but one
        size_t hits, false_alarms, late;
    } rows[] = {
        {"its own window has nothing, the event lies in its time all the same", 1, 0, false, 1, 0,
         0},
        {"two alerts of one event: one hit, and none is late", 0, 5, true, 1, 0, 0},
        {"the event had begun", 2, 1, false, 0, 0, 1},
        {"nothing of the kind", 5, 0, false, 0, 1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(made_free) struct made made;
        AUTO(verified_free) struct verified verified = {0};
        make(&made, 12, 3); // windows of six hours lie over one another
        says(&made, 0, 0.1, 5);
        says(&made, rows[i].said_at, 0.9, rows[i].followed_by_h);
        goes_on(&made, rows[i].said_at, rows[i].said_at, true);
        if (rows[i].again)
            goes_on(&made, 1, 1, true);
        CHECK_OK(verified_make(&made.backtest, &verified, &err), err);
        CHECK_INT(verified.events, 1);
        CHECK_INT(verified.alerts, rows[i].again ? 2 : 1);
        CHECK_INT(verified.hits, rows[i].hits);
        CHECK_INT(verified.false_alarms, rows[i].false_alarms);
        CHECK_INT(verified.late, rows[i].late);
    }
}

static void test_many_probabilities(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(made_free) struct made made;
    AUTO(verified_free) struct verified verified = {0};
    double brier = 0;
    make(&made, RUNS_MAX, 24);
    for (size_t run = 0; run < RUNS_MAX; run++) {
        double p = (double)run / RUNS_MAX;
        says(&made, run, p, run % 3 == 0 ? 3 : 0);
        brier += (p - (run % 3 == 0)) * (p - (run % 3 == 0)) / RUNS_MAX;
    }
    ROW("more than are kept apart are rounded to thousandths");
    CHECK_OK(verified_make(&made.backtest, &verified, &err), err);
    CHECK(verified.saids <= VERIFIED_SAID_MAX + 1);
    CHECK_INT(verified.pairs, RUNS_MAX);
    CHECK_NEAR(verified.figures.at[0].value, brier, 1e-3);
    size_t all = 0;
    for (size_t k = 0; k < VERIFIED_BINS; k++)
        all += verified.bin[k].n;
    CHECK_INT(all, RUNS_MAX);
    CHECK_NEAR(verified.roc[0].pod, 1, 0);
    CHECK_NEAR(verified.roc[0].pofd, 1, 0);
}

static void test_nothing_known(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(made_free) struct made made;
    AUTO(verified_free) struct verified verified = {0};
    make(&made, 3, 24);
    for (size_t run = 0; run < 3; run++)
        made.backtest.forecasts->probability[run] = NAN;
    CHECK_INT(verified_make(&made.backtest, &verified, &err), ERR_MISSING);
    CHECK_HAS(err.text, "none is known on both sides: what was observed must cover the whole");
}

TEST_MAIN(cmocka_unit_test(test_blocks), cmocka_unit_test(test_alerts),
          cmocka_unit_test(test_alerts_once), cmocka_unit_test(test_many_probabilities),
          cmocka_unit_test(test_nothing_known))
