#ifndef GONG_TRIGGERS_SPLIT_H
#define GONG_TRIGGERS_SPLIT_H

#include <stddef.h>

// Splits pure work over [0, count) into `threads` neighbouring parts (at most SPLIT_MAX), each a
// multiple of `grain` but the last, and waits for all. Each part must write to its own place only:
// then the bytes do not depend on the number of threads.
enum { SPLIT_MAX = 64 };
void split_run(size_t threads, size_t count, size_t grain,
               void (*run)(void *self, size_t first, size_t count), void *self);

// How many processors this machine has for us.
size_t split_threads(void);

#endif
