#ifndef GONG_TRIGGERS_SAMPLE_H
#define GONG_TRIGGERS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

// What a sample of seasons says, and how surely. For prices and reports, never for a decision: real
// numbers in and out. Pure. Source: domain-reference 8.

// Quantiles of the standard normal that intervals are made with.
#define SAMPLE_Z_95 1.959963985     // two-sided 95 %
#define SAMPLE_Z_ONE_90 1.281551566 // one-sided 90 %
#define SAMPLE_Z_ONE_95 1.644853627

struct sample {
    size_t count;
    double mean, sd, se; // sd with n - 1 (0 for one value); se = sd / sqrt(n)
    double least, most;
};
struct sample sample_of(const double *value, size_t count); // count > 0

// Wilson's score interval of a frequency k of n.
void sample_wilson(double k, double n, double z, double *low, double *high);

// Quantile p of the values: the value at rank ceil(p n), and by linear interpolation (type 7).
// `sorted` ascending, count > 0, 0 < p <= 1.
double sample_rank(const double *sorted, size_t count, double p);
double sample_linear(const double *sorted, size_t count, double p);
// Mean of the `worst` largest, 0 < worst <= count.
double sample_tail(const double *sorted, size_t count, size_t worst);
void sample_sort(double *value, size_t count);

// Return period of the value at `rank` from the largest (1) of n: Weibull, (n + 1) / rank.
double sample_return(size_t rank, size_t count);
// Its 95 % interval: how often a value that large comes, of n values of which it is the rank-th
// largest, has the distribution Beta(rank, n - rank + 1), whatever that of the values is.
void sample_return_95(size_t rank, size_t count, double *low, double *high);
// P(at least one event in `years`) of an event that comes back every `period` years; 0 when that is
// infinite.
double sample_once(double period, double years);

// The quantile of Student's distribution that two-sided 95 % intervals are made with, freedom >= 1.
// Source: Abramowitz and Stegun 26.7.3, 26.7.4.
double sample_student_95(size_t freedom);

// A straight line through (x, y) by least squares; `t` is slope / its standard error `se`, with
// n - 2 degrees of freedom. Of points on one line no error can be told: t is 0 and se is NaN.
struct trend {
    double slope, middle_x, middle_y, se, t;
};
struct trend sample_trend(const double *x, const double *y, size_t count); // count > 2
double trend_at(const struct trend *trend, double x);

// Gamma distribution: expected payout of a linear deficit, limit x [A(S) - A(E)] / (S - E) with
// A(K) = K P(a, K/b) - a b P(a + 1, K/b).
double sample_gamma_deficit(double shape, double scale, double strike, double limit_at,
                            double limit);

// Premium.
struct loading {
    double risk_return; // of PML less adjusted loss: 0.06
    double expense;     // of the gross premium: 0.15
    double sd_share;    // of the standard deviation: 0.3
};
struct premium {
    double adjusted; // expected loss + 1 se
    double upper_90, upper_95;
    double on_risk, on_risk_gross; // adjusted + return x (PML - adjusted), / (1 - expense)
    double by_sd, by_sd_gross;     // mean + share x sd
    double loss_ratio;             // mean / on_risk_gross
};
struct premium sample_premium(const struct sample *payouts, const struct loading *loading);

#endif
