#include "triggers/settle.h"

#include "core/log.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "ledger/former.h"
#include "ledger/left_out.h"
#include "ledger/map.h"
#include "policies/policy.h"
#include "triggers/batch.h"
#include "triggers/common.h"
#include "triggers/due.h"
#include "triggers/grounds.h"
#include "triggers/shelf.h"

#include <string.h>

// Boundary sets that were loaded in this run: a few, each for many batches.
struct sets {
    struct boundary_set **at;
    size_t count;
};

static void sets_free(struct sets *sets)
{
    for (size_t i = 0; i < sets->count; i++)
        boundary_set_free(&sets->at[i]);
    mem_free(&sets->at);
}

// With shapes when the policy measures distances.
static enum err_kind sets_find(struct sets *sets, struct map *map, const struct policy *policy,
                               const struct boundary_set **out, struct err *err)
{
    const char *name = policy->boundary_set;
    bool shapes = grounds_wants_shapes(policy);
    for (size_t i = 0; i < sets->count; i++) {
        const struct boundary_set *set = sets->at[i];
        bool has = set->count == 0 || set->commune[0].shape.at;
        if (strcmp(set->name, name) == 0 && (has || !shapes)) {
            *out = sets->at[i];
            return OK;
        }
    }
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    if (boundary_set_load(map, name, shapes, &set, err) || former_tell(map, set, err))
        return err_add(err, "looking at policy %s", policy->id); // the words of gaps_look
    sets->at = mem_resize(sets->at, sets->count + 1, sizeof(struct boundary_set *));
    *out = sets->at[sets->count++] = TAKE(set);
    return OK;
}

// A period that was decided by another text of the same policy stays decided by it: a contract is
// settled by the words that were in force, and a changed file never pays for the past.
static enum err_kind is_taken(struct ledger *ledger, const struct due *due, bool *taken,
                              struct err *err)
{
    AUTO(batch_rows_free) struct batch_rows rows = {0};
    if (batch_list(ledger, due->policy->id, due->occasion.period, &rows, err))
        return err->kind;
    *taken = rows.count > 0 && !hash_same(rows.at[rows.count - 1].policy_hash, due->policy->hash);
    if (*taken)
        log_warn("policy %s was changed after %s was decided; that stays as it is", due->policy->id,
                 due->occasion.period);
    return OK;
}

// What batches of one run share.
struct shared {
    struct sets sets;
    struct common *common;
};

static void shared_free(struct shared *shared)
{
    sets_free(&shared->sets);
    common_free(&shared->common);
}

// What a due batch stands on, borrowed; NULL: it is not yet time.
static enum err_kind find_grounds(const struct settle *settle, struct common *common,
                                  const struct boundary_set *set, struct due *due, struct utc now,
                                  const struct grounds **out, struct err *err)
{
    const struct policy *policy = due->policy;
    struct utc before = due->occasion.as_of;
    if (common_grounds(common, settle->ledger, policy, &due->occasion, set, out, err))
        return err->kind;
    if (!due_is_ripe(policy, &(*out)->readings, now, &due->occasion)) {
        *out = NULL;
        return OK;
    }
    if (before.s == due->occasion.as_of.s || !grounds_wants_shapes(policy))
        return OK;
    // What did not come while it was waited for was not there.
    return common_grounds(common, settle->ledger, policy, &due->occasion, set, out, err);
}

static enum err_kind settle_one(const struct settle *settle, struct shared *shared, struct due *due,
                                struct utc now, struct settle_report *report, struct err *err)
{
    static const struct grounds none = {0};
    const struct grounds *grounds = &none;
    const struct boundary_set *set = NULL;
    bool done = false, taken = false;
    if (sets_find(&shared->sets, settle->map, due->policy, &set, err))
        return err->kind;
    if (!due->refused && find_grounds(settle, shared->common, set, due, now, &grounds, err))
        return err->kind;
    if (!grounds) // it is not yet time
        return OK;
    if (batch_done(settle->ledger, due->policy->hash, due->occasion.period,
                   batch_basis(due, grounds), &done, err))
        return err->kind;
    if (done)
        return OK;
    if (is_taken(settle->ledger, due, &taken, err) || taken)
        return taken ? OK : err->kind;
    return batch_record(settle, due, set, grounds, report, err);
}

static bool is_stopped(const struct settle *settle)
{
    return settle->stopped && settle->stopped();
}

enum err_kind settle_run(const struct settle *settle, const struct shelf *shelf, struct utc now,
                         struct settle_report *report, struct err *err)
{
    AUTO(dues_free) struct dues dues = {0};
    AUTO(shared_free) struct shared shared = {.common = common_new()};
    if (due_list(settle->ledger, shelf, now, &dues, err))
        return err->kind;
    for (size_t i = 0; i < dues.count && !is_stopped(settle); i++) {
        struct err why = {0};
        enum err_kind kind = settle_one(settle, &shared, &dues.at[i], now, report, &why);
        if (kind == ERR_LATER || kind == ERR_BROKEN) {
            *err = why;
            return err_add(err, "deciding %s for %s", dues.at[i].policy->id,
                           dues.at[i].occasion.period);
        }
        if (kind) { // this policy cannot be decided here; the others go on
            report->skipped++;
            report->reason = why;
            if (settle->left_out)
                left_outs_add(settle->left_out, "policy", why.text);
        }
        if (settle->progress)
            settle->progress(settle->progress_self, i + 1, dues.count);
    }
    return OK;
}
