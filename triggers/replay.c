#include "triggers/replay.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "ledger/map.h"
#include "ledger/reading.h"
#include "ledger/track.h"
#include "ledger/reread.h"
#include "policies/policy.h"
#include "triggers/chain.h"
#include "triggers/due.h"
#include "triggers/evaluate.h"
#include "triggers/follow.h"
#include "triggers/grounds.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// What is carried through the comparison.
struct work {
    const struct replay *replay;
    struct replay_report *report;
    struct follow *follow;  // owned
    struct rereads rereads; // of the readings that were made again; owned
};

static void work_free(struct work *work)
{
    follow_free(&work->follow);
    rereads_free(&work->rereads);
}

static void differ(struct work *work, const char *text, ...) PRINTF(2, 3);
static void differ(struct work *work, const char *text, ...)
{
    char what[600];
    va_list values;
    va_start(values, text);
    (void)vsnprintf(what, sizeof(what), text, values);
    va_end(values);
    work->report->differences++;
    if (work->replay->differs)
        work->replay->differs(work->replay->self, what);
}

// --- readings
// -------------------------------------------------------------------------------------

// Sorted names of what stands in one ledger.
struct names {
    struct hash *at;
    size_t count;
};

static void names_free(struct names *names)
{
    mem_free(&names->at);
}

// What is in one list only is a difference.
static void compare_names(struct work *work, const char *what, const struct names *was,
                          const struct names *is)
{
    const struct hash *old = was->at, *new = is->at;
    size_t old_count = was->count, new_count = is->count;
    for (size_t i = 0, k = 0; i < old_count || k < new_count;) {
        int order = i == old_count   ? 1
                    : k == new_count ? -1
                                     : memcmp(old[i].at, new[k].at, HASH_SIZE);
        if (order < 0)
            differ(work, "%s %.16s… is in the ledger, the raw files do not give it", what,
                   hash_hex(old[i]).at);
        if (order > 0)
            differ(work, "the raw files give %s %.16s…, it is not in the ledger", what,
                   hash_hex(new[k]).at);
        i += order <= 0;
        k += order >= 0;
    }
}

static enum err_kind compare_readings(struct work *work, struct err *err)
{
    AUTO(names_free) struct names old = {0}, new = {0}, old_tracks = {0}, new_tracks = {0};
    struct ledger *ledger = work->replay->ledger, *made = work->replay->readings;
    if (reading_names(ledger, &old.at, &old.count, err) ||
        reading_names(made, &new.at, &new.count, err) ||
        track_names(ledger, &old_tracks.at, &old_tracks.count, err) ||
        track_names(made, &new_tracks.at, &new_tracks.count, err))
        return err_of(err);
    if (work->replay->entries_only) {
        work->report->readings = new.count + new_tracks.count;
        return OK;
    }
    work->report->readings = old.count + old_tracks.count;
    compare_names(work, "reading", &old, &new);
    compare_names(work, "track", &old_tracks, &new_tracks);
    return OK;
}

// --- one batch
// ------------------------------------------------------------------------------------

// A batch as it was, with everything to decide it again.
struct again {
    struct policy *policy;
    struct occasion occasion;
    struct grounds grounds;
    struct boundary_set *set;
    const char *refused; // borrowed from `basis`
    struct doc *basis;
};

static void again_free(struct again *again)
{
    policy_free(&again->policy);
    grounds_free(&again->grounds);
    boundary_set_free(&again->set);
    doc_free(&again->basis);
}

static enum err_kind set_up(struct work *work, const struct batch_row *row, struct again *out,
                            struct err *err)
{
    AUTO(buf_free) struct buf yaml = buf_new(POLICY_BYTES_MAX);
    if (policy_text_get(work->replay->ledger, row->policy_hash, &yaml, err) ||
        policy_parse(buf_slice(&yaml), row->policy, &out->policy, err) ||
        ledger_entry_doc(work->replay->ledger, row->seq, &out->basis, err))
        return err_of(err);
    const struct doc *inputs = doc_get(out->basis, "inputs");
    if (boundary_set_load(work->replay->map, row->boundary_set, grounds_wants_shapes(out->policy),
                          &out->set, err))
        return err_of(err);
    out->refused = doc_text(doc_get(inputs, "refused"), NULL);
    if (out->refused)
        return OK;
    if (due_occasion(out->policy, row->period, row->as_of, &out->occasion, err))
        return err_of(err);
    return grounds_named(work->replay->readings, out->policy, &out->occasion, out->set, inputs,
                         &out->grounds, err);
}

static void same_number(struct work *work, const struct decision_row *row, const char *what,
                        int64_t was, int64_t is)
{
    if (was != is)
        differ(work, "entry %" PRId64 " (%s, %s, %s): %s was %" PRId64 ", is %" PRId64, row->seq,
               row->policy, row->commune, row->period, what, was, is);
}

static void compare_trace(struct work *work, const struct decision_row *row, const struct doc *was,
                          const struct doc *trace)
{
    AUTO(buf_free) struct buf old = buf_new(16 << 20);
    AUTO(buf_free) struct buf new = buf_new(16 << 20);
    doc_canonical(doc_get(was, "trace"), &old);
    doc_canonical(trace, &new);
    if (!str_same(buf_slice(&old), buf_slice(&new)))
        differ(work, "entry %" PRId64 " (%s, %s, %s): the steps between differ", row->seq,
               row->policy, row->commune, row->period);
}

static enum err_kind compare_alert(struct work *work, const struct again *again,
                                   const struct decision_row *row, const struct doc *was,
                                   const struct decision_result *result, struct err *err)
{
    bool same = true;
    const struct followed one = {.seq = row->seq,
                                 .policy = again->policy,
                                 .commune = row->commune,
                                 .said = evaluate_said(result, row->as_of),
                                 .note = doc_get(was, "alert")};
    if (again->policy->kind != POLICY_ALERT)
        return OK;
    if (follow_take(work->follow, &one, &same, err))
        return err_add(err, "reading entry %" PRId64, row->seq);
    work->report->alerts += one.note != NULL;
    if (!same)
        differ(work, "entry %" PRId64 " (%s, %s, %s): what it makes of the alert differs", row->seq,
               row->policy, row->commune, row->period);
    return OK;
}

// What the same contract was paid for the same period before: "2024" and its top-ups "2024+1" ...
static enum err_kind paid_before(struct work *work, const struct decision_row *row,
                                 const struct payout_row *payout, struct money *out,
                                 struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    if (payout_list(work->replay->ledger, payout->contract, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct payout_row *other = &rows.at[i];
        if (other->seq < payout->seq && chain_is_of_period(other->period, row->period) &&
            strcmp(other->policy, payout->policy) == 0)
            *out = money_add(*out, other->amount);
    }
    return OK;
}

static enum err_kind compare_payouts(struct work *work, const struct again *again,
                                     const struct decision_row *row,
                                     const struct decision_result *result, struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    if (payout_list_of(work->replay->ledger, row->seq, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        struct money sum = VND(0);
        enum err_kind kind =
            work->replay->sum_insured(work->replay->sums, rows.at[i].contract, &sum, err);
        if (kind == ERR_MISSING) {
            work->report->unchecked++;
            continue;
        }
        if (kind)
            return kind;
        struct money due = payout_due(again->policy, sum, result->share, again->occasion.last);
        struct money before = VND(0);
        if (paid_before(work, row, &rows.at[i], &before, err))
            return err_of(err);
        struct money amount = before.minor ? payout_top_up(again->policy, before, due) : due;
        work->report->payouts++;
        same_number(work, row, rows.at[i].contract, rows.at[i].amount.minor, amount.minor);
    }
    return OK;
}

static enum err_kind compare_decision(struct work *work, const struct again *again,
                                      const struct decision_row *row, size_t commune,
                                      struct err *err)
{
    AUTO(decision_result_free) struct decision_result result = {0};
    if (again->refused)
        evaluate_refused(again->refused, &result);
    else
        evaluate(again->policy, &again->grounds.readings, commune, &again->occasion, &result);
    work->report->decisions++;
    same_number(work, row, "the answer", row->answer, result.answer);
    same_number(work, row, "having an index", row->has_index, result.has_index);
    if (row->has_index && result.has_index)
        same_number(work, row, "the index", row->index_milli, result.index_milli);
    AUTO(doc_free) struct doc *was = NULL;
    if (ledger_entry_doc(work->replay->ledger, row->seq, &was, err))
        return err_of(err);
    compare_trace(work, row, was, result.trace);
    if (compare_alert(work, again, row, was, &result, err))
        return err_of(err);
    return again->policy->kind == POLICY_INSURANCE ? compare_payouts(work, again, row, &result, err)
                                                   : OK;
}

// A file that was refused must be refused again, in the same words; it may have been read later.
static void compare_refusal(struct work *work, const struct batch_row *row,
                            const struct again *again)
{
    const char *hash = doc_text(doc_get(doc_get(again->basis, "inputs"), "raw_refused"), "");
    for (size_t i = 0; i < work->rereads.count; i++) {
        const struct reread *reread = &work->rereads.at[i];
        if (reread->why && strcmp(hash_hex(reread->hash).at, hash) == 0 &&
            strcmp(reread->source, again->policy->source) == 0 &&
            strcmp(reread->why, again->refused) == 0)
            return;
    }
    differ(work, "entry %" PRId64 ": the file %.16s… was refused, now it is not, or otherwise",
           row->seq, hash);
}

static enum err_kind compare_batch(struct work *work, const struct batch_row *row, struct err *err)
{
    AUTO(again_free) struct again again = {0};
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    struct decision_query query = {.batch_seq = row->seq};
    struct err why = {0};
    enum err_kind kind = set_up(work, row, &again, &why);
    if (kind == ERR_MISSING || kind == ERR_INPUT) {
        differ(work, "entry %" PRId64 " (%s, %s) cannot be decided again: %s", row->seq,
               row->policy, row->period, why.text);
        return OK;
    }
    if (kind) {
        *err = why;
        return kind;
    }
    if (decision_list(work->replay->ledger, &query, &rows, err))
        return err_of(err);
    if (again.refused)
        compare_refusal(work, row, &again);
    for (size_t i = 0; i < rows.count; i++) {
        size_t commune = boundary_set_find(again.set, rows.at[i].commune);
        if (commune == SIZE_MAX)
            differ(work, "entry %" PRId64 ": boundary set %s has no commune %s", rows.at[i].seq,
                   row->boundary_set, rows.at[i].commune);
        else if (compare_decision(work, &again, &rows.at[i], commune, err))
            return err_of(err);
    }
    work->report->batches++;
    return OK;
}

enum err_kind replay_run(const struct replay *replay, struct replay_report *report, struct err *err)
{
    AUTO(work_free) struct work work = {.replay = replay, .report = report};
    AUTO(batch_rows_free) struct batch_rows rows = {0};
    *report = (struct replay_report){0};
    if (compare_readings(&work, err) || follow_new(replay->ledger, &work.follow, err) ||
        rereads_load(replay->readings, &work.rereads, err) ||
        batch_list(replay->ledger, NULL, NULL, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        if (compare_batch(&work, &rows.at[i], err))
            return err_add(err, "comparing entry %" PRId64, rows.at[i].seq);
        if (replay->progress)
            replay->progress(replay->self, i + 1, rows.count);
    }
    return OK;
}
