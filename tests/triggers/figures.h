#ifndef GONG_TESTS_TRIGGERS_FIGURES_H
#define GONG_TESTS_TRIGGERS_FIGURES_H

// What tests look for among the figures of a report.
#include "tests/check.h"
#include "triggers/price.h"

#include <math.h>
#include <string.h>

static inline const struct figure *find(const struct figures *figures, const char *name)
{
    for (size_t i = 0; i < figures->count; i++) {
        if (strstr(figures->at[i].name, name))
            return &figures->at[i];
    }
    ROW(name);
    CHECK_FAILED("there is no such figure");
    return NULL;
}

// Every figure stands on some number of seasons, and within its interval; what happened once is
// what it is.
static inline void check_intervals(const struct figures *figures)
{
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *f = &figures->at[i];
        ROW(f->name);
        CHECK(f->n > 0);
        if (f->fact)
            continue;
        CHECK(!isnan(f->low) && !isnan(f->high));
        CHECK(f->low <= f->value && f->value <= f->high);
        CHECK(f->low < f->high || f->value == 0); // what cannot be, surely cannot
    }
}

struct wanted {
    const char *name;
    double value, by;
};

static inline void check_values(const struct figures *figures, const struct wanted *wanted,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct figure *f = find(figures, wanted[i].name);
        ROW(wanted[i].name);
        CHECK_NEAR(f->value, wanted[i].value, wanted[i].by);
    }
}

#endif
