#ifndef GONG_TRIGGERS_FITTED_H
#define GONG_TRIGGERS_FITTED_H

#include <stdbool.h>
#include <stddef.h>

struct backtest;
struct figures;

// Distributions fitted to the index of each place: gamma by Thom's estimator where no index is
// below 0, GEV by L-moments; and the payout that each expects, by asking the policy at every
// multiple of its rounding. Means over the places. Source: domain-reference 8.
struct fitted {
    size_t places, seasons; // that were fitted; seasons of the one with the fewest
    bool has_gamma, has_gev, has_closed;
    double gamma_shape, gamma_scale, gamma_pays; // shape and scale of one place alone, else NaN
    double closed_pays;                          // of a linear deficit, by the closed form
    double below_strike, below_exit;             // P(I < strike), P(I <= exit) of the gamma
    double gev_k, gev_alpha, gev_xi, gev_pays;   // of one place alone, else NaN
    double gev_years[4];                         // value once in 5, 10, 20, 50 seasons
};

// `index` [occasions x communes] in units, NaN: not known. `place` SIZE_MAX: all. False when no
// place allows a fit, or the policy has several indices.
bool fitted_make(const struct backtest *backtest, size_t place, const double *index,
                 struct fitted *out);
void fitted_figures(const struct fitted *fitted, struct figures *out);

#endif
