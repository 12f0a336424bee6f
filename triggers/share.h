#ifndef GONG_TRIGGERS_SHARE_H
#define GONG_TRIGGERS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

// An exact share of the sum insured: part / whole, part >= 0, whole > 0. It is never rounded before
// it is money. Pure, integers only.
struct share {
    int64_t part, whole;
};

#define SHARE_NOTHING ((struct share){0, 1})
#define SHARE_ALL ((struct share){1, 1})
#define SHARE_MILLI(milli) ((struct share){(milli), 1000})

// Sums and products are kept in lowest terms. Where those would need a denominator over 10^15, they
// are kept to 10^-15, half up: of the largest sum insured (10^12 đồng) less than a hundredth of a
// đồng.
struct share share_add(struct share a, struct share b);
struct share share_times(struct share a, struct share b);
struct share share_less(struct share a, struct share b); // a - b, nothing when b is more
int share_compare(struct share a, struct share b);       // less than 0, 0, more than 0
struct share share_min(struct share a, struct share b);
struct share share_max(struct share a, struct share b);

#endif
