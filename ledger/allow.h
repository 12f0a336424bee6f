#ifndef GONG_LEDGER_ALLOW_H
#define GONG_LEDGER_ALLOW_H

#include "core/date.h"
#include "core/hash.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What money may leave, and by whose hand.
//
// Rules, each set by two different people who sign the same words (approver or insurer), whole
// đồng:
//   budget/POLICY   all that may ever be set aside for the payouts of a policy
//   auto/POLICY     payouts of one period up to this in all go without a person's approval; needs a
//                   budget too
//   two-people      payouts of one policy and period above this in all need two people
//   three-people    ... three
// "In all" is with what was let go before and with what was added since ("2024+1" belongs to 2024).
enum { RULE_NAME_SIZE = 96 };
struct pay_rule {
    char what[RULE_NAME_SIZE];
    int64_t amount_vnd;
    int64_t seq;              // of the second signature; of the first, where a second is wanted
    char by[ACT_PERSON_SIZE]; // who signed first, where a second is wanted; "" else
};
struct pay_rules {
    struct pay_rule *at;
    size_t count;
};
void pay_rules_free(struct pay_rules *rules);
MUST_USE enum err_kind pay_rule_list(struct ledger *ledger, struct pay_rules *out, struct err *err);
// Those that one person signed since the rule was last set: another must sign the same.
MUST_USE enum err_kind pay_rule_half(struct ledger *ledger, struct pay_rules *out, struct err *err);
// `*there` false: no such rule.
MUST_USE enum err_kind pay_rule_get(struct ledger *ledger, const char *what, bool *there,
                                    int64_t *amount_vnd, struct err *err);
// ERR_INPUT when `what` is none of the above.
MUST_USE enum err_kind pay_rule_word(struct act *act, const char *what, int64_t amount_vnd,
                                     struct err *err);
// `*in_force` false: a second person must sign the same.
MUST_USE enum err_kind pay_rule_put(struct ledger *ledger, const struct act *act, struct utc at,
                                    bool *in_force, struct err *err);

// How many people must approve payouts of this sum that wait: `least`, or what the rules say.
MUST_USE enum err_kind allow_people(struct ledger *ledger, const char *policy, const char *period,
                                    int64_t total_vnd, int64_t least, int64_t *out,
                                    struct err *err);

// Lets go what is held of a policy and period: sets it aside in the budget first (an entry of kind
// "reserve"), in the order of the payouts, as far as that goes; the rest stays held with the
// reason. What was rejected or came back is free again. `automatic`: by no person.
struct allow_report {
    size_t released, over; // payouts
};
MUST_USE enum err_kind allow_release(struct txn *txn, struct utc at, const char *policy,
                                     const char *period, bool automatic,
                                     struct allow_report *report, struct err *err);
// The same when the rules let it go by itself and nothing holds it, what was added to the period as
// well; `*released` else 0.
MUST_USE enum err_kind allow_automatic(struct txn *txn, struct utc at, const char *policy,
                                       const char *period, size_t *released, struct err *err);

// The budget of a policy, and what is set aside so far; `*there` false: it has none.
MUST_USE enum err_kind allow_budget(struct ledger *ledger, const char *policy, bool *there,
                                    int64_t *budget_vnd, int64_t *aside_vnd, struct err *err);

// The official confirmation of an event: the file's hash; the file itself is kept in the archive by
// the caller. Ends the hold that waits for it.
void confirm_word(struct act *act, const char *policy, const char *period, struct hash hash,
                  int64_t bytes);
MUST_USE enum err_kind confirm_put(struct ledger *ledger, const struct act *act, struct utc at,
                                   struct err *err);
MUST_USE enum err_kind confirm_there(struct ledger *ledger, const char *policy, const char *period,
                                     bool *there, struct err *err);

#endif
