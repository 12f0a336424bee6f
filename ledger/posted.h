#ifndef GONG_LEDGER_POSTED_H
#define GONG_LEDGER_POSTED_H

#include "core/err.h"
#include "core/hash.h"
#include "ledger/outbox.h"

#include <stddef.h>
#include <stdint.h>

// What a transaction puts into the outbox is told to the ledger by one entry of kind "messages" at
// its end: "first" and "last" id, "count", and in "messages" the SHA-256 over a line for each, in
// the order of their ids: channel, key, person, contract, thread, expires, cause and body as they
// are stored, a tab between. So whom a message is to and what it says is held to the entries;
// others recompute it with sqlite3 and sha256sum (tests/tools/verify_messages.sh). What becomes of
// a message is not in it.
struct posted {
    // Few long pieces are summed up sooner than many short ones.
    struct posted_lines {
        struct hasher hasher;
        size_t held;
        char text[1024]; // not yet in the hasher
    } lines;
    int64_t first, count;
    int64_t cause; // of the last one
};

// A message that was just put; `expires` as it is stored.
MUST_USE enum err_kind posted_add(struct txn *txn, const struct outbox_item *item, int64_t expires,
                                  struct err *err);
// The entry's body; `*out` stays NULL when nothing was put.
MUST_USE enum err_kind posted_body(struct ledger *ledger, const struct posted *posted,
                                   struct doc **out, struct err *err);

// For ledger_verify: each such entry against the outbox; no message that none tells of, but those
// from before the first (an older program's). `*bad_seq` is the entry, or 0.
MUST_USE enum err_kind posted_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err);

#endif
