#ifndef GONG_TRIGGERS_RECEIPT_H
#define GONG_TRIGGERS_RECEIPT_H

#include "core/doc.h"
#include "core/err.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/quorum.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map;
struct people;
struct site;

// 1 had neither the entry behind the payouts nor the commune's zone.
enum { RECEIPT_FORMAT = 2, RECEIPT_BYTES_MAX = 256 << 20 };

// Everything by which one decision is checked on another machine: the entries with their proofs
// under a signed checkpoint, the policy's text, the commune's polygon, the values used, the names
// of the raw files, and what the site's sources.yaml says of them. Members:
//
//   receipt       RECEIPT_FORMAT
//   program       which decided, as its basis says: "gong 0.1.0"
//   drill         true at a drill: as who signed the policy says; where nobody did, as the site
//   does entries       {decision, basis, policy, payouts [..], next?, before [..], signed? [..]};
//   next:
//                 the entry behind the last payout, which shows that there are no more; before: the
//                 payouts that a top-up among these adds to; signed: who proposed and signed the
//                 policy, and that it is in force: each {seq, text, proof}; text is the canonical
//                 JSON that was hashed, proof a tlog-proof
//   policy_yaml   the policy's text
//   contracts     [{contract, payout (seq), sum_insured}] of the payouts
//   commune       {code, name, zone, boundary_set, boundary_set_hash, shape (WKB, hex)}
//   communes      [{code, name, zone, shape}] all of the set, where the policy looks at others too
//   sources_yaml  how the raw files are read
//   readings      [{source, variable, from, to, issued_at?, member?, value?, cover, raw, weights}]:
//                 what was used, thousandths; without value: not observed. Where the policy looks
//                 at others too: values, covers [communes] and revision, not observed is -2^31
//   tracks        [{source, storm, .., fixes [..]}] of storms, whole; only where it stands on such
//   gauges        {"@station PART SOURCE VARIABLE": [as readings, and `of`: the whole reading]}
//   raw           [{hash, source, url, bytes, fetched_at, refused_at?}]; refused_at: of its entry
//   explanation   as explain_make; with "reckonings" of the payouts whose contracts are shown
//
// No name, phone or account is in it.
struct receipt_from {
    const struct site *site;
    struct ledger *ledger;
    struct map *map;
    struct people *people; // for sums insured; contracts that were forgotten are left out
};

// ERR_MISSING when the decision is not there or not under a checkpoint yet; ERR_INPUT when it is
// over RECEIPT_BYTES_MAX.
MUST_USE enum err_kind receipt_make(const struct receipt_from *from, int64_t decision_seq,
                                    struct doc **out, struct err *err);

// The row of a decision's entry. ERR_INPUT when the entry is none.
struct decision_row;
MUST_USE enum err_kind receipt_row(struct ledger *ledger, int64_t seq, struct decision_row *out,
                                   struct err *err);

// Which decision is meant: a number is a decision's entry; anything else a contract, whose newest
// payout is meant. ERR_MISSING when it has none.
MUST_USE enum err_kind receipt_decision(struct ledger *ledger, const char *what, int64_t *out,
                                        struct err *err);

// The same for who has the register: a contract without a payout is answered with the newest
// decision about it, which says why.
MUST_USE enum err_kind receipt_asked(const struct receipt_from *from, const char *what,
                                     int64_t *out, struct err *err);

// What was checked, in the order it was done.
struct receipt_report {
    size_t proofs, raw, readings, payouts; // held, read, derived again, computed again
    size_t unchecked;  // payouts whose contract is not shown: forgotten since, or left out
    bool derived;      // false: no raw files were given
    size_t weighed;    // readings whose weights came out again, of all communes, under their name
    size_t unweighed;  // that were weighed again for the one commune that is shown: no name to hold
    bool named;        // the commune's name is proved: by the set's hash, where all are shown
    bool drill_proved; // whether it is a drill is: by who signed the policy
    uint64_t size;     // of the checkpoint
    char origin[NOTE_NAME_MAX];
};

// Checks a receipt with nothing but itself, the raw files and the log's key:
//   1 each entry is under a checkpoint that the key signed, and witnesses as `quorum` asks (NULL:
//     nobody is asked for; proof_check)
//   2 the policy's text is the one whose hash the entries name
//   3 program, boundary set, weights and files are those that the basis names; what is told to
//   people
//     is made of the entries; readings of all communes have the names that the basis gives them;
//     with `raw_folder`: the raw files have the named hashes and give, decoded and weighed again in
//     a site made for it in a temporary folder, the very values used; and where all communes are
//     shown, by the very weights
//   4 evaluate() gives the answer, index and steps of the entry, and the payouts their amounts; a
//     top-up what is due over all that was paid for the period before
// ERR_REFUSED says what does not hold; ERR_MISSING names a raw file that is not there; ERR_INPUT
// when it is no receipt, or an older program's.
MUST_USE enum err_kind receipt_check(const struct doc *receipt, const struct note_key *key,
                                     const struct quorum *quorum, const char *raw_folder,
                                     struct receipt_report *report, struct err *err);

// For people, in one language: the explanation, what it stands on by name and hash, each value used
// and the decision's proof; appended to `out`.
void receipt_say(const struct doc *receipt, enum language language, struct buf *out);

// One printable page (HTML, nothing from outside in it), in Vietnamese and English. ERR_INPUT when
// `out` has no room for it.
MUST_USE enum err_kind receipt_page(const struct doc *receipt, struct buf *out, struct err *err);

#endif
