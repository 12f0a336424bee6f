#ifndef GONG_TRIGGERS_PRICE_H
#define GONG_TRIGGERS_PRICE_H

#include "core/doc.h"
#include "core/err.h"
#include "core/text.h"
#include "policies/period.h"
#include "triggers/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backtest;
struct losses;

// What a cover must cost, out of its backtest, and how sure that is: every figure with the number
// of seasons it stands on and an interval. Real numbers, for people; no decision is made of them.
// Source: domain-reference 8 and 10. Intervals are 95 %: Wilson's for frequencies, else the middle
// of 2,000 resamples of whole seasons (seeded, so that the same past gives the same report).
enum figure_kind { FIGURE_VND, FIGURE_PERCENT, FIGURE_YEARS, FIGURE_RATIO, FIGURE_INDEX };
struct figure {
    const char *group;
    char name[80];
    enum figure_kind kind;
    double value, low, high; // low and high NaN: no interval; high infinite: low or more
    size_t n;                // seasons (or what the name says)
    bool fact;               // what was, which is no estimate of anything
};
enum { FIGURES_MAX = 80 };
struct figures {
    struct figure at[FIGURES_MAX];
    size_t count;
    const char *unit; // of FIGURE_INDEX
};

struct price_query {
    struct loading loading;
    bool detrend;              // move each place's index along its trend to the last season first,
    int64_t detrend_seasons;   // or to a season so many after it: the one that is covered
    double catastrophe, small; // per cent of loss, for basis risk
    size_t place;              // one place of the backtest; SIZE_MAX: all of them as one portfolio
    size_t threads;
};

// A season of the portfolio: the mean over its places that are known.
struct price_season {
    const struct occasion *when; // borrowed from the backtest
    double index;                // in units of the index
    double payout;               // VND
    bool known;
};
struct price {
    struct figures figures;
    struct price_season *season; // [seasons] in order; owned
    size_t seasons, known;
};
void price_free(struct price *price); // frees what is in it

// The seasons that are known, [known], from the worst on; of those that pay the same, the earlier
// first. The rank of each is how many paid as much or more: what was paid in three of twenty
// seasons is no rarer in the first of them than in the last.
struct price_rank {
    const struct price_season *season;
    size_t rank;
};
void price_ranks(const struct price *price, struct price_rank *out);

// `losses` may be NULL. ERR_INPUT when fewer than 5 seasons are known, or the policy is an alert;
// ERR_MISSING when there is no such place.
MUST_USE enum err_kind price_make(const struct backtest *backtest, const struct losses *losses,
                                  const struct price_query *query, struct price *out,
                                  struct err *err);

// Basis risk (domain-reference 10) beside losses that are told in per cent, appended: of each place
// and season both are known of. `premium_percent` of the sum insured is what a cover costs.
void price_basis(const struct backtest *backtest, const struct losses *losses,
                 const struct price_query *query, double premium_percent, struct figures *out);

// Whether the commune is the place that is priced, or one of all.
bool price_takes(const struct price_query *query, size_t commune);

// Appends a figure without an interval (low and high NaN), which may be put in then.
struct figure *figures_add(struct figures *figures, const char *group, enum figure_kind kind,
                           double value, size_t n, const char *name, ...) PRINTF(6, 7);

// The figures as lines, as a document, and as an HTML table.
void figures_text(const struct figures *figures, struct buf *out);
struct doc *figures_doc(const struct figures *figures);
void figures_html(const struct figures *figures, struct buf *out);

#endif
