#include "triggers/report.h"

#include "core/csv.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/chart.h"
#include "triggers/history.h"
#include "triggers/losses.h"
#include "triggers/price.h"
#include "triggers/scored.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void report_number(struct buf *out, double value, int decimals)
{
    if (isnan(value))
        buf_text(out, "-");
    else
        buf_print(out, "%.*f", decimals, value);
}

static bool is_insurance(const struct report *report)
{
    return report->backtest->policy->kind == POLICY_INSURANCE;
}

static bool was_bad(const struct report *report, size_t occasion)
{
    const struct losses *losses = report->losses;
    size_t communes = report->backtest->communes;
    if (!losses)
        return false;
    if (!losses->by_commune)
        return losses->bad[occasion];
    for (size_t c = 0; c < communes; c++) {
        if (losses->bad[occasion * communes + c])
            return true;
    }
    return false;
}

static void put_milli(struct buf *out, int64_t milli, int width)
{
    AUTO(buf_free) struct buf text = buf_new(32);
    text_milli(&text, milli, '.');
    buf_print(out, "%*s", width, text.at);
}

static void put_money(struct buf *out, int64_t vnd, int width)
{
    AUTO(buf_free) struct buf text = buf_new(32);
    text_grouped(&text, vnd, ',');
    buf_print(out, "%*s", width, text.at);
}

// --- text
// ------------------------------------------------------------------------------------------

static void put_heading(const struct report *report, struct buf *out)
{
    const struct backtest *b = report->backtest;
    const struct policy *policy = b->policy;
    buf_print(out, "policy   %s version %" PRId64 " (%s), sha256 %.16s\n", policy->id,
              policy->version, policy_kinds[policy->kind], hash_hex(policy->hash).at);
    buf_print(out, "series   %s\n", report->series);
    if (report->product)
        buf_print(out, "product  %s\n", report->product);
    buf_print(out, "index    in %s, rounded to ", unit_word(policy->index.unit, LANGUAGE_EN));
    put_milli(out, policy->rounding_milli, 0);
    buf_print(out, "; %zu seasons of %zu places\n", b->occasions.count, b->communes);
    if (is_insurance(report)) {
        buf_text(out, "insured  ");
        put_money(out, b->sum_insured_vnd, 0);
        buf_text(out, " VND for each place and season\n");
    }
    buf_text(out, "\n");
}

static void put_season(const struct report *report, size_t o, struct buf *out)
{
    const struct backtest *b = report->backtest;
    struct backtest_season s = backtest_season(b, o);
    buf_print(out, "%-20s %6zu %6zu %7zu ", b->occasions.at[o].period, s.yes, s.no, s.unknown);
    if (s.yes + s.no > 0) {
        put_milli(out, s.least, 9);
        put_milli(out, s.mean, 11);
        put_milli(out, s.most, 10);
    } else {
        buf_print(out, "%9s%11s%10s", "-", "-", "-");
    }
    if (is_insurance(report) && s.yes + s.no > 0)
        put_money(out, s.pays_vnd, 17);
    else if (is_insurance(report))
        buf_print(out, "%17s", "-");
    if (report->losses)
        buf_print(out, "  %s", was_bad(report, o) ? "bad" : "");
    buf_text(out, "\n");
}

// Of all seasons together.
struct sums {
    size_t yes, no, unknown, paying;
    int64_t pays_vnd;
};

static struct sums sums_of(const struct backtest *b)
{
    struct sums sums = {0};
    for (size_t o = 0; o < b->occasions.count; o++) {
        struct backtest_season s = backtest_season(b, o);
        sums.yes += s.yes;
        sums.no += s.no;
        sums.unknown += s.unknown;
        sums.paying += s.yes > 0;
        sums.pays_vnd += s.pays_vnd;
    }
    return sums;
}

// The mean payout of what is known, as a share of the sum insured in per cent.
static double burn_percent(const struct backtest *b, const struct sums *sums)
{
    double known = (double)(sums->yes + sums->no);
    return known > 0 ? 100 * (double)sums->pays_vnd / ((double)b->sum_insured_vnd * known) : NAN;
}

static void put_sums(const struct report *report, struct buf *out)
{
    const struct backtest *b = report->backtest;
    struct sums sums = sums_of(b);
    buf_print(out,
              "\n%zu of %zu seasons say yes somewhere; of %zu places and seasons: yes %zu, no %zu, "
              "not known %zu\n",
              sums.paying, b->occasions.count, b->occasions.count * b->communes, sums.yes, sums.no,
              sums.unknown);
    if (!is_insurance(report))
        return;
    buf_text(out, "paid in all ");
    put_money(out, sums.pays_vnd, 0);
    buf_text(out, " VND: on average ");
    report_number(out, burn_percent(b, &sums), 4);
    buf_print(out, " %% of the sum insured (n = %zu)\n", sums.yes + sums.no);
}

void report_text(const struct report *report, struct buf *out)
{
    put_heading(report, out);
    buf_print(out, "%-20s %6s %6s %7s %9s%11s%10s%s%s\n", "season", "yes", "no", "unknown", "least",
              "mean", "most", is_insurance(report) ? "             paid" : "",
              report->losses ? "  reported" : "");
    for (size_t o = 0; o < report->backtest->occasions.count; o++)
        put_season(report, o, out);
    put_sums(report, out);
    if (!is_insurance(report))
        report_alerts(report, out);
    if (report->losses)
        report_skill(report, out);
}

// --- beside what was reported
// ------------------------------------------------------------------------

static const char *unit_of_table(const struct report *report)
{
    return report->losses->by_commune ? "places and seasons" : "seasons";
}

void report_skill(const struct report *report, struct buf *out)
{
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    figures->unit = unit_word(report->backtest->policy->index.unit, LANGUAGE_EN);
    struct skill_table t = scored_figures(report->losses, report->backtest, report->share, figures);
    buf_print(out, "\nbeside what was reported, n = %.0f %s (%zu reports fit, %zu do not):\n",
              t.a + t.b + t.c + t.d, unit_of_table(report), report->losses->rows,
              report->losses->beside);
    if (report->losses->beside)
        buf_print(out, "the first that does not: %s\n", report->losses->first_beside);
    if (!report->losses->by_percent)
        buf_text(out, "they have no column loss_percent: each is a bad one as it stands, and "
                      "basis risk is not told\n");
    buf_print(out, "hits %.0f, false alarms %.0f, misses %.0f, correct negatives %.0f\n", t.a, t.b,
              t.c, t.d);
    figures_text(figures, out);
    if (!is_insurance(report) && report->losses->days)
        report_days(report, out);
}

void report_skill_doc(const struct report *report, struct doc *out)
{
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    figures->unit = unit_word(report->backtest->policy->index.unit, LANGUAGE_EN);
    struct skill_table t = scored_figures(report->losses, report->backtest, report->share, figures);
    struct doc *doc = doc_object();
    doc_put_int(doc, "hits", (int64_t)t.a);
    doc_put_int(doc, "false_alarms", (int64_t)t.b);
    doc_put_int(doc, "misses", (int64_t)t.c);
    doc_put_int(doc, "correct_negatives", (int64_t)t.d);
    doc_put_bool(doc, "by_commune", report->losses->by_commune);
    doc_put_int(doc, "reports", (int64_t)report->losses->rows);
    doc_put_int(doc, "reports_beside", (int64_t)report->losses->beside);
    if (report->losses->beside)
        doc_put_text(doc, "first_beside", report->losses->first_beside);
    doc_put_bool(doc, "by_percent", report->losses->by_percent);
    doc_put(doc, "scores", figures_doc(figures));
    if (!is_insurance(report) && report->losses->days)
        report_days_doc(report, doc);
    doc_put(out, "reported", doc);
}

// --- documents and tables
// ---------------------------------------------------------------------------

// What the places that are known are paid; where none is, that is not 0.
static void put_pays(struct doc *doc, size_t known, int64_t pays_vnd)
{
    if (known > 0)
        doc_put_int(doc, "pays_vnd", pays_vnd);
    else
        doc_put_null(doc, "pays_vnd");
}

struct doc *report_doc(const struct report *report)
{
    const struct backtest *b = report->backtest;
    struct doc *doc = doc_object(), *seasons = doc_array();
    struct sums sums = sums_of(b);
    for (size_t o = 0; o < b->occasions.count; o++) {
        struct backtest_season s = backtest_season(b, o);
        struct doc *season = doc_object();
        doc_put_text(season, "period", b->occasions.at[o].period);
        doc_put_text(season, "from", utc_text(b->occasions.at[o].from).at);
        doc_put_text(season, "to", utc_text(b->occasions.at[o].to).at);
        doc_put_int(season, "yes", (int64_t)s.yes);
        doc_put_int(season, "no", (int64_t)s.no);
        doc_put_int(season, "unknown", (int64_t)s.unknown);
        if (s.yes + s.no > 0) {
            doc_put_int(season, "least_milli", s.least);
            doc_put_int(season, "mean_milli", s.mean);
            doc_put_int(season, "most_milli", s.most);
        }
        put_pays(season, s.yes + s.no, s.pays_vnd);
        if (report->losses)
            doc_put_bool(season, "reported", was_bad(report, o));
        doc_push(seasons, season);
    }
    doc_put_text(doc, "policy", b->policy->id);
    doc_put_int(doc, "version", b->policy->version);
    doc_put_text(doc, "policy_hash", hash_hex(b->policy->hash).at);
    doc_put_text(doc, "series", report->series);
    if (report->product)
        doc_put_text(doc, "product", report->product);
    doc_put_int(doc, "places", (int64_t)b->communes);
    doc_put_int(doc, "sum_insured_vnd", b->sum_insured_vnd);
    doc_put_int(doc, "yes", (int64_t)sums.yes);
    doc_put_int(doc, "no", (int64_t)sums.no);
    doc_put_int(doc, "unknown", (int64_t)sums.unknown);
    put_pays(doc, sums.yes + sums.no, sums.pays_vnd);
    doc_put(doc, "seasons", seasons);
    if (!is_insurance(report))
        report_alerts_doc(report, doc);
    if (report->losses)
        report_skill_doc(report, doc);
    return doc;
}

void report_csv(const struct report *report, struct buf *out)
{
    const struct backtest *b = report->backtest;
    buf_text(out, "period,from,to,commune,name,index,unit,answer,pays_vnd\n");
    for (size_t o = 0; o < b->occasions.count; o++) {
        const struct occasion *occasion = &b->occasions.at[o];
        for (size_t c = 0; c < b->communes; c++) {
            size_t cell = o * b->communes + c;
            struct series_place place = history_place(report->history, b->place[c]);
            buf_print(out, "%s,%s,%s,", occasion->period, utc_text(occasion->from).at,
                      utc_text(occasion->to).at);
            csv_put(out, place.code);
            buf_char(out, ',');
            csv_put(out, place.name);
            buf_char(out, ',');
            if (b->quotient[cell] != INDEX_NOT_KNOWN)
                text_milli(out, backtest_index(b, cell), '.');
            buf_print(out, ",%s,%s,", unit_word(b->policy->index.unit, LANGUAGE_EN),
                      answer_name((enum answer)b->answer[cell]));
            if (b->answer[cell] != ANSWER_UNKNOWN)
                buf_print(out, "%" PRId64, b->pays_vnd[cell]);
            buf_char(out, '\n');
        }
    }
}

// --- chart
// -------------------------------------------------------------------------------------------

size_t report_lines(const struct backtest *backtest, double *line, size_t most)
{
    const struct policy *policy = backtest->policy;
    const struct payout_rule *rule = &policy->payout;
    int64_t milli[TIERS_MAX + 2];
    size_t count = 0;
    if (policy->parts)
        return 0;
    if (policy->kind == POLICY_ALERT || rule->form == PAYOUT_BINARY)
        milli[count++] = policy->trigger.threshold_milli;
    else if (rule->form == PAYOUT_TIERS)
        for (size_t i = 0; i < rule->tiers; i++)
            milli[count++] = rule->tier[i].threshold_milli;
    else
        milli[count++] = rule->strike_milli;
    if (policy->kind == POLICY_INSURANCE && rule->exit_milli)
        milli[count++] = rule->exit_milli;
    count = count < most ? count : most;
    for (size_t i = 0; i < count; i++)
        line[i] = (double)milli[i] / 1000;
    return count;
}

void report_svg(const struct report *report, struct buf *out)
{
    enum { LINES_MAX = 14 };
    const struct backtest *b = report->backtest;
    double line[LINES_MAX];
    AUTO(mem_drop) struct chart_bar *bar = mem_new(b->occasions.count, sizeof(*bar));
    AUTO(buf_free) struct buf title = buf_new(300);
    AUTO(buf_free) struct buf index = buf_new(300);
    for (size_t o = 0; o < b->occasions.count; o++) {
        struct backtest_season s = backtest_season(b, o);
        double known = (double)(s.yes + s.no);
        bool is = known > 0;
        double paid =
            is_insurance(report) ? (double)s.pays_vnd / (double)b->sum_insured_vnd : (double)s.yes;
        bar[o] = (struct chart_bar){
            .name = b->occasions.at[o].period,
            .least = is ? (double)s.least / 1000 : NAN,
            .mean = is ? (double)s.mean / 1000 : NAN,
            .most = is ? (double)s.most / 1000 : NAN,
            .paid = is ? paid / known : 0,
            .reported = was_bad(report, o),
        };
    }
    buf_print(&title, "%s: %zu seasons, %zu places", b->policy->id, b->occasions.count,
              b->communes);
    buf_print(&index,
              "index (%s): least, mean and most of all places; dashed: strike, exit, tiers%s",
              unit_word(b->policy->index.unit, LANGUAGE_EN),
              report->losses ? "; shaded: reported as bad" : "");
    struct chart chart = {
        .title = title.at,
        .index = index.at,
        .paid = is_insurance(report) ? "paid, of all that was insured"
                                     : "places of which the window says yes",
        .bar = bar,
        .count = b->occasions.count,
        .line = line,
        .lines = report_lines(b, line, LINES_MAX),
    };
    chart_svg(&chart, out);
}
