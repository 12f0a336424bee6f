#include "triggers/gaps.h"

#include "core/mem.h"
#include "ledger/left_out.h"
#include "ledger/map.h"
#include "ledger/subscriber.h"
#include "policies/policy.h"
#include "policies/supply.h"
#include "triggers/shelf.h"

#include <stdio.h>
#include <string.h>

enum err_kind gaps_area(const struct policy *policy, const struct boundary_set *set,
                        struct err *err)
{
    for (size_t i = 0; i < policy->area.count; i++) {
        const struct area one = {
            .kind = policy->area.kind, .name = &policy->area.name[i], .count = 1};
        bool found = false;
        for (size_t c = 0; c < set->count && !found; c++)
            found = area_holds(&one, set->commune[c].code, set->commune[c].zone,
                               set->commune[c].former);
        if (!found)
            return err_set(err, ERR_INPUT, "policy %s: boundary set %s has no \"%s\"%s", policy->id,
                           set->name, policy->area.name[i],
                           one.kind == AREA_FORMER ? "; tell it what communes were: gong boundary "
                                                     "former"
                                                   : "");
    }
    return OK;
}

// Which zones subscribers name were seen in a boundary set.
struct seen {
    bool at[SUBSCRIBERS_MAX][SUBSCRIBER_NAMES_MAX];
};

static void look_for_zones(const struct boundary_set *set, const struct subscribers *subscribers,
                           struct seen *seen)
{
    for (size_t c = 0; c < set->count; c++) {
        for (size_t i = 0; i < subscribers->count; i++) {
            const struct subscriber_names *zones = &subscribers->at[i].zones;
            for (size_t z = 0; z < zones->count; z++)
                seen->at[i][z] = seen->at[i][z] || strcmp(zones->at[z], set->commune[c].zone) == 0;
        }
    }
}

// Wholly replaced by a newer version, or ended: nothing is left out for its faults.
static bool is_over(const struct policy *policy, struct utc now)
{
    int64_t last = civil_days(policy->effective_to);
    return last < civil_days(policy->effective_from) || (last + 1) * DAY_S < now.s;
}

// Whether a policy before this one is of the same boundary set: that set was looked at then.
static bool is_seen(const struct shelf *shelf, size_t i, struct utc now)
{
    for (size_t k = 0; k < i; k++) {
        if (!is_over(shelf->at[k], now) &&
            strcmp(shelf->at[k]->boundary_set, shelf->at[i]->boundary_set) == 0)
            return true;
    }
    return false;
}

// All policies of the boundary set that policy `first` names; `set` NULL: it could not be loaded,
// for `why`.
static void look_at_set(const struct shelf *shelf, size_t first, struct utc now,
                        const struct boundary_set *set, const struct err *why,
                        struct left_outs *out)
{
    for (size_t i = first; i < shelf->count; i++) {
        const struct policy *policy = shelf->at[i];
        struct err own = *why;
        if (is_over(policy, now) ||
            strcmp(policy->boundary_set, shelf->at[first]->boundary_set) != 0)
            continue;
        if (!set)
            (void)err_add(&own, "looking at policy %s", policy->id);
        if (!set || gaps_area(policy, set, &own))
            left_outs_add(out, "policy", own.text);
    }
}

// Policies are sorted by id; each boundary set is loaded once for all that name it.
static enum err_kind look_at_policies(struct map *map, const struct shelf *shelf, struct utc now,
                                      const struct subscribers *subscribers, struct seen *seen,
                                      struct left_outs *out, struct err *err)
{
    for (size_t i = 0; i < shelf->count; i++) {
        struct err why = {0};
        AUTO(boundary_set_free) struct boundary_set *set = NULL;
        if (is_over(shelf->at[i], now) || is_seen(shelf, i, now))
            continue;
        enum err_kind kind = boundary_set_load(map, shelf->at[i]->boundary_set, false, &set, &why);
        if (kind == ERR_LATER || kind == ERR_BROKEN) {
            *err = why;
            return kind;
        }
        look_at_set(shelf, i, now, kind ? NULL : set, &why, out);
        if (!kind)
            look_for_zones(set, subscribers, seen);
    }
    return OK;
}

enum err_kind gaps_look(struct map *map, const struct shelf *shelf, struct utc now,
                        const struct subscribers *subscribers, struct left_outs *out,
                        struct err *err)
{
    AUTO(mem_drop) struct seen *seen = mem_new(1, sizeof(*seen));
    for (size_t i = 0; i < shelf->refused_count; i++)
        left_outs_add(out, "policy", shelf->refused[i].text);
    if (look_at_policies(map, shelf, now, subscribers, seen, out, err))
        return err_of(err);
    for (size_t i = 0; i < subscribers->count; i++) {
        const struct subscriber *one = &subscribers->at[i];
        for (size_t z = 0; z < one->zones.count; z++) {
            char why[400];
            if (seen->at[i][z])
                continue;
            (void)snprintf(why, sizeof(why),
                           "subscribers.yaml: %s hears of zone \"%s\", which no boundary set of a "
                           "policy here has",
                           one->id, one->zones.at[z]);
            left_outs_add(out, "subscriber", why);
        }
    }
    return OK;
}

void gaps_sources(const struct shelf *shelf, struct utc now, const struct supplies *supplies,
                  struct left_outs *out)
{
    enum { LINES_BYTES_MAX = 32 * 1024 };
    for (size_t i = 0; i < shelf->count; i++) {
        AUTO(buf_free) struct buf lines = buf_new(LINES_BYTES_MAX);
        if (is_over(shelf->at[i], now))
            continue;
        (void)supplies_miss(shelf->at[i], supplies, true, &lines);
        struct str rest = buf_slice(&lines), line;
        while (str_take_line(&rest, &line)) {
            struct err why;
            (void)err_set(&why, ERR_INPUT, "policy %s: " STR_FMT, shelf->at[i]->id, STR_ARG(line));
            left_outs_add(out, "policy", why.text);
        }
    }
}
