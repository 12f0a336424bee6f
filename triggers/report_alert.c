#include "core/date.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/alert.h"
#include "triggers/backtest.h"
#include "triggers/episode.h"
#include "triggers/losses.h"
#include "triggers/price.h"
#include "triggers/report.h"
#include "triggers/resample.h"
#include "triggers/verified.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// Of all alerts of a backtest.
struct alerts {
    size_t on, told, windows, longest, places;
    bool by_hand; // some were taken to be cleared by a person
};

static struct alerts alerts_of(const struct backtest *b)
{
    struct alerts sum = {.on = b->episodes.count};
    AUTO(mem_drop) bool *seen = mem_new(b->communes + 1, sizeof(*seen));
    for (size_t i = 0; i < b->episodes.count; i++) {
        const struct episode *one = &b->episodes.at[i];
        size_t windows = one->last - one->first + 1;
        sum.told += one->told;
        sum.windows += windows;
        sum.longest = windows > sum.longest ? windows : sum.longest;
        sum.by_hand = sum.by_hand || one->level >= ALERT_LEVEL_HELD;
        sum.places += !seen[one->commune];
        seen[one->commune] = true;
    }
    return sum;
}

void report_alerts(const struct report *report, struct buf *out)
{
    const struct backtest *b = report->backtest;
    const struct policy *policy = b->policy;
    struct alerts sum = alerts_of(b);
    buf_print(out,
              "\nas alerts, window after window (on after %" PRId64 ", off after %" PRId64
              " in a row; cool-down %" PRId64 " h): %zu go on, in %zu of %zu places\n",
              policy->persistence, policy->persistence_off, policy->cool_down_s / HOUR_S, sum.on,
              sum.places, b->communes);
    buf_print(out, "told %zu, within the cool-down %zu; on for ", sum.told, sum.on - sum.told);
    report_number(out, sum.on ? (double)sum.windows / (double)sum.on : NAN, 2);
    buf_print(out, " windows on average, %zu at most (n = %zu)\n", sum.longest, sum.on);
    if (sum.by_hand)
        buf_print(out,
                  "those of level %d and more are taken to be cleared by a person when the data "
                  "speak against them\n",
                  (int)ALERT_LEVEL_HELD);
}

void report_alerts_doc(const struct report *report, struct doc *out)
{
    struct alerts sum = alerts_of(report->backtest);
    struct doc *doc = doc_object();
    doc_put_int(doc, "went_on", (int64_t)sum.on);
    doc_put_int(doc, "told", (int64_t)sum.told);
    doc_put_int(doc, "places", (int64_t)sum.places);
    doc_put_int(doc, "windows_on", (int64_t)sum.windows);
    doc_put_int(doc, "longest_windows", (int64_t)sum.longest);
    doc_put(out, "alerts", doc);
}

// --- beside the days that were reported: an alert may hold many windows, and is one

enum { DAYS_POD, DAYS_FAR, DAYS_CSI, DAYS_LEAD, DAYS_ALL };

static void parts_of(const struct skill_match *m, double part[DAYS_ALL], double whole[DAYS_ALL])
{
    double hits = (double)m->hits, events = hits + (double)m->misses;
    double wrong = (double)m->false_alarms;
    const double parts[DAYS_ALL] = {hits, wrong, hits, m->lead_sum};
    const double wholes[DAYS_ALL] = {events, hits + wrong, events + wrong, hits};
    memcpy(part, parts, sizeof(parts));
    memcpy(whole, wholes, sizeof(wholes));
}

static void measure_months(const void *self, const size_t *drawn, double *out)
{
    const struct episode_months *months = self;
    double part[DAYS_ALL], whole[DAYS_ALL], parts[DAYS_ALL] = {0}, wholes[DAYS_ALL] = {0};
    for (size_t i = 0; i < months->count; i++) {
        parts_of(&months->at[drawn[i]].match, part, whole);
        for (size_t k = 0; k < DAYS_ALL; k++) {
            parts[k] += part[k];
            wholes[k] += whole[k];
        }
    }
    for (size_t k = 0; k < DAYS_ALL; k++)
        out[k] = wholes[k] > 0 ? parts[k] / wholes[k] : NAN;
}

// In how many months there is any of what each is a share of.
static void count_months(const struct episode_months *months, struct resample_share *share)
{
    double part[DAYS_ALL], whole[DAYS_ALL];
    for (size_t i = 0; i < months->count; i++) {
        parts_of(&months->at[i].match, part, whole);
        for (size_t k = 0; k < DAYS_ALL; k++)
            share[k].seasons += whole[k] > 0;
    }
}

static struct skill_match days_figures(const struct report *report, struct figures *out)
{
    static const char *const names[DAYS_ALL] = {
        "POD: told of, of the days", "FAR: false, of the alerts",
        "CSI: hits, of days and false alarms", "lead: days from being told to noon of the day"};
    AUTO(episode_months_free) struct episode_months months = {0};
    struct skill_match m = episodes_match(report->backtest, report->losses, report->share, &months);
    double part[DAYS_ALL], whole[DAYS_ALL], low[DAYS_ALL], high[DAYS_ALL];
    struct resample_share share[DAYS_ALL] = {0};
    for (size_t k = 0; k < DAYS_ALL; k++)
        low[k] = high[k] = NAN;
    if (months.count >= VERIFIED_BLOCKS_MIN)
        resample_run(&(struct resample){months.count, DAYS_ALL, 0, &months, measure_months}, low,
                     high);
    count_months(&months, share);
    parts_of(&m, part, whole);
    for (size_t k = 0; k < DAYS_ALL; k++) {
        share[k].part = part[k];
        share[k].whole = whole[k];
        if (k != DAYS_LEAD && months.count >= VERIFIED_BLOCKS_MIN)
            resample_share(&share[k], &low[k], &high[k]);
        struct figure *f =
            figures_add(out, "of these days; 95 %: months drawn anew", FIGURE_RATIO,
                        whole[k] > 0 ? part[k] / whole[k] : NAN, (size_t)whole[k], "%s", names[k]);
        f->low = low[k];
        f->high = high[k];
    }
    return m;
}

void report_days(const struct report *report, struct buf *out)
{
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    struct skill_match m = days_figures(report, figures);
    buf_print(out,
              "\nalerts beside the %zu days that were reported: hits %zu, misses %zu, false alarms "
              "%zu\n",
              report->losses->days, m.hits, m.misses, m.false_alarms);
    figures_text(figures, out);
}

void report_days_doc(const struct report *report, struct doc *out)
{
    enum { MILLI = 1000 };
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    struct skill_match m = days_figures(report, figures);
    struct doc *doc = doc_object();
    doc_put_int(doc, "reported", (int64_t)report->losses->days);
    doc_put_int(doc, "hits", (int64_t)m.hits);
    doc_put_int(doc, "misses", (int64_t)m.misses);
    doc_put_int(doc, "false_alarms", (int64_t)m.false_alarms);
    if (m.hits)
        doc_put_int(doc, "lead_milli_days", llround(m.lead_sum / (double)m.hits * MILLI));
    doc_put(doc, "scores", figures_doc(figures));
    doc_put(out, "days", doc);
}
