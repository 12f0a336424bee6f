#include "triggers/due.h"

#include "core/mem.h"
#include "ledger/raw.h"
#include "policies/policy.h"
#include "triggers/shelf.h"

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
        .boundary_set = policy->boundary_set,
        .issued_at = UTC_NEVER,
        .from = UTC_NEVER,
        .to = UTC_NEVER,
    };
}

static bool is_effective(const struct policy *policy, struct civil day)
{
    int64_t at = civil_days(day);
    return civil_days(policy->effective_from) <= at && at <= civil_days(policy->effective_to);
}

static enum err_kind add_moments(struct ledger *ledger, const struct policy *policy, struct utc now,
                                 struct dues *out, struct err *err)
{
    struct reading_query query = query_of(policy);
    bool runs = policy->watch == WATCH_FORECAST;
    AUTO(mem_drop) struct utc *moments = NULL;
    size_t count = 0;
    if (runs ? reading_runs(ledger, &query, &moments, &count, err)
             : reading_steps(ledger, &query, &moments, &count, err))
        return err->kind;
    for (size_t i = 0; i < count; i++) {
        struct occasion occasion = runs ? occasion_of_run(moments[i], policy->index.within_s)
                                        : occasion_of_step(moments[i], policy->index.within_s);
        if (moments[i].s <= now.s && is_effective(policy, occasion.last))
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

// One stretch of readings that a policy looks at.
struct input {
    const char *source, *variable;
    struct utc issued_at, from, to;
    bool substitute; // only for what is missing elsewhere: nobody waits for it
};
enum { INPUTS_MAX = PARTS_MAX + MODELS_MAX + SUBSTITUTES_MAX + 2 };
struct inputs {
    struct input at[INPUTS_MAX];
    size_t count;
};

// Parts that look at the same readings share them: of each source and variable the widest stretch.
static void need(struct inputs *inputs, struct input input)
{
    for (size_t i = 0; i < inputs->count; i++) {
        struct input *other = &inputs->at[i];
        if (strcmp(other->source, input.source) != 0 ||
            strcmp(other->variable, input.variable) != 0)
            continue;
        if (input.from.s < other->from.s)
            other->from = input.from;
        if (input.to.s > other->to.s)
            other->to = input.to;
        return;
    }
    assert(inputs->count < INPUTS_MAX);
    inputs->at[inputs->count++] = input;
}

static struct inputs inputs_of(const struct policy *policy, const struct occasion *occasion)
{
    bool forecast = policy->kind == POLICY_ALERT && policy->watch == WATCH_FORECAST;
    struct utc issued = forecast ? occasion->from : UTC_NEVER;
    struct inputs inputs = {0};
    struct input own = {.source = policy->source,
                        .variable = policy->variable,
                        .issued_at = issued,
                        .from = occasion->from,
                        .to = occasion->to};
    if (!policy->stages)
        need(&inputs, own);
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        struct input input = own;
        input.source = part->source;
        input.variable = part->variable;
        if (policy->stages && part->watch == WATCH_OBSERVATION) {
            input.issued_at = UTC_NEVER;
            input.from.s = occasion->as_of.s - part->index.within_s;
            input.to = occasion->as_of;
        } else if (policy->stages) {
            input.to.s = occasion->from.s + part->lead_s + part->index.within_s;
        }
        need(&inputs, input);
    }
    if (policy->index.take == INDEX_STORM) {
        struct input distance = own;
        distance.variable = "storm_distance";
        need(&inputs, distance);
    }
    for (size_t i = 0; i < policy->substitutes; i++) {
        struct input input = own;
        input.source = policy->substitute[i].source;
        input.substitute = true;
        need(&inputs, input);
    }
    for (size_t i = 0; i < policy->ensemble.models; i++) {
        struct input input = own;
        input.source = policy->ensemble.model[i].source;
        need(&inputs, input);
    }
    return inputs;
}

// Appends `more`, which is emptied.
static void append(struct readings *all, struct readings *more)
{
    size_t count = all->count + more->count, communes = more->communes;
    if (more->count == 0)
        return;
    if (all->count == 0) {
        readings_free(all);
        *all = MOVE(*more);
        return;
    }
    assert(all->communes == communes);
    all->meta = mem_resize(all->meta, count, sizeof(*all->meta));
    all->hash = mem_resize(all->hash, count, sizeof(*all->hash));
    all->value = mem_resize(all->value, count * communes, sizeof(*all->value));
    all->cover = mem_resize(all->cover, count * communes, sizeof(*all->cover));
    memcpy(all->meta + all->count, more->meta, more->count * sizeof(*all->meta));
    memcpy(all->hash + all->count, more->hash, more->count * sizeof(*all->hash));
    memcpy(all->value + all->count * communes, more->value,
           more->count * communes * sizeof(*all->value));
    memcpy(all->cover + all->count * communes, more->cover,
           more->count * communes * sizeof(*all->cover));
    all->count = count;
}

enum err_kind due_readings(struct ledger *ledger, const struct policy *policy,
                           const struct occasion *occasion, struct readings *out, struct err *err)
{
    struct inputs inputs = inputs_of(policy, occasion);
    AUTO(readings_free) struct readings all = {0};
    for (size_t i = 0; i < inputs.count; i++) {
        AUTO(readings_free) struct readings more = {0};
        struct reading_query query = query_of(policy);
        query.source = inputs.at[i].source;
        query.variable = inputs.at[i].variable;
        query.issued_at = inputs.at[i].issued_at;
        query.from = inputs.at[i].from;
        query.to = inputs.at[i].to;
        if (reading_load(ledger, &query, &more, err))
            return err->kind;
        append(&all, &more);
    }
    *out = MOVE(all);
    return OK;
}

// Whether the readings of one source and variable follow one another without a hole.
static bool is_whole(const struct readings *readings, const struct input *input)
{
    struct utc at = input->from;
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        if (strcmp(meta->source, input->source) != 0 ||
            strcmp(meta->variable, input->variable) != 0)
            continue;
        if (meta->valid_from.s <= at.s && meta->valid_to.s > at.s)
            at = meta->valid_to;
    }
    return at.s >= input->to.s;
}

static bool all_whole(const struct policy *policy, const struct readings *readings,
                      const struct occasion *occasion)
{
    struct inputs inputs = inputs_of(policy, occasion);
    for (size_t i = 0; i < inputs.count; i++) {
        if (!inputs.at[i].substitute && !is_whole(readings, &inputs.at[i]))
            return false;
    }
    return true;
}

bool due_is_ripe(const struct policy *policy, const struct readings *readings, struct utc now,
                 struct occasion *occasion)
{
    if (policy->period.kind == PERIOD_NONE || all_whole(policy, readings, occasion))
        return true;
    int64_t wait_s =
        policy->kind == POLICY_INSURANCE ? policy->settle_after_s : policy->next_update_s;
    occasion->as_of.s = occasion->to.s + wait_s;
    return occasion->as_of.s <= now.s;
}

enum err_kind due_occasion(const struct policy *policy, const char *period, struct utc as_of,
                           struct occasion *out, struct err *err)
{
    AUTO(occasions_free) struct occasions all = {0};
    struct occasion found;
    struct utc moment;
    if (policy->period.kind == PERIOD_NONE) {
        if (utc_parse(str_of(period), &moment, err))
            return err_add(err, "reading the period of policy %s", policy->id);
        found = policy->watch == WATCH_FORECAST ? occasion_of_run(moment, policy->index.within_s)
                                                : occasion_of_step(moment, policy->index.within_s);
    } else {
        period_list(&policy->period, policy->effective_from, policy->effective_to, &all);
        size_t i = 0;
        while (i < all.count && strcmp(all.at[i].period, period) != 0)
            i++;
        if (i == all.count)
            return err_set(err, ERR_INPUT, "policy %s has no period %s", policy->id, period);
        found = all.at[i];
    }
    found.as_of = as_of;
    *out = found;
    return OK;
}
