#ifndef GONG_TRIGGERS_RESAMPLE_H
#define GONG_TRIGGERS_RESAMPLE_H

#include <stddef.h>

// How sure a figure of seasons is: whole seasons are drawn anew, as many as there are, again and
// again, and the middle 95 % of what the figure then is are its interval. Seeded, so that the same
// past gives the same interval. For reports, never for a decision.
// Source: percentile bootstrap, Efron and Tibshirani 1993, chapter 13.
struct resample {
    size_t seasons; // at least 1
    size_t values;  // figures that are measured at once
    size_t draws;   // 2,000 are enough for two digits; 0: that many
    const void *self;
    // `drawn` [seasons] numbers of seasons; `out` [values]: NaN where nothing can be said.
    void (*measure)(const void *self, const size_t *drawn, double *out);
};

// low and high [values]; NaN where fewer than half of the draws say anything.
void resample_run(const struct resample *resample, double *low, double *high);

#endif
