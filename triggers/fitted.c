#include "triggers/fitted.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/extreme.h"
#include "triggers/ladder.h"
#include "triggers/normal.h"
#include "triggers/payout.h"
#include "triggers/price.h"
#include "triggers/sample.h"

#include <math.h>

enum { SEASONS_MIN = 10, WET_MIN = 4, CELLS_MAX = 200000, YEARS = 4 };
static const double years[YEARS] = {5, 10, 20, 50};
static const double apart = 1e-4; // of a parameter, for the slope of what is paid

// One place's indices of the seasons that are known.
struct place_sample {
    double *value;  // [count] in the order of the seasons
    double *sorted; // [count] ascending, those that are looked at now
    int64_t *milli; // scratch
    size_t *season; // [count] which season each is of
    size_t count;
};

static void sample_free(struct place_sample *sample)
{
    mem_free(&sample->value);
    mem_free(&sample->sorted);
    mem_free(&sample->milli);
    mem_free(&sample->season);
}

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

// Whose legal cap counts for what is expected: the last season's.
static struct civil last_day(const struct backtest *b)
{
    return b->occasions.at[b->occasions.count - 1].last;
}

// In thousandths: under 0 of temperatures and of the normal numbers of SPI and SPEI.
static int64_t least_of(const struct backtest *b)
{
    int64_t least, most;
    index_rule_range(&b->policy->index, 0, &least, &most);
    return least;
}

static int64_t capped(const struct backtest *b, const struct ladder *ladder, int32_t quotient)
{
    struct money pays = VND(ladder_pays(ladder, quotient));
    return payout_capped(b->policy, VND(b->sum_insured_vnd), pays, last_day(b)).minor;
}

// The expected payout, under the legal cap of the last season's last day: each multiple of the
// rounding times the share that is rounded to it, from the least that the index can be up to where
// nothing is left. Only where the payout changes is the distribution asked.
static double expected(const struct backtest *b, share_below below, const void *self, double most)
{
    double unit = (double)b->policy->rounding_milli / 1000;
    int32_t first = (int32_t)(least_of(b) / b->policy->rounding_milli);
    int32_t last = (int32_t)fmin(fmax(ceil(most / unit), first), CELLS_MAX);
    struct ladder ladder;
    ladder_make(b->policy, b->sum_insured_vnd, first, last, &ladder);
    int64_t pays = capped(b, &ladder, first);
    double sum = 0;
    for (int32_t q = first; q < last; q++) {
        int64_t next = capped(b, &ladder, q + 1);
        if (next != pays)
            sum += (double)(pays - next) * below(self, ((double)q + 0.5) * unit);
        pays = next;
    }
    ladder_free(&ladder);
    return sum + (double)pays;
}

// --- one place
// -------------------------------------------------------------------------------------

// Sorts the sample, without the one at `left_out` (SIZE_MAX: all), and fits.
static size_t sort_without(struct place_sample *s, size_t left_out)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (i != left_out)
            s->sorted[count++] = s->value[i];
    }
    sample_sort(s->sorted, count);
    return count;
}

static bool fit_gamma(struct place_sample *s, size_t left_out, struct gamma_fit *out)
{
    size_t count = sort_without(s, left_out), wet = 0;
    for (size_t i = 0; i < count; i++) {
        s->milli[i] = llround(s->sorted[i] * 1000);
        wet += s->milli[i] > 0;
    }
    if (wet < WET_MIN || s->sorted[0] < 0 || s->sorted[0] == s->sorted[count - 1])
        return false;
    *out = normal_gamma_fit(s->milli, count);
    return out->shape > 0 && out->scale > 0 && !isinf(out->shape);
}

static bool fit_gev(struct place_sample *s, size_t left_out, struct extreme *out)
{
    return extreme_fit(s->sorted, sort_without(s, left_out), out);
}

// All but what is expected to be paid.
static void put_gamma(const struct backtest *b, const struct gamma_fit *fit, double *out)
{
    const struct payout_rule *rule = &b->policy->payout;
    double strike = (double)rule->strike_milli / 1000, limit = (double)rule->exit_milli / 1000;
    out[FIT_GAMMA_SHAPE] = fit->shape;
    out[FIT_GAMMA_SCALE] = fit->scale;
    if (rule->form != PAYOUT_LINEAR_DEFICIT || fit->zeros > 0)
        return;
    out[FIT_BELOW_STRIKE] = 100 * gamma_below(fit, strike);
    out[FIT_BELOW_EXIT] = 100 * gamma_below(fit, limit);
    struct money insured = VND(b->sum_insured_vnd);
    if (payout_capped(b->policy, insured, insured, last_day(b)).minor < insured.minor)
        return; // the closed form knows no legal cap
    out[FIT_CLOSED_PAYS] =
        sample_gamma_deficit(fit->shape, fit->scale, strike, limit, (double)b->sum_insured_vnd);
}

static void put_gev(const struct extreme *fit, double *out)
{
    out[FIT_GEV_K] = fit->k;
    out[FIT_GEV_ALPHA] = fit->alpha;
    out[FIT_GEV_XI] = fit->xi;
    for (size_t i = 0; i < YEARS; i++)
        out[FIT_GEV_5 + i] = extreme_value(fit, years[i]);
}

// Sums over the places: of the figures, and of what they are without each season.
struct pile {
    const struct backtest *b;
    size_t seasons;
    size_t *count; // [FITS] places with that figure
    double *sum;   // [FITS]
    double *left;  // [seasons x FITS] differences from the whole
};

static void add_figures(const struct pile *pile, const double *value)
{
    for (size_t k = 0; k < FITS; k++) {
        if (isnan(value[k]))
            continue;
        pile->sum[k] += value[k];
        pile->count[k]++;
    }
}

static void add_left(const struct pile *pile, size_t season, const double *whole,
                     const double *left)
{
    for (size_t k = 0; k < FITS; k++) {
        if (!isnan(whole[k]) && !isnan(left[k]))
            pile->left[season * FITS + k] += left[k] - whole[k];
    }
}

static void clear(double *value)
{
    for (size_t k = 0; k < FITS; k++)
        value[k] = NAN;
}

// A gamma distribution by what hardly pulls at one another: its mean, its spread over its mean, and
// the share of zeros. In shape and scale, which always move against each other, nothing is
// straight.
struct gamma_terms {
    double mean, spread, zeros;
};

static struct gamma_terms terms_of(const struct gamma_fit *fit)
{
    return (struct gamma_terms){fit->shape * fit->scale, 1 / sqrt(fit->shape), fit->zeros};
}

// How what is paid follows one of them.
static double slope(const struct backtest *b, struct gamma_fit other, double pays,
                    struct gamma_terms by, double most)
{
    struct gamma_terms at = terms_of(&other);
    double spread = at.spread + by.spread;
    other.shape = 1 / (spread * spread);
    other.scale = (at.mean + by.mean) / other.shape;
    other.zeros = at.zeros + by.zeros;
    return (expected(b, gamma_below, &other, most) - pays) /
           (by.mean + by.spread + by.zeros); // two of them are 0
}

static void add_gamma(const struct pile *pile, struct place_sample *s)
{
    const struct backtest *b = pile->b;
    struct gamma_fit fit, other;
    double whole[FITS], left[FITS];
    clear(whole);
    // What can be under 0 is no gamma's, though it never was.
    if (least_of(b) < 0 || !fit_gamma(s, SIZE_MAX, &fit))
        return;
    double most = 2 * s->sorted[s->count - 1] + 10 * fit.scale;
    put_gamma(b, &fit, whole);
    double pays = whole[FIT_GAMMA_PAYS] = expected(b, gamma_below, &fit, most);
    struct gamma_terms terms = terms_of(&fit);
    double by_mean = slope(b, fit, pays, (struct gamma_terms){apart * terms.mean, 0, 0}, most);
    double by_spread = slope(b, fit, pays, (struct gamma_terms){0, apart * terms.spread, 0}, most);
    double by_zeros = slope(b, fit, pays, (struct gamma_terms){0, 0, apart}, most);
    add_figures(pile, whole);
    for (size_t i = 0; i < s->count; i++) {
        clear(left);
        if (!fit_gamma(s, i, &other))
            continue;
        put_gamma(b, &other, left);
        struct gamma_terms now = terms_of(&other);
        left[FIT_GAMMA_PAYS] = pays + by_mean * (now.mean - terms.mean) +
                               by_spread * (now.spread - terms.spread) +
                               by_zeros * (now.zeros - terms.zeros);
        add_left(pile, s->season[i], whole, left);
    }
}

static double gev_pays(const struct backtest *b, struct extreme fit, double k, double alpha,
                       double xi, double most)
{
    fit.k += k;
    fit.alpha += alpha;
    fit.xi += xi;
    return expected(b, gev_below, &fit, most);
}

static void add_gev(const struct pile *pile, struct place_sample *s)
{
    const struct backtest *b = pile->b;
    struct extreme fit, other;
    double whole[FITS], left[FITS];
    clear(whole);
    if (!fit_gev(s, SIZE_MAX, &fit))
        return;
    double most = fmax(extreme_value(&fit, 10000), 2 * s->sorted[s->count - 1]);
    double step = apart * fit.alpha;
    put_gev(&fit, whole);
    double pays = whole[FIT_GEV_PAYS] = gev_pays(b, fit, 0, 0, 0, most);
    double by_k = (gev_pays(b, fit, apart, 0, 0, most) - pays) / apart;
    double by_alpha = (gev_pays(b, fit, 0, step, 0, most) - pays) / step;
    double by_xi = (gev_pays(b, fit, 0, 0, step, most) - pays) / step;
    add_figures(pile, whole);
    for (size_t i = 0; i < s->count; i++) {
        clear(left);
        if (!fit_gev(s, i, &other))
            continue;
        put_gev(&other, left);
        left[FIT_GEV_PAYS] = pays + by_k * (other.k - fit.k) +
                             by_alpha * (other.alpha - fit.alpha) + by_xi * (other.xi - fit.xi);
        add_left(pile, s->season[i], whole, left);
    }
}

static void take_place(const struct backtest *b, size_t place, const double *index,
                       struct place_sample *out)
{
    out->count = 0;
    for (size_t o = 0; o < b->occasions.count; o++) {
        double value = index[o * b->communes + place];
        if (isnan(value))
            continue;
        out->season[out->count] = o;
        out->value[out->count++] = value;
    }
}

// --- all places
// ------------------------------------------------------------------------------------

// 1.96 standard errors to each side; chances stay within 0 and 100 %.
static void put_interval(const struct pile *pile, size_t k, struct fitted *out)
{
    double n = (double)pile->seasons, mean = 0, squares = 0, places = (double)pile->count[k];
    for (size_t o = 0; o < pile->seasons; o++)
        mean += pile->left[o * FITS + k] / places / n;
    for (size_t o = 0; o < pile->seasons; o++) {
        double off = pile->left[o * FITS + k] / places - mean;
        squares += off * off;
    }
    double half = SAMPLE_Z_95 * sqrt((n - 1) / n * squares);
    bool chance = k == FIT_BELOW_STRIKE || k == FIT_BELOW_EXIT;
    bool money = k == FIT_CLOSED_PAYS || k == FIT_GAMMA_PAYS || k == FIT_GEV_PAYS;
    out->low[k] = out->value[k] - half;
    out->high[k] = out->value[k] + half;
    bool above_zero = k == FIT_GAMMA_SHAPE || k == FIT_GAMMA_SCALE || k == FIT_GEV_ALPHA;
    if (chance || money || above_zero)
        out->low[k] = fmax(out->low[k], 0);
    if (chance)
        out->high[k] = fmin(out->high[k], 100);
    if (money)
        out->high[k] = fmin(out->high[k], (double)pile->b->sum_insured_vnd);
}

// Sums become means; what belongs to one place alone is NaN for several.
static bool average(const struct pile *pile, struct fitted *out)
{
    static const enum fit alone[] = {FIT_GAMMA_SHAPE, FIT_GAMMA_SCALE, FIT_GEV_K, FIT_GEV_ALPHA,
                                     FIT_GEV_XI};
    bool any = false;
    clear(out->value);
    clear(out->low);
    clear(out->high);
    for (size_t k = 0; k < FITS; k++) {
        if (pile->count[k] == 0)
            continue;
        any = true;
        out->value[k] = pile->sum[k] / (double)pile->count[k];
        put_interval(pile, k, out);
    }
    for (size_t i = 0; out->places > 1 && i < COUNT_OF(alone); i++)
        out->value[alone[i]] = NAN;
    return any;
}

bool fitted_make(const struct backtest *b, size_t place, const double *index, struct fitted *out)
{
    struct fitted fitted = {0};
    size_t seasons = b->occasions.count, count[FITS] = {0};
    double sum[FITS] = {0};
    AUTO(sample_free)
    struct place_sample sample = {
        mem_new(seasons + 1, sizeof(double)), mem_new(seasons + 1, sizeof(double)),
        mem_new(seasons + 1, sizeof(int64_t)), mem_new(seasons + 1, sizeof(size_t)), 0};
    AUTO(mem_drop) double *left = mem_new(seasons * FITS + 1, sizeof(*left));
    struct pile pile = {b, seasons, count, sum, left};
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
        add_gamma(&pile, &sample);
        add_gev(&pile, &sample);
    }
    if (!average(&pile, &fitted))
        return false;
    *out = fitted;
    return true;
}

void fitted_figures(const struct fitted *f, struct figures *out)
{
    static const struct {
        const char *name;
        enum figure_kind kind;
    } rows[FITS] = {
        [FIT_GAMMA_SHAPE] = {"gamma: shape", FIGURE_RATIO},
        [FIT_GAMMA_SCALE] = {"gamma: scale", FIGURE_RATIO},
        [FIT_BELOW_STRIKE] = {"gamma: P(index < strike)", FIGURE_PERCENT},
        [FIT_BELOW_EXIT] = {"gamma: P(index <= exit)", FIGURE_PERCENT},
        [FIT_CLOSED_PAYS] = {"gamma: expected loss by the closed form", FIGURE_VND},
        [FIT_GAMMA_PAYS] = {"gamma: expected loss, index rounded", FIGURE_VND},
        [FIT_GEV_K] = {"GEV: k (under 0: heavy upper tail)", FIGURE_RATIO},
        [FIT_GEV_ALPHA] = {"GEV: alpha", FIGURE_RATIO},
        [FIT_GEV_XI] = {"GEV: xi", FIGURE_RATIO},
        [FIT_GEV_PAYS] = {"GEV: expected loss, index rounded", FIGURE_VND},
        [FIT_GEV_5] = {"GEV: value once in 5 seasons", FIGURE_INDEX},
        [FIT_GEV_10] = {"GEV: value once in 10 seasons", FIGURE_INDEX},
        [FIT_GEV_20] = {"GEV: value once in 20 seasons", FIGURE_INDEX},
        [FIT_GEV_50] = {"GEV: value once in 50 seasons", FIGURE_INDEX},
    };
    for (size_t k = 0; k < FITS; k++) {
        if (isnan(f->value[k]) || out->count == FIGURES_MAX)
            continue;
        struct figure *figure = figures_add(out, "fitted to the index of each place", rows[k].kind,
                                            f->value[k], f->seasons, "%s", rows[k].name);
        figure->low = f->low[k];
        figure->high = f->high[k];
    }
}
