#include "triggers/basis.h"

#include "core/mem.h"

#include <math.h>
#include <stdbool.h>

static double over(double a, double b)
{
    return b != 0 ? a / b : NAN;
}

static bool is_level(const double *value, size_t count)
{
    size_t i = 1;
    while (i < count && value[i] == value[0])
        i++;
    return i >= count;
}

// What is the same everywhere goes along with nothing.
static double correlation(const double *x, const double *y, size_t count)
{
    if (is_level(x, count) || is_level(y, count))
        return NAN;
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        mx += x[i] / n;
        my += y[i] / n;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return over(xy, sqrt(xx) * sqrt(yy));
}

// Ranks from 1; equal values share the mean of theirs.
static void ranks(const double *value, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        double less = 0, same = 0;
        for (size_t j = 0; j < count; j++) {
            less += value[j] < value[i];
            same += value[j] == value[i];
        }
        out[i] = less + (same + 1) / 2;
    }
}

struct basis basis_of(const double *loss, const double *payout, size_t count,
                      const struct basis_rule *rule)
{
    struct basis basis = {.count = count};
    double unpaid = 0, paid = 0, paid_small = 0;
    AUTO(mem_drop) double *x = mem_new(count + 1, sizeof(*x));
    AUTO(mem_drop) double *y = mem_new(count + 1, sizeof(*y));
    for (size_t i = 0; i < count; i++) {
        if (loss[i] >= rule->catastrophe) {
            basis.catastrophes++;
            unpaid += payout[i] <= 0;
            paid += payout[i];
        }
        if (loss[i] < rule->small) {
            basis.small++;
            paid_small += payout[i] > 0;
        }
    }
    basis.unpaid = over(unpaid, (double)basis.catastrophes);
    basis.unpaid_joint = over(unpaid, (double)count);
    basis.paid_mean = over(paid, (double)basis.catastrophes);
    basis.performance = over(basis.paid_mean, rule->premium);
    basis.paid_small = over(paid_small, (double)basis.small);
    basis.pearson = correlation(loss, payout, count);
    ranks(loss, count, x);
    ranks(payout, count, y);
    basis.spearman = correlation(x, y, count);
    return basis;
}

int64_t basis_fund_pays(int64_t fund_vnd, int64_t claims_vnd, int64_t claim_vnd)
{
    if (claims_vnd <= fund_vnd)
        return claim_vnd;
    __int128 product = (__int128)claim_vnd * fund_vnd;
    return (int64_t)(product / claims_vnd);
}
