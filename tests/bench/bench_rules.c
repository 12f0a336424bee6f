// windows, indices and rules: over 25 years and 11,162 communes, beside roll and rules of
// ../shared/bench/c, beside numpy, and beside the join of a database.
#include "core/mem.h"
#include "core/text.h"
#include "ledger/reading.h"
#include "ledger/seriesfile.h"
#include "tests/bench/bench.h"
#include "tests/bench/past_series.h"
#include "triggers/merge.h"
#include "triggers/quantile.h"
#include "triggers/ring.h"
#include "triggers/roll.h"

#include <stdio.h>
#include <unistd.h>

enum { COMMUNES = BENCH_COMMUNES };

// --- windows
// ----------------------------------------------------------------------------------------

enum { HALF_HOURS = 1488, DIFFERENT = 64 };

struct windows {
    struct ring *ring;
    int32_t *in; // [DIFFERENT x COMMUNES]
    struct seriesfile *series;
    int32_t *value, *scratch;
    uint32_t *bits;
};

static void run_windows(void *self)
{
    struct windows *w = self;
    for (size_t i = 0; i < HALF_HOURS; i++)
        ring_push(w->ring, w->in + i % DIFFERENT * COMMUNES);
}

static struct rows all_days(const struct windows *w)
{
    return (struct rows){.value = w->series->value,
                         .count = w->series->count,
                         .communes = w->series->places,
                         .stride = w->series->stride,
                         .swapped = true};
}

static void run_spell(void *self)
{
    struct windows *w = self;
    struct rows rows = all_days(w);
    struct roll roll = {w->value, w->bits, NULL, w->scratch};
    roll_run(&rows, (struct band){READING_NONE + 1, 999}, &roll);
}

static void run_three_days(void *self)
{
    struct windows *w = self;
    struct rows rows = all_days(w);
    struct roll roll = {w->value, w->bits, NULL, w->scratch};
    roll_maximum_sum(&rows, 3, NULL, &roll);
}

static void run_percentile(void *self)
{
    struct windows *w = self;
    struct rows rows = all_days(w);
    struct roll roll = {w->value, w->bits, NULL, NULL};
    struct quantile_rule rule = {{READING_NONE + 1, INT32_MAX}, 950, 7};
    quantile_rows(&rows, &rule, &roll);
}

static void percentile(struct bench_beside *beside)
{
    beside->name = "95th percentile, 25 years";
    beside->reference = "bare C (its transposing left out)";
    beside->line = "percentile p95 25 y";
    beside->ours = run_percentile;
    beside->times = 3;
    bench_beside(beside);
    beside->reference = "numpy";
    beside->command = "${BENCH_PYTHON:-/usr/bin/python3} \"$BENCH_SHARED/peers/roll.py\" "
                      "\"$BENCH_DATA\" 11162 pct";
    beside->line = "numpy percentile 95 25 y";
    beside->rounds = 1;
    beside->goal = 0;
    beside->goal_over = 4;
    bench_beside(beside);
}

// The same of CDO, as a whole process: processor time of both.
static void beside_cdo(struct bench_beside *beside, const char *name, const char *chain,
                       void (*ours)(void *self))
{
    AUTO(buf_free) struct buf command = buf_new(4000);
    buf_print(&command,
              "bash -c 'TIMEFORMAT=\"cdo: %%U\"; time cdo -s -O %s "
              "\"$BENCH_DATA/series_daily_11162.nc\" %s/cdo.nc' 2>&1",
              chain, bench_folder());
    struct bench_beside cdo = *beside;
    cdo.name = name;
    cdo.reference = "CDO, whole process";
    cdo.unit = "s";
    cdo.unit_s = 1;
    cdo.line = "cdo";
    cdo.command = command.at;
    cdo.rounds = 1;
    cdo.ours = ours;
    cdo.goal = 0;
    cdo.goal_over = 50;
    bench_beside(&cdo);
}

static void windows(const char *series)
{
    static const size_t steps[] = {2, 6, 48, 144};
    const char *args[] = {"11162", NULL};
    struct err err = {0};
    struct windows w = {.ring = ring_new(COMMUNES, steps, COUNT_OF(steps)),
                        .in = mem_new((size_t)DIFFERENT * COMMUNES, sizeof(int32_t)),
                        .value = mem_new(COMMUNES, 4),
                        .bits = mem_new(COMMUNES, 4),
                        .scratch = mem_new(COMMUNES, 4)};
    uint32_t random = 3;
    for (size_t i = 0; i < (size_t)DIFFERENT * COMMUNES; i++) {
        random = random * 1664525U + 1013904223U;
        w.in[i] = random >> 28 ? 0 : (int32_t)(random >> 8 & 16383);
    }
    BENCH_OK(seriesfile_open(series, &w.series, &err), err);
    struct bench_beside beside = {.name = "1, 3, 24 and 72 h sums, one step of 11,162 communes",
                                  .unit = "us",
                                  .reference = "bare C",
                                  .program = "roll",
                                  .args = args,
                                  .line = "roll 4 windows 11162 communes",
                                  .unit_s = 1e-6,
                                  .per_run = HALF_HOURS,
                                  .rounds = 3,
                                  .times = 7,
                                  .ours = run_windows,
                                  .self = &w,
                                  .goal = 1.25};
    bench_beside(&beside);
    beside.name = "longest dry spell, 25 years";
    beside.unit = "ms";
    beside.line = "dry spell longest 25 y time-major";
    beside.unit_s = 1e-3;
    beside.per_run = 0;
    beside.ours = run_spell;
    beside.goal = 1.2;
    bench_beside(&beside);
    beside.name = "largest 3-day sum, 25 years";
    beside.reference = "bare C, which writes every sum";
    beside.line = "roll 3-day sum 25 y time-major";
    beside.ours = run_three_days;
    bench_beside(&beside);
    beside_cdo(&beside, "largest 3-day sum, 25 years", "runsum,3", run_three_days);
    beside_cdo(&beside, "longest dry spell, 25 years", "eca_cdd", run_spell);
    percentile(&beside);
    ring_free(&w.ring);
    seriesfile_close(&w.series);
    mem_free(&w.in);
    mem_free(&w.value);
    mem_free(&w.bits);
    mem_free(&w.scratch);
}

// --- rules
// --------------------------------------------------------------------------------------------

enum { RULES = 10000, JOINED = 1000, TIERS = 3, KINDS = 4 };

struct rules {
    int32_t *value; // [KINDS x COMMUNES]
    struct merge *merge[KINDS];
    int32_t *hits;
    int64_t total;
};

static uint64_t splitmix(uint64_t *s)
{
    uint64_t z = (*s += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static double share_of(uint64_t *s)
{
    return (double)(splitmix(s) >> 11) * 0x1p-53;
}

static void run_rules(void *self)
{
    struct rules *r = self;
    for (size_t k = 0; k < KINDS; k++)
        r->total += (int64_t)merge_step(r->merge[k], r->value + k * COMMUNES, COMMUNES, r->hits);
}

// Values and thresholds as the reference makes them, in thousandths.
static void rules_make(struct rules *r, size_t policies)
{
    int32_t *threshold[KINDS];
    size_t count[KINDS] = {0};
    uint64_t s = 11;
    *r = (struct rules){.value = mem_new((size_t)KINDS * COMMUNES, sizeof(int32_t)),
                        .hits = mem_new(policies * TIERS, sizeof(int32_t))};
    for (size_t i = 0; i < (size_t)KINDS * COMMUNES; i++)
        r->value[i] = (int32_t)(120000 * share_of(&s) * share_of(&s) * share_of(&s));
    for (size_t k = 0; k < KINDS; k++)
        threshold[k] = mem_new(policies * TIERS, sizeof(int32_t));
    for (size_t i = 0; i < policies; i++) {
        size_t k = splitmix(&s) & 3;
        for (int t = 0; t < TIERS; t++)
            threshold[k][count[k]++] = 40000 + 25000 * t + (int32_t)(20000 * share_of(&s));
    }
    for (size_t k = 0; k < KINDS; k++) {
        r->merge[k] = merge_new(threshold[k], count[k], COMPARE_MORE_OR_SAME);
        mem_free(&threshold[k]);
    }
}

static void rules_free(struct rules *r)
{
    for (size_t k = 0; k < KINDS; k++)
        merge_free(&r->merge[k]);
    mem_free(&r->value);
    mem_free(&r->hits);
}

static void rules(void)
{
    const char *args[] = {"10000", "11162", NULL};
    struct rules r;
    struct bench_beside beside = {.name = "10,000 policies of 3 tiers x 11,162 communes, one step",
                                  .unit = "ms",
                                  .reference = "bare C, sorted merge",
                                  .program = "rules",
                                  .args = args,
                                  .line = "rules sorted merge 10000 x 11162",
                                  .unit_s = 1e-3,
                                  .rounds = 5,
                                  .times = 21,
                                  .ours = run_rules,
                                  .self = &r,
                                  .goal = 1.5};
    rules_make(&r, RULES);
    bench_beside(&beside);
    rules_free(&r);
    // The join takes seconds for 1,000 already.
    rules_make(&r, JOINED);
    beside = (struct bench_beside){.name = "1,000 policies of 3 tiers x 11,162 communes, one step",
                                   .unit = "s",
                                   .reference = "SQLite, a join in memory",
                                   .command = "sqlite3 :memory: <\"$BENCH_SHARED/peers/rules.sql\"",
                                   .line = "Run Time",
                                   .after = " real",
                                   .unit_s = 1,
                                   .rounds = 1,
                                   .times = 21,
                                   .ours = run_rules,
                                   .self = &r,
                                   .goal_over = 1000};
    bench_beside(&beside);
    rules_free(&r);
}

void bench_rules(void)
{
    AUTO(mem_drop) char *series = bench_series("series.nc", COMMUNES, BENCH_DAYS);
    windows(series);
    rules();
    (void)unlink(series);
}
