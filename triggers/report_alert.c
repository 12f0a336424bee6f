#include "core/date.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/alert.h"
#include "triggers/backtest.h"
#include "triggers/episode.h"
#include "triggers/losses.h"
#include "triggers/report.h"

#include <inttypes.h>
#include <math.h>

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

// Beside the days that were reported: an alert may hold many windows, and is one.
void report_days(const struct report *report, struct buf *out)
{
    struct skill_match m = episodes_match(report->backtest, report->losses, report->share);
    double hits = (double)m.hits;
    buf_print(out,
              "alerts beside the %zu days that were reported: hits %zu, misses %zu, false alarms "
              "%zu\n",
              report->losses->days, m.hits, m.misses, m.false_alarms);
    const struct {
        const char *name;
        double part, whole;
    } rows[] = {
        {"  POD: told of, of the days", hits, hits + (double)m.misses},
        {"  FAR: false, of the alerts", (double)m.false_alarms, hits + (double)m.false_alarms},
        {"  CSI: hits, of days and false alarms", hits,
         hits + (double)m.misses + (double)m.false_alarms},
        {"  lead: days from being told to noon of the day", m.lead_sum, hits},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_print(out, "%-50s", rows[i].name);
        report_number(out, rows[i].whole > 0 ? rows[i].part / rows[i].whole : NAN, 4);
        buf_print(out, "   n = %.0f\n", rows[i].whole);
    }
}

void report_days_doc(const struct report *report, struct doc *out)
{
    enum { MILLI = 1000 };
    struct skill_match m = episodes_match(report->backtest, report->losses, report->share);
    struct doc *doc = doc_object();
    doc_put_int(doc, "reported", (int64_t)report->losses->days);
    doc_put_int(doc, "hits", (int64_t)m.hits);
    doc_put_int(doc, "misses", (int64_t)m.misses);
    doc_put_int(doc, "false_alarms", (int64_t)m.false_alarms);
    if (m.hits)
        doc_put_int(doc, "lead_milli_days", llround(m.lead_sum / (double)m.hits * MILLI));
    doc_put(out, "days", doc);
}
