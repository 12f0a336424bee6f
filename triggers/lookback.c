#include "triggers/lookback.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "triggers/history.h"
#include "triggers/plan.h"
#include "triggers/ring.h"

// How many steps the window has; 0 when the index or the series is not of that kind.
static size_t steps_of(const struct policy *policy, const struct seriesfile *series)
{
    const struct index_rule *rule = &policy->index;
    if (!series || series->count == 0 || policy->period.kind != PERIOD_NONE ||
        rule->take != INDEX_TOTAL || rule->daily || rule->input == UNIT_TEMPERATURE)
        return 0;
    int64_t step_s = series->span[0].to.s - series->span[0].from.s;
    for (size_t i = 1; i < series->count; i++) {
        if (series->span[i].from.s != series->span[i - 1].to.s ||
            series->span[i].to.s - series->span[i].from.s != step_s)
            return 0;
    }
    return rule->within_s % step_s ? 0 : (size_t)(rule->within_s / step_s);
}

static void put(const struct plan_index *index, const struct ring *ring, size_t communes,
                int32_t *out)
{
    struct ring_sums sums = ring_sums(ring, 0);
    for (size_t c = 0; c < communes; c++)
        out[c] = sums.missing[c] ? READING_NONE : sums.sum[c];
    roll_quotients(out, communes, (int32_t)index->like->rounding_milli);
}

bool lookback_run(struct plan_index *index, const struct history *history, size_t communes)
{
    const struct seriesfile *series = history->series;
    size_t steps = steps_of(index->like, series), next = 0;
    if (steps == 0)
        return false;
    bool thin = series->cover && index->like->minimum_coverage > 0;
    AUTO(ring_free) struct ring *ring = ring_new(communes, &steps, 1);
    AUTO(mem_drop) int32_t *row = mem_new(communes, sizeof(*row));
    for (size_t i = 0; i < series->count && next < index->occasions.count; i++) {
        struct rows one = {.value = series->value + i * series->stride,
                           .count = 1,
                           .communes = communes,
                           .stride = series->stride,
                           .swapped = true};
        struct roll_copy copy = {.communes = communes,
                                 .cover = thin ? series->cover + i * series->cover_stride : NULL,
                                 .minimum = (uint16_t)index->like->minimum_coverage};
        roll_copy(&one, &copy, row);
        ring_push(ring, row);
        if (index->occasions.at[next].to.s != series->span[i].to.s)
            continue;
        if (!ring_holds(ring, 0))
            return false; // numbers beyond 32 bits: evaluate() looks at each
        put(index, ring, communes, index->quotient + next++ * communes);
    }
    return next == index->occasions.count;
}
