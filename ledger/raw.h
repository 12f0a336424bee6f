#ifndef GONG_LEDGER_RAW_H
#define GONG_LEDGER_RAW_H

#include "core/date.h"
#include "core/hash.h"
#include "ledger/ledger.h"

#include <stddef.h>

// What is known of each raw file in the archive. The bytes are in archive/, by SHA-256.
enum raw_state {
    RAW_FETCHED,  // bytes are kept, not read yet, or to be read once more (ledger/reread.h)
    RAW_READ,     // its readings are in
    RAW_REFUSED,  // it could not be read; `why` says so; the bytes are kept
    RAW_RELEASED, // it was one of these two, and its bytes are gone (ledger/keep.h)
};

struct raw {
    struct hash hash;
    char source[64];
    char *url; // heap
    struct utc fetched_at;
    int64_t bytes;
    enum raw_state state;
    char *why;        // heap; "" unless refused
    int64_t entry;    // ledger entry that says what became of it, 0 when none yet
    int64_t position; // order of arrival, from 1; of what came more than once, the last time's
};
void raw_free(struct raw *raw); // frees what is in it
struct raws {
    struct raw *at;
    size_t count;
};
void raws_free(struct raws *raws);

// Takes those of `more` that are not in the list from index `from` on; what is taken is empty
// there.
void raws_add_new(struct raws *list, size_t from, struct raws *more);

// Adds a raw file for a source; the same hash and source again changes nothing (`*fresh` false).
MUST_USE enum err_kind raw_put(struct txn *txn, const struct raw *raw, bool *fresh,
                               struct err *err);

// Says what became of it. `why` "" for RAW_READ.
MUST_USE enum err_kind raw_settle(struct txn *txn, struct hash hash, const char *source,
                                  enum raw_state state, const char *why, int64_t entry,
                                  struct err *err);

// Says that the file came once more, as another one: under the address, and at the time, of `raw`.
// What became of it is to be settled in the same transaction.
MUST_USE enum err_kind raw_bring(struct txn *txn, const struct raw *raw, struct err *err);

// Those of a source (NULL: all) in a state, in order of arrival, with position > after. What was
// read or refused and waits to be read once more is among those and among RAW_FETCHED.
MUST_USE enum err_kind raw_list(struct ledger *ledger, const char *source, enum raw_state state,
                                int64_t after, struct raws *out, struct err *err);

// True in `*known` when that URL of that source was fetched already, also when its bytes were those
// of another.
MUST_USE enum err_kind raw_known_url(struct ledger *ledger, const char *source, const char *url,
                                     bool *known, struct err *err);

// The raw file of a source with this hash; `*found` false, and nothing in `*out`, when there is
// none.
MUST_USE enum err_kind raw_get(struct ledger *ledger, const char *source, struct hash hash,
                               bool *found, struct raw *out, struct err *err);

// The newest raw file of an address; `*found` false, and nothing in `*out`, when there is none.
MUST_USE enum err_kind raw_find(struct ledger *ledger, const char *source, const char *url,
                                bool *found, struct raw *out, struct err *err);

// Of several raw files of an address the one that is to be read with another, which came at
// `position`: the oldest that came before it and was not read yet, else the newest that something
// became of, else the oldest that came after it. As raw_find.
MUST_USE enum err_kind raw_partner(struct ledger *ledger, const char *source, const char *url,
                                   int64_t position, bool *found, struct raw *out, struct err *err);

// The ledger entry that says what became of a file: as one of `source`, else as one of the source
// that brought it first; 0 when there is none.
MUST_USE enum err_kind raw_entry_of(struct ledger *ledger, const char *source, struct hash hash,
                                    int64_t *seq, struct err *err);

// What became of a file of a source; RAW_FETCHED also when it has none of that hash.
MUST_USE enum err_kind raw_state_of(struct ledger *ledger, const char *source, struct hash hash,
                                    enum raw_state *out, struct err *err);

// Readings of the file `hash` were made with the help of the file `base` of the same source (the
// total before it, the wind's other component): who has the one wants the other as well.
MUST_USE enum err_kind raw_base_put(struct txn *txn, const char *source, struct hash hash,
                                    struct hash base, struct err *err);

// Of the files of an address that were read, the one beside which another was last read, also by
// being the newest that nothing was tried with yet: then `*tried` is false. Not one beside which
// others were only refused. `*found` false, and nothing in `*out`, when there is none.
MUST_USE enum err_kind raw_base_last(struct ledger *ledger, const char *source, const char *url,
                                     bool *found, bool *tried, struct raw *out, struct err *err);

// Adds to `hash` [*count], heap, all their bases, and the bases of these; of any source. Those that
// were read first after the ledger entry `upto` are left out (INT64_MAX: none): a file is read
// again when a base of it is corrected, and what was decided before did not stand on that one.
MUST_USE enum err_kind raw_add_bases(struct ledger *ledger, int64_t upto, struct hash **hash,
                                     size_t *count, struct err *err);

// The files that were read with the help of one of the address `url`, of each address the newest,
// in the order in which they were read; not those of that address itself.
MUST_USE enum err_kind raw_list_based(struct ledger *ledger, const char *source, const char *url,
                                      struct raws *out, struct err *err);

// How a source fares, told by ingest after each try; gong status shows it.
struct source_state {
    char source[64];
    int64_t late_after_s; // newest data older than this: late; 0 when nobody said
    struct utc tried_at;
    const char *complaint; // why the last try brought nothing; "" when it went well; borrowed
};
MUST_USE enum err_kind source_state_put(struct txn *txn, const struct source_state *state,
                                        struct err *err);

#endif
