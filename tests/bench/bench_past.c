// backtests: many policies over 25 years and 11,162 communes, beside backtest and stream of
// ../shared/bench/c on the same numbers, and beside CDO as a whole process.
#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "ledger/seriesfile.h"
#include "policies/policy.h"
#include "tests/bench/bench.h"
#include "tests/bench/past_series.h"
#include "triggers/history.h"
#include "triggers/ladder.h"
#include "triggers/lanes.h"
#include "triggers/plan.h"
#include "triggers/split.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { DAYS = BENCH_DAYS, COMMUNES = BENCH_COMMUNES, POLICIES = 1000, INDICES = 32 };

// --- policies
// ------------------------------------------------------------------------------------------

static void say_policy(size_t k, double first, struct buf *out)
{
    static const int over[] = {1, 2, 3, 5, 7, 10, 15, 30};
    static const char *const season[] = {
        "{from: 01-01, to: 12-31, day: utc00}", "{from: 05-01, to: 11-26, day: utc00}",
        "{from: 05-31, to: 09-27, day: utc00}", "{from: 08-29, to: 12-16, day: utc00}"};
    buf_print(out,
              "gong: 1\nid: bench\nversion: 1\nkind: insurance\ntitle: {vi: a, en: a}\n"
              "effective: {from: 2001-01-01, to: 2010-12-31}\nboundary_set: bench\narea: all\n"
              "source: bench\nvariable: rain\nperiod: %s\nindex: {take: maximum_sum, over: %d "
              "days}\nrounding: 0.1 mm\nminimum_coverage: any\nsettle_after: 1 days\n"
              "settlement: settle_once\npayout:\n  form: tiers\n  tiers: [{from: %.1f mm, pay: 20 "
              "%%}, {from: %.1f mm, pay: 50 %%}, {from: %.1f mm, pay: 100 %%}]\n"
              "  rounding: 1000 VND\n"
              "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} "
              "{commune}\"}\n"
              "cases:\n  fire: [{name: a, step: 24 h, values: [1]}]\n"
              "  not_fire: [{name: b, step: 24 h, values: [2]}]\n",
              season[k % 4], over[k / 4 % 8], first, 1.4 * first, 1.9 * first);
}

static struct policy *make_policy(size_t k, double first)
{
    struct err err = {0};
    struct policy *policy = NULL;
    AUTO(buf_free) struct buf text = buf_new(10000);
    say_policy(k, first, &text);
    BENCH_OK(policy_parse(buf_slice(&text), "bench.yaml", &policy, &err), err);
    return policy;
}

// --- backtests
// ----------------------------------------------------------------------------------------

struct past {
    struct seriesfile *series;
    struct history history;
    struct policy *policy[POLICIES];
    size_t policies, threads;
    struct utc to; // UTC_NEVER: all years
    struct plan plan;
    int64_t paid_vnd;
    double sink;
    uint64_t read[SPLIT_MAX];
};

static void past_open(struct past *past, const char *path, size_t policies)
{
    struct err err = {0};
    BENCH_OK(seriesfile_open(path, &past->series, &err), err);
    past->history = (struct history){.series = past->series};
    past->policies = policies;
    past->threads = 1;
    past->to = UTC_NEVER;
    for (size_t i = 0; i < policies; i++) {
        size_t k = policies == 1 ? 9 : i % INDICES; // 3 days in the second season, as the reference
        double first = policies == 1 ? 100 : 60 + 10 * (double)(k / 4) + (double)(i % 40);
        past->policy[i] = make_policy(k, first);
    }
}

static void past_close(struct past *past)
{
    plan_free(&past->plan);
    seriesfile_close(&past->series);
    for (size_t i = 0; i < past->policies; i++)
        policy_free(&past->policy[i]);
}

static void run_indices(struct past *past)
{
    struct err err = {0};
    plan_free(&past->plan);
    BENCH_OK(plan_make(&past->history, (const struct policy *const *)past->policy, past->policies,
                       UTC_NEVER, past->to, &past->plan, &err),
             err);
    BENCH_OK(plan_run(&past->plan, &past->history, past->threads, &err), err);
}

// What one of the threads that sum payouts has for itself.
struct payer {
    struct past *past;
    int64_t paid_vnd[SPLIT_MAX];
};

// The payouts of all policies that look at one index: block by block of communes, so that their
// seasons stay in the cache while one policy after the other looks at them.
static void pay_index(void *self, size_t worker, size_t which)
{
    enum { BLOCK = 256 };
    struct payer *payer = self;
    const struct plan *plan = &payer->past->plan;
    const struct plan_index *index = &plan->index[which];
    size_t seasons = index->occasions.count, count = 0;
    AUTO(mem_drop) struct ladder *ladder = mem_new(plan->policies, sizeof(*ladder));
    int64_t pays[BLOCK], paid_vnd = 0;
    int32_t least, most, yes[BLOCK], known[BLOCK];
    (void)ladder_range(index->quotient, seasons * plan->communes, &least, &most);
    for (size_t p = 0; p < plan->policies; p++) {
        if (plan->index_of[p] == which)
            ladder_make(plan->policy[p], 10000000, least, most, &ladder[count++]);
    }
    for (size_t c = 0; c < plan->communes; c += BLOCK) {
        size_t some = plan->communes - c < BLOCK ? plan->communes - c : BLOCK;
        for (size_t p = 0; p < count; p++) {
            struct ladder_sums sums = {pays, yes, known};
            ladder_sum(&ladder[p], index->quotient, seasons, plan->communes, c, some, &sums);
            for (size_t i = 0; i < some; i++)
                paid_vnd += pays[i];
        }
    }
    for (size_t p = 0; p < count; p++)
        ladder_free(&ladder[p]);
    payer->paid_vnd[worker] += paid_vnd;
}

// Every policy's payouts for every commune over all seasons, out of indices that are there.
static void run_payouts(void *self)
{
    struct past *past = self;
    struct payer payer = {.past = past};
    split_run(past->threads, past->plan.indices, pay_index, &payer);
    past->paid_vnd = 0;
    for (size_t i = 0; i < SPLIT_MAX; i++)
        past->paid_vnd += payer.paid_vnd[i];
}

static void run_backtest(void *self)
{
    run_indices(self);
    run_payouts(self);
}

// Reads the season's steps and adds them up: what the memory allows at best.
static void read_season(void *self)
{
    struct past *past = self;
    const struct plan_index *index = &past->plan.index[0];
    uint32_t sum = 0;
    for (size_t o = 0; o < index->occasions.count; o++) {
        struct err err = {0};
        struct window window;
        BENCH_OK(history_window(&past->history, index->occasions.at[o].from,
                                index->occasions.at[o].to, &window, &err),
                 err);
        const int32_t *at = window.rows.value;
        size_t count = window.rows.count * window.rows.stride;
        for (size_t i = 0; i < count; i++)
            sum += (uint32_t)at[i];
    }
    past->sink += sum;
}

static double best_s(void (*run)(void *), void *self, int times)
{
    double best = INFINITY;
    for (int i = 0; i < times; i++) {
        int64_t start = clock_ticks_ns();
        run(self);
        double took = (double)(clock_ticks_ns() - start) / 1e9;
        best = took < best ? took : best;
    }
    return best;
}

// Several of ours in a row, the middle one, as stream has it of its own.
static double middle_s(void (*run)(void *), void *self)
{
    double took[9];
    for (size_t i = 0; i < COUNT_OF(took); i++)
        took[i] = best_s(run, self, 1);
    return bench_median(took, COUNT_OF(took));
}

// Twice as much beside once, taken in turn, the middle of many rounds.
static void bench_doubled(const char *name, struct past *twice, struct past *once)
{
    double ratio[25];
    for (int i = -1; i < (int)COUNT_OF(ratio); i++) { // the first round warms up
        double most = best_s(run_backtest, twice, 1), least = best_s(run_backtest, once, 1);
        if (i >= 0)
            ratio[i] = most / least;
    }
    bench_count(name, "x the time", bench_median(ratio, COUNT_OF(ratio)), 2.2);
    past_close(twice);
    past_close(once);
}

static struct utc years_from_2001(int years)
{
    return (struct utc){date_days(2001 + years, 1, 1) * DAY_S};
}

static void bench_growth(const char *whole)
{
    AUTO(mem_drop) char *half = bench_series("half.nc", COMMUNES / 2, DAYS);
    struct past twice = {0}, once = {0};
    past_open(&twice, whole, 1);
    past_open(&once, half, 1);
    bench_doubled("backtest, communes doubled", &twice, &once);
    past_open(&twice, whole, 1);
    past_open(&once, whole, 1);
    twice.to = years_from_2001(24);
    once.to = years_from_2001(12);
    bench_doubled("backtest, years doubled (12 to 24 seasons)", &twice, &once);
    past_open(&twice, whole, POLICIES);
    past_open(&once, whole, POLICIES / 2);
    bench_doubled("backtest, policies doubled (500 to 1,000)", &twice, &once);
    (void)unlink(half);
}

// What the memory gives to so many threads of stream just now, in GB/s.
static double measure_memory(int threads)
{
    const char *none[] = {NULL};
    return bench_printed("stream", none,
                         threads == 1 ? "bandwidth read DRAM 1 thread"
                                      : "bandwidth read DRAM 2 thread");
}

// As many bytes as the seasons have, in memory of this process, read as stream reads: one after the
// other. Stream is a process of its own some seconds away, and what the memory gives changes from
// second to second by other machines on it; this one is measured beside each of ours.
struct plain {
    struct past *past;
    uint32_t *value;
    size_t count;
    uint32_t sink;
};

static void backtest_beside(void *self)
{
    run_backtest(((struct plain *)self)->past);
}

WIDE static void read_plain(void *self)
{
    struct plain *plain = self;
    const uint32_t *value = plain->value;
    uint32_t sum = 0;
    for (size_t i = 0; i < plain->count; i++)
        sum += value[i];
    plain->sink += sum;
}

static void bench_plain(struct past *one, double gigabytes)
{
    struct plain plain = {.past = one, .count = (size_t)(gigabytes / 4e-9)};
    plain.value = mem_new(plain.count, sizeof(*plain.value));
    for (size_t i = 0; i < plain.count; i++)
        plain.value[i] = (uint32_t)i;
    struct bench beside = {.name = "backtest of 1 policy, the season's bytes, beside reading",
                           .unit = "GB/s",
                           .reference = "as many bytes read as stream reads",
                           .per_round = gigabytes,
                           .rounds = 25,
                           .ours = backtest_beside,
                           .theirs = read_plain,
                           .self = &plain,
                           .goal = 1 / 0.9};
    bench_run(&beside);
    one->sink += plain.sink;
    mem_free(&plain.value);
}

// Ours before and after stream, in turn, because the memory has other users than this machine's.
static void bench_memory(struct past *one)
{
    const struct plan_index *index = &one->plan.index[0];
    const struct occasion *season = &index->occasions.at[0];
    double gigabytes = 4e-9 * COMMUNES * (double)index->occasions.count *
                       (double)((season->to.s - season->from.s) / DAY_S);
    double ratio[5], two[5];
    bench_plain(one, gigabytes);
    for (size_t i = 0; i < COUNT_OF(ratio); i++) {
        double before_s = middle_s(run_backtest, one);
        double alone = measure_memory(1);
        double took_s = (before_s + middle_s(run_backtest, one)) / 2;
        ratio[i] = took_s / (gigabytes / alone);
        two[i] = alone / measure_memory(2);
    }
    bench_count("backtest of 1 policy beside reading its season as fast as stream", "x the time",
                bench_median(ratio, COUNT_OF(ratio)), 1 / 0.9);
    bench_tell("stream itself, two threads beside one", "x the time",
               bench_median(two, COUNT_OF(two)), "what the memory allows");
}

enum { ROUNDS = 9 };

// Two threads beside one, taken in turn, round by round.
static double two_beside_one(void (*run)(void *self, size_t threads), void *self)
{
    double ratio[ROUNDS];
    for (int i = -1; i < ROUNDS; i++) { // the first round warms up
        int64_t start = clock_ticks_ns();
        run(self, 1);
        int64_t middle = clock_ticks_ns();
        run(self, 2);
        if (i >= 0)
            ratio[i] = (double)(clock_ticks_ns() - middle) / (double)(middle - start);
    }
    return bench_median(ratio, COUNT_OF(ratio));
}

static void run_by(void *self, size_t threads)
{
    struct past *past = self;
    past->threads = threads;
    run_backtest(past);
    past->threads = 1;
}

// Sums in registers: eight of them that do not wait for one another.
static void add_some(void *self, size_t worker, size_t item)
{
    enum { TIMES = 1 << 22, SUMS = 8 };
    uint64_t sum[SUMS];
    uint64_t *sink = self;
    for (size_t k = 0; k < SUMS; k++)
        sum[k] = item + k;
    for (size_t i = 0; i < TIMES; i++) {
        for (size_t k = 0; k < SUMS; k++)
            sum[k] = (sum[k] ^ sum[k] >> 7) + i;
    }
    for (size_t k = 0; k < SUMS; k++)
        sink[worker] += sum[k];
}

static void add_by(void *self, size_t threads)
{
    split_run(threads, 8, add_some, self);
}

// One season's steps, read and added up.
static void read_some(void *self, size_t worker, size_t item)
{
    struct err err = {0};
    struct window window;
    struct past *past = self;
    const struct occasion *occasion = &past->plan.index[0].occasions.at[item];
    uint32_t sum = 0;
    BENCH_OK(history_window(&past->history, occasion->from, occasion->to, &window, &err), err);
    for (size_t i = 0; i < window.rows.count * window.rows.stride; i++)
        sum += (uint32_t)window.rows.value[i];
    past->read[worker] += sum;
}

static void read_by(void *self, size_t threads)
{
    const struct past *past = self;
    split_run(threads, past->plan.index[0].occasions.count, read_some, self);
}

// What two threads can gain here at most, whatever they do: processors that share one core's units,
// or a memory that one of them fills, leave less than two.
static void bench_ceilings(struct past *past)
{
    uint64_t sink[SPLIT_MAX] = {0};
    bench_tell("sums in registers, two threads beside one", "x the time",
               two_beside_one(add_by, sink), "what the processors allow");
    bench_tell("reading the seasons, two threads beside one", "x the time",
               two_beside_one(read_by, past), "what the memory allows");
    past->sink += (double)(sink[0] + sink[1]);
}

// Two threads are to take 0.6 of one's time. A thousand policies reckon; one only reads, so that
// the ceilings beside it say what two threads that read, and do nothing else, get here.
static void bench_threads(struct past *past, const char *name)
{
    char text[80];
    run_by(past, 1);
    int64_t paid = past->paid_vnd;
    (void)snprintf(text, sizeof(text), "%s, two threads beside one", name);
    bench_count(text, "x the time", two_beside_one(run_by, past), 0.6);
    run_by(past, 2);
    (void)snprintf(text, sizeof(text), "%s, difference of two threads", name);
    bench_count(text, "đồng", (double)(past->paid_vnd - paid), 0);
}

static void bench_backtest(const char *series)
{
    AUTO(mem_drop) char *f32 = bench_data("series_daily_11162.f32");
    const char *args[] = {f32, "9131", "11162", "1000", NULL};
    struct past one = {0}, many = {0};
    past_open(&one, series, 1);
    past_open(&many, series, POLICIES);
    struct bench_beside beside = {.name = "backtest of 1 policy, 25 years x 11,162 communes",
                                  .unit = "ms",
                                  .reference = "bare C (float32)",
                                  .program = "backtest",
                                  .args = args,
                                  .line = "backtest 1 policy",
                                  .unit_s = 1e-3,
                                  .rounds = 3,
                                  .times = 7,
                                  .ours = run_backtest,
                                  .self = &one,
                                  .goal = 1.2};
    bench_beside(&beside);
    beside.name = "backtest of 1,000 policies over 32 indices";
    beside.line = "backtest 1000 policies, whole";
    beside.times = 3;
    beside.self = &many;
    bench_beside(&beside);
    double times[5];
    for (size_t i = 0; i < COUNT_OF(times); i++)
        times[i] = best_s(run_backtest, &many, 1) / middle_s(run_backtest, &one);
    bench_count("backtest of 1,000 policies beside one", "x the time",
                bench_median(times, COUNT_OF(times)), 20);
    struct bench read = {.name = "backtest of 1 policy, the season's bytes",
                         .unit = "GB/s",
                         .reference = "reading them alone",
                         .per_round = 0,
                         .rounds = 9,
                         .ours = run_backtest,
                         .theirs = read_season,
                         .self = &one,
                         .goal = 1 / 0.9};
    const struct occasion *season = &one.plan.index[0].occasions.at[0];
    read.per_round = 4e-9 * COMMUNES * (double)one.plan.index[0].occasions.count *
                     (double)((season->to.s - season->from.s) / DAY_S);
    bench_run(&read);
    bench_memory(&one);
    bench_ceilings(&one);
    bench_threads(&one, "backtest of 1 policy");
    bench_threads(&many, "backtest of 1,000 policies");
    double again = best_s(run_payouts, &one, 5), first = best_s(run_backtest, &one, 5);
    bench_count("other thresholds or payouts (reads no series)", "x a backtest", again / first,
                0.1);
    past_close(&one);
    past_close(&many);
}

// --- whole processes
// ----------------------------------------------------------------------------------

static void bench_whole(const char *series)
{
    struct err err = {0};
    AUTO(mem_drop) char *gong = bench_program("gong-backtest");
    AUTO(mem_drop) char *netcdf = bench_data("series_daily_11162.nc");
    AUTO(mem_drop) char *yaml = file_join(bench_folder(), "bench.yaml");
    AUTO(buf_free) struct buf policy = buf_new(10000);
    AUTO(buf_free) struct buf ours = buf_new(4000);
    AUTO(buf_free) struct buf cdo = buf_new(4000);
    say_policy(9, 100, &policy);
    BENCH_OK(file_write(yaml, buf_slice(&policy), 0644, &err), err);
    buf_print(&ours, "%s %s --series %s --quiet", gong, yaml, series);
    buf_print(&cdo,
              "cdo -s -O -timmean -expr,'p=100*(precip>=100)+100*(precip>=150)+100*(precip>=200)' "
              "-yearmax -selmonth,5/11 -runsum,3 %s %s/cdo.nc",
              netcdf, bench_folder());
    struct bench_processes whole = {.name = "a new policy on a stored series, whole process",
                                    .reference = "CDO",
                                    .ours = ours.at,
                                    .theirs = cdo.at,
                                    .rounds = 3,
                                    .goal_over = 50};
    bench_processes(&whole);
    buf_clear(&cdo);
    buf_print(&cdo, "cdo -s -O eca_cdd %s %s/cdo.nc", netcdf, bench_folder());
    whole.name = "a new policy on a stored series, whole process, beside CDO's dry spell";
    whole.theirs = cdo.at;
    whole.goal_over = 50;
    bench_processes(&whole);
}

void bench_past(void)
{
    AUTO(mem_drop) char *series = bench_series("series.nc", COMMUNES, DAYS);
    bench_backtest(series);
    bench_growth(series);
    bench_whole(series);
    (void)unlink(series);
}
