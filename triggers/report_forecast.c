#include "core/csv.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/chart.h"
#include "triggers/forecast.h"
#include "triggers/history.h"
#include "triggers/report.h"
#include "triggers/verified.h"

#include <inttypes.h>
#include <math.h>

enum { SHORT_BYTES_MAX = 200 };

static void put_count(const struct verified *v, struct buf *out)
{
    buf_print(out,
              "forecasts beside what was observed, n = %zu runs and places (%zu not known on both "
              "sides); intervals: %s drawn anew, %zu of them%s\n",
              v->pairs, v->lacking, v->unit, v->blocks,
              v->blocks < VERIFIED_BLOCKS_MIN ? ", too few for any" : "");
    if (v->several)
        buf_text(out, "of several conditions the decision is what was said, 0 or 1; members and "
                      "CRPS are of the policy's own index\n");
    buf_print(out,
              "decisions, run by run: hits %.0f, false alarms %.0f, misses %.0f, correct negatives "
              "%.0f\n",
              v->table.a, v->table.b, v->table.c, v->table.d);
    buf_print(out,
              "alerts as told: events %zu, hits %zu, misses %zu; alerts %zu, false %zu, late %zu\n",
              v->events, v->hits, v->misses, v->alerts, v->false_alarms, v->late);
}

static void put_bins(const struct verified *v, struct buf *out)
{
    buf_text(out, "\nreliability\n  said              mean said   came true   95 %                "
                  "   n\n");
    for (size_t k = 0; k < VERIFIED_BINS; k++) {
        const struct verified_bin *bin = &v->bin[k];
        AUTO(buf_free) struct buf interval = buf_new(SHORT_BYTES_MAX);
        if (bin->n == 0)
            continue;
        report_number(&interval, bin->low, 4);
        buf_text(&interval, " to ");
        report_number(&interval, bin->high, 4);
        buf_print(out, "  %3zu %% to %3zu %%    %9.4f   %9.4f   %-17s %6zu\n",
                  k * 100 / VERIFIED_BINS, (k + 1) * 100 / VERIFIED_BINS, bin->said, bin->came,
                  interval.at, bin->n);
    }
}

// The point of who acts from each tenth on: the first probability that was said and is not less.
static void put_roc(const struct verified *v, struct buf *out)
{
    size_t i = 0;
    buf_text(out, "\nROC\n  acting from        POD     POFD\n");
    for (size_t k = 0; k <= VERIFIED_BINS; k++) {
        double from = (double)k / VERIFIED_BINS;
        while (i < v->saids && v->said[i].p < from - 1e-9)
            i++;
        if (i == v->saids)
            break;
        buf_print(out, "  %7zu %%      ", k * 100 / VERIFIED_BINS);
        report_number(out, v->roc[i].pod, 4);
        buf_text(out, "   ");
        report_number(out, v->roc[i].pofd, 4);
        buf_text(out, "\n");
    }
}

void report_forecasts(const struct verified *verified, struct buf *out)
{
    put_count(verified, out);
    figures_text(&verified->figures, out);
    put_bins(verified, out);
    put_roc(verified, out);
}

// Numbers as text: a document holds whole numbers only.
static void put_real(struct doc *doc, const char *key, double value)
{
    AUTO(buf_free) struct buf text = buf_new(SHORT_BYTES_MAX);
    if (isnan(value)) {
        doc_put_null(doc, key);
        return;
    }
    buf_print(&text, "%.6f", value);
    doc_put_text(doc, key, text.at);
}

static struct doc *bins_doc(const struct verified *v)
{
    struct doc *list = doc_array();
    for (size_t k = 0; k < VERIFIED_BINS; k++) {
        const struct verified_bin *bin = &v->bin[k];
        struct doc *one = doc_object();
        doc_put_int(one, "from_percent", (int64_t)(k * 100 / VERIFIED_BINS));
        doc_put_int(one, "n", (int64_t)bin->n);
        put_real(one, "said", bin->said);
        put_real(one, "came", bin->came);
        put_real(one, "low_95", bin->low);
        put_real(one, "high_95", bin->high);
        doc_push(list, one);
    }
    return list;
}

static struct doc *roc_doc(const struct verified *v)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < v->saids; i++) {
        struct doc *one = doc_object();
        put_real(one, "from", v->said[i].p);
        put_real(one, "pod", v->roc[i].pod);
        put_real(one, "pofd", v->roc[i].pofd);
        doc_put_int(one, "yes", (int64_t)v->said[i].yes);
        doc_put_int(one, "no", (int64_t)v->said[i].no);
        doc_push(list, one);
    }
    return list;
}

struct doc *report_forecasts_doc(const struct verified *verified)
{
    const struct {
        const char *key;
        double count;
    } counts[] = {{"pairs", (double)verified->pairs},
                  {"not_known", (double)verified->lacking},
                  {"blocks", (double)verified->blocks},
                  {"hits", verified->table.a},
                  {"false_alarms", verified->table.b},
                  {"misses", verified->table.c},
                  {"correct_negatives", verified->table.d},
                  {"events", (double)verified->events},
                  {"alerts_told", (double)verified->alerts},
                  {"alerts_hit", (double)verified->hits},
                  {"alerts_false", (double)verified->false_alarms},
                  {"alerts_late", (double)verified->late},
                  {"events_missed", (double)verified->misses}};
    struct doc *doc = doc_object();
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        doc_put_int(doc, counts[i].key, (int64_t)counts[i].count);
    doc_put_text(doc, "block", verified->unit);
    doc_put_bool(doc, "several_conditions", verified->several);
    doc_put(doc, "scores", figures_doc(&verified->figures));
    doc_put(doc, "reliability", bins_doc(verified));
    doc_put(doc, "roc", roc_doc(verified));
    return doc;
}

static void put_diagrams(const struct verified *v, struct buf *out)
{
    struct chart_dot bin[VERIFIED_BINS];
    AUTO(mem_drop) struct chart_dot *point = mem_new(v->saids + 2, sizeof(*point));
    double n = (double)v->pairs;
    for (size_t k = 0; k < VERIFIED_BINS; k++)
        bin[k] = (struct chart_dot){v->bin[k].said, v->bin[k].came, v->bin[k].low, v->bin[k].high};
    for (size_t i = 0; i < v->saids; i++)
        point[i] = (struct chart_dot){v->roc[i].pofd, v->roc[i].pod, NAN, NAN};
    point[v->saids] = (struct chart_dot){0, 0, NAN, NAN}; // who never acts
    chart_square_svg(
        &(struct chart_square){
            .title = "Reliability: what was said, and how often it came true",
            .across = "probability that was said",
            .up = "came true; dashed red: climatology; bars: 95 %",
            .dot = bin,
            .count = VERIFIED_BINS,
            .level = (v->table.a + v->table.c) / n,
        },
        out);
    chart_square_svg(&(struct chart_square){.title = "ROC: acting from each probability on",
                                            .across = "POFD: told of, of what did not happen",
                                            .up = "POD: told of, of what happened",
                                            .dot = point,
                                            .count = v->saids + 1,
                                            .level = NAN},
                     out);
}

void report_forecasts_html(const struct verified *verified, struct buf *out)
{
    enum { TABLES_BYTES_MAX = 1 << 16 };
    AUTO(buf_free) struct buf tables = buf_new(TABLES_BYTES_MAX);
    put_count(verified, &tables);
    put_bins(verified, &tables);
    put_roc(verified, &tables);
    buf_text(out, "<h2>Forecasts beside what was observed</h2>\n");
    put_diagrams(verified, out);
    buf_text(out, "<pre>");
    chart_text(out, tables.at);
    buf_text(out, "</pre>\n");
    figures_html(&verified->figures, out);
}

static void put_unless_nan(struct buf *out, double value)
{
    buf_char(out, ',');
    if (!isnan(value))
        buf_print(out, "%.6f", value);
}

static void put_cell(const struct report *report, size_t cell, struct buf *out)
{
    const struct backtest *b = report->backtest;
    const struct forecasts *f = b->forecasts;
    const struct occasion *run = &b->occasions.at[cell / b->communes];
    struct series_place place = history_place(report->history, b->place[cell % b->communes]);
    bool came = f->happened[cell] == ANSWER_YES;
    buf_print(out, "%s,%s,", utc_text(run->as_of).at, utc_text(run->to).at);
    csv_put(out, place.code);
    put_unless_nan(out, f->probability[cell]);
    buf_print(out, ",%s,%d,", answer_name((enum answer)b->answer[cell]), b->level[cell]);
    if (b->quotient[cell] != INDEX_NOT_KNOWN)
        text_milli(out, backtest_index(b, cell), '.');
    buf_char(out, ',');
    if (f->seen[cell] != INDEX_NOT_KNOWN)
        text_milli(out, f->seen[cell] * b->policy->rounding_milli, '.');
    buf_print(out, ",%s,%s,%s", unit_word(b->policy->index.unit, LANGUAGE_EN),
              answer_name((enum answer)f->happened[cell]),
              came ? utc_text((struct utc){f->met_s[cell]}).at : "");
    put_unless_nan(out, f->crps[cell]);
    put_unless_nan(out, f->fair[cell]);
    buf_char(out, '\n');
}

void report_forecasts_csv(const struct report *report, struct buf *out)
{
    const struct backtest *b = report->backtest;
    buf_text(out, "run,to,commune,probability,answer,alert_level,index,observed,unit,happened,met,"
                  "crps,crps_fair\n");
    for (size_t cell = 0; cell < b->occasions.count * b->communes; cell++)
        put_cell(report, cell, out);
}
