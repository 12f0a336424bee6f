#ifndef GONG_LEDGER_LEDGER_H
#define GONG_LEDGER_LEDGER_H

#include "core/date.h"
#include "core/doc.h"
#include "core/err.h"
#include "core/hash.h"

#include <stdint.h>

struct db;

// The site's ledger.db: entries, raw files, readings, decisions, payouts and the outbox. One
// handle per program. SQLite in WAL mode with synchronous=FULL; a commit that returned OK survives
// a power cut. Several processes may have it open; writers wait for one another (10 s, then
// ERR_LATER).
struct ledger;

enum ledger_mode { LEDGER_READ, LEDGER_WRITE };

// Makes an empty ledger.db (0600) with its schema, and the checkpoint file beside it (seal.h), in
// the site's folder. ERR_INPUT when there is one.
MUST_USE enum err_kind ledger_create(const char *folder, struct err *err);

// ERR_MISSING when there is none, ERR_BROKEN when its schema is newer than this program, or (to
// write) when it does not continue the last checkpoint.
MUST_USE enum err_kind ledger_open(const char *folder, enum ledger_mode mode, struct ledger **out,
                                   struct err *err);
void ledger_close(struct ledger **ledger);

// For steps between schemas: a ledger over a handle that stays the caller's, in a transaction that
// the caller began; nothing is checked. ledger_forget, not ledger_close.
struct ledger *ledger_over(struct db *db, const char *folder);
void ledger_forget(struct ledger **ledger); // serves as cleanup attribute

// For the other files of this room (reading.c, outbox.c ...): the SQLite handle and the site's
// folder, borrowed.
struct db *ledger_db(struct ledger *ledger);
const char *ledger_folder(const struct ledger *ledger);

// A write transaction: everything between begin and commit is one commit, or nothing.
// AUTO(ledger_undo) struct txn *txn = NULL; rolls back unless ledger_commit took it.
// Only one at a time per handle (assert).
struct txn;
MUST_USE enum err_kind ledger_begin(struct ledger *ledger, struct txn **out, struct err *err);
// The same, and the commit is not forced to the disk: it survives the end of the process, and a
// power cut may undo it (and what was committed lazily after it). For what may be done again:
// leases.
MUST_USE enum err_kind ledger_begin_lazy(struct ledger *ledger, struct txn **out, struct err *err);
MUST_USE enum err_kind ledger_commit(struct txn **txn, struct err *err);
void ledger_undo(struct txn **txn);
struct ledger *txn_ledger(struct txn *txn);
struct posted;
struct doubted;
struct stored;
// Borrowed; what it puts into the outbox (posted.h), what it changes of doubts (doubted.h), what it
// stores of a file (stored.h).
struct posted *txn_posted(struct txn *txn);
struct stored *txn_stored(struct txn *txn);
struct doubted *txn_doubted(struct txn *txn);
// What is appended in it stands in a ledger already, maybe an older program's: it is taken as it
// is.
void txn_remakes(struct txn *txn);

// Appends one entry. `body` is borrowed; the entry's bytes are the canonical JSON of body with
// "at", "kind" and "seq" added (which body must not have, assert). Its hash is
// SHA-256(hash of the entry before || bytes); before the first stands 32 zero bytes.
// `seq` counts from 1. `hash` may be NULL. ERR_INPUT when a new entry holds what other tools
// would write otherwise (canonical_private): a control character but line end, tab, \b, \f and \r,
// a number beyond 2^53, or a text that is not composed (NFC).
MUST_USE enum err_kind ledger_append(struct txn *txn, const char *kind, struct utc at,
                                     const struct doc *body, int64_t *seq, struct hash *hash,
                                     struct err *err);

// When the disk is full (err->full): gives up what the site keeps for warnings (core/reserve.h).
// False when there is nothing, or the ledger is on a server, whose disk is another one.
bool ledger_make_room(struct ledger *ledger);

struct entry {
    int64_t seq;
    struct hash hash;
    char *kind; // heap
    char *text; // heap, canonical JSON
};
void entry_free(struct entry *entry); // frees what is in it; serves as cleanup attribute

// One entry. ERR_MISSING when there is none of that number.
MUST_USE enum err_kind ledger_entry(struct ledger *ledger, int64_t seq, struct entry *out,
                                    struct err *err);

// Its text, which the caller frees.
MUST_USE enum err_kind ledger_entry_doc(struct ledger *ledger, int64_t seq, struct doc **out,
                                        struct err *err);

// What a query by kind says besides, so that it finds those entries by the index of their kinds:
// all but such as are many, which have tables of their own.
#define ENTRY_FEW "kind <> 'decision' AND kind <> 'ingest' AND kind <> 'payout'"
bool ledger_kind_is_few(const char *kind);

// Every entry from `first` on, in order, to `each`; stops at the first that returns not OK.
// kind NULL: all kinds. They are asked for in pages: what is written meanwhile is among them.
MUST_USE enum err_kind ledger_walk(struct ledger *ledger, int64_t first, const char *kind,
                                   enum err_kind (*each)(void *self, const struct entry *entry,
                                                         struct err *err),
                                   void *self, struct err *err);

// The newest entry's number and hash; 0 and zero bytes in an empty ledger.
MUST_USE enum err_kind ledger_head(struct ledger *ledger, int64_t *seq, struct hash *hash,
                                   struct err *err);

struct ledger_report {
    int64_t entries;
    struct hash head;    // of the chain
    struct hash root;    // of the Merkle tree
    int64_t checkpoints; // that fit
    int64_t bad_seq;     // first bad entry, 0 when all is well
};
// Recomputes the chain: numbers without gap, canonical bytes, hashes; the Merkle tree and every
// checkpoint that was kept; and that each decision, payout and outbox row points at the entry that
// says the same. ERR_BROKEN names the first bad one.
MUST_USE enum err_kind ledger_verify(struct ledger *ledger, struct ledger_report *report,
                                     struct err *err);

#endif
