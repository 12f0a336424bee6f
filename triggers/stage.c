#include "triggers/stage.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "triggers/evaluate.h"
#include "triggers/family.h"
#include "triggers/lanes.h"

#include <assert.h>

// Communes are taken through all indices together, so that their steps stay in the cache. One index
// alone is computed where the steps lie, row by row: its width only bounds the room for sums.
enum { DIRECT_MOST = 16384 };

// What the plan keeps is the rule's own unit, as it was read.
static struct lie lie_of(const struct policy *policy, const struct window *window,
                         const struct occasion *occasion)
{
    const struct index_rule *rule = &policy->index;
    if (rule->input == UNIT_TEMPERATURE || rule->beaufort)
        return (struct lie){0};
    return pass_lie(rule, window->span, window->rows.count, occasion->from, occasion->to);
}

void bench_free(struct bench *bench)
{
    mem_free(&bench->value);
    mem_free(&bench->bits);
    mem_free(&bench->scratch);
    mem_free(&bench->block);
    mem_free(&bench->days);
    family_room_free(&bench->room);
}

static void bench_widen(struct bench *bench, size_t width)
{
    if (width <= bench->width)
        return;
    bench->width = width;
    bench->value = mem_resize(bench->value, width, sizeof(*bench->value));
    bench->bits = mem_resize(bench->bits, width, sizeof(*bench->bits));
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

// Communes [first, first + count) of a glance.
struct job {
    const struct glance *glance;
    size_t first, count;
    int32_t *out; // [count]
};

static int32_t answer_of(const struct job *job, size_t c)
{
    const struct glance *glance = job->glance;
    return by_evaluate(glance->like, &glance->part, job->first + c, glance->occasion);
}

static void job_slowly(const struct job *job)
{
    for (size_t c = 0; c < job->count; c++)
        job->out[c] = answer_of(job, c);
}

// What of a pass stands: all that was needed is known and fits 32 bits.
static struct roll_stand stand_of(const struct job *job)
{
    const struct glance *glance = job->glance;
    return pass_stand(&glance->like->index, &glance->lie, glance->part.rows.count,
                      (int32_t)glance->like->rounding_milli);
}

// An answer whose steps have this smallest and this largest one.
static int32_t answer_within(const struct job *job, size_t c, int32_t low, int32_t high,
                             int32_t value)
{
    const struct index_rule *rule = &job->glance->like->index;
    struct roll_stand stand = stand_of(job);
    bool gaps = rule->take == INDEX_DRY_SPELL && rule->missing != MISSING_UNKNOWN;
    bool whole = low != READING_NONE, fits = (!whole || low >= -stand.most) && high <= stand.most;
    // What 32 bits could not hold may still be known: evaluate() says so, or says why not.
    if (whole && !fits)
        return answer_of(job, c);
    if (!fits || (!whole && !(gaps && high != READING_NONE)))
        return READING_NONE;
    int32_t result = (int32_t)((uint32_t)value * (uint32_t)stand.factor);
    roll_quotients(&result, 1, stand.unit);
    return result;
}

// Where the bits do not tell, steps are looked at again, a tile of communes at a time.
static void job_settle_unsure(const struct job *job, const struct rows *rows,
                              const struct roll *roll, uint32_t most)
{
    for (size_t first = 0; first < job->count; first += TILE) {
        size_t count = job->count - first < TILE ? job->count - first : TILE, unsure = 0;
        int32_t low[TILE], high[TILE];
        struct rows tile = *rows;
        tile.value += first;
        tile.communes = count;
        for (size_t i = 0; i < count; i++)
            unsure += roll->bits[first + i] > most;
        if (unsure == 0)
            continue;
        roll_ends(&tile, low, high);
        for (size_t i = 0; i < count; i++) {
            size_t c = first + i;
            if (roll->bits[c] > most)
                job->out[c] = answer_within(job, c, low[i], high[i], roll->value[c]);
        }
    }
}

// What a pass over `rows` has left becomes answers.
static void job_settle(const struct job *job, const struct rows *rows, const struct roll *roll)
{
    struct roll_stand stand = stand_of(job);
    if (roll_settle(roll, job->count, stand, job->out))
        job_settle_unsure(job, rows, roll, (uint32_t)stand.most);
}

// Rows are those of the job's communes, as they lie or copied.
static void job_roll(const struct job *job, const struct rows *rows, struct bench *bench)
{
    struct roll roll = {bench->value, bench->bits, NULL, bench->scratch};
    pass_run(&job->glance->like->index, &job->glance->lie, rows, &roll);
    job_settle(job, rows, &roll);
}

// Days that are made of steps first; false when evaluate() has to do it.
static bool days_of(const struct job *job, const struct rows *block, struct bench *bench,
                    struct rows *out)
{
    const struct lie *lie = &job->glance->lie;
    bench->days =
        mem_resize(bench->days, block->count / lie->days * job->count, sizeof(*bench->days));
    return pass_days(&job->glance->like->index, lie, block, bench->days, out);
}

static void job_block(const struct job *job, const struct rows *block, struct bench *bench)
{
    struct rows days;
    if (job->glance->lie.plain && job->glance->lie.days == 0)
        job_roll(job, block, bench);
    else if (job->glance->lie.plain && days_of(job, block, bench, &days))
        job_roll(job, &days, bench);
    else
        job_slowly(job);
}

// --- blocks of communes
// -------------------------------------------------------------------------------

// Whether steps are not known for being seen too little of.
static bool thins(const struct glance *glance)
{
    return glance->part.cover && glance->like->minimum_coverage > 0;
}

static struct job job_of(const struct stage *stage, size_t i, size_t first, size_t count)
{
    return (struct job){&stage->glance[i], first, count, stage->glance[i].out + first};
}

static void copy_block(const struct glance *glance, const struct window *window, size_t first,
                       size_t count, struct bench *bench)
{
    struct roll_copy copy = {.first = first,
                             .communes = count,
                             .cover = thins(glance) ? window->cover : NULL,
                             .cover_stride = window->cover_stride,
                             .minimum = (uint16_t)glance->like->minimum_coverage};
    bench->block = mem_resize(bench->block, window->rows.count * count + 1, sizeof(*bench->block));
    roll_copy(&window->rows, &copy, bench->block);
}

// Every index by itself, out of a copy that is in the cache.
static void run_copied(const struct stage *stage, size_t first, size_t count, struct bench *bench)
{
    const struct policy *copied = NULL; // whose coverage the block was copied with
    struct rows block = {.count = stage->window.rows.count, .communes = count, .stride = count};
    for (size_t i = 0; i < stage->glances; i++) {
        const struct glance *glance = &stage->glance[i];
        struct job job = job_of(stage, i, first, count);
        const struct policy *like = glance->like;
        if (glance->lie.plain && (!copied || like->minimum_coverage != copied->minimum_coverage)) {
            copy_block(glance, &stage->window, first, count, bench);
            copied = like;
        }
        block.value = bench->block;
        job_block(&job, &block, bench);
    }
}

static struct rows rows_at(const struct stage *stage, size_t first, size_t count)
{
    struct rows rows = stage->window.rows;
    rows.value += first;
    rows.communes = count;
    return rows;
}

static void run_direct(const struct stage *stage, size_t first, size_t count, struct bench *bench)
{
    struct job job = job_of(stage, 0, first, count);
    struct rows rows = rows_at(stage, first, count);
    job_roll(&job, &rows, bench);
}

static void run_family(const struct stage *stage, size_t first, size_t count, struct bench *bench)
{
    struct family_room *room = &bench->room;
    struct rows rows = rows_at(stage, first, count);
    if (thins(&stage->glance[0])) {
        copy_block(&stage->glance[0], &stage->window, first, count, bench);
        rows = (struct rows){
            .value = bench->block, .count = rows.count, .communes = count, .stride = count};
    }
    family_run(stage->family, &rows, room);
    for (size_t i = 0; i < stage->glances; i++) {
        struct job job = job_of(stage, i, first, count);
        size_t at = i * room->width;
        struct roll roll = {room->value + at, room->bits + at, NULL, NULL};
        struct rows part = rows;
        part.value += job.glance->first * rows.stride;
        part.count = job.glance->part.rows.count;
        job_settle(&job, &part, &roll);
    }
}

size_t stage_blocks(const struct stage *stage)
{
    return (stage->communes + stage->width - 1) / stage->width;
}

void stage_run(const struct stage *stage, size_t block, struct bench *bench)
{
    size_t first = block * stage->width, rest = stage->communes - first;
    size_t count = rest < stage->width ? rest : stage->width;
    bench_widen(bench, count);
    if (stage->family)
        run_family(stage, first, count, bench);
    else if (stage->direct)
        run_direct(stage, first, count, bench);
    else
        run_copied(stage, first, count, bench);
}

// --- stages
// ------------------------------------------------------------------------------------------

void stage_free(struct stage *stage)
{
    window_free(&stage->window);
    mem_free(&stage->glance);
    family_free(&stage->family);
}

// The steps of a window that lie within (from, to].
static struct window part_of(const struct window *window, struct utc from, struct utc to,
                             size_t *first)
{
    size_t low = 0, high = window->rows.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (window->span[middle].from.s < from.s)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < window->rows.count && window->span[end].to.s <= to.s)
        end++;
    struct window part = *window;
    *first = low;
    part.held = (struct readings){0};
    part.spans = NULL;
    part.span += low;
    if (low > 0) // of no reading at all the value is NULL
        part.rows.value += low * part.rows.stride;
    part.rows.count = end - low;
    part.cover = window->cover ? window->cover + low * window->cover_stride : NULL;
    return part;
}

enum err_kind stage_make(const struct history *history, struct span span,
                         const struct glance *glance, size_t count, size_t width, struct stage *out,
                         struct err *err)
{
    AUTO(stage_free) struct stage stage = {.communes = history_places(history), .glances = count};
    if (history_window(history, span.from, span.to, &stage.window, err))
        return err_of(err);
    stage.glance = mem_new(count + 1, sizeof(*stage.glance));
    for (size_t i = 0; i < count; i++) {
        struct glance *one = &stage.glance[i];
        *one = glance[i];
        one->part = part_of(&stage.window, one->occasion->from, one->occasion->to, &one->first);
        one->lie = lie_of(one->like, &one->part, one->occasion);
    }
    stage.direct = count == 1 && stage.glance[0].lie.plain && stage.glance[0].lie.days == 0 &&
                   !thins(&stage.glance[0]);
    stage.width = width ? width : stage.direct ? DIRECT_MOST : pass_width(stage.window.rows.count);
    *out = MOVE(stage);
    return OK;
}

static bool is_sum(enum index_take take)
{
    return take == INDEX_TOTAL || take == INDEX_MAXIMUM || take == INDEX_MAXIMUM_SUM;
}

static bool joins(const struct glance *glance, const struct glance *first)
{
    return glance->lie.plain && glance->lie.days == 0 && is_sum(glance->like->index.take) &&
           glance->like->minimum_coverage == first->like->minimum_coverage;
}

static size_t length_of(const struct glance *glance)
{
    enum index_take take = glance->like->index.take;
    return take == INDEX_TOTAL     ? glance->part.rows.count
           : take == INDEX_MAXIMUM ? 1
                                   : glance->lie.over;
}

bool stage_gather(struct stage *stage, size_t width)
{
    AUTO(mem_drop) struct family_sum *sum = mem_new(stage->glances + 1, sizeof(*sum));
    size_t steps = stage->window.rows.count, count = 0;
    for (size_t i = 0; i < stage->glances; i++)
        count += joins(&stage->glance[i], &stage->glance[0]);
    if (count < 2 || steps > STAGE_STEPS_MAX)
        return false;
    count = 0;
    for (size_t i = 0; i < stage->glances; i++) {
        struct glance glance = stage->glance[i];
        if (!joins(&glance, &stage->glance[0]))
            continue;
        sum[count] = (struct family_sum){glance.first, glance.first + glance.part.rows.count,
                                         length_of(&glance)};
        stage->glance[count++] = glance;
    }
    stage->glances = count;
    stage->family = family_new(sum, count, steps);
    stage->width = width ? width : pass_width(steps);
    return true;
}
