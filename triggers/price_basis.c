#include "triggers/price.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "triggers/backtest.h"
#include "triggers/basis.h"
#include "triggers/losses.h"
#include "triggers/resample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Loss and payout of each place and season that both are known of, in per cent, season by season.
struct pairs {
    double *loss, *payout; // [count] owned
    size_t *first;         // [seasons + 1] where each season's begin; owned
    size_t seasons, count;
    struct basis_rule rule;
    double *drawn_loss, *drawn_payout; // scratch; owned
    size_t room;                       // of the scratch
};

static void pairs_free(struct pairs *pairs)
{
    mem_free(&pairs->loss);
    mem_free(&pairs->payout);
    mem_free(&pairs->first);
    mem_free(&pairs->drawn_loss);
    mem_free(&pairs->drawn_payout);
}

static struct pairs pairs_of(const struct backtest *b, const struct losses *losses,
                             const struct price_query *query, double premium_percent)
{
    size_t cells = b->occasions.count * b->communes;
    struct pairs pairs = {.rule = {query->catastrophe, query->small, premium_percent}};
    pairs.loss = mem_new(cells, sizeof(*pairs.loss));
    pairs.payout = mem_new(cells, sizeof(*pairs.payout));
    pairs.first = mem_new(b->occasions.count + 1, sizeof(*pairs.first));
    for (size_t o = 0; o < b->occasions.count; o++) {
        for (size_t c = 0; c < b->communes; c++) {
            size_t cell = o * b->communes + c;
            if (!price_takes(query, c) || b->answer[cell] == ANSWER_UNKNOWN)
                continue;
            pairs.loss[pairs.count] = (double)losses->loss[losses->by_commune ? cell : o] / 1000;
            pairs.payout[pairs.count++] =
                100 * (double)b->pays_vnd[cell] / (double)b->sum_insured_vnd;
        }
        if (pairs.count > pairs.first[pairs.seasons]) // a season of which nothing is known is none
            pairs.first[++pairs.seasons] = pairs.count;
        size_t in = pairs.seasons ? pairs.count - pairs.first[pairs.seasons - 1] : 0;
        pairs.room = in > pairs.room ? in : pairs.room;
    }
    pairs.room *= pairs.seasons;
    pairs.drawn_loss = mem_new(pairs.room + 1, sizeof(*pairs.drawn_loss));
    pairs.drawn_payout = mem_new(pairs.room + 1, sizeof(*pairs.drawn_payout));
    return pairs;
}

enum {
    BASIS_UNPAID,
    BASIS_SMALL,
    BASIS_JOINT,
    BASIS_MEAN,
    BASIS_PERFORMANCE,
    BASIS_PEARSON,
    BASIS_SPEARMAN,
    BASIS_ALL
};

static void measure_basis(const void *self, const size_t *drawn, double *out)
{
    const struct pairs *pairs = self;
    size_t count = 0;
    for (size_t i = 0; i < pairs->seasons; i++) {
        size_t from = pairs->first[drawn[i]], size = pairs->first[drawn[i] + 1] - from;
        memcpy(pairs->drawn_loss + count, pairs->loss + from, size * sizeof(*pairs->loss));
        memcpy(pairs->drawn_payout + count, pairs->payout + from, size * sizeof(*pairs->payout));
        count += size;
    }
    struct basis basis = basis_of(pairs->drawn_loss, pairs->drawn_payout, count, &pairs->rule);
    const double values[BASIS_ALL] = {
        [BASIS_UNPAID] = basis.unpaid,           [BASIS_SMALL] = basis.paid_small,
        [BASIS_JOINT] = basis.unpaid_joint,      [BASIS_MEAN] = basis.paid_mean,
        [BASIS_PERFORMANCE] = basis.performance, [BASIS_PEARSON] = basis.pearson,
        [BASIS_SPEARMAN] = basis.spearman};
    memcpy(out, values, sizeof(values));
}

// Shares of pairs: in how many seasons there was any of what they are shares of.
static void put_share(const struct pairs *pairs, double part, size_t count,
                      bool (*counts)(double loss, const struct basis_rule *rule), double *low,
                      double *high)
{
    struct resample_share share = {part * (double)count, (double)count, 0,
                                   pairs->count == pairs->seasons};
    for (size_t o = 0; o < pairs->seasons; o++) {
        size_t i = pairs->first[o];
        while (i < pairs->first[o + 1] && !counts(pairs->loss[i], &pairs->rule))
            i++;
        share.seasons += i < pairs->first[o + 1];
    }
    resample_share(&share, low, high);
}

static bool is_catastrophe(double loss, const struct basis_rule *rule)
{
    return loss >= rule->catastrophe;
}

static bool is_small(double loss, const struct basis_rule *rule)
{
    return loss < rule->small;
}

static bool is_any(double loss, const struct basis_rule *rule)
{
    (void)rule;
    return !isnan(loss);
}

// Fewer draws where there are many pairs: ranks of all of them are made each time.
static size_t draws_of(size_t pairs)
{
    enum { WORK = 4000000, LEAST = 200, MOST = 2000 };
    size_t draws = WORK / (pairs + 1);
    return draws < LEAST ? LEAST : draws > MOST ? MOST : draws;
}

void price_basis(const struct backtest *b, const struct losses *losses,
                 const struct price_query *query, double premium_percent, struct figures *out)
{
    AUTO(pairs_free) struct pairs pairs = pairs_of(b, losses, query, premium_percent);
    double low[BASIS_ALL], high[BASIS_ALL];
    struct basis basis = basis_of(pairs.loss, pairs.payout, pairs.count, &pairs.rule);
    resample_run(
        &(struct resample){pairs.seasons, BASIS_ALL, draws_of(pairs.count), &pairs, measure_basis},
        low, high);
    char unpaid[64], small[64];
    (void)snprintf(unpaid, sizeof(unpaid), "no payout, of losses of %.0f %% or more",
                   query->catastrophe);
    (void)snprintf(small, sizeof(small), "payout, of losses under %.0f %%", query->small);
    put_share(&pairs, basis.unpaid, basis.catastrophes, is_catastrophe, &low[BASIS_UNPAID],
              &high[BASIS_UNPAID]);
    put_share(&pairs, basis.paid_small, basis.small, is_small, &low[BASIS_SMALL],
              &high[BASIS_SMALL]);
    put_share(&pairs, basis.unpaid_joint, pairs.count, is_any, &low[BASIS_JOINT],
              &high[BASIS_JOINT]);
    const struct {
        enum figure_kind kind;
        double value;
        size_t n;
        const char *name;
    } rows[BASIS_ALL] = {
        [BASIS_UNPAID] = {FIGURE_PERCENT, basis.unpaid, basis.catastrophes, unpaid},
        [BASIS_SMALL] = {FIGURE_PERCENT, basis.paid_small, basis.small, small},
        [BASIS_JOINT] = {FIGURE_PERCENT, basis.unpaid_joint, pairs.count,
                         "no payout and a loss that large"},
        [BASIS_MEAN] = {FIGURE_PERCENT, basis.paid_mean, basis.catastrophes,
                        "mean payout at losses that large"},
        [BASIS_PERFORMANCE] = {FIGURE_RATIO, basis.performance, basis.catastrophes,
                               "catastrophic performance ratio (over the gross premium)"},
        [BASIS_PEARSON] = {FIGURE_RATIO, basis.pearson, pairs.count,
                           "correlation of loss and payout (Pearson)"},
        [BASIS_SPEARMAN] = {FIGURE_RATIO, basis.spearman, pairs.count,
                            "correlation of loss and payout (Spearman)"},
    };
    for (size_t k = 0; k < BASIS_ALL; k++) {
        double unit = k <= BASIS_JOINT ? 100 : 1; // shares are shown in per cent
        struct figure *f = figures_add(out, "basis risk", rows[k].kind, unit * rows[k].value,
                                       rows[k].n, "%s", rows[k].name);
        f->low = unit * low[k];
        f->high = unit * high[k];
    }
}
