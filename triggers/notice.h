#ifndef GONG_TRIGGERS_NOTICE_H
#define GONG_TRIGGERS_NOTICE_H

#include "core/err.h"
#include "core/date.h"
#include "core/money.h"
#include "core/text.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct commune;
struct contract;
struct decision_result;
struct doc;
struct outbox_item;
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
    const char *official; // number of the official bulletin that stands there; NULL: none
    int64_t cause;        // the decision's entry
    bool drill;
    const struct phrase_book *phrases; // NULL: Vietnamese and English only
    int64_t
        ask_after_s; // when people are asked whether it rained, after the alert's time; 0: never
    bool cancel;     // the alert went off: the policy's `cancel` is what is said
    bool kept;       // it fell to a level that this run does not say: no number of the run is said
    // 0; or the entry that tells this warning from an earlier one of the same period: the run was
    // corrected, or a person ended the alert.
    int64_t again;
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

// --- what every message is made of
// -----------------------------------------------------------------------------

// A key of parts joined by "/". One that is too long keeps its start and ends in a hash of all.
void notice_key(char out[96], const char *format, ...) PRINTF(2, 3);

// kind, drill, policy, version, period; the caller adds to it and frees it.
struct doc *notice_body(const struct notice *notice, const char *kind);

// What the policy says of it in Vietnamese or English. Appended to `out`.
void notice_text(const struct notice *notice, enum language language, struct buf *out);

// When a warning is no longer worth sending. A drill is run on any date: it never goes stale.
struct utc notice_stale_after(const struct notice *notice);

// Into the outbox, with the canonical text of `body`.
MUST_USE enum err_kind notice_put(struct txn *txn, struct outbox_item *item, const struct doc *body,
                                  bool *fresh, struct err *err);

#endif
