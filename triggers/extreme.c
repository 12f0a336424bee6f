#include "triggers/extreme.h"

#include <math.h>

enum { LEAST = 5 };
#define EULER 0.57721566490153286

bool extreme_fit(const double *sorted, size_t count, struct extreme *out)
{
    struct extreme fit = {0};
    double n = (double)count, b1 = 0, b2 = 0;
    if (count < LEAST)
        return false;
    for (size_t i = 0; i < count; i++) {
        double below = (double)i;
        fit.l1 += sorted[i] / n;
        b1 += below / (n - 1) * sorted[i] / n;
        b2 += below * (below - 1) / ((n - 1) * (n - 2)) * sorted[i] / n;
    }
    fit.l2 = 2 * b1 - fit.l1;
    if (!(fit.l2 > 0))
        return false;
    fit.t3 = (6 * b2 - 6 * b1 + fit.l1) / fit.l2;
    double c = 2 / (3 + fit.t3) - log(2) / log(3);
    fit.k = 7.8590 * c + 2.9554 * c * c;
    fit.gumbel_alpha = fit.l2 / log(2);
    fit.gumbel_xi = fit.l1 - EULER * fit.gumbel_alpha;
    if (fabs(fit.k) < 1e-9) { // the limit of both formulas
        fit.k = 0;
        fit.alpha = fit.gumbel_alpha;
        fit.xi = fit.gumbel_xi;
    } else {
        double gamma = tgamma(1 + fit.k);
        fit.alpha = fit.l2 * fit.k / ((1 - pow(2, -fit.k)) * gamma);
        fit.xi = fit.l1 - fit.alpha * (1 - gamma) / fit.k;
    }
    *out = fit;
    return true;
}

double extreme_gumbel(const struct extreme *fit, double years)
{
    return fit->gumbel_xi - fit->gumbel_alpha * log(-log(1 - 1 / years));
}

double extreme_value(const struct extreme *fit, double years)
{
    if (fit->k == 0)
        return extreme_gumbel(fit, years);
    return fit->xi + fit->alpha / fit->k * (1 - pow(-log(1 - 1 / years), fit->k));
}

double extreme_share(const struct extreme *fit, double x)
{
    double y = (x - fit->xi) / fit->alpha;
    if (fit->k == 0)
        return exp(-exp(-y));
    double inside = 1 - fit->k * y;
    if (inside <= 0)
        return fit->k > 0 ? 1 : 0;
    return exp(-pow(inside, 1 / fit->k));
}
