#ifndef GONG_TRIGGERS_LADDER_H
#define GONG_TRIGGERS_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy;

enum { LADDER_STEPS = 16 };

// What a policy makes of an index that is a whole multiple of its rounding: yes or no, and what it
// pays. Asked once of payout.h (or of the alert's own comparison) for each multiple that can come,
// so that a policy over all communes and years is a comparison or a look into a table.
struct ladder {
    const struct policy *policy; // borrowed
    int64_t sum_insured_vnd;
    int32_t least, most; // multiples that it was made for
    size_t steps;        // pieces on which the answer stays the same; 0: more than LADDER_STEPS
    int32_t from[LADDER_STEPS]; // [steps] where each begins, ascending; from[0] is `least`
    int64_t pays[LADDER_STEPS]; // [steps] VND
    bool yes[LADDER_STEPS];     // [steps]
    int64_t *table;             // [most - least + 1] VND, only when steps is 0; owned
};
void ladder_free(struct ladder *ladder); // frees what is in it

// Of a policy that plan_takes, for multiples within [least, most]. A payout rises or falls with the
// index and never turns: so steps are found by halving.
void ladder_make(const struct policy *policy, int64_t sum_insured_vnd, int32_t least, int32_t most,
                 struct ladder *out);

// One answer; `quotient` must be known and within.
int64_t ladder_pays(const struct ladder *ladder, int32_t quotient);
bool ladder_says(const struct ladder *ladder, int32_t quotient);

// Over `occasions` rows of `communes` quotients each, for communes [first, first + count): sums
// what is paid, and how many say yes; rows that are READING_NONE count as neither, and as not
// known.
struct ladder_sums {
    int64_t *pays_vnd;    // [count]
    int32_t *yes, *known; // [count]
};
void ladder_sum(const struct ladder *ladder, const int32_t *quotient, size_t occasions,
                size_t communes, size_t first, size_t count, const struct ladder_sums *out);

// Smallest and largest known quotient; false when none is known.
bool ladder_range(const int32_t *quotient, size_t count, int32_t *least, int32_t *most);

#endif
