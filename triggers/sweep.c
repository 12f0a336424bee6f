#include "triggers/sweep.h"

#include "core/mem.h"
#include "core/num.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/losses.h"
#include "triggers/merge.h"
#include "triggers/report.h"

#include <math.h>

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

static void take_season(const struct backtest *b, const struct losses *losses, size_t occasion,
                        struct merge *merge, int32_t *hits, size_t *bad, struct sweep_rows *out)
{
    size_t first = occasion * b->communes, known = 0, known_bad = 0;
    const int32_t *quotient = b->quotient + first;
    size_t any = merge_step(merge, quotient, b->communes, hits);
    bool beside = losses && losses->by_commune;
    for (size_t c = 0; c < b->communes; c++) {
        known += quotient[c] != INDEX_NOT_KNOWN;
        known_bad += beside && quotient[c] != INDEX_NOT_KNOWN && losses->bad[first + c];
    }
    if (beside)
        count_bad(losses, merge_communes(merge), any, first, bad);
    for (size_t i = 0; i < out->count; i++) {
        struct sweep_row *row = &out->at[i];
        size_t yes = (size_t)hits[i], right = beside ? bad[yes] : 0;
        row->yes += yes;
        row->seasons += yes > 0;
        if (!beside)
            continue;
        row->hits += right;
        row->false_alarms += yes - right;
        row->misses += known_bad - right;
        row->correct += known - yes - (known_bad - right);
    }
}

enum err_kind sweep_make(const struct backtest *backtest, const struct losses *losses,
                         const char *range, struct sweep_rows *out, struct err *err)
{
    AUTO(sweep_free) struct sweep_rows rows = {0};
    if (check_policy(backtest->policy, err) || read_range(range, &rows, err))
        return err_of(err);
    AUTO(mem_drop) int32_t *threshold = mem_new(rows.count, sizeof(*threshold));
    AUTO(mem_drop) int32_t *hits = mem_new(rows.count, sizeof(*hits));
    AUTO(mem_drop) size_t *bad = mem_new(backtest->communes + 1, sizeof(*bad));
    for (size_t i = 0; i < rows.count; i++)
        threshold[i] = quotient_of(backtest->policy, rows.at[i].threshold_milli);
    AUTO(merge_free)
    struct merge *merge = merge_new(threshold, rows.count, backtest->policy->trigger.compare);
    for (size_t o = 0; o < backtest->occasions.count; o++)
        take_season(backtest, losses, o, merge, hits, bad, &rows);
    *out = MOVE(rows);
    return OK;
}

void sweep_text(const struct sweep_rows *rows, const struct backtest *backtest,
                const struct losses *losses, struct buf *out)
{
    bool beside = losses && losses->by_commune;
    buf_print(out, "\nwhat if the threshold were (%s)%s:\n%12s %8s %8s%s\n",
              unit_word(backtest->policy->index.unit, LANGUAGE_EN),
              backtest->policy->kind == POLICY_ALERT
                  ? ", each window by itself, without persistence, clear and cool-down"
                  : "",
              "threshold", "yes", "seasons",
              beside ? "     hits  false   misses  correct     POD     FAR     CSI" : "");
    for (size_t i = 0; i < rows->count; i++) {
        const struct sweep_row *row = &rows->at[i];
        AUTO(buf_free) struct buf threshold = buf_new(32);
        text_milli(&threshold, row->threshold_milli, '.');
        buf_print(out, "%12s %8zu %8zu", threshold.at, row->yes, row->seasons);
        if (beside) {
            struct skill s =
                skill_of((struct skill_table){(double)row->hits, (double)row->false_alarms,
                                              (double)row->misses, (double)row->correct});
            const double score[] = {s.pod, s.far, s.csi};
            buf_print(out, " %8zu %6zu %8zu %8zu", row->hits, row->false_alarms, row->misses,
                      row->correct);
            for (size_t k = 0; k < COUNT_OF(score); k++) {
                AUTO(buf_free) struct buf text = buf_new(32);
                report_number(&text, score[k], 4);
                buf_print(out, " %7s", text.at);
            }
        }
        buf_text(out, "\n");
    }
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
        doc_push(list, one);
    }
    return list;
}
