#ifndef GONG_TRIGGERS_ROLL_H
#define GONG_TRIGGERS_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The arithmetic of an index, for many communes at once and for one: the only place where it
// stands. Pure; whole numbers only, so that every compiler, block and thread gives the same bits.

// Consecutive steps, time-major. A step that is not known is READING_NONE.
struct rows {
    const int32_t *value; // value[step * stride + commune], thousandths
    size_t count, communes, stride;
    bool swapped; // most significant byte first, as in a series file; else as the machine has it
};

// What a pass leaves for each commune. Arrays are the caller's, [communes] each.
struct roll {
    int32_t *value;   // the result
    uint32_t *bits;   // all steps, or-ed: no step is larger; with the highest bit, at least one is
                      // less than 0 or not known: roll_ends tells
    int32_t *at;      // the step that completed the result, the first of several; NULL: not wanted
    int32_t *scratch; // a running sum or run
};

// Sum of all steps; `at` is the last one.
void roll_total(const struct rows *rows, const struct roll *roll);

// The largest step.
void roll_maximum(const struct rows *rows, const struct roll *roll);

// The largest sum of `over` steps, or, with `first` [count], of steps first[i]..i for each i that
// has one (SLIDE_NONE: no window ends there; else ascending). READING_NONE when no window fits.
enum { SLIDE_NONE = -1 };
void roll_maximum_sum(const struct rows *rows, size_t over, const int32_t *first,
                      const struct roll *roll);

// Steps of a kind: least <= value <= most. With least READING_NONE a step that is not known is of
// the kind, with a larger one it is not.
struct band {
    int32_t least, most;
};
// The longest run of them, in steps.
void roll_run(const struct rows *rows, struct band band, const struct roll *roll);

// The largest size of a step with which `steps` of them can be added up within 32 bits.
int32_t roll_most(size_t steps);
// Whether `steps` steps between low and high can be added up within 32 bits, whatever their order.
bool roll_fits(int32_t low, int32_t high, size_t steps);
// Whether a pass's bits alone say that all steps are known and so many of them fit.
bool roll_sure(uint32_t bits, size_t steps);

// What is to be looked up where bits are not enough: the smallest step of each commune [communes]
// (READING_NONE: at least one is not known) and the largest (READING_NONE: none is known).
void roll_ends(const struct rows *rows, int32_t *low, int32_t *high);

// What stands of a pass for sure, because no bit lies beyond `most`: the result times `factor` in
// whole multiples of `unit`, as roll_quotients makes them. READING_NONE elsewhere; returns how
// many communes that are.
struct roll_stand {
    int32_t factor, most, unit;
};
size_t roll_settle(const struct roll *roll, size_t communes, struct roll_stand stand, int32_t *out);

// Copies `communes` columns from `first` on into `out` [count x communes], as the machine has
// them; where cover [count x stride] (NULL: none) is less than `minimum`, a step is not known.
struct roll_copy {
    size_t first, communes;
    const uint16_t *cover; // in the same byte order as the values
    size_t cover_stride;
    uint16_t minimum; // 1/10000
};
void roll_copy(const struct rows *rows, const struct roll_copy *copy, int32_t *out);

// In place: a step under `floor` counts as 0, and no step as more than `cap`.
void roll_trim(int32_t *value, size_t count, int32_t cap, int32_t floor);

// Sums of each `over` steps in turn: out [count / over x communes]; not known when one of them is
// not. `*low` and `*high` are those of all steps that are known.
void roll_days(const struct rows *rows, size_t over, int32_t *out, int32_t *low, int32_t *high);

// To whole multiples of `unit` > 0, half away from zero (index_round / unit); READING_NONE stays.
void roll_quotients(int32_t *value, size_t count, int32_t unit);

#endif
