#ifndef GONG_TRIGGERS_EXPLAIN_H
#define GONG_TRIGGERS_EXPLAIN_H

#include "core/doc.h"
#include "core/err.h"
#include "ledger/decision.h"
#include "policies/unit.h"

struct contract;
struct map;
struct policy;

// What is asked: one commune under one policy; `contract` NULL or one whose payouts are wanted.
struct question {
    const char *policy, *commune, *contract;
    const char
        *day; // "2024-09-07": the decision whose window holds that day (Việt Nam); NULL: newest
};

// The newest decision that fits the question. ERR_MISSING says what was looked for and what there
// is instead.
MUST_USE enum err_kind explain_find(struct ledger *ledger, const struct question *question,
                                    struct decision_row *out, struct err *err);

// Puts what people read for the policy and its parts: "title" {vi, en}, and, where any has one,
// "titles": {NAME: {vi, en}} of its stages, conditions, phases and circles.
void explain_titles(const struct policy *policy, struct doc *out);

// Everything that is known of one decision as a document, from the ledger alone:
//   policy, version, policy_hash, title {vi, en}, titles, commune, commune_name, boundary_set,
//   period, answer, index_milli, as_of, entry, batch, replaces, trace, inputs, payouts [{contract,
//   amount, state, entry}], and reckonings of explain_reckon
// The caller owns `*out`.
MUST_USE enum err_kind explain_make(struct ledger *ledger, struct map *map,
                                    const struct decision_row *row, const char *contract,
                                    struct doc **out, struct err *err);

// Adds to `list` what one contract is owed by the explained decision, step by step: {contract,
// sum_insured, ..} (triggers/reckon.h); where the contract does not hold the whole period, which is
// why nothing is owed: {contract, covered: false, starts, ends, first, last}, dates. Nothing when
// it is no cover's, or not known. The list is the explanation's "reckonings".
MUST_USE enum err_kind explain_reckon(struct ledger *ledger, const struct decision_row *row,
                                      const struct contract *contract,
                                      const struct doc *explanation, struct doc *list,
                                      struct err *err);

// The same for people, in one language, several lines, appended to `out`.
void explain_say(const struct doc *explanation, enum language language, bool drill,
                 struct buf *out);

#endif
