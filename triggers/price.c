#include "triggers/price.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/fitted.h"
#include "triggers/ladder.h"
#include "triggers/losses.h"
#include "triggers/payout.h"
#include "triggers/resample.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEASONS_MIN = 5, WORST_SHOWN = 3 };

void price_free(struct price *price)
{
    mem_free(&price->season);
}

// --- seasons ------------------------------------------------------------------------------------

static int by_payout(const void *a, const void *b)
{
    const struct price_season *x = ((const struct price_rank *)a)->season;
    const struct price_season *y = ((const struct price_rank *)b)->season;
    if (x->payout != y->payout)
        return x->payout < y->payout ? 1 : -1;
    return (x > y) - (x < y);
}

void price_ranks(const struct price *price, struct price_rank *out)
{
    size_t count = 0;
    for (size_t i = 0; i < price->seasons; i++) {
        if (price->season[i].known)
            out[count++].season = &price->season[i];
    }
    qsort(out, count, sizeof(*out), by_payout);
    for (size_t i = count; i-- > 0;) {
        bool same = i + 1 < count && out[i].season->payout == out[i + 1].season->payout;
        out[i].rank = same ? out[i + 1].rank : i + 1;
    }
}

bool price_takes(const struct price_query *query, size_t commune)
{
    return query->place == SIZE_MAX || query->place == commune;
}

// Payout of a place in a season: as it was, or with its index moved along its trend.
struct moved {
    double *payout, *index; // [occasions x communes]
};

static void moved_free(struct moved *moved)
{
    mem_free(&moved->payout);
    mem_free(&moved->index);
}

// Seasons count 0, 1, 2 ...: the trend is per season, moved to the last one or past it.
static void move_place(const struct backtest *b, size_t c, const struct price_query *query,
                       struct moved *moved)
{
    size_t seasons = b->occasions.count, known = 0;
    AUTO(mem_drop) double *x = mem_new(seasons, sizeof(*x));
    AUTO(mem_drop) double *y = mem_new(seasons, sizeof(*y));
    for (size_t o = 0; o < seasons; o++) {
        size_t cell = o * b->communes + c;
        if (b->quotient[cell] == INDEX_NOT_KNOWN)
            continue;
        x[known] = (double)o;
        y[known++] = b->quotient[cell];
    }
    if (known < SEASONS_MIN)
        return;
    struct trend trend = sample_trend(x, y, known);
    int64_t least, most;
    index_rule_range(&b->policy->index, 0, &least, &most);
    double floor = (double)least / (double)b->policy->rounding_milli;
    double last = trend_at(&trend, (double)(seasons - 1) + (double)query->detrend_seasons);
    for (size_t i = 0; i < known; i++) {
        size_t cell = (size_t)x[i] * b->communes + c;
        double to = y[i] - trend_at(&trend, x[i]) + last;
        int32_t quotient = (int32_t)lround(fmax(to, floor));
        struct ladder ladder;
        ladder_make(b->policy, b->sum_insured_vnd, quotient, quotient, &ladder);
        struct money pays =
            payout_capped(b->policy, VND(b->sum_insured_vnd), VND(ladder_pays(&ladder, quotient)),
                          b->occasions.at[(size_t)x[i]].last);
        moved->payout[cell] = (double)pays.minor;
        moved->index[cell] = (double)quotient * (double)b->policy->rounding_milli / 1000;
        ladder_free(&ladder);
    }
}

static void move_all(const struct backtest *b, const struct price_query *query, struct moved *out)
{
    size_t cells = b->occasions.count * b->communes;
    out->payout = mem_new(cells, sizeof(*out->payout));
    out->index = mem_new(cells, sizeof(*out->index));
    for (size_t cell = 0; cell < cells; cell++) {
        out->payout[cell] = (double)b->pays_vnd[cell];
        out->index[cell] =
            b->quotient[cell] == INDEX_NOT_KNOWN ? NAN : (double)backtest_index(b, cell) / 1000;
    }
    for (size_t c = 0; query->detrend && c < b->communes; c++) {
        if (price_takes(query, c))
            move_place(b, c, query, out);
    }
}

static void take_seasons(const struct backtest *b, const struct moved *moved,
                         const struct price_query *query, struct price *out)
{
    out->seasons = b->occasions.count;
    out->season = mem_new(out->seasons + 1, sizeof(*out->season));
    for (size_t o = 0; o < out->seasons; o++) {
        struct price_season *season = &out->season[o];
        double known = 0, indexed = 0;
        season->when = &b->occasions.at[o];
        for (size_t c = 0; c < b->communes; c++) {
            size_t cell = o * b->communes + c;
            if (!price_takes(query, c) || b->answer[cell] == ANSWER_UNKNOWN)
                continue;
            known++;
            season->payout += moved->payout[cell];
            if (isnan(moved->index[cell]))
                continue;
            indexed++;
            season->index += moved->index[cell];
        }
        season->known = known > 0;
        season->payout = known > 0 ? season->payout / known : NAN;
        season->index = indexed > 0 ? season->index / indexed : NAN;
        out->known += season->known;
    }
}

// --- figures of the sample ----------------------------------------------------------------------

// Everything that is computed of a sample of payouts, in the order in which it is shown.
enum {
    OF_MEAN,
    OF_SHARE,
    OF_SD,
    OF_SE,
    OF_ADJUSTED,
    OF_UPPER_90,
    OF_UPPER_95,
    OF_VAR_90,
    OF_VAR_95,
    OF_VAR_99,
    OF_LINEAR_90,
    OF_LINEAR_95,
    OF_LINEAR_99,
    OF_TAIL_1,
    OF_TAIL_10,
    OF_TAIL_20,
    OF_ON_RISK,
    OF_ON_RISK_GROSS,
    OF_BY_SD,
    OF_BY_SD_GROSS,
    OF_LOSS_RATIO,
    OF_ALL,
};

static size_t tail_of(size_t count, size_t percent)
{
    size_t worst = count * percent / 100;
    return worst > 0 ? worst : 1;
}

// `sorted` ascending.
static void measure(const double *sorted, size_t count, double insured,
                    const struct loading *loading, double *out)
{
    struct sample s = sample_of(sorted, count);
    struct premium p = sample_premium(&s, loading);
    const double values[OF_ALL] = {
        [OF_MEAN] = s.mean,
        [OF_SHARE] = 100 * s.mean / insured,
        [OF_SD] = s.sd,
        [OF_SE] = s.se,
        [OF_ADJUSTED] = p.adjusted,
        [OF_UPPER_90] = p.upper_90,
        [OF_UPPER_95] = p.upper_95,
        [OF_VAR_90] = sample_rank(sorted, count, 0.90),
        [OF_VAR_95] = sample_rank(sorted, count, 0.95),
        [OF_VAR_99] = sample_rank(sorted, count, 0.99),
        [OF_LINEAR_90] = sample_linear(sorted, count, 0.90),
        [OF_LINEAR_95] = sample_linear(sorted, count, 0.95),
        [OF_LINEAR_99] = sample_linear(sorted, count, 0.99),
        [OF_TAIL_1] = sample_tail(sorted, count, 1),
        [OF_TAIL_10] = sample_tail(sorted, count, tail_of(count, 10)),
        [OF_TAIL_20] = sample_tail(sorted, count, tail_of(count, 20)),
        [OF_ON_RISK] = p.on_risk,
        [OF_ON_RISK_GROSS] = p.on_risk_gross,
        [OF_BY_SD] = p.by_sd,
        [OF_BY_SD_GROSS] = p.by_sd_gross,
        [OF_LOSS_RATIO] = p.loss_ratio,
    };
    memcpy(out, values, sizeof(values));
}

// What a sample of payouts is measured with when seasons are drawn anew.
struct draw {
    const double *payout; // [count]
    size_t count;
    double insured;
    const struct loading *loading;
    double *drawn; // [count] scratch
};

static void measure_drawn(const void *self, const size_t *drawn, double *out)
{
    const struct draw *draw = self;
    for (size_t i = 0; i < draw->count; i++)
        draw->drawn[i] = draw->payout[drawn[i]];
    sample_sort(draw->drawn, draw->count);
    measure(draw->drawn, draw->count, draw->insured, draw->loading, out);
}

// low and high [OF_ALL]
static void resample(const double *payout, size_t count, double insured,
                     const struct loading *loading, double *low, double *high)
{
    AUTO(mem_drop) double *drawn = mem_new(count, sizeof(*drawn));
    struct draw draw = {payout, count, insured, loading, drawn};
    resample_run(&(struct resample){count, OF_ALL, 0, &draw, measure_drawn}, low, high);
}

static void add_sample(const double *payout, size_t count, double insured,
                       const struct loading *loading, struct figures *out)
{
    static const struct {
        const char *group, *name;
        enum figure_kind kind;
    } rows[OF_ALL] = {
        [OF_MEAN] = {"burn", "expected loss (burning cost)", FIGURE_VND},
        [OF_SHARE] = {"burn", "expected loss of the sum insured", FIGURE_PERCENT},
        [OF_SD] = {"burn", "standard deviation (n - 1)", FIGURE_VND},
        [OF_SE] = {"burn", "standard error", FIGURE_VND},
        [OF_ADJUSTED] = {"burn", "adjusted expected loss (+ 1 standard error)", FIGURE_VND},
        [OF_UPPER_90] = {"burn", "upper bound, one-sided 90 %", FIGURE_VND},
        [OF_UPPER_95] = {"burn", "upper bound, one-sided 95 %", FIGURE_VND},
        [OF_VAR_90] = {"tail", "VaR 90 %, nearest rank", FIGURE_VND},
        [OF_VAR_95] = {"tail", "VaR 95 %, nearest rank", FIGURE_VND},
        [OF_VAR_99] = {"tail", "VaR 99 %, nearest rank", FIGURE_VND},
        [OF_LINEAR_90] = {"tail", "VaR 90 %, type 7", FIGURE_VND},
        [OF_LINEAR_95] = {"tail", "VaR 95 %, type 7", FIGURE_VND},
        [OF_LINEAR_99] = {"tail", "VaR 99 %, type 7", FIGURE_VND},
        [OF_TAIL_1] = {"tail", "TVaR, worst season (PML)", FIGURE_VND},
        [OF_TAIL_10] = {"tail", "TVaR, worst 10 % of seasons", FIGURE_VND},
        [OF_TAIL_20] = {"tail", "TVaR, worst 20 % of seasons", FIGURE_VND},
        [OF_ON_RISK] = {"premium", "by return on risk", FIGURE_VND},
        [OF_ON_RISK_GROSS] = {"premium", "by return on risk, gross", FIGURE_VND},
        [OF_BY_SD] = {"premium", "by standard deviation", FIGURE_VND},
        [OF_BY_SD_GROSS] = {"premium", "by standard deviation, gross", FIGURE_VND},
        [OF_LOSS_RATIO] = {"premium", "loss ratio at the gross premium by return on risk",
                           FIGURE_RATIO},
    };
    double value[OF_ALL], low[OF_ALL], high[OF_ALL];
    AUTO(mem_drop) double *sorted = mem_new(count, sizeof(*sorted));
    memcpy(sorted, payout, count * sizeof(*sorted));
    sample_sort(sorted, count);
    measure(sorted, count, insured, loading, value);
    resample(payout, count, insured, loading, low, high);
    for (size_t k = 0; k < OF_ALL; k++) {
        struct figure *f =
            figures_add(out, rows[k].group, rows[k].kind, value[k], count, "%s", rows[k].name);
        f->low = low[k];
        f->high = high[k];
    }
}

// For who buys: whether it will pay at all within a time that one plans for.
enum { SOON_SEASONS = 5 };

static void add_frequency(const double *payout, size_t count, struct figures *out)
{
    double k = 0, low, high;
    for (size_t i = 0; i < count; i++)
        k += payout[i] > 0;
    sample_wilson(k, (double)count, SAMPLE_Z_95, &low, &high);
    struct figure *f = figures_add(out, "frequency", FIGURE_PERCENT, 100 * k / (double)count, count,
                                   "seasons that pay, k = %.0f", k);
    f->low = 100 * low;
    f->high = 100 * high;
    f = figures_add(out, "frequency", FIGURE_YEARS, k > 0 ? (double)count / k : NAN, count,
                    "return period of a payout");
    f->low = high > 0 ? 1 / high : NAN;
    f->high = low > 0 ? 1 / low : INFINITY;
    f = figures_add(out, "frequency", FIGURE_PERCENT,
                    100 * sample_once((double)count / k, SOON_SEASONS), count,
                    "at least one payout in %d seasons", SOON_SEASONS);
    f->low = 100 * sample_once(1 / low, SOON_SEASONS);
    f->high = 100 * sample_once(1 / high, SOON_SEASONS);
}

// What the expected loss is without one season, and how sure that is.
static void add_without(const double *payout, size_t count, double one,
                        const struct loading *loading, const char *name, struct figures *out)
{
    double low[OF_ALL], high[OF_ALL];
    AUTO(mem_drop) double *rest = mem_new(count, sizeof(*rest));
    size_t kept = 0;
    bool gone = false;
    for (size_t i = 0; i < count; i++) {
        if (!gone && payout[i] == one)
            gone = true;
        else
            rest[kept++] = payout[i];
    }
    resample(rest, kept, 1, loading, low, high);
    struct figure *f = figures_add(out, "effect of one season", FIGURE_VND,
                                   sample_of(rest, kept).mean, kept, "%s", name);
    f->low = low[OF_MEAN];
    f->high = high[OF_MEAN];
}

// What one season more or less would have made of it; the worst ones, and how often such a one is.
static void add_drops(const struct price *price, const double *payout, size_t count,
                      const struct loading *loading, struct figures *out)
{
    struct sample all = sample_of(payout, count);
    AUTO(mem_drop) struct price_rank *worst = mem_new(count + 1, sizeof(*worst));
    price_ranks(price, worst);
    add_without(payout, count, all.most, loading, "expected loss without the worst season", out);
    add_without(payout, count, all.least, loading, "expected loss without the best season", out);
    for (size_t i = 0; i < WORST_SHOWN && i < count && worst[i].season->payout > 0; i++) {
        const struct occasion *when = worst[i].season->when;
        struct figure *f =
            figures_add(out, "effect of one season", FIGURE_VND, worst[i].season->payout, 1,
                        "worst season %zu: %s, %s to %s", i + 1, when->period,
                        date_text(when->first).at, date_text(when->last).at);
        f->fact = true;
        f = figures_add(out, "effect of one season", FIGURE_YEARS,
                        sample_return(worst[i].rank, count), count,
                        "return period of worst season %zu", i + 1);
        sample_return_95(worst[i].rank, count, &f->low, &f->high);
    }
}

// The trend that was taken off, of the mean over the places: its slope, and how many of its
// standard errors that is.
static void add_trend(const struct backtest *b, const struct price_query *query,
                      struct figures *out)
{
    AUTO(mem_drop) double *x = mem_new(b->occasions.count + 1, sizeof(*x));
    AUTO(mem_drop) double *y = mem_new(b->occasions.count + 1, sizeof(*y));
    size_t known = 0;
    for (size_t o = 0; o < b->occasions.count; o++) {
        double sum = 0, places = 0;
        for (size_t c = 0; c < b->communes; c++) {
            size_t cell = o * b->communes + c;
            if (!price_takes(query, c) || b->quotient[cell] == INDEX_NOT_KNOWN)
                continue;
            sum += (double)backtest_index(b, cell) / 1000;
            places++;
        }
        x[known] = (double)o;
        y[known] = places > 0 ? sum / places : 0;
        known += places > 0;
    }
    if (known < SEASONS_MIN)
        return;
    struct trend trend = sample_trend(x, y, known);
    // Where no error can be told, there is no interval either.
    double times = isnan(trend.se) ? NAN : sample_student_95(known - 2);
    struct figure *f = figures_add(out, "trend taken off", FIGURE_INDEX, trend.slope, known,
                                   "of the mean index, per season");
    f->low = trend.slope - times * trend.se;
    f->high = trend.slope + times * trend.se;
    f = figures_add(out, "trend taken off", FIGURE_RATIO, trend.t, known,
                    "t: the slope over its standard error");
    f->low = trend.t - times;
    f->high = trend.t + times;
}

enum err_kind price_make(const struct backtest *backtest, const struct losses *losses,
                         const struct price_query *query, struct price *out, struct err *err)
{
    AUTO(price_free) struct price price = {0};
    AUTO(moved_free) struct moved moved = {0};
    const struct policy *policy = backtest->policy;
    double insured = (double)backtest->sum_insured_vnd;
    if (policy->kind != POLICY_INSURANCE)
        return err_set(err, ERR_INPUT,
                       "policy %s is an alert: it has scores beside what was reported, not a price",
                       policy->id);
    if (query->detrend && policy->parts)
        return err_set(err, ERR_INPUT, "a policy of several indices cannot be detrended");
    if (query->detrend && policy->limits.there)
        return err_set(
            err, ERR_INPUT,
            "policy %s pays by events (limits:), and a moved index says nothing of each; "
            "price it without --detrend",
            policy->id);
    if (query->detrend && policy->index.start.otherwise == NO_START_PAYS)
        return err_set(
            err, ERR_INPUT,
            "policy %s also pays a season that never starts, which has no index to move; "
            "price it without --detrend",
            policy->id);
    move_all(backtest, query, &moved);
    take_seasons(backtest, &moved, query, &price);
    if (price.known < SEASONS_MIN)
        return err_set(err, ERR_INPUT, "only %zu seasons are known; a price needs at least %d",
                       price.known, SEASONS_MIN);
    AUTO(mem_drop) double *payout = mem_new(price.known, sizeof(*payout));
    size_t count = 0;
    for (size_t i = 0; i < price.seasons; i++) {
        if (price.season[i].known)
            payout[count++] = price.season[i].payout;
    }
    price.figures.unit = unit_word(policy->index.unit, LANGUAGE_EN);
    if (query->detrend)
        add_trend(backtest, query, &price.figures);
    add_sample(payout, count, insured, &query->loading, &price.figures);
    add_frequency(payout, count, &price.figures);
    add_drops(&price, payout, count, &query->loading, &price.figures);
    struct fitted fitted;
    if (fitted_make(backtest, query->place, moved.index, &fitted))
        fitted_figures(&fitted, &price.figures);
    double gross = price.figures.at[OF_ON_RISK_GROSS].value;
    if (losses && losses->by_percent)
        price_basis(backtest, losses, query, 100 * gross / insured, &price.figures);
    *out = MOVE(price);
    return OK;
}
