#ifndef GONG_TESTS_TRIGGERS_STEPS_H
#define GONG_TESTS_TRIGGERS_STEPS_H

// A series made of plain numbers: steps of one length from 1970-01-01 on.
#include "core/date.h"
#include "core/mem.h"
#include "tests/check.h"
#include "triggers/series.h"

#define STEP_GONE INT64_MIN // not observed

static inline struct series steps_of(const int64_t *milli, size_t count, int64_t step_s)
{
    struct series series = {.step = mem_new(count + 1, sizeof(struct step)), .count = count};
    for (size_t i = 0; i < count; i++) {
        struct step *step = &series.step[i];
        *step = (struct step){
            .from = {(int64_t)i * step_s}, .to = {(int64_t)(i + 1) * step_s}, .milli = milli[i]};
        if (milli[i] == STEP_GONE) {
            step->gap = GAP_NOT_OBSERVED;
            step->milli = 0;
            series.gap_at = series.gap ? series.gap_at : step->from;
            series.gap = GAP_NOT_OBSERVED;
        } else {
            series.known++;
        }
    }
    return series;
}

#endif
