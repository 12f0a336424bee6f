#include "triggers/verified.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/forecast.h"
#include "triggers/resample.h"
#include "triggers/scored.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void verified_free(struct verified *verified)
{
    mem_free(&verified->said);
    mem_free(&verified->roc);
}

// What one block of runs adds to the scores.
struct block {
    struct skill_table table;
    double crps, crps_n, fair, fair_n;
    double hits, misses, alerts, false_alarms, lead_h;
};

enum score {
    SCORE_BRIER,
    SCORE_RELIABILITY,
    SCORE_RESOLUTION,
    SCORE_UNCERTAINTY,
    SCORE_BSS,
    SCORE_ROC,
    SCORE_CRPS,
    SCORE_FAIR,
    SCORE_POD,
    SCORE_FAR,
    SCORE_CSI,
    SCORE_LEAD,
    SCORE_BIN, // and the other bins behind it
    SCORES = SCORE_BIN + VERIFIED_BINS,
};

// All of it, and room in which draws are added up.
struct proof {
    const struct backtest *backtest;
    size_t *block_of;    // [occasions]
    struct block *block; // [blocks]
    size_t blocks, saids;
    struct skill_said *of_block; // [blocks x saids]
    struct skill_said *sum;      // [saids]
};

static void proof_free(struct proof *proof)
{
    mem_free(&proof->block_of);
    mem_free(&proof->block);
    mem_free(&proof->of_block);
    mem_free(&proof->sum);
}

static bool is_known(const struct backtest *b, size_t cell)
{
    return !isnan(b->forecasts->probability[cell]) &&
           b->forecasts->happened[cell] != ANSWER_UNKNOWN;
}

static bool happened(const struct backtest *b, size_t cell)
{
    return b->forecasts->happened[cell] == ANSWER_YES;
}

// --- blocks

static int64_t year_of(const struct occasion *run)
{
    return run->first.year;
}

static int64_t month_of(const struct occasion *run)
{
    return run->first.year * 12LL + run->first.month;
}

static int64_t itself(const struct occasion *run)
{
    return run->as_of.s;
}

// Runs of which nothing is known make no block of their own; they count to the one before.
static size_t number_blocks(const struct backtest *b, int64_t (*of)(const struct occasion *),
                            size_t *block_of)
{
    size_t count = 0;
    int64_t last = INT64_MIN;
    for (size_t o = 0; o < b->occasions.count; o++) {
        size_t c = 0;
        while (c < b->communes && !is_known(b, o * b->communes + c))
            c++;
        if (c < b->communes && of(&b->occasions.at[o]) != last) {
            last = of(&b->occasions.at[o]);
            count++;
        }
        block_of[o] = count ? count - 1 : 0;
    }
    return count;
}

static void make_blocks(struct proof *proof, struct verified *out)
{
    static const struct {
        const char *unit;
        int64_t (*of)(const struct occasion *);
    } kinds[] = {{"years", year_of}, {"months", month_of}, {"runs", itself}};
    const struct backtest *b = proof->backtest;
    proof->block_of = mem_new(b->occasions.count + 1, sizeof(*proof->block_of));
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        out->unit = kinds[i].unit;
        out->blocks = number_blocks(b, kinds[i].of, proof->block_of);
        if (out->blocks >= VERIFIED_BLOCKS_MIN)
            break;
    }
    proof->blocks = out->blocks;
    proof->block = mem_new(proof->blocks + 1, sizeof(*proof->block));
}

// --- probabilities

static int by_p(const void *a, const void *b)
{
    double x = ((const struct skill_said *)a)->p, y = ((const struct skill_said *)b)->p;
    return (x > y) - (x < y);
}

static size_t only_once(struct skill_said *said, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(said, count, sizeof(*said), by_p);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || said[kept - 1].p != said[i].p)
            said[kept++] = said[i];
    }
    return kept;
}

static double rounded(double p)
{
    return round(p * 1000) / 1000;
}

// Which probabilities were said, each once.
static bool list_said(const struct backtest *b, struct verified *out)
{
    size_t cells = b->occasions.count * b->communes, count = 0;
    out->said = mem_new(cells + 1, sizeof(*out->said));
    for (size_t cell = 0; cell < cells; cell++) {
        if (is_known(b, cell))
            out->said[count++] = (struct skill_said){b->forecasts->probability[cell], 0, 0};
    }
    out->pairs = count;
    out->lacking = cells - count;
    out->saids = only_once(out->said, count);
    if (out->saids <= VERIFIED_SAID_MAX)
        return false;
    for (size_t i = 0; i < out->saids; i++)
        out->said[i].p = rounded(out->said[i].p);
    out->saids = only_once(out->said, out->saids);
    return true;
}

static void count_cell(struct proof *proof, const struct verified *out, bool coarse, size_t cell)
{
    const struct backtest *b = proof->backtest;
    const struct forecasts *f = b->forecasts;
    size_t block = proof->block_of[cell / b->communes];
    double p = coarse ? rounded(f->probability[cell]) : f->probability[cell];
    const struct skill_said *said =
        bsearch(&(struct skill_said){p, 0, 0}, out->said, out->saids, sizeof(*said), by_p);
    assert(said);
    struct skill_said *here = &proof->of_block[block * out->saids + (size_t)(said - out->said)];
    struct block *sum = &proof->block[block];
    bool yes = b->answer[cell] == ANSWER_YES, came = happened(b, cell);
    here->yes += came;
    here->no += !came;
    *(yes ? came ? &sum->table.a : &sum->table.b : came ? &sum->table.c : &sum->table.d) += 1;
    if (!isnan(f->crps[cell])) {
        sum->crps += f->crps[cell];
        sum->crps_n++;
    }
    if (!isnan(f->fair[cell])) {
        sum->fair += f->fair[cell];
        sum->fair_n++;
    }
}

static void count_pairs(struct proof *proof, struct verified *out)
{
    const struct backtest *b = proof->backtest;
    bool coarse = list_said(b, out);
    proof->saids = out->saids;
    proof->of_block = mem_new(proof->blocks * out->saids + 1, sizeof(*proof->of_block));
    proof->sum = mem_new(out->saids + 1, sizeof(*proof->sum));
    for (size_t cell = 0; cell < b->occasions.count * b->communes; cell++) {
        if (is_known(b, cell))
            count_cell(proof, out, coarse, cell);
    }
    for (size_t i = 0; i < out->saids; i++) {
        for (size_t k = 0; k < proof->blocks; k++) {
            out->said[i].yes += proof->of_block[k * out->saids + i].yes;
            out->said[i].no += proof->of_block[k * out->saids + i].no;
        }
        proof->sum[i].p = out->said[i].p;
    }
}

// --- alerts

static double days_of(int64_t s)
{
    return (double)s / DAY_S;
}

struct event {
    int64_t at_s;
    size_t run; // that first looked at it
};

// Of one commune; returns how many.
static size_t list_events(const struct backtest *b, size_t commune, struct event *event)
{
    size_t count = 0;
    for (size_t o = 0; o < b->occasions.count; o++) {
        size_t cell = o * b->communes + commune;
        int64_t at_s = b->forecasts->met_s[cell];
        if (!is_known(b, cell) || !happened(b, cell))
            continue;
        if (count == 0 || at_s > event[count - 1].at_s + b->policy->index.within_s)
            event[count++] = (struct event){at_s, o};
        else if (at_s < event[count - 1].at_s)
            event[count - 1].at_s = at_s;
    }
    return count;
}

// What the runs of an alert were followed by.
static bool was_judged(const struct backtest *b, const struct episode *alert, bool *came)
{
    bool known = false;
    *came = false;
    for (size_t o = alert->first; o <= alert->last; o++) {
        size_t cell = o * b->communes + alert->commune;
        known = known || is_known(b, cell);
        *came = *came || (is_known(b, cell) && happened(b, cell));
    }
    return known;
}

// An alert that people were told of and that can be judged, beside its times.
struct told {
    bool came;    // something of the kind followed a run of it
    size_t block; // of its first run
};

static size_t list_alerts(const struct proof *proof, size_t commune, struct skill_alert *alert,
                          struct told *told)
{
    const struct backtest *b = proof->backtest;
    size_t count = 0;
    for (size_t i = 0; i < b->episodes.count; i++) {
        const struct episode *one = &b->episodes.at[i];
        double issued = days_of(b->occasions.at[one->first].as_of.s);
        bool came;
        if (one->commune != commune || !one->told || !was_judged(b, one, &came))
            continue;
        told[count] = (struct told){came, proof->block_of[one->first]};
        alert[count++] =
            (struct skill_alert){issued, issued, days_of(b->occasions.at[one->last].to.s)};
    }
    return count;
}

// Each alert is one of: over an event in time, late (what it told of had begun before it), false.
static void count_alert(struct proof *proof, const struct told *told, bool over_event,
                        struct verified *out)
{
    struct block *block = &proof->block[told->block];
    out->alerts++;
    block->alerts++;
    if (over_event)
        return;
    out->late += told->came;
    out->false_alarms += !told->came;
    block->false_alarms += !told->came;
}

static void match_commune(struct proof *proof, size_t commune, struct event *event,
                          struct verified *out)
{
    const struct backtest *b = proof->backtest;
    size_t events = list_events(b, commune, event);
    AUTO(mem_drop) double *at = mem_new(events + 1, sizeof(*at));
    AUTO(mem_drop) double *lead = mem_new(events + 1, sizeof(*lead));
    AUTO(mem_drop) bool *matched = mem_new(events + 1, sizeof(*matched));
    AUTO(mem_drop) struct skill_alert *alert = mem_new(b->episodes.count + 1, sizeof(*alert));
    AUTO(mem_drop) struct told *told = mem_new(b->episodes.count + 1, sizeof(*told));
    size_t alerts = list_alerts(proof, commune, alert, told);
    for (size_t e = 0; e < events; e++)
        at[e] = days_of(event[e].at_s);
    struct skill_match match = skill_events(alert, alerts, at, events, matched, lead);
    out->events += events;
    out->hits += match.hits;
    out->misses += match.misses;
    for (size_t i = 0; i < alerts; i++)
        count_alert(proof, &told[i], skill_is_right(&alert[i], at, events), out);
    for (size_t e = 0; e < events; e++) {
        struct block *block = &proof->block[proof->block_of[event[e].run]];
        block->misses += !matched[e];
        if (isnan(lead[e]))
            continue;
        block->hits++;
        block->lead_h += lead[e] * DAY_S / HOUR_S;
    }
}

static void match_alerts(struct proof *proof, struct verified *out)
{
    const struct backtest *b = proof->backtest;
    AUTO(mem_drop) struct event *event = mem_new(b->occasions.count + 1, sizeof(*event));
    for (size_t c = 0; c < b->communes; c++)
        match_commune(proof, c, event, out);
}

// --- scores

static double over(double a, double b)
{
    return b != 0 ? a / b : NAN;
}

static size_t bin_of(double p)
{
    size_t bin = (size_t)floor(p * VERIFIED_BINS + 1e-9);
    return bin < VERIFIED_BINS ? bin : VERIFIED_BINS - 1;
}

static void add_block(struct block *sum, const struct block *one)
{
    sum->crps += one->crps;
    sum->crps_n += one->crps_n;
    sum->fair += one->fair;
    sum->fair_n += one->fair_n;
    sum->hits += one->hits;
    sum->misses += one->misses;
    sum->alerts += one->alerts;
    sum->false_alarms += one->false_alarms;
    sum->lead_h += one->lead_h;
}

static void score(const struct skill_said *said, size_t saids, const struct block *sum, double *out)
{
    struct skill_brier brier = skill_brier_of(said, saids);
    double yes[VERIFIED_BINS] = {0}, all[VERIFIED_BINS] = {0};
    out[SCORE_BRIER] = brier.score;
    out[SCORE_RELIABILITY] = brier.reliability;
    out[SCORE_RESOLUTION] = brier.resolution;
    out[SCORE_UNCERTAINTY] = brier.uncertainty;
    out[SCORE_BSS] = brier.skill;
    out[SCORE_ROC] = skill_roc_area(said, saids);
    out[SCORE_CRPS] = over(sum->crps, sum->crps_n);
    out[SCORE_FAIR] = over(sum->fair, sum->fair_n);
    out[SCORE_POD] = over(sum->hits, sum->hits + sum->misses);
    out[SCORE_FAR] = over(sum->false_alarms, sum->alerts);
    out[SCORE_CSI] = over(sum->hits, sum->hits + sum->misses + sum->false_alarms);
    out[SCORE_LEAD] = over(sum->lead_h, sum->hits);
    for (size_t i = 0; i < saids; i++) {
        yes[bin_of(said[i].p)] += said[i].yes;
        all[bin_of(said[i].p)] += said[i].yes + said[i].no;
    }
    for (size_t k = 0; k < VERIFIED_BINS; k++)
        out[SCORE_BIN + k] = over(yes[k], all[k]);
}

static void measure(const void *self, const size_t *drawn, double *out)
{
    const struct proof *proof = self;
    struct block sum = {0};
    for (size_t i = 0; i < proof->saids; i++)
        proof->sum[i].yes = proof->sum[i].no = 0;
    for (size_t k = 0; k < proof->blocks; k++) {
        size_t block = drawn ? drawn[k] : k;
        const struct skill_said *said = &proof->of_block[block * proof->saids];
        for (size_t i = 0; i < proof->saids; i++) {
            proof->sum[i].yes += said[i].yes;
            proof->sum[i].no += said[i].no;
        }
        add_block(&sum, &proof->block[block]);
    }
    score(proof->sum, proof->saids, &sum, out);
}

static void put_figures(const struct proof *proof, const double *value, const double *low,
                        const double *high, struct verified *out)
{
    static const char probabilities[] = "probabilities", members[] = "members", alerts[] = "alerts";
    struct block sum = {0};
    for (size_t k = 0; k < proof->blocks; k++)
        add_block(&sum, &proof->block[k]);
    double n = (double)out->pairs, told = sum.hits + sum.misses;
    const struct {
        const char *group, *name;
        enum figure_kind kind;
        double n;
    } rows[SCORE_BIN] = {
        [SCORE_BRIER] = {probabilities, "Brier score, 0 is best", FIGURE_RATIO, n},
        [SCORE_RELIABILITY] = {probabilities, "reliability, 0 is best", FIGURE_RATIO, n},
        [SCORE_RESOLUTION] = {probabilities, "resolution, more is better", FIGURE_RATIO, n},
        [SCORE_UNCERTAINTY] = {probabilities, "uncertainty: climatology's Brier score",
                               FIGURE_RATIO, n},
        [SCORE_BSS] = {probabilities, "BSS: Brier skill beside climatology", FIGURE_RATIO, n},
        [SCORE_ROC] = {probabilities, "ROC area, 0.5 knows nothing", FIGURE_RATIO, n},
        [SCORE_CRPS] = {members, "CRPS of the members' index", FIGURE_INDEX, sum.crps_n},
        [SCORE_FAIR] = {members, "fair CRPS, as of any number of members", FIGURE_INDEX,
                        sum.fair_n},
        [SCORE_POD] = {alerts, "POD: events that an alert was told of", FIGURE_RATIO, told},
        [SCORE_FAR] = {alerts, "FAR: false, of the alerts", FIGURE_RATIO, sum.alerts},
        [SCORE_CSI] = {alerts, "CSI: hits, of events and false alarms", FIGURE_RATIO,
                       told + sum.false_alarms},
        [SCORE_LEAD] = {alerts, "lead: hours from being told to the event", FIGURE_RATIO, sum.hits},
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        struct figure *f = figures_add(&out->figures, rows[k].group, rows[k].kind, value[k],
                                       (size_t)rows[k].n, "%s", rows[k].name);
        f->low = low[k];
        f->high = high[k];
    }
}

static void put_bins(const double *value, const double *low, const double *high,
                     struct verified *out)
{
    double p[VERIFIED_BINS] = {0};
    for (size_t i = 0; i < out->saids; i++) {
        double here = out->said[i].yes + out->said[i].no;
        out->bin[bin_of(out->said[i].p)].n += (size_t)here;
        p[bin_of(out->said[i].p)] += here * out->said[i].p;
    }
    for (size_t k = 0; k < VERIFIED_BINS; k++) {
        struct verified_bin *bin = &out->bin[k];
        bin->said = over(p[k], (double)bin->n);
        bin->came = value[SCORE_BIN + k];
        bin->low = low[SCORE_BIN + k];
        bin->high = high[SCORE_BIN + k];
    }
}

static void put_scores(struct proof *proof, struct verified *out)
{
    double value[SCORES], low[SCORES], high[SCORES];
    bool sure = proof->blocks >= VERIFIED_BLOCKS_MIN;
    AUTO(mem_drop) struct skill_table *table = mem_new(proof->blocks + 1, sizeof(*table));
    measure(proof, NULL, value);
    if (sure)
        resample_run(&(struct resample){proof->blocks, SCORES, 0, proof, measure}, low, high);
    for (size_t k = 0; k < SCORES && !sure; k++)
        low[k] = high[k] = NAN;
    put_figures(proof, value, low, high, out);
    put_bins(value, low, high, out);
    for (size_t k = 0; k < proof->blocks; k++)
        table[k] = proof->block[k].table;
    size_t first = out->figures.count;
    out->table = scored_of(table, proof->blocks, false, &out->figures);
    for (size_t i = first; i < out->figures.count; i++) {
        struct figure *f = &out->figures.at[i];
        f->group = "decisions, run by run (reported: what was observed)";
        f->low = sure ? f->low : NAN;
        f->high = sure ? f->high : NAN;
    }
    out->roc = mem_new(out->saids + 1, sizeof(*out->roc));
    skill_roc(out->said, out->saids, out->roc);
}

enum err_kind verified_make(const struct backtest *backtest, struct verified *out, struct err *err)
{
    assert(backtest->forecasts && backtest->said);
    AUTO(verified_free) struct verified made = {0};
    AUTO(proof_free) struct proof proof = {.backtest = backtest};
    made.figures.unit = unit_word(backtest->policy->index.unit, LANGUAGE_EN);
    made.several = backtest->policy->combine != COMBINE_NONE;
    make_blocks(&proof, &made);
    count_pairs(&proof, &made);
    if (made.pairs == 0)
        return err_set(err, ERR_MISSING,
                       "of %zu runs of policy %s none is known on both sides: what was observed "
                       "must cover the whole window after a run",
                       backtest->occasions.count, backtest->policy->id);
    match_alerts(&proof, &made);
    put_scores(&proof, &made);
    *out = MOVE(made);
    return OK;
}
