#include "core/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory, size_t bytes)
{
    if (!memory) {
        (void)fprintf(stderr, "gong: out of memory (%zu bytes wanted); the process ends\n", bytes);
        abort();
    }
    return memory;
}

static size_t product(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        must(NULL, (size_t)-1);
    return bytes ? bytes : 1;
}

void *mem_new(size_t count, size_t size)
{
    size_t bytes = product(count, size);
    return must(calloc(1, bytes), bytes);
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t bytes = product(count, size);
    return must(realloc(old, bytes), bytes);
}

void mem_keep_freed(void)
{
    enum { LARGE = 256 << 20 }; // larger pieces still come and go one by one
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, LARGE);
}

char *mem_text(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = mem_new(bytes, 1);
    memcpy(copy, text, bytes);
    return copy;
}

void mem_drop(void *pointer_to_pointer)
{
    void **pointer = pointer_to_pointer;
    free(*pointer);
    *pointer = NULL;
}
