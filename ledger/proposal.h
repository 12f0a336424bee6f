#ifndef GONG_LEDGER_PROPOSAL_H
#define GONG_LEDGER_PROPOSAL_H

#include "core/date.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/text.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A policy on its way into force. Somebody proposes its text; two other people (officers or
// approvers) sign it and, for insurance, an insurer as well, nobody of them who proposed it. With
// the last signature it is in force, from a day that the caller gives: an entry of kind
// "policy_in_force". Or one of them rejects it.
struct proposal_row {
    int64_t seq, version;
    char policy[64];
    struct hash hash; // of the text
    bool insurance;
    char person[ACT_PERSON_SIZE]; // who proposed it
    char state[16];               // "open", "in force", "rejected"
    int64_t decided;              // the entry that ended it; 0
    struct civil starts;          // in force: from this day on
    bool drill;                   // made at a drill: counts for nothing in earnest
};
struct proposal_rows {
    struct proposal_row *at;
    size_t count;
};
void proposal_rows_free(struct proposal_rows *rows);

// policy NULL: all. By policy, then seq.
MUST_USE enum err_kind proposal_list(struct ledger *ledger, const char *policy,
                                     struct proposal_rows *out, struct err *err);
// The one whose hash begins with `id` (8 letters or more), or the newest of the policy of that
// name. ERR_MISSING, ERR_INPUT when two begin so.
MUST_USE enum err_kind proposal_find(struct ledger *ledger, const char *id,
                                     struct proposal_row *out, struct err *err);
// The one of that text; ERR_MISSING.
MUST_USE enum err_kind proposal_of(struct ledger *ledger, struct hash hash,
                                   struct proposal_row *out, struct err *err);
MUST_USE enum err_kind proposal_yaml(struct ledger *ledger, int64_t seq, struct buf *out,
                                     struct err *err);

// Who signed, in order.
struct proposal_sign {
    int64_t seq;
    char person[ACT_PERSON_SIZE];
    enum role role;
    char act[24]; // "policy-propose", "policy-sign", "policy-reject"
    char at[24];  // UTC
};
struct proposal_signs {
    struct proposal_sign *at;
    size_t count;
};
void proposal_signs_free(struct proposal_signs *signs);
MUST_USE enum err_kind proposal_signs(struct ledger *ledger, const struct proposal_row *row,
                                      struct proposal_signs *out, struct err *err);
// Who is still wanted: officers or approvers, and insurers.
struct proposal_want {
    int64_t people, insurers;
};
struct proposal_want proposal_wanted(const struct proposal_row *row,
                                     const struct proposal_signs *signs);

// What a proposal says beside the text. `changes` and `effect` are documents of the caller: what
// differs in words, and what it would have done.
struct proposal {
    const char *policy;
    int64_t version;
    bool insurance;
    struct str yaml;
    const char *why;
    const struct doc *changes, *effect; // borrowed; effect NULL: not tried on a past
    const struct doc *provinces;        // borrowed, as scope_place wants them; NULL: not known
};
void proposal_word(struct act *act, const struct proposal *proposal);
MUST_USE enum err_kind proposal_put(struct ledger *ledger, const struct act *act, struct utc at,
                                    const struct proposal *proposal, int64_t *seq, struct err *err);

// `on` is the signer's day: it is signed too.
void proposal_word_sign(struct act *act, const struct proposal_row *row, struct civil on);
void proposal_word_reject(struct act *act, const struct proposal_row *row, const char *why);
// `starts` is the day from which it would be in force, `why` the reason for that day. `*want` is
// who is still wanted; nobody: it is in force now.
MUST_USE enum err_kind proposal_sign(struct ledger *ledger, const struct act *act, struct utc at,
                                     struct civil starts, const char *why,
                                     struct proposal_want *want, struct err *err);
MUST_USE enum err_kind proposal_reject(struct ledger *ledger, const struct act *act, struct utc at,
                                       struct err *err);

// For verification: each text has the hash that its entry names, and what is in force was signed by
// all who must.
MUST_USE enum err_kind proposals_verify(struct ledger *ledger, struct err *err);

#endif
