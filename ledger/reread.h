#ifndef GONG_LEDGER_REREAD_H
#define GONG_LEDGER_REREAD_H

#include "ledger/raw.h"

// Raw files whose bytes come once more. A table that says what it said before (the figures went
// back), or that was refused as too early and is brought again, is one row of `raw` still, and is
// read once more: each time in an entry. The first that was read is the file's own (raw.entry,
// "ingest"); the others are of kind "again". What was refused and is read later has its "refused"
// entry besides.

// Puts a file that is known at the end of those that came, to be read once more; until then it is
// listed as what it was too (raw_list). ERR_MISSING when it is not known.
MUST_USE enum err_kind reread_begin(struct txn *txn, const struct raw *raw, struct err *err);

// What became of it this time: the entry and the state. `body` without "why"; `why` NULL: it was
// read. In the words in which it was refused before it is not refused by another entry. What was
// read before stays read, also when it is refused now.
MUST_USE enum err_kind reread_end(struct txn *txn, const struct raw *raw, struct utc at,
                                  struct doc *body, const char *why, struct err *err);

// All entries "refused" and "again".
struct reread {
    int64_t seq;
    struct hash hash;
    char source[64];
    struct utc at;
    char *why; // heap; NULL: it was read again
};
struct rereads {
    struct reread *at; // by seq
    size_t count;
};
void rereads_free(struct rereads *rereads); // frees what is in it; serves as cleanup attribute
MUST_USE enum err_kind rereads_load(struct ledger *ledger, struct rereads *out, struct err *err);

// The last time, up to the entry `upto`, that a file was refused: NULL when never.
const struct reread *reread_refused(const struct rereads *rereads, const struct raw *raw,
                                    int64_t upto);

// The last entry up to `upto` by which it was read, or its first of all when that is later.
int64_t reread_last(const struct rereads *rereads, const struct raw *raw, int64_t upto);

#endif
