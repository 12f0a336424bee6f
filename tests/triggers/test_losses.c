#include "triggers/losses.h"

#include "ledger/decision.h"
#include "tests/triggers/tried.h"

static enum err_kind parse(const struct tried *tried, const char *text, int64_t at_least,
                           struct losses *out, struct err *err)
{
    return losses_parse(str_of(text), "losses.csv", &tried->backtest, &tried->history, at_least,
                        out, err);
}

static void test_rows(void **state)
{
    (void)state;
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_ALERT);
    AUTO(losses_free) struct losses losses = {0};
    struct err err = {0};
    CHECK_TEXT(tried.backtest.occasions.at[1].period, "2001-02");
    CHECK_OK(parse(&tried,
                   "commune,note,period,loss_percent\n00002,x,2001-02,40\n00002,y,2001-02-17,12.5\n"
                   "00003,,2001-03-31,9.999\n00099,,2001-02,80\n00001,,1999-01,80\n",
                   10000, &losses, &err),
             err);
    ROW("columns in any order; a day stands for its period; what fits nothing is counted");
    CHECK(losses.by_commune && losses.by_percent);
    CHECK_INT(losses.rows, 3);
    CHECK_INT(losses.beside, 2);
    CHECK_TEXT(losses.first_beside, "line 5, there is no place \"00099\"");
    ROW("of two reports of one season the worse one counts");
    CHECK_INT(losses.loss[1 * TRIED_PLACES + 2], 40000);
    ROW("a hair under the bound is not bad");
    CHECK_INT(losses.loss[2 * TRIED_PLACES + 3], 9999);
    CHECK(losses.bad[1 * TRIED_PLACES + 2] && !losses.bad[2 * TRIED_PLACES + 3]);
    CHECK_INT(losses.days, 1);
    ROW("a day that is reported twice is one event, of each commune");
    AUTO(losses_free) struct losses twice = {0};
    CHECK_OK(parse(&tried,
                   "period,commune\n2001-02-17,00003\n2001-02-18,00002\n2001-02-17,00002\n"
                   "2001-02-18,00002\n2001-02-17,00003\n",
                   10000, &twice, &err),
             err);
    CHECK_INT(twice.rows, 5);
    CHECK_INT(twice.days, 3);
    CHECK(twice.day[0].commune == 2 && twice.day[1].commune == 2 && twice.day[2].commune == 3);
    CHECK(twice.day[0].day + 1 == twice.day[1].day && twice.day[2].day == twice.day[0].day);
    ROW("without communes a row is of the whole area, without percentages a bad one");
    AUTO(losses_free) struct losses whole = {0};
    CHECK_OK(parse(&tried, "period\n2001-04\n", 10000, &whole, &err), err);
    CHECK(!whole.by_commune && !whole.by_percent && whole.bad[3] && !whole.bad[2]);
}

static void test_refusals(void **state)
{
    (void)state;
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_ALERT);
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        {"nothing at all", "", "losses.csv:1: there is no column \"period\""},
        {"no periods", "commune,loss_percent\n", "write period,commune,loss_percent"},
        {"too short a row", "period,loss_percent\n2001-01\n", "losses.csv:2"},
        {"more than all", "period,loss_percent\n2001-01,40\n2001-02,100.001\n",
         "a loss is 0 to 100 per cent, while reading losses.csv:3"},
        {"a negative loss", "period,loss_percent\n2001-01,-1\n", "0 to 100 per cent"},
        {"semicolons", "period,commune,loss_percent\n2001-01;00001;50\n",
         "the row has 1 fields, of the head at least 3 are read; write "
         "period,commune,loss_percent with commas between, while reading losses.csv:2"},
        {"reports of other places only", "period,commune\n2001-01,Xã Nghĩa Đức\n2001-02,00098\n",
         "none of the 2 reports is of a season and place of the backtest: line 2, there is no "
         "place \"Xã Nghĩa Đức\""},
        {"of another past", "period\n1887\n",
         "none of the 1 reports is of a season and place of the backtest: line 2, there is no "
         "season \"1887\""},
        {"a name that would be cut within a letter", "period\nĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐxĐĐ\n",
         "there is no season \"ĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐĐx\""},
        {"a decimal comma", "period,loss_percent\n2001-01,\"1,5\"\n", "losses.csv:2"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct losses losses = {0};
        CHECK_INT(parse(&tried, rows[i].text, 1, &losses, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

// Counted again, place by place and season by season.
static void test_table(void **state)
{
    (void)state;
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_ALERT);
    AUTO(losses_free) struct losses losses = {0};
    const struct backtest *b = &tried.backtest;
    struct err err = {0};
    CHECK_OK(parse(&tried, "period,commune\n2001-02,00001\n2001-05,00003\n2002-01,00006\n", 1,
                   &losses, &err),
             err);
    double table[2][2] = {{0}}; // [bad][yes]
    for (size_t i = 0; i < b->occasions.count * b->communes; i++) {
        if (b->answer[i] != ANSWER_UNKNOWN)
            table[losses.bad[i]][b->answer[i] == ANSWER_YES]++;
    }
    struct skill_table found = losses_table(&losses, b, 0.5);
    CHECK_NEAR(found.a, table[1][1], 0);
    CHECK_NEAR(found.b, table[0][1], 0);
    CHECK_NEAR(found.c, table[1][0], 0);
    CHECK_NEAR(found.d, table[0][0], 0);
    CHECK(found.b > 0 && found.d > 0);
    ROW("of the whole area: yes when half of the known places say so");
    AUTO(losses_free) struct losses whole = {0};
    CHECK_OK(parse(&tried, "period\n2001-02\n2001-05\n", 1, &whole, &err), err);
    found = losses_table(&whole, b, 0.5);
    double yes = 0, seasons = 0;
    for (size_t o = 0; o < b->occasions.count; o++) {
        struct backtest_season season = backtest_season(b, o);
        seasons += season.yes + season.no > 0;
        yes += season.yes > 0 && 2 * season.yes >= season.yes + season.no;
    }
    CHECK_NEAR(found.a + found.b, yes, 0);
    CHECK_NEAR(found.a + found.b + found.c + found.d, seasons, 0);
}

TEST_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_refusals),
          cmocka_unit_test(test_table))
