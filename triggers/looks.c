#include "triggers/looks.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/index_rule.h"
#include "triggers/grounds.h"
#include "triggers/series.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Communes times kinds of look: of those taken at once (50 MB), and of those taken one by one
// (about 40 MB). What is more is taken each time.
enum { WIDE_CELLS_MAX = 1 << 22, CELLS_MAX = 1 << 19 };

// A kind of look: a rule's bytes, which steps, and how much must have been seen of them.
struct kind {
    const struct index_rule *rule;                            // owned
    char source[64], variable[32], station[GROUNDS_TAG_SIZE]; // as the query's; "": NULL
    struct utc from, to;
    int64_t cover_minimum;
    int32_t member;
    enum unit unit;
    struct wide_look wide;
    struct looked *one; // [communes] owned; NULL: none was asked for, or there is no room
};

struct looks {
    size_t communes, kinds, last, wide, wide_cells, cells;
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
        struct kind *kind = &(*looks)->kind[i];
        wide_look_free(&kind->wide);
        mem_free(&kind->rule);
        mem_free(&kind->one);
    }
    mem_free(&(*looks)->kind);
    mem_free(looks);
}

size_t looks_kinds(const struct looks *looks)
{
    return looks->kinds;
}

size_t looks_wide(const struct looks *looks)
{
    return looks->wide;
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static bool same_text(const char *kept, const char *asked)
{
    return strcmp(kept, asked ? asked : "") == 0;
}

// The same bytes mean the same rule; two that are alike in another way are looked at twice.
static bool same(const struct kind *kind, const struct index_rule *rule,
                 const struct series_query *query)
{
    return kind->member == query->member && kind->from.s == query->from.s &&
           kind->to.s == query->to.s && kind->cover_minimum == query->cover_minimum &&
           kind->unit == query->unit && same_bytes(kind->rule, rule, sizeof(*rule)) &&
           same_text(kind->source, query->source) && same_text(kind->variable, query->variable) &&
           same_text(kind->station, query->station);
}

static void put_text(char *out, size_t size, const char *text)
{
    int len = snprintf(out, size, "%s", text ? text : "");
    assert(len >= 0 && (size_t)len < size);
    (void)len;
}

static struct kind kind_of(const struct index_rule *rule, const struct series_query *query)
{
    struct index_rule *copy = mem_new(1, sizeof(*copy));
    struct kind kind = {.from = query->from,
                        .to = query->to,
                        .cover_minimum = query->cover_minimum,
                        .member = query->member,
                        .unit = query->unit};
    memcpy(copy, rule, sizeof(*copy)); // all its bytes: they are what is compared
    kind.rule = copy;
    put_text(kind.source, sizeof(kind.source), query->source);
    put_text(kind.variable, sizeof(kind.variable), query->variable);
    put_text(kind.station, sizeof(kind.station), query->station);
    return kind;
}

static struct kind *add(struct looks *looks, const struct readings *readings,
                        const struct index_rule *rule, const struct series_query *query)
{
    looks->kind = mem_resize(looks->kind, looks->kinds + 1, sizeof(*looks->kind));
    struct kind *fresh = &looks->kind[looks->kinds];
    *fresh = kind_of(rule, query);
    looks->last = looks->kinds++;
    if (looks->wide_cells + looks->communes <= WIDE_CELLS_MAX &&
        wide_look_take(readings, fresh->rule, query, &fresh->wide)) {
        looks->wide_cells += looks->communes;
        looks->wide++;
    }
    return fresh;
}

// Members follow one another: so the search goes on from where it ended.
static struct kind *find(struct looks *looks, const struct readings *readings,
                         const struct index_rule *rule, const struct series_query *query)
{
    for (size_t i = 0; i < looks->kinds; i++) {
        size_t at = looks->last + i;
        at -= at < looks->kinds ? 0 : looks->kinds;
        if (!same(&looks->kind[at], rule, query))
            continue;
        looks->last = at;
        return &looks->kind[at];
    }
    return add(looks, readings, rule, query);
}

bool looks_find(struct looks *looks, const struct readings *readings, const struct index_rule *rule,
                const struct series_query *query, struct looked *out, struct looked **keep)
{
    assert(query->commune < looks->communes && readings->communes == looks->communes);
    struct kind *kind = find(looks, readings, rule, query);
    *keep = NULL;
    if (kind->wide.cell && wide_look_at(&kind->wide, query->commune, out))
        return true;
    if (!kind->one && looks->cells + looks->communes <= CELLS_MAX) {
        kind->one = mem_new(looks->communes + 1, sizeof(*kind->one));
        looks->cells += looks->communes;
    }
    if (!kind->one)
        return false;
    *keep = &kind->one[query->commune];
    *out = **keep;
    return out->taken;
}
