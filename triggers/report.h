#ifndef GONG_TRIGGERS_REPORT_H
#define GONG_TRIGGERS_REPORT_H

#include "core/doc.h"
#include "core/err.h"
#include "core/text.h"

#include <stddef.h>

struct backtest;
struct history;
struct losses;
struct verified;

// A backtest in the forms in which it is handed on.
struct report {
    const struct backtest *backtest;
    const struct history *history;
    const struct losses *losses; // NULL: nothing was reported
    double share;                // of communes that make a season's yes; see losses_table
    const char *series;          // what it was tried on, for the heading
    const char *product;         // its source's title, which tells run and version; NULL: not told
};

// Seasons as a table with the sums below, and beside what was reported when there is a report.
void report_text(const struct report *report, struct buf *out);

// The same as a document; the caller owns it.
struct doc *report_doc(const struct report *report);

// One row a season and commune: period, from, to, commune, name, index, unit, answer, pays_vnd;
// an index or payout that is not known is empty.
void report_csv(const struct report *report, struct buf *out);

// CF timeSeries: index, answer and payout (season, place), as a series file is.
MUST_USE enum err_kind report_netcdf(const struct report *report, const char *path,
                                     struct err *err);

// The chart of all seasons.
void report_svg(const struct report *report, struct buf *out);

// Hits, false alarms, misses and the scores of section 9 as lines, each with its n.
void report_skill(const struct report *report, struct buf *out);
void report_skill_doc(const struct report *report, struct doc *out);

// Of an alert, window after window (triggers/episode.h), and beside the days that were reported.
void report_alerts(const struct report *report, struct buf *out);
void report_alerts_doc(const struct report *report, struct doc *out);
void report_days(const struct report *report, struct buf *out);
void report_days_doc(const struct report *report, struct doc *out);

// Forecasts beside what was observed (triggers/verified.h): as lines, as a document that the caller
// owns, as a part of a page, and one row a run and place.
void report_forecasts(const struct verified *verified, struct buf *out);
struct doc *report_forecasts_doc(const struct verified *verified);
void report_forecasts_html(const struct verified *verified, struct buf *out);
void report_forecasts_csv(const struct report *report, struct buf *out);

// "0.5490" or "-" for NaN.
void report_number(struct buf *out, double value, int decimals);

// Strikes and thresholds of a policy in the unit of its index; at most `most`.
size_t report_lines(const struct backtest *backtest, double *line, size_t most);

#endif
