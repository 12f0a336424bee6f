#include "triggers/common.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "triggers/grounds.h"
#include "triggers/looks.h"

#include <assert.h>
#include <string.h>

// Sources times windows of one moment; each is some megabytes of a national set.
enum { KEPT = 8 };

struct kept {
    struct reading_query query; // its texts are a policy's, which outlives the run
    struct grounds grounds;
    size_t used; // when last; 0: free
};

struct common {
    struct kept kept[KEPT];
    struct grounds own; // of a policy that shares with no other
    size_t calls;
};

struct common *common_new(void)
{
    return mem_new(1, sizeof(struct common));
}

void common_free(struct common **common)
{
    if (!*common)
        return;
    for (size_t i = 0; i < KEPT; i++)
        grounds_free(&(*common)->kept[i].grounds);
    grounds_free(&(*common)->own);
    mem_free(common);
}

static bool same(const struct reading_query *a, const struct reading_query *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(a->variable, b->variable) == 0 &&
           strcmp(a->boundary_set, b->boundary_set) == 0 && a->issued_at.s == b->issued_at.s &&
           a->from.s == b->from.s && a->to.s == b->to.s;
}

// That of the same query, or the one that was not asked for longest.
static struct kept *find(struct common *common, const struct reading_query *query)
{
    struct kept *oldest = &common->kept[0];
    for (size_t i = 0; i < KEPT; i++) {
        struct kept *kept = &common->kept[i];
        if (kept->used && same(&kept->query, query))
            return kept;
        oldest = kept->used < oldest->used ? kept : oldest;
    }
    oldest->used = 0;
    grounds_free(&oldest->grounds);
    return oldest;
}

enum err_kind common_grounds(struct common *common, struct ledger *ledger,
                             const struct policy *policy, const struct occasion *occasion,
                             const struct boundary_set *set, const struct grounds **out,
                             struct err *err)
{
    struct reading_query query;
    grounds_free(&common->own);
    if (!grounds_are_one(policy, occasion, &query)) {
        *out = &common->own;
        return grounds_load(ledger, policy, occasion, set, &common->own, err);
    }
    struct kept *kept = find(common, &query);
    if (!kept->used) {
        if (grounds_load(ledger, policy, occasion, set, &kept->grounds, err))
            return err_of(err);
        kept->query = query;
        if (kept->grounds.readings.count)
            kept->grounds.looks = looks_new(kept->grounds.readings.communes);
    }
    kept->used = ++common->calls;
    *out = &kept->grounds;
    return OK;
}
