#ifndef GONG_LEDGER_STRETCH_H
#define GONG_LEDGER_STRETCH_H

#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"
#include "ledger/decision_check.h"
#include "ledger/kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

// Entries one after the other, recomputed: numbers without gap, each hash from the one before and
// the bytes, bytes in canonical form that say the number and kind of their row. Stretches that
// touch can be checked at the same time, by threads with a handle of their own: each takes the hash
// before its first entry as it is stored, and who checks the stretch before finds it wrong.
enum { STRETCH_MAX = 1 << 14 };

enum stretch_kind {
    STRETCH_DECISION,
    STRETCH_BASIS,
    STRETCH_PAYOUT,
    STRETCH_POLICY,
    STRETCH_INGEST,
    STRETCH_KINDS
};
extern const char *const stretch_kind_names[STRETCH_KINDS]; // as in the entries

struct stretch {
    struct ledger *ledger; // borrowed
    int64_t first;         // number of the first entry
    size_t count;          // 1 to STRETCH_MAX
    // What was found. The leaves of the Merkle tree, and the roots of all that are 256 (from an
    // entry on whose number is one more than a multiple of 256).
    struct hash leaf[STRETCH_MAX], root[STRETCH_MAX / 256];
    struct hash head;                   // of the chain at the last entry
    int64_t counted[STRETCH_KINDS + 1]; // entries of these kinds, and of others
    struct kinds kinds;                 // entries of every kind
    bool tells_bases, tells_stored;     // some of them do: row_check.h, stored.h
    // [files] of which file the "ingest" entries are, in their order, but for those that are of the
    // same file as the one before, and for those of two files. Both as they stand in the entry,
    // with their quotes.
    struct stretch_file {
        char raw[2 * HASH_SIZE + 2], source[66];
        size_t source_len;
    } * file; // heap
    size_t files;
    struct buf noted; // "12,345,": entries that have a note of an alert
    int64_t repeats;  // "ingest" entries of the same file as the one before
    struct decision_check decisions;
    struct stretch_last { // the kind of the last entry
        char kind[32];
        size_t len; // 0: none that is known
        int counted;
        size_t place; // in `kinds`
        bool is_act;
    } last;
    struct stretch_act { // [acts] entries that act_check wants to see
        int64_t seq;
        char *text; // heap
    } * act;        // heap
    size_t acts;
    int64_t bad_seq; // the first bad entry, or 0; `act` are those before it
};
struct stretch *stretch_new(void);
void stretch_free(struct stretch **stretch);
MUST_USE enum err_kind stretch_check(struct stretch *stretch, struct err *err);

#endif
