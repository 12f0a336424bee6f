#include "triggers/guard.h"

#include "core/mem.h"
#include "ledger/allow.h"
#include "ledger/hold.h"
#include "ledger/map.h"
#include "triggers/due.h"
#include "triggers/evaluate.h"

#include <string.h>

void guard_free(struct guard *guard)
{
    grounds_free(&guard->grounds);
}

enum err_kind guard_open(struct ledger *ledger, const struct due *due,
                         const struct boundary_set *set, const struct anomaly_bounds *bounds,
                         struct guard *out, struct err *err)
{
    const struct policy *policy = due->policy;
    *out = (struct guard){.bounds = policy->kind == POLICY_INSURANCE ? bounds : NULL};
    const struct substitute *second = substitute_of(policy, RUNG_SOURCE);
    if (!out->bounds || due->refused || !second || policy->parts > 0 || bounds->second_pct == 0)
        return OK;
    out->second = *policy;
    out->second.substitutes = 0;
    memcpy(out->second.source, second->source, sizeof(out->second.source));
    if (grounds_load(ledger, &out->second, &due->occasion, set, &out->grounds, err))
        return err_add(err, "asking the second source");
    out->has_second =
        out->grounds.readings.count > 0 && out->grounds.readings.communes == set->count;
    return OK;
}

void guard_commune(struct guard *guard, const struct due *due, size_t commune, bool yes,
                   bool doubted)
{
    if (!guard->bounds)
        return;
    guard->seen.communes++;
    guard->seen.yes += yes;
    guard->seen.doubted += yes && doubted;
    if (!yes || !guard->has_second)
        return;
    AUTO(decision_result_free) struct decision_result result = {0};
    evaluate(&guard->second, &guard->grounds.readings, commune, &due->occasion, &result);
    guard->seen.second_no += result.answer == ANSWER_NO;
}

void guard_money(struct guard *guard, int64_t insured_vnd, int64_t pays_vnd)
{
    guard->seen.insured_vnd += insured_vnd;
    guard->seen.pays_vnd += pays_vnd;
}

static enum err_kind hold_for_confirmation(struct txn *txn, const struct due *due, struct err *err)
{
    const char *policy = due->policy->id, *period = due->occasion.period;
    bool there = false;
    if (!due->policy->needs_confirmation)
        return OK;
    if (confirm_there(txn_ledger(txn), policy, period, &there, err))
        return err_of(err);
    if (there)
        return OK;
    return hold_place(txn, due->occasion.as_of, policy, period, "confirmation",
                      "the policy pays only after an official confirmation of the event", err);
}

enum err_kind guard_close(struct guard *guard, struct txn *txn, const struct due *due,
                          struct err *err)
{
    const char *policy = due->policy->id, *period = due->occasion.period;
    char why[ANOMALY_WHY_SIZE];
    size_t released = 0;
    if (!guard->bounds || guard->seen.pays_vnd == 0)
        return OK;
    if (hold_for_confirmation(txn, due, err) ||
        anomaly_find(txn_ledger(txn), due->policy, guard->bounds, &guard->seen, why, err))
        return err_of(err);
    if (why[0] && hold_place(txn, due->occasion.as_of, policy, period, "anomaly", why, err))
        return err_of(err);
    return allow_automatic(txn, due->occasion.as_of, policy, period, &released, err);
}
