#ifndef GONG_TRIGGERS_BASIS_H
#define GONG_TRIGGERS_BASIS_H

#include <stddef.h>
#include <stdint.h>

// How far what is paid lies from what was lost. Losses and payouts are shares of the same sum, in
// per cent, season by season. Pure; for reports; NaN where nothing can be said. Source:
// domain-reference 10.
struct basis_rule {
    double catastrophe; // a loss of this much or more
    double small;       // a loss of less than this
    double premium;     // per cent
};
struct basis {
    size_t count, catastrophes, small;
    double unpaid;       // P(no payout | catastrophe)
    double unpaid_joint; // P(no payout and catastrophe)
    double paid_mean;    // mean payout in catastrophes
    double performance;  // the same over the premium
    double paid_small;   // P(payout | small loss)
    double pearson, spearman;
};
struct basis basis_of(const double *loss, const double *payout, size_t count,
                      const struct basis_rule *rule);

// A fund for those the index failed: what a claim gets when claims are more than the fund,
// rounded down to whole đồng.
int64_t basis_fund_pays(int64_t fund_vnd, int64_t claims_vnd, int64_t claim_vnd);

#endif
