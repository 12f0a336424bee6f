#include "triggers/normal.h"

#include "core/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STANDARD_MILLI_MAX = 3090 };

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t *sorted(const int64_t *value, size_t count)
{
    int64_t *copy = mem_new(count, sizeof(*copy));
    memcpy(copy, value, count * sizeof(*copy));
    qsort(copy, count, sizeof(*copy), by_size);
    return copy;
}

struct normal_place normal_place(size_t count, int64_t share_milli, int64_t method)
{
    assert(count > 0 && share_milli > 0 && share_milli < 1000);
    assert(method == 7 || method == 8);
    // The place among the sorted values, from 1, in 1/3000: 7: 1 + (n-1)p; 8: 1/3 + (n+1/3)p.
    int64_t n = (int64_t)count;
    int64_t place = method == 7 ? NORMAL_PARTS + 3 * (n - 1) * share_milli
                                : NORMAL_PARTS / 3 + (3 * n + 1) * share_milli;
    if (place <= NORMAL_PARTS)
        return (struct normal_place){0, 0};
    if (place >= NORMAL_PARTS * n)
        return (struct normal_place){count - 1, 0};
    return (struct normal_place){(size_t)(place / NORMAL_PARTS) - 1, place % NORMAL_PARTS};
}

int64_t normal_between(int64_t low, int64_t high, int64_t part)
{
    return low + ((high - low) * part + NORMAL_PARTS / 2) / NORMAL_PARTS;
}

int64_t normal_percentile(const int64_t *value, size_t count, int64_t share_milli, int64_t method)
{
    struct normal_place place = normal_place(count, share_milli, method);
    AUTO(mem_drop) int64_t *by = sorted(value, count);
    int64_t low = by[place.rank], high = by[place.part ? place.rank + 1 : place.rank];
    return normal_between(low, high, place.part);
}

// Series for x < shape + 1, continued fraction (modified Lentz) above. Numerical Recipes 6.2.
double normal_gamma(double shape, double x)
{
    enum { TERMS_MAX = 10000 };
    const double enough = 1e-16, tiny = 1e-300;
    if (x <= 0)
        return 0;
    double front = exp(-x + shape * log(x) - lgamma(shape));
    if (x < shape + 1) {
        double term = 1 / shape, sum = term;
        for (int i = 1; i < TERMS_MAX && term > sum * enough; i++) {
            term *= x / (shape + i);
            sum += term;
        }
        return sum * front;
    }
    double b = x + 1 - shape, c = 1 / tiny, d = 1 / b, h = d;
    for (int i = 1; i < TERMS_MAX; i++) {
        double a = -i * (i - shape);
        b += 2;
        d = a * d + b;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = b + a / c;
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        if (fabs(d * c - 1) < enough)
            break;
    }
    return 1 - front * h;
}

// Acklam's rational approximation, then two steps of Halley's method on erfc.
double normal_quantile(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00};
    const double low = 0.02425;
    assert(p > 0 && p < 1);
    double tail = p < low ? p : p > 1 - low ? 1 - p : 0, z;
    if (tail > 0) {
        double q = sqrt(-2 * log(tail));
        z = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
            ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
        if (p > 1 - low)
            z = -z;
    } else {
        double q = p - 0.5, r = q * q;
        z = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
            (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
    }
    for (int i = 0; i < 2; i++) {
        double off = 0.5 * erfc(-z / sqrt(2)) - p;
        double u = off * sqrt(2 * M_PI) * exp(z * z / 2);
        z -= u / (1 + z * u / 2);
    }
    return z;
}

static int64_t standard_milli(double p)
{
    const double least = 1e-15;
    double z = p < least ? -8 : p > 1 - least ? 8 : normal_quantile(p);
    int64_t milli = llround(z * 1000);
    if (milli > STANDARD_MILLI_MAX)
        return STANDARD_MILLI_MAX;
    return milli < -STANDARD_MILLI_MAX ? -STANDARD_MILLI_MAX : milli;
}

struct gamma_fit normal_gamma_fit(const int64_t *value, size_t count)
{
    double sum = 0, logs = 0;
    size_t wet = 0;
    for (size_t i = 0; i < count; i++) {
        if (value[i] <= 0)
            continue;
        double mm = (double)value[i] / 1000;
        sum += mm;
        logs += log(mm);
        wet++;
    }
    assert(wet > 0);
    double mean = sum / (double)wet;
    struct gamma_fit fit = {.zeros = (double)(count - wet) / (double)count,
                            .a = log(mean) - logs / (double)wet};
    fit.shape = (1 + sqrt(1 + 4 * fit.a / 3)) / (4 * fit.a);
    fit.scale = mean / fit.shape;
    return fit;
}

int64_t normal_spi(const int64_t *base, size_t count, int64_t value)
{
    struct gamma_fit fit = normal_gamma_fit(base, count);
    double below = normal_gamma(fit.shape, (double)value / 1000 / fit.scale);
    return standard_milli(fit.zeros + (1 - fit.zeros) * below);
}

bool normal_logistic_fit(const int64_t *base, size_t count, struct logistic_fit *out)
{
    assert(count >= 3);
    AUTO(mem_drop) int64_t *by = sorted(base, count);
    double n = (double)count, w[3] = {0};
    for (size_t i = 0; i < count; i++) {
        double x = (double)by[i] / 1000, left = n - (double)(i + 1);
        w[0] += x;
        w[1] += x * left / (n - 1);
        w[2] += x * left * (left - 1) / ((n - 1) * (n - 2));
    }
    struct logistic_fit fit = {.w0 = w[0] / n, .w1 = w[1] / n, .w2 = w[2] / n};
    double below = 6 * fit.w1 - fit.w0 - 6 * fit.w2;
    fit.beta = (2 * fit.w1 - fit.w0) / below;
    // Under 1 the moments do not exist; a very large one is a sample without skew.
    if (!isfinite(fit.beta) || fit.beta <= 1 || fit.beta > 100)
        return false;
    double gammas = tgamma(1 + 1 / fit.beta) * tgamma(1 - 1 / fit.beta);
    fit.alpha = (fit.w0 - 2 * fit.w1) * fit.beta / gammas;
    fit.gamma = fit.w0 - fit.alpha * gammas;
    if (!isfinite(fit.alpha) || fit.alpha <= 0)
        return false;
    *out = fit;
    return true;
}

bool normal_spei(const int64_t *base, size_t count, int64_t value, int64_t *out)
{
    struct logistic_fit fit;
    if (!normal_logistic_fit(base, count, &fit))
        return false;
    double x = (double)value / 1000 - fit.gamma;
    *out = standard_milli(x <= 0 ? 0 : 1 / (1 + pow(fit.alpha / x, fit.beta)));
    return true;
}
