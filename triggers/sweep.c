#include "triggers/sweep.h"

#include "core/mem.h"
#include "core/num.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/losses.h"
#include "triggers/merge.h"
#include "triggers/price.h"
#include "triggers/report.h"
#include "triggers/scored.h"

#include <math.h>
#include <string.h>

void sweep_free(struct sweep_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static enum err_kind read_range(const char *range, struct sweep_rows *out, struct err *err)
{
    struct str rest = str_of(range), part;
    int64_t ends[3];
    size_t count = 0;
    while (count < COUNT_OF(ends) && str_take_field(&rest, ',', &part)) {
        if (num_milli(str_trim(part), &ends[count++], err))
            return err_add(err, "reading --sweep");
    }
    if (count < COUNT_OF(ends) || rest.at || ends[2] <= 0 || ends[1] < ends[0] ||
        (ends[1] - ends[0]) / ends[2] >= SWEEP_MAX)
        return err_usage(
            err, "--sweep \"%s\" is no range; write from,to,step, as 100,300,10 (at most %d)",
            range, SWEEP_MAX);
    out->at = mem_new(SWEEP_MAX, sizeof(*out->at));
    for (int64_t milli = ends[0]; milli <= ends[1]; milli += ends[2])
        out->at[out->count++].threshold_milli = milli;
    return OK;
}

static enum err_kind check_policy(const struct policy *policy, struct err *err)
{
    bool one = policy->parts == 0 &&
               (policy->kind == POLICY_ALERT || policy->payout.form == PAYOUT_BINARY);
    if (!one)
        return err_set(
            err, ERR_INPUT,
            "--sweep is for an alert or a binary cover with one threshold; for policy %s "
            "use --set",
            policy->id);
    return OK;
}

// A threshold as a multiple of the rounding, so that comparing quotients is comparing indices: for
// ">=" and "<" rounded up, for ">" and "<=" rounded down.
static int32_t quotient_of(const struct policy *policy, int64_t threshold_milli)
{
    int64_t unit = policy->rounding_milli, whole = threshold_milli / unit;
    if (whole * unit > threshold_milli)
        whole--;
    bool up =
        policy->trigger.compare == COMPARE_MORE_OR_SAME || policy->trigger.compare == COMPARE_LESS;
    if (up && whole * unit < threshold_milli)
        whole++;
    whole = whole < INT32_MIN + 2 ? INT32_MIN + 2 : whole;
    return whole >= INT32_MAX ? INT32_MAX - 1 : (int32_t)whole;
}

// How many of the first communes of a walk were bad, for each length.
static void count_bad(const struct losses *losses, const uint32_t *commune, size_t count,
                      size_t first_cell, size_t *bad)
{
    bad[0] = 0;
    for (size_t i = 0; i < count; i++)
        bad[i + 1] = bad[i] + losses->bad[first_cell + commune[i]];
}

// What a walk over the seasons needs of each.
struct walk {
    struct merge *merge;
    int32_t *hits;              // [thresholds] of one season
    size_t *bad;                // [communes + 1]
    struct skill_table *season; // [thresholds x occasions] of seasons of which any place is known
    size_t seasons;             // so many
};

static void take_season(const struct backtest *b, const struct losses *losses, size_t occasion,
                        struct walk *walk, struct sweep_rows *out)
{
    size_t first = occasion * b->communes, known = 0, known_bad = 0;
    const int32_t *quotient = b->quotient + first;
    size_t any = merge_step(walk->merge, quotient, b->communes, walk->hits);
    bool beside = losses && losses->by_commune;
    for (size_t c = 0; c < b->communes; c++) {
        known += quotient[c] != INDEX_NOT_KNOWN;
        known_bad += beside && quotient[c] != INDEX_NOT_KNOWN && losses->bad[first + c];
    }
    if (beside)
        count_bad(losses, merge_communes(walk->merge), any, first, walk->bad);
    for (size_t i = 0; i < out->count; i++) {
        struct sweep_row *row = &out->at[i];
        size_t yes = (size_t)walk->hits[i], right = beside ? walk->bad[yes] : 0;
        row->yes += yes;
        row->seasons += yes > 0;
        if (!beside)
            continue;
        row->hits += right;
        row->false_alarms += yes - right;
        row->misses += known_bad - right;
        row->correct += known - yes - (known_bad - right);
        if (walk->season)
            walk->season[i * b->occasions.count + walk->seasons] = (struct skill_table){
                (double)right, (double)(yes - right), (double)(known_bad - right),
                (double)(known - yes - (known_bad - right))};
    }
    walk->seasons += known > 0;
}

static void score_row(const struct skill_table *season, size_t seasons, struct sweep_row *row)
{
    static const char *const names[SWEEP_SCORES] = {"POD:", "FAR:", "CSI:"};
    AUTO(mem_drop) struct figures *figures = mem_new(1, sizeof(*figures));
    (void)scored_of(season, seasons, false, figures);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *f = &figures->at[i];
        for (size_t k = 0; k < SWEEP_SCORES; k++) {
            if (strncmp(f->name, names[k], strlen(names[k])) == 0)
                row->score[k] = (struct sweep_score){f->value, f->low, f->high, f->n};
        }
    }
}

static void score_all(const struct walk *walk, size_t occasions, struct sweep_rows *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct sweep_row *row = &out->at[i];
        struct skill s = skill_of((struct skill_table){(double)row->hits, (double)row->false_alarms,
                                                       (double)row->misses, (double)row->correct});
        const struct sweep_score scores[SWEEP_SCORES] = {
            [SWEEP_POD] = {s.pod, NAN, NAN, row->hits + row->misses},
            [SWEEP_FAR] = {s.far, NAN, NAN, row->hits + row->false_alarms},
            [SWEEP_CSI] = {s.csi, NAN, NAN, row->hits + row->misses + row->false_alarms}};
        memcpy(row->score, scores, sizeof(scores));
        if (walk->season)
            score_row(walk->season + i * occasions, walk->seasons, row);
    }
}

enum err_kind sweep_make(const struct backtest *backtest, const struct losses *losses,
                         const char *range, struct sweep_rows *out, struct err *err)
{
    AUTO(sweep_free) struct sweep_rows rows = {0};
    if (check_policy(backtest->policy, err) || read_range(range, &rows, err))
        return err_of(err);
    size_t occasions = backtest->occasions.count;
    rows.drawn = losses && losses->by_commune && occasions <= SWEEP_DRAWN / rows.count;
    AUTO(mem_drop) int32_t *threshold = mem_new(rows.count, sizeof(*threshold));
    AUTO(mem_drop) int32_t *hits = mem_new(rows.count, sizeof(*hits));
    AUTO(mem_drop) size_t *bad = mem_new(backtest->communes + 1, sizeof(*bad));
    AUTO(mem_drop)
    struct skill_table *season =
        rows.drawn ? mem_new(rows.count * occasions + 1, sizeof(*season)) : NULL;
    for (size_t i = 0; i < rows.count; i++)
        threshold[i] = quotient_of(backtest->policy, rows.at[i].threshold_milli);
    AUTO(merge_free)
    struct merge *merge = merge_new(threshold, rows.count, backtest->policy->trigger.compare);
    struct walk walk = {merge, hits, bad, season, 0};
    for (size_t o = 0; o < occasions; o++)
        take_season(backtest, losses, o, &walk, &rows);
    score_all(&walk, occasions, &rows);
    *out = MOVE(rows);
    return OK;
}

static void put_scores(const struct sweep_row *row, struct buf *out)
{
    enum { INTERVAL_WIDTH = 25 };
    buf_print(out, " %8zu %6zu %8zu %8zu", row->hits, row->false_alarms, row->misses, row->correct);
    for (size_t k = 0; k < SWEEP_SCORES; k++) {
        const struct sweep_score *score = &row->score[k];
        AUTO(buf_free) struct buf text = buf_new(64);
        report_number(&text, score->value, 4);
        if (!isnan(score->low) && !isnan(score->high))
            buf_print(&text, " (%.4f to %.4f)", score->low, score->high);
        buf_print(out, "  %-*s", k + 1 < SWEEP_SCORES ? INTERVAL_WIDTH : 0, text.at);
    }
}

void sweep_text(const struct sweep_rows *rows, const struct backtest *backtest,
                const struct losses *losses, struct buf *out)
{
    bool beside = losses && losses->by_commune;
    buf_print(out, "\nwhat if the threshold were (%s)%s%s:\n%12s %8s %8s%s\n",
              unit_word(backtest->policy->index.unit, LANGUAGE_EN),
              backtest->policy->kind == POLICY_ALERT
                  ? ", each window by itself, without persistence, clear and cool-down"
                  : "",
              !beside       ? ""
              : rows->drawn ? "; 95 %: whole seasons drawn anew"
                            : "; too many seasons and thresholds for intervals",
              "threshold", "yes", "seasons",
              beside
                  ? "     hits  false   misses  correct  POD, n = hits, misses      FAR, n = hits, "
                    "false       CSI, n = all three"
                  : "");
    for (size_t i = 0; i < rows->count; i++) {
        const struct sweep_row *row = &rows->at[i];
        AUTO(buf_free) struct buf threshold = buf_new(32);
        text_milli(&threshold, row->threshold_milli, '.');
        buf_print(out, "%12s %8zu %8zu", threshold.at, row->yes, row->seasons);
        if (beside)
            put_scores(row, out);
        buf_text(out, "\n");
    }
}

static void put_score(struct doc *doc, const char *key, const struct sweep_score *score)
{
    const struct {
        const char *key;
        double value;
    } parts[] = {{"value", score->value}, {"low_95", score->low}, {"high_95", score->high}};
    struct doc *one = doc_object();
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        AUTO(buf_free) struct buf text = buf_new(40);
        buf_print(&text, "%.6f", parts[i].value);
        if (isfinite(parts[i].value))
            doc_put_text(one, parts[i].key, text.at);
        else
            doc_put_null(one, parts[i].key);
    }
    doc_put_int(one, "n", (int64_t)score->n);
    doc_put(doc, key, one);
}

struct doc *sweep_doc(const struct sweep_rows *rows)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < rows->count; i++) {
        const struct sweep_row *row = &rows->at[i];
        struct doc *one = doc_object();
        doc_put_int(one, "threshold_milli", row->threshold_milli);
        doc_put_int(one, "yes", (int64_t)row->yes);
        doc_put_int(one, "seasons", (int64_t)row->seasons);
        doc_put_int(one, "hits", (int64_t)row->hits);
        doc_put_int(one, "false_alarms", (int64_t)row->false_alarms);
        doc_put_int(one, "misses", (int64_t)row->misses);
        doc_put_int(one, "correct_negatives", (int64_t)row->correct);
        put_score(one, "pod", &row->score[SWEEP_POD]);
        put_score(one, "far", &row->score[SWEEP_FAR]);
        put_score(one, "csi", &row->score[SWEEP_CSI]);
        doc_push(list, one);
    }
    return list;
}
