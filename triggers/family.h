#ifndef GONG_TRIGGERS_FAMILY_H
#define GONG_TRIGGERS_FAMILY_H

#include "triggers/running.h"

#include <stddef.h>
#include <stdint.h>

// Sums of many lengths over many seasons of the same steps, in one walk along them: seasons that
// lie over one another share the largest sums of the stretches that both have.

// The largest sum of `over` neighbouring steps within [from, end); end - from: the sum of all.
struct family_sum {
    size_t from, end, over; // over <= end - from
};
struct family;
// Sums lie within `steps` steps; copied.
struct family *family_new(const struct family_sum *sum, size_t count, size_t steps);
void family_free(struct family **family);

// What one thread has for itself, and the results: [count][tiles x TILE] each, as in struct roll,
// in the order of family_new. Grows as it must; zeroed at first.
struct family_room {
    int32_t *value;
    uint32_t *bits;
    size_t width;           // tiles x TILE
    struct running running; // owned
    int32_t *stretch;
    size_t sums, bounds, results, stretches; // how much there is room for
};
void family_room_free(struct family_room *room); // frees what is in it

// `rows` has the steps, of any block of communes.
void family_run(const struct family *family, const struct rows *rows, struct family_room *room);

#endif
