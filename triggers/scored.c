#include "triggers/scored.h"

#include "core/mem.h"
#include "triggers/backtest.h"
#include "triggers/losses.h"
#include "triggers/price.h"
#include "triggers/resample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum score {
    SCORE_POD,
    SCORE_FAR,
    SCORE_POFD,
    SCORE_CSI,
    SCORE_ACCURACY,
    SCORE_BIAS,
    SCORE_ETS,
    SCORE_HK,
    SCORE_HSS,
    SCORE_ODDS,
    SCORE_ORSS,
    SCORE_SEDI,
    SCORE_VALUE_5,
    SCORE_VALUE_10,
    SCORE_VALUE_25,
    SCORES,
};

static void measure(struct skill_table t, double *out)
{
    struct skill s = skill_of(t);
    const double values[SCORES] = {
        [SCORE_POD] = s.pod,
        [SCORE_FAR] = s.far,
        [SCORE_POFD] = s.pofd,
        [SCORE_CSI] = s.csi,
        [SCORE_ACCURACY] = s.accuracy,
        [SCORE_BIAS] = s.bias,
        [SCORE_ETS] = s.ets,
        [SCORE_HK] = s.hk,
        [SCORE_HSS] = s.hss,
        [SCORE_ODDS] = s.odds_ratio,
        [SCORE_ORSS] = s.orss,
        [SCORE_SEDI] = s.sedi,
        [SCORE_VALUE_5] = skill_value(t, 0.05),
        [SCORE_VALUE_10] = skill_value(t, 0.10),
        [SCORE_VALUE_25] = skill_value(t, 0.25),
    };
    memcpy(out, values, sizeof(values));
}

struct draw {
    const struct skill_table *season; // [seasons]
    size_t seasons;
};

static struct skill_table sum_of(const struct skill_table *season, const size_t *drawn,
                                 size_t count)
{
    struct skill_table sum = {0};
    for (size_t i = 0; i < count; i++) {
        const struct skill_table *one = &season[drawn ? drawn[i] : i];
        sum = (struct skill_table){sum.a + one->a, sum.b + one->b, sum.c + one->c, sum.d + one->d};
    }
    return sum;
}

static void measure_drawn(const void *self, const size_t *drawn, double *out)
{
    const struct draw *draw = self;
    measure(sum_of(draw->season, drawn, draw->seasons), out);
}

// Those of the scores that are shares of something that was counted: the first ones.
enum { SHARES = SCORE_ACCURACY + 1 };
static void shares_of(struct skill_table t, double part[SHARES], double whole[SHARES])
{
    const double parts[SHARES] = {t.a, t.b, t.b, t.a, t.a + t.d};
    const double wholes[SHARES] = {t.a + t.c, t.a + t.b, t.b + t.d, t.a + t.b + t.c,
                                   t.a + t.b + t.c + t.d};
    memcpy(part, parts, sizeof(parts));
    memcpy(whole, wholes, sizeof(wholes));
}

static void put_shares(const struct draw *draw, const struct skill_table *sum, bool trials,
                       double *low, double *high)
{
    struct resample_share share[SHARES] = {0};
    double part[SHARES], whole[SHARES];
    for (size_t i = 0; i < draw->seasons; i++) {
        shares_of(draw->season[i], part, whole);
        for (size_t k = 0; k < SHARES; k++)
            share[k].seasons += whole[k] > 0;
    }
    shares_of(*sum, part, whole);
    for (size_t k = 0; k < SHARES; k++) {
        share[k].part = part[k];
        share[k].whole = whole[k];
        share[k].trials = trials;
        resample_share(&share[k], &low[k], &high[k]);
    }
}

struct skill_table scored_of(const struct skill_table *season, size_t seasons, bool trials,
                             struct figures *out)
{
    static const char *const names[SCORES] = {
        [SCORE_POD] = "POD: told of, of what was reported",
        [SCORE_FAR] = "FAR: false, of what was told (ratio)",
        [SCORE_POFD] = "POFD: told of, of what was not reported (rate)",
        [SCORE_CSI] = "CSI: hits, of all that was told or reported",
        [SCORE_ACCURACY] = "accuracy",
        [SCORE_BIAS] = "bias: told of over reported",
        [SCORE_ETS] = "ETS: CSI less chance",
        [SCORE_HK] = "HK: POD less POFD",
        [SCORE_HSS] = "HSS: accuracy less chance",
        [SCORE_ODDS] = "odds ratio",
        [SCORE_ORSS] = "ORSS: odds ratio skill score",
        [SCORE_SEDI] = "SEDI",
        [SCORE_VALUE_5] = "value of acting on it, at cost 5 % of the loss",
        [SCORE_VALUE_10] = "value of acting on it, at cost 10 % of the loss",
        [SCORE_VALUE_25] = "value of acting on it, at cost 25 % of the loss",
    };
    double value[SCORES], low[SCORES], high[SCORES];
    struct draw draw = {season, seasons};
    struct skill_table t = sum_of(season, NULL, draw.seasons);
    double part[SHARES], whole[SHARES];
    shares_of(t, part, whole);
    if (draw.seasons == 0)
        return t;
    measure(t, value);
    resample_run(&(struct resample){draw.seasons, SCORES, 0, &draw, measure_drawn}, low, high);
    put_shares(&draw, &t, trials, low, high);
    for (size_t k = 0; k < SCORES && out->count < FIGURES_MAX; k++) {
        size_t n = (size_t)whole[k < SHARES ? k : SHARES - 1];
        struct figure *f = figures_add(out, "scores", FIGURE_RATIO, value[k], n, "%s", names[k]);
        f->low = low[k];
        f->high = high[k];
    }
    return t;
}

struct skill_table scored_figures(const struct losses *losses, const struct backtest *backtest,
                                  double share, struct figures *out)
{
    AUTO(mem_drop)
    struct skill_table *season = mem_new(backtest->occasions.count + 1, sizeof(*season));
    size_t seasons = losses_tables(losses, backtest, share, season);
    return scored_of(season, seasons, !losses->by_commune, out);
}
