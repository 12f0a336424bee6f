#ifndef GONG_TRIGGERS_FITTED_H
#define GONG_TRIGGERS_FITTED_H

#include <stdbool.h>
#include <stddef.h>

struct backtest;
struct figures;

// Distributions fitted to the index of each place: gamma by Thom's estimator where no index is
// below 0, GEV by L-moments; and the payout that each expects, by asking the policy at every
// multiple of its rounding. Means over the places. An interval is 1.96 standard errors to each
// side, found by leaving out one season after the other, at all places at once (jackknife, Tukey
// 1958); what is paid then is taken as straight in the parameters. Source: domain-reference 8.
enum fit {
    FIT_GAMMA_SHAPE, // of one place alone, else NaN
    FIT_GAMMA_SCALE,
    FIT_BELOW_STRIKE, // P(I < strike) and P(I <= exit) of a linear deficit
    FIT_BELOW_EXIT,
    FIT_CLOSED_PAYS, // of a linear deficit, by the closed form
    FIT_GAMMA_PAYS,
    FIT_GEV_K, // of one place alone, else NaN
    FIT_GEV_ALPHA,
    FIT_GEV_XI,
    FIT_GEV_PAYS,
    FIT_GEV_5, // value once in 5, 10, 20, 50 seasons
    FIT_GEV_10,
    FIT_GEV_20,
    FIT_GEV_50,
    FITS,
};
struct fitted {
    size_t places, seasons;                    // that were fitted; seasons of the one with fewest
    double value[FITS], low[FITS], high[FITS]; // NaN: not of this policy or past
};

// `index` [occasions x communes] in units, NaN: not known. `place` SIZE_MAX: all. False when no
// place allows a fit, or the policy has several indices.
bool fitted_make(const struct backtest *backtest, size_t place, const double *index,
                 struct fitted *out);
void fitted_figures(const struct fitted *fitted, struct figures *out);

#endif
