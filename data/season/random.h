#ifndef GONG_DATA_SEASON_RANDOM_H
#define GONG_DATA_SEASON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

// Numbers that look random and are the same for the same seed on every machine: xoshiro256**,
// seeded by splitmix64 (Blackman and Vigna, prng.di.unimi.it). Not for secrets.
struct random {
    uint64_t word[4];
};

// `stream` gives independent sequences of one seed, so that one part of the season can change
// without moving all others.
struct random random_new(uint64_t seed, uint64_t stream);

uint64_t random_next(struct random *random);
double random_unit(struct random *random);                // 0 <= x < 1, 53 bits
size_t random_below(struct random *random, size_t limit); // 0 <= x < limit; asserts limit > 0
double random_normal(struct random *random);              // mean 0, standard deviation 1

#endif
