#include "triggers/due.h"

#include "core/mem.h"
#include "ledger/raw.h"
#include "ledger/station.h"
#include "policies/calendar.h"
#include "policies/policy.h"
#include "triggers/grounds.h"
#include "triggers/shelf.h"
#include "triggers/storm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dues_free(struct dues *dues)
{
    for (size_t i = 0; i < dues->count; i++)
        mem_free(&dues->at[i].refused);
    mem_free(&dues->at);
    dues->count = 0;
}

static struct due *add(struct dues *dues, const struct policy *policy,
                       const struct occasion *occasion)
{
    dues->at = mem_resize(dues->at, dues->count + 1, sizeof(*dues->at));
    struct due *due = &dues->at[dues->count++];
    *due = (struct due){.policy = policy, .occasion = *occasion};
    return due;
}

static struct reading_query query_of(const struct policy *policy)
{
    return (struct reading_query){
        .source = policy->source,
        .variable = policy->variable,
        .boundary_set = policy->station[0] ? STATION_SET : policy->boundary_set,
        .issued_at = UTC_NEVER,
        .from = UTC_NEVER,
        .to = UTC_NEVER,
    };
}

static enum err_kind add_moments(struct ledger *ledger, const struct policy *policy, struct utc now,
                                 struct dues *out, struct err *err)
{
    struct reading_query query = query_of(policy);
    bool runs = policy->watch == WATCH_FORECAST;
    AUTO(mem_drop) struct utc *moments = NULL;
    size_t count = 0;
    if (storm_is_variable(policy->variable)) { // there is no step of theirs but in a period
        if (track_runs(ledger, policy->source, UTC_NEVER, &moments, &count, err))
            return err->kind;
    } else if (runs ? reading_runs(ledger, &query, &moments, &count, err)
                    : reading_steps(ledger, &query, &moments, &count, err)) {
        return err->kind;
    }
    for (size_t i = 0; i < count; i++) {
        struct occasion occasion = calendar_looks(policy, moments[i]);
        if (moments[i].s <= now.s && calendar_covers(policy, occasion.last, occasion.last))
            (void)add(out, policy, &occasion);
    }
    return OK;
}

static void add_periods(const struct policy *policy, struct utc now, struct dues *out)
{
    AUTO(occasions_free) struct occasions all = {0};
    period_list(&policy->period, policy->effective_from, policy->effective_to, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (all.at[i].to.s <= now.s)
            (void)add(out, policy, &all.at[i]);
    }
}

// A file that could not be read says nothing of its time: its batch stands at the newest reading
// of the source, within the policy's dates.
static enum err_kind refused_as_of(struct ledger *ledger, const struct policy *policy,
                                   struct utc *out, struct err *err)
{
    struct utc first = {civil_days(policy->effective_from) * DAY_S};
    struct utc last = {(civil_days(policy->effective_to) + 1) * DAY_S};
    enum err_kind kind = reading_newest(ledger, policy->source, out, err);
    if (kind && kind != ERR_MISSING)
        return kind;
    if (kind == ERR_MISSING || out->s < first.s)
        *out = first;
    if (out->s > last.s)
        *out = last;
    return OK;
}

static enum err_kind add_refused(struct ledger *ledger, const struct policy *policy,
                                 struct dues *out, struct err *err)
{
    AUTO(raws_free) struct raws raws = {0};
    struct utc as_of;
    if (raw_list(ledger, policy->source, RAW_REFUSED, 0, &raws, err))
        return err->kind;
    if (raws.count == 0)
        return OK;
    if (refused_as_of(ledger, policy, &as_of, err))
        return err->kind;
    for (size_t i = 0; i < raws.count; i++) {
        struct occasion occasion = occasion_of_step(as_of, 1);
        int len = snprintf(occasion.period, sizeof(occasion.period), "file-%.16s",
                           hash_hex(raws.at[i].hash).at);
        assert(len > 0 && (size_t)len < sizeof(occasion.period));
        struct due *due = add(out, policy, &occasion);
        due->refused = mem_text(raws.at[i].why);
        due->raw = raws.at[i].hash;
    }
    return OK;
}

static int by_time(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    if (x->occasion.as_of.s != y->occasion.as_of.s)
        return x->occasion.as_of.s < y->occasion.as_of.s ? -1 : 1;
    int order = strcmp(x->policy->id, y->policy->id);
    return order ? order : strcmp(x->occasion.period, y->occasion.period);
}

enum err_kind due_list(struct ledger *ledger, const struct shelf *shelf, struct utc now,
                       struct dues *out, struct err *err)
{
    AUTO(dues_free) struct dues dues = {0};
    for (size_t i = 0; i < shelf->count; i++) {
        const struct policy *policy = shelf->at[i];
        enum err_kind kind = OK;
        if (policy->period.kind == PERIOD_NONE)
            kind = add_moments(ledger, policy, now, &dues, err);
        else
            add_periods(policy, now, &dues);
        if (kind || add_refused(ledger, policy, &dues, err))
            return err_add(err, "looking what is due for %s", policy->id);
    }
    if (dues.count)
        qsort(dues.at, dues.count, sizeof(*dues.at), by_time);
    *out = MOVE(dues);
    return OK;
}

bool due_is_ripe(const struct policy *policy, const struct readings *readings, struct utc now,
                 struct occasion *occasion)
{
    if (policy->period.kind == PERIOD_NONE || grounds_whole(policy, readings, occasion))
        return true;
    occasion->as_of = calendar_decided_by(policy, occasion);
    return occasion->as_of.s <= now.s;
}

enum err_kind due_occasion(const struct policy *policy, const char *period, struct utc as_of,
                           struct occasion *out, struct err *err)
{
    struct occasion found;
    struct utc moment;
    if (policy->period.kind == PERIOD_NONE) {
        if (utc_parse(str_of(period), &moment, err))
            return err_add(err, "reading the period of policy %s", policy->id);
        found = calendar_looks(policy, moment);
    } else if (!calendar_period(policy, period, &found)) {
        return err_set(err, ERR_INPUT, "policy %s has no period %s", policy->id, period);
    }
    found.as_of = as_of;
    *out = found;
    return OK;
}
