#include "triggers/common.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "policies/policy.h"
#include "triggers/grounds.h"
#include "triggers/looks.h"

#include <assert.h>
#include <string.h>

// Sources times windows of one moment. A week of hours of a national set is 3 MB, a hundred days
// of an ensemble of 51 are a hundred: so the bytes are bounded too.
enum { KEPT = 8, KEPT_BYTES_MAX = 128 << 20 };

struct kept {
    struct reading_query query; // its texts are a policy's, which outlives the run
    struct grounds grounds;
    size_t bytes; // of its readings
    size_t used;  // when last; 0: free
};

struct common {
    struct kept kept[KEPT];
    struct grounds own; // of a policy that shares with no other, or too large to be kept
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

static struct kept *find(struct common *common, const struct reading_query *query)
{
    for (size_t i = 0; i < KEPT; i++) {
        struct kept *kept = &common->kept[i];
        if (kept->used && same(&kept->query, query))
            return kept;
    }
    return NULL;
}

static size_t bytes_of(const struct readings *readings)
{
    size_t step = sizeof(*readings->meta) + sizeof(*readings->hash) +
                  readings->communes * (sizeof(*readings->value) + sizeof(*readings->cover));
    return readings->count * step +
           readings->communes * readings->near_count * sizeof(*readings->near);
}

// A free place for so many bytes: those that were not asked for longest go.
static struct kept *make_room(struct common *common, size_t bytes)
{
    for (;;) {
        struct kept *free = NULL, *oldest = NULL;
        size_t sum = bytes;
        for (size_t i = 0; i < KEPT; i++) {
            struct kept *kept = &common->kept[i];
            sum += kept->used ? kept->bytes : 0;
            if (!kept->used)
                free = kept;
            else if (!oldest || kept->used < oldest->used)
                oldest = kept;
        }
        if (free && (sum <= KEPT_BYTES_MAX || !oldest))
            return free;
        oldest->used = 0;
        grounds_free(&oldest->grounds);
    }
}

// What fills holes is told of each commune: such looks are not kept.
static void keep_looks(struct grounds *grounds, const struct policy *policy)
{
    if (!grounds->looks && grounds->readings.count && !policy->substitutes)
        grounds->looks = looks_new(grounds->readings.communes);
}

enum err_kind common_grounds(struct common *common, struct ledger *ledger,
                             const struct policy *policy, const struct occasion *occasion,
                             const struct boundary_set *set, const struct grounds **out,
                             struct err *err)
{
    struct reading_query query;
    grounds_free(&common->own);
    *out = &common->own;
    if (!grounds_are_one(policy, occasion, &query)) {
        if (grounds_load(ledger, policy, occasion, set, &common->own, err))
            return err_of(err);
        keep_looks(&common->own, policy);
        return OK;
    }
    struct kept *kept = find(common, &query);
    if (!kept) {
        if (grounds_load(ledger, policy, occasion, set, &common->own, err))
            return err_of(err);
        keep_looks(&common->own, policy);
        size_t bytes = bytes_of(&common->own.readings);
        if (bytes > KEPT_BYTES_MAX)
            return OK;
        kept = make_room(common, bytes);
        kept->grounds = MOVE(common->own);
        kept->query = query;
        kept->bytes = bytes;
    }
    kept->used = ++common->calls;
    *out = &kept->grounds;
    return OK;
}
