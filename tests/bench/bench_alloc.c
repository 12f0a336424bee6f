// Counts every heap allocation of the process, by standing in front of the C library's own.
#include "tests/bench/bench.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_size_t count;

size_t bench_allocations(void)
{
    return atomic_load(&count);
}

// A sanitizer stands there already.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
// The C library's own, under the names that it keeps for those who stand in front of it.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t items, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    (void)atomic_fetch_add(&count, 1);
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
    (void)atomic_fetch_add(&count, 1);
    return __libc_calloc(items, size);
}

void *realloc(void *old, size_t size)
{
    (void)atomic_fetch_add(&count, 1);
    return __libc_realloc(old, size);
}
#endif
