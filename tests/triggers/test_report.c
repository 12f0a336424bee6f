#include "triggers/report.h"

#include "core/csv.h"
#include "ledger/decision.h"
#include "tests/triggers/tried.h"
#include "triggers/chart.h"
#include "triggers/losses.h"

enum { BYTES_MAX = 1 << 20 };

// Every row of the table is an answer of the backtest, in its order.
static void check_answer(const struct csv *csv, const struct tried *tried, size_t cell)
{
    const struct backtest *b = &tried->backtest;
    struct buf index = buf_new(32), pays = buf_new(32);
    if (b->quotient[cell] != INDEX_NOT_KNOWN)
        text_milli(&index, backtest_index(b, cell), '.');
    if (b->answer[cell] != ANSWER_UNKNOWN) // not known is not 0
        buf_print(&pays, "%lld", (long long)b->pays_vnd[cell]);
    CHECK_INT(csv->count, 9);
    CHECK(str_is(csv->field[0], b->occasions.at[cell / b->communes].period));
    CHECK(str_is(csv->field[3], history_place(&tried->history, cell % b->communes).code));
    CHECK(str_is(csv->field[5], index.at ? index.at : ""));
    CHECK(str_is(csv->field[7], answer_name((enum answer)b->answer[cell])));
    CHECK(str_is(csv->field[8], pays.at ? pays.at : ""));
    buf_free(&index);
    buf_free(&pays);
}

static void test_table(void **state)
{
    (void)state;
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_COVER);
    AUTO(buf_free) struct buf out = buf_new(BYTES_MAX);
    AUTO(csv_free) struct csv csv = {0};
    const struct backtest *b = &tried.backtest;
    struct report report = {.backtest = b, .history = &tried.history, .series = "a test"};
    struct err err = {0};
    bool row = false;
    size_t cells = b->occasions.count * b->communes;
    report_csv(&report, &out);
    csv_start(&csv, buf_slice(&out));
    CHECK_OK(csv_next(&csv, &row, &err), err);
    CHECK(row && str_is(csv.field[0], "period") && str_is(csv.field[8], "pays_vnd"));
    for (size_t cell = 0; cell < cells; cell++) {
        CHECK_OK(csv_next(&csv, &row, &err), err);
        CHECK(row);
        check_answer(&csv, &tried, cell);
    }
    CHECK_OK(csv_next(&csv, &row, &err), err);
    CHECK(!row);
}

// The sums of the text and of the document are those of the answers.
static void test_sums(void **state)
{
    (void)state;
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_COVER);
    AUTO(buf_free) struct buf out = buf_new(BYTES_MAX);
    AUTO(buf_free) struct buf line = buf_new(200);
    const struct backtest *b = &tried.backtest;
    struct report report = {.backtest = b, .history = &tried.history, .series = "a test"};
    size_t count[3] = {0}, cells = b->occasions.count * b->communes;
    int64_t pays = 0;
    for (size_t i = 0; i < cells; i++) {
        count[b->answer[i]]++;
        pays += b->pays_vnd[i];
    }
    CHECK(count[ANSWER_YES] > 3 && count[ANSWER_NO] > 3 && count[ANSWER_UNKNOWN] > 3);
    report_text(&report, &out);
    buf_print(&line, "of %zu places and seasons: yes %zu, no %zu, not known %zu", cells,
              count[ANSWER_YES], count[ANSWER_NO], count[ANSWER_UNKNOWN]);
    CHECK_HAS(out.at, line.at);
    CHECK_HAS(out.at, "series   a test");
    CHECK_HAS(out.at, "insured  1,000,000 VND for each place and season");
    AUTO(doc_free) struct doc *doc = report_doc(&report);
    CHECK_INT(doc_int(doc_get(doc, "pays_vnd"), -1), pays);
}

// A season of which no place is known: what it pays is null and "-", never 0.
static void test_unknown_season(void **state)
{
    (void)state;
    AUTO(tried_free) struct tried tried = tried_new(&(struct past_policy)TRIED_COVER);
    AUTO(buf_free) struct buf out = buf_new(BYTES_MAX);
    struct backtest *b = &tried.backtest;
    struct report report = {.backtest = b, .history = &tried.history, .series = "a test"};
    for (size_t c = 0; c < b->communes; c++) {
        b->quotient[c] = INDEX_NOT_KNOWN;
        b->answer[c] = ANSWER_UNKNOWN;
        b->pays_vnd[c] = 0;
    }
    AUTO(doc_free) struct doc *doc = report_doc(&report);
    const struct doc *seasons = doc_get(doc, "seasons");
    CHECK(doc_get(doc_at(seasons, 0), "pays_vnd") != NULL);
    CHECK_INT(doc_int(doc_get(doc_at(seasons, 0), "pays_vnd"), -1), -1);
    CHECK(doc_int(doc_get(doc_at(seasons, 1), "pays_vnd"), -1) >= 0);
    report_text(&report, &out);
    CHECK_HAS(out.at, "        -          -         -                -\n");
    ROW("and all of them");
    memset(b->answer, ANSWER_UNKNOWN, b->occasions.count * b->communes);
    AUTO(doc_free) struct doc *none = report_doc(&report);
    CHECK_INT(doc_int(doc_get(none, "pays_vnd"), -1), -1);
}

static void test_numbers(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(100);
    report_number(&out, 0.54898, 4);
    report_number(&out, NAN, 4);
    CHECK_TEXT(out.at, "0.5490-");
    AUTO(tried_free) struct tried cover = tried_new(&(struct past_policy)TRIED_COVER);
    double lines[4];
    CHECK_INT(report_lines(&cover.backtest, lines, COUNT_OF(lines)), 2);
    CHECK_NEAR(lines[0], 300, 0);
    CHECK_NEAR(lines[1], 600, 0);
}

// --- the chart
// -----------------------------------------------------------------------------------

static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

static void test_chart(void **state)
{
    (void)state;
    static const double strike[] = {120};
    const struct chart_bar bars[] = {
        {"2001", 10, 50, 90, 0, false},
        {"2002", NAN, NAN, NAN, 0, false},
        {"2003", 100, 130, 160, 0.25, true},
    };
    struct chart chart = {"Mưa <lớn> & \"gió\"", "mm", "paid", bars, COUNT_OF(bars), strike, 1};
    AUTO(buf_free) struct buf out = buf_new(BYTES_MAX);
    AUTO(buf_free) struct buf again = buf_new(BYTES_MAX);
    chart_svg(&chart, &out);
    chart_svg(&chart, &again);
    ROW("the same data give the same bytes");
    CHECK_TEXT(out.at, again.at);
    ROW("what is not known has no mark; what was paid has its height");
    CHECK_INT(times(out.at, "<circle"), 2);
    CHECK_INT(times(out.at, "height=\"20.0\" fill=\"#b2182b\""), 1);
    ROW("a bad season is marked, and the strike is drawn once");
    CHECK_INT(times(out.at, "fill=\"#fee8c8\""), 1);
    CHECK_INT(times(out.at, "stroke-dasharray"), 1);
    ROW("and lies behind the strike and all marks, which it hid");
    CHECK(strstr(out.at, "#fee8c8") < strstr(out.at, "stroke-dasharray"));
    ROW("texts are escaped, and no number is written as not known");
    CHECK_HAS(out.at, "<title>Mưa &lt;lớn&gt; &amp; &quot;gió&quot;</title>");
    CHECK_INT(times(out.at, "nan"), 0);
    ROW("names that are long are fewer, and a day's first moment is named by the day");
    struct chart_bar days[14];
    for (size_t i = 0; i < COUNT_OF(days); i++)
        days[i] = (struct chart_bar){"2024-09-07T00:00:00Z", 10, 50, 90, 0, false};
    struct chart long_names = {"a", "b", "c", days, COUNT_OF(days), NULL, 0};
    buf_clear(&again);
    chart_svg(&long_names, &again);
    CHECK_INT(times(again.at, ">2024-09-07<"), 7);
    CHECK_INT(times(again.at, "T00:00:00Z"), 0);
    ROW("nothing known at all");
    struct chart none = {"a", "b", "c", bars + 1, 1, NULL, 0};
    buf_clear(&out);
    chart_svg(&none, &out);
    CHECK_INT(times(out.at, "nan") + times(out.at, "inf"), 0);
}

TEST_MAIN(cmocka_unit_test(test_table), cmocka_unit_test(test_sums),
          cmocka_unit_test(test_unknown_season), cmocka_unit_test(test_numbers),
          cmocka_unit_test(test_chart))
