#ifndef GONG_CORE_CLOCK_H
#define GONG_CORE_CLOCK_H

#include "core/date.h"

#include <stdint.h>

// An edge: the only way to know what time it is. A drill and a test pass a fixed one.
struct clock {
    struct utc (*now)(void *self);
    void (*pause_ms)(void *self, int64_t ms);
    void *self;
};

// The machine's clock; pauses really wait (and end early on a signal).
extern const struct clock clock_system;

// A clock that stands at `now`; its pauses wait in real time. `now` is borrowed while it is used.
struct clock clock_fixed(struct utc *now);

// Milliseconds of the monotonic clock: for leases and pauses, never for dates.
int64_t clock_ticks_ms(void);

// Milliseconds of the machine's clock since 1970: for leases that outlive a process.
int64_t clock_wall_ms(void);

// Nanoseconds of the monotonic clock: for benchmarks.
int64_t clock_ticks_ns(void);

#endif
