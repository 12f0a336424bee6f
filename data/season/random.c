#include "data/season/random.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

struct random random_new(uint64_t seed, uint64_t stream)
{
    // The stream goes through the mixer by itself, so that (1, 2) and (2, 1) are not neighbours.
    uint64_t other = stream;
    uint64_t state = seed ^ splitmix(&other);
    struct random random;
    for (size_t i = 0; i < 4; i++)
        random.word[i] = splitmix(&state);
    return random;
}

uint64_t random_next(struct random *random)
{
    assert(random);
    uint64_t *s = random->word;
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

size_t random_below(struct random *random, size_t limit)
{
    assert(limit > 0);
    return (size_t)(random_unit(random) * (double)limit);
}

double random_normal(struct random *random)
{
    // Box and Muller; 1 - u is never 0. Two statements, so that the order is the same everywhere.
    double radius = sqrt(-2 * log(1 - random_unit(random)));
    double angle = 6.283185307179586 * random_unit(random);
    return radius * cos(angle);
}
