#ifndef GONG_TRIGGERS_TRY_H
#define GONG_TRIGGERS_TRY_H

#include "core/cli.h"
#include "triggers/backtest.h"
#include "triggers/forecast.h"
#include "triggers/history.h"
#include "triggers/losses.h"

// What gong-backtest and gong-price have in common: a policy, with what-ifs, tried on a past that
// the command line names.
struct
try {
    struct policy *policy;
    struct seriesfile *series;                            // of --series
    struct seriesfile *beside_series[HISTORY_BESIDE_MAX]; // of further ones
    struct site *site;                                    // or of --site
    struct ledger *ledger;
    struct map *map;
    struct boundary_set *set;
    struct history history;
    struct seriesfile *observed_series[HISTORY_BESIDE_MAX + 1]; // of --observed, where it is files
    struct observed observed;
    struct backtest backtest;
    struct losses losses;
    bool has_losses;
    double share;
    char heading[600]; // what it is tried on
};
void try_close(struct try *try); // frees what is in it

// Options of both programs; a program adds its own behind them.
#define TRY_OPTIONS                                                                                \
    {"series", "FILE",                                                                             \
     "the past: a series file (gong series); SOURCE=FILE again for each further source"},          \
        {"observed", "SOURCE",                                                                     \
         "of an alert on forecasts: what happened then, a source of the site or a series file; "   \
         "FORECAST=SOURCE again for each further source of the policy"},                           \
        {"from", "DATE", "seasons that begin on this day or later"},                               \
        {"to", "DATE", "seasons that end by this day"},                                            \
        {"set", "CHANGES", "what if: \"threshold=120 mm; payout.exit=20 mm\""},                    \
        {"stage", "NAME", "one stage of an alert, as if it were the whole of it"},                 \
        {"everywhere", NULL, "every place of the series, whatever the policy's area"},             \
        {"sum-insured", "VND", "of each place and season; 10000000 without it"},                   \
        {"threads", "N", "threads; as many as there are processors without it"},                   \
        {"reported", "CSV", "bad seasons: period, and commune and loss_percent where known"},      \
        {"bad-from", "PERCENT", "a reported loss counts as bad from here; 0 without it"},          \
    {                                                                                              \
        "bad-share", "PERCENT", "share of places that make a season's yes; 0: any one"             \
    }

extern const char *const try_reads[]; // those that name a file that is read; NULL-ended

// Reads the command line's one argument and its options, and runs the backtest.
MUST_USE enum err_kind try_run(const struct cli *cli, struct try *out, struct err *err);

// The title of what its series was made of, which tells run and version; NULL: not told. Borrowed.
const char *try_product(const struct try *try);

// Writes a file that was asked for by an option.
MUST_USE enum err_kind try_write(const char *path, const struct buf *bytes, struct err *err);

#endif
