#include "triggers/share.h"

#include <assert.h>

static const int64_t whole_max = 1000000000000000;

static unsigned __int128 divisor(unsigned __int128 a, unsigned __int128 b)
{
    while (b) {
        unsigned __int128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static struct share make(unsigned __int128 part, unsigned __int128 whole)
{
    assert(whole > 0);
    unsigned __int128 common = divisor(part, whole);
    part /= common;
    whole /= common;
    if (whole > (unsigned __int128)whole_max) {
        // Long division, 15 digits. A denominator near 128 bits loses bits that do not count.
        while (whole > ((unsigned __int128)1 << 120)) {
            whole >>= 1;
            part >>= 1;
        }
        unsigned __int128 result = part / whole, rest = part % whole;
        for (int64_t digit = 1; digit < whole_max; digit *= 10) {
            rest *= 10;
            result = result * 10 + rest / whole;
            rest %= whole;
        }
        return (struct share){(int64_t)(result + (rest * 2 >= whole)), whole_max};
    }
    assert(part <= (unsigned __int128)INT64_MAX);
    return (struct share){(int64_t)part, (int64_t)whole};
}

static void check(struct share share)
{
    assert(share.part >= 0 && share.whole > 0);
}

struct share share_add(struct share a, struct share b)
{
    check(a);
    check(b);
    unsigned __int128 common = divisor((unsigned __int128)a.whole, (unsigned __int128)b.whole);
    unsigned __int128 of_a = (unsigned __int128)b.whole / common;
    unsigned __int128 of_b = (unsigned __int128)a.whole / common;
    return make((unsigned __int128)a.part * of_a + (unsigned __int128)b.part * of_b,
                (unsigned __int128)a.whole * of_a);
}

struct share share_times(struct share a, struct share b)
{
    check(a);
    check(b);
    return make((unsigned __int128)a.part * (unsigned __int128)b.part,
                (unsigned __int128)a.whole * (unsigned __int128)b.whole);
}

int share_compare(struct share a, struct share b)
{
    check(a);
    check(b);
    __int128 left = (__int128)a.part * b.whole, right = (__int128)b.part * a.whole;
    return (left > right) - (left < right);
}

struct share share_less(struct share a, struct share b)
{
    if (share_compare(a, b) <= 0)
        return SHARE_NOTHING;
    unsigned __int128 common = divisor((unsigned __int128)a.whole, (unsigned __int128)b.whole);
    unsigned __int128 of_a = (unsigned __int128)b.whole / common;
    unsigned __int128 of_b = (unsigned __int128)a.whole / common;
    return make((unsigned __int128)a.part * of_a - (unsigned __int128)b.part * of_b,
                (unsigned __int128)a.whole * of_a);
}

struct share share_min(struct share a, struct share b)
{
    return share_compare(a, b) <= 0 ? a : b;
}

struct share share_max(struct share a, struct share b)
{
    return share_compare(a, b) >= 0 ? a : b;
}
