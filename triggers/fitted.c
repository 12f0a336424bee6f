#include "triggers/fitted.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/extreme.h"
#include "triggers/ladder.h"
#include "triggers/normal.h"
#include "triggers/price.h"
#include "triggers/sample.h"

#include <math.h>
#include <stdio.h>

enum { SEASONS_MIN = 10, CELLS_MAX = 200000 };
static const double years[] = {5, 10, 20, 50};

// One place's indices, ascending.
struct place_sample {
    double *value;
    size_t count;
};

// P(I <= x) of the distribution that is in `self`.
typedef double (*share_below)(const void *self, double x);

static double gamma_below(const void *self, double x)
{
    const struct gamma_fit *fit = self;
    double wet = x < 0 ? 0 : normal_gamma(fit->shape, x / fit->scale);
    return x < 0 ? 0 : fit->zeros + (1 - fit->zeros) * wet;
}

static double gev_below(const void *self, double x)
{
    return extreme_share(self, x);
}

// The expected payout: each multiple of the rounding times the share that is rounded to it, up to
// where nothing is left.
static double expected(const struct backtest *b, share_below below, const void *self, double most)
{
    double unit = (double)b->policy->rounding_milli / 1000, sum = 0, before = 0;
    size_t cells = (size_t)fmin(ceil(most / unit), CELLS_MAX);
    struct ladder ladder;
    ladder_make(b->policy, b->sum_insured_vnd, 0, (int32_t)cells, &ladder);
    for (size_t q = 0; q <= cells; q++) {
        double up_to = q == cells ? 1 : below(self, ((double)q + 0.5) * unit);
        sum += (up_to - before) * (double)ladder_pays(&ladder, (int32_t)q);
        before = up_to;
    }
    ladder_free(&ladder);
    return sum;
}

static void add_gamma(const struct backtest *b, const struct place_sample *s, struct fitted *out)
{
    const struct payout_rule *rule = &b->policy->payout;
    AUTO(mem_drop) int64_t *milli = mem_new(s->count, sizeof(*milli));
    size_t wet = 0;
    for (size_t i = 0; i < s->count; i++) {
        milli[i] = llround(s->value[i] * 1000);
        wet += milli[i] > 0;
    }
    if (wet < 4 || s->value[0] < 0 || s->value[0] == s->value[s->count - 1])
        return;
    struct gamma_fit fit = normal_gamma_fit(milli, s->count);
    if (!(fit.shape > 0) || !(fit.scale > 0) || isinf(fit.shape))
        return;
    double most = 2 * s->value[s->count - 1] + 10 * fit.scale;
    out->gamma_pays += expected(b, gamma_below, &fit, most);
    out->gamma_shape = fit.shape;
    out->gamma_scale = fit.scale;
    double strike = (double)rule->strike_milli / 1000, limit = (double)rule->exit_milli / 1000;
    out->has_gamma = true;
    out->has_closed = rule->form == PAYOUT_LINEAR_DEFICIT && fit.zeros == 0;
    if (out->has_closed) {
        out->closed_pays +=
            sample_gamma_deficit(fit.shape, fit.scale, strike, limit, (double)b->sum_insured_vnd);
        out->below_strike += gamma_below(&fit, strike);
        out->below_exit += gamma_below(&fit, limit);
    }
}

static void add_gev(const struct backtest *b, const struct place_sample *s, struct fitted *out)
{
    struct extreme fit;
    if (!extreme_fit(s->value, s->count, &fit))
        return;
    double most = extreme_value(&fit, 10000);
    most = fmax(most, 2 * s->value[s->count - 1]);
    out->has_gev = true;
    out->gev_k = fit.k;
    out->gev_alpha = fit.alpha;
    out->gev_xi = fit.xi;
    out->gev_pays += expected(b, gev_below, &fit, most);
    for (size_t i = 0; i < COUNT_OF(years); i++)
        out->gev_years[i] += extreme_value(&fit, years[i]);
}

static void take_place(const struct backtest *b, size_t place, const double *index,
                       struct place_sample *out)
{
    out->count = 0;
    for (size_t o = 0; o < b->occasions.count; o++) {
        double value = index[o * b->communes + place];
        if (!isnan(value))
            out->value[out->count++] = value;
    }
    sample_sort(out->value, out->count);
}

// Sums become means; what belongs to one place alone is NaN for several.
static void average(struct fitted *fitted)
{
    double n = (double)fitted->places;
    double *means[] = {&fitted->gamma_pays, &fitted->closed_pays, &fitted->below_strike,
                       &fitted->below_exit, &fitted->gev_pays};
    double *alone[] = {&fitted->gamma_shape, &fitted->gamma_scale, &fitted->gev_k,
                       &fitted->gev_alpha, &fitted->gev_xi};
    for (size_t i = 0; i < COUNT_OF(means); i++)
        *means[i] /= n;
    for (size_t i = 0; i < COUNT_OF(years); i++)
        fitted->gev_years[i] /= n;
    for (size_t i = 0; fitted->places > 1 && i < COUNT_OF(alone); i++)
        *alone[i] = NAN;
}

bool fitted_make(const struct backtest *b, size_t place, const double *index, struct fitted *out)
{
    struct fitted fitted = {0};
    AUTO(mem_drop) double *value = mem_new(b->occasions.count, sizeof(*value));
    struct place_sample sample = {.value = value};
    if (b->policy->parts || b->policy->index.start.kind != START_PERIOD)
        return false;
    for (size_t c = 0; c < b->communes; c++) {
        if (place != SIZE_MAX && place != c)
            continue;
        take_place(b, c, index, &sample);
        if (sample.count < SEASONS_MIN)
            continue;
        if (fitted.places++ == 0 || sample.count < fitted.seasons)
            fitted.seasons = sample.count;
        add_gamma(b, &sample, &fitted);
        add_gev(b, &sample, &fitted);
    }
    if (fitted.places == 0 || (!fitted.has_gamma && !fitted.has_gev))
        return false;
    average(&fitted);
    *out = fitted;
    return true;
}

static void add(struct figures *figures, enum figure_kind kind, double value, size_t n,
                const char *name)
{
    if (isnan(value) || figures->count == FIGURES_MAX)
        return;
    struct figure *figure = &figures->at[figures->count++];
    *figure = (struct figure){.group = "fitted to the index of each place",
                              .kind = kind,
                              .value = value,
                              .low = NAN,
                              .high = NAN,
                              .n = n};
    (void)snprintf(figure->name, sizeof(figure->name), "%s", name);
}

void fitted_figures(const struct fitted *f, struct figures *out)
{
    static const char *const once[] = {
        "GEV: value once in 5 seasons", "GEV: value once in 10 seasons",
        "GEV: value once in 20 seasons", "GEV: value once in 50 seasons"};
    if (f->has_gamma) {
        add(out, FIGURE_RATIO, f->gamma_shape, f->seasons, "gamma: shape");
        add(out, FIGURE_RATIO, f->gamma_scale, f->seasons, "gamma: scale");
        if (f->has_closed) {
            add(out, FIGURE_PERCENT, 100 * f->below_strike, f->seasons, "gamma: P(index < strike)");
            add(out, FIGURE_PERCENT, 100 * f->below_exit, f->seasons, "gamma: P(index <= exit)");
            add(out, FIGURE_VND, f->closed_pays, f->seasons,
                "gamma: expected loss by the closed form");
        }
        add(out, FIGURE_VND, f->gamma_pays, f->seasons, "gamma: expected loss, index rounded");
    }
    if (!f->has_gev)
        return;
    add(out, FIGURE_RATIO, f->gev_k, f->seasons, "GEV: k (under 0: heavy upper tail)");
    add(out, FIGURE_RATIO, f->gev_alpha, f->seasons, "GEV: alpha");
    add(out, FIGURE_RATIO, f->gev_xi, f->seasons, "GEV: xi");
    add(out, FIGURE_VND, f->gev_pays, f->seasons, "GEV: expected loss, index rounded");
    for (size_t i = 0; i < COUNT_OF(years); i++)
        add(out, FIGURE_INDEX, f->gev_years[i], f->seasons, once[i]);
}
