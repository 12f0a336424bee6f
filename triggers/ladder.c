#include "triggers/ladder.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/payout.h"
#include "triggers/lanes.h"

#include <assert.h>

void ladder_free(struct ladder *ladder)
{
    mem_free(&ladder->table);
}

// What payout.h says of one multiple of the rounding.
static int64_t ask(const struct policy *policy, int64_t sum_insured_vnd, int32_t quotient,
                   bool *yes)
{
    int64_t index = quotient * policy->rounding_milli;
    if (policy->kind == POLICY_ALERT) {
        *yes = compare_holds(policy->trigger.compare, index, policy->trigger.threshold_milli);
        return 0;
    }
    struct share share = payout_share(policy, index);
    *yes = share.part > 0;
    return payout_amount(policy, VND(sum_insured_vnd), share).minor;
}

static bool same_as(const struct ladder *ladder, int32_t quotient, int64_t pays, bool yes)
{
    bool says;
    int64_t asked = ask(ladder->policy, ladder->sum_insured_vnd, quotient, &says);
    return asked == pays && says == yes;
}

// The first multiple after `from` that is not the same; `most` + 1 when all are.
static int64_t next_step(const struct ladder *ladder, int32_t from, int64_t pays, bool yes)
{
    int64_t low = from, high = (int64_t)ladder->most + 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (same_as(ladder, (int32_t)middle, pays, yes))
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void find_steps(struct ladder *ladder)
{
    int64_t at = ladder->least;
    while (at <= ladder->most) {
        if (ladder->steps == LADDER_STEPS) {
            ladder->steps = 0;
            return;
        }
        size_t i = ladder->steps++;
        ladder->from[i] = (int32_t)at;
        ladder->pays[i] =
            ask(ladder->policy, ladder->sum_insured_vnd, (int32_t)at, &ladder->yes[i]);
        at = next_step(ladder, (int32_t)at, ladder->pays[i], ladder->yes[i]);
    }
}

void ladder_make(const struct policy *policy, int64_t sum_insured_vnd, int32_t least, int32_t most,
                 struct ladder *out)
{
    assert(least <= most && least != READING_NONE);
    struct ladder ladder = {
        .policy = policy, .sum_insured_vnd = sum_insured_vnd, .least = least, .most = most};
    find_steps(&ladder);
    if (ladder.steps == 0) {
        size_t count = (size_t)((int64_t)most - least) + 1;
        ladder.table = mem_new(count, sizeof(*ladder.table));
        for (size_t i = 0; i < count; i++) {
            bool yes;
            ladder.table[i] = ask(policy, sum_insured_vnd, (int32_t)(least + (int64_t)i), &yes);
        }
    }
    *out = ladder;
}

static size_t step_of(const struct ladder *ladder, int32_t quotient)
{
    size_t i = ladder->steps - 1;
    while (i > 0 && quotient < ladder->from[i])
        i--;
    return i;
}

int64_t ladder_pays(const struct ladder *ladder, int32_t quotient)
{
    assert(quotient >= ladder->least && quotient <= ladder->most);
    if (ladder->steps)
        return ladder->pays[step_of(ladder, quotient)];
    return ladder->table[(int64_t)quotient - ladder->least];
}

bool ladder_says(const struct ladder *ladder, int32_t quotient)
{
    assert(quotient >= ladder->least && quotient <= ladder->most);
    if (ladder->steps)
        return ladder->yes[step_of(ladder, quotient)];
    // So small a share that it is rounded to nothing is still a yes: only the share says so.
    bool yes;
    (void)ask(ladder->policy, ladder->sum_insured_vnd, quotient, &yes);
    return yes;
}

// Communes whose numbers stay in the first cache while each step is counted.
enum { BLOCK = 256 };

// Steps that are counted in one pass over the seasons.
enum { TOGETHER = 4 };

// Eight numbers side by side, wherever they lie.
typedef int32_t lanes __attribute__((vector_size(32), aligned(4), may_alias));
enum { LANES = 8 };

// How many of each commune's seasons are more than under[k], for each k; READING_NONE never is.
// Counts stay in registers while the seasons of sixteen communes go by.
WIDE static void count_over(const int32_t *restrict quotient, size_t occasions, size_t communes,
                            size_t count, const int32_t *restrict under, int32_t *restrict counted)
{
    size_t i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        lanes sum[2][TOGETHER] = {{{0}}};
        for (size_t y = 0; y < occasions; y++) {
            const lanes *row = (const lanes *)(const void *)(quotient + y * communes + i);
            lanes q = row[0], r = row[1];
            for (size_t k = 0; k < TOGETHER; k++) {
                sum[0][k] -= q > under[k];
                sum[1][k] -= r > under[k];
            }
        }
        for (size_t k = 0; k < TOGETHER; k++) {
            *(lanes *)(void *)(counted + k * BLOCK + i) = sum[0][k];
            *(lanes *)(void *)(counted + k * BLOCK + i + LANES) = sum[1][k];
        }
    }
    for (; i < count; i++) {
        for (size_t k = 0; k < TOGETHER; k++) {
            counted[k * BLOCK + i] = 0;
            for (size_t y = 0; y < occasions; y++)
                counted[k * BLOCK + i] += quotient[y * communes + i] > under[k];
        }
    }
}

// Each count times what its step adds to the one before it. Most sums fit 32 bits, of which
// machines multiply more at once.
WIDE static void add_step(const int32_t *restrict counted, size_t count, int64_t adds,
                          int32_t turns, int64_t *restrict pays, int32_t *restrict yes)
{
    for (size_t i = 0; i < count; i++) {
        pays[i] += counted[i] * adds;
        yes[i] += counted[i] * turns;
    }
}

WIDE static void add_small_step(const int32_t *restrict counted, size_t count, int32_t adds,
                                int32_t turns, int64_t *restrict pays, int32_t *restrict yes)
{
    for (size_t i = 0; i < count; i++) {
        pays[i] += counted[i] * adds;
        yes[i] += counted[i] * turns;
    }
}

static void take_step(const struct ladder *ladder, size_t i, const int32_t *counted,
                      size_t occasions, size_t count, const struct ladder_sums *out)
{
    int64_t adds = ladder->pays[i] - (i ? ladder->pays[i - 1] : 0);
    int64_t most = INT32_MAX / (int64_t)(occasions ? occasions : 1);
    int32_t turns = (int32_t)ladder->yes[i] - (i ? (int32_t)ladder->yes[i - 1] : 0);
    if (adds >= -most && adds <= most)
        add_small_step(counted, count, (int32_t)adds, turns, out->pays_vnd, out->yes);
    else
        add_step(counted, count, adds, turns, out->pays_vnd, out->yes);
}

static void sum_steps(const struct ladder *ladder, const int32_t *quotient, size_t occasions,
                      size_t communes, size_t count, const struct ladder_sums *out)
{
    int32_t counted[TOGETHER * BLOCK], under[TOGETHER];
    memset(out->pays_vnd, 0, count * sizeof(*out->pays_vnd));
    memset(out->yes, 0, count * sizeof(*out->yes));
    // The first step is reached by all that is known.
    for (size_t first = 0; first < ladder->steps; first += TOGETHER) {
        for (size_t k = 0; k < TOGETHER; k++)
            under[k] = first + k < ladder->steps ? ladder->from[first + k] - 1 : INT32_MAX;
        under[0] = first == 0 ? READING_NONE : under[0];
        count_over(quotient, occasions, communes, count, under, counted);
        if (first == 0)
            memcpy(out->known, counted, count * sizeof(*counted));
        for (size_t k = 0; k < TOGETHER && first + k < ladder->steps; k++)
            take_step(ladder, first + k, counted + k * BLOCK, occasions, count, out);
    }
}

static void sum_table(const struct ladder *ladder, const int32_t *quotient, size_t occasions,
                      size_t communes, size_t count, const struct ladder_sums *out)
{
    for (size_t c = 0; c < count; c++) {
        out->pays_vnd[c] = 0;
        out->yes[c] = out->known[c] = 0;
    }
    for (size_t y = 0; y < occasions; y++) {
        const int32_t *row = quotient + y * communes;
        for (size_t c = 0; c < count; c++) {
            if (row[c] == READING_NONE)
                continue;
            int64_t pays = ladder->table[(int64_t)row[c] - ladder->least];
            out->pays_vnd[c] += pays;
            out->yes[c] += pays > 0 || ladder_says(ladder, row[c]);
            out->known[c]++;
        }
    }
}

void ladder_sum(const struct ladder *ladder, const int32_t *quotient, size_t occasions,
                size_t communes, size_t first, size_t count, const struct ladder_sums *out)
{
    for (size_t c = 0; c < count; c += BLOCK) {
        size_t some = count - c < BLOCK ? count - c : BLOCK;
        struct ladder_sums here = {out->pays_vnd + c, out->yes + c, out->known + c};
        if (ladder->steps)
            sum_steps(ladder, quotient + first + c, occasions, communes, some, &here);
        else
            sum_table(ladder, quotient + first + c, occasions, communes, some, &here);
    }
}

WIDE static void range(const int32_t *quotient, size_t count, int32_t *least, int32_t *most)
{
    int32_t low = INT32_MAX, high = READING_NONE;
    for (size_t i = 0; i < count; i++) {
        int32_t q = quotient[i];
        low = less(low, q == READING_NONE ? INT32_MAX : q);
        high = more(high, q);
    }
    *least = low;
    *most = high;
}

bool ladder_range(const int32_t *quotient, size_t count, int32_t *least, int32_t *most)
{
    range(quotient, count, least, most);
    return *most != READING_NONE;
}
