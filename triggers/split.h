#ifndef GONG_TRIGGERS_SPLIT_H
#define GONG_TRIGGERS_SPLIT_H

#include <stddef.h>

// Pure work on many threads: whoever is free takes the next of [0, items), until none is left;
// waits for all. Each item must write to its own place only, and `worker` (below `threads`) is
// nobody else's meanwhile: then the bytes do not depend on the number of threads.
enum { SPLIT_MAX = 64 };
void split_run(size_t threads, size_t items, void (*run)(void *self, size_t worker, size_t item),
               void *self);

// How many processors this machine has for us.
size_t split_threads(void);

#endif
