#include "triggers/gaps.h"

#include "core/mem.h"
#include "ledger/left_out.h"
#include "ledger/map.h"
#include "ledger/subscriber.h"
#include "policies/policy.h"
#include "triggers/shelf.h"

#include <stdio.h>
#include <string.h>

enum err_kind gaps_area(const struct policy *policy, const struct boundary_set *set,
                        struct err *err)
{
    for (size_t i = 0; i < policy->area.count; i++) {
        const struct area one = {policy->area.kind, &policy->area.name[i], 1};
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

// Policies are sorted by id, not by boundary set: a set is loaded once for all that follow in turn.
static enum err_kind look_at_policies(struct map *map, const struct shelf *shelf, struct utc now,
                                      const struct subscribers *subscribers, struct seen *seen,
                                      struct left_outs *out, struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    for (size_t i = 0; i < shelf->count; i++) {
        const struct policy *policy = shelf->at[i];
        struct err why = {0};
        if (is_over(policy, now))
            continue;
        if (!set || strcmp(set->name, policy->boundary_set) != 0) {
            boundary_set_free(&set);
            enum err_kind kind = boundary_set_load(map, policy->boundary_set, false, &set, &why);
            if (kind == ERR_LATER || kind == ERR_BROKEN) {
                *err = why;
                return kind;
            }
            if (kind) {
                (void)err_add(&why, "looking at policy %s", policy->id);
                left_outs_add(out, "policy", why.text);
                continue;
            }
            look_for_zones(set, subscribers, seen);
        }
        if (gaps_area(policy, set, &why))
            left_outs_add(out, "policy", why.text);
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
