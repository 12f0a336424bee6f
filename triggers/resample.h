#ifndef GONG_TRIGGERS_RESAMPLE_H
#define GONG_TRIGGERS_RESAMPLE_H

#include <stdbool.h>
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

// low and high [values]; NaN where fewer than half of the draws say anything, and where all of them
// say the same: of seasons that are all alike no draw tells what another one may be.
void resample_run(const struct resample *resample, double *low, double *high);

// A share of what was counted in some seasons, whose interval of whole seasons drawn anew is in low
// and high. Wilson's takes its place when each that was counted is a trial by itself, not one of
// several places of a season; and where nothing or all of it was so, and no draw says otherwise:
// then as of one trial a season.
struct resample_share {
    double part, whole;
    size_t seasons; // that have any of `whole`
    bool trials;
};
void resample_share(const struct resample_share *share, double *low, double *high);

#endif
