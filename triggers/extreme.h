#ifndef GONG_TRIGGERS_EXTREME_H
#define GONG_TRIGGERS_EXTREME_H

#include <stdbool.h>
#include <stddef.h>

// The distribution of yearly extremes by L-moments (Hosking). k < 0 is the heavy upper tail; some
// libraries write shape = -k. Pure; for prices and reports. Source: domain-reference 8.
struct extreme {
    double l1, l2, t3;   // L-moments of the sample
    double k, alpha, xi; // GEV
    double gumbel_alpha, gumbel_xi;
};
// `sorted` ascending. False when there are fewer than 5 values or all are the same.
bool extreme_fit(const double *sorted, size_t count, struct extreme *out);

// The value that is exceeded once in `years` on average, years > 1.
double extreme_value(const struct extreme *fit, double years);
double extreme_gumbel(const struct extreme *fit, double years);

// P(X <= x) of the GEV.
double extreme_share(const struct extreme *fit, double x);

#endif
