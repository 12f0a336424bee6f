#include "triggers/sweep.h"

#include "ledger/decision.h"
#include "tests/triggers/tried.h"
#include "tests/triggers/figures.h"
#include "triggers/losses.h"
#include "triggers/scored.h"

// Every threshold of a range, counted again without a walk.
static void check_counts(const struct sweep_row *row, const struct backtest *b,
                         const struct losses *losses)
{
    size_t yes = 0, seasons = 0, hits = 0, false_alarms = 0, misses = 0, correct = 0;
    for (size_t o = 0; o < b->occasions.count; o++) {
        bool any = false;
        for (size_t c = 0; c < b->communes; c++) {
            size_t cell = o * b->communes + c;
            if (b->quotient[cell] == INDEX_NOT_KNOWN)
                continue;
            bool says = compare_holds(b->policy->trigger.compare, backtest_index(b, cell),
                                      row->threshold_milli);
            yes += says;
            any = any || says;
            hits += says && losses->bad[cell];
            false_alarms += says && !losses->bad[cell];
            misses += !says && losses->bad[cell];
            correct += !says && !losses->bad[cell];
        }
        seasons += any;
    }
    CHECK_INT(row->yes, yes);
    CHECK_INT(row->seasons, seasons);
    CHECK_INT(row->hits, hits);
    CHECK_INT(row->false_alarms, false_alarms);
    CHECK_INT(row->misses, misses);
    CHECK_INT(row->correct, correct);
    CHECK_INT(row->score[SWEEP_POD].n, hits + misses);
    CHECK_INT(row->score[SWEEP_FAR].n, hits + false_alarms);
    CHECK_INT(row->score[SWEEP_CSI].n, hits + false_alarms + misses);
    CHECK_NEAR(row->score[SWEEP_POD].value,
               hits + misses ? (double)hits / (double)(hits + misses) : NAN, 1e-12);
}

// What the threshold would have by itself, as gong price has it.
static void check_alone(const struct sweep_row *row, const struct backtest *b,
                        const struct losses *losses)
{
    static const char *const names[SWEEP_SCORES] = {"POD: told of", "FAR: false", "CSI: hits"};
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    (void)scored_figures(losses, b, 0, figures);
    for (size_t k = 0; k < SWEEP_SCORES; k++) {
        const struct figure *f = find(figures, names[k]);
        ROW(names[k]);
        CHECK_INT(row->score[k].n, f->n);
        CHECK_NEAR(row->score[k].value, f->value, 1e-12);
        CHECK_NEAR(row->score[k].low, f->low, 1e-12);
        CHECK_NEAR(row->score[k].high, f->high, 1e-12);
        CHECK(row->score[k].low < row->score[k].high);
    }
}

static void test_intervals(void **state)
{
    (void)state;
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_ALERT);
    AUTO(losses_free) struct losses losses = {0};
    AUTO(sweep_free) struct sweep_rows found = {0};
    struct err err = {0};
    char range[64];
    CHECK_OK(losses_parse(str_of("period,commune\n2001-02,00001\n2001-05,00003\n2001-06,00001\n"
                                 "2001-06,00002\n2002-05,00002\n"),
                          "l.csv", &tried.backtest, &tried.history, 1, &losses, &err),
             err);
    int64_t own = tried.policy->trigger.threshold_milli;
    (void)snprintf(range, sizeof(range), "%.3f,%.3f,1", (double)own / 1000, (double)own / 1000);
    CHECK_OK(sweep_make(&tried.backtest, &losses, range, &found, &err), err);
    CHECK_INT(found.count, 1);
    CHECK(found.drawn);
    check_alone(&found.at[0], &tried.backtest, &losses);
    ROW("more than can be drawn anew has no interval, and all else");
    AUTO(sweep_free) struct sweep_rows many = {0};
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    CHECK(tried.backtest.occasions.count * SWEEP_MAX > SWEEP_DRAWN);
    CHECK_OK(sweep_make(&tried.backtest, &losses, "0.001,1,0.001", &many, &err), err);
    CHECK(!many.drawn);
    for (size_t k = 0; k < many.count; k += 100)
        check_counts(&many.at[k], &tried.backtest, &losses);
    CHECK_NEAR(many.at[0].score[SWEEP_POD].low, NAN, 0);
    sweep_text(&many, &tried.backtest, &losses, &text);
    CHECK_HAS(text.at, "too many seasons and thresholds for intervals");
}

static void test_same_as_counted(void **state)
{
    (void)state;
    static const struct {
        const char *name, *trigger;
    } rows[] = {
        {"at least", "trigger: {index: \">=\", threshold: 120 mm}"},
        {"more than", "trigger: {index: \">\", threshold: 120 mm}"},
        {"at most", "trigger: {index: \"<=\", threshold: 120 mm}"},
        {"less than", "trigger: {index: \"<\", threshold: 120 mm}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct past_policy says = TRIED_ALERT;
        says.rest = rows[i].trigger;
        AUTO(tried_free) struct tried tried = tried_new(&says);
        AUTO(losses_free) struct losses losses = {0};
        AUTO(sweep_free) struct sweep_rows found = {0};
        struct err err = {0};
        CHECK_OK(losses_parse(str_of("period,commune\n2001-02,00001\n2001-05,00003\n"), "l.csv",
                              &tried.backtest, &tried.history, 1, &losses, &err),
                 err);
        // Thresholds that lie between two multiples of the rounding as well.
        CHECK_OK(sweep_make(&tried.backtest, &losses, "20,200,7.03", &found, &err), err);
        CHECK_INT(found.count, 26);
        for (size_t k = 0; k < found.count; k++)
            check_counts(&found.at[k], &tried.backtest, &losses);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *range, *says;
    } rows[] = {
        {"two numbers", "1,2", "is no range; write from,to,step"},
        {"four numbers", "1,2,3,4", "is no range"},
        {"no step", "1,2,0", "is no range"},
        {"from behind to", "3,2,1", "is no range"},
        {"too many", "0,1000,1", "at most 1000"},
        {"no number", "a,2,1", "reading --sweep"},
    };
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_ALERT);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct sweep_rows found = {0};
        CHECK_INT(sweep_make(&tried.backtest, NULL, rows[i].range, &found, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
    ROW("a cover with more than one threshold");
    AUTO(tried_free) struct tried cover = tried_new(&(struct past_policy)TRIED_COVER);
    struct err err = {0};
    struct sweep_rows found = {0};
    CHECK_INT(sweep_make(&cover.backtest, NULL, "1,2,1", &found, &err), ERR_INPUT);
    CHECK_HAS(err.text, "use --set");
}

TEST_MAIN(cmocka_unit_test(test_same_as_counted), cmocka_unit_test(test_intervals),
          cmocka_unit_test(test_refusals))
