#ifndef GONG_LEDGER_PAYMENT_H
#define GONG_LEDGER_PAYMENT_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/money.h"
#include "core/text.h"
#include "ledger/allow.h"
#include "ledger/ledger.h"

#include <stddef.h>
#include <stdint.h>

struct act;
struct db;

// The way of a payout, from plan to money. Its state stands in the table of payouts:
//
//   planned -> approved -> sending -> accepted -> paid -> returned
//                            |  |        |-> rejected
//                            |  '-> unknown -> paid | rejected | accepted
//                            '-> approved again: it is proved that nothing was sent
//
// A drill needs no approval: planned -> sending. `unknown` and `accepted` are left by evidence
// only: an answer of the provider to a question, a line of a statement, a signed list, or the word
// of a person that names its proof. Time, another key or another channel are no evidence.

// How a payout is called outside of this house: 26 letters and digits made from the message's key,
// so that a repeat always has the same. EndToEndId, requestingOrganisationTransactionReference.
enum { PAYMENT_REFERENCE_SIZE = 27 };
struct payment_reference {
    char at[PAYMENT_REFERENCE_SIZE];
};
struct payment_reference payment_reference_of(const char *key);

// What may leave at most: whole đồng, 0 for no limit. What was rejected does not count.
struct payment_caps {
    int64_t day_vnd_max;   // in one day of Vietnamese time
    int64_t event_vnd_max; // for one policy and period, with what was added to it ("2024+1")
};

// Payouts of one policy and period that wait for approval.
struct payment_plan {
    size_t count;
    size_t doubtful; // of them: what was decided stands on data that are doubted (ledger/quality.h)
    int64_t total_vnd;
    struct hash hash; // over number, reference and amount of each: any change gives another
    struct allow_report allowed; // payment_approve: what went, and what the budget holds back
};
MUST_USE enum err_kind payment_plan_of(struct ledger *ledger, const char *policy,
                                       const char *period, struct payment_plan *out,
                                       struct err *err);

struct payment_approval {
    const char *policy, *period;
    struct hash hash; // of the plan that was looked at
    int64_t needed;   // people who must approve at least, 1 or more; more by sum: allow.h
    struct utc at;
    const struct act *act; // "pay-approve", worded and signed
};
// Words the act: the plan by its hash, count and sum.
void payment_word_approval(struct act *act, const char *policy, const char *period,
                           const struct payment_plan *plan);
// One person's approval of a plan, as an entry of kind "approval". When enough different people
// approved, the payouts may be sent. `*missing` is how many are still wanted. The same person twice
// counts once. ERR_REFUSED when the plan is not (any more) the one that was looked at, or not the
// one that the act is worded for.
MUST_USE enum err_kind payment_approve(struct ledger *ledger,
                                       const struct payment_approval *approval,
                                       struct payment_plan *plan, int64_t *missing,
                                       struct err *err);

// The day whose cap a payment at that time counts for: Vietnamese days since 1970.
int64_t payment_day(struct utc at);

// The intent: written in the transaction that leases the message, before anything is sent. Once per
// payout. When a cap would be passed, or the payout is paid already, nothing is written and `*stop`
// says why; its `why` is NULL else. For outbox.c.
struct payment_stop {
    const char *why; // a constant: "over pay_day_vnd_max"
    bool is_over;    // for ever: money that is there is not sent again
};
MUST_USE enum err_kind payment_intend(struct db *db, int64_t message, struct utc at,
                                      const struct payment_caps *caps, struct payment_stop *stop,
                                      struct err *err);

// The state of a payout that was not sent after all: approved, or planned at a drill. One that is
// paid stays so.
MUST_USE enum err_kind payment_take_back(struct db *db, int64_t message, struct err *err);

enum payment_outcome {
    PAYMENT_ACCEPTED, // the provider has it and will say more
    PAYMENT_PAID,
    PAYMENT_REJECTED, // final: it was not and will not be paid
    PAYMENT_RETURNED, // paid, and the money came back
};
const char *payment_outcome_name(enum payment_outcome outcome);

// Evidence that came from elsewhere than a worker's answer.
struct payment_evidence {
    const char *reference; // ours
    enum payment_outcome outcome;
    bool has_amount;
    int64_t amount_vnd;
    const char *result; // what proves it: "camt.053 MSG-1", "cash list of 01273, signed"
    const char *by;     // a person whose word it is; "" for a file
    struct utc at;
    const struct act *act; // "pay-settle", worded and signed: its entry goes first; NULL for a file
};
void payment_word_settle(struct act *act, const char *reference, const char *outcome,
                         const char *evidence);
// Applies it to the payout and its message in one commit; `*fresh` is false when nothing changed.
// ERR_MISSING when no payout bears the reference. ERR_REFUSED, and nothing changes, when the
// amounts differ or the outcome cannot follow its state ("paid" -> "rejected").
MUST_USE enum err_kind payment_prove(struct ledger *ledger, const struct payment_evidence *evidence,
                                     bool *fresh, struct err *err);

// Payouts that were to be sent, by reference.
struct payment_row {
    int64_t payout, message;
    char reference[PAYMENT_REFERENCE_SIZE];
    char contract[48], period[32], policy[64], state[16];
    int64_t amount_vnd;
    struct utc at; // of the intent
    char result[200];
};
struct payment_rows {
    struct payment_row *at;
    size_t count;
};
void payment_rows_free(struct payment_rows *rows);
// state NULL: every one. Sorted by payout.
MUST_USE enum err_kind payment_list(struct ledger *ledger, const char *state,
                                    struct payment_rows *out, struct err *err);

#endif
