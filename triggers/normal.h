#ifndef GONG_TRIGGERS_NORMAL_H
#define GONG_TRIGGERS_NORMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is usual: percentiles and standardized indices. Values are whole thousandths in and out;
// between, the distributions need real numbers (no others of the language do), and the result is
// rounded to thousandths at once, so that decisions compare whole numbers. Pure.

// Percentile of `value` [count], count > 0, 0 < share_milli < 1000, by method 7 (linear) or 8
// (median-unbiased) of Hyndman and Fan (1996), in whole arithmetic, rounded half away from zero.
int64_t normal_percentile(const int64_t *value, size_t count, int64_t share_milli, int64_t method);

// The same in two steps: which two of the ordered values, from 0 (rank and rank + 1; the last has
// none after it), and what lies `part` NORMAL_PARTS-ths of the way from one to the other.
enum { NORMAL_PARTS = 3000 };
struct normal_place {
    size_t rank;
    int64_t part;
};
struct normal_place normal_place(size_t count, int64_t share_milli, int64_t method);
int64_t normal_between(int64_t low, int64_t high, int64_t part);

// Regularized lower incomplete gamma function P(shape, x), x >= 0, shape > 0.
double normal_gamma(double shape, double x);

// z with P(Z <= z) = p for a standard normal Z, 0 < p < 1.
double normal_quantile(double p);

// Gamma distribution by Thom's estimator over the values that are not zero.
struct gamma_fit {
    double zeros; // share of zeros
    double a;     // ln(mean) - mean(ln x)
    double shape, scale;
};
struct gamma_fit normal_gamma_fit(const int64_t *value, size_t count);

// Standardized precipitation index, in thousandths, within +-3090. Source: McKee et al. 1993 with
// Thom's estimator, as public climate libraries have it (domain-reference 5.3).
int64_t normal_spi(const int64_t *base, size_t count, int64_t value);

// Generalized logistic distribution by unbiased probability-weighted moments.
struct logistic_fit {
    double w0, w1, w2;
    double beta, alpha, gamma;
};
// false when the sample does not allow one (near-symmetric or skewed to the left).
bool normal_logistic_fit(const int64_t *base, size_t count, struct logistic_fit *out);

// Standardized precipitation-evapotranspiration index, in thousandths, within +-3090; false when
// the base does not allow one. Source: Vicente-Serrano et al. 2010 (domain-reference 5.4).
bool normal_spei(const int64_t *base, size_t count, int64_t value, int64_t *out);

#endif
