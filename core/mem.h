#ifndef GONG_CORE_MEM_H
#define GONG_CORE_MEM_H

#include <stddef.h>
#include <string.h>

// Memory cannot fail: when there is none left the process ends and gong up starts it again.
// A size that came from outside is checked against a stated limit first.

// count x size bytes, zeroed. Ends the process when the product overflows or memory is out.
void *mem_new(size_t count, size_t size);

// Makes room for `count` items of `size` bytes; old content is kept, new bytes are not zeroed.
void *mem_resize(void *old, size_t count, size_t size);

// What is freed from now on stays with the process for its next use instead of going back to the
// system: for programs that do the same work again and again on large buffers.
void mem_keep_freed(void);

// A copy of a string that the caller frees with mem_free.
char *mem_text(const char *text);

// Frees and nulls the caller's pointer: mem_free(&p) for any pointer p. Takes NULL.
#define mem_free(pointer) mem_drop((void *)(pointer))
void mem_drop(void *pointer_to_pointer);

// For heap strings and arrays: AUTO(mem_drop) char *name = ...
#define AUTO(cleanup_function) __attribute__((cleanup(cleanup_function)))

// Hands ownership on: *out = TAKE(local);
#define TAKE(local)                                                                                \
    (__extension__({                                                                               \
        __typeof__(local) taken_ = (local);                                                        \
        (local) = NULL;                                                                            \
        taken_;                                                                                    \
    }))

// The same for a struct with things in it: *out = MOVE(local); leaves zero bytes.
#define MOVE(local)                                                                                \
    (__extension__({                                                                               \
        __typeof__(local) moved_ = (local);                                                        \
        memset(&(local), 0, sizeof(local));                                                        \
        moved_;                                                                                    \
    }))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
