#include "triggers/family.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "triggers/lanes.h"

#include <assert.h>
#include <stdlib.h>

// Places where something begins or ends, ascending, each once.
struct cuts {
    size_t *at;
    size_t count;
};

// All sums of one length: windows that end with steps between two cuts are looked at once.
struct reach {
    size_t over;
    struct cuts cuts;
    bool *wanted;       // [cuts - 1] whether any sum has windows that end there
    size_t first, sums; // of struct family's
};

struct member {
    struct family_sum sum;
    size_t which;                // in the order of family_new
    size_t bits_first, bits_end; // between which cuts of the steps
    size_t first_cut, last_cut;  // between which cuts of its reach
};

struct family {
    size_t steps, count, reaches;
    struct cuts cuts;
    struct member *member; // [count] by length
    struct reach *reach;
};

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void cuts_order(struct cuts *cuts)
{
    size_t kept = 0;
    qsort(cuts->at, cuts->count, sizeof(*cuts->at), by_size);
    for (size_t i = 0; i < cuts->count; i++) {
        if (i == 0 || cuts->at[i] != cuts->at[kept - 1])
            cuts->at[kept++] = cuts->at[i];
    }
    cuts->count = kept;
}

static size_t cuts_find(const struct cuts *cuts, size_t at)
{
    const size_t *found = bsearch(&at, cuts->at, cuts->count, sizeof(*cuts->at), by_size);
    assert(found);
    return (size_t)(found - cuts->at);
}

static int by_length(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->sum.over != y->sum.over)
        return x->sum.over < y->sum.over ? -1 : 1;
    return (x->which > y->which) - (x->which < y->which);
}

static void find_stretches(struct family *family)
{
    struct cuts *cuts = &family->cuts;
    cuts->at = mem_new(2 * family->count + 2, sizeof(*cuts->at));
    cuts->at[cuts->count++] = 0;
    cuts->at[cuts->count++] = family->steps;
    for (size_t i = 0; i < family->count; i++) {
        cuts->at[cuts->count++] = family->member[i].sum.from;
        cuts->at[cuts->count++] = family->member[i].sum.end;
    }
    cuts_order(cuts);
    for (size_t i = 0; i < family->count; i++) {
        struct member *member = &family->member[i];
        member->bits_first = cuts_find(cuts, member->sum.from);
        member->bits_end = cuts_find(cuts, member->sum.end);
    }
}

static void find_reach(struct family *family, struct reach *reach)
{
    struct member *member = family->member + reach->first;
    struct cuts *cuts = &reach->cuts;
    cuts->at = mem_new(2 * reach->sums, sizeof(*cuts->at));
    for (size_t i = 0; i < reach->sums; i++) {
        cuts->at[cuts->count++] = member[i].sum.from + reach->over - 1;
        cuts->at[cuts->count++] = member[i].sum.end;
    }
    cuts_order(cuts);
    reach->wanted = mem_new(cuts->count, sizeof(*reach->wanted));
    for (size_t i = 0; i < reach->sums; i++) {
        member[i].first_cut = cuts_find(cuts, member[i].sum.from + reach->over - 1);
        member[i].last_cut = cuts_find(cuts, member[i].sum.end);
        for (size_t k = member[i].first_cut; k < member[i].last_cut; k++)
            reach->wanted[k] = true;
    }
}

struct family *family_new(const struct family_sum *sum, size_t count, size_t steps)
{
    struct family *family = mem_new(1, sizeof(*family));
    family->steps = steps;
    family->count = count;
    family->member = mem_new(count + 1, sizeof(*family->member));
    family->reach = mem_new(count + 1, sizeof(*family->reach));
    for (size_t i = 0; i < count; i++) {
        assert(sum[i].end <= steps && sum[i].over > 0 && sum[i].from + sum[i].over <= sum[i].end);
        family->member[i] = (struct member){.sum = sum[i], .which = i};
    }
    qsort(family->member, count, sizeof(*family->member), by_length);
    find_stretches(family);
    for (size_t i = 0, same; i < count; i += same) {
        size_t over = family->member[i].sum.over;
        for (same = 0; i + same < count && family->member[i + same].sum.over == over;)
            same++;
        struct reach *reach = &family->reach[family->reaches++];
        *reach = (struct reach){.over = over, .first = i, .sums = same};
        find_reach(family, reach);
    }
    return family;
}

void family_free(struct family **family)
{
    if (!*family)
        return;
    for (size_t i = 0; i < (*family)->reaches; i++) {
        mem_free(&(*family)->reach[i].cuts.at);
        mem_free(&(*family)->reach[i].wanted);
    }
    mem_free(&(*family)->reach);
    mem_free(&(*family)->member);
    mem_free(&(*family)->cuts.at);
    mem_free(family);
}

void family_room_free(struct family_room *room)
{
    mem_free(&room->value);
    mem_free(&room->bits);
    mem_free(&room->running.sum);
    mem_free(&room->running.bits);
    mem_free(&room->stretch);
}

static void *grow(void *array, size_t wanted, size_t room)
{
    return wanted > room ? mem_resize(array, wanted, sizeof(int32_t)) : array;
}

static void make_room(const struct family *family, size_t communes, struct family_room *room)
{
    struct running *running = &room->running;
    running->steps = family->steps;
    running->tiles = (communes + TILE - 1) / TILE;
    room->width = running->tiles * TILE;
    size_t sums = (family->steps + 1) * room->width, bounds = family->cuts.count * room->width;
    size_t results = family->count * room->width, stretches = 2 * family->count * TILE;
    running->sum = grow(running->sum, sums, room->sums);
    running->bits = grow(running->bits, bounds, room->bounds);
    room->value = grow(room->value, results, room->results);
    room->bits = grow(room->bits, results, room->results);
    room->stretch = grow(room->stretch, stretches, room->stretches);
    room->sums = sums > room->sums ? sums : room->sums;
    room->bounds = bounds > room->bounds ? bounds : room->bounds;
    room->results = results > room->results ? results : room->results;
    room->stretches = stretches > room->stretches ? stretches : room->stretches;
}

WIDE static void keep_most(const int32_t *restrict in, size_t count, int32_t *restrict most)
{
    for (size_t c = 0; c < count; c++)
        most[c] = more(most[c], in[c]);
}

WIDE static void keep_bits(const uint32_t *restrict in, size_t count, uint32_t *restrict bits)
{
    for (size_t c = 0; c < count; c++)
        bits[c] |= in[c];
}

// All sums of one length, of one tile.
static void reach_tile(const struct family *family, const struct reach *reach, size_t tile,
                       struct family_room *room)
{
    for (size_t k = 0; k + 1 < reach->cuts.count; k++) {
        if (reach->wanted[k])
            running_maximum(&room->running, tile, reach->over, reach->cuts.at[k],
                            reach->cuts.at[k + 1], room->stretch + k * TILE);
    }
    for (size_t i = reach->first; i < reach->first + reach->sums; i++) {
        const struct member *member = &family->member[i];
        int32_t *most = room->value + member->which * room->width + tile * TILE;
        memcpy(most, room->stretch + member->first_cut * TILE, TILE * sizeof(*most));
        for (size_t k = member->first_cut + 1; k < member->last_cut; k++)
            keep_most(room->stretch + k * TILE, TILE, most);
    }
}

static void find_bounds(const struct member *member, struct family_room *room)
{
    size_t width = room->width;
    const struct running *running = &room->running;
    uint32_t *bits = room->bits + member->which * width;
    memcpy(bits, running->bits + member->bits_first * width, width * sizeof(*bits));
    for (size_t k = member->bits_first + 1; k < member->bits_end; k++)
        keep_bits(running->bits + k * width, width, bits);
}

void family_run(const struct family *family, const struct rows *rows, struct family_room *room)
{
    assert(rows->count == family->steps);
    make_room(family, rows->communes, room);
    running_make(rows, family->cuts.at, family->cuts.count, &room->running);
    for (size_t tile = 0; tile < room->running.tiles; tile++) {
        for (size_t i = 0; i < family->reaches; i++)
            reach_tile(family, &family->reach[i], tile, room);
    }
    for (size_t i = 0; i < family->count; i++)
        find_bounds(&family->member[i], room);
}
