#ifndef GONG_TRIGGERS_RESTATE_H
#define GONG_TRIGGERS_RESTATE_H

#include "core/doc.h"
#include "core/text.h"
#include "ledger/ledger.h"
#include "policies/unit.h"

struct map;

// Corrections made visible: every decision on a commune (or for a contract), or every batch of a
// policy, in order, with what it replaced and why: which file was revised, from which value to
// which, and what was added to a payout. Nothing is ever taken back.
struct restate_query {
    const char *policy, *commune; // commune NULL: batches of the policy
    const char *contract;         // whose payouts; NULL: all of the commune
};
// {policy?, commune?, contract?, decisions: [{entry, batch, policy, version, period, as_of, answer,
// index_milli?, replaces?, revised: [{source, from, to, old_milli?, new_milli?, old_raw?, new_raw,
// new_url}], revised_more, payouts: [{contract, period, amount_vnd, state, top_up}], disputes?
// (triggers/contest.h)}]}; of a policy
// {batch, period, as_of, version, yes, no, unknown, replaces?, changed?, revised, revised_more}.
// Milli null: not observed.
MUST_USE enum err_kind restate_make(struct ledger *ledger, struct map *map,
                                    const struct restate_query *query, struct doc **out,
                                    struct err *err);

// In words of one language, appended.
void restate_say(const struct doc *history, enum language language, struct buf *out);

#endif
