#ifndef GONG_CORE_TWIN_H
#define GONG_CORE_TWIN_H

#include "core/hash.h"

#include <stdbool.h>

// Two SHA-256 sums at once. The processor's instructions for a round of SHA-256 wait for one
// another within a text; two texts that do not wait for each other fill those waits. The sums are
// those of hash_of_two, which is what is used where the processor lacks the instructions, and for
// texts over a kilobyte.

struct twin {
    const void *first; // a few bytes, then the rest
    size_t first_len;
    struct str rest;
};
void twin_hash(const struct twin text[2], struct hash out[2]);

// Whether this processor takes two at once.
bool twin_is_fast(void);

#endif
