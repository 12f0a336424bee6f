#ifndef GONG_TRIGGERS_NOTICE_H
#define GONG_TRIGGERS_NOTICE_H

#include "core/err.h"
#include "core/money.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct commune;
struct contract;
struct decision_result;
struct occasion;
struct phrase_book;
struct policy;
struct txn;

// What is put into the outbox because of a decision. Bodies are canonical JSON without any name of
// a person, phone or account; see notify/README.md.
struct notice {
    const struct policy *policy;
    const struct occasion *occasion;
    const struct commune *commune;
    const struct decision_result *result;
    int64_t cause; // the decision's entry
    bool drill;
    const struct phrase_book *phrases; // NULL: Vietnamese and English only
    bool cancel;                       // the alert went off: the policy's `cancel` is what is said
};

// One SMS to each person of `contract` [count] (sorted by person): an alert went on, changed its
// level or went off in their commune. `*sent` counts the new ones.
MUST_USE enum err_kind notice_alert(struct txn *txn, const struct notice *notice,
                                    const struct contract *contract, size_t count, size_t *sent,
                                    struct err *err);

// A payment for one contract, and the SMS that says so; `cause` is the payout's entry.
MUST_USE enum err_kind notice_payout(struct txn *txn, const struct notice *notice,
                                     const struct contract *contract, struct money amount,
                                     struct err *err);

#endif
