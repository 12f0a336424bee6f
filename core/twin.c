#include "core/twin.h"

#ifdef __x86_64__

#include <endian.h>
#include <immintrin.h>
#include <string.h>
#include <sys/platform/x86.h>

// FIPS 180-4, in the way of Intel's "SHA extensions" (2013): the state in two registers, ABEF and
// CDGH, and four rounds a step.

enum { LANES = 2, BLOCK = 64, BLOCKS_MAX = 16, STEPS = 16 };

#define WITH_SHA __attribute__((target("sha,sse4.1")))
#define WITHIN WITH_SHA __attribute__((always_inline)) static inline

static const uint32_t round_constants[4 * STEPS] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct lane {
    _Alignas(16) uint8_t padded[BLOCKS_MAX * BLOCK];
    size_t blocks;
    __m128i abef, cdgh;
};

bool twin_is_fast(void)
{
    return CPU_FEATURE_ACTIVE(SHA) && CPU_FEATURE_ACTIVE(SSE4_1);
}

// False when it is too long.
static bool pad(struct lane *lane, const struct twin *text)
{
    lane->blocks = hash_pad(text->first, text->first_len, text->rest, lane->padded, BLOCKS_MAX);
    return lane->blocks > 0;
}

WITHIN void begin(struct lane *lane)
{
    lane->abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
    lane->cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
}

// Sixteen bytes as four words.
WITHIN __m128i words(const uint8_t *at)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_load_si128((const __m128i *)(const void *)at), order);
}

// Four rounds of one lane; what they took of the message becomes what comes 16 words later.
WITHIN void four_rounds(__m128i word[4], __m128i *abef, __m128i *cdgh, int step)
{
    __m128i *now = &word[step % 4], last = word[(step + 3) % 4];
    __m128i sum = _mm_add_epi32(
        *now, _mm_load_si128((const __m128i *)(const void *)(round_constants + 4 * step)));
    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
    if (step >= STEPS - 4)
        return;
    __m128i next = _mm_sha256msg1_epu32(*now, word[(step + 1) % 4]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(last, word[(step + 2) % 4], 4));
    *now = _mm_sha256msg2_epu32(next, last);
}

// Blocks [first, end) of `count` lanes, which is a constant where this is called.
WITHIN void turn(struct lane *lane, int count, size_t first, size_t end)
{
    for (size_t block = first; block < end; block++) {
        __m128i word[LANES][4], abef[LANES], cdgh[LANES];
#pragma GCC unroll 2
        for (int l = 0; l < count; l++) {
            abef[l] = lane[l].abef;
            cdgh[l] = lane[l].cdgh;
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
                word[l][i] = words(lane[l].padded + block * BLOCK + (size_t)16 * (size_t)i);
        }
#pragma GCC unroll 16
        for (int step = 0; step < STEPS; step++) {
#pragma GCC unroll 2
            for (int l = 0; l < count; l++)
                four_rounds(word[l], &abef[l], &cdgh[l], step);
        }
#pragma GCC unroll 2
        for (int l = 0; l < count; l++) {
            lane[l].abef = _mm_add_epi32(lane[l].abef, abef[l]);
            lane[l].cdgh = _mm_add_epi32(lane[l].cdgh, cdgh[l]);
        }
    }
}

WITHIN struct hash sum_of(const struct lane *lane)
{
    struct hash hash;
    uint32_t feba[4], hgdc[4];
    _mm_storeu_si128((__m128i *)(void *)feba, lane->abef);
    _mm_storeu_si128((__m128i *)(void *)hgdc, lane->cdgh);
    const uint32_t word[] = {feba[3], feba[2], hgdc[3], hgdc[2],
                             feba[1], feba[0], hgdc[1], hgdc[0]};
    for (size_t i = 0; i < HASH_SIZE / sizeof(*word); i++) {
        uint32_t bytes = htobe32(word[i]);
        memcpy(hash.at + i * sizeof(bytes), &bytes, sizeof(bytes));
    }
    return hash;
}

WITH_SHA static void both(struct lane lane[LANES], struct hash out[LANES])
{
    size_t common = lane[0].blocks < lane[1].blocks ? lane[0].blocks : lane[1].blocks;
    struct lane *longer = &lane[lane[1].blocks > common];
    begin(&lane[0]);
    begin(&lane[1]);
    turn(lane, LANES, 0, common);
    turn(longer, 1, common, longer->blocks);
    out[0] = sum_of(&lane[0]);
    out[1] = sum_of(&lane[1]);
}

void twin_hash(const struct twin text[2], struct hash out[2])
{
    struct lane lane[LANES];
    if (twin_is_fast() && pad(&lane[0], &text[0]) && pad(&lane[1], &text[1])) {
        both(lane, out);
        return;
    }
    for (int i = 0; i < LANES; i++)
        out[i] = hash_of_two(text[i].first, text[i].first_len, text[i].rest);
}

#else

bool twin_is_fast(void)
{
    return false;
}

void twin_hash(const struct twin text[2], struct hash out[2])
{
    for (int i = 0; i < 2; i++)
        out[i] = hash_of_two(text[i].first, text[i].first_len, text[i].rest);
}

#endif
