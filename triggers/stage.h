#ifndef GONG_TRIGGERS_STAGE_H
#define GONG_TRIGGERS_STAGE_H

#include "core/err.h"
#include "triggers/family.h"
#include "triggers/history.h"
#include "triggers/pass.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct occasion;
struct policy;

// A stretch of time of a plan and all that looks at it: cut into blocks of communes, each of which
// can be computed alone, in any order and on any thread.

// One index over one occasion. The first four are given, the rest is found by stage_make.
struct glance {
    const struct policy *like; // rule, coverage and rounding; borrowed
    const struct occasion *occasion;
    int32_t *out;       // [communes] index / rounding, READING_NONE: not known
    size_t visit;       // the caller's own
    struct window part; // what the stage has of the occasion; owns nothing
    size_t first;       // which step of the stage is its first
    struct lie lie;
};

struct stage {
    struct window window;  // owned
    struct glance *glance; // [glances] owned
    size_t glances, communes;
    size_t width;          // communes of a block
    bool direct;           // one index, computed where the steps lie
    struct family *family; // NULL: each index by itself; owned
};
void stage_free(struct stage *stage); // frees what is in it

// The longest stretch that is worth walking along for many seasons: their running sums must stay
// in the cache.
enum { STAGE_STEPS_MAX = 1100 };

// Takes the steps of `span` from the past; `glance` [count] is copied. `width` 0: as the cache
// holds.
MUST_USE enum err_kind stage_make(const struct history *history, struct span span,
                                  const struct glance *glance, size_t count, size_t width,
                                  struct stage *out, struct err *err);

// Leaves only what can be computed in one walk (family.h), and prepares that; false, and all is
// left as it is, when that is less than two.
bool stage_gather(struct stage *stage, size_t width);

// What one thread has for itself; zeroed at first.
struct bench {
    int32_t *value, *scratch; // [width]
    uint32_t *bits;           // [width]
    int32_t *block, *days;    // [steps x width], [days x width]
    size_t width;
    struct family_room room;
};
void bench_free(struct bench *bench); // frees what is in it

size_t stage_blocks(const struct stage *stage);
void stage_run(const struct stage *stage, size_t block, struct bench *bench);

#endif
