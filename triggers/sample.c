#include "triggers/sample.h"

#include "triggers/normal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct sample sample_of(const double *value, size_t count)
{
    assert(count > 0);
    struct sample sample = {.count = count, .least = value[0], .most = value[0]};
    double sum = 0, squares = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        sum += value[i];
        sample.least = value[i] < sample.least ? value[i] : sample.least;
        sample.most = value[i] > sample.most ? value[i] : sample.most;
    }
    sample.mean = sum / n;
    for (size_t i = 0; i < count; i++)
        squares += (value[i] - sample.mean) * (value[i] - sample.mean);
    sample.sd = count > 1 ? sqrt(squares / (n - 1)) : 0;
    sample.se = sample.sd / sqrt(n);
    return sample;
}

void sample_wilson(double k, double n, double z, double *low, double *high)
{
    double p = k / n, z2 = z * z;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    *low = fmax(0, middle - half);
    *high = fmin(1, middle + half);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sample_sort(double *value, size_t count)
{
    qsort(value, count, sizeof(*value), by_size);
}

double sample_rank(const double *sorted, size_t count, double p)
{
    assert(count > 0 && p > 0 && p <= 1);
    size_t rank = (size_t)ceil(p * (double)count - 1e-9); // 0.95 x 20 is 19, not a hair more
    return sorted[rank > 0 ? rank - 1 : 0];
}

double sample_linear(const double *sorted, size_t count, double p)
{
    assert(count > 0);
    double place = (double)(count - 1) * p;
    size_t low = (size_t)place;
    if (low + 1 >= count)
        return sorted[count - 1];
    return sorted[low] + (place - (double)low) * (sorted[low + 1] - sorted[low]);
}

double sample_tail(const double *sorted, size_t count, size_t worst)
{
    assert(worst > 0 && worst <= count);
    double sum = 0;
    for (size_t i = count - worst; i < count; i++)
        sum += sorted[i];
    return sum / (double)worst;
}

double sample_return(size_t rank, size_t count)
{
    return ((double)count + 1) / (double)rank;
}

// P(Beta(rank, n - rank + 1) <= p): at least `rank` of n are that rare.
static double beta_below(size_t rank, size_t count, double p)
{
    double below = 0, n = (double)count;
    for (size_t k = rank; k <= count; k++) {
        double log_ways = lgamma(n + 1) - lgamma((double)k + 1) - lgamma(n - (double)k + 1);
        below += exp(log_ways + (double)k * log(p) + (n - (double)k) * log1p(-p));
    }
    return below;
}

static double beta_quantile(size_t rank, size_t count, double share)
{
    enum { HALVINGS = 60 };
    double least = 0, most = 1;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (least + most) / 2;
        if (beta_below(rank, count, middle) < share)
            least = middle;
        else
            most = middle;
    }
    return most;
}

void sample_return_95(size_t rank, size_t count, double *low, double *high)
{
    *low = 1 / beta_quantile(rank, count, 0.975);
    *high = 1 / beta_quantile(rank, count, 0.025);
}

double sample_once(double period, double years)
{
    return 1 - pow(1 - 1 / period, years);
}

// P(|T| <= t): a sum of as many terms as there are degrees of freedom, halved.
static double student_within(double t, size_t freedom)
{
    double n = (double)freedom, angle = atan(t / sqrt(n)), square = n / (n + t * t);
    double term = freedom % 2 ? sqrt(square) : 1, sum = freedom > 1 ? term : 0;
    for (size_t k = freedom % 2 ? 3 : 2; k < freedom; k += 2) {
        term *= square * (double)(k - 1) / (double)k;
        sum += term;
    }
    return freedom % 2 ? (angle + sin(angle) * sum) * M_2_PI : sin(angle) * sum;
}

double sample_student_95(size_t freedom)
{
    enum { HALVINGS = 60 };
    assert(freedom >= 1);
    double least = SAMPLE_Z_95, most = 13; // 12.7 of one degree
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (least + most) / 2;
        if (student_within(middle, freedom) < 0.95)
            least = middle;
        else
            most = middle;
    }
    return most;
}

struct trend sample_trend(const double *x, const double *y, size_t count)
{
    assert(count > 2);
    double n = (double)count, xx = 0, xy = 0, rest = 0;
    struct trend trend = {0};
    for (size_t i = 0; i < count; i++) {
        trend.middle_x += x[i] / n;
        trend.middle_y += y[i] / n;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - trend.middle_x) * (x[i] - trend.middle_x);
        xy += (x[i] - trend.middle_x) * (y[i] - trend.middle_y);
    }
    trend.slope = xx > 0 ? xy / xx : 0;
    for (size_t i = 0; i < count; i++) {
        double off = y[i] - trend_at(&trend, x[i]);
        rest += off * off;
    }
    trend.se = rest > 0 ? sqrt(rest / (n - 2) / xx) : NAN;
    trend.t = rest > 0 ? trend.slope / trend.se : 0;
    return trend;
}

double trend_at(const struct trend *trend, double x)
{
    return trend->middle_y + trend->slope * (x - trend->middle_x);
}

static double area_under(double shape, double scale, double k)
{
    return k * normal_gamma(shape, k / scale) - shape * scale * normal_gamma(shape + 1, k / scale);
}

double sample_gamma_deficit(double shape, double scale, double strike, double limit_at,
                            double limit)
{
    return limit * (area_under(shape, scale, strike) - area_under(shape, scale, limit_at)) /
           (strike - limit_at);
}

struct premium sample_premium(const struct sample *payouts, const struct loading *loading)
{
    struct premium premium = {.adjusted = payouts->mean + payouts->se};
    premium.upper_90 = payouts->mean + SAMPLE_Z_ONE_90 * payouts->se;
    premium.upper_95 = payouts->mean + SAMPLE_Z_ONE_95 * payouts->se;
    premium.on_risk = premium.adjusted + loading->risk_return * (payouts->most - premium.adjusted);
    premium.on_risk_gross = premium.on_risk / (1 - loading->expense);
    premium.by_sd = payouts->mean + loading->sd_share * payouts->sd;
    premium.by_sd_gross = premium.by_sd / (1 - loading->expense);
    premium.loss_ratio = premium.on_risk_gross > 0 ? payouts->mean / premium.on_risk_gross : 0;
    return premium;
}
