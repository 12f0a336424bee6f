#ifndef GONG_TESTS_INGEST_MUTATE_H
#define GONG_TESTS_INGEST_MUTATE_H

// Damages a file in one of seven ways; the same seed does the same damage.
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

// A word of the structure: counts and offsets of a classic header, words behind one of the
// signatures of HDF5 (superblock, object headers, trees, heaps).
static inline size_t structure_at(const struct buf *bytes, bool is_hdf, uint64_t *seed)
{
    static const char *const marks[] = {"\x89HDF", "OHDR", "TREE", "SNOD", "HEAP", "FRHP",
                                        "FHDB",    "BTHD", "BTLF", "OCHK", "GCOL"};
    enum { CLASSIC_HEAD = 600, HDF_REACH = 96 };
    if (!is_hdf)
        return next_random(seed) % (bytes->len < CLASSIC_HEAD ? bytes->len : CLASSIC_HEAD) / 4 * 4;
    const char *mark = marks[next_random(seed) % (sizeof(marks) / sizeof(marks[0]))];
    size_t start = next_random(seed) % bytes->len;
    const char *at = memmem(bytes->at + start, bytes->len - start, mark, 4);
    if (!at)
        at = memmem(bytes->at, bytes->len, mark, 4);
    return (at ? (size_t)(at - bytes->at) : start) + next_random(seed) % HDF_REACH;
}

static inline void mutate(struct buf *bytes, bool is_hdf, uint64_t seed)
{
    static const uint64_t telling[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX};
    enum { WAYS = 7, EDITS_MAX = 8, BLOCK_MAX = 64 };
    (void)next_random(&seed);
    uint64_t way = next_random(&seed) % WAYS;
    size_t edits = way == 0 || way == 1 ? 1 + next_random(&seed) % EDITS_MAX : 1;
    for (; edits; edits--) {
        size_t at = next_random(&seed) % bytes->len, from = next_random(&seed) % bytes->len;
        size_t block = 1 + next_random(&seed) % BLOCK_MAX, word = is_hdf ? 8 : 4;
        uint64_t value = telling[next_random(&seed) % (sizeof(telling) / sizeof(telling[0]))];
        switch (way) {
        case 0: // bits
            bytes->at[at] = (char)(bytes->at[at] ^ (1 << next_random(&seed) % 8));
            break;
        case 1: // bytes
            bytes->at[at] = (char)next_random(&seed);
            break;
        case 2: // cut off
            bytes->len = 1 + at;
            break;
        case 3: // a piece of it elsewhere
            block = at + block > bytes->len || from + block > bytes->len ? 1 : block;
            memmove(bytes->at + at, bytes->at + from, block);
            break;
        case 4: // a piece taken out
            block = at + block > bytes->len ? 1 : block;
            memmove(bytes->at + at, bytes->at + at + block, bytes->len - at - block);
            bytes->len -= bytes->len > block ? block : 0;
            break;
        default: // the structure, twice as often
            at = structure_at(bytes, is_hdf, &seed);
            if (at + word <= bytes->len)
                memcpy(bytes->at + at, &value, word);
            break;
        }
    }
}

#endif
