#ifndef GONG_TRIGGERS_LANES_H
#define GONG_TRIGGERS_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What loops over many communes are written with, so that a compiler makes vectors of them. Whole
// numbers only: they have no order of summation, so every width of vector gives the same bits.

// A loop that is made for several generations of the machine, chosen when the program starts.
// WIDEST: for vectors of 512 bits too, where that was measured to be faster (most loops that walk
// along sums are slower by it).
#ifdef __x86_64__
#define WIDE __attribute__((target_clones("avx2", "default")))
#define WIDEST __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define WIDE
#define WIDEST
#endif

// A part of such a loop: made where it is used, with the constants that are known there.
#define WITHIN static inline __attribute__((always_inline))

// Before a loop over communes: what is written is nothing that another turn of the loop reads.
// clang finds that out while it runs.
#ifdef __clang__
#define INDEPENDENT
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

enum {
    CHUNK = 8, // rows that are taken in one pass, so that sums stay in registers between them
    TILE = 16, // communes of one cache line
};

// Sums wrap rather than overflow: whether they may be used is roll_fits.
WITHIN int32_t plus(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

WITHIN int32_t minus(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

WITHIN int32_t less(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

WITHIN int32_t more(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

// A number of a series file has its most significant byte first.
WITHIN int32_t load(const int32_t *at, bool swapped)
{
    return swapped ? (int32_t)__builtin_bswap32((uint32_t)*at) : *at;
}

#endif
