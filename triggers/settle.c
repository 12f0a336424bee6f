#include "triggers/settle.h"

#include "core/log.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "ledger/map.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/batch.h"
#include "triggers/due.h"
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

static enum err_kind sets_find(struct sets *sets, struct map *map, const char *name,
                               const struct boundary_set **out, struct err *err)
{
    for (size_t i = 0; i < sets->count; i++) {
        if (strcmp(sets->at[i]->name, name) == 0) {
            *out = sets->at[i];
            return OK;
        }
    }
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    if (boundary_set_load(map, name, false, &set, err))
        return err->kind;
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

static enum err_kind settle_one(const struct settle *settle, struct sets *sets, struct due *due,
                                struct utc now, struct settle_report *report, struct err *err)
{
    AUTO(readings_free) struct readings readings = {0};
    const struct boundary_set *set = NULL;
    bool done = false, taken = false;
    if (!due->refused) {
        if (due_readings(settle->ledger, due->policy, &due->occasion, &readings, err))
            return err->kind;
        if (!due_is_ripe(due->policy, &readings, now, &due->occasion))
            return OK;
    }
    if (batch_done(settle->ledger, due->policy->hash, due->occasion.period,
                   batch_basis(due, &readings), &done, err))
        return err->kind;
    if (done)
        return OK;
    if (is_taken(settle->ledger, due, &taken, err) || taken)
        return taken ? OK : err->kind;
    if (sets_find(sets, settle->map, due->policy->boundary_set, &set, err))
        return err->kind;
    return batch_record(settle, due, set, &readings, report, err);
}

static bool is_stopped(const struct settle *settle)
{
    return settle->stopped && settle->stopped();
}

enum err_kind settle_run(const struct settle *settle, const struct shelf *shelf, struct utc now,
                         struct settle_report *report, struct err *err)
{
    AUTO(dues_free) struct dues dues = {0};
    AUTO(sets_free) struct sets sets = {0};
    if (due_list(settle->ledger, shelf, now, &dues, err))
        return err->kind;
    for (size_t i = 0; i < dues.count && !is_stopped(settle); i++) {
        struct err why = {0};
        enum err_kind kind = settle_one(settle, &sets, &dues.at[i], now, report, &why);
        if (kind == ERR_LATER || kind == ERR_BROKEN) {
            *err = why;
            return err_add(err, "deciding %s for %s", dues.at[i].policy->id,
                           dues.at[i].occasion.period);
        }
        if (kind) { // this policy cannot be decided here; the others go on
            report->skipped++;
            report->reason = why;
        }
        if (settle->progress)
            settle->progress(settle->progress_self, i + 1, dues.count);
    }
    return OK;
}
