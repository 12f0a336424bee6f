#include "triggers/plan.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "triggers/evaluate.h"
#include "triggers/history.h"
#include "triggers/index.h"
#include "triggers/lookback.h"
#include "triggers/split.h"

#include <assert.h>
#include <stdlib.h>

// Communes that are taken through all indices together, so that their steps stay in the cache; the
// width is chosen so that a season of them has at most this many bytes.
enum { BLOCK_BYTES = 384 << 10, BLOCK_MOST = 256, BLOCK_LEAST = 32, GRAIN = 64, DAY_MILLI = 1000 };

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
    bool one =
        policy->parts == 0 && policy->substitutes == 0 && policy->index.start.kind == START_PERIOD;
    return one && policy->ensemble.members == 0 && observed && policy->rounding_milli > 0 &&
           policy->rounding_milli <= INT32_MAX &&
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
    if (from.s != UTC_NEVER.s && from.s > span.from.s)
        span.from = from;
    if (to.s != UTC_NEVER.s && to.s < span.to.s)
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
            return err_set(err, ERR_INPUT, "policy %s looks at forecasts or members, not at a past",
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

// --- one occasion for some communes -----------------------------------------------------------

// How a rule's steps lie in a window.
struct lie {
    bool plain;  // roll.h can compute it
    size_t days; // steps in a day that are added up first; 0: steps as they are
    size_t over; // steps (or days) of the window that slides
};

static bool is_plain(const struct policy *policy)
{
    const struct index_rule *rule = &policy->index;
    if (rule->input == UNIT_TEMPERATURE || rule->beaufort || rule->has_dekad_cap ||
        rule->each_day != EACH_DAY_SUM || rule->start.kind != START_PERIOD)
        return false;
    return rule->take == INDEX_TOTAL || rule->take == INDEX_MAXIMUM ||
           rule->take == INDEX_MAXIMUM_SUM || rule->take == INDEX_DRY_SPELL;
}

// Steps without a hole from end to end; `*step_s` is 0 when they are not equally long.
static bool is_whole(const struct window *window, const struct occasion *occasion, int64_t *step_s)
{
    size_t count = window->rows.count;
    if (count == 0 || window->span[0].from.s != occasion->from.s ||
        window->span[count - 1].to.s != occasion->to.s)
        return false;
    *step_s = window->span[0].to.s - window->span[0].from.s;
    for (size_t i = 1; i < count; i++) {
        if (window->span[i].from.s != window->span[i - 1].to.s)
            return false;
        if (window->span[i].to.s - window->span[i].from.s != *step_s)
            *step_s = 0;
    }
    return true;
}

static struct lie lie_of(const struct policy *policy, const struct window *window,
                         const struct occasion *occasion)
{
    const struct index_rule *rule = &policy->index;
    struct lie lie = {0};
    int64_t step_s = 0;
    if (!is_plain(policy) || !is_whole(window, occasion, &step_s))
        return lie;
    bool slides = rule->take == INDEX_MAXIMUM_SUM;
    if (rule->daily) {
        if (step_s <= 0 || DAY_S % step_s || (occasion->to.s - occasion->from.s) % DAY_S)
            return lie;
        lie.days =
            step_s == DAY_S && !rule->has_cap && !rule->has_floor ? 0 : (size_t)(DAY_S / step_s);
        step_s = DAY_S;
    }
    if (slides && (step_s <= 0 || rule->over_s % step_s))
        return lie;
    lie.over = slides ? (size_t)(rule->over_s / step_s) : 0;
    lie.plain = !slides || (lie.over > 0 && lie.over <= window->rows.count);
    return lie;
}

// What one thread has for itself.
struct bench {
    int32_t *value, *low, *high, *scratch; // [width]
    int32_t *block, *days;                 // [steps x width], [days x width]
    size_t width;
};

static void bench_free(struct bench *bench)
{
    mem_free(&bench->value);
    mem_free(&bench->low);
    mem_free(&bench->high);
    mem_free(&bench->scratch);
    mem_free(&bench->block);
    mem_free(&bench->days);
}

static void bench_widen(struct bench *bench, size_t width)
{
    if (width <= bench->width)
        return;
    bench->width = width;
    bench->value = mem_resize(bench->value, width, sizeof(*bench->value));
    bench->low = mem_resize(bench->low, width, sizeof(*bench->low));
    bench->high = mem_resize(bench->high, width, sizeof(*bench->high));
    bench->scratch = mem_resize(bench->scratch, width, sizeof(*bench->scratch));
}

// The one function that decides, for one commune.
static int32_t by_evaluate(const struct policy *policy, const struct window *window, size_t commune,
                           const struct occasion *occasion)
{
    AUTO(readings_free) struct readings readings = {0};
    AUTO(decision_result_free) struct decision_result result = {0};
    window_readings(window, policy, commune, &readings);
    evaluate(policy, &readings, 0, occasion, &result);
    int64_t quotient = result.index_milli / policy->rounding_milli;
    return result.has_index && quotient > READING_NONE && quotient <= INT32_MAX ? (int32_t)quotient
                                                                                : READING_NONE;
}

// Work on one index over one occasion: communes [first, first + count) of the window.
struct job {
    const struct plan_index *index;
    const struct window *window;
    const struct occasion *occasion;
    struct lie lie;
    size_t first, count;
    int32_t *out; // [count]
};

static void job_slowly(const struct job *job)
{
    for (size_t c = 0; c < job->count; c++)
        job->out[c] = by_evaluate(job->index->like, job->window, job->first + c, job->occasion);
}

// What of a pass stands: all that was needed is known and fits 32 bits.
static struct roll_stand stand_of(const struct job *job)
{
    const struct index_rule *rule = &job->index->like->index;
    size_t steps = 1;
    if (rule->take == INDEX_DRY_SPELL)
        return (struct roll_stand){DAY_MILLI, INT32_MAX, rule->missing != MISSING_UNKNOWN};
    if (rule->take == INDEX_TOTAL)
        steps = job->window->rows.count;
    else if (rule->take == INDEX_MAXIMUM_SUM)
        steps = job->lie.over;
    return (struct roll_stand){1, roll_most(steps), false};
}

static void compute(const struct index_rule *rule, const struct lie *lie, const struct rows *rows,
                    const struct roll *roll)
{
    struct band band;
    if (rule->take == INDEX_TOTAL) {
        roll_total(rows, roll);
    } else if (rule->take == INDEX_MAXIMUM) {
        roll_maximum(rows, roll);
    } else if (rule->take == INDEX_MAXIMUM_SUM) {
        roll_maximum_sum(rows, lie->over, NULL, roll);
    } else {
        if (!index_dry_band(rule, &band))
            band = (struct band){INT32_MAX, INT32_MAX};
        roll_run(rows, band, roll);
    }
}

// Rows are those of the job's communes, as they lie or copied.
static void job_roll(const struct job *job, const struct rows *rows, struct bench *bench)
{
    const struct policy *like = job->index->like;
    struct roll roll = {bench->value, bench->low, bench->high, NULL, bench->scratch};
    compute(&like->index, &job->lie, rows, &roll);
    struct roll_stand stand = stand_of(job);
    size_t beyond = roll_settle(&roll, job->count, stand, job->out);
    roll_quotients(job->out, job->count, (int32_t)like->rounding_milli);
    // What 32 bits could not hold may still be known: evaluate() says so, or says why not.
    for (size_t c = 0; beyond && c < job->count; c++) {
        bool far = roll.low[c] < -stand.most || roll.high[c] > stand.most;
        if (far && roll.low[c] != READING_NONE)
            job->out[c] = by_evaluate(like, job->window, job->first + c, job->occasion);
    }
}

// Days that are made of steps first; false when evaluate() has to do it.
static bool days_of(const struct job *job, const struct rows *block, struct bench *bench,
                    struct rows *out)
{
    const struct index_rule *rule = &job->index->like->index;
    size_t days = block->count / job->lie.days;
    int32_t low, high;
    bench->days = mem_resize(bench->days, days * job->count, sizeof(*bench->days));
    roll_days(block, job->lie.days, bench->days, &low, &high);
    if (!roll_fits(low == INT32_MAX ? 0 : low, high == READING_NONE ? 0 : high, job->lie.days))
        return false;
    int64_t cap = rule->has_cap ? rule->cap_milli : INT32_MAX;
    int64_t floor = rule->has_floor ? rule->floor_milli : INT32_MIN;
    if (rule->has_cap || rule->has_floor)
        roll_trim(bench->days, days * job->count, cap < INT32_MAX ? (int32_t)cap : INT32_MAX,
                  floor < INT32_MAX ? (int32_t)floor : INT32_MAX);
    *out = (struct rows){
        .value = bench->days, .count = days, .communes = job->count, .stride = job->count};
    return true;
}

static void job_block(const struct job *job, const struct rows *block, struct bench *bench)
{
    struct rows days;
    if (job->lie.plain && job->lie.days == 0)
        job_roll(job, block, bench);
    else if (job->lie.plain && days_of(job, block, bench, &days))
        job_roll(job, &days, bench);
    else
        job_slowly(job);
}

// --- all of them
// ------------------------------------------------------------------------------------

// Everything of one window of time: the indices that look at it, over [first, first + count).
struct sweep {
    struct plan *plan;
    const struct window *window;
    const size_t *index; // [indices] of the plan, with
    const size_t *at;    // [indices] which occasion of each
    size_t indices;
};

static struct job job_of(const struct sweep *sweep, size_t i, size_t first, size_t count)
{
    struct plan_index *index = &sweep->plan->index[sweep->index[i]];
    const struct occasion *occasion = &index->occasions.at[sweep->at[i]];
    return (struct job){
        .index = index,
        .window = sweep->window,
        .occasion = occasion,
        .lie = lie_of(index->like, sweep->window, occasion),
        .first = first,
        .count = count,
        .out = index->quotient + sweep->at[i] * sweep->plan->communes + first,
    };
}

// Whether steps are not known for being seen too little of.
static bool thins(const struct sweep *sweep, const struct policy *policy)
{
    return sweep->window->cover && policy->minimum_coverage > 0;
}

static void copy_block(const struct sweep *sweep, const struct policy *policy, size_t first,
                       size_t count, struct bench *bench)
{
    struct roll_copy copy = {.first = first,
                             .communes = count,
                             .cover = thins(sweep, policy) ? sweep->window->cover : NULL,
                             .cover_stride = sweep->window->cover_stride,
                             .minimum = (uint16_t)policy->minimum_coverage};
    bench->block =
        mem_resize(bench->block, sweep->window->rows.count * count + 1, sizeof(*bench->block));
    roll_copy(&sweep->window->rows, &copy, bench->block);
}

static void sweep_block(const struct sweep *sweep, size_t first, size_t count, struct bench *bench)
{
    const struct policy *copied = NULL; // whose coverage the block was copied with
    struct rows block = {.count = sweep->window->rows.count, .communes = count, .stride = count};
    bench_widen(bench, count);
    for (size_t i = 0; i < sweep->indices; i++) {
        struct job job = job_of(sweep, i, first, count);
        const struct policy *like = job.index->like;
        if (job.lie.plain && (!copied || like->minimum_coverage != copied->minimum_coverage)) {
            copy_block(sweep, like, first, count, bench);
            copied = like;
        }
        block.value = bench->block;
        job_block(&job, &block, bench);
    }
}

// One index alone is computed where the steps lie.
static bool is_direct(const struct sweep *sweep, const struct job *job)
{
    return sweep->indices == 1 && job->lie.plain && job->lie.days == 0 &&
           !thins(sweep, job->index->like);
}

static void sweep_part(void *self, size_t first, size_t count)
{
    const struct sweep *sweep = self;
    AUTO(bench_free) struct bench bench = {0};
    struct job job = job_of(sweep, 0, first, count);
    if (is_direct(sweep, &job)) {
        struct rows rows = sweep->window->rows;
        rows.value += first;
        rows.communes = count;
        bench_widen(&bench, count);
        job_roll(&job, &rows, &bench);
        return;
    }
    size_t steps = sweep->window->rows.count, width = BLOCK_BYTES / 4 / (steps ? steps : 1);
    width = width > BLOCK_MOST ? BLOCK_MOST : width < BLOCK_LEAST ? BLOCK_LEAST : width;
    for (size_t c = 0; c < count; c += width)
        sweep_block(sweep, first + c, count - c < width ? count - c : width, &bench);
}

// An index's next occasion.
struct visit {
    struct span span;
    size_t index, at;
};

static int by_time(const void *a, const void *b)
{
    const struct visit *x = a, *y = b;
    if (x->span.from.s != y->span.from.s)
        return x->span.from.s < y->span.from.s ? -1 : 1;
    if (x->span.to.s != y->span.to.s)
        return x->span.to.s < y->span.to.s ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static struct visit *visits_of(const struct plan *plan, const bool *done, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < plan->indices; i++)
        *count += done[i] ? 0 : plan->index[i].occasions.count;
    struct visit *visit = mem_new(*count + 1, sizeof(*visit));
    size_t k = 0;
    for (size_t i = 0; i < plan->indices; i++) {
        for (size_t at = 0; !done[i] && at < plan->index[i].occasions.count; at++) {
            const struct occasion *occasion = &plan->index[i].occasions.at[at];
            visit[k++] = (struct visit){{occasion->from, occasion->to}, i, at};
        }
    }
    qsort(visit, *count, sizeof(*visit), by_time);
    return visit;
}

enum err_kind plan_run(struct plan *plan, const struct history *history, size_t threads,
                       struct err *err)
{
    size_t count = 0;
    AUTO(mem_drop) bool *done = mem_new(plan->indices + 1, sizeof(*done));
    for (size_t i = 0; i < plan->indices; i++)
        done[i] = lookback_run(&plan->index[i], history, plan->communes);
    AUTO(mem_drop) struct visit *visit = visits_of(plan, done, &count);
    AUTO(mem_drop) size_t *index = mem_new(count + 1, sizeof(*index));
    AUTO(mem_drop) size_t *at = mem_new(count + 1, sizeof(*at));
    for (size_t i = 0, same; i < count; i += same) {
        AUTO(window_free) struct window window = {0};
        for (same = 0; i + same < count && visit[i + same].span.from.s == visit[i].span.from.s &&
                       visit[i + same].span.to.s == visit[i].span.to.s;
             same++) {
            index[same] = visit[i + same].index;
            at[same] = visit[i + same].at;
        }
        if (history_window(history, visit[i].span.from, visit[i].span.to, &window, err))
            return err_of(err);
        struct sweep sweep = {plan, &window, index, at, same};
        bool small = window.rows.count * plan->communes < ALONE_CELLS;
        split_run(small ? 1 : threads, plan->communes, GRAIN, sweep_part, &sweep);
    }
    return OK;
}
