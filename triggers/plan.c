#include "triggers/plan.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "triggers/history.h"
#include "triggers/lookback.h"
#include "triggers/split.h"
#include "triggers/stage.h"
#include "triggers/storm.h"

#include <assert.h>
#include <stdlib.h>

// A window of fewer numbers is not worth a second thread.
enum { ALONE_CELLS = 200000 };

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->indices; i++) {
        occasions_free(&plan->index[i].occasions);
        mem_free(&plan->index[i].quotient);
    }
    mem_free(&plan->index);
    mem_free(&plan->index_of);
    plan->indices = 0;
}

bool plan_takes(const struct policy *policy)
{
    bool observed = policy->kind == POLICY_INSURANCE || policy->watch == WATCH_OBSERVATION;
    bool one = policy->parts == 0 && policy->substitutes == 0 &&
               policy->index.start.kind == START_PERIOD && policy->index.follow_s == 0;
    // What events pay is not to be seen from the index of the whole period.
    return one && !policy->limits.there && !policy->index.share && policy->ensemble.members == 0 &&
           observed && policy->rounding_milli > 0 && policy->rounding_milli <= INT32_MAX &&
           (policy->period.kind != PERIOD_NONE || policy->index.within_s > 0);
}

// --- occasions
// ------------------------------------------------------------------------------------

static bool within(const struct occasion *occasion, struct span span)
{
    return occasion->from.s >= span.from.s && occasion->to.s <= span.to.s;
}

static void keep(struct occasions *all, struct span span)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (within(&all->at[i], span))
            all->at[kept++] = all->at[i];
    }
    all->count = kept;
}

static enum err_kind looks_back(const struct history *history, const struct policy *policy,
                                struct occasions *out, struct err *err)
{
    AUTO(mem_drop) struct utc *steps = NULL;
    size_t count = 0;
    if (history_steps(history, &steps, &count, err))
        return err_of(err);
    out->at = mem_new(count + 1, sizeof(*out->at));
    for (size_t i = 0; i < count; i++)
        out->at[out->count++] = occasion_of_step(steps[i], policy->index.within_s);
    return OK;
}

enum err_kind plan_occasions(const struct history *history, const struct policy *policy,
                             struct utc from, struct utc to, struct occasions *out, struct err *err)
{
    AUTO(occasions_free) struct occasions all = {0};
    struct span span;
    if (history_span(history, &span, err))
        return err_of(err);
    // Lists of storms are as long as who asks says: where they are silent there was none.
    bool tracks = history->ledger && storm_is_variable(history->variable);
    if (from.s != UTC_NEVER.s && (tracks || from.s > span.from.s))
        span.from = from;
    if (to.s != UTC_NEVER.s && (tracks || to.s < span.to.s))
        span.to = to;
    if (policy->period.kind == PERIOD_NONE) {
        if (looks_back(history, policy, &all, err))
            return err_of(err);
    } else {
        struct civil first = utc_civil((struct utc){span.from.s - DAY_S});
        struct civil last = utc_civil((struct utc){span.to.s + DAY_S});
        period_list(&policy->period, first, last, &all);
    }
    keep(&all, span);
    if (all.count == 0)
        return err_set(err, ERR_MISSING,
                       "no whole period of %s lies between %s and %s; take another series, or "
                       "other --from and --to",
                       policy->id, utc_text(span.from).at, utc_text(span.to).at);
    *out = MOVE(all);
    return OK;
}

// --- which indices there are ------------------------------------------------------------------

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

// The same bytes mean the same index; two that are alike in another way are computed twice.
static bool same_index(const struct policy *a, const struct policy *b)
{
    return same_bytes(&a->index, &b->index, sizeof(a->index)) &&
           same_bytes(&a->period, &b->period, sizeof(a->period)) &&
           a->minimum_coverage == b->minimum_coverage && a->rounding_milli == b->rounding_milli;
}

static size_t index_find(const struct plan *plan, const struct policy *policy)
{
    size_t i = 0;
    while (i < plan->indices && !same_index(plan->index[i].like, policy))
        i++;
    return i;
}

enum err_kind plan_make(const struct history *history, const struct policy *const *policy,
                        size_t policies, struct utc from, struct utc to, struct plan *out,
                        struct err *err)
{
    AUTO(plan_free)
    struct plan plan = {
        .communes = history_places(history), .policies = policies, .policy = policy};
    size_t cells = 0;
    plan.index_of = mem_new(policies + 1, sizeof(*plan.index_of));
    plan.index = mem_new(policies + 1, sizeof(*plan.index));
    for (size_t i = 0; i < policies; i++) {
        if (!plan_takes(policy[i]))
            return err_set(err, ERR_INPUT,
                           "policy %s looks at forecasts, members or a share of communes, not at "
                           "a past of each commune",
                           policy[i]->id);
        size_t at = plan.index_of[i] = index_find(&plan, policy[i]);
        if (at < plan.indices)
            continue;
        struct plan_index *index = &plan.index[plan.indices++];
        index->like = policy[i];
        if (plan_occasions(history, policy[i], from, to, &index->occasions, err))
            return err_of(err);
        cells += index->occasions.count * plan.communes;
        if (cells > PLAN_CELLS_MAX)
            return err_set(err, ERR_INPUT,
                           "that would be more than %zu answers; take fewer years by --from and "
                           "--to",
                           PLAN_CELLS_MAX);
        index->quotient = mem_new(index->occasions.count * plan.communes, sizeof(*index->quotient));
    }
    *out = MOVE(plan);
    return OK;
}

// --- all of them
// ------------------------------------------------------------------------------------

// An index's next occasion.
struct visit {
    struct span span;
    size_t index, at;
    bool done;
};

struct visits {
    struct visit *at;
    size_t count;
};

static void visits_free(struct visits *visits)
{
    mem_free(&visits->at);
}

static int by_time(const void *a, const void *b)
{
    const struct visit *x = a, *y = b;
    if (x->span.from.s != y->span.from.s)
        return x->span.from.s < y->span.from.s ? -1 : 1;
    if (x->span.to.s != y->span.to.s)
        return x->span.to.s < y->span.to.s ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static struct visits visits_of(const struct plan *plan, const bool *done)
{
    struct visits visits = {0};
    for (size_t i = 0; i < plan->indices; i++)
        visits.count += done[i] ? 0 : plan->index[i].occasions.count;
    visits.at = mem_new(visits.count + 1, sizeof(*visits.at));
    size_t k = 0;
    for (size_t i = 0; i < plan->indices; i++) {
        for (size_t at = 0; !done[i] && at < plan->index[i].occasions.count; at++) {
            const struct occasion *occasion = &plan->index[i].occasions.at[at];
            visits.at[k++] = (struct visit){{occasion->from, occasion->to}, i, at, false};
        }
    }
    qsort(visits.at, visits.count, sizeof(*visits.at), by_time);
    return visits;
}

// What is to be computed: all stages at once of a series, which costs no memory; of a site one
// after the other, because each holds the readings of its time.
struct work {
    struct plan *plan;
    const struct history *history;
    size_t threads;
    struct stage *stage;
    size_t stages;
    size_t *first;       // [stages + 1] number of the first block
    struct bench *bench; // [threads]
};

static void work_free(struct work *work)
{
    for (size_t i = 0; i < work->stages; i++)
        stage_free(&work->stage[i]);
    for (size_t i = 0; i < work->threads; i++)
        bench_free(&work->bench[i]);
    mem_free(&work->stage);
    mem_free(&work->bench);
    mem_free(&work->first);
}

static void run_block(void *self, size_t worker, size_t item)
{
    const struct work *work = self;
    size_t low = 0, high = work->stages;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (work->first[middle] <= item)
            low = middle;
        else
            high = middle;
    }
    stage_run(&work->stage[low], item - work->first[low], &work->bench[worker]);
}

static void run_stages(struct work *work)
{
    size_t blocks = 0, cells = 0;
    work->first = mem_resize(work->first, work->stages + 1, sizeof(*work->first));
    for (size_t i = 0; i < work->stages; i++) {
        work->first[i] = blocks;
        blocks += stage_blocks(&work->stage[i]);
        cells += work->stage[i].window.rows.count * work->stage[i].communes;
    }
    split_run(cells < ALONE_CELLS ? 1 : work->threads, blocks, run_block, work);
    for (size_t i = 0; i < work->stages; i++)
        stage_free(&work->stage[i]);
    work->stages = 0;
}

static void take_stage(struct work *work, struct stage *stage)
{
    work->stage[work->stages++] = MOVE(*stage);
    if (!work->history->series)
        run_stages(work);
}

// Visits [first, first + count) become one stage; `gathers`: only what one walk can do, if that is
// two or more.
static enum err_kind add_stage(struct work *work, const struct visits *visits, size_t first,
                               size_t count, bool gathers, struct err *err)
{
    struct plan *plan = work->plan;
    AUTO(stage_free) struct stage stage = {0};
    AUTO(mem_drop) struct glance *glance = mem_new(count + 1, sizeof(*glance));
    struct span span = visits->at[first].span;
    size_t glances = 0;
    for (size_t i = first; i < first + count; i++) {
        const struct visit *visit = &visits->at[i];
        struct plan_index *index = &plan->index[visit->index];
        if (visit->done)
            continue;
        span.to = visit->span.to.s > span.to.s ? visit->span.to : span.to;
        glance[glances++] = (struct glance){.like = index->like,
                                            .occasion = &index->occasions.at[visit->at],
                                            .out = index->quotient + visit->at * plan->communes,
                                            .visit = i};
    }
    if (glances == 0)
        return OK;
    if (stage_make(work->history, span, glance, glances, plan->block, &stage, err))
        return err_of(err);
    if (gathers && !stage_gather(&stage, plan->block))
        return OK;
    for (size_t i = 0; i < stage.glances; i++)
        visits->at[stage.glance[i].visit].done = true;
    take_stage(work, &stage);
    return OK;
}

// Seasons that lie over one another, as long as their steps stay in the cache.
static size_t overlapping(const struct visits *visits, size_t first)
{
    const int64_t most_s = (int64_t)STAGE_STEPS_MAX * DAY_S;
    int64_t from_s = visits->at[first].span.from.s, to_s = visits->at[first].span.to.s;
    size_t count = 1;
    for (; first + count < visits->count; count++) {
        struct span span = visits->at[first + count].span;
        int64_t end_s = span.to.s > to_s ? span.to.s : to_s;
        if (span.from.s >= to_s || end_s - from_s > most_s)
            break;
        to_s = end_s;
    }
    return count;
}

static size_t of_same_time(const struct visits *visits, size_t first)
{
    size_t count = 1;
    while (first + count < visits->count &&
           memcmp(&visits->at[first + count].span, &visits->at[first].span, sizeof(struct span)) ==
               0)
        count++;
    return count;
}

static enum err_kind add_stages(struct work *work, const struct visits *visits, bool gathers,
                                struct err *err)
{
    for (size_t i = 0, count; i < visits->count; i += count) {
        count = gathers ? overlapping(visits, i) : of_same_time(visits, i);
        if (gathers && count < 2)
            continue;
        if (add_stage(work, visits, i, count, gathers, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind plan_run(struct plan *plan, const struct history *history, size_t threads,
                       struct err *err)
{
    threads = threads > SPLIT_MAX ? SPLIT_MAX : threads < 1 ? 1 : threads;
    AUTO(work_free) struct work work = {.plan = plan, .history = history, .threads = threads};
    AUTO(mem_drop) bool *done = mem_new(plan->indices + 1, sizeof(*done));
    for (size_t i = 0; i < plan->indices; i++)
        done[i] = lookback_run(&plan->index[i], history, plan->communes);
    AUTO(visits_free) struct visits visits = visits_of(plan, done);
    work.stage = mem_new(visits.count + 1, sizeof(*work.stage));
    work.bench = mem_new(threads, sizeof(*work.bench));
    if (add_stages(&work, &visits, true, err) || add_stages(&work, &visits, false, err))
        return err_of(err);
    run_stages(&work);
    return OK;
}
