// evaluate: a cover on the wettest 24 hours of three days of half-hours, for every commune, with
// its trace, beside a plain loop of running sums over the same numbers. live: many policies on one
// occasion as a batch decides them, beside each commune looked at by itself; and the indices of all
// communes alone, beside a plain loop over the same numbers.
#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "tests/bench/bench.h"
#include "triggers/evaluate.h"
#include "triggers/looks.h"
#include "triggers/series.h"
#include "triggers/wide_look.h"

enum { COMMUNES = 3321, STEPS = 144, WINDOW = 48, STEP_S = 1800 };
enum { LIVE_COMMUNES = 11162, LIVE_POLICIES = 20, LIVE_INDICES = 4, LIVE_THRESHOLD = 50000 };

struct engine {
    struct policy *policy;
    size_t communes;
    struct occasion occasion;
    struct readings readings;
    int64_t yes;
};

static void engine_ours(void *self)
{
    struct engine *engine = self;
    engine->yes = 0;
    for (size_t c = 0; c < engine->communes; c++) {
        AUTO(decision_result_free) struct decision_result result = {0};
        evaluate(engine->policy, &engine->readings, c, &engine->occasion, &result);
        engine->yes += result.answer == ANSWER_YES;
    }
}

// How many communes have an index of `threshold` or more, by running sums of `window` steps.
static int64_t count_plainly(const struct engine *engine, size_t window, int64_t threshold)
{
    const int32_t *value = engine->readings.value;
    int64_t yes = 0, unit = engine->policy->rounding_milli;
    for (size_t c = 0; c < engine->communes; c++) {
        int64_t sum = 0, most = 0;
        for (size_t s = 0; s < STEPS; s++) {
            sum += value[s * engine->communes + c];
            if (s >= window)
                sum -= value[(s - window) * engine->communes + c];
            most = sum > most ? sum : most;
        }
        yes += (most + unit / 2) / unit * unit >= threshold;
    }
    return yes;
}

static void engine_theirs(void *self)
{
    struct engine *engine = self;
    if (count_plainly(engine, WINDOW, engine->policy->payout.tier[0].threshold_milli) !=
        engine->yes)
        bench_fail("evaluate", "the plain loop counts other communes");
}

static void fill(struct engine *engine)
{
    struct readings *readings = &engine->readings;
    readings->communes = engine->communes;
    readings->count = STEPS;
    readings->meta = mem_new(STEPS, sizeof(*readings->meta));
    readings->hash = mem_new(STEPS, sizeof(*readings->hash));
    readings->value = mem_new(STEPS * engine->communes, sizeof(int32_t));
    readings->cover = mem_new(STEPS * engine->communes, sizeof(uint16_t));
    for (size_t s = 0; s < STEPS; s++) {
        readings->meta[s] =
            (struct reading_meta){.valid_from = {engine->occasion.from.s + (int64_t)s * STEP_S},
                                  .valid_to = {engine->occasion.from.s + (int64_t)(s + 1) * STEP_S},
                                  .issued_at = UTC_NEVER,
                                  .member = MEMBER_NONE};
        for (size_t c = 0; c < engine->communes; c++) {
            readings->value[s * engine->communes + c] =
                (int32_t)((c * 7 + s * 13) % 29 * (c % 17) * 20);
            readings->cover[s * engine->communes + c] = READING_COVER_FULL;
        }
    }
}

// --- live

static const int64_t live_hours[LIVE_INDICES] = {1, 6, 24, 72};

// A batch's answers for all communes, one policy after the other: five thresholds of each index.
static int64_t live_answers(struct engine *engine, struct looks *looks)
{
    struct policy policy = *engine->policy;
    int64_t yes = 0;
    for (size_t p = 0; p < LIVE_POLICIES; p++) {
        policy.index.over_s = live_hours[p % LIVE_INDICES] * HOUR_S;
        for (size_t t = 0; t < policy.payout.tiers; t++)
            policy.payout.tier[t].threshold_milli += (int64_t)(p * 100);
        for (size_t c = 0; c < engine->communes; c++) {
            AUTO(decision_result_free) struct decision_result result = {0};
            evaluate_beside(&policy, &engine->readings, c, &engine->occasion, looks, &result);
            yes += result.answer == ANSWER_YES;
        }
    }
    return yes;
}

static void live_ours(void *self)
{
    struct engine *engine = self;
    AUTO(looks_free) struct looks *looks = looks_new(engine->communes);
    engine->yes = live_answers(engine, looks);
}

static void live_theirs(void *self)
{
    struct engine *engine = self;
    if (live_answers(engine, NULL) != engine->yes)
        bench_fail("live", "communes looked at by themselves say something else");
}

static void indices_ours(void *self)
{
    struct engine *engine = self;
    struct index_rule rule = engine->policy->index;
    struct series_query query = {.member = MEMBER_NONE,
                                 .from = engine->occasion.from,
                                 .to = engine->occasion.to,
                                 .unit = rule.input};
    engine->yes = 0;
    for (size_t i = 0; i < LIVE_INDICES; i++) {
        AUTO(wide_look_free) struct wide_look look = {0};
        rule.over_s = live_hours[i] * HOUR_S;
        if (!wide_look_take(&engine->readings, &rule, &query, &look))
            bench_fail("live", "the index is none that is taken for all communes at once");
        int64_t unit = engine->policy->rounding_milli;
        for (size_t c = 0; c < engine->communes; c++)
            engine->yes += (look.cell[c].milli + unit / 2) / unit * unit >= LIVE_THRESHOLD;
    }
}

static void indices_theirs(void *self)
{
    struct engine *engine = self;
    int64_t yes = 0;
    for (size_t i = 0; i < LIVE_INDICES; i++)
        yes += count_plainly(engine, (size_t)(live_hours[i] * HOUR_S / STEP_S), LIVE_THRESHOLD);
    if (yes != engine->yes)
        bench_fail("live", "the plain loop counts other communes");
}

static void bench_live(struct engine *engine)
{
    engine->communes = LIVE_COMMUNES;
    readings_free(&engine->readings);
    fill(engine);
    bench_run(&(struct bench){.name = "live: 20 policies of 4 indices x 11,162 communes, one "
                                      "occasion, with traces",
                              .unit = "answers/s",
                              .reference = "each commune looked at by itself",
                              .per_round = (double)LIVE_POLICIES * LIVE_COMMUNES,
                              .rounds = 3,
                              .ours = live_ours,
                              .theirs = live_theirs,
                              .self = engine,
                              .goal = 1});
    bench_run(&(struct bench){.name = "live: 4 indices of 144 steps x 11,162 communes",
                              .unit = "communes/s",
                              .reference = "plain loop of running sums",
                              .per_round = (double)LIVE_INDICES * LIVE_COMMUNES,
                              .rounds = 9,
                              .ours = indices_ours,
                              .theirs = indices_theirs,
                              .self = engine,
                              .goal = 1});
}

void bench_engine(void)
{
    struct err err = {0};
    struct engine engine = {.communes = COMMUNES};
    AUTO(occasions_free) struct occasions all = {0};
    BENCH_OK(policy_load("policies/bac-kan-excess-rain.yaml", &engine.policy, &err), err);
    period_list(&engine.policy->period, engine.policy->effective_from, engine.policy->effective_to,
                &all);
    engine.occasion = all.at[0];
    fill(&engine);
    bench_run(&(struct bench){.name = "evaluate (24 h maximum in 144 steps, with trace)",
                              .unit = "communes/s",
                              .reference = "plain loop of running sums, no trace",
                              .per_round = COMMUNES,
                              .rounds = 7,
                              .ours = engine_ours,
                              .theirs = engine_theirs,
                              .self = &engine});
    bench_live(&engine);
    readings_free(&engine.readings);
    policy_free(&engine.policy);
}
