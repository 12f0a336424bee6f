#include "triggers/looks.h"

#include "core/mem.h"
#include "policies/policy.h"

#include <assert.h>
#include <string.h>

// More communes times kinds of look (about 64 MB) are not kept: they are taken each time.
enum { CELLS_MAX = 1 << 19 };

struct kind {
    const struct index_rule *rule;
    int64_t coverage;
    struct utc from, to;
    int32_t member;
    struct looked *at; // [communes] owned, as is the rule of those that are kept
};

struct looks {
    size_t communes, kinds, last;
    struct kind *kind;
};

struct looks *looks_new(size_t communes)
{
    struct looks *looks = mem_new(1, sizeof(*looks));
    looks->communes = communes;
    return looks;
}

void looks_free(struct looks **looks)
{
    if (!*looks)
        return;
    for (size_t i = 0; i < (*looks)->kinds; i++) {
        mem_free(&(*looks)->kind[i].rule);
        mem_free(&(*looks)->kind[i].at);
    }
    mem_free(&(*looks)->kind);
    mem_free(looks);
}

size_t looks_kinds(const struct looks *looks)
{
    return looks->kinds;
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

// The same bytes mean the same rule; two that are alike in another way are looked at twice.
static bool same(const struct kind *a, const struct kind *b)
{
    return a->member == b->member && a->from.s == b->from.s && a->to.s == b->to.s &&
           a->coverage == b->coverage && same_bytes(a->rule, b->rule, sizeof(*a->rule));
}

// SIZE_MAX: there is no room for it.
static size_t find(struct looks *looks, const struct kind *wanted)
{
    if (looks->last < looks->kinds && same(&looks->kind[looks->last], wanted))
        return looks->last;
    for (size_t i = 0; i < looks->kinds; i++) {
        if (same(&looks->kind[i], wanted))
            return i;
    }
    if ((looks->kinds + 1) * looks->communes > CELLS_MAX)
        return SIZE_MAX;
    looks->kind = mem_resize(looks->kind, looks->kinds + 1, sizeof(*looks->kind));
    struct kind *fresh = &looks->kind[looks->kinds];
    struct index_rule *rule = mem_new(1, sizeof(*rule));
    memcpy(rule, wanted->rule, sizeof(*rule)); // all its bytes: they are what is compared
    *fresh = *wanted;
    fresh->rule = rule;
    fresh->at = mem_new(looks->communes + 1, sizeof(*fresh->at));
    return looks->kinds++;
}

struct looked *looks_at(struct looks *looks, const struct part *part, const struct occasion *window,
                        int32_t member, size_t commune)
{
    struct kind wanted = {&part->index, part->minimum_coverage, window->from, window->to, member,
                          NULL};
    assert(commune < looks->communes);
    size_t at = find(looks, &wanted);
    if (at == SIZE_MAX)
        return NULL;
    looks->last = at;
    return &looks->kind[at].at[commune];
}
