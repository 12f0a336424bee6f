#ifndef GONG_TRIGGERS_RING_H
#define GONG_TRIGGERS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Sums of the last steps of all communes, kept up to date step by step: what comes in is added,
// what falls out is taken off. Whole numbers: a sum is always the one that adding afresh would
// give. A step that is not known leaves the sums that hold it not known, and none after it.
enum { RING_WINDOWS_MAX = 8 };
struct ring;
struct ring *ring_new(size_t communes, const size_t *steps, size_t windows); // each >= 1
void ring_free(struct ring **ring);

// Takes one step in. [communes], READING_NONE: not known. Borrowed for the call.
void ring_push(struct ring *ring, const int32_t *step);

// The sums of a window, [communes]; where missing[c] is not 0 the sum is not known. Borrowed until
// the next push.
struct ring_sums {
    const int32_t *sum;
    const int32_t *missing;
};
struct ring_sums ring_sums(const struct ring *ring, size_t window);

// Whether a window is full (as many steps came as it has) and its sums fit 32 bits whatever came.
bool ring_holds(const struct ring *ring, size_t window);

#endif
