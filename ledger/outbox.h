#ifndef GONG_LEDGER_OUTBOX_H
#define GONG_LEDGER_OUTBOX_H

#include "core/date.h"
#include "core/doc.h"
#include "ledger/ledger.h"
#include "ledger/outcome.h"

#include <stddef.h>
#include <stdint.h>

struct payment_caps;

// The outbox is the queue: what was decided and must therefore be sent is written in the same
// transaction. States:
//
//   ready -> leased -> done | dead (may be replayed by a person)
//                  \-> ready again (to be tried again; or the lease is over and the channel may
//                      repeat)
//                  \-> unknown: the carrier has it in hand, or its lease is over for "pay": only
//                      asked about, left only by evidence
//   ready -> expired: not sent in time
//   ready -> superseded: a newer message of the same thread is there
//   held -> ready: a payment that waits for approval, or that would have passed a cap
enum outbox_state {
    OUTBOX_READY,
    OUTBOX_LEASED,
    OUTBOX_UNKNOWN,
    OUTBOX_DONE,
    OUTBOX_DEAD,
    OUTBOX_EXPIRED,
    OUTBOX_SUPERSEDED,
    OUTBOX_HELD,
};
const char *outbox_state_name(enum outbox_state state);
enum { OUTBOX_STATES = OUTBOX_HELD + 1 };
enum { OUTBOX_LANE_REST = 2 };

struct outbox_item {
    int64_t id;
    char channel[16];     // "sms", "pay"
    char key[KEY_MAX];    // unique for good: a repeat with the same key is the same message
    char person[48];      // whom; the address is looked up when it is sent. "" for none
    char contract[48];    // "" for none
    char thread[KEY_MAX]; // a newer message of the same thread makes this one needless while it
                          // waits; "" for none
    int32_t lane;         // smaller goes first: 0 life-safety, 1 money, and what a person asked
                          // for just now, 2 the rest, and SMS that quiet hours may put off
    struct utc expires;   // not sent after; UTC_NEVER: never stale
    int64_t due_ms;       // put: not sent before, wall-clock ms; 0: at once
    int64_t cause;        // ledger entry that caused it
    int64_t attempt;      // of the lease in hand; 0 before the first
    bool held;            // put as `held`: not sent before somebody approves
    bool ask;             // leased from `unknown`: the worker is to find out, not to send
    char *body;           // heap, canonical JSON; see notify/README.md, "bodies"
};
void outbox_item_free(struct outbox_item *item);
struct outbox_items {
    struct outbox_item *at;
    size_t count;
};
void outbox_items_free(struct outbox_items *items);

// Adds a message (id, attempt and ask are not looked at). The same key with the same body changes
// nothing (`*fresh` false); with another body ERR_BROKEN.
MUST_USE enum err_kind outbox_put(struct txn *txn, const struct outbox_item *item, bool *fresh,
                                  struct err *err);

struct outbox_claim {
    const char *channel, *worker;
    size_t max;
    int32_t lane_max; // messages of lanes over this wait: credit is kept for urgent ones
    struct utc now;   // by the site's clock: what is past `expires` is not sent
    int64_t now_ms, lease_until_ms;  // wall clock, milliseconds since 1970
    const struct payment_caps *caps; // of "pay"; NULL: none
};
// Leases up to claim->max due items of a channel that no hold (hold.h) covers: lane, then what
// expires first, then id. At most one item in flight per person. One that came after another of its
// person that failed is due when that one is to be tried again, or ends sooner, and goes after it,
// unless it took its place (`thread`) or is of a more urgent lane; what a rule put off is of the
// least urgent. Items that were `unknown` come first and with ask set. Items past `expires` become
// expired. For "pay" the committed lease is the intent: it is there before anything is sent; a
// payment that would pass a cap becomes held instead.
MUST_USE enum err_kind outbox_take(struct ledger *ledger, const struct outbox_claim *claim,
                                   struct outbox_items *out, struct err *err);

// What became of one try. DONE counts from an old attempt as well (it is evidence), and twice
// changes nothing; anything else counts only from the attempt in hand. For "pay" the payout's state
// follows, and an entry of kind "payment" is appended when it is paid or finally rejected, in one
// commit.
struct outbox_answer {
    int64_t id, attempt;
    enum outcome outcome;
    const char *channel; // borrowed; the channel of who says it: a word on another's is a lie.
                         // NULL: any
    int64_t due_ms;      // wall clock: when it is tried or asked next
    struct utc at;       // by the site's clock
    const char *ref;     // borrowed; what the carrier calls it at this try (a word a part); ""
    const char *why;     // borrowed
};
// All in one commit. A message is dead when it failed attempts_max times. ERR_INPUT for an id or an
// attempt that never was: nothing is recorded then.
MUST_USE enum err_kind outbox_settle(struct ledger *ledger, const struct outbox_answer *answer,
                                     size_t count, int64_t attempts_max, struct err *err);

// What a carrier said later of a message, or of one part of it: by `ref`, or by the message's `key`
// when ref is "" (of its first try, where later ones have refs). A part belongs to its try: a
// message is delivered when all parts of one try are, else it is what its last try has reached, so
// what failed is no more the last word when it is tried again. DELIVERED of "pay" is as an answer
// DONE, FAILED as REFUSED. All in one commit; noted [count] is OK, or ERR_MISSING where the channel
// has no such message. On an error nothing is recorded.
struct outbox_evidence {
    const char *channel, *ref, *key; // borrowed
    enum evidence_kind kind;
    struct utc at;
    const char *why; // borrowed
};
MUST_USE enum err_kind outbox_testify(struct ledger *ledger, const struct outbox_evidence *evidence,
                                      size_t count, enum err_kind *noted, struct err *err);

// Answers and evidence together, in one commit, the answers first: as outbox_settle, then
// outbox_testify. On an error nothing of either is recorded.
struct outbox_news {
    const struct outbox_answer *answer;
    size_t answers;
    const struct outbox_evidence *evidence;
    size_t words;
    enum err_kind *noted; // [words], out
};
MUST_USE enum err_kind outbox_record(struct ledger *ledger, const struct outbox_news *news,
                                     int64_t attempts_max, struct err *err);

// Leases that are over at now_ms: "pay" becomes unknown, all else ready. With `worker` not NULL:
// all leases of that worker, over or not (it is gone). `*count` is how many. The first time a
// message is free at once; from the second on it waits, ever longer and with jitter, so that what
// ends its worker is soon alone in hand; after OUTBOX_LAPSES_MAX times it is a dead letter (a
// payment never is: it is asked about).
enum { OUTBOX_LAPSES_MAX = 10 };
MUST_USE enum err_kind outbox_reclaim(struct ledger *ledger, int64_t now_ms, const char *worker,
                                      size_t *count, struct err *err);

// Dead letters, newest last: of a channel, or of all (NULL). At most `max`.
struct outbox_dead {
    int64_t id, attempt, tries;
    char channel[16], key[KEY_MAX], person[48], why[WHY_MAX];
};
MUST_USE enum err_kind outbox_dead_list(struct ledger *ledger, const char *channel, size_t max,
                                        struct outbox_dead **out, size_t *count, struct err *err);

// A person sends a dead letter again, in the commit of their act: ready at once, its tries counted
// anew. A payment (`pay`) is only asked about first (`unknown`): what was rejected may have been
// paid all the same. `*became` is what it is now: a warning whose time is over at `now` is expired,
// one that a newer one of its thread overtook superseded; neither is sent. ERR_MISSING when there
// is no such message, ERR_INPUT when it is not dead, ERR_REFUSED when it is a payment and no
// message, or the reverse: other people may do that; and when its payout is paid, whatever its
// message says.
MUST_USE enum err_kind outbox_replay(struct txn *txn, int64_t id, bool pay, struct utc now,
                                     enum outbox_state *became, struct err *err);

// How many items of a channel are in each state; channel NULL: all channels.
MUST_USE enum err_kind outbox_count(struct ledger *ledger, const char *channel,
                                    int64_t count[OUTBOX_STATES], struct err *err);

// True when nothing of a channel is in hand, and nothing up to that lane is to be sent or asked
// about within half an hour; quick, however many are done.
MUST_USE enum err_kind outbox_is_empty(struct ledger *ledger, const char *channel, int64_t lane_max,
                                       bool *empty, struct err *err);

// When the next item of a channel is due, wall-clock ms; INT64_MAX when none waits.
MUST_USE enum err_kind outbox_next_due_ms(struct ledger *ledger, const char *channel,
                                          int64_t *due_ms, struct err *err);

// The question that each look at the outbox begins with (channel, wall-clock ms, seconds), so that
// a test can hold its plan: 1 or NULL for what is stale among what is due and among what waits,
// what waited and is due now, and what can be handed out (ledger/hold.h). Where nothing is due,
// which is asked first, neither what is stale nor what is held is looked for among it.
#define OUTBOX_LOOK                                                                                \
    "SELECT CASE WHEN d.due = 1 THEN (SELECT 1 FROM (SELECT 0 AS lane UNION ALL SELECT 1"          \
    " UNION ALL SELECT 2 UNION ALL SELECT 3) AS l WHERE (SELECT expires FROM outbox AS e"          \
    " WHERE channel = ?1 AND state = 0 AND state IN (0, 2) AND due_ms = 0 AND e.lane = l.lane"     \
    " ORDER BY expires LIMIT 1) <= ?3 LIMIT 1) END,"                                               \
    " (SELECT 1 FROM outbox WHERE channel = ?1 AND state = 0 AND due_ms <> 0"                      \
    " AND expires <= ?3 ORDER BY channel, expires LIMIT 1),"                                       \
    " (SELECT 1 FROM outbox WHERE channel = ?1 AND state IN (0, 2) AND due_ms <> 0"                \
    " AND due_ms <= ?2 ORDER BY channel, due_ms LIMIT 1),"                                         \
    " CASE WHEN d.due = 1 THEN (SELECT 1 FROM outbox AS o WHERE channel = ?1"                      \
    " AND state IN (0, 2) AND due_ms = 0 AND (state = 2 OR" HOLD_NOT_STOPPED ")"                   \
    " ORDER BY channel, state, lane, expires, id LIMIT 1) END"                                     \
    " FROM (SELECT (SELECT 1 FROM outbox AS a WHERE channel = ?1 AND state IN (0, 2)"              \
    " AND due_ms = 0 ORDER BY channel, state, lane, expires, id LIMIT 1) AS due LIMIT 1) AS d"

#endif
