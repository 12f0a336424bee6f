// evaluate: a cover on the wettest 24 hours of three days of half-hours, for every commune, with
// its trace, beside a plain loop of running sums over the same numbers.
#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "tests/bench/bench.h"
#include "triggers/evaluate.h"

enum { COMMUNES = 3321, STEPS = 144, WINDOW = 48, STEP_S = 1800 };

struct engine {
    struct policy *policy;
    struct occasion occasion;
    struct readings readings;
    int64_t yes;
};

static void engine_ours(void *self)
{
    struct engine *engine = self;
    engine->yes = 0;
    for (size_t c = 0; c < COMMUNES; c++) {
        AUTO(decision_result_free) struct decision_result result = {0};
        evaluate(engine->policy, &engine->readings, c, &engine->occasion, &result);
        engine->yes += result.answer == ANSWER_YES;
    }
}

static void engine_theirs(void *self)
{
    struct engine *engine = self;
    const int32_t *value = engine->readings.value;
    int64_t yes = 0, threshold = engine->policy->payout.tier[0].threshold_milli;
    int64_t unit = engine->policy->rounding_milli;
    for (size_t c = 0; c < COMMUNES; c++) {
        int64_t sum = 0, most = 0;
        for (size_t s = 0; s < STEPS; s++) {
            sum += value[s * COMMUNES + c];
            if (s >= WINDOW)
                sum -= value[(s - WINDOW) * COMMUNES + c];
            most = sum > most ? sum : most;
        }
        yes += (most + unit / 2) / unit * unit >= threshold;
    }
    if (yes != engine->yes)
        bench_fail("evaluate", "the plain loop counts other communes");
}

static void fill(struct engine *engine)
{
    struct readings *readings = &engine->readings;
    readings->communes = COMMUNES;
    readings->count = STEPS;
    readings->meta = mem_new(STEPS, sizeof(*readings->meta));
    readings->hash = mem_new(STEPS, sizeof(*readings->hash));
    readings->value = mem_new((size_t)STEPS * COMMUNES, sizeof(int32_t));
    readings->cover = mem_new((size_t)STEPS * COMMUNES, sizeof(uint16_t));
    for (size_t s = 0; s < STEPS; s++) {
        readings->meta[s] =
            (struct reading_meta){.valid_from = {engine->occasion.from.s + (int64_t)s * STEP_S},
                                  .valid_to = {engine->occasion.from.s + (int64_t)(s + 1) * STEP_S},
                                  .issued_at = UTC_NEVER,
                                  .member = MEMBER_NONE};
        for (size_t c = 0; c < COMMUNES; c++) {
            readings->value[s * COMMUNES + c] = (int32_t)((c * 7 + s * 13) % 29 * (c % 17) * 20);
            readings->cover[s * COMMUNES + c] = READING_COVER_FULL;
        }
    }
}

void bench_engine(void)
{
    struct err err = {0};
    struct engine engine = {0};
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
    readings_free(&engine.readings);
    policy_free(&engine.policy);
}
