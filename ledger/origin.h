#ifndef GONG_LEDGER_ORIGIN_H
#define GONG_LEDGER_ORIGIN_H

#include "core/date.h"
#include "core/hash.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stdint.h>

// Where bytes of the archive came from: one row for each time that a file was brought. All texts
// are borrowed by origin_put and heap after origin_list.
struct origin {
    struct hash hash; // of the bytes
    char source[64];
    char *url;     // as the source's entry gives it
    char *from;    // that answered: a mirror, or where a redirect led to
    char *address; // the server's IP address; "" for a file
    struct utc began_at, ended_at;
    int64_t status; // 200, 206; 0 for a file or FTP
    int64_t bytes;
    int64_t resumed_from; // bytes that were there from an earlier try; 0: none
    char *headers;        // as sent, one a line
    char *checked;        // "sha256 of the provider", "second fetch", "" for nothing
};
struct origins {
    struct origin *at;
    size_t count;
};
void origins_free(struct origins *origins);

MUST_USE enum err_kind origin_put(struct txn *txn, const struct origin *origin, struct err *err);

// What an address of a source brought last; `*found` false when nothing is known of it.
MUST_USE enum err_kind origin_newest(struct ledger *ledger, const char *source, const char *url,
                                     bool *found, struct hash *out, struct err *err);

// All rows of some bytes, oldest first.
MUST_USE enum err_kind origin_list(struct ledger *ledger, struct hash hash, struct origins *out,
                                   struct err *err);

// What is known of an address of a source: to ask again only for what changed, and not too often.
struct address {
    char etag[256], last_modified[64]; // "" when it was not said
    struct utc checked_at;             // last answer, also "not changed"
    struct utc next_at;                // not to be asked before; UTC_NEVER: at any time
    int64_t failures;                  // in a row
    char why[200];                     // of the last; "" when it went well
};
// All zero, with UTC_NEVER, when the address was never asked for.
MUST_USE enum err_kind address_get(struct ledger *ledger, const char *source, const char *url,
                                   struct address *out, struct err *err);
MUST_USE enum err_kind address_put(struct txn *txn, const char *source, const char *url,
                                   const struct address *address, struct err *err);

#endif
