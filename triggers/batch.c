#include "triggers/batch.h"

#include "core/cli.h"
#include "core/log.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/quality.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/alert.h"
#include "triggers/alert_note.h"
#include "triggers/bulletin.h"
#include "triggers/due.h"
#include "triggers/evaluate.h"
#include "triggers/gaps.h"
#include "triggers/grounds.h"
#include "triggers/guard.h"
#include "triggers/notice.h"
#include "triggers/official.h"
#include "triggers/settle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct hash batch_basis(const struct due *due, const struct grounds *grounds)
{
    return due->refused ? due->raw : grounds_basis(grounds);
}

static struct doc *inputs_doc(const struct due *due, const struct grounds *grounds,
                              const struct boundary_set *set)
{
    struct doc *inputs = doc_object();
    doc_put_text(inputs, "program", "gong " GONG_VERSION);
    doc_put_text(inputs, "boundary_set_hash", hash_hex(set->hash).at);
    doc_put_text(inputs, "source", due->policy->source);
    doc_put_text(inputs, "variable", due->policy->variable);
    doc_put_text(inputs, "from", utc_text(due->occasion.from).at);
    doc_put_text(inputs, "to", utc_text(due->occasion.to).at);
    if (due->refused) {
        doc_put_text(inputs, "refused", due->refused);
        doc_put_text(inputs, "raw_refused", hash_hex(due->raw).at);
        return inputs;
    }
    grounds_list(grounds, inputs);
    return inputs;
}

// What is carried through one batch.
struct work {
    const struct settle *settle;
    const struct due *due;
    const struct readings *readings;
    struct looks *looks; // borrowed; NULL: none are kept
    uint8_t *quality;    // [communes] doubts about the readings; NULL: none
    struct txn *txn;     // borrowed
    struct batch batch;
    int64_t batch_seq;
    struct contracts contracts; // owned; sorted by commune
    struct guard guard;         // of the money
    struct bulletin *bulletin;  // owned; NULL: nobody subscribed
    struct official *official;  // owned; of an alert
    struct settle_report *report;
    struct decision_result shared; // of a policy that says the same everywhere; once it is known
};

static void work_free(struct work *work)
{
    decision_result_free(&work->shared);
    contracts_free(&work->contracts);
    guard_free(&work->guard);
    mem_free(&work->quality);
    bulletin_free(&work->bulletin);
    official_free(&work->official);
}

// The contracts of one commune, as a stretch of the sorted list.
static const struct contract *contracts_of(const struct work *work, const char *code, size_t *count)
{
    size_t low = 0, high = work->contracts.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(work->contracts.at[middle].commune, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < work->contracts.count && strcmp(work->contracts.at[end].commune, code) == 0)
        end++;
    *count = end - low;
    return work->contracts.at ? &work->contracts.at[low] : NULL;
}

static bool same_state(const struct alert_state *a, const struct alert_state *b)
{
    return a->on == b->on && a->runs == b->runs && a->since.s == b->since.s &&
           a->seen.s == b->seen.s && a->level == b->level && a->told.s == b->told.s &&
           a->told_level == b->told_level;
}

// What a run makes of an alert. Of an insurance: nothing.
struct alert_change {
    struct alert_state before, after;
    struct alert_taken taken;
    struct doc *note; // owned
};

static void change_free(struct alert_change *change)
{
    doc_free(&change->note);
}

static enum err_kind find_change(struct work *work, const struct notice *notice,
                                 struct alert_change *out, struct err *err)
{
    const struct policy *policy = work->due->policy;
    if (policy->kind != POLICY_ALERT)
        return OK;
    if (alert_state_get(work->settle->ledger, policy->id, notice->commune->code, &out->before, err))
        return err->kind;
    out->after = out->before;
    struct alert_said said = evaluate_said(notice->result, notice->occasion->as_of);
    struct alert_rule rule = alert_rule_of(policy);
    out->taken = alert_take(&out->after, &said, &rule);
    out->note = alert_note_doc(&out->before, &out->after, &out->taken);
    return OK;
}

static const char *stage_name(const struct policy *policy, int64_t level)
{
    for (size_t i = 0; policy->stages && i < policy->parts; i++) {
        if (policy->part[i].level == level)
            return policy->part[i].name;
    }
    return NULL;
}

static enum err_kind take_alert(struct work *work, struct notice *notice,
                                const struct alert_change *change, struct err *err)
{
    const struct policy *policy = work->due->policy;
    enum turn turn = change->taken.turn;
    // Levels are reached with a turn, which changes `since` too.
    if (!same_state(&change->after, &change->before) &&
        alert_state_put(work->txn, policy->id, notice->commune->code, &change->after, err))
        return err->kind;
    work->report->alerts_on += turn == TURN_ON;
    work->report->alerts_off += turn == TURN_OFF;
    notice->cancel = turn == TURN_OFF;
    notice->again = change->before.seen.s == notice->occasion->as_of.s ? notice->cause : 0;
    // What is told of is the stage that stands, which can be one that this run does not say.
    struct decision_result standing = *notice->result;
    if (change->after.level && change->after.level != standing.level)
        standing.stage = stage_name(policy, change->after.level);
    struct notice told = *notice;
    told.result = &standing;
    told.kept = change->after.level > notice->result->level;
    bulletin_note_alert(work->bulletin, &told, &change->after, change->taken.told);
    if (!change->taken.told || (notice->cancel && !policy->has_cancel))
        return OK;
    size_t count;
    const struct contract *contract = contracts_of(work, notice->commune->code, &count);
    told.official = official_number(work->official, notice->commune);
    return notice_alert(work->txn, &told, contract, count, &work->report->alert_messages, err);
}

// A contract is covered when it holds the whole period.
static bool is_covered(const struct contract *contract, const struct occasion *occasion)
{
    return contract_holds(contract, occasion->first, occasion->last);
}

// What stands for a period is paid once; with true_up later data may add to it, each time under a
// name of its own: "2024", then "2024+1".
enum { TOP_UPS_MAX = 20 };

static enum err_kind put_payout(struct work *work, const struct notice *notice,
                                const struct contract *contract, struct money amount, bool *fresh,
                                struct money *standing, struct err *err)
{
    struct payout payout = {
        .contract = contract->id,
        .period = notice->occasion->period,
        .policy = work->due->policy->id,
        .amount = amount,
        .decision_seq = notice->cause,
    };
    if (payout_put(work->txn, notice->occasion->as_of, &payout, fresh, standing, err))
        return err->kind;
    if (!*fresh)
        return OK;
    work->report->payouts++;
    work->report->paid_vnd += amount.minor;
    guard_money(&work->guard, 0, amount.minor);
    bulletin_note_payout(work->bulletin, notice, amount);
    return notice_payout(work->txn, notice, contract, amount, err);
}

static enum err_kind take_payout(struct work *work, const struct notice *notice,
                                 const struct contract *contract, struct err *err)
{
    const struct policy *policy = work->due->policy;
    struct money due =
        payout_due(policy, contract->sum_insured, notice->result->share, notice->occasion->last);
    struct money paid = VND(0), amount = due;
    for (int top_up = 0; amount.minor > 0 && top_up < TOP_UPS_MAX; top_up++) {
        struct occasion named = *notice->occasion;
        struct notice one = *notice;
        bool fresh = false;
        struct money standing;
        one.occasion = &named;
        if (top_up) {
            int len = snprintf(named.period, sizeof(named.period), "%.20s+%d",
                               notice->occasion->period, top_up);
            assert(len > 0 && (size_t)len < sizeof(named.period));
        }
        if (put_payout(work, &one, contract, amount, &fresh, &standing, err))
            return err->kind;
        if (fresh)
            return OK;
        paid = money_add(paid, standing);
        amount = payout_top_up(policy, paid, due);
    }
    return OK;
}

static enum err_kind take_insurance(struct work *work, const struct notice *notice, struct err *err)
{
    size_t count;
    const struct contract *contract = contracts_of(work, notice->commune->code, &count);
    for (size_t i = 0; i < count; i++) {
        if (is_covered(&contract[i], notice->occasion))
            guard_money(&work->guard, contract[i].sum_insured.minor, 0);
    }
    if (notice->result->answer != ANSWER_YES)
        return OK;
    for (size_t i = 0; i < count; i++) {
        if (is_covered(&contract[i], notice->occasion) &&
            take_payout(work, notice, &contract[i], err))
            return err_add(err, "recording the payout of contract %s", contract[i].id);
    }
    return OK;
}

// A share of communes is the same in each of them: it is made once.
static void find_result(struct work *work, size_t c, struct decision_result *out)
{
    const struct due *due = work->due;
    bool same = due->policy->index.share && due->policy->parts == 0 && !due->refused;
    if (same && work->shared.trace) {
        *out = work->shared;
        out->trace = doc_copy(work->shared.trace);
        return;
    }
    if (due->refused)
        evaluate_refused(due->refused, out);
    else
        evaluate_beside(due->policy, work->readings, c, &due->occasion, work->looks, out);
    if (!same)
        return;
    work->shared = *out;
    work->shared.trace = doc_copy(out->trace);
}

static enum err_kind take_commune(struct work *work, const struct boundary_set *set, size_t c,
                                  struct err *err)
{
    const struct due *due = work->due;
    AUTO(decision_result_free) struct decision_result result = {0};
    find_result(work, c, &result);
    struct decision decision = {
        .commune = set->commune[c].code,
        .answer = result.answer,
        .has_index = result.has_index,
        .index_milli = result.index_milli,
        .trace = result.trace,
        .quality = (uint8_t)((work->quality ? work->quality[c] : 0) |
                             (result.lacks_members ? QUALITY_MEMBERS : 0)),
    };
    struct notice notice = {
        .policy = due->policy,
        .occasion = &due->occasion,
        .commune = &set->commune[c],
        .result = &result,
        .drill = work->settle->drill,
        .phrases = work->settle->phrases,
        .ask_after_s = work->settle->ask_after_s,
    };
    AUTO(change_free) struct alert_change change = {.note = NULL};
    if (find_change(work, &notice, &change, err))
        return err->kind;
    decision.alert = change.note;
    if (decision_put(work->txn, &work->batch, work->batch_seq, &decision, &notice.cause, err))
        return err->kind;
    work->report->yes += result.answer == ANSWER_YES;
    work->report->no += result.answer == ANSWER_NO;
    work->report->unknown += result.answer == ANSWER_UNKNOWN;
    guard_commune(&work->guard, due, c, result.answer == ANSWER_YES, decision.quality != 0);
    return due->policy->kind == POLICY_ALERT ? take_alert(work, &notice, &change, err)
                                             : take_insurance(work, &notice, err);
}

static enum err_kind take_communes(struct work *work, const struct boundary_set *set,
                                   struct err *err)
{
    for (size_t c = 0; c < set->count; c++) {
        if (area_holds(&work->due->policy->area, set->commune[c].code, set->commune[c].zone,
                       set->commune[c].former) &&
            take_commune(work, set, c, err))
            return err_add(err, "deciding commune %s", set->commune[c].code);
    }
    return OK;
}

static enum err_kind load_contracts(struct work *work, struct err *err)
{
    const struct policy *policy = work->due->policy;
    struct people *people = work->settle->people;
    if (policy->kind == POLICY_ALERT)
        return contract_list_at(people, policy->boundary_set, work->due->occasion.last,
                                &work->contracts, err);
    return contract_list(people, policy->id, policy->boundary_set, &work->contracts, err);
}

static enum err_kind load_official(struct work *work, struct err *err)
{
    const struct policy *policy = work->due->policy;
    if (policy->kind != POLICY_ALERT)
        return OK;
    struct official_ask ask = {work->settle->ledger, work->settle->map, policy->boundary_set,
                               policy->variable, work->due->occasion.as_of};
    return official_load(&ask, &work->official, err);
}

static enum err_kind tell_subscribers(const struct work *work, struct err *err)
{
    struct notice notice = {.policy = work->due->policy,
                            .occasion = &work->due->occasion,
                            .drill = work->settle->drill};
    return bulletin_send(work->txn, work->bulletin, &notice, work->batch_seq, err);
}

static enum err_kind record(const struct settle *settle, const struct due *due,
                            const struct boundary_set *set, const struct grounds *grounds,
                            struct settle_report *report, struct err *err)
{
    const struct policy *policy = due->policy;
    const struct readings *readings = &grounds->readings;
    if (gaps_area(policy, set, err))
        return err->kind;
    if (readings->count && readings->communes != set->count)
        return err_set(err, ERR_BROKEN, "readings have %zu communes, boundary set %s has %zu",
                       readings->communes, set->name, set->count);
    struct settle_report after = *report;
    AUTO(work_free)
    struct work work = {.settle = settle,
                        .due = due,
                        .readings = readings,
                        .looks = grounds->looks,
                        .report = &after};
    work.batch = (struct batch){
        .policy = policy->id,
        .version = policy->version,
        .policy_hash = policy->hash,
        .boundary_set = policy->boundary_set,
        .period = due->occasion.period,
        .as_of = due->occasion.as_of,
        .basis = batch_basis(due, grounds),
    };
    if (load_contracts(&work, err) || load_official(&work, err) ||
        quality_load(settle->ledger, readings, &work.quality, err) ||
        guard_open(settle->ledger, due, set, settle->bounds, &work.guard, err))
        return err->kind;
    AUTO(doc_free) struct doc *inputs = inputs_doc(due, grounds, set);
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(settle->ledger, &txn, err))
        return err->kind;
    work.txn = txn;
    work.bulletin = bulletin_new(settle->subscribers);
    if (policy_text_put(txn, work.batch.as_of, policy->id, policy->version, policy->hash,
                        policy->text, err) ||
        batch_put(txn, &work.batch, inputs, &work.batch_seq, err) ||
        take_communes(&work, set, err) || guard_close(&work.guard, txn, due, err) ||
        tell_subscribers(&work, err) || ledger_commit(&txn, err))
        return err->kind;
    after.batches++;
    *report = after;
    return OK;
}

enum err_kind batch_record(const struct settle *settle, const struct due *due,
                           const struct boundary_set *set, const struct grounds *grounds,
                           struct settle_report *report, struct err *err)
{
    enum err_kind kind = record(settle, due, set, grounds, report, err);
    if (!kind || !err->full || due->policy->kind != POLICY_ALERT ||
        !ledger_make_room(settle->ledger))
        return kind;
    log_error("the disk is full: warnings are decided in the space kept for them; free some");
    return record(settle, due, set, grounds, report, err);
}
