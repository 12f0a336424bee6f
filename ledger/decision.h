#ifndef GONG_LEDGER_DECISION_H
#define GONG_LEDGER_DECISION_H

#include "core/date.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/money.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Three answers: "no data" is one of them.
enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };
const char *answer_name(enum answer answer); // "no", "yes", "unknown": as in the ledger

// Every policy version that ever decided is kept whole, so that it can be replayed and shown. The
// first time a hash is put, an entry of kind "policy" is appended.
MUST_USE enum err_kind policy_text_put(struct txn *txn, struct utc at, const char *id,
                                       int64_t version, struct hash hash, struct str yaml,
                                       struct err *err);
MUST_USE enum err_kind policy_text_get(struct ledger *ledger, struct hash hash, struct buf *yaml,
                                       struct err *err);
// The number of the entry that says so. ERR_MISSING when there is none.
MUST_USE enum err_kind policy_text_seq(struct ledger *ledger, struct hash hash, int64_t *out,
                                       struct err *err);

// For ledger_verify: a text that decided is the one of its hash. `*bad_seq` is its entry, or 0.
MUST_USE enum err_kind policy_texts_verify(struct ledger *ledger, int64_t *bad_seq,
                                           struct err *err);

// One policy is evaluated for all its communes at once: a batch. It stands on a basis (hash over
// the readings used, or over the refused file that left it without any).
struct batch {
    const char *policy; // id
    int64_t version;
    struct hash policy_hash;
    const char *boundary_set;
    const char *period; // "2020-10", "2024-09-06T00:00:00Z": unique for policy and occasion
    struct utc as_of;
    struct hash basis;
};

// True in `*done` when this policy hash and period were decided on this basis.
MUST_USE enum err_kind batch_done(struct ledger *ledger, struct hash policy_hash,
                                  const char *period, struct hash basis, bool *done,
                                  struct err *err);

// Opens a batch: an entry of kind "basis" with the batch's fields and `inputs` (borrowed: raw
// hashes, weights hashes, reading hashes, or the reason why there are none). The later batch of
// the same policy and period names the earlier one as "replaces". ERR_BROKEN when it is done.
MUST_USE enum err_kind batch_put(struct txn *txn, const struct batch *batch,
                                 const struct doc *inputs, int64_t *batch_seq, struct err *err);

// Batches as they were recorded.
struct batch_row {
    int64_t seq, replaces, version; // replaces: 0 when it is the first of its policy and period
    char policy[64], boundary_set[32], period[32];
    struct hash policy_hash, basis;
    struct utc as_of;
};
struct batch_rows {
    struct batch_row *at;
    size_t count;
};
void batch_rows_free(struct batch_rows *rows);
// Sorted by seq; policy or period NULL: any.
MUST_USE enum err_kind batch_list(struct ledger *ledger, const char *policy, const char *period,
                                  struct batch_rows *out, struct err *err);

// One commune's answer within a batch: an entry of kind "decision" with policy, version, commune,
// period, as_of, answer, index, trace and the batch's number.
struct decision {
    const char *commune;
    enum answer answer;
    bool has_index;
    int64_t index_milli;
    const struct doc *trace; // array, borrowed: each intermediate in order; see policies/trace.h
    uint8_t quality;         // doubts about what it stands on, in its commune: ledger/quality.h
    const struct doc *alert; // object, borrowed: what it makes of an alert; NULL: nothing
};
MUST_USE enum err_kind decision_put(struct txn *txn, const struct batch *batch, int64_t batch_seq,
                                    const struct decision *decision, int64_t *seq, struct err *err);

// What is found again: the row, and its entry's number to read the trace from.
struct decision_row {
    int64_t seq, batch_seq;
    char policy[64], commune[16], boundary_set[32], period[32];
    int64_t version;
    struct hash policy_hash;
    struct utc as_of;
    enum answer answer;
    bool has_index;
    int64_t index_milli;
};
struct decision_rows {
    struct decision_row *at;
    size_t count;
};
void decision_rows_free(struct decision_rows *rows);

struct decision_query {
    const char *policy, *commune, *period; // NULL: any
    int64_t batch_seq;                     // 0: any
    bool newest_only;                      // per (policy, commune, period) the newest batch only
};
// Sorted by seq. None is OK with count 0.
MUST_USE enum err_kind decision_list(struct ledger *ledger, const struct decision_query *query,
                                     struct decision_rows *out, struct err *err);

// An entitlement: contract x period x trigger, once. Appends an entry of kind "payout". When that
// key is there already nothing changes, `*fresh` is false and `*standing` is what stands.
struct payout {
    const char *contract, *period, *policy;
    struct money amount;
    int64_t decision_seq;
};
MUST_USE enum err_kind payout_put(struct txn *txn, struct utc at, const struct payout *payout,
                                  bool *fresh, struct money *standing, struct err *err);

struct payout_row {
    int64_t seq, decision_seq;
    char contract[48], period[32], policy[64];
    struct money amount;
    char state[16]; // "planned", "approved", "paid" ...: see ledger/payment.h
};
struct payout_rows {
    struct payout_row *at;
    size_t count;
};
void payout_rows_free(struct payout_rows *rows);
// contract NULL: all. Sorted by seq.
MUST_USE enum err_kind payout_list(struct ledger *ledger, const char *contract,
                                   struct payout_rows *out, struct err *err);
// Those that a decision caused.
MUST_USE enum err_kind payout_list_of(struct ledger *ledger, int64_t decision_seq,
                                      struct payout_rows *out, struct err *err);

// An alert is on or off for (policy, commune); kept so that one episode is told once.
enum { ALERT_LEVELS = 5 };
// From this level on a person clears an alert, never the data.
enum { ALERT_LEVEL_HELD = 3 };
struct alert_state {
    bool on;
    int64_t runs;     // consecutive runs that spoke for a change: up > 0, down < 0
    struct utc since; // of the last change; UTC_NEVER before any
    struct utc seen;  // as_of of the last decision that was taken in; UTC_NEVER before any
    int64_t level;    // 1 to 5 while it is on, else 0
    struct utc told;  // when it was last told, and of which level; UTC_NEVER and 0 before any
    int64_t told_level;
    // [level - 1]: since when it has been of that level or a higher one; UTC_NEVER above `level`.
    struct utc reached[ALERT_LEVELS];
};
struct alert_state alert_state_none(void); // before any run
MUST_USE enum err_kind alert_state_get(struct ledger *ledger, const char *policy,
                                       const char *commune, struct alert_state *out,
                                       struct err *err);
MUST_USE enum err_kind alert_state_put(struct txn *txn, const char *policy, const char *commune,
                                       const struct alert_state *state, struct err *err);

#endif
